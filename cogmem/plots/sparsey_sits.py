"""Serial recall and change detection by Sparsey, beside people."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.curves import people_band
from cogmem.plots.style import DOUBLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["sparsey_sits"]

_LABELS = {
    "spc": ("Serial position", "Recalled in place"),
    "gradient": ("Output position minus place in the list", "Probability of being said"),
    "lists": ("Lists before", "Recalled in place, from position 2"),
    "capacity": ("Objects shown", "Objects held, K"),
}


def sparsey_sits(tree: xr.DataTree) -> Figure:
    """Four panels, people as a band and the model as lines.

    Args:
        tree: nodes `spc` (serial_position), `gradient` (distance), `lists` (block) and `capacity`
            (set_size) with `mean`, `low`, `high`, `n` by source; the source "people" is the band.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.8), layout="constrained")
        panels = figure.subplots(2, 2).ravel()
        for ax, letter, (name, (x, y)) in zip(panels, "ABCD", _LABELS.items(), strict=True):
            _panel(ax, tree[name].to_dataset())
            ax.set(xlabel=x, ylabel=y)
            panel_letter(ax, letter, x=-24)
            ax.set_ylim(0, 1.02)
            ax.legend(fontsize=6.5)
        _held(panels[3])
    return figure


def _panel(ax: Axes, curves: xr.Dataset) -> None:
    (dim,) = set(curves["mean"].dims) - {"source"}
    people_band(ax, curves.sel(source="people").dropna(dim, subset=["mean"]), "People, 95 %")
    for index, name in enumerate(s for s in curves["source"].values if s != "people"):
        one = curves.sel(source=name).dropna(dim, subset=["mean"])
        color, dashes, marker = line_look(index)
        ends = np.abs(np.stack([one["low"], one["high"]]) - one["mean"].values)
        label = str(name).replace("-", "\N{EN DASH}")
        ax.errorbar(
            one[dim].values,
            one["mean"].values,
            yerr=ends,
            color=color,
            linestyle=dashes,
            marker=marker,
            label=label,
            elinewidth=0.7,
        )
    if dim != "block":
        ax.set_xticks(curves[dim].values)


def _held(ax: Axes) -> None:
    """The diagonal: everything is held."""
    low, high = 1.8, 6.2
    ax.plot([low, high], [low, high], color="0.5", linestyle=":", linewidth=0.7, label="all held")
    ax.set(xlim=(low, high), ylim=(0, high))
    ax.legend(fontsize=6.5, loc="upper left")
