"""Accuracy on every task after every task: a triangle of cells, each with its value."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from cogmem.plots.style import SMALL

__all__ = ["accuracy_matrix"]


def accuracy_matrix(ax: Axes, r: np.ndarray, low: float) -> AxesImage:
    """R[t, j] as cells with their values, rounded; the rows have no label.

    Args:
        ax: the panel.
        r: [after, task], %; NaN for tasks to come, whose cells stay empty.
        low: the accuracy of the darkest cell, %; that of the brightest is 100.

    Returns:
        What a colour bar needs.
    """
    image = ax.imshow(r, cmap="cividis", vmin=low, vmax=100)
    for after, task in zip(*np.nonzero(~np.isnan(r)), strict=True):
        value = r[after, task]
        shade = "white" if value < (low + 100) / 2 else "black"
        ax.text(task, after, f"{value:.0f}", color=shade, fontsize=SMALL, ha="center", va="center")
    ticks = np.arange(len(r))
    ax.set_xticks(ticks, [str(t + 1) for t in ticks])
    ax.set_yticks(ticks, [str(t + 1) for t in ticks])
    ax.tick_params(length=0)
    ax.set_xlabel("Tested task $j$")
    return image
