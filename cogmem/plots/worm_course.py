"""What a network has learnt of WorM, beside people where they have done something like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["worm_course"]

_PANELS = (
    ("updating", "set_size", "Boxes (people: digits)", "Proportion correct"),
    ("length", "list_length", "Squares or words of a list", "Proportion recalled"),
    ("positions", "serial_position", "Serial position (8 squares or words)", "P(recall)"),
)
_NOTE = (
    "Means; bands and bars: bootstrap 95 % intervals over networks or people. Dashed: what can be "
    "answered without memory."
)


def worm_course(found: Mapping[str, xr.Dataset]) -> Figure:
    """Accuracy of each task, and curves of three of them.

    Args:
        found: nodes of the experiment of that name.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 3.9), layout="constrained")
        axes = figure.subplot_mosaic([["A", "B", "C"], ["A", "D", "E"]])
        _tasks(axes["A"], found["tasks"])
        _switching(axes["B"], found["switching"])
        for letter, panel in zip("CDE", _PANELS, strict=True):
            _beside(axes[letter], found[panel[0]], *panel[1:])
        for letter, ax in axes.items():
            panel_letter(ax, letter)
        axes["C"].legend(loc="best", fontsize=SMALL)
        figure.supxlabel(_NOTE, size=SMALL, x=0.01, ha="left")
    return figure


def _tasks(ax: Axes, found: xr.Dataset) -> None:
    names, look = found["task"].values, line_look(0)
    place = np.arange(len(names))[::-1]
    bars = np.abs(np.stack([found["low"], found["high"]]) - found["mean"].values)
    ax.errorbar(found["mean"], place, xerr=bars, fmt=look.marker, color=look.color)
    ax.scatter(found["base"], place, marker="|", s=60, color="0.5", zorder=0)
    ax.set_yticks(place, names)
    ax.set(xlabel="Proportion correct (grey: base)", xlim=(0, 1.03), ylim=(-0.6, len(names) - 0.4))


def _switching(ax: Axes, found: xr.Dataset) -> None:
    for place, congruent in enumerate((1, 0)):
        own = found.sel(congruent=congruent).sel(since_cue=slice(1, 8))
        label = "congruent" if congruent else "incongruent"
        _line(ax, own, "since_cue", place, label)
        ax.axhline(float(own["base"][0]) if own["base"].ndim else float(own["base"]), **_BASE)
    ax.set(xlabel="Frames since the cue", ylabel="Proportion correct", ylim=(0, 1.05))
    ax.legend(fontsize=SMALL)


_BASE: dict[str, Any] = {"color": "0.6", "linewidth": 0.7, "linestyle": "--", "zorder": 0}


def _beside(ax: Axes, found: xr.Dataset, dim: str, xlabel: str, ylabel: str) -> None:
    for place, source in enumerate(found["source"].values):
        own = found.sel(source=source).dropna(dim, subset=["mean"])
        if source == "people":
            ax.fill_between(own[dim], own["low"], own["high"], color=PEOPLE_BAND, linewidth=0)
            ax.plot(own[dim], own["mean"], color=PEOPLE_LINE, label="people")
        else:
            _line(ax, own, dim, place - 1, str(source))
    ax.plot(found[dim], found["base"], **_BASE)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 1.05))


def _line(ax: Axes, own: xr.Dataset, dim: str, place: int, label: str) -> None:
    look = line_look(place)
    ax.fill_between(own[dim], own["low"], own["high"], color=look.color, alpha=0.2, linewidth=0)
    ax.plot(
        own[dim],
        own["mean"],
        color=look.color,
        linestyle=look.linestyle,
        marker=look.marker,
        label=label,
    )
