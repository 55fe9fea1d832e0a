"""Differential evolution, the field's usual optimiser: the cross-check of the gradient fits."""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np
import scipy.optimize
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit.objective import objective
from cogmem.fit.people import People
from cogmem.models import parameters
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

    Population 15 per parameter and crossover .9, as in the field. Parents are drawn at random and
    the scale varies from .4 to .9, because the field's fixed scale of .85 around the best
    individual was caught in poorer optima. It still may be: compare with `fit`.

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
    def losses(values: Float[Array, "k individual"]) -> Float[Array, " individual"]:
        raw = parameters.unconstrain(entries, dict(zip(entries, values, strict=True)))
        loss = objective(sitting, people.n_items, key=key)
        return jax.vmap(lambda one: loss(one, *lists), in_axes=1)(raw)

    found = scipy.optimize.differential_evolution(
        lambda values: np.nan_to_num(np.asarray(losses(values), np.float64), nan=np.inf),
        [entry.bounds for entry in entries.values()],
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
    values = dict(zip(entries, found.x.tolist(), strict=True))
    return Evolved(values, float(found.fun), int(found.nit))
