"""What a Tensor Brain knows without a date: its course, its sources, and general statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["semantic_from_episodes"]

RIGHT = {
    "perception": "perception, new scenes",
    "episodic": "episodic recall",
    "semantic, met": "semantic, pairs met",
    "semantic, new": "semantic, new pairs",
    "entities by t": "entities by $(t)$",
}
OFF = {"KL, met": "semantic, pairs met", "KL, new": "semantic, new pairs"}
PAIRS = ("met", "new")


def semantic_from_episodes(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Six panels: two courses, two of sources, statements about classes and about their labels.

    Args:
        nodes: `course` (measure, step), `sources` (pairs, source, about), `classes` (rate, way),
            `statements` (rate, label), `guides` (guide), each with `mean`, `low`, `high`.
        about: `n_worlds`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.8), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _right(panels[0], nodes)
        _off(panels[1], nodes)
        _sources(panels[2], nodes["sources"].sel(about="KL"))
        panels[2].set_xlabel("KL, pairs of entities (nats)")
        _sources(panels[3], nodes["sources"].sel(about="@1"))
        panels[3].set_xlabel("Predicate right, by $s$ and $o$")
        _classes(panels[4], nodes["classes"])
        _statements(panels[5], nodes["statements"])
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-24)
        figure.supxlabel(
            f"Means over {about['n_worlds']:.0f} worlds; bands and bars: bootstrap 95 % intervals "
            "over worlds. Lessons: share that is about classes.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _right(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """Perception against memory as learning goes on."""
    course = nodes["course"]
    for at, (name, label) in enumerate(RIGHT.items()):
        part = course.sel(measure=name)
        interval_line(ax, course["step"], part, line_look(at), label, markevery=2)
    guides = nodes["guides"]["mean"]
    for name, text in (("with geometry", "best by eye"), ("without geometry", "best by classes")):
        _guide(ax, float(guides.sel(guide=name)), text)
    ax.set_ylim(0, 1.4)
    ax.set_yticks(np.arange(0, 1.1, 0.2))
    ax.set_xlabel("Steps of learning")
    ax.set_ylabel("Proportion right")
    small_legend(ax, "upper left")


def _off(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """How far semantic memory is from the world."""
    course = nodes["course"]
    for at, (name, label) in enumerate(OFF.items(), start=2):
        part = course.sel(measure=name)
        interval_line(ax, course["step"], part, line_look(at), label, markevery=2)
    guides = nodes["guides"]["mean"]
    for name in ("class counts", "commonest"):
        text = {"commonest": "commonest predicates"}.get(name, name)
        _guide(ax, float(guides.sel(guide=f"{name}, KL")), text)
    ax.set_ylim(0, 1.25 * ax.get_ylim()[1])
    ax.set_xlabel("Steps of learning")
    ax.set_ylabel("KL from the world (nats)")
    small_legend(ax, "upper left")


def _guide(ax: Axes, height: float, text: str) -> None:
    ax.axhline(height, **GUIDE)
    ax.annotate(
        text,
        (1, height),
        xytext=(0, 1),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontsize=SMALL,
        color="0.35",
        ha="right",
    )


def _sources(ax: Axes, part: xr.Dataset) -> None:
    """Each source a line, pairs that were met and new ones two marks."""
    names = [str(name) for name in part["source"].values]
    names = [name for name in names if name != "world" or part["mean"].sel(source=name).any()]
    groups = {f"{name} pairs": part.sel(pairs=name) for name in PAIRS}
    _marks(ax, names, groups, "source")


def _marks(
    ax: Axes, names: Sequence[str], groups: Mapping[str, xr.Dataset], dim: str, first: int = 0
) -> None:
    """Means and intervals side by side, a line of text each."""
    heights = np.arange(len(names))[::-1]
    for at, (label, part) in enumerate(groups.items()):
        color, _, marker = line_look(first + at)
        own = part.sel({dim: list(names)})
        mean = own["mean"].values
        ends = np.stack([mean - own["low"].values, own["high"].values - mean])
        y = heights + 0.18 * ((len(groups) - 1) / 2 - at)
        how: dict[str, Any] = {"color": color, "marker": marker, "markersize": 3.6}
        ax.errorbar(mean, y, xerr=ends, linestyle="none", elinewidth=0.8, label=label, **how)
    ax.set_yticks(heights, list(names))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(names) + 0.5)
    ax.set_xlim(left=0)
    ax.grid(axis="y", color="0.92", linewidth=0.5)
    ax.set_axisbelow(True)
    small_legend(ax, "upper right")


def _classes(ax: Axes, part: xr.Dataset) -> None:
    """P(predicate | class, class), by the classes' own indices or by their members."""
    names = [str(name) for name in part["rate"].values]
    groups = {f"by {name}": part.sel(way=name) for name in part["way"].values.tolist()}
    _marks(ax, names, groups, "rate", first=4)
    _name_rates(ax, names)
    ax.set_xlabel("KL, pairs of classes (nats)")


def _name_rates(ax: Axes, names: Sequence[str]) -> None:
    labels = [f"lessons: {name}" if name[0].isdigit() else name for name in names]
    ax.set_yticks(np.arange(len(names))[::-1], labels)


def _statements(ax: Axes, part: xr.Dataset) -> None:
    """Labels that members of a B-class have more or less often, stated of its index."""
    names = [str(name) for name in part["rate"].values]
    groups = {label: part.sel(label=label) for label in ("age", "colour", "activity")}
    _marks(ax, names, groups, "rate", first=1)
    _name_rates(ax, names)
    ax.set_xlabel("KL, labels of B-classes (nats)")
