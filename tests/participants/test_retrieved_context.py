"""Sessions of CMR2 as `Recalls`: intrusions are counted, and come from the lists just before."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem import measures
from cogmem.data import Recalls
from cogmem.models.cmr2 import CMR2
from cogmem.participants.retrieved_context import recall_sessions

N_LISTS, LENGTH, N_PEOPLE = 8, 6, 60


@pytest.fixture(scope="module")
def recalls() -> Recalls:
    """Word numbers that are neither in order nor without gaps, and one word studied twice."""
    items = 1000 - 3 * np.arange(N_LISTS * LENGTH).reshape(N_LISTS, LENGTH)
    items[5, 2] = items[1, 0]
    return recall_sessions(CMR2(), items, N_PEOPLE, key=jax.random.key(0))


def test_every_response_names_its_word_and_place(recalls: Recalls) -> None:
    for trial in range(len(recalls)):
        said, positions = recalls.responses[trial], recalls.recalls[trial]
        for word, position in zip(said[said >= 0], positions[positions != 0], strict=True):
            if position > 0:
                assert recalls.items[trial, position - 1] == word
            else:
                assert word not in recalls.items[trial]


def test_intrusions_are_from_prior_lists_and_mostly_the_last(recalls: Recalls) -> None:
    lag = recalls.prior_lag
    assert (lag[recalls.recalls == -1] > 0).all()
    assert (lag == 1).sum() > (lag == 2).sum() > (lag == 4).sum() > 0


def test_measures_count_the_intrusions(recalls: Recalls) -> None:
    found = measures.intrusions(recalls)["value"].mean("subject")
    expected = (recalls.recalls == -1).sum() / len(recalls)
    np.testing.assert_allclose(found, [expected, 0], rtol=1e-6)


def test_a_person_is_the_same_in_any_company(recalls: Recalls) -> None:
    alone = recall_sessions(CMR2(), recalls.items[:N_LISTS], 1, key=jax.random.key(0))
    np.testing.assert_array_equal(alone.recalls, recalls.select(subject=1).recalls)
