"""A stream of episodes: what writing and practice change, what not, and what is recalled of it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.tensor_brain import Weights
from cogmem.participants.episode_recall import CUES
from cogmem.participants.episodic_stream import (
    KINDS,
    EpisodicStream,
    learning_indices,
    n_changed_by_writing,
    practise,
    pretrained,
    trace,
    with_traces,
)
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.tasks.scenes import SceneWorld, draw_world, more_scenes

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def met() -> EpisodicStream:
    """12 scenes of 12 entities."""
    world = draw_world(SceneWorld(n_known=12), key=KEY)
    scenes = more_scenes(world, 12, known=True, key=KEY)
    brain = scene_brain(world, 12, n_state=8, n_context=8)
    return EpisodicStream(world, scenes, brain, annotated(brain, world, scenes, first_episode=0))


@pytest.fixture(scope="module")
def begun(met: EpisodicStream) -> Weights:
    return met.brain.begin(key=KEY)


def practised(met: EpisodicStream, weights: Weights, traces: bool, **how: Any) -> Weights:
    learns = learning_indices(met.brain, traces=traces)
    options = {"kind": "raw", "batch_size": 4, "key": KEY} | how
    return practise(met.brain, weights, met.part(6, 2), jnp.full(2, 1e-2), learns, **options)


def rows_kept(before: Weights, after: Weights) -> np.ndarray:
    return (np.asarray(after.embeddings) == np.asarray(before.embeddings)).all(axis=1)


def test_parts_are_rows_of_their_episodes(met) -> None:
    """6 pairs of each scene; those drawn from before are as many as wanted, and from before."""
    assert np.repeat([6, 7], met.n_each).tolist() == met.part(6, 2).targets.scene.tolist()
    earlier = met.earlier(5, 4, key=KEY).targets.scene
    assert len(earlier) == 4 * met.n_each
    assert 0 <= int(earlier.min()) <= int(earlier.max()) < 5
    np.testing.assert_array_equal(met.looks(6, 2)[1], met.part(7, 1).regions[0, 0])


def test_traces_are_what_a_look_leaves(met, begun) -> None:
    """Raw: f(nu) itself. Normalised: as long as entities' embeddings on average, to 1e-5."""
    raw, normalised = (trace(met.brain, begun, met.scenes.scene[0], kind) for kind in KINDS)
    np.testing.assert_allclose(raw, met.brain.sense(begun, met.scenes.scene[0]), atol=1e-6)
    entities = begun.embeddings[met.brain.vocabulary.ids("entity")]
    length = float(jnp.linalg.norm(entities, axis=1).mean())
    assert float(jnp.linalg.norm(normalised)) == pytest.approx(length, rel=1e-5)


def test_writing_changes_no_earlier_score(met, begun) -> None:
    """T12: all scores of a block are the same to the bit; only the rows written are others."""
    weights = with_traces(met.brain, begun, met.looks(0, 8), 0, "raw")
    after = with_traces(met.brain, weights, met.looks(8, 4), 8, "raw")
    assert np.flatnonzero(~rows_kept(weights, after)).tolist() == [8, 9, 10, 11]
    assert n_changed_by_writing(met, weights, 6, 2, "raw") == 0


def test_a_changed_score_is_counted(met, begun, monkeypatch) -> None:
    """Were the state of entities changed by writing, all 2 x 12 scores would be others."""

    def spoilt(brain: Any, weights: Weights, *_: Any) -> Weights:
        return weights._replace(embeddings=2 * weights.embeddings)

    monkeypatch.setattr("cogmem.participants.episodic_stream.with_traces", spoilt)
    assert n_changed_by_writing(met, begun, 6, 2, "raw") == 24
    assert n_changed_by_writing(met, begun, 10, 2, "raw") == 0  # nothing comes later


@pytest.mark.parametrize("traces", [False, True])
def test_practice_leaves_traces_alone_unless_asked(met, begun, traces) -> None:
    """Rows of the block's episodes are the same to the bit or not; predicates learn."""
    same = rows_kept(begun, practised(met, begun, traces))
    episodes = met.brain.vocabulary.ids("episode")
    assert same[episodes[6:8]].all() == (not traces)
    assert not same[met.brain.vocabulary.ids("predicate")].any()


@pytest.mark.slow
def test_replay_is_learnt_too(met, begun) -> None:
    """The same batches with and without: what is replayed changes the decoder."""
    alone = practised(met, begun, False)
    both = practised(met, begun, False, replay=met.earlier(6, 2, key=KEY))
    assert float(jnp.abs(both.to_context - alone.to_context).max()) > 1e-5


def test_pretraining_ends_with_the_traces_of_what_was_met(met) -> None:
    """Rows of those 6 are f(nu) with the weights learnt; those to come are 0."""
    weights = pretrained(met, 6, "raw", n_steps=2, rate=1e-2, key=KEY)
    own = jax.vmap(met.brain.sense, (None, 0))(weights, met.looks(0, 6))
    np.testing.assert_allclose(weights.embeddings[:6], own, atol=1e-6)
    assert not weights.embeddings[6:12].any()


def test_what_is_recalled_has_its_cues(met, begun) -> None:
    """Two scenes with one trace: that of the other brings the same entities to mind."""
    weights = with_traces(met.brain, begun, met.looks(6, 2)[jnp.array([0, 0])], 6, "raw")
    found = dict(zip(CUES, met.recalled(weights, 6, 2), strict=True))
    assert all(each.shape == (2,) for each in found.values())
    np.testing.assert_array_equal(found["entities"], found["neighbour"])


def test_what_is_impossible_is_refused(met, begun) -> None:
    with pytest.raises(UnknownName, match="normalised"):
        trace(met.brain, begun, met.scenes.scene[0], "normalized")
    with pytest.raises(InvalidValue, match="episodes 11 to 12"):
        with_traces(met.brain, begun, met.looks(0, 2), 11, "raw")
