"""`Recalls`: hand-checked lists of six words, selection, xarray, errors."""

import numpy as np
import pytest
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, MixedListLengths


@pytest.fixture
def six() -> Recalls:
    """One list of six: 6 2 3 6 1 4, the repeat of human_data.md 6.3, and an intrusion."""
    return Recalls.from_positions([[6, 2, 3, 6, -1, 1, 4]], list_length=6)


@pytest.fixture
def story() -> Recalls:
    """One person, three lists of two words out of a pool of eight, with intrusions."""
    items = np.array([[0, 1], [2, 3], [4, 5]], np.int32)
    # List 2: a word of list 1. List 3: of list 1, of list 2, and one never studied.
    # List 1: word 2, studied only later.
    recalls = np.array([[1, -1, 0], [-1, 2, 0], [-1, -1, -1]], np.int16)
    responses = np.array([[0, 2, -1], [1, 3, -1], [0, 3, 7]], np.int32)
    return Recalls.from_positions(
        recalls, list_length=2, items=items, responses=responses, pool=np.array(list("abcdefgh"))
    )


def same(a: Recalls, b: Recalls) -> None:
    xr.testing.assert_identical(a.to_xarray(), b.to_xarray())


def test_counts_and_first_occurrences(six):
    """Seven responses; the second 6 and the intrusion are no first occurrences."""
    assert six.n_out.tolist() == [7]
    assert six.first.tolist() == [[True, True, True, False, False, True, True]]


def test_cleaned_moves_up_what_is_left(six):
    cleaned = six.cleaned()
    assert cleaned.recalls.tolist() == [[6, 2, 3, 1, 4]]
    same(cleaned.cleaned(), cleaned)


def test_cleaned_keeps_empty_lists_and_times():
    times = np.array([[1.0, 2.0, 3.0], [np.nan] * 3], np.float32)
    recalls = Recalls.from_positions([[-1, 2, 2], [0, 0, 0]], list_length=3, times=times)
    cleaned = recalls.cleaned()
    assert cleaned.recalls.tolist() == [[2], [0]]
    assert cleaned.times[0].tolist() == [2.0]
    assert cleaned.recalls.dtype == np.int16
    assert cleaned.times.dtype == np.float32


def test_prior_lag_by_hand(story):
    """Lag 1 and 2 back; a word studied only later and one never studied are lag 0."""
    assert story.prior_lag.tolist() == [[0, 0, 0], [1, 0, 0], [2, 1, 0]]


def test_prior_lag_takes_the_most_recent_list():
    items = np.array([[0], [0], [1], [2]], np.int32)
    recalls = np.array([[0], [0], [0], [-1]], np.int16)
    responses = np.array([[-1], [-1], [-1], [0]], np.int32)
    lists = Recalls.from_positions(recalls, list_length=1, items=items, responses=responses)
    assert lists.prior_lag[3, 0] == 2  # studied in lists 1 and 2, intruded in list 4


def test_prior_lag_does_not_cross_people(story):
    apart = Recalls.from_positions(
        story.recalls,
        list_length=2,
        subject=[1, 2, 3],
        items=story.items,
        responses=story.responses,
    )
    assert not apart.prior_lag.any()


def test_prior_lag_follows_list_numbers_not_rows(story):
    shuffled = story[[2, 0, 1]]
    assert shuffled.prior_lag.tolist() == story.prior_lag[[2, 0, 1]].tolist()


def test_lists_are_numbered_within_each_subject():
    recalls = Recalls.from_positions(np.ones((5, 1)), list_length=1, subject=[7, 9, 7, 9, 7])
    assert recalls.list_id.tolist() == [1, 1, 2, 2, 3]
    assert recalls.subjects.tolist() == [7, 9]


def test_select_by_any_list_column():
    recalls = Recalls.from_positions(
        np.ones((4, 1)),
        list_length=[2, 2, 3, 3],
        subject=[1, 2, 1, 2],
        by_list={"task": np.array(["size", "size", "size", "animacy"])},
    )
    assert recalls.select(list_length=3, subject=[1, 2]).list_id.tolist() == [2, 2]
    assert recalls.select(task="animacy").subject.tolist() == [2]
    assert recalls.select(list_length=2).length == 2


def test_select_says_what_is_wrong():
    recalls = Recalls.from_positions([[1]], list_length=2)
    with pytest.raises(InvalidValue, match=r"no per-list column 'colour'.*list_length"):
        recalls.select(colour="red")
    with pytest.raises(InvalidValue, match=r"no list has \{'list_length': 9\}"):
        recalls.select(list_length=9)


def test_mixed_lengths_are_told():
    with pytest.raises(MixedListLengths, match=r"\(2, 3\)"):
        _ = Recalls.from_positions([[1], [1]], list_length=[2, 3]).length


@pytest.mark.parametrize(
    ("recalls", "message"),
    [
        ([[7, 0]], r"recalls\[0, 0\] is 7.*from 1 to 6"),
        ([[-2, 0]], r"recalls\[0, 0\] is -2"),
        ([[1, 0, 2]], r"recalls\[0\] has a response after the padding at output 2"),
        ([1, 2], r"recalls has shape \(2,\), expected two axes"),
    ],
)
def test_impossible_responses_are_refused(recalls, message):
    with pytest.raises(InvalidValue, match=message):
        Recalls.from_positions(recalls, list_length=6)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"list_id": [1, 2]}, r"list_id has shape \(2,\), expected \(1,\)"),
        ({"times": np.zeros((1, 3), np.float32)}, r"times has shape \(1, 3\), expected \(1, 2\)"),
        ({"items": np.zeros((1, 5), np.int32)}, r"items has shape \(1, 5\), expected \(1, 6\)"),
        ({"by_list": {"task": np.zeros(2)}}, r"by_list\['task'\] has shape \(2,\)"),
        ({"by_position": {"cue": np.zeros((1, 2))}}, r"by_position\['cue'\].*expected \(1, 6\)"),
        ({"by_output": {"rt": np.zeros((1, 6))}}, r"by_output\['rt'\].*expected \(1, 2\)"),
    ],
)
def test_shapes_that_disagree_are_refused(columns, message):
    with pytest.raises(InvalidValue, match=message):
        Recalls.from_positions([[1, 2]], list_length=6, **columns)


def test_xarray_round_trip_is_exact(story):
    rich = Recalls.from_positions(
        story.recalls,
        list_length=2,
        items=story.items,
        responses=story.responses,
        pool=story.pool,
        by_list={"task": np.array(["a", "b", ""])},
        by_position={"cue:left": np.arange(6).reshape(3, 2)},
        by_output={"sure": np.full((3, 3), 0.5)},
        attrs={"name": "story"},
    )
    back = Recalls.from_xarray(rich.to_xarray())
    same(back, rich)
    assert back.recalls.dtype == np.int16
    assert back.attrs == {"name": "story"}
    assert list(back.by_position) == ["cue:left"]


def test_rows_can_be_taken_in_any_order(story):
    assert story[[2, 0]].list_id.tolist() == [3, 1]
    assert story[story.list_id > 1].recalls.shape == (2, 3)


def test_repr_counts_people_lists_and_responses(story):
    assert repr(story) == "<Recalls recalls: 1 subjects, 3 lists of 2, 7 responses>"
