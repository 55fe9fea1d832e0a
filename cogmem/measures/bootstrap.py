"""Uncertainty over subjects. Subjects are resampled, never lists or responses.

NaN rule, everywhere here: a subject whose value is NaN at a point (nothing was possible) is left
out of the mean at that point, as in `over_subjects`.

All results are fixed by `seed`.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cogmem.errors import InvalidValue

__all__ = ["Interval", "NoiseCeiling", "interval", "noise_ceiling", "rmsd"]

N_RESAMPLES = 2000
BYTES_AT_ONCE = 2**26


class Interval(NamedTuple):
    """Bounds of the mean over subjects, each of the shape of one subject's values."""

    low: np.ndarray
    high: np.ndarray


class NoiseCeiling(NamedTuple):
    """How far a mean curve strays by the choice of subjects alone, as RMSD along the curve.

    Attributes:
        median, p95: median and 95th percentile of the RMSD of a resampled mean from the mean. A
            model within p95 is as close as this curve can tell.
        split_half: median RMSD between the means of two random halves of the subjects.
    """

    median: float
    p95: float
    split_half: float


def interval(
    values: ArrayLike,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    method: Literal["percentile", "BCa"] = "percentile",
    seed: int = 0,
) -> Interval:
    """Bootstrap interval of the mean over subjects, at each point by itself.

    At points where some subjects are NaN, the others are resampled. Bounds are NaN where fewer
    than two subjects have a value, and meet where all subjects agree.

    Args:
        values: [subject, ...].
        level: coverage, between 0 and 1.
        n_resamples: number of resamples.
        method: "percentile", or "BCa", corrected for bias and skew (Efron, 1987, JASA 82, 171-185).
        seed: of the resampling.

    Raises:
        InvalidValue: if `values` has no subject or an argument is out of its range.
    """
    values = _checked(values)
    if not 0 < level < 1 or method not in ("percentile", "BCa"):
        given = f"level={level}, method={method!r}"
        raise InvalidValue(f"{given}: expected 0 to 1, and 'percentile' or 'BCa'.")
    columns = values.reshape(len(values), -1)
    whole = ~np.isnan(columns).any(axis=0)
    bounds = np.full((2, columns.shape[1]), np.nan)
    # All points without a gap share their resamples and one call; the few others go one by one.
    for some in [whole, *np.eye(len(whole), dtype=bool)[~whole]]:
        present = ~np.isnan(columns[:, some]).any(axis=1)
        if present.sum() > 1:
            bounds[:, some] = _bounds(columns[present][:, some], level, n_resamples, method, seed)
    return Interval(*bounds.reshape(2, *values.shape[1:]))


def _bounds(
    columns: np.ndarray, level: float, n_resamples: int, method: str, seed: int
) -> np.ndarray:
    """Bounds [2, column] of means without NaN; the value itself where all subjects agree."""
    bounds = np.stack([columns[0], columns[0]])
    varied = (columns != columns[0]).any(axis=0)
    if varied.any():
        result = stats.bootstrap(
            (columns[:, varied],),
            np.mean,
            confidence_level=level,
            n_resamples=n_resamples,
            method=method,
            batch=max(1, BYTES_AT_ONCE // columns.nbytes),
            rng=np.random.default_rng(seed),
        )
        bounds[:, varied] = result.confidence_interval
    return bounds


def noise_ceiling(values: ArrayLike, n_resamples: int = N_RESAMPLES, seed: int = 0) -> NoiseCeiling:
    """How close to the mean curve of these subjects any model could be told to be.

    The field looks at all of a serial position or first-recall curve, and at lags up to 5 of a
    lag-CRP: pass `lag_crp(recalls, max_lag=5).value`.

    Args:
        values: [subject, ...]; one subject's values, of any shape, are one curve.
        n_resamples: number of resamples, and of splits.
        seed: of the resampling.

    Raises:
        InvalidValue: if there are fewer than two subjects.
    """
    values = _checked(values)
    curves = values.reshape(len(values), -1)
    n, rng = len(curves), np.random.default_rng(seed)
    if n < 2:
        raise InvalidValue(f"there is {n} subject, expected two or more to resample.")
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples)
    half = rng.permuted(np.tile(np.arange(n) < n // 2, (n_resamples, 1)), axis=1)
    resampled = rmsd(_means(drawn, curves), _means(np.ones((1, n)), curves))
    split = rmsd(_means(half, curves), _means(~half, curves))
    median, p95 = np.nanpercentile(resampled, [50, 95])
    return NoiseCeiling(float(median), float(p95), float(np.nanmedian(split)))


def rmsd(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Root mean squared difference of two curves along their last axis.

    Points where either is NaN are left out; NaN if none is left.

    Args:
        a, b: [..., x], broadcast against each other.
    """
    squares = (np.asarray(a, float) - np.asarray(b, float)) ** 2
    n = np.count_nonzero(~np.isnan(squares), axis=-1)
    mean = np.nansum(squares, axis=-1) / np.maximum(n, 1)
    return np.sqrt(np.where(n > 0, mean, np.nan))


def _means(weights: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Weighted means [resample, x] over subjects with a value, NaN where there is none."""
    present = ~np.isnan(curves)
    weights = weights.astype(float)
    n = weights @ present
    total = weights @ np.where(present, curves, 0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _checked(values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim < 1 or math.prod(values.shape[:1]) == 0:
        raise InvalidValue(f"values has shape {values.shape}, expected [subject, ...].")
    return values
