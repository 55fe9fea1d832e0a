"""Familiarity as memory of pictures: sets of them, age, and pictures that are partly hidden."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cogmem.plots.lines import GUIDE, small_legend, spread_line
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["picture_memory"]

_LEGEND = (
    "A, sets of pictures (mac: macrocolumn). Bands, A and C: one standard deviation over memories "
    "or macrocolumns on both sides"
)


def picture_memory(tree: xr.DataTree) -> Figure:
    """Three panels: pictures by number, age, and occlusion.

    Args:
        tree: nodes as the experiment `picture_memory` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 3.0), layout="constrained")
        panels = figure.subplots(1, 3, width_ratios=(1.4, 1, 1))
        _sets(panels[0], nodes["sets"], nodes["people_sets"])
        _age(panels[1], nodes["age"])
        _occlusion(panels[2], nodes["occlusion"])
        for letter, ax in zip("ABC", panels, strict=True):
            panel_letter(ax, letter, x=-24)
        handles, labels = panels[0].get_legend_handles_labels()
        how: dict[str, Any] = {"loc": "outside lower center", "ncols": 3, "fontsize": SMALL}
        figure.legend(handles, labels, title=_LEGEND, title_fontsize=SMALL, **how)
    return figure


def _sets(ax: Axes, sets: xr.Dataset, people: xr.Dataset) -> None:
    for number, memory in enumerate(sets["memory"].values):
        one = sets.sel(memory=memory).dropna("pictures")
        spread_line(ax, one, "choice", "pictures", line_look(number), str(memory))
    ax.plot(
        people["pictures"],
        people["value"],
        "D",
        color=PEOPLE_LINE,
        markerfacecolor="white",
        markersize=3.5,
        label="People, as quoted; not read at the sources",
        zorder=4,
    )
    _choices(ax)
    ax.set(xlabel="Pictures studied", xscale="log", xlim=(45, 14_000))
    ax.set_xticks([100, 612, 2560, 10_000], ["100", "612", "2560", "10000"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_title("Sets of pictures")


def _choices(ax: Axes) -> None:
    ax.axhline(0.5, **GUIDE)
    ax.axhline(1, **GUIDE)
    ax.set(ylim=(0.45, 1.02), ylabel="Correct in choices of two")


def _age(ax: Axes, age: xr.Dataset) -> None:
    labels = {"old": "G of old items", "new": "G of new items", "choice": "choices of two"}
    for number, (name, label) in enumerate(labels.items()):
        look = line_look(number)
        how: dict[str, Any] = {
            "color": look.color,
            "linestyle": look.linestyle,
            "drawstyle": "steps-post",
        }
        ax.plot(age["age"], age[name], label=label, zorder=3, **how)
    ax.axhline(0.5, **GUIDE)
    ax.set(xlabel="Age (steps of learning)", ylabel="G, or proportion correct", ylim=(-0.02, 1.05))
    ax.set_xticks([0, 2000, 4000])
    ax.set_title("Decay in steps")
    small_legend(ax, (0.0, 0.12))


def _occlusion(ax: Axes, occlusion: xr.Dataset) -> None:
    for number, normaliser in enumerate(occlusion["normaliser"].values):
        one = occlusion.sel(normaliser=normaliser)
        label = {"active": "G, over those on", "pi": "G, fixed denominator"}[str(normaliser)]
        spread_line(ax, one, "familiarity", "kept", line_look(number), label)
    spread_line(ax, one, "code", "kept", line_look(2), "code recovered (both)")
    ax.set(xlabel="Features kept, of 12", ylabel="G, or share of the code", ylim=(-0.02, 1.05))
    ax.set_xticks([3, 6, 9, 12])
    ax.invert_xaxis()
    ax.set_title("Occlusion")
    small_legend(ax, "lower left")
