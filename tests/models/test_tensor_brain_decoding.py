"""What a Tensor Brain says."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.index_layer import Targets, picks
from cogmem.models.tensor_brain_decoding import (
    chain,
    chatterbox,
    log_joint,
    log_likelihood,
    sample_triples,
    with_recency,
)
from tests.models.brains import VOCABULARY, brain, regions


@pytest.mark.parametrize("order", ["sop", "pso"])
def test_the_joint_is_one_and_its_cells_are_likelihoods(order: str) -> None:
    """Axes are subject, object, predicate, in whatever order they are decoded."""
    own, weights = brain(order=order)
    inputs, choices = own.perceive(weights, regions()), own.choices(weights)
    joint = eqx.filter_jit(log_joint)(own, weights, inputs, choices)
    assert joint.shape == (4, 4, 3)
    assert abs(float(jnp.exp(joint).sum()) - 1) < 1e-5
    told = Targets(-1, *VOCABULARY.find(["Bo", "Felix", "likes"]).tolist())
    how = picks("teacher")
    found = eqx.filter_jit(own.decode)(
        weights, inputs, choices, how, targets=told._replace(scene=0)
    )
    assert abs(float(log_likelihood(found, choices, told).sum() - joint[2, 1, 2])) < 1e-5


def test_a_query_fixes_what_is_given() -> None:
    own, weights = brain()
    felix = int(VOCABULARY.find("Felix"))
    drawn = eqx.filter_jit(sample_triples)(
        own,
        weights,
        own.know(weights),
        own.choices(weights),
        50,
        given=Targets(subject=felix),
        key=jax.random.key(0),
    )
    assert (drawn[:, 0] == felix).all()
    assert len(np.unique(drawn[:, 1])) > 1
    assert np.isin(drawn[:, 2], VOCABULARY.ids("predicate")).all()


def test_chatter_has_each_triple_once() -> None:
    drawn = np.array([[3, 4, 11], [5, 4, 12], [5, 4, 12], [3, 4, 13]])
    found = chatterbox(drawn)
    assert found.triples.tolist() == [[5, 4, 12], [3, 4, 11], [3, 4, 13]]
    assert found.counts.tolist() == [2, 1, 1]


def test_a_chain_feeds_labels_back() -> None:
    own, weights = brain()
    kinds, sizes = own.choices(weights).unary.values()
    dog, large = VOCABULARY.find(["dog", "large"]).tolist()
    steps = [(kinds, "teacher"), (sizes, "teacher")]
    found = chain(own, weights, jnp.zeros(6), steps, targets=[dog, large])
    expected = sizes.scores(jax.nn.sigmoid(weights.embeddings[dog]))
    np.testing.assert_allclose(found[1].scores, expected, rtol=1e-6)
    np.testing.assert_allclose(
        found[1].state, weights.embeddings[dog] + weights.embeddings[large], rtol=1e-6
    )
    with pytest.raises(InvalidValue, match="target 0 of the chain has the index -1"):
        chain(own, weights, jnp.zeros(6), steps)
    with pytest.raises(InvalidValue, match="1 targets for 2 steps"):
        chain(own, weights, jnp.zeros(6), steps, targets=[dog])


def test_recency_favours_the_young() -> None:
    """lambda 0 is the papers' model; 2 x psi 1 takes 2 log 3 from an episode of age 2."""
    own, weights = brain()
    episodes = own.choices(weights).scene
    q = jax.nn.sigmoid(jnp.ones(6))
    ages = jnp.array([2.0, 1.0, 0.0])
    plain = episodes.scores(q)
    np.testing.assert_array_equal(with_recency(episodes, ages, 0.0).scores(q), plain)
    lost = plain - with_recency(episodes, ages, 2.0).scores(q)
    np.testing.assert_allclose(lost, 2 * np.log([3, 2, 1]), atol=1e-6)
