"""What people foretell of each other: two people, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.fit.habits import OTHERS, habits, learnt_apart, situations
from cogmem.fit.paradigms import Study
from cogmem.fit.responses import YesCounts
from tests.fit.small_arena import any_rank, recall_study  # noqa: F401

FIRST = [[1, 2, 3], [3, 2, 1]]
SECOND = [[3, 1, 0], [2, 0, 0]]
"""A list that is trained on and one that is held out, of each of two people."""


def study(first: list = FIRST, second: list = SECOND, name: str = "free recall") -> Study:
    return recall_study([first, second], name)


def log_odds(yes: float, n: float) -> float:
    return float(np.log(yes + 0.5) - np.log(n - yes + 0.5))


def in_sd(values: list[float]) -> np.ndarray:
    return (np.array(values) - np.mean(values)) / np.std(values)


def test_a_situation_is_the_item_said_last() -> None:
    """3 before the first; the end comes after an item, and padding after the end."""
    np.testing.assert_array_equal(situations(study().answers)[:, 0], [[3, 0, 1, 2], [3, 2, 0, 0]])


def test_a_situation_in_places_is_of_one_output() -> None:
    """An output left empty does not change what was said last; each output counts by itself."""
    said = [[1, 0, 3], [1, 2, 3]]
    np.testing.assert_array_equal(
        situations(study(said, said, "serial recall").answers, in_places=True)[0, 0],
        [3, 4 + 0, 8 + 0],
    )


def test_a_situation_of_free_recall_is_what_was_said_last_however_little_is_recalled() -> None:
    """Two words and the end are as many events as the list has words."""
    few = recall_study([[[3, 1, 0]] * 2] * 2).answers
    np.testing.assert_array_equal(situations(few)[0, 0, :3], [3, 2, 0])


def test_habits_are_learnt_on_half_of_the_training_answers() -> None:
    """For the readout: of three training lists two are counted, or one, and the rest held out."""
    answers = recall_study([[[1, 2, 3]] * 6] * 2).answers
    apart = learnt_apart(answers)
    np.testing.assert_array_equal(apart.train + apart.test, answers.train)
    assert apart.train.sum() == 4
    assert apart.test.sum() == 2
    cells = YesCounts(np.full((2, 3, 4), 6.0), np.full((2, 3, 4), 10.0))
    early, late = learnt_apart(cells).yes
    np.testing.assert_array_equal(early + late, cells.yes[0])
    np.testing.assert_array_equal(learnt_apart(cells).n, np.full((2, 3, 4), 5))


def test_other_people_by_hand() -> None:
    """Before the first: the second person said the third of three, the first person the first."""
    z = np.asarray(habits(study().answers, "other people"))
    never, once = log_odds(0, 1), log_odds(1, 1)
    np.testing.assert_allclose(z[0, :, 0], [in_sd([never, never, once])] * 2, atol=1e-5)
    np.testing.assert_allclose(z[1, :, 0], [in_sd([once, never, never])] * 2, atol=1e-5)


def test_what_nobody_could_do_says_nothing() -> None:
    """After the third the first person could say nothing: no evidence for the second."""
    z = np.asarray(habits(study().answers, "other people"))
    np.testing.assert_array_equal(z[1, 0, 1], [0, 0, 0])


def test_same_person_by_hand() -> None:
    """Own answers, and others' added: one answer of theirs is below the weight of `OTHERS`."""
    assert OTHERS > 1
    z = np.asarray(habits(study().answers, "same person"))
    expected = in_sd([log_odds(1, 2), log_odds(0, 2), log_odds(1, 2)])
    np.testing.assert_allclose(z[:, 0, 0], [expected, expected], atol=1e-5)


def test_many_others_are_brought_to_one_weight() -> None:
    """Twenty others say the first item: as if eight did."""
    said = [[[3, 0, 0], [3, 0, 0]]] + [[[1, 2, 3], [1, 2, 3]]] * 20
    z = np.asarray(habits(recall_study(said).answers, "same person"))
    n = 1 + OTHERS
    expected = in_sd([log_odds(OTHERS, n), log_odds(0, n), log_odds(1, n)])
    np.testing.assert_allclose(z[0, 0, 0], expected, atol=1e-5)


def test_nobody_is_among_their_own_others() -> None:
    changed = study(first=[[2, 1, 3], FIRST[1]])
    before, after = (
        np.asarray(habits(each.answers, "other people")) for each in (study(), changed)
    )
    # The held-out list is the same, and so is what is foretold of it.
    np.testing.assert_array_equal(before[0, 1], after[0, 1])
    assert (before[1, 1, 0] != after[1, 1, 0]).any()


@pytest.mark.parametrize("row", ["other people", "same person"])
def test_held_out_lists_foretell_nothing(row: str) -> None:
    changed = study(first=[FIRST[0], [2, 3, 1]], second=[SECOND[0], [1, 2, 3]])
    before, after = (np.asarray(habits(each.answers, row)) for each in (study(), changed))
    np.testing.assert_array_equal(before[:, 0], after[:, 0])


def test_counts_by_hand() -> None:
    """Two cells; each person is foretold by the other: 3 and 1 of 4, or 0 and 4."""
    yes = np.array([[[3, 1], [0, 4]], [[2, 2], [2, 2]]], np.float32)
    answers = YesCounts(yes, np.full((2, 2, 2), 4, np.float32))
    odds = [log_odds(0, 4), log_odds(4, 4), log_odds(3, 4), log_odds(1, 4)]
    z = np.asarray(habits(answers, "other people"))
    np.testing.assert_allclose(z[:, :, 0], in_sd(odds).reshape(2, 2), atol=1e-5)
    np.testing.assert_array_equal(z, habits(answers._replace(yes=yes[[0, 0]]), "other people"))


def test_people_who_all_do_the_same_in_all_cells_say_nothing() -> None:
    even = YesCounts(np.full((2, 2, 3), 2, np.float32), np.full((2, 2, 3), 4, np.float32))
    np.testing.assert_array_equal(habits(even, "other people"), np.zeros((2, 3, 1)))
