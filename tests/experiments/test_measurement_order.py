"""Orders of measurements, the error of adding, and capacity, each against a sum by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments.measurement_order as order
from cogmem.data import published
from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.models.tensor_brain import TensorBrain
from cogmem.models.vocabulary import Vocabulary
from experiments.measurement_order import EXPERIMENT, Config, RandomModel

WORDS = Vocabulary.of(
    {
        "entity": ["Rex"],
        "b_class": ["dog", "cat", "car"],
        "p_class": ["pet", "vehicle"],
        "g_class": ["living", "not"],
        "predicate": ["near"],
    }
)


@pytest.fixture(scope="module")
def asked():
    """Both gates, all orders: log P [gates, order, outcome] and states [..., state]; and A."""
    brain = TensorBrain(WORDS, n_state=5, n_context=3, n_features=2)
    weights = brain.begin(key=jax.random.key(0))
    weights = weights._replace(embeddings=3 * weights.embeddings)
    state = jax.random.normal(jax.random.key(1), (5,))
    outcomes = jnp.asarray(np.stack(np.meshgrid([1, 2, 3], [4, 5], [6, 7], indexing="ij"), -1))
    outcomes = outcomes.reshape(-1, 3)

    def all_of(alpha, beta):
        own = order.with_gates(brain, (alpha, beta))
        groups = [own.candidates(weights, WORDS.ids(name)) for name in order.ASKED]
        each = [order.in_order(own, weights, state, groups, outcomes, o) for o in order.ORDERS]
        return jnp.stack([a for a, _ in each]), jnp.stack([b for _, b in each])

    gates = jnp.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    logs, states = jax.jit(jax.vmap(lambda pair: all_of(*pair)))(gates)
    return np.asarray(logs), np.asarray(states), np.asarray(weights.embeddings), state


def test_every_order_has_a_distribution(asked) -> None:
    """The twelve outcomes add up to 1 for all gates and orders."""
    np.testing.assert_allclose(np.exp(asked[0]).sum(axis=-1), 1, atol=1e-5)


def test_adding_leaves_one_state_and_several_distributions(asked) -> None:
    """q + the three columns, whatever the order; the probabilities do depend on it."""
    logs, states, columns, state = asked
    expected = state + columns[1] + columns[4] + columns[6]  # the first outcome
    np.testing.assert_allclose(states[0, :, 0], np.broadcast_to(expected, (6, 5)), atol=1e-5)
    assert np.ptp(logs[0], axis=0).max() > 0.05


def test_overwriting_leaves_the_last_column(asked) -> None:
    _, states, columns, _ = asked
    first_outcome = (1, 4, 6)
    for number, own in enumerate(order.ORDERS):
        np.testing.assert_allclose(states[1, number, 0], columns[first_outcome[own[-1]]], atol=1e-6)


def test_without_feedback_the_order_is_nothing(asked) -> None:
    logs, states, _, state = asked
    assert np.ptp(logs[2], axis=0).max() < 1e-5
    np.testing.assert_allclose(states[2], np.broadcast_to(state, states[2].shape), atol=1e-6)


def test_differences_by_hand() -> None:
    """(.5, .5) and (.9, .1): variation .4, mean of both KL .5 ln(.25/.09) ... ; states 3 and 5."""
    p = np.array([[0.5, 0.5], [0.9, 0.1]])
    there = (p[0] * np.log(p[0] / p[1])).sum()
    back = (p[1] * np.log(p[1] / p[0])).sum()
    states = jnp.array([[[3.0], [3.0]], [[5.0], [3.0]]])
    found = order.differences(jnp.log(p), states)
    entropy = -(p * np.log(p)).sum(axis=1).mean()
    expected = [0.4, (there + back) / 2, 0.5 * 0.7, entropy]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_error_of_adding_is_that_of_bayes_by_hand() -> None:
    """One cause, two outcomes: the posterior by Bayes' rule against sig(q0 + a_k)."""
    model = RandomModel(np.array([0.3]), np.array([[1.0], [-0.5]]))
    found, approximation = order.error_of_adding(model, 1, np.random.default_rng(0))
    prior = np.array([1, np.exp(0.3)]) / (1 + np.exp(0.3))
    given = np.exp(np.array([[0, 0], [1.0, -0.5]]))
    given /= given.sum(axis=1, keepdims=True)
    errors = []
    for k, column in enumerate((1.0, -0.5)):
        exact = prior * given[:, k] / (prior * given[:, k]).sum()
        on = 1 / (1 + np.exp(-(0.3 + column)))
        added = np.array([1 - on, on])
        errors.append((added * np.log(added / exact)).sum())
    assert np.abs(np.array(errors) - found).min() < 1e-12
    assert approximation == pytest.approx(found, rel=0.3)


def test_independent_reports_are_added_without_error() -> None:
    """log Z is constant for them (1e-12), and so is the error 0 (1e-12), after any number."""
    columns = order.independent_reports(1.5)
    scores = order.all_states(order.N_CAUSES) @ columns.T
    assert np.ptp(np.logaddexp.reduce(scores, axis=1)) < 1e-12
    model = RandomModel(np.linspace(-1, 1, order.N_CAUSES), columns)
    assert abs(order.error_of_adding(model, 8, np.random.default_rng(1))[0]) < 1e-12


def test_columns_of_a_sum_are_found_if_they_do_not_overlap() -> None:
    """Orthogonal columns: all of them; all alike: as many as chance lets be first."""
    key = jax.random.key(0)
    assert order.recalled_of(jnp.eye(16), (1, 4, 8), key=key).tolist() == [1, 1, 1]
    alike = [
        order.recalled_of(jnp.ones((16, 4)), (4,), key=k)[0] for k in jax.random.split(key, 40)
    ]
    assert abs(np.mean(alike) - 4 / 16) < 0.12


def test_published_numbers_are_secondary() -> None:
    with pytest.raises(InvalidValue, match="no number of tresp2025_measurement was read"):
        published("tresp2025_measurement")


@pytest.mark.slow
def test_all_of_it_in_a_small_world() -> None:
    """Adding differs less between orders than overwriting; no feedback does not differ at all."""
    config = Config(2, 20, 6, 2, n_known=12, n_scenes=8, n_state=8, n_columns=200)
    tree = EXPERIMENT.run(config, Session())
    found = tree["order"].to_dataset()["mean"].sel(seen="box", noise=1.0, difference="state")
    assert float(found.sel(gates="(1, 1)")) < 1e-5 < float(found.sel(gates="(0, 1)"))
    assert len(EXPERIMENT.numbers(tree)) > 300
    assert len(EXPERIMENT.plot(tree).axes) == 6
