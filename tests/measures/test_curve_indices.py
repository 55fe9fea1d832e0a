"""Primacy, recency, slopes, costs and the order of conditions, by hand and of people."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.data import load_trials
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.measures import summary
from cogmem.measures.curve_indices import contrast, primacy, rank_agreement, recency, slope
from cogmem.measures.working_memory import by_condition


def curve(values: list, **labels: list) -> xr.Dataset:
    """A measure of a few people."""
    attrs = {"long_name": "Correct", "units": "proportion"}
    found = xr.DataArray(np.array(values, float), dims=("subject", *labels), attrs=attrs)
    return found.assign_coords(subject=range(len(values)), **labels).to_dataset(name="value")


def test_primacy_and_recency_by_hand() -> None:
    """First .9 and last .8, middle (.5 + .3) / 2; with two ends, middle .4 of five."""
    four = curve([[0.9, 0.5, 0.3, 0.8]], serial_position=[1, 2, 3, 4])
    assert primacy(four).value.values == pytest.approx([0.5])
    assert recency(four).value.values == pytest.approx([0.4])
    five = curve([[0.9, 0.7, 0.4, 0.6, 0.8]], serial_position=[1, 2, 3, 4, 5])
    assert primacy(five, ends=2).value.values == pytest.approx([0.5])
    assert recency(five, ends=2).value.values == pytest.approx([0.4])


def test_a_flat_curve_has_neither() -> None:
    flat = curve([[0.5] * 6], serial_position=list(range(1, 7)))
    assert primacy(flat).value.item() == recency(flat).value.item() == 0


def test_lists_without_a_middle_are_refused() -> None:
    two = curve([[1, 1]], serial_position=[1, 2])
    with pytest.raises(InvalidValue, match="2 positions and ends=1"):
        primacy(two)
    with pytest.raises(InvalidValue, match="expected 'lag' too"):
        recency(two, "lag")


def test_slopes_are_least_squares_through_the_points_that_there_are() -> None:
    nan = np.nan
    given = curve([[1.0, 0.8, 0.6], [1, nan, 0.9], [nan, nan, 1], [0, 1, 0]], set_size=[2, 4, 6])
    np.testing.assert_allclose(slope(given, "set_size").value, [-0.1, -0.025, nan, 0], atol=1e-12)
    with pytest.raises(InvalidValue, match="expected numbers"):
        slope(curve([[1, 2]], load=["low", "high"]), "load")


def test_a_cost_is_the_difference_within_people() -> None:
    times = curve([[1.0, 1.2], [0.5, 0.8]], kind=["repeat", "switch"])
    cost = contrast(times, "kind", "switch", "repeat")
    np.testing.assert_allclose(cost.value, [0.2, 0.3])
    assert cost.value.attrs == {"long_name": "switch less repeat", "units": "proportion"}
    with pytest.raises(InvalidValue, match="'stay' is not on kind"):
        contrast(times, "kind", "stay", "repeat")


def test_conditions_are_ordered_alike_whatever_the_scale() -> None:
    people = curve([[0.9, 0.8, 0.4]], n=[1, 2, 3])["value"].isel(subject=0, drop=True)
    seeds = curve([[10, 9, -5, 0], [1, 2, 3, 0], [1, 1, 1, 0]], n=[1, 2, 3, 4])
    found = rank_agreement(seeds, people)
    np.testing.assert_array_equal(found.value, [1, -1, np.nan])
    with pytest.raises(InvalidValue, match=r"along \['n'\], the reference along \['lag'\]"):
        rank_agreement(seeds, people.rename(n="lag"))


def test_indices_of_people_have_intervals() -> None:
    """Accuracy of Ricker et al. (2014) falls with every second, by the slope of the means."""
    try:
        table = load_trials("ricker2014")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    kept = by_condition(table, "correct", "retention_interval")
    found = summary(slope(kept, "retention_interval"), n_resamples=200)
    of_means = np.polyfit([1, 6, 12], kept.value.mean("subject"), 1)[0]
    assert found["mean"].item() == pytest.approx(of_means)
    assert found["low"] < found["mean"] < found["high"] < 0
    assert found["mean"].attrs["units"] == "proportion per s"
