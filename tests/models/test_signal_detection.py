"""Signal detection: probabilities, likelihood and slopes, by hand and by central differences."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from cogmem.models.signal_detection import Ratings, SignalDetection


def test_probabilities_of_ratings_sum_to_one_and_make_the_roc() -> None:
    with jax.enable_x64(True):
        model = SignalDetection.of(6)
        old, new = model.rating_probabilities()
        old, new, false, hit = map(np.asarray, (old, new, *model.roc()))
    np.testing.assert_allclose([old.sum(), new.sum()], 1, atol=1e-12)
    np.testing.assert_allclose(np.cumsum(old[::-1])[:-1], hit, atol=1e-12)
    np.testing.assert_allclose(np.cumsum(new[::-1])[:-1], false, atol=1e-12)
    slope = np.diff(norm.ppf(hit)) / np.diff(norm.ppf(false))
    np.testing.assert_allclose(slope, model.slope, rtol=1e-6)


def test_likelihood_by_hand() -> None:
    """Two ratings, criterion 0.5, d' = 1: hits .691, false alarms .309."""
    with jax.enable_x64(True):
        model = SignalDetection(mean=1.0, sd=1.0, first_criterion=0.5, steps=np.zeros(0))
        found = model.log_likelihood(Ratings(np.array([3.0, 7.0]), np.array([6.0, 4.0])))
    p = norm.cdf(0.5)
    assert float(found) == pytest.approx(13 * np.log(p) + 7 * np.log(1 - p), rel=1e-9)


def test_d_a_is_d_prime_of_the_root_mean_square_deviation() -> None:
    """mu = 1.5, sigma = 1.25, slope .8: 1.5 / sqrt((1 + 1.25^2) / 2)."""
    model = SignalDetection(mean=1.5, sd=1.25)
    assert float(model.slope) == pytest.approx(0.8)
    assert float(model.d_a) == pytest.approx(1.5 / np.sqrt((1 + 1.25**2) / 2))


@pytest.mark.parametrize("mean", [0.0, 1.5, 30.0])
def test_gradient_is_finite_and_that_of_differences(mean: float) -> None:
    """Also where old items are 30 deviations away, and where a rating was never given."""
    with jax.enable_x64(True):
        counts = Ratings(jnp.array([0.0, 3, 4, 9]), jnp.array([8.0, 5, 2, 0]))

        def loss(mean: float) -> jax.Array:
            model = eqx.tree_at(lambda m: m.mean, SignalDetection.of(4), jnp.asarray(mean))
            return model.log_likelihood(counts)

        found = float(jax.grad(loss)(mean))
        difference = (loss(mean + 1e-5) - loss(mean - 1e-5)) / 2e-5
    assert np.isfinite(found)
    assert found == pytest.approx(float(difference), rel=1e-4, abs=1e-6)
