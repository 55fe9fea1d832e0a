"""Is a tail heavy, and is it that of a power law? Whole numbers, such as degrees of a graph.

The tail is what is at least k_min. It is fitted by maximum likelihood with a discrete power law, a
lognormal and an exponential; which of two is nearer is told by the likelihood ratio and its normal
approximation (Vuong, 1989). k_min is that with the least Kolmogorov-Smirnov distance between data
and power law (Clauset, Shalizi & Newman, 2009, SIAM Review 51, 661-703). With a few hundred numbers
a power law and a lognormal can seldom be told apart, and the comparison says so.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["Survival", "Tail", "fit_tail", "survival"]

LEAST = 10
"""Numbers that a tail must have at least, when its beginning is chosen."""

_STEEPEST, _SURE = 30.0, 0.1


class Survival(NamedTuple):
    """The complementary cumulative distribution.

    Attributes:
        value: every value that occurs, rising.
        share: of the numbers that are so large or larger; 1 for the first.
    """

    value: Int[np.ndarray, " value"]
    share: Float[np.ndarray, " value"]


class Tail(NamedTuple):
    """A power law for the tail, and how it compares.

    Attributes:
        exponent: alpha of p(k) ~ k^-alpha.
        least: k_min.
        n: numbers in the tail.
        distance: largest difference of the cumulative distributions, of data and power law.
        over_lognormal, over_exponential: log-likelihood of the power law less that of the other,
            nats; positive where the power law is nearer.
        p_lognormal, p_exponential: of so large a ratio of either sign, if both were equally near.
        verdict: in words, at p < .1: which of the two is nearer than the power law (the likelier,
            if both are), or whether the power law is nearer than both; else it cannot be told.
    """

    exponent: float
    least: int
    n: int
    distance: float
    over_lognormal: float
    p_lognormal: float
    over_exponential: float
    p_exponential: float
    verdict: Verdict


Verdict = Literal[
    "power law", "lognormal is nearer", "exponential is nearer", "cannot be told", "too few values"
]


def survival(values: ArrayLike) -> Survival:
    """Share of numbers that are at least so large.

    Raises:
        InvalidValue: if there are none.
    """
    given = np.asarray(values)
    if given.size == 0:
        raise InvalidValue("there are no numbers; expected one or more.")
    value, count = np.unique(given, return_counts=True)
    return Survival(value, count[::-1].cumsum()[::-1] / given.size)


def fit_tail(values: ArrayLike, least: int | None = None) -> Tail:
    """A power law fitted to the tail, and compared with a lognormal and an exponential.

    Args:
        values: whole numbers; zeros are in no tail.
        least: k_min, 1 or more; chosen if None, so that `LEAST` numbers are left at least.

    Returns:
        With NaN and the verdict "too few values" if fewer than `LEAST` numbers, or only one value,
        are in the tail.

    Raises:
        InvalidValue: for negative or broken numbers, or `least` below 1.
    """
    k = np.asarray(values)
    if (least is not None and least < 1) or k.size == 0 or np.any((k < 0) | (k != np.floor(k))):
        raise InvalidValue(
            f"{k.size} values with least={least}; expected whole numbers, 0 or more, and 1 or more."
        )
    k = np.sort(k[k > 0].astype(int))
    start = _chosen(k) if least is None else least
    tail = k[k >= start]
    if len(tail) < LEAST or tail[0] == tail[-1]:
        none = math.nan
        return Tail(none, start, len(tail), none, none, none, none, none, "too few values")
    exponent = _exponent(tail, start)
    power = _log_power(tail, start, exponent)
    ratios = [_compared(power, other(tail, start)) for other in (_log_lognormal, _log_exponential)]
    (lognormal, p_lognormal), (exponential, p_exponential) = ratios
    values_of = (lognormal, p_lognormal, exponential, p_exponential)
    distance = _distance(tail, start, exponent)
    return Tail(exponent, start, len(tail), distance, *values_of, _verdict(*values_of))


def _verdict(lognormal: float, p_lognormal: float, exponential: float, p_exp: float) -> Verdict:
    nearer: dict[Verdict, float] = {}
    if lognormal < 0 and p_lognormal < _SURE:
        nearer["lognormal is nearer"] = lognormal
    if exponential < 0 and p_exp < _SURE:
        nearer["exponential is nearer"] = exponential
    if nearer:
        return min(nearer, key=lambda name: nearer[name])
    return "power law" if max(p_lognormal, p_exp) < _SURE else "cannot be told"


def _compared(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Vuong's log-likelihood ratio, and its two-sided p."""
    each = one - other
    spread = each.std() * math.sqrt(len(each))
    if spread == 0:
        return 0.0, 1.0
    return float(each.sum()), math.erfc(abs(each.sum()) / spread / math.sqrt(2))


# ---- power law -----------------------------------------------------------------------------------


def _chosen(k: Int[np.ndarray, " value"]) -> int:
    """The k_min with the least distance, among those that leave enough of a tail."""
    starts = [s for s in np.unique(k).tolist() if np.sum(k >= s) >= LEAST and s < k[-1]]
    if not starts:
        return int(k[0]) if len(k) else 1
    tails = [k[k >= s] for s in starts]
    distances = [_distance(t, s, _exponent(t, s)) for t, s in zip(tails, starts, strict=True)]
    return int(starts[int(np.argmin(distances))])


def _exponent(tail: Int[np.ndarray, " value"], start: int) -> float:
    from scipy.optimize import minimize_scalar

    def loss(alpha: float) -> float:
        return -float(_log_power(tail, start, alpha).sum())

    return float(minimize_scalar(loss, bounds=(1.001, _STEEPEST), method="bounded").x)


def _log_power(
    tail: Int[np.ndarray, " value"], start: int, alpha: float
) -> Float[np.ndarray, " value"]:
    from scipy.special import zeta

    # Relative to k_min, so that steep tails far out do not underflow.
    total = zeta(alpha, start) * float(start) ** alpha
    return -alpha * np.log(tail / start) - np.log(total)


def _distance(tail: Int[np.ndarray, " value"], start: int, alpha: float) -> float:
    """Largest difference of the two cumulative distributions, over all values of the tail."""
    whole = np.arange(start, tail[-1] + 1)
    expected = np.exp(_log_power(whole, start, alpha)).cumsum()
    found = np.searchsorted(tail, whole, side="right") / len(tail)
    return float(np.abs(expected - found).max())


# ---- what it is compared with --------------------------------------------------------------------


def _log_exponential(tail: Int[np.ndarray, " value"], start: int) -> Float[np.ndarray, " value"]:
    """(1 - q) q^(k - k_min), at its best q = m / (1 + m), m the mean excess."""
    excess = tail - start
    q = excess.mean() / (1 + excess.mean())
    return math.log1p(-q) + excess * math.log(q)


def _log_lognormal(tail: Int[np.ndarray, " value"], start: int) -> Float[np.ndarray, " value"]:
    """A lognormal density between k - 1/2 and k + 1/2, of what is above k_min - 1/2."""
    from scipy.optimize import minimize

    logs = np.log(tail)
    found = minimize(
        lambda at: -_lognormal(tail, start, *at).sum(),
        [logs.mean(), math.log(max(logs.std(), 0.1))],
        method="Nelder-Mead",
        options={"maxiter": 2000, "xatol": 1e-6, "fatol": 1e-8},
    )
    return _lognormal(tail, start, *found.x)


def _lognormal(
    tail: Int[np.ndarray, " value"], start: int, mean: float, log_sd: float
) -> Float[np.ndarray, " value"]:
    from scipy.special import log_ndtr

    def above(k: np.ndarray) -> np.ndarray:
        return log_ndtr((mean - np.log(k)) / math.exp(log_sd))

    high, low = above(tail - 0.5), above(tail + 0.5)
    # Where both are equal to the last digit the value is impossible.
    within = np.maximum(-np.expm1(low - high), np.finfo(float).tiny)
    return high + np.log(within) - above(np.asarray(start - 0.5))
