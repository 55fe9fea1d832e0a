"""CMR2: nested in CMR list by list; a probability model at each step; intrusions and their lag."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.cmr import CMR
from cogmem.models.cmr2 import CMR2
from cogmem.models.parameters import replace, table
from cogmem.models.support_cmr import SupportCMR
from tests.models.cases import cast

N_LISTS, LENGTH, N_PEOPLE = 8, 6, 100
WORDS = jnp.arange(N_LISTS * LENGTH).reshape(N_LISTS, LENGTH)


def model(**values: float) -> CMR2:
    return jax.tree.map(lambda value: jnp.asarray(value, "float32"), replace(CMR2(), values))


@jax.jit
def sessions(cmr2: CMR2, seed: Any) -> Any:
    keys = jax.random.split(jax.random.key(seed), N_PEOPLE)
    return jax.vmap(lambda key: cmr2.simulate_session(WORDS, WORDS.size, key=key))(keys)


@cache
def reported_by_lag(threshold: float) -> np.ndarray:
    """Words said per person and list, by how many lists ago they were studied, from 0."""
    found = sessions(model(accept_threshold=threshold), 0)
    studied_in = (np.asarray(found.words, int) - 1) // LENGTH
    lag = np.arange(N_LISTS)[None, :, None] - studied_in
    said = np.asarray(found.reported)
    return np.array([(said & (lag == n)).sum() for n in range(N_LISTS)]) / (N_PEOPLE * N_LISTS)


@pytest.mark.parametrize("wrapped", [CMR(), SupportCMR()], ids=["CMR", "SupportCMR"])
def test_without_carry_over_each_list_is_the_wrapped_models_own(wrapped: Any) -> None:
    """Key for key: the same words, in the same order, whatever the lists before were."""
    wrapped, key = cast(wrapped, "float32"), jax.random.key(5)
    order = jnp.tile(jnp.arange(LENGTH), (4, 1))
    cmr2 = CMR2(wrapped, accept_threshold=jnp.array(0.0), carry_over=False)
    found = cmr2.simulate_session(order, LENGTH, n_attempts=LENGTH, key=key)
    for number, words in enumerate(found.words):
        alone = wrapped.simulate(LENGTH, key=jax.random.fold_in(key, number))
        np.testing.assert_array_equal(words, alone)
    np.testing.assert_array_equal(found.reported, found.words > 0)


def test_prior_lists_intrude_and_the_last_ones_most() -> None:
    said = reported_by_lag(0.074)
    assert said[0] > 3
    assert said[1] > 0.1
    assert said[1] > said[2] > said[4]


def test_higher_threshold_means_fewer_intrusions() -> None:
    intrusions = [reported_by_lag(threshold)[1:].sum() for threshold in (0.0, 0.2, 0.4)]
    assert intrusions[0] > intrusions[1] > intrusions[2]


def test_words_not_seen_yet_never_come_to_mind_and_none_does_twice() -> None:
    words = np.asarray(sessions(model(), 0).words, int)
    seen = LENGTH * (1 + np.arange(N_LISTS))
    assert (words <= seen[None, :, None]).all()
    for one in words.reshape(-1, words.shape[-1])[:200]:
        assert len(set(one[one > 0])) == (one > 0).sum()


def test_full_drift_between_lists_leaves_nothing_of_the_list_before_in_context() -> None:
    """The mind that meets a new list is its unit alone; the ties stay."""
    cmr2 = model(between_list_drift=1.0)
    fresh = cmr2._begin(2 * LENGTH, 2, None)
    after = cmr2._next_list(cmr2._study(fresh, WORDS[0]), fresh, jnp.array(1))
    np.testing.assert_allclose(after.memory.context, np.eye(2 * LENGTH + 2)[-1], atol=1e-6)
    assert after.memory.n_studied == 0
    assert (after.memory.item_context[:LENGTH, 2 * LENGTH] > 0).all()


def test_words_seen_and_stopping_sum_to_one() -> None:
    cmr2 = model(temperature=1.0)
    mind = cmr2._study(cmr2._begin(2 * LENGTH, 2, None), WORDS[0])
    chances = jnp.exp(cmr2.log_probs(mind, jnp.ones(2 * LENGTH, bool), jnp.array(0)))
    np.testing.assert_allclose(chances.sum(), 1, rtol=1e-6)
    np.testing.assert_array_equal(chances[LENGTH:-1], 0)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_word_withheld_moves_context_and_is_not_learnt(threshold: float) -> None:
    cmr2 = model(accept_threshold=threshold, recall_item_context_learning=0.5)
    mind = cmr2._study(cmr2._begin(LENGTH, 1, None), WORDS[0])
    after = cmr2.retrieve(mind, jnp.array(2))
    assert bool(after.withheld[2]) == (threshold == 1)
    assert np.abs(after.memory.context - mind.memory.context).max() > 0.1
    learnt = np.abs(after.memory.item_context - mind.memory.item_context).max(axis=1) > 0
    assert learnt.tolist() == [False, False, threshold == 0, False, False, False]
    np.testing.assert_array_equal(after.memory.context_item, mind.memory.context_item)


def test_table_joins_the_wrapped_models_parameters() -> None:
    assert set(table(CMR2())) - set(table(CMR())) == {
        "between_list_drift",
        "accept_threshold",
        "recall_item_context_learning",
        "recall_context_item_learning",
    }
