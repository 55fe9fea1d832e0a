"""Tails: distributions by hand, and samples whose law is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import zeta

from cogmem.errors import InvalidValue
from cogmem.measures.tails import fit_tail, survival


def test_survival_by_hand() -> None:
    found = survival([0, 1, 1, 3])
    assert found.value.tolist() == [0, 1, 3]
    assert found.share.tolist() == [1, 0.75, 0.25]


def sampled(p: np.ndarray, n: int, first: int = 1) -> np.ndarray:
    """As near to the distribution as n whole numbers get: its quantiles."""
    at = (np.arange(n) + 0.5) / n
    return first + np.searchsorted(np.cumsum(p / p.sum()), at)


K = np.arange(1, 200_000)


def test_exponent_of_a_power_law() -> None:
    """Quantiles of k^-2.5: alpha comes out, and an exponential is excluded."""
    found = fit_tail(sampled(K**-2.5, 5000), least=1)
    assert found.exponent == pytest.approx(2.5, abs=0.02)
    assert found.n == 5000
    assert found.distance < 0.001
    assert found.over_exponential > 0
    assert found.p_exponential < 0.01


def test_likelihood_by_hand() -> None:
    """Tail of ten 1s and five 2s: alpha solves -zeta'/zeta = mean log k; so does the ratio."""
    values = [1] * 10 + [2] * 5
    found = fit_tail(values, least=1)
    alpha, h = found.exponent, 1e-5
    slope = (math.log(zeta(alpha + h)) - math.log(zeta(alpha - h))) / (2 * h)
    assert -slope == pytest.approx(5 * math.log(2) / 15, abs=1e-4)
    power = -alpha * 5 * math.log(2) - 15 * math.log(zeta(alpha))
    exponential = 15 * math.log(3 / 4) + 5 * math.log(1 / 4)  # mean excess 1/3, q = 1/4
    assert found.over_exponential == pytest.approx(power - exponential, abs=1e-6)


def test_an_exponential_is_told() -> None:
    found = fit_tail(sampled(0.8**K, 1000), least=1)
    assert found.verdict == "exponential is nearer"


def test_a_lognormal_is_told() -> None:
    p = np.exp(-((np.log(K) - 2) ** 2) / (2 * 0.6**2)) / K
    found = fit_tail(sampled(p, 2000), least=3)
    assert found.verdict == "lognormal is nearer"
    assert found.over_lognormal < 0


def test_the_beginning_is_found() -> None:
    """A power law from 10 on, below which numbers are even."""
    p = np.where(K < 10, 10**-2.5, K**-2.5)
    found = fit_tail(sampled(p, 4000))
    assert 8 <= found.least <= 14
    assert found.exponent == pytest.approx(2.5, abs=0.1)


@pytest.mark.parametrize("values", [[0, 0, 1, 2], [3] * 50, [0]])
def test_too_few_values(values: list[int]) -> None:
    found = fit_tail(values)
    assert found.verdict == "too few values"
    assert math.isnan(found.exponent)


@pytest.mark.parametrize("values", [[-1, 2], [1.5, 2], []])
def test_what_are_no_counts(values: list[float]) -> None:
    with pytest.raises(InvalidValue, match="whole numbers"):
        fit_tail(values)
