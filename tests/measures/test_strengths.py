"""Recognition from strengths, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from cogmem.measures.strengths import choice, d_a, zroc_slope


def test_distances_by_hand() -> None:
    """Old items all at 1, new ones at 0 and .2: mean .1, variance .01; noise of variance .01."""
    old, new = np.array([1.0, 1.0]), np.array([0.0, 0.2])
    assert d_a(old, new, 0.1) == pytest.approx(0.9 / np.sqrt(0.005 + 0.01))
    assert zroc_slope(old, new, 0.1) == pytest.approx(np.sqrt(2))
    assert zroc_slope(new, old, 0.1) == pytest.approx(np.sqrt(0.5))


def test_choices_by_hand() -> None:
    """One pair a standard error of the difference apart, one level; silence is a guess."""
    old, new = np.array([0.5 + 0.1 * np.sqrt(2)]), np.array([0.5, 0.5 + 0.1 * np.sqrt(2)])
    assert choice(old, new, 0.1) == pytest.approx((norm.cdf(1) + 0.5) / 2)
    assert choice(np.array([np.nan]), new, 0.1) == 0.5
    assert choice(old, np.array([np.nan]), 0.1) == 0.5


def test_choices_are_the_area_that_ratings_show() -> None:
    """2AFC is Phi(d_a / sqrt 2) where strengths have no spread but the noise."""
    old, new = np.full(3, 0.6), np.full(4, 0.5)
    d = d_a(old, new, 0.07)
    assert choice(old, new, 0.07) == pytest.approx(norm.cdf(d / np.sqrt(2)))
