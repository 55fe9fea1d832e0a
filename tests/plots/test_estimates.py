"""The figure of a fit."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.plots.estimates import fit_figure
from cogmem.plots.style import house_style


def curve(axis: str, labels: np.ndarray) -> xr.Dataset:
    mean = xr.DataArray(np.full(len(labels), 0.3), {axis: labels})
    return xr.Dataset({"mean": mean, "low": mean - 0.1, "high": mean + 0.1})


@pytest.fixture(scope="module")
def figure() -> Figure:
    positions, lags = np.arange(1, 9), np.arange(-5, 6)
    curves = {
        "spc": curve("serial_position", positions),
        "pfr": curve("serial_position", positions),
        "lag_crp": curve("lag", lags),
    }
    estimate = np.array([[0.2, 1e-3, 5.0, 1.0], [0.4, 10.0, 2.0, 3.0]])
    low, high = estimate / 2, estimate * 2
    low[1, 1], high[0, 2] = 1e-60, np.nan
    low[:, 3], high[:, 3] = np.nan, np.nan
    axes = ("subject", "parameter")
    values = {"estimate": (axes, estimate), "low": (axes, low), "high": (axes, high)}
    coords = {"subject": [1, 2], "parameter": ["drift", "item_support", "scale", "flat"]}
    table = xr.Dataset(values, coords, {"level": 0.95})
    with house_style():
        made = fit_figure(table, curves, curves, "CMR")
        made.canvas.draw()
    return made


def test_curves_and_a_panel_per_parameter(figure: Figure) -> None:
    titles = [ax.get_title() for ax in figure.get_axes() if ax.get_title()]
    assert titles == ["drift", "item support", "scale", "flat"]
    assert len(figure.get_axes()) == 3 + 4


def test_wide_spans_are_logarithmic_and_one_interval_does_not_hide_the_rest(figure) -> None:
    panels = {ax.get_title(): ax for ax in figure.get_axes()}
    assert panels["drift"].get_xscale() == "linear"
    assert panels["item support"].get_xscale() == "log"
    assert panels["item support"].get_xlim()[0] > 1e-5


def test_a_panel_without_any_interval_says_so(figure: Figure) -> None:
    said = {ax.get_title(): [text.get_text() for text in ax.texts] for ax in figure.get_axes()[3:]}
    assert said == {"drift": [], "item support": [], "scale": [], "flat": ["no interval"]}


def test_people_are_in_order_of_their_estimates(figure: Figure) -> None:
    panel = next(ax for ax in figure.get_axes() if ax.get_title() == "scale")
    assert panel.lines[0].get_xdata().tolist() == [2.0, 5.0]
