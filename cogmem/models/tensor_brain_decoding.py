"""What a Tensor Brain says: the likelihood of triples, all of them at once, and draws of them.

The functions serve both published models (`TensorBrain`, `FourLayerBrain`): they only decode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.index_layer import (
    UNTOLD,
    Candidates,
    Choices,
    Decoded,
    Inputs,
    Measured,
    Pick,
    Targets,
    log_probability,
    picks,
)
from cogmem.models.tensor_brain import TensorBrain, Weights

__all__ = [
    "Chatter",
    "chain",
    "chatterbox",
    "log_joint",
    "log_likelihood",
    "log_likelihood_of_labels",
    "sample_triples",
    "with_recency",
]


def log_likelihood(decoded: Decoded, choices: Choices, targets: Targets) -> Float[Array, 3]:
    """log P of the subject, the object and the predicate, each given what was fed back, nats.

    If all were told, their sum is the log of a cell of `log_joint`.

    Args:
        decoded: one triple.
        choices: who competed.
        targets: global indices.
    """
    return jnp.stack(
        [
            log_probability(getattr(decoded, role).scores, getattr(choices, role), target)
            for role, target in zip(Targets._fields[1:], targets[1:], strict=True)
        ]
    )


def log_likelihood_of_labels(
    decoded: Decoded, choices: Choices, labels: Mapping[str, Int[Array, 2]]
) -> Float[Array, "group 2"]:
    """log P of the unary labels of subject and object, nats.

    Args:
        decoded: one triple.
        choices: who competed.
        labels: global indices of the labels of subject and object, by group.
    """
    windows = (decoded.subject, decoded.object)
    return jnp.stack(
        [
            jnp.stack(
                [
                    log_probability(window.unary[name], choices.unary[name], each)
                    for window, each in zip(windows, pair, strict=True)
                ]
            )
            for name, pair in labels.items()
        ]
    )


def log_joint(
    brain: Any, weights: Any, inputs: Inputs, choices: Choices
) -> Float[Array, "subject object predicate"]:
    """log P(s, o, p) of every triple of candidates, nats; it sums to 1 over all (spec 12, T2).

    The chain rule in the brain's order of decoding: P(s) P(o | s) P(p | s, o) in the papers'.

    Args:
        brain: of either kind.
        weights: what it knows.
        inputs: from `perceive`, `remember`, `know` or `imagine`.
        choices: who competes.
    """
    first, second, third = (_ROLES[letter] for letter in brain.order)
    rivals = {role: getattr(choices, role) for role in (first, second, third)}
    how: dict[str, Pick] = picks("none") | {first: "teacher", second: "teacher"}

    def told(a: Int[Array, ""], b: Int[Array, ""]) -> Float[Array, " last"]:
        targets = Targets()._replace(**{first: a, second: b})
        decoded = brain.decode(weights, inputs, choices, how, targets=targets)
        last = jax.nn.log_softmax(getattr(decoded, third).scores)
        before = [
            log_probability(getattr(decoded, role).scores, rivals[role], target)
            for role, target in ((first, a), (second, b))
        ]
        return sum(before, last)

    each = jax.vmap(jax.vmap(told, (None, 0)), (0, None))
    found = each(rivals[first].ids, rivals[second].ids)
    return jnp.transpose(found, [brain.order.index(letter) for letter in "sop"])


def sample_triples(
    brain: Any,
    weights: Any,
    inputs: Inputs,
    choices: Choices,
    n_triples: int,
    *,
    given: Targets = UNTOLD,
    key: PRNGKeyArray,
) -> Int[Array, "triple 3"]:
    """Triples drawn one window after the other, as global indices of subject, object, predicate.

    What is given is told instead of drawn, which makes the decoder a query engine.

    Args:
        brain, weights, inputs, choices: as in `log_joint`.
        n_triples: how many.
        given: what is fixed; -1 where nothing is.
        key: each triple has its own.

    Raises:
        InvalidValue: if what is given is out of the vocabulary; not under `jax.jit`.
    """
    fixed = {role: "teacher" for role, index in given._asdict().items() if _is_given(index)}
    how: Any = picks("sample") | fixed

    def one(key: PRNGKeyArray) -> Int[Array, 3]:
        found = brain.decode(weights, inputs, choices, how, targets=given, key=key)
        return jnp.stack([found.subject.chosen, found.object.chosen, found.predicate.chosen])

    return jax.vmap(one)(jax.random.split(key, n_triples))


class Chatter(NamedTuple):
    """Triples that were drawn, each once, the most frequent first.

    Attributes:
        triples: [triple, 3] global indices of subject, object and predicate.
        counts: [triple] how often each was drawn.
    """

    triples: Int[np.ndarray, "triple 3"]
    counts: Int[np.ndarray, " triple"]


def chatterbox(drawn: Int[Array, "draw 3"]) -> Chatter:
    """Draws without repetition ([P20]); whether they agree with each other is not looked at."""
    triples, counts = np.unique(np.asarray(drawn), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return Chatter(triples[order], counts[order])


def chain(
    brain: TensorBrain,
    weights: Weights,
    state: Float[Array, " state"],
    steps: Sequence[tuple[Candidates, Pick]],
    *,
    targets: Sequence[int | Int[Array, ""]] | None = None,
    key: PRNGKeyArray | None = None,
) -> list[Measured]:
    """Labels decoded one after the other, each fed back: Sparky, a dog, a mammal.

    This is embedded symbolic reasoning ([P23]), and the only place where labels are fed back.

    Args:
        brain: whose gates feed back.
        weights: what it knows.
        state: q before the first.
        steps: who competes, and how one is chosen.
        targets: what is told in each step, where the way is "teacher".
        key: where the way is "sample".

    Raises:
        InvalidValue: as `TensorBrain.measure`, if there are more or fewer targets than steps, or a
            target is no index.
    """
    told = [-1] * len(steps) if targets is None else list(targets)
    if len(told) != len(steps):
        raise InvalidValue(f"there are {len(told)} targets for {len(steps)} steps.")
    found = []
    for number, ((rivals, how), target) in enumerate(zip(steps, told, strict=True)):
        if how == "teacher":
            brain.vocabulary.check(target, f"target {number} of the chain")
        own = None if key is None else jax.random.fold_in(key, number)
        measured = brain.measure(weights, state, rivals, how, target=target, key=own)
        found.append(measured)
        state = measured.state
    return found


def with_recency(
    candidates: Candidates,
    ages: Float[Array, " candidate"],
    strength: float | Float[Array, ""],
    decay: float | Float[Array, ""] = 1.0,
) -> Candidates:
    """Episodes that recent ones have an advantage among: score + lambda r, r = -psi log(1 + age).

    The papers say that recent memories come by similarity and recency, and give no equation: this
    one is an extension (spec 5); strength 0 leaves what they have.

    Args:
        candidates: episodes.
        ages: of each, in the unit of choice.
        strength: lambda.
        decay: psi.
    """
    bonus = -strength * decay * jnp.log1p(ages)
    return candidates._replace(offsets=candidates.offsets + bonus)


_ROLES = {"s": "subject", "o": "object", "p": "predicate"}


def _is_given(index: Any) -> bool:
    return not (isinstance(index, int) and index == -1)
