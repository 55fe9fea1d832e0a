"""What is read off decoded scores and probabilities: sets that are recalled, and distance from P.

Where the probabilities in the world are known, an answer is good if it is near them, whatever
happened to be the case; where only what was the case is known, it is good if it had foreseen that.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["PREDICTION", "divergence", "prediction", "set_recall"]

PREDICTION = ("KL", "@1", "surprise")
"""What `prediction` tells: nats, a share, nats."""


def set_recall(scores: Float[Array, " candidate"], own: Int[Array, " member"]) -> Float[Array, ""]:
    """Share of the members of a set that are among as many best candidates; works under `jax.jit`.

    Args:
        scores: of all candidates; of equal ones, the first is the better.
        own: numbers of the members among the candidates, from 0.
    """
    best = jax.lax.top_k(scores, len(own))[1]
    return (best[:, None] == own[None]).any(axis=0).mean()


def divergence(truth: ArrayLike, log_p: ArrayLike) -> Float[np.ndarray, "*case"]:
    """KL(truth || P), nats; where the truth is 0, nothing is added.

    Args:
        truth: [..., outcome] probabilities.
        log_p: [..., outcome] logs of those that are compared; -inf makes the distance infinite.

    Source: Kullback & Leibler (1951).
    """
    truth, log_p = np.asarray(truth, float), np.asarray(log_p, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = truth * (np.log(truth) - log_p)
    return np.where(truth > 0, terms, 0).sum(axis=-1)


def prediction(
    truth: ArrayLike, log_p: ArrayLike, outcome: Int[ArrayLike, " case"]
) -> Float[np.ndarray, " about"]:
    """Means over cases, in the order of `PREDICTION`.

    KL from the truth, the share of cases in which the likeliest outcome was the case, and -log P of
    what was.

    Args:
        truth: [case, outcome] probabilities.
        log_p: [case, outcome] logs of what is predicted.
        outcome: what was the case, from 0.

    Raises:
        InvalidValue: if there are not as many outcomes as cases.
    """
    log_p, outcome = np.asarray(log_p, float), np.asarray(outcome)
    if outcome.shape != log_p.shape[:1]:
        raise InvalidValue(
            f"{len(log_p)} cases are predicted, outcomes have the shape {outcome.shape}: expected "
            "one number for each case."
        )
    own = np.take_along_axis(log_p, outcome[:, None], axis=1)
    right = log_p.argmax(axis=1) == outcome
    return np.array([divergence(truth, log_p).mean(), right.mean(), -own.mean()])
