"""Confusion as a picture: which model was chosen for the behaviour of which."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import SINGLE_COLUMN, house_style

__all__ = ["confusion_map"]

COLOURS = "cividis"
"""Grows lighter with the value, in greyscale and for colour-blind readers too."""

LETTERS_PER_LINE = 12
DARK_UP_TO = 0.55
"""Shares up to which the ground is dark, and the number on it white."""


def confusion_map(results: xr.Dataset, criterion: str) -> Figure:
    """A row for each model that made behaviour, a column for each that was chosen, with counts.

    Args:
        results: `count` (made_by, chosen).
        criterion: what the choice was by, in words.
    """
    counts = results["count"].transpose("made_by", "chosen")
    share = counts / counts.sum("chosen")
    with house_style():
        figure = Figure(figsize=(SINGLE_COLUMN, 0.74 * SINGLE_COLUMN), layout="constrained")
        ax = figure.subplots()
        image = ax.imshow(share.values, cmap=COLOURS, vmin=0, vmax=1)
        _numbers(ax, counts.values, share.values)
        _words(ax, results)
        ax.set(xlabel=f"Model chosen by {criterion}", ylabel="Model that made the behaviour")
        bar = figure.colorbar(image, ax=ax, shrink=0.95, ticks=[0, 0.25, 0.5, 0.75, 1])
        bar.set_label("Share of simulated people (row)")
        bar.outline.set_visible(False)
    return figure


def _numbers(ax: Axes, counts: np.ndarray, share: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if share[row, column] <= DARK_UP_TO else "black"
        ax.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=8)


def _words(ax: Axes, results: xr.Dataset) -> None:
    """Names of the models along both axes, without ticks and frame."""
    for axis, side in ((ax.xaxis, "chosen"), (ax.yaxis, "made_by")):
        names = [_wrapped(str(name)) for name in results[side].values]
        axis.set_ticks(range(len(names)), names)
        axis.set_tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _wrapped(name: str) -> str:
    return textwrap.fill(name, LETTERS_PER_LINE, break_on_hyphens=False)
