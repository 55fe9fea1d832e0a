"""Recall by the trace of an episode: by a loop, by controls, and what noise and recency do."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.participants.episode_recall import (
    CUES,
    entities_recalled,
    noisy_recall,
    recall,
    recognised,
)
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.tasks.scenes import Scenes, SceneWorld, draw_world, more_scenes

KEY = jax.random.key(0)
N = 6


class Case(NamedTuple):
    scenes: Scenes
    brain: TensorBrain
    weights: Weights
    rows: Annotated

    @property
    def traces(self) -> Any:
        return self.weights.embeddings[:N]


@pytest.fixture(scope="module")
def case() -> Case:
    """Embeddings are large, so that traces differ in what they bring to mind."""
    world = draw_world(SceneWorld(n_known=12), key=KEY)
    scenes = more_scenes(world, N, known=True, key=KEY)
    brain = scene_brain(world, N, n_state=8, n_context=8)
    weights = jax.tree.map(lambda each: 5 * each, brain.begin(key=KEY))
    return Case(scenes, brain, weights, annotated(brain, world, scenes, first_episode=0))


def by_loop(case: Case, traces: Any) -> list[float]:
    """A window after the scene's, all entities by their score, and those of the scene counted."""
    ids, found = case.brain.vocabulary.ids("entity"), []
    for trace, own in zip(traces, np.asarray(case.scenes.entities), strict=True):
        state, _ = case.brain.evolve(case.weights, trace, jnp.zeros(8))
        scores = np.asarray(case.weights.embeddings[ids] @ jax.nn.sigmoid(state))
        best = np.argsort(-scores)[: len(own)]
        found.append(len(set(best.tolist()) & set(own.tolist())) / len(own))
    return found


def test_entities_and_neighbours_by_a_loop(case) -> None:
    """By its own trace, and by that of the scene met next; the last one's next is the first."""
    found = entities_recalled(case.brain, case.weights, case.traces, case.scenes.entities)
    assert found.tolist() == pytest.approx(by_loop(case, case.traces))
    told = recall(case.brain, case.weights, case.rows, case.scenes.entities)
    cued = dict(zip(CUES, np.asarray(told), strict=True))
    np.testing.assert_array_equal(cued["entities"], found)
    neighbours = jnp.roll(case.traces, -1, axis=0)
    assert cued["neighbour"].tolist() == pytest.approx(by_loop(case, neighbours))
    assert cued["neighbour"].tolist() != cued["entities"].tolist()


def test_noise_of_nothing_changes_nothing(case) -> None:
    """At 0 the mean of what is recalled; noise is drawn anew for each case."""
    given = (case.brain, case.weights, case.traces, case.scenes.entities)
    none, *others = noisy_recall(*given, jnp.array([0.0] + [9.0] * 7), key=KEY).tolist()
    assert none == pytest.approx(float(entities_recalled(*given).mean()))
    assert len(set(others)) > 1


def test_recency_helps_the_recent(case) -> None:
    """With a great bonus, none but the most recent is recognised; looks are at all, in order."""
    ages = jnp.arange(float(N))[::-1]
    given = (case.brain, case.weights, case.scenes.scene, ages)
    assert np.flatnonzero(recognised(*given, jnp.asarray(1e6))).tolist() == [N - 1]
