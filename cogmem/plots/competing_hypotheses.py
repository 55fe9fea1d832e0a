"""Competing hypotheses in one macrocolumn: how many there are, and what the weaker one keeps."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import banded_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["competing_hypotheses"]

_BANDS = "Lines: means over macrocolumns; bands: 2 standard errors; dotted: unrelated codes"
_GREY = "0.55"
_N_CELLS = 16


def competing_hypotheses(tree: xr.DataTree) -> Figure:
    """Three panels: two of sequences entered midway, and one of a fork.

    Args:
        tree: nodes as the experiment `competing_hypotheses` makes them, with `mean` and `se`
            (sends, measure, frame) over macrocolumns.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 2.3), layout="constrained")
        axes = figure.subplots(1, 3)
        _hypotheses(list(axes), tree)
        figure.supxlabel(_BANDS, fontsize=SMALL)
        for letter, ax in zip("ABC", axes, strict=True):
            panel_letter(ax, letter, x=-24)
    return figure


def _hypotheses(axes: list[Axes], tree: xr.DataTree) -> None:
    """How many hypotheses, and the share of winners of the weaker one."""
    midway, fork = tree["midway"].to_dataset(), tree["fork"].to_dataset()
    panels = (
        (midway, "hypotheses", "Entered midway: 1\N{EN DASH}4 shared", (4.5,)),
        (midway, "weaker", "Entered midway: 1\N{EN DASH}4 shared", (4.5,)),
        (fork, "hypotheses", "Fork: 1\N{EN DASH}3 shared, 4\N{EN DASH}5 unseen", (3.5, 5.5)),
    )
    for ax, (node, measure, title, ends) in zip(axes, panels, strict=True):
        for index, sends in enumerate(node["sends"].values):
            line = node.sel(sends=sends, measure=measure)
            x, mean, half = node["frame"], line["mean"], 2 * line["se"]
            banded_line(ax, x, mean, half, line_look(index), str(sends))
        for end in ends:
            ax.axvline(end, color=_GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=0)
        ax.set(xlabel="Frame shown", title=title, xticks=node["frame"].values)
        if measure == "hypotheses":
            ax.set(ylabel="Hypotheses (\N{GREEK SMALL LETTER ZETA})", ylim=(-0.08, 2.3))
        else:
            ax.set(ylabel="Share of the weaker code", ylim=(0, 0.62))
            chance: dict[str, Any] = {"linewidth": 0.7, "linestyle": (0, (1, 2)), "zorder": 0}
            ax.axhline(1 / _N_CELLS, color=_GREY, **chance)
    look = {"fontsize": SMALL, "title_fontsize": SMALL, "alignment": "left"}
    axes[2].legend(loc="upper left", title="Signal, winners", borderaxespad=0.1, **look)
