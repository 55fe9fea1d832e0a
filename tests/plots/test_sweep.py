"""Heat maps and curves over what was swept: every number where it belongs, named in words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from cogmem.errors import InvalidValue, UnknownName
from cogmem.plots.style import DOUBLE_COLUMN, SINGLE_COLUMN
from cogmem.plots.sweep import curves_over, heat_maps


@pytest.fixture
def results():
    values = np.arange(12.0).reshape(2, 3, 2)
    values[0, 0, 0] = np.nan
    dims = ("drift", "rate", "size")
    return xr.Dataset(
        {"primacy": (dims, values), "recency": (dims, 2 * values)},
        {"drift": [0.1, 0.3], "rate": [1.0, 2.0, 5.0], "size": [8, 16]},
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
    assert first.patch.get_hatch()  # what shows through


def test_a_variable_without_any_value_is_drawn_empty(results):
    figure = heat_maps(results * np.nan, x="rate", y="drift", column="size")
    assert mesh(panels(figure)[0]).get_array().mask.all()
    figure.draw_without_rendering()


def test_borders_are_half_way_between_values(results):
    first = panels(heat_maps(results, x="rate", y="drift", column="size"))[0]
    np.testing.assert_allclose(first.get_xlim(), (0.5, 6.5))
    np.testing.assert_allclose(mesh(first).get_coordinates()[0, :, 0], [0.5, 1.5, 3.5, 6.5])


def test_values_of_one_ratio_have_a_logarithmic_axis(results):
    results = results.assign_coords(rate=[0.1, 1.0, 10.0])
    first = panels(heat_maps(results, x="rate", y="drift", column="size"))[0]
    assert first.get_xscale() == "log"
    np.testing.assert_allclose(mesh(first).get_coordinates()[0, :, 0], 10 ** np.arange(-1.5, 2))


def test_words_on_an_axis_and_over_columns(results):
    named = results.assign_coords(rate=["low", "mid", "high"], size=["small", "large"])
    shown = panels(heat_maps(named, x="rate", y="drift", column="size"))
    assert [tick.get_text() for tick in shown[2].get_xticklabels()] == ["low", "mid", "high"]
    assert shown[1].get_title() == "size large"


def test_there_is_a_tick_at_each_value_that_was_run(results):
    first = panels(heat_maps(results, x="rate", y="drift", column="size"))[0]
    assert first.get_xticks().tolist() == [1.0, 2.0, 5.0]
    assert first.get_yticks().tolist() == [0.1, 0.3]


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


def test_words_may_be_given(results):
    words = {"primacy": "Advantage of the first", "rate": "speed"}
    figure = heat_maps(results, x="rate", y="drift", column="size", labels=words)
    assert panels(figure)[2].get_xlabel() == "Speed"
    assert "Advantage of the first" in [ax.get_ylabel() for ax in figure.axes]
    assert "long_name" not in results["rate"].attrs  # what was given is left alone


def test_a_column_of_maps_fits_one_column_of_a_journal(results):
    one = heat_maps(results.isel(size=0, drop=True), x="rate", y="drift")
    assert one.get_figwidth() == SINGLE_COLUMN
    assert heat_maps(results, x="rate", y="drift", column="size").get_figwidth() == DOUBLE_COLUMN


def test_what_cannot_be_mapped_is_refused(results):
    with pytest.raises(UnknownName, match="Did you mean 'rate'"):
        heat_maps(results, x="rat", y="drift", column="size")
    with pytest.raises(InvalidValue, match=r"axes \('drift', 'rate', 'size'\).*mean"):
        heat_maps(results, x="rate", y="drift")
    with pytest.raises(UnknownName, match="'primacy'"):
        heat_maps(results, x="rate", y="drift", column="size", labels={"primac": "x"})


@pytest.fixture
def curves():
    lags = np.arange(-7, 8)
    values = np.linspace(0.1, 0.35, 2 * 15).reshape(2, 15)
    values[:, 7] = np.nan
    return xr.Dataset({"lag_crp": (("drift", "lag"), values)}, {"drift": [0.1, 0.3], "lag": lags})


def test_a_line_per_value_over_people(curves):
    mean = curves["lag_crp"].isel(drift=0, drop=True)
    people = xr.Dataset({"mean": mean, "low": mean - 0.1, "high": mean + 0.4, "n": 0 * mean + 7})
    figure = curves_over(curves, "lag_crp", "drift", people=people, labels={"drift": "speed"})
    (ax,) = figure.axes
    lines = [line for line in ax.lines if line.get_gid() == "model"]
    for i, line in enumerate(lines):
        wanted = curves["lag_crp"].isel(drift=i).sel(lag=slice(-5, 5))
        np.testing.assert_array_equal(line.get_ydata(), wanted)
    assert len({line.get_color() for line in lines}) == len(lines) == 2
    assert ax.get_xlabel() == "Lag (positions)"
    assert ax.get_ylim()[1] >= float(people["high"].sel(lag=slice(-5, 5)).max())
    of_people, of_lines = figure.legends
    assert "(7 people)" in of_people.get_texts()[0].get_text()
    assert of_lines.get_title().get_text() == "Speed"
    assert [text.get_text() for text in of_lines.get_texts()] == ["0.1", "0.3"]


def test_other_quantities_are_named_by_the_results(results):
    figure = curves_over(results.isel(size=1, drop=True), "primacy", "drift")
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Rate", "Primacy")
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [7.0, 9.0, 11.0])


def test_curves_need_one_other_axis(results):
    with pytest.raises(InvalidValue, match="mean over an axis"):
        curves_over(results, "primacy", "drift")
    with pytest.raises(UnknownName, match="'primacy'"):
        curves_over(results, "primac", "drift")
