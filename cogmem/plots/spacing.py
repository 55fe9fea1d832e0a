"""Recall of words presented once or twice, and what follows their recall: people and models."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.curves import (
    legend,
    model_line,
    people_band,
    probability_axis,
    top_of,
)
from cogmem.plots.style import DOUBLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["spacing"]

_TITLES = {
    "mixed": "Words once and twice in one list",
    "pure": "All words of a list alike",
    "first": "From a spaced word, around its first place",
    "second": "From a spaced word, around its second place",
}


def spacing(recall: xr.Dataset, transitions: xr.Dataset) -> Figure:
    """Probability of recall by spacing, and of moving to either place's neighbours.

    Args:
        recall: `mean`, `low`, `high`, `n` (source, list, kind), the lists "mixed" and "pure".
        transitions: the same (source, presentation, lag), the presentations "first" and "second".
            In both, the source "people" is the band, and the others are lines.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.62 * DOUBLE_COLUMN), layout=layout)
        panels = figure.subplots(2, 2)
        for ax, which in zip(panels[0], ("mixed", "pure"), strict=True):
            _recall_panel(ax, recall.sel(list=which))
        for ax, which in zip(panels[1], ("first", "second"), strict=True):
            _lag_panel(ax, transitions.sel(presentation=which))
        _finish(panels)
        legend(figure, panels[0, 0])
    return figure


def _recall_panel(ax: Axes, curves: xr.Dataset) -> None:
    kinds = curves["kind"].values.astype(str)
    _draw(ax, curves.assign_coords(kind=np.arange(len(kinds))))
    ax.set_xticks(range(len(kinds)), [kind.replace("-", "\N{EN DASH}") for kind in kinds])
    ax.set_xlabel("Presentations between the two of a word")
    ax.set_ylabel("Probability of recall")


def _lag_panel(ax: Axes, curves: xr.Dataset) -> None:
    _draw(ax, curves)
    ax.set_xticks(curves["lag"].values)
    ax.set_xlabel("Lag from that place (positions)")
    ax.set_ylabel("Conditional response\nprobability")


def _draw(ax: Axes, curves: xr.Dataset) -> None:
    """People as a band, and a line for every other source that is there."""
    people_band(ax, curves.sel(source="people"))
    others = [name for name in curves["source"].values if name != "people"]
    for number, name in enumerate(others):
        line = curves[["mean"]].sel(source=name)
        if line["mean"].notnull().any():
            model_line(ax, line, str(name), line_look(number))


def _finish(panels: np.ndarray) -> None:
    """Titles and letters; each row has one y axis."""
    for row in panels:
        bands = [ax.collections[0].get_datalim(ax.transData).y1 for ax in row]
        top = max(*bands, *(top_of(list(ax.lines)) for ax in row))
        for ax in row:
            probability_axis(ax, top)
    for ax, letter, title in zip(panels.flat, "ABCD", _TITLES.values(), strict=True):
        panel_letter(ax, letter, x=-28)
        ax.set_title(title)
