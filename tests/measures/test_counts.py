"""Counts in single lists short enough to be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.measures import counts
from cogmem.measures.counts import Counts


def count(name: str, responses: Sequence[int], length: int, **options: Any) -> Counts:
    arrays = {k: jnp.asarray(v) if np.ndim(v) else v for k, v in options.items()}
    found = getattr(counts, name)(jnp.array(responses, jnp.int16), length, **arrays)
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


def alike(categories: str) -> np.ndarray:
    """Which positions share a letter."""
    letters = np.array(list(categories))
    return letters[:, None] == letters[None, :]


def test_compound_lags() -> None:
    """Two pairs of transitions: 6 2 3 (lags -4, 1) and 1 4 5 (lags 3, 1)."""
    made, possible = count("lag_crp_compound", [6, 2, 3, 6, 1, 4, 5], 6)
    lag = np.arange(-5, 6)
    assert [(lag[a], lag[b]) for a, b in np.argwhere(made)] == [(-4, 1), (3, 1)]
    # From 2 were left 1 3 4 5, and from 4 only 5.
    found = {(int(lag[a]), int(lag[b])) for a, b in np.argwhere(possible)}
    assert found == {(-4, -1), (-4, 1), (-4, 2), (-4, 3), (3, 1)}
    assert possible.max() == 1


def test_lags_within_a_category() -> None:
    """1 2 4 3 of a a b b: 1->2 had 2 left of its category, 2->4 leaves it, 4->3 had 3."""
    made, possible = count("lag_crp", [1, 2, 4, 3], 4, allowed=alike("aabb"))
    #                                  -3 -2 -1  0  1  2  3
    np.testing.assert_array_equal(made, [0, 0, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(possible, [0, 0, 1, 0, 1, 0, 0])
    made, possible = count("lag_crp", [1, 2, 4, 3], 4, allowed=~alike("aabb"))
    np.testing.assert_array_equal(made, [0, 0, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(possible, [0, 0, 0, 0, 1, 1, 0])


def test_lags_after_the_first_outputs() -> None:
    """Of -1 1 2 3 without two responses, 2->3 is left; 1 was recalled, and is not possible."""
    made, possible = count("lag_crp", [-1, 1, 2, 3], 4, skip=2)
    np.testing.assert_array_equal(made, [0, 0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(possible, [0, 0, 0, 0, 1, 1, 0])


def test_transitions_within_a_category() -> None:
    """1 2 4 3 6 of a a b b c c: within, could not stay, within, could not stay."""
    assert count("category_crp", [1, 2, 4, 3, 6], 6, same=alike("aabbcc")) == (2, 2)
    assert count("category_crp", [1, 3, 2], 6, same=alike("aabbcc")) == (0, 2)
    assert count("category_crp", [1, -1, 2], 6, same=alike("aabbcc")) == (0, 0)


def test_clustering_of_a_list() -> None:
    """a a b a of a a a b b b: one neighbour, and expected (4 - 1)(3 - 1) / 5 = 1.2.

    ARC: E = (3 x 2 + 1 x 0) / 4 = 1.5, at most 4 - 2 = 2, so (1 - 1.5) / (2 - 1.5) = -1.
    """
    for responses in ([1, 2, 4, 3], [1, -1, 2, 1, 4, 3, 0]):
        observed, scale = count("lbc", responses, 6, same=alike("aaabbb"))
        assert observed / scale == pytest.approx(1 - 1.2)
        above, room = count("arc", responses, 6, same=alike("aaabbb"))
        assert above / room == -1


def test_clustering_is_undefined_without_room() -> None:
    for responses in ([0], [-1], [1], [1, 2, 3], [1, 4]):
        assert count("arc", responses, 6, same=alike("aaabbb")).possible == 0
    assert count("lbc", [-1, 0], 6, same=alike("aaabbb")).possible == 0
    assert count("lbc", [1, 0], 6, same=alike("aaabbb")) == (0, 10)


def test_mean_size_stands_for_categories_of_unlike_size() -> None:
    """Four words of a a a b: m = 2, so (4 - 1)(2 - 1) / 3 = 1 is expected; two were observed."""
    observed, scale = count("lbc", [1, 2, 3, 4], 4, same=alike("aaab"))
    assert observed / scale == 1


DISTANCES = np.array([[0, 1, 2, 2], [1, 0, 2, 2], [2, 2, 0, 3], [2, 2, 3, 0]])


def test_ranks_of_distances() -> None:
    """4 2 3 1: the first is tied for the nearest of three, the second is the farthest of two."""
    twice, transitions = count("distance_rank", [4, 2, 3, 1], 4, distances=DISTANCES)
    np.testing.assert_array_equal(twice, [0, 0, 3])
    np.testing.assert_array_equal(transitions, [1, 1, 1])


def test_bins_of_distance() -> None:
    """4->2 is in bin 1 with 1 too, and 3 in bin 2; 2->3 in bin 1 with 1 in bin 0; 3->1 alone."""
    made, possible = count("distance_crp", [4, 2, 3, 1], 4, bins=DISTANCES - 1, n_bins=3)
    np.testing.assert_array_equal(made, [0, 3, 0])
    np.testing.assert_array_equal(possible, [1, 4, 1])


def test_intrusions_by_list_lag() -> None:
    options = {"list_lag": [0, 1, 3, 1], "max_lag": 2}
    for index, expected in ((2, [[0, 0], [0, 0]]), (3, [[2, 0], [1, 1]])):
        found = count("intrusion_lags", [1, -1, -1, -2], 3, index=index, **options)
        np.testing.assert_array_equal(found, expected)


def test_stopping_and_start() -> None:
    """Two words recalled, the repeat and the intrusion not numbered."""
    actual, possible = count("stopping", [3, -1, 3, 1, 0], 3)
    np.testing.assert_array_equal(actual, [0, 0, 1, 0])
    np.testing.assert_array_equal(possible, [1, 1, 1, 0])
    assert count("start_at_end", [-1, 3, 1], 4, last=2) == (1, 1)
    assert count("start_at_end", [1, 3], 4, last=2) == (0, 1)
    assert count("start_at_end", [-1, 0], 4, last=2) == (0, 0)


TIMES = np.array([1.0, 1.5, 3.5, 4.0, np.nan], np.float32)


def test_inter_response_times() -> None:
    seconds, number = count("irt", [2, -1, 3, 3, 0], 4, times=TIMES, n_outputs=5)
    np.testing.assert_array_equal(seconds[3], [1, 0.5, 2, 0.5, 0])
    np.testing.assert_array_equal(number[3], [1, 1, 1, 1, 0])
    assert number.sum() == 4
    for options in ({"n_outputs": 3}, {"n_outputs": 5, "only_correct": True}):
        assert count("irt", [2, -1, 3, 3, 0], 4, times=TIMES, **options).possible.sum() == 0
    clean = count("irt", [2, 1, 0, 0, 0], 4, times=TIMES, n_outputs=8, only_correct=True)
    np.testing.assert_array_equal(clean.actual[1], [1, 0.5, 0, 0, 0, 0, 0, 0])


def test_times_that_are_not_known_are_left_out() -> None:
    gap = np.array([1, np.nan, 3, 4], np.float32)
    seconds, number = count("irt", [1, 2, 3, 4], 4, times=gap, n_outputs=4)
    np.testing.assert_array_equal(seconds[3], [1, 0, 0, 1])
    np.testing.assert_array_equal(number[3], [1, 0, 0, 1])


def test_latency_by_lag() -> None:
    """1->2 took half a second, 2->4 two, and 4->4 is no transition."""
    seconds, number = count("latency_by_lag", [1, 2, 4, 4, 0], 4, times=TIMES)
    np.testing.assert_array_equal(seconds, [0.5, 2, 0])
    np.testing.assert_array_equal(number, [1, 1, 0])
    back, _ = count("latency_by_lag", [4, 1, 0, 0, 0], 4, times=TIMES)
    np.testing.assert_array_equal(back, [0, 0, 0.5])


ONE_WORD: dict[str, dict[str, Any]] = {
    "arc": {"same": [[True]]},
    "category_crp": {"same": [[True]]},
    "distance_crp": {"bins": [[0]], "n_bins": 1},
    "distance_rank": {"distances": [[0.0]]},
    "intrusion_lags": {"list_lag": [0, 0], "index": 1, "max_lag": 1},
    "irt": {"times": [1.0, np.nan], "n_outputs": 2},
    "latency_by_lag": {"times": [1.0, np.nan]},
    "lbc": {"same": [[True]]},
    "start_at_end": {"last": 1},
}


def test_list_of_one_word() -> None:
    for name in set(counts.__all__) - {"PRIOR_LIST", "Counts"}:
        found = count(name, [1, 0], 1, **ONE_WORD.get(name, {}))
        assert found.possible.dtype == np.int32
    np.testing.assert_array_equal(count("lag_crp", [1], 1), [[0], [0]])


def test_padding_changes_nothing() -> None:
    for name in ("spc", "pnr", "lag_crp", "lag_rank", "repeats", "correct"):
        bare = count(name, WITH_REPEAT, 6)
        padded = count(name, [*WITH_REPEAT, 0, 0, 0], 6)
        jax.tree.map(np.testing.assert_array_equal, bare, padded)
