"""Heat maps: a row per variable, a column per value, every number where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from cogmem.plots.sweep import heat_maps


@pytest.fixture
def results():
    values = np.arange(12.0).reshape(2, 3, 2)
    values[0, 0, 0] = np.nan
    dims = ("drift", "rate", "size")
    return xr.Dataset(
        {"primacy": (dims, values), "recency": (dims, 2 * values)},
        {"drift": [0.1, 0.3], "rate": [1.0, 2.0, 4.0], "size": [8, 16]},
    )


def panels(figure):
    return [ax for ax in figure.axes if any(isinstance(c, QuadMesh) for c in ax.collections)][:4]


def mesh(ax) -> QuadMesh:
    return next(c for c in ax.collections if isinstance(c, QuadMesh))


def test_every_panel_holds_its_values_with_y_up(results):
    shown = panels(heat_maps(results, x="rate", y="drift", column="size"))
    expected = results["primacy"].sel(size=16).transpose("drift", "rate").values
    np.testing.assert_array_equal(mesh(shown[1]).get_array().filled(np.nan).reshape(2, 3), expected)


def test_cells_without_a_value_are_masked(results):
    first = panels(heat_maps(results, x="rate", y="drift", column="size"))[0]
    assert mesh(first).get_array().mask.ravel().tolist() == [True, *[False] * 5]


def test_borders_are_half_way_between_values(results):
    first = panels(heat_maps(results, x="rate", y="drift", column="size"))[0]
    np.testing.assert_allclose(first.get_xlim(), (0.5, 5.0))
    np.testing.assert_allclose(mesh(first).get_coordinates()[0, :, 0], [0.5, 1.5, 3.0, 5.0])


def test_one_row_shares_its_colours(results):
    shown = panels(heat_maps(results, x="rate", y="drift", column="size"))
    assert mesh(shown[0]).get_clim() == mesh(shown[1]).get_clim() == (1.0, 11.0)
    assert mesh(shown[2]).get_clim() == (2.0, 22.0)


def test_axes_are_named_in_words(results):
    results["rate"].attrs["long_name"] = "learning rate"
    shown = panels(heat_maps(results, x="rate", y="drift", column="size"))
    assert shown[2].get_xlabel() == "Learning rate"
    assert shown[0].get_ylabel() == "Drift"
    assert shown[1].get_title() == "size 16"
