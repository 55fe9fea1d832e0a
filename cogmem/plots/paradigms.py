"""Findings of many paradigms, one panel each."""

from __future__ import annotations

import math
from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cogmem.plots.curves import PEOPLE
from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_BAND, SMALL, house_style, panel_letter

__all__ = ["paradigms"]

COLUMNS = 3
FEWEST = 5
"""People below whom no band is drawn: a bootstrap over three of them says nothing."""
ROW_HEIGHT = 1.95

# All lines are people, so all are grey: told apart by darkness, dashes and marks.
LOOKS: tuple[tuple[str, Any, str], ...] = (
    ("#767676", "-", "o"),
    ("#111111", (0, (4, 1.5)), "s"),
    ("#4a4a4a", (0, (1, 1)), "^"),
    ("#949494", (0, (5, 1, 1, 1)), "D"),
)


def paradigms(tree: xr.DataTree) -> Figure:
    """A panel per node of a tree: lines of people along x, with bands.

    Args:
        tree: a node per panel with the attributes `title`, `x` and `y` (names of the axes), `top`
            (upper end of y; NaN if the data decide) and `missing` (written into the panel if it is
            not empty); below it a node per line, at most four, with `mean`, `low`, `high` and `n`
            along one axis. Two lines named "hits" and "false alarms" are drawn against each other.
    """
    nodes = list(tree.children.values())
    n_rows = math.ceil(len(nodes) / COLUMNS)
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05, hspace=0.04, wspace=0.04)
        figure = Figure(figsize=(DOUBLE_COLUMN, ROW_HEIGHT * n_rows + 0.3), layout=layout)
        panels = figure.subplots(n_rows, COLUMNS, squeeze=False).ravel()
        for ax, node, letter in zip(panels, nodes, ascii_uppercase, strict=False):
            panel_letter(ax, letter, x=-24)
            ax.set_title(node.attrs["title"], loc="left")
            _empty(ax, node.attrs["missing"]) if node.attrs["missing"] else _panel(ax, node)
        for ax in panels[len(nodes) :]:
            ax.set_axis_off()
        handle = [Patch(color=PEOPLE_BAND, label=PEOPLE)]
        figure.legend(handles=handle, loc="outside upper center", borderaxespad=0.2)
    return figure


def _panel(ax: Axes, node: xr.DataTree) -> None:
    curves = {name: child.to_dataset() for name, child in node.children.items()}
    ax.set(xlabel=node.attrs["x"], ylabel=node.attrs["y"])
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    if curves.keys() == {"hits", "false alarms"}:
        _roc(ax, curves["hits"], curves["false alarms"])
        return
    for curve, look in zip(curves.values(), LOOKS, strict=False):
        _line(ax, curve, look)
    low, high = ax.get_ylim()
    # Where the data decide, room above them for the legend.
    top = node.attrs["top"]
    ax.set_ylim(*((low, high + 0.4 * (high - low)) if np.isnan(top) else (0, top)))
    if len(curves) > 1:
        _legend(ax, list(curves))


def _line(ax: Axes, curve: xr.Dataset, look: tuple[str, Any, str]) -> None:
    """A grey band from `low` to `high`, and a line with marks at `mean`."""
    color, dashes, mark = look
    x = curve[str(curve["mean"].dims[0])].values
    if curve["n"].max() >= FEWEST:
        ax.fill_between(x, curve["low"], curve["high"], color=PEOPLE_BAND, alpha=0.6, linewidth=0)
    (line,) = ax.plot(x, curve["mean"], color=color, linewidth=0.9, marker=mark, gid="people")
    line.set(linestyle=dashes, clip_on=False)


def _roc(ax: Axes, hits: xr.Dataset, false_alarms: xr.Dataset) -> None:
    """Hits over false alarms, with the interval of each; the diagonal is guessing."""
    x, y = false_alarms["mean"].values, hits["mean"].values
    bars = [
        np.abs(np.stack([of["low"], of["high"]]) - of["mean"].values) for of in (false_alarms, hits)
    ]
    color, dashes, mark = LOOKS[0]
    ax.plot([0, 1], [0, 1], color=PEOPLE_BAND, linewidth=0.8, zorder=1)
    ax.errorbar(x, y, bars[1], bars[0], fmt="none", ecolor="#b0b0b0", elinewidth=2.0, zorder=2)
    ax.plot(x, y, color=color, linestyle=dashes, linewidth=0.9, marker=mark, gid="people", zorder=3)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=np.arange(0, 1.01, 0.2))


def _legend(ax: Axes, labels: list[str]) -> None:
    handles = [
        Line2D([], [], color=color, linestyle=dashes, marker=mark, linewidth=0.9, label=label)
        for label, (color, dashes, mark) in zip(labels, LOOKS, strict=False)
    ]
    ax.legend(handles=handles, fontsize=SMALL, handlelength=2.4, borderpad=0.1, labelspacing=0.25)


def _empty(ax: Axes, reason: str) -> None:
    ax.set_axis_off()
    ax.text(0, 0.5, reason, transform=ax.transAxes, va="center", wrap=True)
