"""What people's working memory does: a panel per finding, means with bootstrap intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, named_guide, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, panel_letter

__all__ = ["findings"]

COLUMNS = 3
ROW_HEIGHT = 2.05

# All are people, so all grey: told apart by darkness, dashes, and open or full markers.
LOOKS: tuple[dict[str, Any], ...] = (
    {"color": "#111111", "linestyle": "-", "marker": "o"},
    {"color": "#767676", "linestyle": "-", "marker": "s"},
    {"color": "#111111", "linestyle": (0, (3, 1.5)), "marker": "o", "markerfacecolor": "white"},
    {"color": "#767676", "linestyle": (0, (3, 1.5)), "marker": "s", "markerfacecolor": "white"},
)

AXIS_TITLES = {
    "set_size": "Set size (items)",
    "size": "Size of change (deg)",
    "serial_position": "Serial position",
    "load": "Cognitive load",
    "retention_interval": "Retention interval (s)",
    "kind": "Object of the update",
    "lists": "Order of recall",
}

APART = ("lists", "kind")
"""Conditions that no line joins."""

ZERO_TO_ONE = ("Proportion", "P(")
"""How the axis titles of proportions begin."""

Curves = Mapping[str, xr.Dataset]


def findings(shown: Mapping[str, tuple[Mapping[str, Any], Curves]]) -> Figure:
    """A panel per finding.

    Args:
        shown: by name, what is told of the panel, and the summaries (`measures.summary`) along one
            axis, by label, at most four. Told are `title`, `y` (axis title), `chance` (NaN if it is
            not known), `legend` (where it stands), and `missing`, the reason why there are no
            curves, or empty.
    """
    n_rows = -(-len(shown) // COLUMNS)
    with house_style():
        size = (DOUBLE_COLUMN, ROW_HEIGHT * n_rows)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(n_rows, COLUMNS, squeeze=False).ravel()
        for ax in panels[len(shown) :]:
            ax.set_axis_off()
        for (told, curves), ax, letter in zip(
            shown.values(), panels, ascii_uppercase, strict=False
        ):
            ax.set_title(told["title"], loc="left")
            panel_letter(ax, letter, x=-24)
            if told["missing"]:
                _empty(ax, told["missing"])
            else:
                _panel(ax, told, curves)
        figure.supxlabel(
            "Means over people; bars: 95 % bootstrap intervals over people.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
            color="0.35",
        )
    return figure


def _panel(ax: Axes, told: Mapping[str, Any], curves: Curves) -> None:
    labels = list(curves)
    for i, (label, look) in enumerate(zip(labels, LOOKS, strict=False)):
        _line(ax, curves[label], look, label, i - (len(labels) - 1) / 2)
    (axis,) = (str(dim) for dim in curves[labels[0]]["mean"].dims)
    ax.set(xlabel=AXIS_TITLES.get(axis, axis), ylabel=told["y"])
    _ticks(ax, curves)
    if told["y"].startswith(ZERO_TO_ONE):
        ax.set_ylim(0, 1)
    elif told["y"].startswith("End"):
        ax.axhline(0, **GUIDE)
    else:
        ax.set_ylim(bottom=0)
    if not np.isnan(told["chance"]):
        named_guide(ax, told["chance"], "guessing", up=-1)
    if len(labels) > 1:
        small_legend(ax, told["legend"])


def _line(ax: Axes, curve: xr.Dataset, look: dict[str, Any], label: str, place: float) -> None:
    """A curve of people; points that no line joins stand side by side."""
    mean, apart = curve["mean"].values, curve["mean"].dims[0] in APART
    bars = np.abs(np.stack([curve["low"].values, curve["high"].values]) - mean)
    how = {**look, "linestyle": ""} if apart else look
    sizes: dict[str, Any] = {"markersize": 3.4, "linewidth": 1.0, "elinewidth": 0.7}
    ax.errorbar(_x(curve) + 0.12 * place * apart, mean, bars, label=label, **sizes, **how)


def _x(curve: xr.Dataset) -> np.ndarray:
    """Where along x; conditions that are no numbers are one apart."""
    labels = curve["mean"][curve["mean"].dims[0]].values
    numeric = labels.dtype.kind in "iuf"
    return labels.astype(float) if numeric else np.arange(len(labels), dtype=float)


def _ticks(ax: Axes, curves: Curves) -> None:
    """A tick for every label, if they are few or no numbers."""
    found = [curve["mean"][curve["mean"].dims[0]].values for curve in curves.values()]
    if found[0].dtype.kind not in "iuf":
        ax.set_xticks(range(len(found[0])), [textwrap.fill(str(each), 9) for each in found[0]])
        ax.set_xlim(-0.4, len(found[0]) - 0.6)
        return
    ticks = np.unique(np.concatenate(found))
    if (ticks == ticks.round()).all():
        ax.set_xticks(ticks)
    else:
        ax.set_xticks(np.arange(0, 91, 15))


def _empty(ax: Axes, reason: str) -> None:
    ax.set_axis_off()
    text = textwrap.fill(reason, 34)
    ax.text(0, 0.5, text, transform=ax.transAxes, va="center", fontsize=SMALL)
