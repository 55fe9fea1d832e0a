"""Recognition from graded strengths: what Gaussian noise in the decision makes of them.

Models give every item a strength, and often the same one to all old items. Where decisions add
Gaussian noise of a known standard deviation, sensitivity and choices follow in closed form, without
drawing the noise. For counts of responses, see `recognition`.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

__all__ = ["choice", "d_a", "zroc_slope"]


def d_a(old: np.ndarray, new: np.ndarray, noise: float) -> np.ndarray:
    """Distance of the means in units of the root mean of both variances.

    Args:
        old, new: [..., item] strengths.
        noise: standard deviation added by the decision.
    """
    variance = (old.var(axis=-1) + new.var(axis=-1)) / 2 + noise**2
    return (old.mean(axis=-1) - new.mean(axis=-1)) / np.sqrt(variance)


def zroc_slope(old: np.ndarray, new: np.ndarray, noise: float) -> np.ndarray:
    """Slope of the zROC, were both Gaussian: standard deviation of new over that of old.

    Args:
        old, new, noise: as for `d_a`.
    """
    return np.sqrt((new.var(axis=-1) + noise**2) / (old.var(axis=-1) + noise**2))


def choice(old: np.ndarray, new: np.ndarray, noise: float) -> np.ndarray:
    """Proportion correct in choices between an old and a new item; the area under the ROC.

    Every old item is paired with every new one. A pair with an item of no strength (NaN) is
    guessed.

    Args:
        old, new, noise: as for `d_a`.
    """
    apart = (old[..., :, None] - new[..., None, :]) / (noise * np.sqrt(2))
    return np.nan_to_num(norm.cdf(apart), nan=0.5).mean(axis=(-2, -1))
