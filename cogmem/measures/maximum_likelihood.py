"""Maximum likelihood for small models in closed form: signal detection, retention laws, SIMPLE.

One model, many problems of one shape (people, conditions), each solved by itself in float64 from
several starts. Models that walk through responses are fitted by `cogmem.fit`, all in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float
from threadpoolctl import threadpool_limits

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models import parameters
from cogmem.models.parameters import Parameter

__all__ = ["Estimate", "LogLikelihood", "maximise"]

LogLikelihood = Callable[[Any, Any], Float[Array, ""]]
"""(model, data of one problem) -> log-likelihood in nats."""

Values = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A model at its best, for each of several problems.

    Attributes:
        model: the model; parameters that were estimated have a leading [problem] axis.
        values: estimates by name, float64[problem, ...].
        log_likelihood: float64[problem] nats, at the estimates.
        n_parameters: numbers estimated per problem.
        at_bound: bool[problem], whether any estimate lies on its bounds, see
            `Parameter.near_bound`.
    """

    model: eqx.Module
    values: Values
    log_likelihood: np.ndarray
    n_parameters: int
    at_bound: np.ndarray


def maximise(
    model: eqx.Module,
    log_likelihood: LogLikelihood,
    data: Any,
    *,
    fixed: Iterable[str] = (),
    n_starts: int = 8,
    seed: int = 0,
) -> Estimate:
    """The parameters under which each problem's data are most likely.

    Args:
        model: where the first start lies; parameters may be arrays, whose shape is kept.
        log_likelihood: of one problem.
        data: a pytree of arrays with a leading [problem] axis.
        fixed: parameters held at the model's values.
        n_starts: starts per problem; all but the first are drawn from the `start` intervals.
        seed: of those draws.

    Raises:
        UnknownName: if a fixed parameter is not one of the model.
        InvalidValue: if the likelihood of a problem is not finite from any start.
    """
    space = _Space(model, _free(model, fixed))
    with jax.enable_x64(True):
        data = jax.tree.map(_wide, data)
        slope = jax.jit(jax.value_and_grad(partial(_loss, space, log_likelihood)))
        starts = space.starts(n_starts, seed)
        n_problems = len(jax.tree.leaves(data)[0])
        # Threads of the linear algebra wait for each other ten times as long as these vectors take.
        with threadpool_limits(1, "blas"):
            each = [_best(slope, starts, _row(data, i)) for i in range(n_problems)]
        found = space.values(np.stack([raw for raw, _ in each]))
    nll = np.array([loss for _, loss in each])
    if not np.isfinite(nll).all():
        lost = np.flatnonzero(~np.isfinite(nll)).tolist()
        raise InvalidValue(f"the likelihood of problem(s) {lost} is not finite from any start.")
    fitted = parameters.replace(model, found)
    return Estimate(fitted, found, -nll, starts[0].size, _at_bound(space.entries, found))


class _Space:
    """The free parameters of a model as one vector on the real line."""

    def __init__(self, model: eqx.Module, entries: dict[str, Parameter]) -> None:
        self.model, self.entries = model, entries
        values = parameters.get(model)
        self.own = {name: np.asarray(values[name], float) for name in entries}

    def model_at(self, raw: Float[Array, " k"]) -> Any:
        """The model with its free parameters set from the vector."""
        return parameters.replace(self.model, self._within(raw))

    def values(self, raw: Float[np.ndarray, "problem k"]) -> Values:
        """Estimates within bounds, [problem, ...] by name."""
        return {
            name: np.asarray(value)
            for name, value in jax.vmap(self._within)(jnp.asarray(raw)).items()
        }

    def starts(self, n_starts: int, seed: int) -> list[np.ndarray]:
        """The model's own values, then draws between the ends of the start intervals."""
        rng = np.random.default_rng(seed)

        def drawn(name: str, entry: Parameter) -> Array:
            low, high = (entry.unconstrain(jnp.asarray(end)) for end in entry.starts)
            return low + (high - low) * rng.random(self.own[name].shape)

        others = [{n: drawn(n, e) for n, e in self.entries.items()} for _ in range(n_starts - 1)]
        own = {
            name: entry.unconstrain(jnp.asarray(self.own[name]))
            for name, entry in self.entries.items()
        }
        return [np.asarray(ravel_pytree(start)[0]) for start in (own, *others)]

    def _within(self, raw: Float[Array, " k"]) -> dict[str, Array]:
        _, restore = ravel_pytree(self.own)
        free = restore(raw)
        return {name: entry.constrain(free[name]) for name, entry in self.entries.items()}


def _free(model: eqx.Module, fixed: Iterable[str]) -> dict[str, Parameter]:
    entries = parameters.table(model)
    for name in fixed:
        if name not in entries:
            raise UnknownName("parameter", name, entries)
    return {name: entry for name, entry in entries.items() if name not in set(fixed)}


def _loss(space: _Space, log_likelihood: LogLikelihood, raw: Array, data: Any) -> Array:
    return -log_likelihood(space.model_at(raw), data)


def _wide(leaf: Any) -> np.ndarray:
    """Floats in double precision; whole numbers and flags as they are."""
    leaf = np.asarray(leaf)
    return leaf.astype(np.float64) if np.issubdtype(leaf.dtype, np.floating) else leaf


def _row(data: Any, row: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[row], data)


def _best(slope: Any, starts: list[np.ndarray], data: Any) -> tuple[np.ndarray, float]:
    """The best end of L-BFGS from every start, and its loss."""

    def value_and_gradient(raw: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = slope(raw, data)
        return float(value), np.asarray(gradient)

    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-8}
    search = partial(
        scipy.optimize.minimize, value_and_gradient, jac=True, method="L-BFGS-B", options=options
    )
    ends = [search(start) for start in starts]
    losses = [end.fun if np.isfinite(end.fun) else np.inf for end in ends]
    best = ends[int(np.argmin(losses))]
    return best.x, float(min(losses))


def _at_bound(entries: dict[str, Parameter], found: Values) -> np.ndarray:
    near = [entry.near_bound(found[name]) for name, entry in entries.items()]
    return np.any([each.reshape(len(each), -1).any(axis=1) for each in near], axis=0)
