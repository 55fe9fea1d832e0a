"""A fitted normal that will do, and one that will not, told apart by Pareto k."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from cogmem.fit.problem import Problem
from cogmem.fit.variational import variational
from cogmem.models.parameters import parameter
from tests.fit.toys import binomial, posterior_on_grid

pytest.importorskip("arviz")
pytest.importorskip("numpyro")

K, N = np.array([[5, 4, 6, 5]]), np.full((1, 4), 10)


@pytest.mark.parametrize("n_steps", [0, 300])
def test_a_nearly_normal_posterior_is_covered(n_steps):
    found = variational(binomial(K, N), key=jax.random.key(0), n_steps=n_steps)
    assert bool(found["reliable"])
    assert 0.9 * 2000 < float(found["ess"]) <= 2000
    z, weight = posterior_on_grid(K, N)
    weighted = (np.exp(found["log_weight"]) * found["value"][:, 0]).sum()
    assert float(weighted) == pytest.approx((expit(z) * weight).sum(), abs=0.005)


class Width(eqx.Module):
    """A place whose distribution has tails that no normal has."""

    x: float = parameter(0.0, (-np.inf, np.inf), start=(-400, 400), meaning="x", source="toy")


def test_tails_that_a_normal_lacks_are_seen():
    problem = Problem.of_module(Width(), lambda m, y: -jnp.log1p((m.x - y) ** 2), np.zeros((1, 1)))
    found = variational(problem, key=jax.random.key(0), n_steps=0)
    assert float(found["pareto_k"]) > 0.7
    assert not bool(found["reliable"])
