"""Text and lists learnt with and without gradients back in time, synapses emptied or carried on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import interval_line, named_guide, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    SMALL,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["gradients_in_time"]

UNITS = {"Shakespeare": "nats per byte", "grammar": "nats per word"}
TASKS = {"repeated half": "Second half of a row", "serial recall": "Words of a list, in order"}


def gradients_in_time(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Six panels: text, undamped and damped, and read on and on; two tasks of recall; lists.

    Args:
        nodes: `text_course` (damping, gradient, state, look), `stream` (damping, gradient, state,
            tokens), `recall_course` (task, gradient, look), `recall` (gradient, memory, length),
            each with `mean`, `low`, `high`; `guides` with `loss` (guide); `steps` with `text` and
            `recall` (look).
        about: `source`, `n_seeds` and `length` of a passage.
    """
    unit = UNITS[about["source"]]
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.8), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        dampings = nodes["text_course"]["damping"].values
        for ax, damping in zip(panels, dampings, strict=False):
            _course(ax, nodes, damping)
        _stream(panels[2], nodes, about)
        for ax in panels[:3]:
            ax.set_ylabel(f"Held-out loss ({unit})")
        _alike(panels[:3], nodes["guides"]["loss"])
        for ax, task in zip(panels[3:], TASKS, strict=False):
            _recall_course(ax, nodes, task)
        _recall(panels[5], nodes["recall"])
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        figure.supxlabel(
            f"Means over {about['n_seeds']:.0f} networks; bands: bootstrap 95 % intervals. A, B: "
            f"passages of {about['length']:.0f} tokens, each read with empty synapses.\n"
            "C: gradients through time; points are means of stretches that grow, at their ends.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _look(gradient: int, state: int) -> LineLook:
    """Colour by gradient; carried states are dashed and have open marks."""
    color, _, marker = line_look(gradient)
    return LineLook(color, "-" if state == 0 else (0, (3, 1.5)), marker)


def _course(ax: Axes, nodes: Mapping[str, xr.Dataset], damping: float) -> None:
    course, steps = nodes["text_course"].sel(damping=damping), nodes["steps"]["text"]
    for i, gradient in enumerate(course["gradient"].values):
        for j, state in enumerate(course["state"].values):
            own = course.sel(gradient=gradient, state=state)
            face = "white" if j else _look(i, j).color
            label = f"{gradient}, {state}"
            interval_line(ax, steps, own, _look(i, j), label, markerfacecolor=face)
    _guides(ax, nodes["guides"]["loss"], "bigram", "entropy rate")
    ax.set_xlabel("Step of learning")
    ax.set_title("Not damped" if damping == 1 else f"Damped, $\\gamma$ = {damping:g}")
    small_legend(ax, "upper right", "gradients, synapses")


def _stream(ax: Axes, nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> None:
    """Gradients through time only."""
    stream = nodes["stream"].isel(gradient=0)
    for i, damping in enumerate(stream["damping"].values):
        for j, state in enumerate(stream["state"].values):
            own = binned(stream.sel(damping=damping, state=state))
            look = LineLook(*line_look(i + 3)[:1], _look(i, j).linestyle, line_look(i + 3).marker)
            face = "white" if j else look.color
            label = f"{damping:g}, {state}"
            interval_line(ax, own["tokens"], own, look, label, markerfacecolor=face)
    _guides(ax, nodes["guides"]["loss"], "bigram", "entropy rate", above=False)
    ax.set_xscale("log")
    ax.set_xlabel("Tokens read so far (log)")
    ax.set_title("Read on and on")
    small_legend(ax, "upper right", "$\\gamma$, synapses while learning")


def binned(stream: xr.Dataset) -> xr.Dataset:
    """Means of 1, 1, 2, 4, 8, ... steps, at the tokens read when each of them ends."""
    n = stream.sizes["tokens"]
    ends = [e for e in 2 ** np.arange(20) if e < n] + [n]
    parts = [
        stream.isel(tokens=slice(start, end))
        .mean("tokens")
        .assign_coords(tokens=stream["tokens"].values[end - 1])
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
    return xr.concat(parts, "tokens")


def _guides(ax: Axes, guides: xr.DataArray, *names: str, above: bool = True) -> None:
    """Dashed lines with their names at the right end, as far as they are known."""
    for name in names:
        if name in guides["guide"].values:
            named_guide(ax, float(guides.sel(guide=name)), name, 1 if above else -1)


def _alike(panels: Any, guides: xr.DataArray) -> None:
    """The same y axis, the losses before learning left out, with room for legends."""
    lines = [line.get_ydata() for ax in panels for line in ax.lines]
    values = [line[1:] for line in lines if len(line) > 2]
    values.append(guides.where(guides["guide"].isin(["bigram", "entropy rate"]), drop=True).values)
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    for ax in panels:
        ax.set_ylim(low - 0.08 * (high - low), high + 0.45 * (high - low))


def _recall_course(ax: Axes, nodes: Mapping[str, xr.Dataset], task: str) -> None:
    course, steps = nodes["recall_course"].sel(task=task), nodes["steps"]["recall"]
    for i, gradient in enumerate(course["gradient"].values):
        interval_line(ax, steps, course.sel(gradient=gradient), _look(i, 0), str(gradient))
    _guides(ax, nodes["guides"]["loss"], "chance")
    ax.set_ylim(0, 1.5 * float(nodes["guides"]["loss"].sel(guide="chance")))
    ax.set_xlabel("Step of learning")
    ax.set_ylabel("Loss (nats per word)")
    ax.set_title(TASKS[task])
    small_legend(ax, "upper right", "gradients")


def _recall(ax: Axes, recall: xr.Dataset) -> None:
    for i, gradient in enumerate(recall["gradient"].values):
        for j, memory in enumerate(recall["memory"].values):
            own = recall.sel(gradient=gradient, memory=memory)
            face = "white" if j else _look(i, j).color
            label = f"{gradient}, {memory}"
            interval_line(ax, own["length"], own, _look(i, j), label, markerfacecolor=face)
    ax.set_ylim(-0.03, 1.7)
    ax.set_yticks([0, 0.5, 1])
    ax.set_xlabel("Words of the list")
    ax.set_ylabel("Proportion recalled in place")
    ax.set_title("Recalled in order, after learning")
    small_legend(ax, "upper right", "gradients, synapses")
