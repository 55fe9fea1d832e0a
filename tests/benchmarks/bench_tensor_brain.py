"""The Tensor Brain: a step of learning, sampled triples, the exact joint.

The targets are those of the specification: three modes of memory at D = H = 64 and 128 rows a step
in 15 ms on two free threads, 50,000 sampled triples a second in batches, and all triples of 50 x 50
x 16 in .2 s. Generated scenes with 400 entities, 600 episodes and 16 predicates. Sampling is beside
the same with one random number per candidate instead of one per choice, a step beside the same with
candidates gathered anew for every row instead of once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from cogmem.models.index_layer import Inputs
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import log_joint, sample_triples
from cogmem.models.tensor_brain_learning import Lessons, learn_in_blocks, loss
from cogmem.models.vocabulary import Vocabulary
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.tasks.scenes import draw_scenes
from tests.benchmarks.harness import Row, side_by_side

N_STEPS, N_TRIPLES, BATCH = 20, 20_000, 128
KEY = jax.random.key(0)


def rows() -> Iterator[Row]:
    """Learning, sampling, the joint."""
    data = draw_scenes(key=KEY)
    brain = scene_brain(data.world, len(data.train.situation))
    weights = brain.begin(key=KEY)
    examples = annotated(brain, data.world, data.train, first_episode=0)
    how: dict[str, Any] = {"n_steps": N_STEPS, "block": N_STEPS, "batch_size": BATCH, "key": KEY}

    def learning() -> Any:
        return list(learn_in_blocks(brain, weights, examples, **how))

    seconds = side_by_side(learning)
    name = f"{N_STEPS} steps of learning, three modes, {BATCH} rows, D = H = 64"
    yield Row(name, N_STEPS, seconds["ours"], seconds_target=N_STEPS * 0.015)
    batch = jax.tree.map(lambda each: each[:BATCH], examples)
    seconds = side_by_side(
        partial(gradient, brain, weights, batch, True),
        partial(gradient, brain, weights, batch, False),
    )
    yield Row("gradient of a batch; other: candidates gathered by every row", BATCH, **seconds)
    sampling = partial(drawn, brain, weights, jax.random.key(1))
    seconds = side_by_side(sampling, partial(by_gumbel, brain, weights, jax.random.key(1)))
    name = f"{N_TRIPLES} triples of 400 x 400 x 16 drawn; other: a random number per candidate"
    yield Row(name, N_TRIPLES, **seconds, seconds_target=N_TRIPLES / 50_000)
    small = TensorBrain(Vocabulary.of({"entity": _names("e", 50), "predicate": _names("p", 16)}))
    seconds = side_by_side(partial(joint, small, small.begin(key=KEY)))
    yield Row("exact joint of 50 x 50 x 16", 0, seconds["ours"], seconds_target=0.2)


def _names(letter: str, n: int) -> list[str]:
    return [f"{letter}{i}" for i in range(n)]


@eqx.filter_jit
def gradient(brain: TensorBrain, weights: Weights, batch: Any, once: bool) -> Weights:
    """Of the mean loss of a batch."""

    def mean(weights: Weights) -> Array:
        gathered = brain.choices(weights)

        def one(row: Any) -> Array:
            choices = gathered if once else brain.choices(_anew(weights, row))
            return loss(brain, weights, choices, Lessons(), row, key=KEY)

        return jax.vmap(one)(batch).mean()

    return jax.grad(mean)(weights)


def _anew(weights: Weights, row: Any) -> Weights:
    """The same weights, made to depend on the row, so that no gathering is shared."""
    zero = 0 * row.regions[0, 0]
    return weights._replace(embeddings=weights.embeddings + zero)


@eqx.filter_jit
def drawn(brain: TensorBrain, weights: Weights, key: Array) -> Array:
    """Triples of a state each, so that no score is shared between them."""

    def one(key: Array) -> Array:
        inputs = _somewhere(brain, key)
        return sample_triples(brain, weights, inputs, brain.choices(weights), 1, key=key)[0]

    return jax.vmap(one)(jax.random.split(key, N_TRIPLES))


@eqx.filter_jit
def by_gumbel(brain: TensorBrain, weights: Weights, key: Array) -> Array:
    """The same windows, with `jax.random.categorical`."""
    choices = brain.choices(weights)

    def one(key: Array) -> Array:
        inputs, chosen = _somewhere(brain, key), []
        state, context = inputs.scene, jnp.zeros_like(weights.context_bias)
        for rivals in (choices.subject, choices.object, choices.predicate):
            state, context = brain.evolve(weights, state, context)
            found = brain.measure(weights, state, rivals, "none")
            best = jax.random.categorical(jax.random.fold_in(key, len(chosen)), found.scores)
            state = state + rivals.embeddings[best]
            chosen.append(rivals.ids[best])
        return jnp.stack(chosen)

    return jax.vmap(one)(jax.random.split(key, N_TRIPLES))


def _somewhere(brain: TensorBrain, key: Array) -> Inputs:
    return brain.imagine(jax.random.normal(key, (brain.n_state,)))


@eqx.filter_jit
def joint(brain: TensorBrain, weights: Weights) -> Array:
    """Of everything that the semantic state says."""
    return log_joint(brain, weights, brain.know(weights), brain.choices(weights))
