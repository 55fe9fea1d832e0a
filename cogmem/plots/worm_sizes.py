"""Accuracy in working-memory tasks by the number of units, and curves beside people's."""

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
from cogmem.plots.worm_tasks import spelt_out

__all__ = ["worm_sizes"]

_NOTE = (
    "Means; bands and bars: bootstrap 95 % intervals over networks or people, whose stimuli and "
    "timing were others. Dashed: base, without\nmemory; dotted: knowing only where the thirty "
    "squares were. In A, short lines at the right are the bases of the tasks."
)
_PANELS = (
    ("updating", "set_size", "Boxes (people: digits)", "Proportion correct"),
    ("length", "list_length", "Squares or words of a list", "Proportion recalled"),
)
_BASE: dict[str, Any] = {"color": "0.5", "linewidth": 0.7, "zorder": 0}


def worm_sizes(found: Mapping[str, xr.Dataset]) -> Figure:
    """Tasks by size, updating by set size, free recall by list length.

    Args:
        found: nodes of the experiment of that name.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 2.6), layout="constrained")
        axes = figure.subplots(1, 3)
        _tasks(axes[0], found["tasks"])
        for ax, panel in zip(axes[1:], _PANELS, strict=True):
            _beside(ax, found[panel[0]], *panel[1:])
        axes[2].plot(
            found["length"]["list_length"], found["length"]["squares_known"], linestyle=":", **_BASE
        )
        for letter, ax in zip("ABC", axes, strict=True):
            panel_letter(ax, letter, x=-14)
            ax.set_ylim(0, 1.28 if letter == "A" else 1.05)
            ax.set_yticks(np.linspace(0, 1, 6))
        axes[2].legend(fontsize=SMALL, loc="upper left", bbox_to_anchor=(1, 1))
        note = f"{_NOTE}\n{spelt_out(map(str, found['tasks']['task'].values))}"
        figure.supxlabel(note, size=SMALL, x=0.01, ha="left")
    return figure


def _tasks(ax: Axes, found: xr.Dataset) -> None:
    widths = found["width"].values
    for place, task in enumerate(found["task"].values):
        own, look = found.sel(task=task), line_look(place)
        shift = 1.04 ** (place - 1.5)  # so that bars do not hide each other
        bars = np.abs(np.stack([own["low"], own["high"]]) - own["mean"].values)
        kind = {"color": look.color, "linestyle": look.linestyle, "marker": look.marker}
        ax.errorbar(widths * shift, own["mean"], yerr=bars, label=str(task), **kind)
        ends = [widths[-1] * 1.25, widths[-1] * 1.6]
        ax.plot(ends, [float(own["base"])] * 2, color=look.color, linewidth=0.8)
    ax.set_xscale("log", base=2)
    ax.set_xticks(widths, [str(each) for each in widths])
    ax.minorticks_off()
    ax.set(xlabel="Units", ylabel="Proportion correct")
    ax.legend(fontsize=SMALL, ncols=2, loc="upper left")


def _beside(ax: Axes, found: xr.Dataset, dim: str, xlabel: str, ylabel: str) -> None:
    for place, source in enumerate(found["source"].values):
        own = found.sel(source=source).dropna(dim, subset=["mean"])
        if source == "people":
            ax.fill_between(own[dim], own["low"], own["high"], color=PEOPLE_BAND, linewidth=0)
            ax.plot(own[dim], own["mean"], color=PEOPLE_LINE, label="people")
            continue
        look = line_look(place - 1)
        kind = {"color": look.color, "linestyle": look.linestyle, "marker": look.marker}
        ax.fill_between(own[dim], own["low"], own["high"], color=look.color, alpha=0.2, lw=0)
        ax.plot(own[dim], own["mean"], label=str(source), **kind)
    ax.plot(found[dim], found["base"], linestyle="--", **_BASE)
    ax.set(xlabel=xlabel, ylabel=ylabel)
