"""Answers on a wheel of colours or orientations: how far off, and how widely spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["angular_error", "circular_sd"]


def angular_error(response: ArrayLike, target: ArrayLike, turn: float = 360.0) -> np.ndarray:
    """Signed distance from target to response the short way round, from -turn/2 to below turn/2.

    Args:
        response, target: any shapes that go together, in the units of `turn`.
        turn: what leads back to the start: 360 degrees; 180 for bars without a head; 2 pi.

    Raises:
        InvalidValue: if `turn` is not above 0.
    """
    if not turn > 0:
        raise InvalidValue(f"turn is {turn}, expected a full turn above 0, e.g. 360 degrees.")
    away = np.asarray(response, float) - np.asarray(target, float)
    return (away + turn / 2) % turn - turn / 2


def circular_sd(errors: ArrayLike, turn: float = 360.0) -> np.ndarray:
    """Circular standard deviation, sqrt(-2 ln R), R the length of the mean vector.

    Fisher, N. I. (1993). Statistical analysis of circular data. Cambridge University Press.

    Args:
        errors: [trial, ...] in the units of `turn`.
        turn: see `angular_error`.

    Returns:
        [...] radians of a full turn; infinite where the vectors cancel.

    Raises:
        InvalidValue: if there is no trial, or `turn` is not above 0.
    """
    errors = np.asarray(errors, float)
    if errors.ndim < 1 or len(errors) == 0 or not turn > 0:
        given = f"errors of shape {errors.shape} and turn {turn}"
        raise InvalidValue(f"{given}: expected [trial, ...] with a trial, and a turn above 0.")
    length = np.abs(np.exp(2j * np.pi / turn * errors).mean(axis=0))
    with np.errstate(divide="ignore"):
        return np.sqrt(-2 * np.log(np.minimum(length, 1)))
