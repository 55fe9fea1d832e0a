"""Serial recall, on lists scored by hand."""

from __future__ import annotations

import numpy as np
import pytest

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
    times = [[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]]
    found = serial.latency(times, [1, 1, 2])
    assert found.value.values.tolist() == [[2.0, 2.0], [5.0, 6.0]]


def test_responses_that_cannot_be_scored_are_refused() -> None:
    with pytest.raises(InvalidValue, match="0 \\(omission, in its place\\)"):
        serial.accuracy([[1, 5, 2]], [1])
    with pytest.raises(InvalidValue, match=r"float64\(1, 2\)"):
        serial.accuracy([[1.0, 2.0]], [1])
    with pytest.raises(InvalidValue, match="2 subjects for 1 lists"):
        serial.accuracy([[1, 2]], [1, 1])
    with pytest.raises(InvalidValue, match="'strict' or 'item'"):
        serial.accuracy([[1, 2]], [1], score="lenient")


def test_people_of_farrell_and_lewandowsky() -> None:
    """Strict accuracy in quiet, mean .724; under suppression .413 (specs: human data, 2.1)."""
    try:
        table = load_trials("farrell_lewandowsky2004")
    except DataNotFound as missing:
        pytest.skip(str(missing))
    for condition, mean in (("quiet", 0.724), ("suppression", 0.413)):
        some = table.where(table.condition == condition, drop=True)
        found = serial.accuracy(some.responses.values.astype(int), some.subject.values)
        assert round(float(over_subjects(found)["mean"].mean()), 3) == mean
    gradient = over_subjects(
        serial.transposition_gradient(table.responses.values, table.subject.values)
    )["mean"]
    by_distance = [float(gradient.sel(distance=[-d, d]).mean()) for d in (1, 2, 3)]
    assert by_distance == sorted(by_distance, reverse=True), "the locality constraint"
