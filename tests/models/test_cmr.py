"""CMR at the limits of its parameters (specs, 13.6). Its numbers: tests/conformance."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.models.cmr import CMR
from cogmem.models.retrieved_context import Memory
from tests.models.cases import cast, some_lists

N = 8


def model(**values: float) -> CMR:
    return cast(CMR(**values), "float32")


def first_recall(cmr: CMR, **how: Any) -> np.ndarray:
    """Log-probability of each word coming first."""
    state = cmr.study_list(N, **how)
    return np.asarray(cmr.log_probs(state, jnp.ones(N, bool), jnp.array(0)))[:-1]


def after_study(cmr: CMR) -> Memory:
    memory = cmr.begin(N)
    for item in range(N):
        memory = cmr.study(memory, jnp.array(item))
    return memory


def test_no_drift_leaves_context_at_the_start_of_the_list() -> None:
    memory = after_study(model(encoding_drift=0.0))
    np.testing.assert_array_equal(memory.context, [0] * N + [1])


def test_full_drift_makes_context_the_last_word() -> None:
    memory = after_study(model(encoding_drift=1.0))
    np.testing.assert_allclose(memory.context, [0] * (N - 1) + [1, 0], atol=1e-6)


def test_words_are_bound_to_context_after_it_took_them_in() -> None:
    """With full drift each word is bound to its own unit alone, and to it by L_FC."""
    memory = after_study(model(encoding_drift=1.0, item_context_learning=0.3))
    np.testing.assert_allclose(memory.item_context, np.eye(N, N + 1), atol=1e-6)


def test_hot_choice_is_uniform() -> None:
    log_p = first_recall(model(temperature=1e6))
    np.testing.assert_allclose(np.exp(log_p), 0.995 / N, rtol=1e-4)


def test_primacy_strengthens_the_way_from_context_to_the_first_words() -> None:
    """Each new tie is L_CF + P1 exp(-P2 i), in the matrix from context to items and no other."""
    values = {"primacy_scale": 2.0, "primacy_decay": 0.7, "context_item_learning": 0.3}
    memory, plain = after_study(model(**values)), after_study(model(primacy_scale=0.0))
    grown = (memory.context_item - model(**values).begin(N).context_item).sum(axis=1)
    bound = (plain.context_item - model().begin(N).context_item).sum(axis=1) / 0.3
    expected = 0.3 + 2.0 * np.exp(-0.7 * np.arange(N))
    np.testing.assert_allclose(grown / bound, expected, rtol=1e-5)
    np.testing.assert_array_equal(memory.item_context, plain.item_context)


def test_without_primacy_recall_begins_ever_likelier_at_later_words() -> None:
    log_p = first_recall(model(primacy_scale=0.0, start_drift=0.0, temperature=1.0))
    assert (np.diff(log_p) > 0).all()
    with_primacy = first_recall(model(primacy_scale=2.0, start_drift=0.3, temperature=1.0))
    assert with_primacy[0] > with_primacy[1]


def test_without_new_item_to_context_ties_a_word_brings_back_its_own_unit_alone() -> None:
    memory = after_study(model(item_context_learning=0.0))
    np.testing.assert_array_equal(memory.item_context, np.eye(N, N + 1))
    recalled = model(item_context_learning=0.0, recall_drift=1.0).retrieve(memory, jnp.array(3))
    np.testing.assert_allclose(recalled.context, np.eye(N + 1)[3], atol=1e-6)


def test_zero_weight_of_similarity_is_no_similarity() -> None:
    alike = jnp.asarray(np.random.default_rng(0).random((N, N)), "float32")
    one = jnp.asarray(some_lists(N)[3])
    found, expected = (
        jax.jit(lambda s: model().log_likelihood(one, N, s))(s) for s in (alike, None)
    )
    np.testing.assert_allclose(found, expected, rtol=2e-7)


def test_similarity_acts_from_the_second_recall_on() -> None:
    alike = jnp.asarray(np.eye(N)[::-1], "float32")  # word 1 is like word 8, 2 like 7, ...
    cmr = model(similarity_weight=2.0, temperature=1.0)
    np.testing.assert_array_equal(first_recall(cmr, similarity=alike), first_recall(cmr))
    available = jnp.ones(N, bool).at[2].set(False)
    after = [
        cmr.log_probs(cmr.retrieve(cmr.study_list(N, given), jnp.array(2)), available, jnp.array(1))
        for given in (alike, None)
    ]
    gain = np.asarray(after[0] - after[1])[:-1]
    # Its odds rise by exp(2 s / T).
    others = [i for i in range(N) if i not in (2, 5)]
    np.testing.assert_allclose(gain[5] - gain[others], 2 * 2.0 / 1.0, rtol=1e-4)


def test_unlikely_events_are_floored_and_impossible_ones_are_not() -> None:
    cmr = model(temperature=0.01)
    log_p = cmr.log_probs(cmr.study_list(N), jnp.ones(N, bool).at[4].set(False), jnp.array(1))
    assert np.isneginf(log_p[4])
    finite = np.delete(np.asarray(log_p), 4)
    assert finite.min() == np.float32(np.log(1e-5))


def test_stopping_is_certain_after_the_last_word_only() -> None:
    cmr = model(stop_scale=0.5, stop_growth=1.0)
    available = jnp.zeros(N, bool)
    assert cmr.outcome_log_probs(jnp.ones(N), available, jnp.array(N))[-1] == 0
    one_left = cmr.outcome_log_probs(jnp.ones(N), available.at[0].set(True), jnp.array(N - 1))
    np.testing.assert_allclose(one_left[0], np.log(1e-5), rtol=1e-6)  # P(stop) was held below 1
