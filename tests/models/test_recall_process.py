"""What holds of every model of free recall: probabilities, simulation, gradients (13.4, 13.5)."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array
from scipy import stats

from cogmem.models import parameters
from cogmem.models.recall_process import exponential_stop, stop_or_choose
from tests.models.cases import (
    MODELS,
    all_sequences,
    cast,
    raw_of,
    similarity_for,
    some_lists,
    with_raw,
)

each_model = pytest.mark.parametrize("name", MODELS)
# One of each choice rule, where a test is seconds of compilation or simulation.
each_rule = pytest.mark.parametrize("name", ["CMR with similarity", "SupportCMR", "TCM"])
N_SIMULATED = 50_000
N = 5  # words per list


@partial(jax.jit, static_argnums=2)
def likelihoods(model: Any, recalls: Array, n_items: int, similarity: Array | None) -> Array:
    return jax.vmap(lambda one: model.log_likelihood(one, n_items, similarity))(recalls)


def exact(name: str, recalls: np.ndarray, n_items: int = N) -> np.ndarray:
    """Float64 log-likelihood of each list."""
    with jax.enable_x64(True):
        model, alike = cast(MODELS[name], "float64"), similarity_for(name, n_items, "float64")
        return np.asarray(likelihoods(model, jnp.asarray(recalls), n_items, alike))


@cache
def simulated(name: str) -> np.ndarray:
    """Positions in 50,000 lists of five words."""
    alike = similarity_for(name, N, "float32")
    one = partial(cast(MODELS[name], "float32").simulate, N, alike)
    keys = jax.random.split(jax.random.key(1), N_SIMULATED)
    return np.asarray(jax.jit(jax.vmap(lambda key: one(key=key)))(keys))


def chi_square(observed: np.ndarray, probability: np.ndarray) -> float:
    """p of the observed counts; outcomes expected fewer than five times are taken together."""
    expected = probability / probability.sum() * observed.sum()
    rare = expected < 5
    if rare.any():
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    return stats.chisquare(observed, expected).pvalue


@each_model
def test_probabilities_of_all_sequences_sum_to_one(name: str) -> None:
    total = np.exp(exact(name, all_sequences(3), 3)).sum()
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)


@each_model
def test_words_left_and_stopping_sum_to_one_at_every_step(name: str) -> None:
    with jax.enable_x64(True):
        model = cast(MODELS[name], "float64")
        state = model.study_list(N, similarity_for(name, N, "float64"))
        available = jnp.ones(N, bool)
        for count, item in enumerate([2, 0, 1, 4, 3]):
            probability = np.exp(model.log_probs(state, available, jnp.array(count)))
            np.testing.assert_allclose(probability.sum(), 1, rtol=0, atol=1e-12)
            state, available = model.retrieve(state, jnp.array(item)), available.at[item].set(False)
        last = np.exp(model.log_probs(state, available, jnp.array(N)))
    np.testing.assert_array_equal(last, [0] * N + [1])


@each_rule
def test_simulated_sequences_are_as_likely_as_they_should_be(name: str) -> None:
    """All 326 ways to recall five words, from the simulator and from the likelihood."""
    ways, digits = all_sequences(N), (N + 1) ** np.arange(N)
    found, counts = np.unique(simulated(name) @ digits, return_counts=True)
    assert set(found) <= set(ways @ digits), "a word was recalled twice, or after the end"
    count_of = dict(zip(found, counts, strict=True))
    observed = np.array([count_of.get(way, 0) for way in ways @ digits])
    assert chi_square(observed, np.exp(exact(name, ways))) > 1e-3


@each_rule
def test_simulated_first_recalls_are_as_likely_as_they_should_be(name: str) -> None:
    with jax.enable_x64(True):
        model = cast(MODELS[name], "float64")
        state = model.study_list(N, similarity_for(name, N, "float64"))
        probability = np.exp(model.log_probs(state, jnp.ones(N, bool), jnp.array(0)))
    response = simulated(name)[:, 0]
    observed = np.bincount(np.where(response > 0, response - 1, N), minlength=N + 1)
    assert chi_square(observed, probability) > 1e-3


@each_rule
def test_order_of_lists_and_more_padding_do_not_change_the_sum(name: str) -> None:
    lists = some_lists(N, n_lists=16)
    once = exact(name, lists)
    np.testing.assert_array_equal(exact(name, lists[::-1]), once[::-1])
    padded = exact(name, np.pad(lists, ((0, 0), (0, 4))))
    np.testing.assert_allclose(padded, once, rtol=0, atol=1e-13)


def points_near_bounds(model: Any, raw_bound: float) -> Array:
    """The model's own values, then each parameter in turn near (or on) each of its bounds."""
    raw = raw_of(model)
    k = len(raw)
    near = jnp.where(jnp.eye(k, dtype=bool), raw_bound, jnp.broadcast_to(raw, (k, k)))
    return jnp.concatenate([raw[None], near, jnp.where(near == raw_bound, -raw_bound, near)])


def slopes(name: str, dtype: str, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood [point, list] and its gradient [point, list, parameter] at raw parameters."""
    model, alike = cast(MODELS[name], dtype), similarity_for(name, N, dtype)

    def loss(raw: Array, one: Array) -> Array:
        return with_raw(model, raw).log_likelihood(one, N, alike)

    each = jax.jit(jax.vmap(jax.vmap(jax.value_and_grad(loss), (None, 0)), (0, None)))
    values, gradient = each(jnp.asarray(points, dtype), jnp.asarray(some_lists(N)))
    return np.asarray(values), np.asarray(gradient)


def assert_finite(values: np.ndarray, gradient: np.ndarray) -> None:
    bad = np.argwhere(~np.isfinite(gradient))
    assert len(bad) == 0, f"point, list, parameter {bad[:5].tolist()}"
    assert np.isfinite(values).all()


@each_rule
def test_gradients_are_finite_on_the_bounds_and_those_of_central_differences(name: str) -> None:
    """For lists of no words, of some, and of all; raw 9 is 1e-4 of the interval from a bound."""
    step, n_points, k = 1e-5, 4, len(parameters.table(MODELS[name]))
    with jax.enable_x64(True):
        model = cast(MODELS[name], "float64")
        inside = np.asarray(raw_of(model)) + np.random.default_rng(3).normal(
            0, 0.7, (n_points, 1, k)
        )
        moves = step * np.concatenate([np.zeros((1, k)), np.eye(k), -np.eye(k)])
        points = (inside + moves).reshape(-1, k)
        extreme = np.concatenate([points_near_bounds(model, bound) for bound in (9, 50)])
        values, gradient = slopes(name, "float64", np.concatenate([points, extreme]))
    assert_finite(values, gradient)
    values = values[: len(points)].reshape(n_points, len(moves), -1)
    found = gradient[: len(points)].reshape(n_points, len(moves), -1, k)[:, 0]
    expected = (values[:, 1 : k + 1] - values[:, k + 1 :]) / (2 * step)
    np.testing.assert_allclose(found, np.moveaxis(expected, 1, 2), rtol=1e-4, atol=1e-7)


def test_gradients_are_finite_in_float32() -> None:
    """In which fits run, and where there is least room; the roster's models: participants/."""
    name = "CMR with similarity"
    model = cast(MODELS[name], "float32")
    points = np.concatenate([points_near_bounds(model, bound) for bound in (9, 50)])
    assert_finite(*slopes(name, "float32", points))


def test_stop_is_exponential_and_never_overflows() -> None:
    counts = jnp.array([0, 3, 1000])
    stop = [exponential_stop(jnp.array(0.01), jnp.array(0.5), count) for count in counts]
    np.testing.assert_allclose(stop[:2], [0.01, 0.01 * np.exp(1.5)], rtol=1e-6)
    np.testing.assert_allclose(stop[2], 0.01 * np.exp(50), rtol=1e-5)


def test_recall_ends_for_certain_when_nothing_is_left() -> None:
    log_p = stop_or_choose(jnp.array(0.3), jnp.array([1.0, 2.0]), jnp.zeros(2, bool))
    np.testing.assert_array_equal(log_p, [-np.inf, -np.inf, 0])


def test_stop_is_kept_from_zero_and_one() -> None:
    for stop in (0.0, 5.0):
        log_p = stop_or_choose(jnp.array(stop), jnp.zeros(2), jnp.ones(2, bool))
        assert np.isfinite(log_p).all()
        np.testing.assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-6)
