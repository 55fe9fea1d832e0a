"""Laying lists out person by person."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, MixedListLengths
from cogmem.fit.people import People, folds, split_lists

POSITIONS = np.array(
    [
        [2, 1, 0, 0],  # of person 7
        [3, -1, 3, 1],  # of person 4: an intrusion and a repeat, so cleaned 3 1
        [0, 0, 0, 0],  # of person 7: no recall
        [1, 2, 3, 0],  # of person 7
    ]
)
SUBJECT = np.array([7, 4, 7, 7])


def hand_made(**columns: np.ndarray) -> Recalls:
    return Recalls.from_positions(POSITIONS, list_length=3, subject=SUBJECT, **columns)


def test_lists_are_laid_out_by_person_in_order_and_cleaned() -> None:
    people = People.of(hand_made())
    assert people.subjects.tolist() == [4, 7]
    assert people.n_items == 3
    assert people.recalls[0].tolist() == [[3, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert people.recalls[1].tolist() == [[2, 1, 0], [0, 0, 0], [1, 2, 3]]


def test_lists_without_recall_count_and_padding_does_not() -> None:
    people = People.of(hand_made())
    assert people.weight.tolist() == [[1, 0, 0], [1, 1, 1]]
    assert people.n_lists.tolist() == [1, 3]


def test_events_are_the_responses_and_one_end_per_list() -> None:
    assert People.of(hand_made()).n_events.tolist() == [2 + 1, 2 + 0 + 3 + 3]


def test_some_of_the_people() -> None:
    people = People.of(hand_made())[1:]
    assert people.subjects.tolist() == [7]
    assert people.n_events.tolist() == [8]


def test_identity_is_of_the_name_and_not_of_the_place() -> None:
    both, one = People.of(hand_made()), People.of(hand_made().select(subject=7))
    assert both.identities[1] == one.identities[0]
    assert both.identities[0] != both.identities[1]


def test_halves_alternate_in_order_of_presentation() -> None:
    """Row order differs from `list_id`, which decides."""
    first, second = split_lists(hand_made(list_id=np.array([3, 1, 2, 1])))
    assert list(zip(first.subject, first.list_id, strict=True)) == [(7, 3), (4, 1), (7, 1)]
    assert list(zip(second.subject, second.list_id, strict=True)) == [(7, 2)]


def test_halves_are_all_lists_once() -> None:
    first, second = split_lists(hand_made())
    assert len(first) + len(second) == len(POSITIONS)
    assert sorted([*first.recalls.tolist(), *second.recalls.tolist()]) == sorted(POSITIONS.tolist())


def test_no_lists_are_refused() -> None:
    with pytest.raises(InvalidValue, match="no lists"):
        People.of(hand_made()[np.zeros(4, bool)])


def test_lists_of_several_lengths_are_refused() -> None:
    mixed = Recalls.from_positions(POSITIONS, list_length=np.array([3, 3, 3, 4]))
    with pytest.raises(MixedListLengths, match="3, 4"):
        People.of(mixed)


def many_lists() -> Recalls:
    """Nine lists of one person and six of another, rows shuffled; `list_id` is the order."""
    subject, list_id = np.repeat([1, 2], [9, 6]), np.r_[1:10, 1:7]
    turned = np.random.default_rng(0).permutation(15)
    return Recalls.from_positions(
        np.tile([[1, 2, 0]], (15, 1)),
        list_length=3,
        subject=subject[turned],
        list_id=list_id[turned],
    )


def test_folds_deal_lists_out_in_order_of_presentation() -> None:
    """Person 1 has lists 1 5 9, 2 6, 3 7, 4 8; person 2 has 1 5, 2 6, 3, 4."""
    dealt = [
        [sorted(part.list_id[part.subject == who].tolist()) for who in (1, 2)]
        for part in folds(many_lists())
    ]
    assert dealt == [[[1, 5, 9], [1, 5]], [[2, 6], [2, 6]], [[3, 7], [3]], [[4, 8], [4]]]


def test_two_folds_are_the_halves() -> None:
    for half, fold in zip(split_lists(many_lists()), folds(many_lists(), 2), strict=True):
        np.testing.assert_array_equal(half.list_id, fold.list_id)


def test_one_fold_is_refused() -> None:
    with pytest.raises(InvalidValue, match="n is 1"):
        folds(many_lists(), 1)


def test_keeping_some_lists_turns_the_others_into_padding() -> None:
    kept = People.of(hand_made()).keeping(np.array([True, False, True]))
    assert kept.weight.tolist() == [[1, 0, 0], [1, 0, 1]]
    assert kept.recalls[1].tolist() == [[2, 1, 0], [0, 0, 0], [1, 2, 3]]
    assert kept.n_events.tolist() == [2 + 1, 2 + 3 + 2]
    assert People.of(hand_made()).keeping(np.array([False])).n_events.tolist() == [0, 0]


def test_pooled_is_the_lists_of_all_as_of_one() -> None:
    people = People.of(hand_made(), np.arange(4 * 9, dtype=float).reshape(4, 3, 3))
    pooled = people.pooled()
    assert len(pooled) == 1
    assert pooled.n_lists.tolist() == [1 + 3]
    assert pooled.n_events.tolist() == [people.n_events.sum()]
    assert pooled.recalls[0].tolist() == [*people.recalls[0].tolist(), *people.recalls[1].tolist()]
    assert pooled.similarity is not None
    assert people.similarity is not None
    np.testing.assert_array_equal(pooled.similarity[0, 3:], people.similarity[1])
