"""People and models side by side, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.measures.beside_people import PEOPLE, beside, distances, joined


def measured(values: list[list[float]], at: list[int]) -> xr.Dataset:
    coords = {"subject": range(len(values)), "place": at}
    about = {"long_name": "Share", "units": "proportion"}
    return xr.Dataset({"value": (("subject", "place"), np.array(values), about)}, coords)


EACH = {
    PEOPLE: measured([[0.2, 0.4, 0.6], [0.4, 0.4, 1.0]], [1, 2, 3]),
    "model": measured([[0.3, 0.6], [0.5, 0.6]], [1, 2]),
}


def test_means_by_source_are_aligned_and_what_is_not_there_is_nan() -> None:
    found = beside(EACH)["mean"]
    np.testing.assert_allclose(found.sel(source=PEOPLE), [0.3, 0.4, 0.8])
    np.testing.assert_allclose(found.sel(source="model"), [0.4, 0.6, np.nan])


def test_distance_is_that_of_means_where_both_have_values() -> None:
    """Off by .1 and .2 at two points: root of (.01 + .04) / 2."""
    found = distances(EACH, "share")
    assert found["rmsd"].sel(source="model").item() == pytest.approx(np.sqrt(0.025))
    assert found["source"].values.tolist() == ["model"]
    assert found["ratio"].item() > 0


def test_points_at_which_people_have_no_value_do_not_count() -> None:
    people = measured([[np.nan, 0.4], [np.nan, 0.6]], [1, 2])
    found = distances({PEOPLE: people, "model": EACH["model"]}, "share")
    assert found["rmsd"].item() == pytest.approx(0.1)


def test_values_under_several_names_become_one_measure() -> None:
    one = EACH[PEOPLE]["value"]
    found = joined({"first": one[:, 0], "last": one[:, 2]}, "which", "Share")["value"]
    assert found.dims == ("subject", "which")
    np.testing.assert_allclose(found.sel(which="last"), [0.6, 1.0])


def test_people_must_be_there() -> None:
    with pytest.raises(InvalidValue, match="expected 'people'"):
        distances({"model": EACH["model"]}, "share")
    nobody = EACH[PEOPLE].where(False)
    with pytest.raises(InvalidValue, match="no value at any point"):
        distances({PEOPLE: nobody}, "share")
