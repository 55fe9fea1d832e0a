"""Counts in single lists short enough to be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.measures import counts
from cogmem.measures.counts import Counts


def count(name: str, responses: Sequence[int], length: int) -> Counts:
    found = getattr(counts, name)(jnp.array(responses, jnp.int16), length)
    return Counts(*(np.asarray(values) for values in found))


def table(length: int, cells: dict[int, Sequence[int]]) -> np.ndarray:
    """Zeros [length, length] with ones at {row: columns}, both 1-based."""
    filled = np.zeros((length, length), int)
    for row, columns in cells.items():
        filled[row - 1, np.array(columns) - 1] = 1
    return filled


# Three transitions: 6->2, 2->3, 1->4. 3->6 ends and 6->1 starts at a repeat.
WITH_REPEAT = [6, 2, 3, 6, 1, 4]


def test_transitions_and_what_was_possible_at_each() -> None:
    made, possible = count("input_crp", WITH_REPEAT, 6)
    np.testing.assert_array_equal(made, table(6, {6: [2], 2: [3], 1: [4]}))
    expected = table(6, {6: [1, 2, 3, 4, 5], 2: [1, 3, 4, 5], 1: [4, 5]})
    np.testing.assert_array_equal(possible, expected)


def test_lags_of_those_transitions() -> None:
    made, possible = count("lag_crp", WITH_REPEAT, 6)
    #                                 -5 -4 -3 -2 -1  0  1  2  3  4  5
    np.testing.assert_array_equal(made, [0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(possible, [1, 1, 1, 1, 2, 0, 1, 1, 2, 1, 0])


@pytest.mark.parametrize("between", [-1, -2, 1])
def test_intrusions_and_repeats_are_not_bridged(between: int) -> None:
    made, possible = count("input_crp", [1, between, 2, 3, 0, 0], 4)
    np.testing.assert_array_equal(made, table(4, {2: [3]}))
    np.testing.assert_array_equal(possible, table(4, {2: [3, 4]}))


def test_last_response_starts_no_transition() -> None:
    """With and without padding after it, though others are left to recall."""
    for responses in ([1, 3], [1, 3, 0]):
        made, possible = count("lag_crp", responses, 4)
        assert made.sum() == 1
        assert possible.sum() == 3


def test_number_of_outputs_skips_repeats_and_intrusions() -> None:
    actual, possible = count("pnr", [-1, 3, 3, 1, -1, 0], 3)
    np.testing.assert_array_equal(actual, table(3, {1: [3], 2: [1]}))
    np.testing.assert_array_equal(possible, table(3, {1: [1, 2, 3], 2: [1, 2]}))


def test_first_recall_is_the_first_correct_one() -> None:
    actual, possible = count("pfr", [-1, 3, 3, 1, -1, 0], 3)
    np.testing.assert_array_equal(actual, [0, 0, 1])
    np.testing.assert_array_equal(possible, [1, 1, 1])


def test_list_without_correct_recall() -> None:
    """It counts as studied, but has no first recall and no transition."""
    for responses in ([0, 0], [-1, -1]):
        np.testing.assert_array_equal(count("spc", responses, 2), [[0, 0], [1, 1]])
        for name in ("pnr", "pfr", "lag_crp", "input_crp", "lag_rank"):
            assert not np.any(np.concatenate([v.ravel() for v in count(name, responses, 2)]))


def test_position_recalled_twice_counts_once() -> None:
    np.testing.assert_array_equal(count("spc", [2, 2, -1, 0], 3), [[0, 1, 0], [1, 1, 1]])


def test_more_responses_than_words() -> None:
    responses = [1, -1, 1, 2, 2, -1, 1, 2]
    assert count("correct", responses, 2).actual == 2
    assert count("repeats", responses, 2).actual == 4
    np.testing.assert_array_equal(count("intrusions", responses, 2).actual, [0, 2])


def test_intrusions_by_kind() -> None:
    actual, possible = count("intrusions", [-2, 1, -1, -2, 0], 2)
    np.testing.assert_array_equal(actual, [2, 1])
    np.testing.assert_array_equal(possible, [1, 1])


def test_ranks_of_lags() -> None:
    """4 2 3 1: ranks 2 of 3, 1.5 of 2 (a tie), and one with a single lag possible."""
    twice, transitions = count("lag_rank", [4, 2, 3, 1], 4)
    np.testing.assert_array_equal(twice, [0, 1, 2])
    np.testing.assert_array_equal(transitions, [1, 1, 1])


def test_nearest_lag_has_the_highest_rank() -> None:
    nearest, _ = count("lag_rank", [1, 2], 5)
    farthest, _ = count("lag_rank", [1, 5], 5)
    np.testing.assert_array_equal(nearest, [0, 0, 0, 6])
    np.testing.assert_array_equal(farthest, [0, 0, 0, 0])


def test_list_of_one_word() -> None:
    for name in counts.__all__:
        if name not in ("PRIOR_LIST", "Counts"):
            assert count(name, [1, 0], 1).actual.dtype == np.int32
    np.testing.assert_array_equal(count("lag_crp", [1], 1), [[0], [0]])


def test_padding_changes_nothing() -> None:
    for name in ("spc", "pnr", "lag_crp", "lag_rank", "repeats", "correct"):
        bare = count(name, WITH_REPEAT, 6)
        padded = count(name, [*WITH_REPEAT, 0, 0, 0], 6)
        jax.tree.map(np.testing.assert_array_equal, bare, padded)
