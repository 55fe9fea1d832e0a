"""CMR with support and power-law choice at its limits. Its numbers: tests/conformance."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.support_cmr import SupportCMR
from tests.models.cases import cast

N = 8


def model(**values: float) -> SupportCMR:
    return cast(SupportCMR(**values), "float32")


def first_recall(support: SupportCMR) -> np.ndarray:
    """Probability of each word coming first, given that one does."""
    log_p = support.log_probs(support.study_list(N), jnp.ones(N, bool), jnp.array(0))
    probability = np.exp(np.asarray(log_p, float))
    return probability[:-1] / (1 - probability[-1])


def test_choice_is_activation_to_a_power() -> None:
    support = model(choice_sensitivity=3.0)
    state = support.study_list(N)
    activation = np.asarray(state.context_item @ state.context, float)
    expected = activation**3 / (activation**3).sum()
    np.testing.assert_allclose(first_recall(support), expected, rtol=0, atol=1e-6)


def test_insensitive_choice_is_uniform() -> None:
    np.testing.assert_allclose(first_recall(model(choice_sensitivity=0.0)), 1 / N, rtol=1e-5)


def test_context_supports_own_item_and_others_and_the_start_none() -> None:
    memory = model(item_support=5.0, shared_support=0.25).begin(N)
    expected = np.full((N, N), 0.25) + np.eye(N) * 4.75
    np.testing.assert_allclose(memory.context_item, np.c_[expected, np.zeros(N)], rtol=1e-6)


def test_first_words_are_bound_more_strongly_by_primacy() -> None:
    """Each new tie is 1 + phi_s exp(-phi_d i) times context after the word was taken in."""
    support = model(primacy_scale=8.0, primacy_decay=1.4)
    plain = model(primacy_scale=0.0)
    grown, bound = (
        np.asarray(m.study_list(N).context_item - m.begin(N).context_item).sum(axis=1)
        for m in (support, plain)
    )
    np.testing.assert_allclose(grown / bound, 1 + 8 * np.exp(-1.4 * np.arange(N)), rtol=1e-5)


def test_floor_is_relative_to_the_strongest_word_of_the_list_recalled_or_not() -> None:
    """With the strongest word gone and the rest far below it, the floor makes them equal."""
    support = model(choice_sensitivity=100.0)
    evidence = jnp.asarray([0.0, -400.0, -300.0, -500.0])
    gone = support.outcome_log_probs(evidence, jnp.array([False, True, True, True]), jnp.array(1))
    np.testing.assert_allclose(gone[1:4], gone[1], rtol=1e-6)
    assert np.isneginf(gone[0])


@pytest.mark.parametrize("n_left", [0, 1, 3])
def test_stop_leaves_room_for_every_word_left(n_left: int) -> None:
    """P(stop) is capped at 1 - eps n, and 1 when nothing is left."""
    available = jnp.arange(N) < n_left
    log_p = model(stop_scale=1.0).outcome_log_probs(jnp.zeros(N), available, jnp.array(20))
    assert np.isfinite(log_p[:n_left]).all()
    np.testing.assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-6)
    assert (log_p[-1] == 0) == (n_left == 0)
