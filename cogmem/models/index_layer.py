"""The index layer of a Tensor Brain: indices compete, and what one stands for is fed back.

What both published models share: who competes in which window, how a choice is made, and what is
kept of each window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_choice
from cogmem.models.vocabulary import Vocabulary

__all__ = [
    "ROLES",
    "UNTOLD",
    "Candidates",
    "Choices",
    "Decoded",
    "Inputs",
    "Measured",
    "Order",
    "Pick",
    "Targets",
    "Window",
    "check_candidates",
    "check_targets",
    "check_weights",
    "choices_of",
    "log_probability",
    "measure",
    "normal_weights",
    "picks",
]

Pick = Literal["sample", "winner", "attention", "teacher", "none"]
"""How an index is chosen and fed back: drawn; the best; all by their probability; told; not."""

Order = Literal["sop", "spo", "osp", "ops", "pso", "pos"]
"""In which subject, object and predicate are decoded; "sop" in both papers."""

ROLES = ("scene", "subject", "object", "predicate")


class Candidates(NamedTuple):
    """Indices that compete, taken out of the weights once for many windows.

    Attributes:
        ids: [candidate] their global numbers.
        embeddings: [candidate, state] for feedback.
        scoring: [candidate, state] for scores; the same, unless kept apart.
        offsets: [candidate] of the scores.
    """

    ids: Int[Array, " candidate"]
    embeddings: Float[Array, "candidate state"]
    scoring: Float[Array, "candidate state"]
    offsets: Float[Array, " candidate"]

    def scores(self, activation: Float[Array, " state"]) -> Float[Array, " candidate"]:
        """n_k = a_k . gamma + offset."""
        return self.scoring @ activation + self.offsets


class Choices(NamedTuple):
    """Who competes in each window, and for the unary labels of subject and object."""

    scene: Candidates
    subject: Candidates
    object: Candidates
    predicate: Candidates
    unary: dict[str, Candidates]


class Inputs(NamedTuple):
    """What is put into the shared layer in each window; the source of what is decoded.

    Sources add, and may be weighted: mu times what is seen, plus embeddings of several indices.
    """

    scene: Float[Array, " state"]
    subject: Float[Array, " state"]
    object: Float[Array, " state"]
    predicate: Float[Array, " state"]


class Targets(NamedTuple):
    """Global indices that are told, or whose probability is asked for; -1 where there is none."""

    scene: Int[Array, ""] | int = -1
    subject: Int[Array, ""] | int = -1
    object: Int[Array, ""] | int = -1
    predicate: Int[Array, ""] | int = -1


UNTOLD = Targets()
"""Nothing is told."""


class Measured(NamedTuple):
    """A choice among candidates.

    Attributes:
        scores: of the candidates.
        chosen: global index; -1 if none was asked for, the best one under attention.
        state: after feedback.
    """

    scores: Float[Array, " candidate"]
    chosen: Int[Array, ""]
    state: Float[Array, " state"]


class Window(NamedTuple):
    """One window of decoding.

    Attributes:
        before: q with input and context, before feedback.
        scores: of the candidates.
        chosen: global index; see `Measured`.
        after: q after feedback.
        context: h that came into the window.
        unary: scores of each group of labels, after feedback; of subject and object only.
    """

    before: Float[Array, " state"]
    scores: Float[Array, " candidate"]
    chosen: Int[Array, ""]
    after: Float[Array, " state"]
    context: Float[Array, " context"]
    unary: dict[str, Float[Array, " label"]]


class Decoded(NamedTuple):
    """All windows of one triple; the model of 2020 has none of a scene."""

    scene: Window | None
    subject: Window
    object: Window
    predicate: Window


def picks(how: Pick, **others: Pick) -> dict[str, Pick]:
    """One way to choose in all windows but the scene, which has none, and some otherwise.

    Raises:
        UnknownName: if there is no such way, or no such window.
    """
    for role, pick in {"subject": how, **others}.items():
        check_choice("window", role, Literal[ROLES])
        check_choice("way to choose", pick, Pick)
    every: dict[str, Pick] = dict.fromkeys(ROLES, how)
    return every | {"scene": "none"} | others


def choices_of(
    vocabulary: Vocabulary,
    gather: Callable[[Int[np.ndarray, " candidate"]], Candidates],
    *,
    scenes: bool,
    concepts: bool = False,
    unary: tuple[str, ...] | None = None,
) -> Choices:
    """Who competes, by the groups of a vocabulary.

    Args:
        vocabulary: its groups "episode" (there may be none), "entity" and "predicate", and all
            others: unary labels.
        gather: takes indices out of the weights.
        scenes: whether episodes compete in the window of the scene.
        concepts: let labels compete with entities for subject and object.
        unary: groups of labels; all if not given.

    Raises:
        UnknownName: if there is no such group.
        InvalidValue: if a group is empty.
    """
    labels = tuple(name for name in vocabulary.names if name not in _LABELLED_APART)
    episodes = scenes and "episode" in vocabulary.names
    entities = _group(vocabulary, gather, "entity", *(labels if concepts else ()))
    return Choices(
        gather(vocabulary.ids("episode") if episodes else np.zeros(0, int)),
        entities,
        entities,
        _group(vocabulary, gather, "predicate"),
        {name: _group(vocabulary, gather, name) for name in (labels if unary is None else unary)},
    )


_LABELLED_APART = ("episode", "entity", "predicate")


def _group(
    vocabulary: Vocabulary, gather: Callable[[Int[np.ndarray, " k"]], Candidates], *names: str
) -> Candidates:
    ids = vocabulary.ids(*names)
    check_candidates(vocabulary, ids)
    return gather(ids)


def normal_weights(key: PRNGKeyArray, *shape: int) -> Float[Array, "row column"]:
    """Normal numbers of variance 1 / columns."""
    return jax.random.normal(key, shape) / jnp.sqrt(shape[-1])


def check_candidates(vocabulary: Vocabulary, ids: Any) -> None:
    """Refuse an empty list of candidates, repetitions and what is no index.

    Raises:
        InvalidValue: saying which; traced indices are not looked at.
    """
    if np.size(ids) == 0:
        raise InvalidValue("the list of candidates is empty; give one index or more.")
    vocabulary.check(ids, "the list of candidates")
    if not isinstance(ids, jax.core.Tracer) and len(np.unique(ids)) < np.size(ids):
        raise InvalidValue("an index is twice in the list of candidates; give each once.")


def check_weights(vocabulary: Vocabulary, n_state: int, weights: Any) -> None:
    """Refuse the weights of another brain, by their shape.

    Raises:
        InvalidValue: saying both shapes.
    """
    given, expected = jnp.shape(weights.embeddings), (len(vocabulary), n_state)
    if given != expected:
        raise InvalidValue(
            f"the embeddings are {given[0]} x {given[-1]}, expected {expected[0]} indices of the "
            f"vocabulary x {expected[1]} units; give weights that this brain began with."
        )


def check_targets(vocabulary: Vocabulary, targets: Targets, how: Mapping[str, Pick]) -> None:
    """Refuse to be taught what is no index, and windows without a way to choose.

    Raises:
        InvalidValue: naming the window, and the index unless it is traced.
    """
    missing = [role for role in ROLES if role not in how]
    if missing:
        raise InvalidValue(f"no way to choose is given for the {missing[0]}; `picks` gives all.")
    for role in ROLES:
        if how[role] == "teacher":
            vocabulary.check(getattr(targets, role), f"the target of the {role}")


def measure(
    scores: Float[Array, " candidate"],
    candidates: Candidates,
    weights: Any,
    how: Pick,
    *,
    target: Int[Array, ""] | int = -1,
    key: PRNGKeyArray | None = None,
) -> tuple[Int[Array, ""], Float[Array, " state"]]:
    """The index chosen, and the embedding that is fed back.

    Args:
        scores: of the candidates, at the temperature of choice.
        candidates: who competes.
        weights: with the `embeddings` of all indices; a target need not be a candidate.
        how: way to choose.
        target: global index, where it is "teacher".
        key: where it is "sample".

    Raises:
        UnknownName: if there is no such way to choose.
        InvalidValue: if a key is missing.
    """
    check_choice("way to choose", how, Pick)
    if how == "none":
        return jnp.asarray(-1), jnp.zeros_like(weights.embeddings[0])
    if how == "teacher":
        return jnp.asarray(target), weights.embeddings[target]
    best = jnp.argmax(scores)
    if how == "attention":
        return candidates.ids[best], jax.nn.softmax(scores) @ candidates.embeddings
    if how == "sample":
        if key is None:
            raise InvalidValue("a choice is to be drawn at random; give a key.")
        # One uniform number, where `jax.random.categorical` needs one for each candidate.
        best = jax.random.choice(key, len(candidates.ids), p=jax.nn.softmax(scores))
    return candidates.ids[best], candidates.embeddings[best]


def log_probability(
    scores: Float[Array, " candidate"], candidates: Candidates, target: Int[Array, ""] | int
) -> Float[Array, ""]:
    """log P(target) among the candidates, nats; -inf if it is none of them.

    Args:
        scores: of the candidates, at the temperature of choice.
        candidates: who competes.
        target: global index.
    """
    hit = candidates.ids == target
    # A sum over one-hot, as its gradient needs no scatter.
    found = jnp.where(hit, jax.nn.log_softmax(scores), 0).sum()
    return jnp.where(hit.any(), found, -jnp.inf)
