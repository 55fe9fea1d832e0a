"""Completion of patterns: how right an answer is, how much is held, and old against new."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["auc", "crossing", "dice", "information"]


def dice(a: Bool[Array, "... unit"], b: Bool[Array, "... unit"]) -> Float[Array, " ..."]:
    """2 |A and B| / (|A| + |B|), the F1 of one as an answer for the other; 0 if both are empty."""
    shared, both = (a & b).sum(axis=-1), a.sum(axis=-1) + b.sum(axis=-1)
    return 2 * shared / jnp.maximum(both, 1)


def auc(old: Float[Array, " old"], new: Float[Array, " new"]) -> Float[Array, ""]:
    """Probability that an old item is more familiar than a new one; equals count half."""
    higher = old[:, None] > new[None, :]
    return (higher + 0.5 * (old[:, None] == new[None, :])).mean()


def crossing(values: ArrayLike, at: ArrayLike, criterion: float) -> float:
    """Where values that fall first pass below a criterion, by straight lines between looks.

    Args:
        values: [look] e.g. mean F1.
        at: [look] e.g. items stored, rising.
        criterion: e.g. .97.

    Returns:
        The last `at` if they never do, and 0 if the first value is below it already.

    Raises:
        InvalidValue: if there is not one value for each look.
    """
    values, at = np.asarray(values, float), np.asarray(at, float)
    if values.shape != at.shape or values.ndim != 1:
        raise InvalidValue(f"values {values.shape} at {at.shape}; expected one for each look.")
    below = np.flatnonzero(values < criterion)
    if not len(below):
        return float(at[-1])
    end = int(below[0])
    if end == 0:
        return 0.0
    step = (values[end - 1] - criterion) / (values[end - 1] - values[end])
    return float(at[end - 1] + step * (at[end] - at[end - 1]))


def information(n_features: int, n_active: int, n_kept: int = 0) -> float:
    """Bits of a random item, or of what a cue leaves open that has `n_kept` of its features.

    log2 of the number of choices of the other active features among those that may be on.

    Raises:
        InvalidValue: unless 0 <= n_kept <= n_active <= n_features.
    """
    if not 0 <= n_kept <= n_active <= n_features:
        given = f"{n_kept} kept of {n_active} active of {n_features} features"
        raise InvalidValue(f"{given}: expected each at most the next.")
    return math.log2(math.comb(n_features - n_kept, n_active - n_kept))
