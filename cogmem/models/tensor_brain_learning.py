"""How a Tensor Brain learns: perception, episodic and semantic memory together, and at one stroke.

The three modes are the same decoder with the same weights, fed from a region, from the embedding of
an episode, or from the semantic state. Perception learns with attention, which has a gradient;
memory is told what to choose. A new index needs no gradient: its embedding is what is in the shared
layer when it is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.four_layer_brain import FourLayerWeights
from cogmem.models.index_layer import (
    Choices,
    Inputs,
    Targets,
    log_probability,
    measure,
    picks,
)
from cogmem.models.lessons import Annotated, Lessons, Mode, check_examples, check_lessons
from cogmem.models.parameters import check_choice
from cogmem.models.tensor_brain import Weights
from cogmem.models.tensor_brain_decoding import log_likelihood, log_likelihood_of_labels
from cogmem.models.vocabulary import Vocabulary

__all__ = [
    "Annotated",
    "Learning",
    "Lessons",
    "Mode",
    "is_novel",
    "learn",
    "learn_in_blocks",
    "loss",
    "normalised_trace",
    "self_annotated",
    "with_room",
    "write",
]

Known = TypeVar("Known", Weights, FourLayerWeights)
"""What is known, by either model."""


def loss(
    brain: Any,
    weights: Known,
    choices: Choices,
    lessons: Lessons,
    example: Annotated,
    *,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    """Sum over modes of the weighted mean of -log P of all that is annotated, nats.

    Args:
        brain, weights: who learns, of either model.
        choices: of those weights, gathered once for a whole batch.
        lessons: what is learnt.
        example: one triple.
        key: of generalisation.
    """
    each = [
        _loss_of_mode(brain, weights, choices, lessons, mode, example, jax.random.fold_in(key, n))
        for n, mode in enumerate(lessons.modes)
    ]
    return jnp.stack(each).sum()


def _loss_of_mode(
    brain: Any,
    weights: Known,
    choices: Choices,
    lessons: Lessons,
    mode: Mode,
    example: Annotated,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    seen = mode == "perception"
    hidden = lessons.hidden if seen else ()
    choices = choices._replace(unary={k: v for k, v in choices.unary.items() if k not in hidden})
    targets = example.targets if seen else _generalised(example, lessons.generalisation, key)
    how = picks(lessons.how if seen else "teacher")
    found = brain.decode(
        weights, _inputs(brain, weights, mode, example), choices, how, targets=targets
    )
    triple = log_likelihood(found, choices, targets)
    labels = {k: v for k, v in example.labels.items() if k in choices.unary}
    identity = float(lessons.identity or not seen)
    weight = jnp.array([identity, identity, lessons.predicate_weight])
    known = jnp.stack(targets[1:]) >= 0
    # What is told, or the episode recalled, must be known for the rest to mean anything.
    row = jnp.stack(targets[1:3]).min() >= 0 if how["subject"] == "teacher" else True
    row = row & (jnp.asarray(targets.scene) >= 0) if mode == "episodic" else row
    terms = [(triple, weight.astype(triple.dtype), known & row)]
    if labels:
        given = jnp.stack(list(labels.values()))
        of_labels = log_likelihood_of_labels(found, choices, labels)
        terms.append((of_labels, jnp.ones_like(of_labels), (given >= 0) & row))
    if seen and len(choices.scene.ids):
        scores, told = found.scene.scores, jnp.asarray(targets.scene)
        episode = log_probability(scores, choices.scene, told)
        terms.append((episode[None], jnp.ones_like(episode)[None], (told[None] >= 0) & row))
    return _weighted_mean(terms)


def _weighted_mean(terms: list[tuple[Array, Array, Array]]) -> Float[Array, ""]:
    """Of -log P where something is known; 0 if nothing is."""
    logs, weights, known = (
        jnp.concatenate([jnp.ravel(e) for e in each]) for each in zip(*terms, strict=True)
    )
    counted = jnp.where(known, weights, 0)
    total = -jnp.where(counted > 0, logs * counted, 0).sum()
    return total / jnp.maximum(counted.sum(), jnp.finfo(logs.dtype).tiny)


def _inputs(brain: Any, weights: Known, mode: Mode, example: Annotated) -> Inputs:
    if mode == "perception":
        return brain.perceive(weights, example.regions)
    if mode == "episodic":
        return brain.remember(weights, jnp.asarray(example.targets.scene))
    return brain.imagine(weights.semantic if mode == "semantic" else weights.background)


def _generalised(example: Annotated, probability: float, key: PRNGKeyArray) -> Targets:
    """Subject and object, or now and then one of their labels in their place."""
    if not probability or not example.labels:
        return example.targets
    labels = jnp.stack(list(example.labels.values()))
    whether, which = jax.random.split(key)
    replaced = jax.random.bernoulli(whether, probability, (2,))
    row = jax.random.randint(which, (2,), 0, len(labels))
    s, o = (
        jnp.where(replaced[i] & (labels[row[i], i] >= 0), labels[row[i], i], target)
        for i, target in enumerate((example.targets.subject, example.targets.object))
    )
    return example.targets._replace(subject=s, object=o)


# ---- by gradient ---------------------------------------------------------------------------------


class Learning(NamedTuple, Generic[Known]):
    """Where learning stands.

    Attributes:
        weights: by now.
        optimiser: state of Adam.
        step: steps done.
        losses: of the steps since the last report.
    """

    weights: Known
    optimiser: Any
    step: Int[Array, ""]
    losses: Float[Array, " step"]


def learn(brain: Any, weights: Known, examples: Annotated, **how: Any) -> Known:
    """Learn to the end; see `learn_in_blocks`."""
    for learning in learn_in_blocks(brain, weights, examples, **how):
        weights = learning.weights
    return weights


def learn_in_blocks(
    brain: Any,
    weights: Known,
    examples: Annotated,
    *,
    lessons: Lessons = Lessons(),  # noqa: B008
    n_steps: int = 1500,
    batch_size: int = 128,
    learning_rate: float = 5e-3,
    cosine: bool = True,
    fixed: tuple[str, ...] = (),
    only: tuple[str, ...] | None = None,
    replay: Annotated | None = None,
    concepts: bool = False,
    block: int = 100,
    resume: Learning[Known] | None = None,
    key: PRNGKeyArray,
) -> Iterator[Learning[Known]]:
    """Learn by Adam, and report after every block of steps, each one compiled program.

    Args:
        brain: who learns, of either model.
        weights: to begin with.
        examples: [row] annotated triples, of which every step draws a batch with replacement.
        lessons: what is learnt.
        n_steps: in all.
        batch_size: rows of a step.
        learning_rate: at first; with `cosine` it falls to 0 at the end.
        fixed: groups whose embeddings do not learn.
        only: fields of the weights that learn; all if not given.
        replay: [row] triples of old episodes, of which as many are drawn for episodic memory alone:
            activations are replayed, no region is looked at (consolidation).
        concepts: let labels compete with entities.
        block: steps between reports; changes no number.
        resume: where to go on; it must be of the same call.
        key: each step has its own.

    Raises:
        InvalidValue: if a target or a label is none of those who compete; if there are no rows, or
            columns of different length; if regions have other features, or are no numbers; if a
            number of steps or a rate is not above 0; if labels stand for entities without
            `concepts`; if the weights are another brain's.
        UnknownName: if a group or a field is not known.
    """
    for each in (examples, *([] if replay is None else [replay])):
        check_examples(brain, each, concepts)
    check_lessons(brain, lessons, concepts)
    for name, number in (("n_steps", n_steps), ("batch_size", batch_size), ("block", block)):
        if number < 1:
            raise InvalidValue(f"{name} is {number}, expected 1 or more.")
    if not learning_rate > 0:
        raise InvalidValue(f"learning_rate is {learning_rate}, expected a number above 0.")
    mask = _mask(brain.vocabulary, weights, fixed, only)
    brain = replace(brain, vocabulary=brain.vocabulary.nameless)  # names would compile anew
    optimiser = _adam(learning_rate, n_steps if cosine else None)
    now = resume
    if now is None:
        now = Learning(weights, optimiser.init(weights), jnp.asarray(0), jnp.zeros(0))
    while (done := int(now.step)) < n_steps:
        given = (brain, lessons, optimiser, mask, examples, replay, now[:3], key)
        now = _block(*given, batch_size, concepts, min(block, n_steps - done))
        yield now


@cache
def _adam(rate: float, until: int | None) -> optax.GradientTransformation:
    """The same object for the same numbers, so that a second call compiles nothing."""
    return optax.adam(rate if until is None else optax.cosine_decay_schedule(rate, until))


@eqx.filter_jit
def _block(
    brain: Any,
    lessons: Lessons,
    optimiser: optax.GradientTransformation,
    mask: Known,
    examples: Annotated,
    replay: Annotated | None,
    now: tuple[Known, Any, Array],
    key: PRNGKeyArray,
    batch_size: int,
    concepts: bool,
    n_steps: int,
) -> Learning[Known]:
    def batch_loss(weights: Known, key: PRNGKeyArray) -> Float[Array, ""]:
        choices = brain.choices(weights, concepts=concepts)
        rows, old, own = jax.random.split(key, 3)
        total = _mean_loss(brain, weights, choices, lessons, _draw(examples, batch_size, rows), own)
        if replay is not None:
            again = _draw(replay, batch_size, old)
            total += _mean_loss(brain, weights, choices, Lessons(("episodic",)), again, own)
        return total

    def step(now: tuple[Known, Any, Array], _: None) -> tuple[Any, Float[Array, ""]]:
        weights, state, number = now
        own = jax.random.fold_in(key, number)
        value, gradient = jax.value_and_grad(batch_loss)(weights, own)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its count of steps with floats
            updates, state = optimiser.update(gradient, state, weights)
        updates = jax.tree.map(lambda change, learns: change * learns, updates, mask)
        return (optax.apply_updates(weights, updates), state, number + 1), value

    found, losses = jax.lax.scan(step, now, None, n_steps)
    return Learning(*found, losses)


def _mean_loss(
    brain: Any,
    weights: Known,
    choices: Choices,
    lessons: Lessons,
    batch: Annotated,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    keys = jax.random.split(key, len(batch.regions))
    each = jax.vmap(lambda one, own: loss(brain, weights, choices, lessons, one, key=own))
    return each(batch, keys).mean()


def _draw(examples: Annotated, size: int, key: PRNGKeyArray) -> Annotated:
    rows = jax.random.randint(key, (size,), 0, len(examples.regions))
    return jax.tree.map(lambda each: each[rows], examples)


def _mask(
    vocabulary: Vocabulary, weights: Known, fixed: tuple[str, ...], only: tuple[str, ...] | None
) -> Known:
    """1 where learning changes something; rows of fixed groups and fields not named have 0."""
    for name in only or ():
        check_choice("field of the weights", name, Literal[weights._fields])
    learns: dict[str, Any] = {name: float(only is None or name in only) for name in weights._fields}
    kept = jnp.ones((len(vocabulary), 1)).at[vocabulary.ids(*fixed)].set(0)
    for name in ("embeddings", "scoring"):
        if name in learns:
            learns[name] = kept * learns[name]
    learns = {k: None if getattr(weights, k) is None else v for k, v in learns.items()}
    mask = type(weights)(**learns)
    return jax.tree.map(lambda value, m: jnp.asarray(m, value.dtype), weights, mask)


def self_annotated(
    brain: Any, weights: Known, examples: Annotated, *, key: PRNGKeyArray
) -> Annotated:
    """What the brain itself says of regions, drawn, in the place of what people say of them.

    To learn from it is a step of Monte Carlo expectation-maximisation ([P20], self-supervision).

    Args:
        brain, weights: who looks, of either model.
        examples: [row] whose regions are looked at; their targets and labels are not.
        key: each row has its own.
    """
    choices = brain.choices(weights)
    nothing = jnp.asarray(-1)

    def one(regions: Float[Array, "4 feature"], key: PRNGKeyArray) -> Annotated:
        decode, label = jax.random.split(key)
        found = brain.decode(
            weights, brain.perceive(weights, regions), choices, picks("sample"), key=decode
        )
        told = (found.subject.chosen, found.object.chosen, found.predicate.chosen)
        labels = {}
        for number, (name, rivals) in enumerate(choices.unary.items()):
            own = jax.random.split(jax.random.fold_in(label, number))
            pair = zip((found.subject, found.object), own, strict=True)
            drawn = [
                measure(window.unary[name], rivals, weights, "sample", key=each)[0]
                for window, each in pair
            ]
            labels[name] = jnp.stack(drawn)
        return Annotated(regions, Targets(nothing, *told), labels)

    keys = jax.random.split(key, len(examples.regions))
    return jax.jit(jax.vmap(one))(examples.regions, keys)


# ---- at one stroke -------------------------------------------------------------------------------


def write(
    weights: Weights, index: Int[Any, "*new"] | int, trace: Float[Array, "*new state"]
) -> Weights:
    """One-shot learning of an index: what is in the shared layer becomes its embedding ([P20]).

    One row changes, no other ever does; or one for each of several indices.

    Args:
        weights: before.
        index: global, one or several.
        trace: q itself, or as `normalised_trace` has it; of each.

    Raises:
        InvalidValue: if there is no such row, or the trace is not one of so many numbers; not under
            `jax.jit`.
    """
    _check_trace(weights, index, trace)
    embeddings = weights.embeddings.at[index].set(trace)
    scoring = None if weights.scoring is None else weights.scoring.at[index].set(trace)
    return weights._replace(embeddings=embeddings, scoring=scoring)


def normalised_trace(
    weights: Weights, state: Float[Array, " state"], like: Int[Array, " index"]
) -> Float[Array, " state"]:
    """sig(q) - 1/2, as long as the embeddings of other indices are on average.

    The length of an embedding sets the logit of its index: a raw q would win or lose by it. So does
    its sum, with direct scores, as sig(q) is never negative; that is not matched here, and where
    known embeddings have a negative sum, the new index wins (experiment `new_entities`).

    Args:
        weights: with the others.
        state: q.
        like: global indices of the others.

    Raises:
        InvalidValue: if there are none; if the state is 0 all over (not under `jax.jit`).
    """
    if np.size(like) == 0:
        raise InvalidValue("there are no other indices to be like; give one or more.")
    if not isinstance(state, jax.core.Tracer) and not np.any(state):
        raise InvalidValue("the state is 0 in all units: it has no direction to be kept.")
    trace = jax.nn.sigmoid(state) - 0.5
    length = jnp.linalg.norm(weights.embeddings[like], axis=-1).mean()
    return trace * length / jnp.linalg.norm(trace)


def _check_trace(weights: Weights, index: Any, trace: Any) -> None:
    rows, width = weights.embeddings.shape
    expected = (*np.shape(index), width)
    if np.shape(trace) != expected:
        raise InvalidValue(f"the trace has the shape {np.shape(trace)}, expected {expected}.")
    given = np.zeros(0, int) if isinstance(index, jax.core.Tracer) else np.ravel(index)
    outside = given[(given < 0) | (given >= rows)]
    if outside.size:
        raise InvalidValue(
            f"there is no row {outside[0]} to write: there are {rows}, from 0. `with_room` adds "
            "some."
        )
    if not isinstance(trace, jax.core.Tracer) and not np.isfinite(trace).all():
        raise InvalidValue("the trace has values that are no numbers, or infinite.")


def with_room(weights: Weights, n_new: int) -> Weights:
    """Rows of zeros for indices that `Vocabulary.grown` adds."""

    def longer(rows: Array) -> Array:
        return jnp.concatenate([rows, jnp.zeros((n_new, *rows.shape[1:]), rows.dtype)])

    scoring = None if weights.scoring is None else longer(weights.scoring)
    grown = weights._replace(embeddings=longer(weights.embeddings), scoring=scoring)
    return grown._replace(offsets=longer(weights.offsets))


def is_novel(scores: Float[Array, " entity"], threshold: float) -> Bool[Array, ""]:
    """Whether no known entity's score reaches the threshold, so that a new index is due."""
    return jnp.max(scores) < threshold
