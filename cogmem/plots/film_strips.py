"""Trials as strips of their frames, one below the other."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style

__all__ = ["film_strips"]

_GAP = 8
"""White pixels between frames."""

_LETTERS = "M memory, R retention, U update, D distraction, C cue, P probe"


def film_strips(trials: xr.Dataset) -> Figure:
    """A row for each task: its frames, their phases above, and what is right below.

    Args:
        trials: `frames` (task, frame, row, column, colour), levels from 0 to 255; `phase` and
            `answer` (task, frame), words, empty after the end; coordinates `task` and `title`.
    """
    names, titles = trials["task"].values, trials["title"].values
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.47 * len(names) + 0.3), layout="constrained")
        rows = figure.subplots(len(names), squeeze=False)[:, 0]
        for at, ax in enumerate(rows):
            own = trials.isel(task=at)
            frames = own["frames"].values
            _strip(ax, frames)
            _words(ax, frames.shape[1], own["phase"].values, own["answer"].values)
            label = f"{names[at]}\n{titles[at]}"
            ax.text(-0.01, 0.5, label, transform=ax.transAxes, ha="right", va="center", size=SMALL)
        figure.supxlabel(f"{_LETTERS}; below: the right answer", size=SMALL, x=0.99, ha="right")
    return figure


def _strip(ax: Axes, frames: np.ndarray) -> None:
    n, size = len(frames), frames.shape[1]
    film = np.full((size, n * (size + _GAP), 3), 255, np.uint8)
    for place, frame in enumerate(frames):
        left = place * (size + _GAP)
        film[:, left : left + size] = frame
    ax.imshow(film, interpolation="antialiased")
    ax.set_axis_off()


def _words(ax: Axes, size: int, phases: np.ndarray, answers: np.ndarray) -> None:
    for place, (phase, answer) in enumerate(zip(phases, answers, strict=True)):
        middle = place * (size + _GAP) + size / 2
        ax.text(middle, -6, phase, ha="center", va="bottom", size=5)
        ax.text(middle, size + 6, answer, ha="center", va="top", size=5)
