"""K, spans and slopes of search, by hand and on the sets."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.data import load_trials
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.measures import over_subjects, working_memory


def test_k_by_hand() -> None:
    """N = 4, H = .8, F = .2: Cowan 2.4, Pashler 3."""
    assert working_memory.capacity(0.8, 0.2, 4, probe="single") == pytest.approx(2.4)
    assert working_memory.capacity(0.8, 0.2, 4, probe="whole") == pytest.approx(3.0)
    assert np.isnan(working_memory.capacity(1.0, 1.0, 4, probe="whole"))
    with pytest.raises(InvalidValue, match="'single' \\(Cowan\\) or 'whole'"):
        working_memory.capacity(0.8, 0.2, 4, probe="cowan")


@pytest.mark.parametrize(
    ("probe", "expected"),
    [("single", [1.83, 2.43, 2.71, 2.54, 2.62]), ("whole", [1.93, 2.81, 3.57, 4.15, 4.61])],
)
def test_k_of_adam_et_al(probe: str, expected: list[float]) -> None:
    """Means of people's K, and the standard errors of Cowan's (specs: human data, 2.1)."""
    try:
        table = load_trials("adam2015")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    columns = (table[n].values for n in ("said_change", "change", "set_size", "subject"))
    found = over_subjects(working_memory.change_detection(*columns, probe=probe))
    np.testing.assert_allclose(found["mean"], expected, atol=0.006)
    if probe == "single":
        np.testing.assert_allclose(found["sem"], [0.03, 0.06, 0.09, 0.14, 0.16], atol=0.006)


def test_proportions_are_counted_within_people_and_conditions() -> None:
    found = working_memory.proportion([1, 0, 1, 1], [1, 1, 1, 2], {"delay": [0, 0, 3, 0]})
    assert found.actual.values.tolist() == [[1, 1], [1, 0]]
    assert found.possible.values.tolist() == [[2, 1], [1, 0]]
    np.testing.assert_array_equal(found.value, [[0.5, 1], [1, np.nan]])
    with pytest.raises(InvalidValue, match=r"delay has shape \(1,\), the outcome \(2,\)"):
        working_memory.proportion([1, 0], [1, 1], {"delay": [0]})


def test_a_kind_of_trial_that_was_not_given_has_no_rate() -> None:
    """One set size was never shown unchanged; whole numbers do for truth values."""
    found = working_memory.change_detection(
        [1, 0, 1], [1, 0, 1], [2, 2, 4], [1] * 3, probe="single"
    )
    np.testing.assert_array_equal(found.hit_rate, [[1, 1]])
    np.testing.assert_array_equal(found.false_alarm_rate, [[0, np.nan]])
    np.testing.assert_array_equal(found.value, [[2, np.nan]])
    only = working_memory.change_detection([1], [1], [2], [1], probe="whole")
    assert np.isnan(only.false_alarm_rate).all()


def test_span_score_by_hand() -> None:
    """2 of 2, 1.5 of 3, and lists of 4 that were not given: 3.5 items."""
    correct = xr.DataArray([[1.0, 0.5, np.nan]], dims=("subject", "length"))
    correct = correct.assign_coords(length=[2, 3, 4])
    assert working_memory.span_score(correct).values.tolist() == [3.5]


def test_slope_of_search_by_hand() -> None:
    times = xr.DataArray([0.4, 0.44, 0.48], coords={"set_size": [1, 2, 3]})
    found = working_memory.search_slopes(times)
    assert (found.slope.item(), found.intercept.item()) == pytest.approx((0.04, 0.36))


def test_search_of_donkin_and_nosofsky() -> None:
    """Slopes and intercepts (ms) of correct answers, new and old probes, fast and slow lists.

    Lines through each person's means, then the mean (specs: human data, 2.1).
    """
    try:
        table = load_trials("donkin_nosofsky2012").to_dataframe()
    except DataNotFound as missing:
        pytest.skip(str(missing))
    table = table[table.correct]
    times = table.groupby(["subject", "old", "set_size"])["time"].mean().to_xarray()
    lines = 1000 * working_memory.search_slopes(times)
    paces = {"fast": [1, 2, 3, 4], "slow": [5, 6, 7]}
    slopes = {"fast": [31.3, 27.7], "slow": [32.2, 33.7]}
    intercepts = {"fast": [392, 369], "slow": [505, 438]}
    for pace, who in paces.items():
        mean = lines.sel(subject=who).mean("subject")
        np.testing.assert_allclose(mean.slope, slopes[pace], atol=0.051)
        np.testing.assert_allclose(mean.intercept, intercepts[pace], atol=0.51)


def test_averages_are_taken_within_people_and_conditions() -> None:
    """Person 1 has two trials at 0 s, one at 3 s; person 2 none at 3 s."""
    given = ([0.5, 1.0, 4.0, 2.0], [1, 1, 1, 2], {"delay": [0, 0, 3, 0]})
    found = working_memory.averages(*given, long_name="Error", units="deg")
    np.testing.assert_array_equal(found.value, [[0.75, 4], [2, np.nan]])
    assert found.possible.values.tolist() == [[2, 1], [1, 0]]
    assert found.value.attrs == {"long_name": "Error", "units": "deg"}
    largest = working_memory.averages(*given, statistic=lambda trials: trials.max(axis=0))
    np.testing.assert_array_equal(largest.value, [[1, 4], [2, np.nan]])


def test_axes_of_a_trial_stay_and_medians_are_of_each_point() -> None:
    values = [[0, 1], [0, 3], [1, 8]]
    axes = {"serial_position": [1, 2]}
    found = working_memory.averages(values, [7, 7, 7], {}, axes=axes, statistic="median")
    assert found.value.dims == ("subject", "serial_position")
    np.testing.assert_array_equal(found.value, [[0, 3]])


def test_a_table_is_read_by_the_names_of_its_columns() -> None:
    about = {"long_name": "Retention interval", "units": "s"}
    table = xr.Dataset(
        {"correct": ("trial", [True, False, True])},
        {"subject": ("trial", [1, 1, 2]), "delay": ("trial", [6, 6, 1], about)},
    )
    found = working_memory.by_condition(table, "correct", "delay")
    np.testing.assert_array_equal(found.value, [[np.nan, 0.5], [1, np.nan]])
    assert found.delay.attrs == about
    assert found.value.attrs["units"] == "proportion"
    with pytest.raises(InvalidValue, match=r"no \['lag'\], expected names among \['correct'"):
        working_memory.by_condition(table, "correct", "lag")


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(InvalidValue, match="1 values are NaN: leave such trials out"):
        working_memory.averages([1, np.nan], [1, 1], {})
    with pytest.raises(InvalidValue, match=r"delay has shape \(1,\), the outcome \(2,\)"):
        working_memory.averages([1, 0], [1, 1], {"delay": [0]})
    with pytest.raises(
        InvalidValue, match=r"shape \(2, 3\), axes \{\}: expected \[trial, \*axes\]"
    ):
        working_memory.averages(np.ones((2, 3)), [1, 1], {})
    with pytest.raises(InvalidValue, match="'mode', expected one of \\['mean', 'median'\\]"):
        working_memory.averages([1], [1], {}, statistic="mode")  # type: ignore[arg-type]


def test_bins_hold_their_upper_end_and_none_is_a_bin_of_its_own() -> None:
    found = working_memory.binned([0, 1, 15, 16, 90], 15)
    assert found.tolist() == [0, 7.5, 7.5, 22.5, 82.5]
    with pytest.raises(InvalidValue, match="expected 0 or more"):
        working_memory.binned([-1], 15)
    with pytest.raises(InvalidValue, match="width 0"):
        working_memory.binned([1], 0)
