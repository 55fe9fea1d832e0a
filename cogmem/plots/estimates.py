"""A model fitted to people: its curves beside theirs, and each parameter with its intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from cogmem.plots.curves import (
    MEASURES,
    dress,
    model_line,
    people_band,
    probability_axis,
    top_of,
)
from cogmem.plots.style import DOUBLE_COLUMN, line_look, panel_letter

__all__ = ["fit_figure"]

N_COLUMNS = 4
CURVES_HEIGHT, ROW_HEIGHT = 2.2, 1.35
DECADES = 1.5
"""Estimates that span more than so many powers of ten get a logarithmic axis."""
ROOM = 30.0
"""How far such an axis may reach beyond the estimates, as a factor."""


def fit_figure(
    estimates: xr.Dataset,
    people: Mapping[str, xr.Dataset],
    model: Mapping[str, xr.Dataset],
    name: str,
) -> Figure:
    """Three curves of people and model, and below them a panel per parameter.

    Args:
        estimates: `estimate`, `low`, `high` (subject, parameter), NaN where there is no interval;
            `level` in its attributes. A panel without any interval says so.
        people: summaries of "spc", "pfr" and "lag_crp".
        model: the same of the fitted model's own recall.
        name: of the model.
    """
    n_rows = -(-estimates.sizes["parameter"] // N_COLUMNS)
    heights = [CURVES_HEIGHT, ROW_HEIGHT * n_rows + 0.5]
    figure = Figure(figsize=(DOUBLE_COLUMN, sum(heights)), layout="constrained")
    top, bottom = np.asarray(figure.subfigures(2, 1, height_ratios=heights))
    _curves(top, people, model, name)
    panels = bottom.subplots(n_rows, N_COLUMNS, squeeze=False).ravel()
    for ax, parameter in zip(panels, estimates["parameter"].values, strict=False):
        _estimates(ax, estimates.sel(parameter=parameter))
    for ax in panels[estimates.sizes["parameter"] :]:
        ax.set_axis_off()
    bottom.supylabel("People, in order of their estimates", fontsize=7)
    bottom.supxlabel(f"Estimate and {estimates.attrs['level']:.0%} interval", fontsize=7)
    return figure


def _curves(
    figure: SubFigure, people: Mapping[str, xr.Dataset], model: Mapping[str, xr.Dataset], name: str
) -> None:
    panels = figure.subplots(1, len(MEASURES))
    n_items = people["spc"].sizes["serial_position"]
    for letter, measure, ax in zip("ABC", MEASURES, panels, strict=True):
        dress(ax, measure, n_items)
        band = people_band(ax, people[measure])
        line = model_line(ax, model[measure], f"{name}, fitted", band=False)
        if measure != "spc":
            probability_axis(ax, top_of([band.line, line], people[measure]["high"]))
        panel_letter(ax, letter, x=-22)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)


def _estimates(ax: Axes, one: xr.Dataset) -> None:
    """One parameter: a point and an interval per person, the lowest estimate at the bottom."""
    one = one.isel(subject=np.argsort(one["estimate"].values))
    rank, values = np.arange(1, one.sizes["subject"] + 1), one["estimate"].values
    look = line_look(0)
    ax.hlines(rank, one["low"], one["high"], color=look.color, alpha=0.5, linewidth=0.8)
    ax.plot(values, rank, "o", color=look.color, markersize=2)
    if not np.isfinite(one["low"] + one["high"]).any():
        _note(ax, "no interval")
    if values.min() > 0 and np.log10(values.max() / values.min()) > DECADES:
        ax.set_xscale("log")
        _keep_to_the_estimates(ax, values)
    ax.set(yticks=[], ylim=(0, len(rank) + 1))
    ax.set_title(str(one["parameter"].item()).replace("_", " "), fontsize=6.5)


def _note(ax: Axes, text: str) -> None:
    """A word in the corner below on the right."""
    place, grey = ax.transAxes, "0.4"
    ax.text(0.98, 0.03, text, transform=place, fontsize=5.5, color=grey, ha="right", va="bottom")


def _keep_to_the_estimates(ax: Axes, values: np.ndarray) -> None:
    """On a logarithmic axis one wide interval would hide all else: it runs off the panel."""
    low, high = ax.get_xlim()
    ax.set_xlim(max(low, values.min() / ROOM), min(high, values.max() * ROOM))
