"""Serial recall, on lists scored by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import integers, permutations

from cogmem.data import load_trials
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.measures import over_subjects, serial

# Right; 3 and 2 exchanged; 2 left out and 4 said a place early; 3 twice, and a stranger.
LISTS = np.array([[1, 2, 3, 4], [1, 3, 2, 4], [1, 0, 4, 3], [3, 3, -1, 4]])
WHO = np.array([1, 1, 2, 2])


def test_strict_scoring() -> None:
    found = serial.accuracy(LISTS, WHO)
    assert found.actual.values.tolist() == [[2, 1, 1, 2], [1, 0, 0, 1]]
    assert (found.possible == 2).all()


def test_item_scoring_ignores_order_and_repetitions() -> None:
    found = serial.accuracy(LISTS, WHO, score="item")
    assert found.actual.values.tolist() == [[2, 2, 2, 2], [1, 0, 2, 2]]


def test_relative_scoring() -> None:
    """Longest ascending runs 1234, 124, 14 and 34; items said after the item before them."""
    longest = serial.relative(LISTS, np.arange(4)).actual.values.tolist()
    assert longest == [4, 3, 2, 2]
    follows = serial.relative(LISTS, np.arange(4), rule="follows").actual.values.tolist()
    assert follows == [4, 1, 1, 0]


def test_transpositions_by_distance_count_their_opportunities() -> None:
    found = serial.transposition_gradient(LISTS[1:2], WHO[1:2])
    assert found.actual.sel(distance=[-1, 0, 1]).values.tolist() == [[1, 2, 1]]
    assert found.possible.values.tolist() == [[1, 2, 3, 4, 3, 2, 1]]
    table = serial.transpositions(LISTS[2:3], WHO[2:3])
    assert table.actual.sel(serial_position=4, output=3).item() == 1
    assert table.actual.sum() == 3


def test_kinds_of_errors_add_up() -> None:
    found = serial.errors(LISTS, WHO)
    np.testing.assert_allclose(found.value.sum("kind"), 1)
    second = found.actual.sel(subject=2)
    kinds = {kind: second.sel(kind=kind).values.tolist() for kind in serial.ERRORS}
    assert kinds == {
        "correct": [1, 0, 0, 1],
        "transposition": [1, 0, 1, 1],
        "repetition": [0, 1, 0, 0],
        "omission": [0, 1, 0, 0],
        "intrusion": [0, 0, 1, 0],
    }


def test_fill_in_and_in_fill() -> None:
    """Fills in, goes on, fills in at the start, fills in at the end; 4 first is no anticipation."""
    lists = np.array([[1, 3, 2, 4], [1, 3, 4, 2], [2, 1, 3, 4], [1, 2, 4, 3], [4, 1, 2, 3]])
    found = serial.after_anticipation(lists, np.ones(5, int))
    assert found.actual.values.tolist() == [[3, 1]]
    assert found.possible.values.tolist() == [[4, 4]]


def test_latency_leaves_out_what_is_not_known() -> None:
    times = [[1.0, 2.0], [3.0, np.nan], [5.0, np.nan]]
    found = serial.latency(times, [1, 1, 2])
    np.testing.assert_array_equal(found.value, [[2.0, 2.0], [5.0, np.nan]])
    with pytest.raises(InvalidValue, match="2 subjects for 3 lists"):
        serial.latency(times, [1, 2])


def test_responses_that_cannot_be_scored_are_refused() -> None:
    with pytest.raises(InvalidValue, match="0 \\(omission, in its place\\)"):
        serial.accuracy([[1, 5, 2]], [1])
    with pytest.raises(InvalidValue, match=r"float64\(1, 2\)"):
        serial.accuracy([[1.0, 2.0]], [1])
    with pytest.raises(InvalidValue, match="2 subjects for 1 lists"):
        serial.accuracy([[1, 2]], [1, 1])
    with pytest.raises(InvalidValue, match="'strict' or 'item'"):
        serial.accuracy([[1, 2]], [1], score="lenient")


def test_blanks_that_were_not_recorded_are_asked_for() -> None:
    """Lists of 3 and 2 outputs: what was the second one's second place?"""
    with pytest.raises(InvalidValue, match="mark each by 0"):
        serial.accuracy([[1, 2, 3], [1, 3]], [1, 1])


@given(arrays(int, (4, 5), elements=integers(-1, 5)), permutations(range(4)))
def test_measures_agree_with_each_other_whatever_is_said(lists: np.ndarray, order: list) -> None:
    """The diagonal of the transpositions is accuracy, distance 0 its sum; lists have no order."""
    who = np.array([1, 1, 2, 2])
    accurate, table = serial.accuracy(lists, who), serial.transpositions(lists, who)
    diagonal = np.diagonal(table.actual.values, axis1=1, axis2=2)
    np.testing.assert_array_equal(diagonal, accurate.actual)
    gradient = serial.transposition_gradient(lists, who)
    in_place = accurate.actual.sum("serial_position")
    np.testing.assert_array_equal(gradient.actual.sel(distance=0), in_place)
    np.testing.assert_allclose(serial.errors(lists, who).value.sum("kind"), 1)
    xr.testing.assert_equal(accurate, serial.accuracy(lists[order], who[order]))
    item = serial.accuracy(lists, who, score="item")
    assert (serial.relative(lists, who).actual <= item.actual.sum("serial_position")).all()


QUIET = [0.890, 0.768, 0.725, 0.619, 0.586, 0.756]
SUPPRESSION = [0.660, 0.415, 0.370, 0.250, 0.271, 0.511]


@pytest.fixture(scope="module")
def people() -> dict[str, xr.Dataset]:
    """Farrell & Lewandowsky (2004), by what was said meanwhile."""
    try:
        table = load_trials("farrell_lewandowsky2004")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    kinds = ("quiet", "suppression")
    return {kind: table.isel(trial=(table.condition == kind).values) for kind in kinds}


@pytest.mark.parametrize(("kind", "expected"), [("quiet", QUIET), ("suppression", SUPPRESSION)])
def test_strict_accuracy_of_people(people: dict, kind: str, expected: list[float]) -> None:
    """By position, and its mean, .724 and .413, to the digits printed (specs: human data, 2.1)."""
    table = people[kind]
    found = over_subjects(serial.accuracy(table.responses.values, table.subject.values))["mean"]
    np.testing.assert_allclose(found, expected, atol=5.1e-4)
    assert round(float(found.mean()), 3) == {"quiet": 0.724, "suppression": 0.413}[kind]


def test_omissions_and_latencies_of_people(people: dict) -> None:
    """In quiet, by output: rates, and ms, to the digits printed (specs: human data, 2.1)."""
    table = people["quiet"]
    kinds = over_subjects(serial.errors(table.responses.values, table.subject.values))["mean"]
    omitted = [0.035, 0.083, 0.088, 0.134, 0.162, 0.111]
    np.testing.assert_allclose(kinds.sel(kind="omission"), omitted, atol=5.1e-4)
    times = over_subjects(serial.latency(table.latency.values, table.subject.values))["mean"]
    np.testing.assert_allclose(1000 * times, [2122, 935, 1051, 1192, 1125, 882], atol=0.51)


@pytest.mark.parametrize("kind", ["quiet", "suppression"])
def test_people_misplace_items_by_little_and_fill_in(people: dict, kind: str) -> None:
    """The locality constraint; after an anticipation the item left out is likelier than the next.

    Both are ordinal findings: Henson (1996) calls them constraints on theories of serial order.
    """
    lists = people[kind].responses.values, people[kind].subject.values
    gradient = over_subjects(serial.transposition_gradient(*lists))["mean"]
    by_distance = [float(gradient.sel(distance=[-d, d]).mean()) for d in range(1, 5)]
    assert by_distance == sorted(by_distance, reverse=True)
    filled, skipped = serial.after_anticipation(*lists).actual.sum("subject").values
    assert filled > 1.5 * skipped
