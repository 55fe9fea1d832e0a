"""A brain that went to school gets new indices: for entities that it meets afterwards.

An index is written at one stroke, from the state that views of an entity lead to, or its row alone
learns by gradient; all else that is known stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.index_layer import Targets, picks
from cogmem.models.parameters import check_choice
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import (
    Annotated,
    Lessons,
    learn_in_blocks,
    normalised_trace,
    with_room,
    write,
)
from cogmem.participants.schooling import Schooled
from cogmem.tasks.scenes import GROUPS, labels

__all__ = [
    "TRACES",
    "Trace",
    "at_one_stroke",
    "labels_fed_back",
    "lone_box",
    "state_of",
    "steps_on_new_rows",
    "with_new_indices",
    "with_sum",
]

Trace = Literal["raw", "normalised", "length and sum"]
"""q as it is ([P20]); sig(q) - 1/2 as long as others; and with their sum as well (an extension)."""

TRACES: tuple[Trace, ...] = get_args(Trace)


def with_new_indices(pupil: Schooled) -> tuple[TensorBrain, Weights]:
    """Room for all novel entities of the world, rows of zeros.

    Those known before are the group "known entity", which can be kept fixed.
    """
    world, words = pupil.data.world, pupil.brain.vocabulary
    known = tuple(words.ids("entity").tolist())
    grown = words.grown("entity", labels(world)["entity"][world.n_known :])
    grown = replace(grown, groups=(*grown.groups, ("known entity", known)))
    brain = eqx.tree_at(lambda b: b.vocabulary, pupil.brain, grown)
    return brain, with_room(pupil.weights, world.design.n_novel)


def state_of(
    brain: TensorBrain, weights: Weights, box: Float[Array, " feature"]
) -> Float[Array, " state"]:
    """q in the window of the subject, before feedback, when a box is all of its scene.

    f(nu) + w, with what the scene left by one step of evolution.
    """
    seen = brain.sense(weights, box)
    brought, _ = brain.evolve(weights, seen, jnp.zeros_like(weights.context_bias))
    return seen + brought


def lone_box(
    box: Float[Array, " feature"], index: Int[Array, ""], own: Int[Array, " group"]
) -> Annotated:
    """A box as a scene of its own: a row with a subject, no object and no predicate.

    Args:
        box: what is seen.
        index: global, of the entity.
        own: global indices of its labels, in the order of `GROUPS`; -1 where none is told.
    """
    nothing = jnp.zeros_like(box)
    regions = jnp.stack([box, box, nothing, nothing])
    none = jnp.full_like(index, -1)
    told = {name: jnp.stack([own[n], none]) for n, name in enumerate(GROUPS)}
    return Annotated(regions, Targets(none, index, none, none), told)


def at_one_stroke(
    brain: TensorBrain,
    weights: Weights,
    states: Float[Array, "novel state"],
    known: Int[np.ndarray, " known"],
    trace: Trace,
) -> Weights:
    """Write an embedding for every new entity, the last ones of the vocabulary.

    Args:
        brain, weights: with room.
        states: mean q of the views of each.
        known: indices whose length, and sum, are the measure.
        trace: what is written.

    Raises:
        UnknownName: if there is no such trace.
    """
    check_choice("trace", trace, Trace)
    rows = states
    if trace != "raw":
        rows = jax.vmap(lambda q: normalised_trace(weights, q, jnp.asarray(known)))(states)
    if trace == "length and sum":
        rows = jax.vmap(lambda a: with_sum(a, weights.embeddings[known].sum(axis=-1).mean()))(rows)
    new = brain.vocabulary.ids("entity")[-len(states) :]
    return write(weights, new, rows)


def with_sum(row: Float[Array, " state"], total: Float[Array, ""]) -> Float[Array, " state"]:
    """The row turned, its length unchanged, so that it adds to a total.

    The sum of a column is twice the score that its index has when every unit is at 1/2: an index
    whose sum differs from the others' wins or loses whatever is looked at.
    """
    mean = total / len(row)
    shape = row - row.mean()
    rest = jnp.sqrt(jnp.maximum((row**2).sum() - len(row) * mean**2, 0))
    return mean + shape * rest / jnp.linalg.norm(shape)


def steps_on_new_rows(
    brain: TensorBrain,
    weights: Weights,
    examples: Annotated,
    lessons: Lessons,
    steps: tuple[int, ...],
    *,
    rate: float,
    key: PRNGKeyArray,
) -> Iterator[Weights]:
    """Learn by gradient (Adam) with all fixed but the rows of new entities.

    Args:
        brain, weights: from `with_new_indices`.
        examples: [row] of new entities, and of others where these are rehearsed.
        lessons: what is learnt from them.
        steps: after which the weights are given out; the last is the end.
        rate: of learning, the same at all steps.
        key: of the batches.
    """
    course = learn_in_blocks(
        brain,
        weights,
        examples,
        lessons=lessons,
        n_steps=steps[-1],
        learning_rate=rate,
        cosine=False,
        fixed=("episode", "predicate", "known entity", *GROUPS),
        only=("embeddings",),
        block=1,
        key=key,
    )
    for number, learning in enumerate(course, 1):
        if number in steps:
            yield learning.weights


def labels_fed_back(
    brain: TensorBrain,
    weights: Weights,
    table: Int[np.ndarray, "entity group"],
    entities: Int[np.ndarray, " entity"],
) -> Float[np.ndarray, " group"]:
    """Share of right labels when the index is the subject of semantic recall, by group.

    Args:
        brain, weights: who recalls.
        table: true labels, numbered within their groups, in the order of `GROUPS`.
        entities: numbers within the group "entity".
    """
    ids = jnp.asarray(brain.vocabulary.ids("entity")[entities])
    said = _labels_said(brain, weights, ids)
    right = [np.asarray(said[name]) == table[:, n] for n, name in enumerate(GROUPS)]
    return np.mean(right, axis=1)


@eqx.filter_jit
def _labels_said(
    brain: TensorBrain, weights: Weights, ids: Int[Array, " entity"]
) -> dict[str, Int[Array, " entity"]]:
    choices = brain.choices(weights, unary=GROUPS)

    def one(index: Int[Array, ""]) -> dict[str, Int[Array, ""]]:
        told = Targets(subject=index)
        how = picks("none", subject="teacher")
        found = brain.decode(weights, brain.know(weights), choices, how, targets=told)
        return {name: jnp.argmax(each) for name, each in found.subject.unary.items()}

    return jax.vmap(one)(ids)
