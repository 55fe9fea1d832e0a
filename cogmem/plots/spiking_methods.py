"""Hebbian projection by training method, error path, spikes of lateral neurons, and rows."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, note, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["spiking_methods"]

WITHIN = 0.3
"""Points: what is expected of a thousand lateral steps, against linear lateral neurons."""

CHARACTERS = 100
"""Of a line above the panels."""

SPELT = {
    "HLOP": "Hebbian learning based orthogonal projection",
    "DSR": "differentiation on spike representation",
    "BPTT": "backpropagation through time",
    "OTTT": "online training through time",
}
"""Short names: HLOP, Xiao et al. (2024); DSR, Meng et al. (2022); OTTT, Xiao et al. (2022)."""

SHORT = {"backpropagation": "BP", "feedback alignment": "FA", "sign symmetric": "SS"}


def spiking_methods(results: xr.Dataset) -> Figure:
    """Six panels.

    Args:
        results: `ACC`, `BWT` (condition, seed), in %, and `forward` (condition, seed, task); along
            `condition` also `method`, `propagation`, `lateral_steps` and `budget`.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 7.2), layout=layout)
        panels = figure.subplots(3, 2)
        for ax, measure in zip(panels[0], _WORDS, strict=True):
            _by_method(ax, results, measure)
        for ax, measure in zip(panels[1], _WORDS, strict=True):
            _by_propagation(ax, results, measure)
        _by_lateral_steps(panels[2, 0], results)
        _by_budget(panels[2, 1], results)
        for letter, ax in zip("ABCDEF", panels.ravel(), strict=True):
            panel_letter(ax, letter, x=-26)
        figure.suptitle(_note(results), fontsize=SMALL)
    return figure


_WORDS = {
    "ACC": "Accuracy over all tasks\nin the end (ACC, %)",
    "BWT": "Change since a task was learnt\n(BWT, percentage points)",
}


def _note(results: xr.Dataset) -> str:
    n_seeds, n_tasks = results.sizes["seed"], results.sizes["task"]
    what = {"mnist": "permuted MNIST", "generated": "GENERATED, permuted patterns"}
    networks = "one network" if n_seeds == 1 else f"{n_seeds} networks"
    marks = "" if n_seeds == 1 else "; large marks and lines: means, small marks: networks"
    source = what[results.attrs["source"]]
    names = ["HLOP", *dict.fromkeys(map(str, results["method"].values))]
    words = textwrap.fill("; ".join(f"{name}: {SPELT[name]}" for name in names), CHARACTERS)
    return f"{n_tasks} tasks ({source}), {networks} in each condition{marks}\n{words}"


def _of(results: xr.Dataset, measure: str, **condition: Any) -> np.ndarray:
    """[seed] values of the one condition with these settings, the others as usual."""
    usual = {"method": "DSR", "propagation": "backpropagation", "lateral_steps": 0, "budget": 1.0}
    found = np.ones(results.sizes["condition"], bool)
    for name, value in (usual | condition).items():
        found &= results[name].values == value
    return results[measure].values[np.flatnonzero(found)[0]]


# ---- A to D: kinds of networks side by side ------------------------------------------------------


def _kinds(results: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Without HLOP, with linear and with spiking lateral neurons: the latter for every method."""
    others = results.where(results["method"] == "OTTT", drop=True)
    steps = int(others["lateral_steps"].max())
    return {
        "plain": {"budget": 0.0},
        "HLOP, linear": {},
        f"HLOP, spiking (K$_s$ = {steps})": {"lateral_steps": steps},
    }


def _by_method(ax: Axes, results: xr.Dataset, measure: str) -> None:
    methods = list(dict.fromkeys(map(str, results["method"].values)))
    for index, (name, kind) in enumerate(_kinds(results).items()):
        each = [_of(results, measure, method=method, **kind) for method in methods]
        _points(ax, np.arange(len(each)) + 0.22 * (index - 1), each, index, name)
    ax.set_xticks(range(len(methods)), methods)
    ax.set_xlabel("Training method")
    _finish(ax, measure, len(methods))


def _by_propagation(ax: Axes, results: xr.Dataset, measure: str) -> None:
    """A method beside the other, of those whose errors come back in several ways."""
    varied = results["method"].values[results["propagation"].values != "backpropagation"]
    methods, ways = list(dict.fromkeys(map(str, varied))), list(SHORT)
    for index, (name, kind) in enumerate(list(_kinds(results).items())[:2]):
        each = [
            _of(results, measure, method=method, propagation=way, **kind)
            for method in methods
            for way in ways
        ]
        _points(ax, np.arange(len(each)) + 0.36 * (index - 0.5), each, index, name)
    n = len(methods) * len(ways)
    ax.set_xticks(range(n), [SHORT[way] for _ in methods for way in ways])
    ax.set_xlabel(
        "Weights that errors come back by:\ntransposed (BP), random (FA), signs only (SS)"
    )
    for place, method in enumerate(methods):
        if place:
            ax.axvline(len(ways) * place - 0.5, color="0.8", linewidth=0.6)
        where = ((place + 0.5) / len(methods), 1.01)
        ax.annotate(method, where, xycoords="axes fraction", ha="center", va="bottom")
    _finish(ax, measure, n)


def _points(ax: Axes, x: np.ndarray, each: list[np.ndarray], index: int, label: str) -> None:
    """Means large, networks small, beside each other."""
    look = line_look(index)
    how: dict[str, Any] = {"linestyle": "none", "marker": look.marker, "color": look.color}
    ax.plot(x, [values.mean() for values in each], markersize=4.5, label=label, **how)
    if len(each[0]) > 1:
        for place, values in zip(x, each, strict=True):
            beside = place + 0.08 + 0.03 * np.arange(len(values))
            ax.plot(beside, values, markersize=1.6, alpha=0.7, **how)


def _finish(ax: Axes, measure: str, n: int) -> None:
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylabel(_WORDS[measure])
    ax.margins(y=0.12)
    if measure == "BWT":
        ax.axhline(0, **GUIDE)
        small_legend(ax, "lower right")


# ---- E: lateral neurons that spike ---------------------------------------------------------------


def _by_lateral_steps(ax: Axes, results: xr.Dataset) -> None:
    """Differences to linear lateral neurons, network by network."""
    swept = results.where((results["method"] == "DSR") & (results["lateral_steps"] > 0), drop=True)
    steps = np.unique(swept["lateral_steps"].values).astype(int)
    measures: dict[str, Callable[..., np.ndarray]] = {
        "ACC": lambda **kind: _of(results, "ACC", **kind),
        "BWT": lambda **kind: _of(results, "BWT", **kind),
        "tasks once learnt": lambda **kind: _of(results, "forward", **kind).mean(axis=-1),
    }
    for index, (name, measure) in enumerate(measures.items()):
        look = line_look(index + 3)
        lost = np.stack([measure(lateral_steps=n) - measure() for n in steps])
        ax.plot(steps, lost.mean(axis=1), label=name, **(look._asdict() | {"markersize": 4}))
        if lost.shape[1] > 1:
            ax.plot(steps, lost, look.marker, color=look.color, markersize=1.8, alpha=0.6)
    ax.axhspan(-WITHIN, WITHIN, color="0.9", zorder=0)
    ax.set_xscale("log")
    ax.set_xticks(steps, [f"{n:,}" for n in steps])
    ax.minorticks_off()
    ax.set_yscale("symlog", linthresh=1)
    ticks = (-50, -10, -5, -1, 0, 1)
    ax.set_yticks(ticks, [f"{tick}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    ax.set_xlabel("Steps of spiking lateral neurons, K$_s$")
    ax.set_ylabel("Difference to linear lateral\nneurons (percentage points)")
    note(ax, f"grey: within {WITHIN} points", (0.97, 0.97), ha="right", va="top")
    small_legend(ax, "lower right")


# ---- F: the number of rows -----------------------------------------------------------------------


def _by_budget(ax: Axes, results: xr.Dataset) -> None:
    """What is kept against what is learnt; the network without rows is told in words."""
    budgets = np.unique(results["budget"].values)
    learnt = {b: _of(results, "forward", budget=b).mean(axis=-1) for b in budgets}
    kept = {b: _of(results, "BWT", budget=b) for b in budgets}
    shown = [b for b in budgets if b > 0]
    color = line_look(1).color
    means = [(learnt[b].mean(), kept[b].mean()) for b in shown]
    ax.plot(*zip(*means, strict=True), color=color, marker="s", markersize=4.5)
    for budget, mean in zip(shown, means, strict=True):
        if len(kept[budget]) > 1:
            for one in zip(learnt[budget], kept[budget], strict=True):
                spoke = zip(mean, one, strict=True)
                ax.plot(*spoke, "s-", color=color, markersize=1.8, linewidth=0.4, alpha=0.7)
        label = f"$\\times$ {budget:g}"
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6}
        how: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "bbox": box}
        ax.annotate(label, mean, xytext=(6, 5), **how)
    words = f"no rows: {learnt[0].mean():.1f}, {kept[0].mean():.1f}".replace("-", "\N{MINUS SIGN}")
    note(ax, words, (0.03, 0.04))
    ax.margins(0.15)
    ax.set_xlabel("Accuracy on tasks once learnt (%)")
    ax.set_ylabel(_WORDS["BWT"])
