"""Recovery of minds: who favours the last items is told from who goes from item to item."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from cogmem.fit.arena import Arena
from cogmem.fit.mind_recovery import confusions, recovered, simulated_by, simulated_units
from cogmem.fit.responses import Choices, YesCounts
from cogmem.fit.simulators import Budget
from cogmem.participants.null import NullParticipant
from tests.fit.small_arena import (
    Favourite,
    Neighbour,
    any_rank,  # noqa: F401
    mind,
    recall_study,
    recognition_study,
)

KEY = jax.random.key(1)
FREE = "free recall"
N_PEOPLE, N_LISTS, N_ITEMS = 4, 40, 5


def people() -> np.ndarray:
    """They go from item to item, mostly from the last one on."""
    up, down = np.arange(1, N_ITEMS + 1), np.arange(N_ITEMS, 0, -1)
    one = np.array([down, down, down, down, up] * N_LISTS)[:N_LISTS]
    return np.stack([one] * N_PEOPLE)


HERE = Arena({FREE: recall_study(people())})
MINDS = {
    "last": replace(mind(Favourite(1.0), "last"), fixed=frozenset(["place"])),
    "neighbour": mind(Neighbour(), "neighbour"),
}


@pytest.fixture(scope="module")
def scores(any_rank) -> np.ndarray:  # noqa: F811
    return recovered(HERE, FREE, MINDS, Budget(1, 4), key=KEY)


def test_minds_far_apart_are_told_apart(scores: np.ndarray) -> None:
    """Every simulated person is given to the mind that made it."""
    found = confusions(scores, list(MINDS))
    assert found["count"].values.tolist() == [[N_PEOPLE, 0], [0, N_PEOPLE]]
    assert found["together"].values.tolist() == [[1, 0], [0, 1]]


def test_the_choice_of_each_and_of_all_together_by_hand() -> None:
    """One of three people looks so much like the other model that all together do."""
    scores = np.array([[[1.0, 1, 9], [2, 2, 3]], [[5, 5, 5], [4, 4, 4]]])
    found = confusions(scores, ["a", "b"])
    assert found["count"].values.tolist() == [[2, 1], [0, 3]]
    assert found["together"].values.tolist() == [[0, 1], [0, 1]]


def test_the_same_again(scores: np.ndarray) -> None:
    np.testing.assert_array_equal(scores, recovered(HERE, FREE, MINDS, Budget(1, 4), key=KEY))


def test_a_parameter_is_refitted_to_the_simulated_people() -> None:
    """Free to move from the middle, it does better on the last than where it may not."""
    free = mind(Favourite(0.5), "free")
    held = replace(free, fixed=frozenset(["place"]))
    each = [
        recovered(HERE, FREE, {"last": MINDS["last"], "free": other}, Budget(6, 4), key=KEY)[0, 1]
        for other in (free, held)
    ]
    assert each[0].sum() < each[1].sum()


def test_simulated_lists_are_as_many_as_peoples_and_of_its_making() -> None:
    made = simulated_by(MINDS["last"], HERE, FREE, key=KEY)
    assert isinstance(made.answers, Choices)
    assert made.design.responses.shape == (N_PEOPLE, N_LISTS, N_ITEMS)
    np.testing.assert_array_equal(made.design.half, HERE.studies[FREE].design.half)
    assert simulated_units(HERE.studies[FREE]) == N_PEOPLE


def test_simulated_answers_are_as_many_as_peoples() -> None:
    study = recognition_study()
    here = Arena({"recognition": study}, n_draws=2)
    made = simulated_by(mind(NullParticipant(), "null"), here, "recognition", key=KEY)
    assert isinstance(made.answers, YesCounts)
    np.testing.assert_array_equal(made.answers.n, study.answers.n)
    # The null says yes as often everywhere as people did in all.
    said = made.answers.yes.sum(axis=(0, 1)) / made.answers.n.sum(axis=(0, 1))
    share = study.answers.yes[0].sum() / study.answers.n[0].sum()
    np.testing.assert_allclose(said, share, atol=0.15)
