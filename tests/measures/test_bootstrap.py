"""Intervals and noise ceilings over subjects."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem import measures
from cogmem.errors import InvalidValue


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_interval_covers_the_truth(method: str) -> None:
    """95 % intervals of 500 experiments, 60 people with 30 lists each, cover in 93-97 %."""
    rng, a, b = np.random.default_rng(11), 4.0, 3.0
    values = rng.binomial(30, rng.beta(a, b, (60, 500))) / 30
    low, high = measures.interval(values, method=method, n_resamples=1000, seed=2)
    covered = np.mean((low <= a / (a + b)) & (a / (a + b) <= high))
    assert 0.93 <= covered <= 0.97


def test_interval_is_fixed_by_its_seed() -> None:
    values = np.random.default_rng(0).normal(size=(20, 3))
    first, second, other = (measures.interval(values, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (np.array(first) != other).any()


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_interval_leaves_out_nan(method: str) -> None:
    values = np.random.default_rng(0).normal(size=(20, 4))
    values[5:, 1] = np.nan
    values[:, 2] = np.nan
    values[1:, 3] = np.nan
    low, high = measures.interval(values, method=method)
    alone = measures.interval(values[:5, 1:2], method=method)
    np.testing.assert_array_equal(np.isnan(low), [False, False, True, True])
    np.testing.assert_allclose([low[1], high[1]], np.ravel(alone))


def test_interval_has_no_width_where_subjects_agree() -> None:
    low, high = measures.interval(np.ones((8, 2)), method="BCa")
    np.testing.assert_array_equal([low, high], np.ones((2, 2)))


def test_interval_keeps_the_shape_of_a_subject() -> None:
    values = np.random.default_rng(0).normal(size=(9, 3, 2))
    assert measures.interval(values, n_resamples=50).low.shape == (3, 2)
    assert measures.interval(values[:, 0, 0], n_resamples=50).high.shape == ()


def test_interval_refuses_what_it_cannot_do() -> None:
    for options in ({"level": 95}, {"method": "basic"}):
        with pytest.raises(InvalidValue, match="expected 0 to 1, and 'percentile' or 'BCa'"):
            measures.interval(np.ones((3, 2)), **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"\(0, 2\), expected \[subject"):
        measures.interval(np.ones((0, 2)))


def test_noise_ceiling_of_known_noise() -> None:
    """With unit noise at many points, RMSD is near n ** -0.5, and twice that between halves."""
    n = 50
    values = np.random.default_rng(3).normal(size=(n, 2000))
    found = measures.noise_ceiling(values, n_resamples=200)
    assert found.median == pytest.approx(n**-0.5, rel=0.03)
    assert found.p95 > found.median
    assert found.split_half == pytest.approx(2 * n**-0.5, rel=0.03)
    assert found == measures.noise_ceiling(values, n_resamples=200)


def test_noise_ceiling_leaves_out_nan() -> None:
    values = np.random.default_rng(3).normal(size=(10, 3))
    gap = np.insert(values, 1, np.nan, axis=1)
    np.testing.assert_allclose(measures.noise_ceiling(gap), measures.noise_ceiling(values))


def test_noise_ceiling_needs_two_subjects() -> None:
    with pytest.raises(InvalidValue, match="there is 1 subject"):
        measures.noise_ceiling(np.ones((1, 4)))


def test_rmsd_leaves_out_nan() -> None:
    assert measures.rmsd([0, 0, np.nan], [3, 4, 5]) == pytest.approx(np.sqrt(12.5))
    assert np.isnan(measures.rmsd([np.nan], [1.0]))
    assert measures.rmsd(np.zeros((4, 3)), np.ones(3)).tolist() == [1, 1, 1, 1]
