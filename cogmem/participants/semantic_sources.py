"""Sources of a Tensor Brain's general knowledge: what stands for no episode, and averages of them.

Semantic memory can be asked of the learnt state, of the mean of all traces in its place, or of
every episode, the answers being averaged. A model that is linear in the trace makes no difference
between the last two (Tresp et al., 2017; Ma et al., 2019); here a trace passes through windows.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float, Int

from cogmem.models.index_layer import Targets, log_probability, picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.participants.episode_recall import entity_scores

__all__ = [
    "OF_PREDICATES",
    "OF_SUBJECTS",
    "Told",
    "labels_of",
    "predicates",
    "predicates_by_source",
    "subjects_by_source",
    "told",
]

OF_PREDICATES = ("learnt semantic state", "mean of traces", "mean of P", "mean of joint P")
"""Sources of log P(p | s, o); see `predicates_by_source`."""

OF_SUBJECTS = ("learnt semantic state", "mean of traces", "mean of P", "all alike")
"""Sources of log P(s), and for comparison none."""


class Told(NamedTuple):
    """What is decoded of a pair: scores of predicates, and log P(s) + log P(o | s), nats."""

    scores: Float[Array, " predicate"]
    pair: Float[Array, ""]


def told(
    brain: TensorBrain,
    weights: Weights,
    state: Float[Array, " state"],
    subject: Int[Array, ""],
    object: Int[Array, ""],
) -> Told:
    """One pair that is told, decoded from any state in the place of the scene.

    Args:
        brain, weights: who is asked.
        state: a trace, or one that stands for no episode.
        subject, object: global indices, entities or labels.
    """
    choices = brain.choices(weights, unary=())
    targets = Targets(subject=subject, object=object)
    how = picks("teacher", predicate="none")
    found = brain.decode(weights, brain.imagine(state), choices, how, targets=targets)
    who = log_probability(found.subject.scores, choices.subject, subject)
    whom = log_probability(found.object.scores, choices.object, object)
    return Told(found.predicate.scores, who + whom)


_each_pair = jax.vmap(told, (None, None, None, 0, 0))


@eqx.filter_jit
def predicates(
    brain: TensorBrain,
    weights: Weights,
    subject: Int[Array, " pair"],
    object: Int[Array, " pair"],
) -> Float[Array, "pair predicate"]:
    """log P(p | s, o) by the learnt semantic state, nats.

    Args:
        brain, weights: who is asked.
        subject, object: global indices, entities or labels.
    """
    scores = _each_pair(brain, weights, weights.semantic, subject, object).scores
    return jax.nn.log_softmax(scores)


@eqx.filter_jit
def predicates_by_source(
    brain: TensorBrain,
    weights: Weights,
    subject: Int[Array, " pair"],
    object: Int[Array, " pair"],
) -> tuple[Float[Array, "source pair predicate"], Float[Array, ""]]:
    """log P(p | s, o) by each of `OF_PREDICATES`, and how far scores are from linear in the trace.

    The mean of P takes all episodes to be equally likely, whatever the pair; the mean of the joint
    P weighs each by how likely it makes the pair, which is what summing a joint distribution over
    time means. The distance is that between the mean of scores over episodes and the scores at the
    mean trace, root mean square, relative to the standard deviation of the latter.

    Args:
        brain, weights: who is asked; all episodes of the vocabulary count.
        subject, object: global indices.
    """
    traces = weights.embeddings[brain.vocabulary.ids("episode")]
    learnt, mean = (
        _each_pair(brain, weights, state, subject, object).scores
        for state in (weights.semantic, traces.mean(axis=0))
    )
    of_all = jax.lax.map(lambda state: _each_pair(brain, weights, state, subject, object), traces)
    logs = jax.nn.log_softmax(of_all.scores)
    joint = logs + of_all.pair[..., None]
    found = [jax.nn.log_softmax(learnt), jax.nn.log_softmax(mean)]
    found.append(logsumexp(logs, axis=0) - jnp.log(len(traces)))
    found.append(logsumexp(joint, axis=0) - logsumexp(of_all.pair, axis=0)[:, None])
    off = _centred(of_all.scores.mean(axis=0) - mean)
    return jnp.stack(found), jnp.sqrt((off**2).mean()) / _centred(mean).std()


def _centred(scores: Float[Array, "pair predicate"]) -> Float[Array, "pair predicate"]:
    """Without what all predicates have in common, which changes no probability."""
    return scores - scores.mean(axis=-1, keepdims=True)


@eqx.filter_jit
def subjects_by_source(brain: TensorBrain, weights: Weights) -> Float[Array, "source entity"]:
    """log P(s) by each of `OF_SUBJECTS`, nats; all episodes of the vocabulary count."""

    def one(state: Float[Array, " state"]) -> Float[Array, " entity"]:
        return jax.nn.log_softmax(entity_scores(brain, weights, state))

    traces = weights.embeddings[brain.vocabulary.ids("episode")]
    learnt, mean = one(weights.semantic), one(traces.mean(axis=0))
    averaged = logsumexp(jax.vmap(one)(traces), axis=0) - jnp.log(len(traces))
    return jnp.stack([learnt, mean, averaged, jnp.full_like(mean, -jnp.log(len(mean)))])


@eqx.filter_jit
def labels_of(
    brain: TensorBrain, weights: Weights, subject: Int[Array, " index"]
) -> dict[str, Float[Array, "index label"]]:
    """log P of the labels of indices, from the learnt state: (Dog, hasAttribute, ...); nats.

    Args:
        brain, weights: who is asked.
        subject: global indices, entities or labels.
    """
    choices = brain.choices(weights)

    def one(subject: Int[Array, ""]) -> dict[str, Array]:
        targets = Targets(subject=subject)
        how = picks("none", subject="teacher")
        found = brain.decode(weights, brain.know(weights), choices, how, targets=targets)
        return {name: jax.nn.log_softmax(each) for name, each in found.subject.unary.items()}

    return jax.vmap(one)(subject)
