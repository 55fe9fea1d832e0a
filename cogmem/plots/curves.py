"""The three curves of free recall, people and models on the same axes.

The Datasets are those of `measures.summary(...)`: `mean`, and if there are any `low` and `high`,
along one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from cogmem.errors import InvalidValue
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = [
    "MAX_LAG",
    "MEASURES",
    "Band",
    "Measure",
    "dress",
    "lag_axis",
    "legend",
    "model_line",
    "people_band",
    "position_axis",
    "probability_axis",
    "recall_curves",
    "recall_panels",
    "top_of",
]

MAX_LAG = 5
"""Lags shown; beyond it few transitions are possible and the ends of the list rule."""

PEOPLE = "People: mean and 95 % bootstrap interval"


class Band(NamedTuple):
    """What stands for people in a panel."""

    band: FillBetweenPolyCollection
    line: Line2D


def position_axis(ax: Axes, n_items: int) -> None:
    """Serial positions 1 to `n_items` along x."""
    step = next(s for s in (1, 2, 4, 5, 10, 20, n_items) if n_items <= 5 * s)
    ax.set_xticks([1, *range(step, n_items + 1, step)] if step > 1 else range(1, n_items + 1))
    ax.set_xlim(1 - 0.03 * n_items, n_items + 0.03 * n_items)
    ax.set_xlabel("Serial position")


def lag_axis(ax: Axes, max_lag: int = MAX_LAG) -> None:
    """Lags along x. There is no tick at 0: an item is not recalled after itself."""
    sides = range(-max_lag, max_lag + 1)
    ax.set_xticks([lag for lag in sides if lag % 2 == max_lag % 2 and lag != 0])
    ax.set_xlim(-max_lag - 0.4, max_lag + 0.4)
    ax.set_xlabel("Lag (positions)")


def probability_axis(ax: Axes, top: float = 1.0) -> None:
    """Probabilities from 0 to `top` along y."""
    step = next((s for s in (0.05, 0.1, 0.2) if top <= 5.2 * s), 0.25)
    ax.set_ylim(0, top)
    ax.set_yticks(np.arange(0, top + 1e-9, step))


class Measure(NamedTuple):
    """How one measure is drawn: the name of its y axis, and its x axis."""

    title: str
    x_axis: Callable[[Axes, int], None]


MEASURES: Mapping[str, Measure] = {
    "spc": Measure("Probability of recall", position_axis),
    "pfr": Measure("Probability of first recall", position_axis),
    "lag_crp": Measure("Conditional response\nprobability", lag_axis),
}


def people_band(ax: Axes, summary: xr.Dataset, label: str | None = None) -> Band:
    """People: a grey band from `low` to `high`, and a thin line at `mean`.

    Args:
        ax: the panel.
        summary: `mean`, `low`, `high` along one axis.
        label: what the legend says; if None, what the band is and how many people it rests on.

    Raises:
        InvalidValue: if one of the three is missing or has another number of axes.
    """
    x, mean, low, high = _values(summary, "mean", "low", "high")
    if label is None:
        label = f"{PEOPLE} ({int(summary['n'].max())} people)" if "n" in summary else PEOPLE
    band = ax.fill_between(x, low, high, color=PEOPLE_BAND, linewidth=0, zorder=1, label=label)
    (line,) = ax.plot(x, mean, color=PEOPLE_LINE, linewidth=0.8, zorder=2, gid="people")
    return Band(band, line)


def model_line(
    ax: Axes, summary: xr.Dataset, label: str, look: LineLook | None = None, band: bool = True
) -> Line2D:
    """A model: a line at `mean`, and a light band where `low` and `high` are known.

    Args:
        ax: the panel.
        summary: `mean`, and optionally `low` and `high`, along one axis.
        label: what the legend says.
        look: colour, dashes and marker; the next unused ones of this panel if None.
        band: whether to draw the interval, if there is one.

    Raises:
        InvalidValue: if `mean` is missing or has not one axis.
    """
    look = look or line_look(sum(line.get_gid() == "model" for line in ax.lines))
    x, mean = _values(summary, "mean")
    if band and {"low", "high"} <= set(summary.data_vars):
        _, low, high = _values(summary, "low", "high")
        ax.fill_between(x, low, high, color=look.color, alpha=0.2, linewidth=0, zorder=3)
    (line,) = ax.plot(x, mean, label=label, zorder=4, gid="model", **look._asdict())
    line.set_clip_on(False)  # markers at 0 and 1 are shown whole
    return line


def _values(summary: xr.Dataset, *names: str) -> list[np.ndarray]:
    """The labels of the one axis, and the variables along it."""
    for name in names:
        if name not in summary.data_vars or summary[name].ndim != 1:
            raise InvalidValue(
                f"expected {name!r} along one axis, as measures.summary gives it; the Dataset has "
                f"{ {str(k): v.dims for k, v in summary.data_vars.items()} }."
            )
    axis = str(summary[names[0]].dims[0])
    if (summary[axis] < 0).any():
        summary = _with_gap(summary, axis)
    return [summary[axis].values, *(summary[name].values for name in names)]


def _with_gap(summary: xr.Dataset, axis: str) -> xr.Dataset:
    """What is shown on both sides of 0. There is no lag of 0: no line joins the two sides."""
    widest = min(MAX_LAG, int(abs(summary[axis]).max()))
    shown = summary.reindex({axis: np.arange(-widest, widest + 1)})
    return shown.where(shown[axis] != 0) if axis == "lag" else shown


def dress(ax: Axes, measure: str, n_items: int, top: float = 1.0) -> None:
    """Ticks, limits and titles of both axes of a panel.

    Args:
        ax: the panel.
        measure: "spc", "pfr" or "lag_crp".
        n_items: list length.
        top: upper end of the y axis, a probability.
    """
    title, x_axis = MEASURES[measure]
    x_axis(ax, min(MAX_LAG, n_items - 1) if x_axis is lag_axis else n_items)
    probability_axis(ax, top)
    ax.set_ylabel(title)


def recall_panels(n_items: int, width: float = DOUBLE_COLUMN) -> tuple[Figure, dict[str, Axes]]:
    """Three empty panels with their axes: SPC, PFR, lag-CRP. Call it within `house_style`.

    Args:
        n_items: list length.
        width: of the figure, inches.

    Returns:
        The figure, and its panels by measure.
    """
    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.04)
    figure = Figure(figsize=(width, 0.36 * width), layout=layout)
    panels = dict(zip(MEASURES, figure.subplots(1, len(MEASURES)), strict=True))
    for letter, (measure, ax) in zip("ABC", panels.items(), strict=True):
        dress(ax, measure, n_items)
        panel_letter(ax, letter, x=-22)
    return figure, panels


def recall_curves(
    people: Mapping[str, xr.Dataset], models: Mapping[str, Mapping[str, xr.Dataset]] | None = None
) -> Figure:
    """Serial position curve, first recalls and lag-CRP of people and models on the same axes.

    Args:
        people: "spc", "pfr" and "lag_crp", each a Dataset of `measures.summary`.
        models: the same by name of the model; `low` and `high` may be missing.

    Returns:
        A figure of three panels, in double-column width.

    Raises:
        InvalidValue: if a curve is missing or is not along one axis.
    """
    models = models or {}
    for name, curves in {"people": people, **models}.items():
        if missing := set(MEASURES) - set(curves):
            raise InvalidValue(f"{name}: no {', '.join(sorted(missing))}; need {list(MEASURES)}.")
    with house_style():
        figure, panels = recall_panels(people["spc"].sizes["serial_position"])
        for measure, ax in panels.items():
            _fill(ax, measure, people[measure], {k: v[measure] for k, v in models.items()})
        legend(figure, panels["spc"])
    return figure


def _fill(ax: Axes, measure: str, people: xr.Dataset, models: Mapping[str, xr.Dataset]) -> None:
    band = people_band(ax, people)
    lines = [model_line(ax, summary, name) for name, summary in models.items()]
    if measure != "spc":
        probability_axis(ax, top_of([band.line, *lines], people["high"]))


def top_of(lines: list[Line2D], high: xr.DataArray | None = None) -> float:
    """The upper end of a probability axis with room for all: a multiple of 0.1, 1 at most."""
    values = [np.asarray(line.get_ydata(), float) for line in lines]
    if high is not None:
        values.append(high.values)
    highest = max(np.nanmax(v, initial=0.0) for v in values)
    return float(min(1.0, np.ceil(10 * highest + 0.2) / 10))


def legend(figure: Figure, ax: Axes) -> Legend:
    """One legend for all panels, above them, from the labels of one; people as line in band."""
    found, labels = ax.get_legend_handles_labels()
    means = [line for line in ax.lines if line.get_gid() == "people"]
    handles: list[Any] = [
        (h, *means) if isinstance(h, FillBetweenPolyCollection) else h for h in found
    ]
    fits = sum(len(label) + 9 for label in labels) <= 17 * figure.get_figwidth()
    columns = len(labels) if fits else 2
    return figure.legend(
        handles, labels, loc="outside upper center", ncols=columns, columnspacing=1.6
    )
