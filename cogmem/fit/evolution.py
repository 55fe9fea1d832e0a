"""Differential evolution, the field's usual optimiser: the cross-check of the gradient fits."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit.objective import objective
from cogmem.fit.people import People
from cogmem.models import parameters
from cogmem.models.parameters import Parameter
from cogmem.participants.sitting import Sitting

__all__ = ["Evolved", "evolve"]


class Evolved(NamedTuple):
    """Where differential evolution ended for one person."""

    values: dict[str, float]
    nll: float
    n_generations: int


def evolve(
    sitting: Sitting,
    people: People,
    person: int = 0,
    *,
    key: PRNGKeyArray,
    max_generations: int = 1000,
    population: int = 15,
) -> Evolved:
    """Fit one person by scipy's differential evolution, a generation per call of the likelihood.

    Population 15 per parameter and crossover .9, as in the field. Unlike there, the search is on
    the unconstrained scale, because on the natural one nearly all of a box like (0, 100) lies
    where no person is; parents are drawn at random and the scale varies from .4 to .9, because
    .85 around the best individual was caught in poorer optima.

    Args:
        sitting: participant and rule.
        people: whose lists.
        person: which of them, by index.
        key: seeds scipy's generator, and the participant's own randomness.
        max_generations: at most.
        population: individuals per parameter.
    """
    entries = sitting.parameters
    lists = people.lists_of(person)

    @jax.jit
    def losses(raw: Float[Array, "k individual"]) -> Float[Array, " individual"]:
        loss = objective(sitting, people.n_items, key=key)
        return jax.vmap(lambda one: loss(one, *lists), in_axes=1)(raw)

    found = scipy.optimize.differential_evolution(
        lambda raw: np.nan_to_num(np.asarray(losses(raw), np.float64), nan=np.inf),
        [_box(entry) for entry in entries.values()],
        popsize=population,
        strategy="rand1bin",
        recombination=0.9,
        mutation=(0.4, 0.9),
        maxiter=max_generations,
        vectorized=True,
        updating="deferred",
        polish=False,
        tol=0,
        atol=0.05,  # nats: the spread of the population at which to stop
        rng=np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist()),
    )
    values = parameters.constrain(entries, jnp.asarray(found.x))
    natural = {name: float(value) for name, value in values.items()}
    return Evolved(natural, float(found.fun), int(found.nit))


def _box(entry: Parameter) -> tuple[float, float]:
    """Where a parameter is searched on the real line: all but a millionth of finite bounds."""
    low, high = entry.bounds
    if entry.transform == "logit":
        inset = 1e-6 * (high - low)
        return _raw(entry, low + inset), _raw(entry, high - inset)
    return _raw(entry, entry.starts[0]) - 5, _raw(entry, entry.starts[1]) + 5


def _raw(entry: Parameter, value: float) -> float:
    return float(entry.unconstrain(jnp.asarray(value)))
