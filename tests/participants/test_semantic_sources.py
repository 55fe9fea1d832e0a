"""Sources of general knowledge: averages by definition, and one decoder behind all."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.participants.scene_viewer import scene_brain
from cogmem.participants.semantic_sources import (
    OF_PREDICATES,
    OF_SUBJECTS,
    labels_of,
    predicates,
    predicates_by_source,
    subjects_by_source,
    told,
)
from cogmem.tasks.scenes import SceneWorld, draw_world

KEY = jax.random.key(0)


class Case(NamedTuple):
    brain: TensorBrain
    weights: Weights
    subject: Array
    object: Array

    @property
    def traces(self) -> Array:
        return self.weights.embeddings[self.brain.vocabulary.ids("episode")]


@pytest.fixture(scope="module")
def case() -> Case:
    """Large weights, so that episodes differ."""
    brain = scene_brain(draw_world(SceneWorld(n_known=12), key=KEY), 5, n_state=8, n_context=8)
    weights = jax.tree.map(lambda each: 5 * each, brain.begin(key=KEY))
    first = brain.vocabulary.ids("entity")[0]
    return Case(brain, weights, jnp.array([0, 1]) + first, jnp.array([2, 3]) + first)


def test_averages_by_definition(case) -> None:
    """By a loop over episodes, to 1e-5; and scores are not linear in the trace."""
    found, off = predicates_by_source(*case)
    by_name = dict(zip(OF_PREDICATES, np.exp(found), strict=True))
    decoded = jax.jit(jax.vmap(told, (None, None, None, 0, 0)))
    each = [decoded(*case[:2], trace, *case[2:]) for trace in case.traces]
    p = np.stack([jax.nn.softmax(one.scores) for one in each])
    pair = np.exp([one.pair for one in each])
    np.testing.assert_allclose(by_name["mean of P"], p.mean(axis=0), rtol=1e-5)
    weighted = (p * pair[..., None]).sum(axis=0) / pair.sum(axis=0)[:, None]
    np.testing.assert_allclose(by_name["mean of joint P"], weighted, rtol=1e-5)
    centre = decoded(*case[:2], case.traces.mean(axis=0), *case[2:]).scores
    np.testing.assert_allclose(by_name["mean of traces"], jax.nn.softmax(centre), rtol=1e-5)
    learnt = np.exp(predicates(*case))
    np.testing.assert_allclose(by_name["learnt semantic state"], learnt, rtol=1e-5)
    assert float(off) > 1e-4


def test_subjects_by_definition(case) -> None:
    """All sources add to 1; the mean of P is that of single episodes, to 1e-5."""
    by_name = dict(zip(OF_SUBJECTS, np.exp(subjects_by_source(*case[:2])), strict=True))
    np.testing.assert_allclose([each.sum() for each in by_name.values()], 1, rtol=1e-5)
    ids = case.brain.vocabulary.ids("entity")
    states = [case.brain.evolve(case.weights, trace, jnp.zeros(8))[0] for trace in case.traces]
    each = [jax.nn.softmax(case.weights.embeddings[ids] @ jax.nn.sigmoid(q)) for q in states]
    np.testing.assert_allclose(by_name["mean of P"], np.mean(each, axis=0), rtol=1e-5)
    np.testing.assert_allclose(by_name["all alike"], 1 / 12, rtol=1e-6)


def test_labels_follow_the_embedding_that_is_fed_back(case) -> None:
    """q + a_s, and then softmax(A sig(q + a_s)) of each group; of a label as of an entity."""
    words, weights = case.brain.vocabulary, case.weights
    asked = jnp.asarray([words.ids("entity")[0], words.ids("b_class")[0]])
    found = labels_of(case.brain, weights, asked)
    assert set(found) == set(words.names) - {"episode", "entity", "predicate"}
    state, _ = case.brain.evolve(weights, weights.semantic, jnp.zeros(8))
    for row, index in enumerate(asked.tolist()):
        after = jax.nn.sigmoid(state + weights.embeddings[index])
        expected = jax.nn.log_softmax(weights.embeddings[words.ids("age")] @ after)
        np.testing.assert_allclose(found["age"][row], expected, rtol=1e-4, atol=1e-5)
