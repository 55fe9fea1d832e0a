"""What the trace of an episode brings to a Tensor Brain's mind, and which episode a look does.

A trace is put into the shared layer in the place of a scene; nothing is looked at. Entities are
numbered as in `Scenes.entities`: from 0, within their group.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.measures.decoding import set_recall
from cogmem.models.index_layer import picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import with_recency
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.participants.scene_viewer import answers

__all__ = ["CUES", "entities_recalled", "entity_scores", "noisy_recall", "recall", "recognised"]

CUES = ("entities", "neighbour", "object", "predicate", "labels")
"""What `recall` asks for: by (t), by the t of the scene met next, by (t, s), by (t, s, o), twice.
"""


def entity_scores(
    brain: TensorBrain, weights: Weights, state: Float[Array, " state"]
) -> Float[Array, " entity"]:
    """How strongly each entity comes to mind as a subject, with a state in the scene's place.

    Args:
        brain, weights: who recalls.
        state: a trace, or the semantic state, which stands for no episode.
    """
    choices = brain.choices(weights, unary=())
    return brain.decode(weights, brain.imagine(state), choices, picks("none")).subject.scores


_scores = jax.vmap(entity_scores, (None, None, 0))


@eqx.filter_jit
def entities_recalled(
    brain: TensorBrain,
    weights: Weights,
    traces: Float[Array, "scene state"],
    entities: Int[Array, "scene position"],
) -> Float[Array, " scene"]:
    """Share of each scene's entities that are among as many likeliest subjects, by (t).

    Args:
        brain, weights: who recalls.
        traces: of episodes.
        entities: of their scenes, as many in each.
    """
    return jax.vmap(set_recall)(_scores(brain, weights, traces), entities)


@eqx.filter_jit
def recall(
    brain: TensorBrain, weights: Weights, rows: Annotated, entities: Int[Array, "scene position"]
) -> Float[Array, "cue scene"]:
    """What is recalled of each scene, in the order of `CUES`; proportions.

    The trace of the scene met next (of the first one, for the last) is a control: it is as recent,
    but of another episode.

    Args:
        brain, weights: who recalls.
        rows: of consecutive episodes, as many of each, with their labels.
        entities: of their scenes.
    """
    told = answers(brain, weights, rows, "teacher", source="episodic")
    labels = jnp.stack(list(told.labels.values())).mean(axis=(0, 2))
    of_rows = jnp.stack([told.entity[:, 1], (told.rank <= 1).astype(labels.dtype), labels])
    episodes = jnp.asarray(rows.targets.scene)[:: len(rows.regions) // len(entities)]
    traces = weights.embeddings[episodes]
    scores = _scores(brain, weights, traces)
    sets = jnp.stack([jax.vmap(set_recall)(jnp.roll(scores, -by, 0), entities) for by in (0, 1)])
    return jnp.concatenate([sets, of_rows.reshape(3, len(entities), -1).mean(axis=2)])


@eqx.filter_jit
def noisy_recall(
    brain: TensorBrain,
    weights: Weights,
    traces: Float[Array, "scene state"],
    entities: Int[Array, "scene position"],
    noise: Float[Array, " case"],
    *,
    key: PRNGKeyArray,
) -> Float[Array, " case"]:
    """Mean of `entities_recalled` with normal noise on traces: loss of what is stored.

    Args:
        brain, weights: who recalls, the decoder as it is.
        traces, entities: as there.
        noise: standard deviations, in the root mean square of a trace's elements.
        key: of the noise; each case has its own.
    """

    def one(sd: Array, key: PRNGKeyArray) -> Float[Array, ""]:
        drawn = jax.random.normal(key, traces.shape, traces.dtype)
        size = jnp.sqrt((traces**2).mean(axis=1, keepdims=True))
        scores = _scores(brain, weights, traces + sd * size * drawn)
        return jax.vmap(set_recall)(scores, entities).mean()

    return jax.vmap(one)(noise, jax.random.split(key, len(noise)))


@eqx.filter_jit
def recognised(
    brain: TensorBrain,
    weights: Weights,
    looks: Float[Array, "episode feature"],
    ages: Float[Array, " episode"],
    strength: float | Array,
) -> Bool[Array, " episode"]:
    """Whether a look at each scene brings its own episode to mind, before all others.

    Similarity n_T, and a bonus for recent episodes (`with_recency`).

    Args:
        brain, weights: who looks.
        looks: at the scenes of all episodes that there are, in their order.
        ages: of the episodes, 0 for what is the most recent.
        strength: of recency; 0 for none.
    """
    episodes = with_recency(brain.choices(weights, unary=()).scene, ages, strength)
    states = jax.vmap(brain.sense, (None, 0))(weights, looks)
    scores = jax.vmap(episodes.scores)(jax.nn.sigmoid(states))
    return scores.argmax(axis=1) == jnp.arange(len(looks))
