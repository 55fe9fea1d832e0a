"""Transitions between words of the same and of another task: people and models."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.curves import (
    MAX_LAG,
    lag_axis,
    legend,
    model_line,
    people_band,
    probability_axis,
    top_of,
)
from cogmem.plots.style import DOUBLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["source_clustering"]

_TITLES = {
    "control": "Lists of one task",
    "same task": "Lists with shifts: to the same task",
    "other task": "Lists with shifts: to the other task",
    "trains": "Lists with shifts: by train",
}
_MAX_TRAINS = 4


def source_clustering(curves: xr.Dataset) -> Figure:
    """Conditional response probability by lag, one panel per sort of transition.

    Args:
        curves: `mean`, `low`, `high`, `n` (source, panel, lag); the source "people" is the band,
            the others are lines. The panels "control", "same task" and "other task" are by
            position, "trains" by train.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.62 * DOUBLE_COLUMN), layout=layout)
        panels = figure.subplots(2, 2).ravel()
        for ax, (which, title), letter in zip(panels, _TITLES.items(), "ABCD", strict=True):
            _panel(ax, curves.sel(panel=which), by_train=which == "trains")
            ax.set_title(title)
            panel_letter(ax, letter, x=-28)
        top = max(ax.get_ylim()[1] for ax in panels[:3])
        for ax in panels[:3]:
            probability_axis(ax, top)
        legend(figure, panels[0])
    return figure


def _panel(ax: Axes, curves: xr.Dataset, by_train: bool) -> None:
    if by_train:
        curves = curves.sel(lag=slice(-_MAX_TRAINS, _MAX_TRAINS))
    people = curves.sel(source="people")
    band = people_band(ax, people)
    lines = [
        model_line(ax, curves[["mean"]].sel(source=name), str(name), line_look(number))
        for number, name in enumerate(n for n in curves["source"].values if n != "people")
    ]
    lag_axis(ax, _MAX_TRAINS if by_train else MAX_LAG)
    if by_train:
        ax.set_xticks([lag for lag in range(-_MAX_TRAINS, _MAX_TRAINS + 1) if lag])
        ax.set_xlabel("Lag (trains; one of two has the same task)")
    shown = people["high"].where(people["lag"] != 0)
    probability_axis(ax, top_of([band.line, *lines], shown))
    ax.set_ylabel("Conditional response\nprobability")
