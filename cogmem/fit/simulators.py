"""Search for the parameters of models without a tractable likelihood: CMA-ES, step by step.

Every evaluation of one search uses the same random numbers, so that differences of fitness are of
the parameters alone. The first individual is the model as published; the others are drawn around it
on the unconstrained scale, in units of half the `start` interval of each parameter. A generation
and the strategy's state are plain arrays, to be stored and gone on from.

Source: Hansen & Ostermeier (2001), Evolutionary Computation 9, 159-195; evosax (Lange, 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from evosax.algorithms import CMA_ES
from jax.flatten_util import ravel_pytree
from jaxtyping import Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models import parameters
from cogmem.models.parameters import Parameter, check_sizes

__all__ = ["Budget", "Generation", "Objective", "best", "generations", "state_size"]

Objective = Callable[[dict[str, Any]], float]
"""Values by name -> what is to be made small; NaN counts as the worst."""

WORST = 1e6

LEAST = 4
"""Evaluations of a generation, of which CMA-ES takes the better half for its mean."""


@dataclass(frozen=True)
class Budget:
    """How many evaluations everybody is granted.

    Attributes:
        n_generations: one after the other.
        population: evaluations of each.
        width: SD of the first generation, in half `start` intervals.

    Raises:
        InvalidValue: without a generation, or for fewer than 4 evaluations in each.
    """

    n_generations: int = 40
    population: int = 8
    width: float = 0.5

    def __post_init__(self) -> None:
        check_sizes(self, "n_generations", "population")
        if self.population < LEAST or not 0 < self.width < np.inf:
            raise InvalidValue(
                f"population is {self.population} and width {self.width}, expected {LEAST} or more "
                "and above 0."
            )

    @property
    def n_evaluations(self) -> int:
        """In all."""
        return self.n_generations * self.population


class Generation(NamedTuple):
    """What one generation leaves.

    Attributes:
        raw: [individual, parameter] on the unconstrained scale.
        loss: [individual] of each.
        state: of the strategy after it, as numbers.
    """

    raw: Float[np.ndarray, "individual parameter"]
    loss: Float[np.ndarray, " individual"]
    state: Float[np.ndarray, " number"]


def generations(
    objective: Objective,
    entries: Mapping[str, Parameter],
    budget: Budget,
    *,
    key: PRNGKeyArray,
    before: list[Generation] | None = None,
) -> Iterator[Generation]:
    """The generations that are still to come.

    Args:
        objective: what is searched.
        entries: of the free parameters, one or more.
        budget: how many generations, and how large.
        key: generation g draws from `key` folded with g.
        before: those that were computed already; the next follow from the last of them.
    """
    before = list(before or [])
    strategy, constants, fresh = _strategy(len(entries), budget)
    flat, restore = ravel_pytree(fresh)
    state = restore(jnp.asarray(before[-1].state, flat.dtype)) if before else fresh
    centre, scale = _frame(entries)
    for number in range(len(before), budget.n_generations):
        ask, tell = jax.random.split(jax.random.fold_in(key, number))
        with jax.numpy_rank_promotion("allow"):  # within evosax
            steps, state = strategy.ask(ask, state, constants)
        if number == 0:
            steps = steps.at[0].set(0)
        raw = centre + scale * np.asarray(steps, float)
        if number == 0:
            raw[0] = _published(entries)
        loss = np.array([_loss(objective, entries, one) for one in raw])
        with jax.numpy_rank_promotion("allow"):
            state, _ = strategy.tell(tell, steps, jnp.asarray(loss, jnp.float32), state, constants)
        yield Generation(raw, loss, np.asarray(ravel_pytree(state)[0], np.float64))


def best(found: list[Generation], entries: Mapping[str, Parameter]) -> dict[str, float]:
    """The values with the least loss of all that were tried."""
    raw = np.concatenate([each.raw for each in found])
    loss = np.concatenate([each.loss for each in found])
    return _values(entries, raw[loss.argmin()])


def state_size(n_parameters: int, budget: Budget) -> int:
    """Numbers in `Generation.state`."""
    return len(ravel_pytree(_strategy(n_parameters, budget)[2])[0])


def _strategy(n_parameters: int, budget: Budget) -> tuple[Any, Any, Any]:
    """CMA-ES, its constants, and its state before the first generation."""
    strategy = CMA_ES(population_size=budget.population, solution=jnp.zeros(n_parameters))
    constants = strategy.default_params.replace(std_init=budget.width)
    # Its state depends on the mean alone.
    return strategy, constants, strategy.init(jax.random.key(0), jnp.zeros(n_parameters), constants)


def _frame(entries: Mapping[str, Parameter]) -> tuple[np.ndarray, np.ndarray]:
    """Published values, and half the widths of the start intervals, on the unconstrained scale."""
    points = (
        {name: value(entry) for name, entry in entries.items()}
        for value in (
            lambda entry: _inside(entry),
            lambda entry: entry.starts[0],
            lambda entry: entry.starts[1],
        )
    )
    centre, low, high = (np.asarray(parameters.unconstrain(entries, p), float) for p in points)
    return centre, (high - low) / 2


def _inside(entry: Parameter) -> float:
    """The published value; one that lies on a bound is moved to the nearer end of the starts."""
    low, high = entry.bounds
    if low < entry.default < high:
        return entry.default
    return entry.starts[0] if entry.default <= low else entry.starts[1]


def _published(entries: Mapping[str, Parameter]) -> np.ndarray:
    """Published values; one on a bound is moved just inside it."""
    values = {name: entry.default for name, entry in entries.items()}
    return np.asarray(parameters.unconstrain(entries, values), float)


def _values(entries: Mapping[str, Parameter], raw: np.ndarray) -> dict[str, float]:
    found = parameters.constrain(entries, jnp.asarray(raw, jnp.result_type(float)))
    return {name: float(value) for name, value in found.items()}


def _loss(objective: Objective, entries: Mapping[str, Parameter], raw: np.ndarray) -> float:
    loss = objective(_values(entries, raw))
    return float(loss) if np.isfinite(loss) else WORST
