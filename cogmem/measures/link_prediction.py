"""Link prediction: which object, or which subject, does a fact have?

Facts are triples of numbers (subject, predicate, object), from 0; scores are an array of all
triples, [subject, predicate, object], of whatever model. The answer to a question is ranked among
the candidates, other answers that are known to be true being left out (filtered: Bordes et al.,
2013). Ties count half, never in favour of the model: a model that says nothing is at chance (Sun et
al., 2020, ACL). Everything but `questions` and `summary` works under `jax.jit`.

    asked = questions(test, known, n_entities)
    summary(filtered_ranks(scores, asked))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Questions",
    "filtered_ranks",
    "hits",
    "mean_reciprocal_rank",
    "questions",
    "summary",
    "tie_ranks",
    "validation",
]

Direction = Literal["object", "subject"]
"""What is asked for: (s, p, ?), also called tail, or (?, p, o), the head."""

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


Scores = Float[Array | np.ndarray, "entity predicate entity"]
"""[subject, predicate, object], higher is better."""


class Questions(NamedTuple):
    """What is asked of a model; see `questions`.

    Attributes:
        facts: [fact, 3] whose subject and whose object are asked for.
        rivals: [fact, direction, entity] who competes with the answer: candidates, without the
            answer and without others that are known to be true.
    """

    facts: Int[np.ndarray, "fact 3"]
    rivals: Bool[np.ndarray, "fact 2 entity"]


def questions(
    facts: ArrayLike,
    known: ArrayLike,
    n_entities: int,
    *,
    candidates: ArrayLike | None = None,
) -> Questions:
    """Two questions of each fact: for its object, and for its subject.

    Args:
        facts: [fact, 3] to be asked.
        known: [fact, 3] that are true, and therefore no wrong answers: of training, validation and
            test, all together. None at all: ranks are not filtered.
        n_entities: of the graph.
        candidates: entities that may be answers; all if not given.

    Raises:
        InvalidValue: if facts are none or no triples, name an entity that there is not, or a
            predicate below 0, or there are no candidates, or an answer is not among them.
    """
    asked, true = _triples(facts, "facts"), _triples(known, "known facts")
    if not len(asked):
        raise InvalidValue("there are no facts to ask for; give one or more.")
    for triples, name in ((asked, "facts"), (true, "known facts")):
        _check_entities(triples[:, ::2], n_entities, name)
        _check_predicates(triples[:, 1], name)
    may = _allowed(candidates, n_entities)
    answers = asked[:, [2, 0]]
    if not may[answers].all():
        outside = answers[~may[answers]][0]
        raise InvalidValue(
            f"entity {outside} is the answer to a question, and not among the "
            f"{may.sum()} candidates; add it, or leave its facts out."
        )
    rivals = may & ~_known_answers(asked, true, n_entities)
    return Questions(asked, rivals)


def filtered_ranks(
    scores: Scores | tuple[Scores, Scores], asked: Questions
) -> Float[Array, "fact 2"]:
    """The rank of the object, and of the subject, of each fact: 1 is best; see `tie_ranks`.

    Args:
        scores: [subject, predicate, object], higher is better; or two such arrays, for objects
            and for subjects, of models that are asked for them in different ways (`Both` of
            `cogmem.models.knowledge_graph`).
        asked: from `questions`.

    Raises:
        InvalidValue: if the scores are of another number of entities, or of fewer predicates.
    """
    of_object, of_subject = scores if isinstance(scores, tuple) else (scores, scores)
    by_object, by_subject = jnp.asarray(of_object), jnp.asarray(of_subject)
    _check_scores((by_object, by_subject), asked)
    s, p, o = jnp.asarray(asked.facts).T
    of_objects = tie_ranks(by_object[s, p], o, asked.rivals[:, 0])
    of_subjects = tie_ranks(by_subject[:, p, o].T, s, asked.rivals[:, 1])
    return jnp.stack([of_objects, of_subjects], axis=1)


def tie_ranks(
    scores: Float[Array, "question entity"],
    answers: Int[Array, " question"],
    rivals: Bool[Any, "question entity"],
) -> Float[Array, " question"]:
    """1 + rivals that score higher + half of those that score the same.

    Of n entities with one score, the rank is (n + 1) / 2. What is not a number counts as higher.

    Args:
        scores: of all entities.
        answers: the right ones.
        rivals: who competes; whether the answer is among them makes no difference.
    """
    own = jnp.take_along_axis(scores, answers[:, None], axis=1)
    other = jnp.arange(scores.shape[1])[None, :] != answers[:, None]
    against = jnp.asarray(rivals) & other
    higher = (against & ~(scores <= own)).sum(axis=1, dtype=scores.dtype)
    same = (against & (scores == own)).sum(axis=1, dtype=scores.dtype)
    return 1 + higher + same / 2


def mean_reciprocal_rank(ranks: Float[ArrayLike, "*ranks"]) -> Float[Array, ""]:
    """MRR, the mean of 1 / rank: 1 if all answers are right."""
    return jnp.mean(1 / jnp.asarray(ranks))


def hits(ranks: Float[ArrayLike, "*ranks"], k: int) -> Float[Array, ""]:
    """Hits@k, the share of ranks of k or better.

    Raises:
        InvalidValue: for k below 1.
    """
    if k < 1:
        raise InvalidValue(f"k is {k}, expected 1 or more: how many answers may be given.")
    return jnp.mean(jnp.asarray(ranks) <= k, dtype=float)


def validation(asked: Questions) -> Callable[[Any], Float[Array, ""]]:
    """The MRR of these questions, both directions, as a function of scores; it is a pytree."""
    return jax.tree_util.Partial(_both_directions, jax.tree.map(jnp.asarray, asked))


def summary(
    ranks: Float[ArrayLike, "fact 2"],
    ks: Sequence[int] = (1, 3, 10),
    *,
    directions: Sequence[Direction] = DIRECTIONS,
) -> xr.Dataset:
    """MRR and Hits@k, over both directions or one of them; papers differ, so say which.

    Args:
        ranks: from `filtered_ranks`.
        ks: of Hits@k.
        directions: pooled; ("object",) for what is called tail-only.

    Returns:
        Dataset: `mrr`, and `hits` (k), proportions; the attribute `directions`.

    Raises:
        InvalidValue: for a direction that there is not, or none; or ks below 1.
    """
    if not directions or not set(directions) <= set(DIRECTIONS):
        raise InvalidValue(f"directions are {directions}, expected some of {DIRECTIONS}.")
    chosen = np.asarray(ranks)[:, [DIRECTIONS.index(each) for each in directions]]
    return xr.Dataset(
        {
            "mrr": ((), float(mean_reciprocal_rank(chosen)), {"long_name": "Mean reciprocal rank"}),
            "hits": ("k", [float(hits(chosen, k)) for k in ks], {"long_name": "Hits at k"}),
        },
        coords={"k": list(ks)},
        attrs={"directions": " and ".join(directions)},
    )


def _both_directions(asked: Questions, scores: Any) -> Float[Array, ""]:
    return mean_reciprocal_rank(filtered_ranks(scores, asked))


def _known_answers(
    asked: Int[np.ndarray, "fact 3"], true: Int[np.ndarray, "known 3"], n_entities: int
) -> Bool[np.ndarray, "fact 2 entity"]:
    """Whether an entity is known to be an answer to the question for the object, or subject."""
    n_predicates = 1 + max(asked[:, 1].max(), true[:, 1].max(initial=0))
    table = np.zeros((n_entities, n_predicates, n_entities), bool)
    table[tuple(true.T)] = True
    s, p, o = asked.T
    return np.stack([table[s, p], table[:, p, o].T], axis=1)


def _triples(facts: ArrayLike, name: str) -> Int[np.ndarray, "fact 3"]:
    given = np.asarray(facts)
    if given.size == 0:
        return np.zeros((0, 3), int)
    if given.ndim != 2 or given.shape[1] != 3 or given.dtype.kind not in "iu":
        raise InvalidValue(
            f"{name} are {given.dtype} of shape {given.shape}, expected whole numbers [fact, 3]."
        )
    return given


def _allowed(candidates: ArrayLike | None, n_entities: int) -> Bool[np.ndarray, " entity"]:
    if candidates is None:
        return np.ones(n_entities, bool)
    chosen = np.asarray(candidates, int)
    if not chosen.size:
        raise InvalidValue("the list of candidates is empty; give entities, or None for all.")
    _check_entities(chosen, n_entities, "candidates")
    return np.isin(np.arange(n_entities), chosen)


def _check_entities(numbers: np.ndarray, n_entities: int, name: str) -> None:
    outside = numbers[(numbers < 0) | (numbers >= n_entities)]
    if outside.size:
        raise InvalidValue(
            f"{name} name entity {outside[0]}; there are {n_entities}, numbered from 0."
        )


def _check_predicates(numbers: np.ndarray, name: str) -> None:
    if (numbers < 0).any():
        raise InvalidValue(
            f"{name} name predicate {numbers[numbers < 0][0]}; predicates are numbered from 0."
        )


def _check_scores(both: tuple[Array, Array], asked: Questions) -> None:
    n_entities, traced = asked.rivals.shape[2], isinstance(asked.facts, jax.core.Tracer)
    highest = 0 if traced else int(np.asarray(asked.facts)[:, 1].max())
    for scores in both:
        if scores.ndim != 3 or {scores.shape[0], scores.shape[2]} != {n_entities}:
            raise InvalidValue(
                f"scores have shape {scores.shape}, expected [subject, predicate, object] of "
                f"{n_entities} entities."
            )
        if highest >= scores.shape[1]:
            raise InvalidValue(
                f"a fact has predicate {highest}; there are scores of {scores.shape[1]}, numbered "
                "from 0."
            )
