"""Recovery of minds: which model was chosen for responses that a known model made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.errors import InvalidValue
from cogmem.plots.confusion import COLOURS, DARK_UP_TO
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style

__all__ = ["mind_recovery"]

TINY = 5.0  # points
_ACROSS = 3
"""Panels side by side: with 20 models the counts are still legible."""


def mind_recovery(tree: xr.DataTree) -> Figure:
    """A confusion matrix per paradigm: rows are who made the responses, columns who was chosen.

    Args:
        tree: below "recovery", a node per paradigm with `count` (made_by, chosen).

    Raises:
        InvalidValue: if there are none.
    """
    recovery = tree["recovery"].children if "recovery" in tree.children else {}
    counts = {name: node["count"].transpose("made_by", "chosen") for name, node in recovery.items()}
    if not counts:
        raise InvalidValue(
            "the results hold no recovery, expected a node per paradigm below 'recovery'; run "
            "`cogmem compare` with n_recovered of one or more."
        )
    down = math.ceil(len(counts) / _ACROSS)
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.05)
        height = down * DOUBLE_COLUMN / _ACROSS + 0.8
        figure = Figure(figsize=(DOUBLE_COLUMN, height), layout=layout)
        panels = figure.subplots(down, _ACROSS, squeeze=False).ravel()
        for ax, (name, count) in zip(panels, counts.items(), strict=False):
            _panel(ax, name, count)
        _around(figure, panels, len(counts))
    return figure


def _panel(ax: Axes, name: str, count: xr.DataArray) -> None:
    share = _shares(count.values)
    ax.imshow(share, cmap=COLOURS, vmin=0, vmax=1)
    for (row, column), number in np.ndenumerate(count.values):
        colour = "white" if share[row, column] <= DARK_UP_TO else "black"
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": TINY, "color": colour}
        ax.text(column, row, f"{number:.0f}", alpha=1.0 if number else 0.45, **look)
    made, chosen = (list(map(str, count[side].values)) for side in ("made_by", "chosen"))
    ax.set_xticks(range(len(chosen)), chosen, rotation=90)
    ax.set_yticks(range(len(made)), made)
    ax.tick_params(length=0, labelsize=TINY)
    ax.spines[:].set_visible(False)
    right = sum(float(count.sel(made_by=who, chosen=who)) for who in made if who in chosen)
    ax.set_title(f"{name}\n{right:.0f} of {count.sum().item():.0f} recovered", fontsize=SMALL + 0.5)


def _shares(count: np.ndarray) -> np.ndarray:
    """Shares of the row; 0 in a row without responses."""
    total = count.sum(axis=1, keepdims=True)
    return np.asarray(count / np.where(total > 0, total, 1))


def _around(figure: Figure, panels: np.ndarray, n: int) -> None:
    for ax in panels[n:]:
        ax.set_axis_off()
    figure.supxlabel("Model chosen", fontsize=7)
    figure.supylabel("Model that made the responses", fontsize=7)
    images = [image for ax in panels[:n] for image in ax.images]
    bar = figure.colorbar(
        images[0], ax=list(panels), location="top", shrink=0.3, aspect=40, ticks=[0, 0.5, 1]
    )
    bar.set_label("Share of the row")
    bar.outline.set_visible(False)
