"""What is read off outputs of units, scores and probabilities.

Sets that are recalled, distance from P, labels that a linear reader tells, principal components.

Where the probabilities in the world are known, an answer is good if it is near them, whatever
happened to be the case; where only what was the case is known, it is good if it had foreseen that.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue, MissingExtra

__all__ = [
    "PREDICTION",
    "divergence",
    "linear_decoding",
    "linear_svc",
    "prediction",
    "principal_components",
    "set_recall",
]

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


def linear_svc() -> Any:
    """scikit-learn's linear support vectors: asked for before anything is learnt.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    try:
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise MissingExtra("scikit-learn", "images") from error
    return LinearSVC


def linear_decoding(
    outputs: ArrayLike,
    labels: ArrayLike,
    trial: ArrayLike,
    *,
    folds: int = 5,
    penalty: float = 1.0,
    seed: int = 0,
) -> xr.Dataset:
    """Share of labels that a linear reader tells from the outputs of units in other trials.

    One reader for each label, 1 where it holds and 0 elsewhere, by ridge regression on outputs
    standardised in the trials of learning; the largest one is the answer.

    Args:
        outputs: [frame, unit].
        labels: [frame].
        trial: [frame] which trial it is of; all frames of a trial are in the same fold.
        folds: parts of which each is tested once.
        penalty: on squared weights, in units of standardised outputs.
        seed: of which trials go together.

    Returns:
        Dataset with `value` (fold), shares of right answers, `n` (fold), frames that were tested,
        and `chance`, the share of the most frequent label.

    Raises:
        InvalidValue: for shapes that do not fit, outputs that are not finite, fewer than two
            labels, fewer trials than folds, or a negative penalty.
    """
    x, y, own = np.asarray(outputs, float), np.asarray(labels), np.asarray(trial)
    trials, names = np.unique(own), np.unique(y)
    _check_decoding(x, y, own)
    if not 2 <= folds <= len(trials) or len(names) < 2 or penalty < 0:
        raise InvalidValue(
            f"{folds} folds of {len(trials)} trials with {len(names)} labels, penalty {penalty}; "
            "expected 2 folds or more, no more than trials, 2 labels or more, 0 or more."
        )
    part = np.random.default_rng(seed).permutation(len(trials)) % folds
    part = part[np.searchsorted(trials, own)]
    hits = np.empty(len(x), bool)
    for fold in range(folds):
        there = part == fold
        scores = _read(x[~there], y[~there, None] == names[None], x[there], penalty)
        hits[there] = names[scores.argmax(axis=1)] == y[there]
    n = np.bincount(part, minlength=folds)
    shares = np.bincount(part, hits, minlength=folds) / n
    about = {"long_name": "Decoding accuracy", "units": "proportion"}
    chance = (y[:, None] == names[None]).mean(axis=0).max()
    values = {"value": ("fold", shares, about), "n": ("fold", n), "chance": chance}
    return xr.Dataset(values, {"fold": np.arange(folds)})


def _check_decoding(x: np.ndarray, y: np.ndarray, own: np.ndarray) -> None:
    if x.ndim != 2 or y.shape != x.shape[:1] or own.shape != y.shape or not np.isfinite(x).all():
        raise InvalidValue(
            f"outputs {x.shape}, labels {y.shape}, trials {own.shape}: expected finite outputs "
            "[frame, unit], and for each frame a label and a trial."
        )


def _read(
    x: np.ndarray, y: np.ndarray, new: np.ndarray, penalty: float
) -> Float[np.ndarray, "frame label"]:
    centre, size = x.mean(axis=0), x.std(axis=0)
    size = np.where(size > 1e-9 * abs(centre), size, 1)  # less is the rounding error of a constant
    z, level = (x - centre) / size, y.mean(axis=0)
    # Least squares of what is stacked: defined also without a penalty, for units that are alike.
    wide = np.concatenate([z, np.sqrt(penalty) * np.eye(z.shape[1])])
    aims = np.concatenate([y - level, np.zeros((z.shape[1], y.shape[1]))])
    return (new - centre) / size @ np.linalg.lstsq(wide, aims, rcond=None)[0] + level


def principal_components(outputs: ArrayLike, n: int = 2) -> xr.Dataset:
    """Outputs along the directions in which they vary most.

    Args:
        outputs: [frame, unit].
        n: directions.

    Returns:
        Dataset with `value` (frame, component), `direction` (component, unit), of length 1, whose
        largest entry is positive, and `share` (component) of the whole variance.

    Raises:
        InvalidValue: if there are not as many frames and units as directions, or outputs are not
            finite.
    """
    x = np.asarray(outputs, float)
    if x.ndim != 2 or not 1 <= n <= min(x.shape) or not np.isfinite(x).all():
        raise InvalidValue(
            f"{n} directions of outputs of the shape {x.shape}: expected finite outputs "
            "[frame, unit], with as many frames and units as directions."
        )
    x = x - x.mean(axis=0)
    sizes, ways = np.linalg.svd(x, full_matrices=False)[1:]
    ways = ways * np.sign(np.take_along_axis(ways, abs(ways).argmax(axis=1)[:, None], axis=1))
    share = sizes**2 / max((sizes**2).sum(), np.finfo(float).tiny)
    values = {
        "value": (("frame", "component"), x @ ways[:n].T, {"long_name": "Principal component"}),
        "direction": (("component", "unit"), ways[:n]),
        "share": ("component", share[:n], {"long_name": "Share of variance"}),
    }
    return xr.Dataset(values, {"component": np.arange(1, n + 1)})
