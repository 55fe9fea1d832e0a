"""Clustering in recall: scores as points, and lag-CRPs within and across categories."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.curves import (
    lag_axis,
    legend,
    model_line,
    people_band,
    probability_axis,
    top_of,
)
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["category_clustering"]

NAME_WIDTH = 16
"""Characters in a line of a model's name below its score."""

_SCORES = {
    "category_crp": "P(same category next)",
    "lbc": "List-based clustering\n(neighbours above chance)",
    "arc": "Adjusted ratio\nof clustering",
}
_TRANSITIONS = {"within": "Within a category", "across": "Across categories"}


def category_clustering(tree: xr.DataTree) -> Figure:
    """Three scores of clustering above, two lag-CRPs below; people are grey, models coloured.

    Args:
        tree: nodes `scores` (source, score) and `lags` (source, transition, lag), each with `mean`,
            `low`, `high` and `n`; the source "people" is the band.
    """
    scores, lags = tree["scores"].to_dataset(), tree["lags"].to_dataset()
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.6 * DOUBLE_COLUMN), layout=layout)
        grid = figure.add_gridspec(2, 6)
        above = [figure.add_subplot(grid[0, 2 * n : 2 * n + 2]) for n in range(3)]
        below = [figure.add_subplot(grid[1, 3 * n : 3 * n + 3]) for n in range(2)]
        for ax, (name, title) in zip(above, _SCORES.items(), strict=True):
            _score(ax, scores.sel(score=name), title)
        for ax, (name, title) in zip(below, _TRANSITIONS.items(), strict=True):
            _lags(ax, lags.sel(transition=name))
            ax.set_title(title)
        top = max(ax.get_ylim()[1] for ax in below)
        for ax in below:
            probability_axis(ax, top)
        for ax, letter in zip([*above, *below], "ABCDE", strict=True):
            panel_letter(ax, letter, x=-28)
        legend(figure, below[0])
    return figure


def _models(curves: xr.Dataset) -> list[str]:
    return [str(name) for name in curves["source"].values if name != "people"]


def _score(ax: Axes, score: xr.Dataset, title: str) -> None:
    """People's interval across the panel, and each model's mean with its own."""
    people = score.sel(source="people")
    ax.axhspan(float(people["low"]), float(people["high"]), color=PEOPLE_BAND, linewidth=0)
    ax.axhline(float(people["mean"]), color=PEOPLE_LINE, linewidth=0.8)
    for number, name in enumerate(_models(score)):
        mean, low, high = (float(score[v].sel(source=name)) for v in ("mean", "low", "high"))
        look = line_look(number)
        ends = np.array([[mean - low], [high - mean]])
        ax.errorbar(number, mean, ends, color=look.color, marker=look.marker, markersize=4)
    ax.set_xlim(-0.6, len(_models(score)) - 0.4)
    names = [textwrap.fill(name, NAME_WIDTH) for name in _models(score)]
    ax.set_xticks(range(len(names)), names)
    ax.set_xlabel("Model (grey: people)")
    ax.set_ylim(min(0, float(score["low"].min()) * 1.1), float(score["high"].max()) * 1.15)
    ax.set_ylabel(title)


def _lags(ax: Axes, curves: xr.Dataset) -> None:
    people = curves.sel(source="people")
    band = people_band(ax, people)
    lines = [
        model_line(ax, curves.sel(source=name), name, line_look(number))
        for number, name in enumerate(_models(curves))
    ]
    lag_axis(ax)
    probability_axis(ax, top_of([band.line, *lines], people["high"].where(people["lag"] != 0)))
    ax.set_ylabel("Conditional response\nprobability")
