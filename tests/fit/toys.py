"""Problems small enough to be solved by quadrature."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import scipy.special

from cogmem.fit.problem import Problem
from cogmem.models.parameters import parameter

__all__ = ["CENTRE", "SD", "Rate", "binomial", "likelihood", "posterior_on_grid"]


class Rate(eqx.Module):
    """The probability of success; its start interval is symmetric on the logit scale."""

    rate: float = parameter(0.5, (0, 1), start=(0.1, 0.9), meaning="rate", source="toy")


CENTRE, SD = 0.0, 2 * float(scipy.special.logit(0.9)) / 4
"""The prior that follows: its start interval holds two standard deviations to each side."""


def binomial(successes: np.ndarray, trials: np.ndarray) -> Problem:
    """Counts of successes by (person, unit)."""

    def log_likelihoods(model, counts):
        k, n = counts
        return k * jnp.log(model.rate) + (n - k) * jnp.log1p(-model.rate)

    return Problem.of_module(Rate(), log_likelihoods, (np.float64(successes), np.float64(trials)))


def likelihood(k, n, z):
    """Binomial, without its constant, on the logit scale."""
    return np.exp(k * scipy.special.log_expit(z) + (n - k) * scipy.special.log_expit(-z))


def posterior_on_grid(k, n):
    """Grid on the logit scale, and the posterior weight of each point given all counts."""
    z = np.linspace(-8, 8, 4001)
    weight = likelihood(np.sum(k), np.sum(n), z) * np.exp(-(((z - CENTRE) / SD) ** 2) / 2)
    return z, weight / weight.sum()
