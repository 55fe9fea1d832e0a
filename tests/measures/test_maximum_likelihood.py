"""Estimates against closed forms."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from cogmem.errors import InvalidValue, UnknownName
from cogmem.measures.maximum_likelihood import maximise
from cogmem.models.parameters import parameter


class Normal(eqx.Module):
    """Its estimates are known: the mean, and the root of the mean squared deviation."""

    mean: Float[Array, ...] = parameter(
        0.0, (-jnp.inf, jnp.inf), start=(-1, 1), meaning="mean", source="none"
    )
    sd: Float[Array, ""] = parameter(
        1.0, (0, jnp.inf), start=(0.5, 2), meaning="standard deviation", source="none"
    )


def density(model: Normal, sample: Array) -> Float[Array, ""]:
    z = (sample - jnp.broadcast_to(model.mean, sample.shape)) / model.sd
    return jnp.sum(-0.5 * z**2 - jnp.log(model.sd) - 0.5 * jnp.log(2 * jnp.pi))


def test_mean_and_deviation_of_each_problem() -> None:
    samples = np.random.default_rng(0).normal(3, 2, (4, 50))
    found = maximise(Normal(), density, samples)
    np.testing.assert_allclose(found.values["mean"], samples.mean(1), atol=1e-6)
    np.testing.assert_allclose(found.values["sd"], samples.std(1), rtol=1e-6)
    exact = -50 * (np.log(samples.std(1)) + 0.5 + 0.5 * np.log(2 * np.pi))
    np.testing.assert_allclose(found.log_likelihood, exact, rtol=1e-12)
    assert found.n_parameters == 2
    assert not found.at_bound.any()


def test_arrays_keep_their_shape_and_count() -> None:
    samples = np.random.default_rng(1).normal([1, 5], 1, (3, 20, 2))
    found = maximise(Normal(mean=np.zeros(2)), density, samples)
    np.testing.assert_allclose(found.values["mean"], samples.mean(1), atol=1e-6)
    assert found.n_parameters == 3


def test_fixed_parameters_are_held() -> None:
    samples = np.random.default_rng(2).normal(0, 3, (2, 20))
    found = maximise(Normal(), density, samples, fixed=["sd"])
    assert set(found.values) == {"mean"}
    assert found.model.sd == 1.0


def test_a_bound_is_reported() -> None:
    """All values alike: the best standard deviation is 0, its bound."""
    assert maximise(Normal(), density, np.ones((1, 5))).at_bound.all()


def test_unknown_parameters_and_hopeless_data_are_refused() -> None:
    with pytest.raises(UnknownName, match="mean"):
        maximise(Normal(), density, np.ones((1, 5)), fixed=["maen"])
    with pytest.raises(InvalidValue, match=r"\[1\]"):
        maximise(Normal(), density, np.array([[1.0, 2.0], [np.nan, 1.0]]))
