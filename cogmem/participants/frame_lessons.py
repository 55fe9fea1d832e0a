"""How a network that watches frames is taught several tasks at once, and how well it does them.

In each step it sees as many trials of each task; what is lost is summed over tasks, unweighted
(Sikarwar & Zhang, 2023). All trials of a step go through the core together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, Shaped

from cogmem.models.frame_network import FrameNetwork, NetworkWeights

__all__ = [
    "Answer",
    "Learning",
    "Lesson",
    "begin",
    "kind_of",
    "learn",
    "losses",
    "right",
    "said",
    "said_of_task",
]

Answer = Literal["yes or no", "one of several", "some of many"]
"""Of a head with one output, with several, and of several of which any number may be right."""


class Lesson(NamedTuple):
    """Trials of one task.

    Attributes:
        frames: pictures, levels from 0 to 255, or features.
        labels: right answers; -1 where nothing is asked.
        targets: where several are right, else None.
    """

    frames: Shaped[Array, "trial frame *picture"]
    labels: Int[Array, "trial frame"]
    targets: Bool[Array, "trial frame answer"] | None = None


class Learning(NamedTuple):
    """Weights, and what the optimiser remembers."""

    weights: NetworkWeights
    moments: Any


def optimiser(rate: float | Float[Array, ""], clip: float) -> optax.GradientTransformation:
    """Adam without decay; gradients no longer than `clip`."""
    return optax.chain(optax.clip_by_global_norm(clip), optax.adam(rate))


def begin(network: FrameNetwork, *, rate: float, clip: float, key: PRNGKeyArray) -> Learning:
    """Before the first step."""
    weights = network.begin(key=key)
    return Learning(weights, optimiser(rate, clip).init(weights))


@eqx.filter_jit
def learn(
    network: FrameNetwork,
    learning: Learning,
    lessons: Mapping[str, Lesson],
    *,
    rate: float | Float[Array, ""],
    clip: float = 1.0,
    weigh: Mapping[str, float] | None = None,
) -> tuple[Learning, dict[str, Float[Array, ""]]]:
    """One step.

    Args:
        network: who is taught.
        learning: so far.
        lessons: by task.
        rate, clip: see `optimiser`.
        weigh: factors of losses by task; 1 where none is given.

    Returns:
        What it has learnt, and the losses before that, by task.
    """

    def total(weights: NetworkWeights) -> tuple[Array, dict[str, Array]]:
        each = losses(network, weights, lessons)
        factors = weigh or {}
        return sum(factors.get(name, 1.0) * each[name] for name in each), each  # type: ignore[return-value]

    (_, each), slope = jax.value_and_grad(total, has_aux=True)(learning.weights)
    change, moments = optimiser(rate, clip).update(slope, learning.moments)
    return Learning(optax.apply_updates(learning.weights, change), moments), each


def losses(
    network: FrameNetwork, weights: NetworkWeights, lessons: Mapping[str, Lesson]
) -> dict[str, Float[Array, ""]]:
    """Mean cross-entropy of each task over what is asked, nats."""
    answers = said(network, weights, {name: each.frames for name, each in lessons.items()})
    return {name: _loss(answers[name], lesson) for name, lesson in lessons.items()}


def said(
    network: FrameNetwork, weights: NetworkWeights, frames: Mapping[str, Array]
) -> dict[str, Float[Array, "trial frame answer"]]:
    """Answers of all tasks, logits; trials of all tasks pass the core as one batch."""
    inputs = [
        jax.vmap(lambda each, name=name: network.inputs(weights, name, each))(shown)
        for name, shown in frames.items()
    ]
    hidden = jax.vmap(lambda xs: network.core.run(weights.core, xs))(jnp.concatenate(inputs))
    ends = np.cumsum([len(each) for each in inputs])[:-1]
    parts = zip(frames, jnp.split(hidden, ends), strict=True)
    return {name: network.answers(weights, name, part) for name, part in parts}


@eqx.filter_jit
def said_of_task(
    network: FrameNetwork, weights: NetworkWeights, name: str, frames: Array
) -> Float[Array, "trial frame answer"]:
    """Answers of one task, logits."""
    return said(network, weights, {name: frames})[name]


def kind_of(n_answers: int, several: bool) -> Answer:
    """What sort of answer a head gives."""
    if several:
        return "some of many"
    return "yes or no" if n_answers == 1 else "one of several"


def _loss(answers: Float[Array, "trial frame answer"], lesson: Lesson) -> Float[Array, ""]:
    asked = lesson.labels != -1
    kind = kind_of(answers.shape[-1], lesson.targets is not None)
    if kind == "some of many":
        each = optax.sigmoid_binary_cross_entropy(
            answers, jnp.asarray(lesson.targets, answers.dtype)
        ).mean(axis=-1)
    elif kind == "yes or no":
        labels = jnp.maximum(lesson.labels, 0).astype(answers.dtype)
        each = optax.sigmoid_binary_cross_entropy(answers[..., 0], labels)
    else:
        labels = jnp.maximum(lesson.labels, 0)
        each = optax.softmax_cross_entropy_with_integer_labels(answers, labels)
    return jnp.where(asked, each, 0).sum() / jnp.maximum(asked.sum(), 1)


def right(
    answers: Float[Array, "trial frame answer"], lesson: Lesson
) -> Float[Array, "trial frame"]:
    """1 where an answer is right; of several, the share of them among as many likeliest ones.

    Of no meaning where nothing is asked.
    """
    kind = kind_of(answers.shape[-1], lesson.targets is not None)
    if kind == "yes or no":
        return ((answers[..., 0] > 0) == (lesson.labels == 1)).astype(answers.dtype)
    if kind == "one of several":
        return (answers.argmax(axis=-1) == lesson.labels).astype(answers.dtype)
    targets = jnp.asarray(lesson.targets)
    n = targets.sum(axis=-1)
    ranks = (-answers).argsort(axis=-1).argsort(axis=-1)
    found = (targets & (ranks < n[..., None])).sum(axis=-1)
    return (found / jnp.maximum(n, 1)).astype(answers.dtype)
