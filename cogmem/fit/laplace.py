"""Laplace's approximation: a normal distribution with the curvature of the peak.

Around the maximum of the likelihood it gives the usual confidence intervals; around the maximum of
a posterior, a first picture of it. It holds on the unconstrained scale, in float64; its intervals
are carried over to the natural scale, where they need not be symmetric. Along a ridge, and at a
bound, there is no curvature: parameters that take part in such a direction have no interval, which
is said for the person concerned, and nothing is added to the curvature to hide it. At a saddle, or
a corner, nothing has an interval. CMR has corners: once its rule makes stopping certain after some
number of recalls, the likelihood has a kink, and the maximum may lie on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import scipy.optimize
import scipy.stats
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.fit.criteria import check_level
from cogmem.fit.multistart import Fit
from cogmem.fit.problem import Data, Density, Problem

__all__ = ["Peaks", "around", "find_peaks", "laplace", "laplace_at", "laplace_of"]

ROUNDING = 1e-10
"""A curvature below this share of the largest is no curvature."""

STILL_RISING = 0.1
"""Nats that Newton's step promises: more than this, and the search ended on no smooth peak."""

TAKES_PART = 0.01
"""A parameter that moves more than this per unit of a direction takes part in it."""


class Peaks(NamedTuple):
    """The maximum of each person's density, and its curvature there, in the prior's coordinates.

    Attributes:
        where: float64[person, k].
        log_density: float64[person] nats.
        gain: float64[person] nats above where the search began.
        gradient: float64[person, k], not 0 if the search ended at a corner.
        curvature: float64[person, k, k] minus the Hessian.
    """

    where: np.ndarray
    log_density: np.ndarray
    gain: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray


def laplace(fit: Fit, *, level: float = 0.95, key: PRNGKeyArray | None = None) -> xr.Dataset:
    """Confidence intervals of each person's maximum-likelihood estimates.

    Args:
        fit: the estimates; they are improved in float64 first, and `gain` says by how much.
        level: of the intervals.
        key: the participant's own randomness, if it has any.

    Returns:
        See `laplace_of`; parameters only, without ratios. Where a person has no peak because
        parameters want to go to their bounds, these are held there, as `held` (subject, parameter)
        says, and the intervals of the others are given; `positive_definite` is then of the others.

    Raises:
        InvalidValue: if the level is not between 0 and 1.
    """
    check_level(level)
    key = jax.random.key(0) if key is None else key
    problem = Problem.of_sitting(fit.sitting, fit.people, key=key)
    density = problem.density(prior=False)
    peaks = find_peaks(problem, density, fit.raw)
    table = _with_bounds_held(problem, density, peaks, around(problem, density, peaks, level))
    return table.sel(parameter=problem.names)


def _with_bounds_held(
    problem: Problem, density: Density, peaks: Peaks, table: xr.Dataset
) -> xr.Dataset:
    """Intervals for people without a peak, their parameters at bounds taken as known."""
    to_coordinates = np.linalg.inv(density.prior.to_raw)
    peaked, spread = table["positive_definite"].values.copy(), table["sd"].values.copy()
    held = np.zeros(spread.shape, bool)  # ratios are among the columns, and are never held
    for column, entry in enumerate(problem.entries.values()):
        held[:, column] = entry.near_bound(table["mode"].values[:, column]) & ~peaked
    for person in np.flatnonzero(held.any(axis=1)):
        free = np.flatnonzero(~held[person, : len(problem.names)])
        curvature = to_coordinates.T @ peaks.curvature[person] @ to_coordinates
        if peaked_by(rest := curvature[np.ix_(free, free)]):
            peaked[person] = True
            spread[person, free] = np.sqrt(np.diag(np.linalg.inv(rest)))
    both = ("subject", "parameter")
    known = {"sd": (both, spread), "held": (both, held), "positive_definite": ("subject", peaked)}
    return laplace_at(problem, table.assign(known), table.attrs["level"])


def peaked_by(curvature: Float[np.ndarray, "k k"]) -> bool:
    """Whether a curvature is that of a peak, in every direction."""
    if not np.isfinite(curvature).all():
        return False
    eigenvalues = np.linalg.eigvalsh(curvature)
    return bool(eigenvalues[0] > ROUNDING * eigenvalues[-1])


def laplace_of(
    problem: Problem,
    starts: Float[np.ndarray, "person k"],
    *,
    level: float = 0.95,
    prior: bool = False,
) -> xr.Dataset:
    """Laplace intervals of any problem, around maximum likelihood or, with a prior, around the MAP.

    Args:
        problem: what is estimated.
        starts: raw parameters from which each person's maximum is sought.
        level: of the intervals.
        prior: whether `problem.prior()` takes part.

    Returns:
        Dataset. By (subject, parameter), `problem.reported` being the parameters: `mode`, `low`
        and `high` on the natural scale, and `raw` (the mode) and `sd` on the real line. By subject:
        `positive_definite`, without which low, high and sd are NaN for parameters that take part
        in a direction without curvature, for all if curvature is negative; `corner`, where the
        density still rises and nothing has an interval either; `gain` of the last search (nats);
        `smallest_eigenvalue` of the curvature, and `flattest`, the parameter that weighs most in
        that direction.

    Raises:
        InvalidValue: if the level is not between 0 and 1.
    """
    check_level(level)
    density = problem.density(prior=prior)
    peaks = find_peaks(problem, density, starts)
    return around(problem, density, peaks, level)


def around(problem: Problem, density: Density, peaks: Peaks, level: float = 0.95) -> xr.Dataset:
    """The intervals around peaks that are known already; see `laplace_of`."""
    raw, spread = (
        np.array(column) for column in zip(*_normals(problem, density, peaks), strict=True)
    )
    eigenvalues, directions = np.linalg.eigh(peaks.curvature)
    steepness = np.abs(directions[:, :, 0] @ density.prior.to_raw.T)
    slopes = list(zip(peaks.curvature, peaks.gradient, strict=True))
    by_parameter = {"raw": raw, "sd": spread}
    by_subject = {
        "positive_definite": eigenvalues[:, 0] > ROUNDING * eigenvalues[:, -1],  # False for NaN
        "corner": np.array([_rise(*one) > STILL_RISING for one in slopes]),
        "gain": peaks.gain,
        "smallest_eigenvalue": eigenvalues[:, 0],
        "flattest": np.array(problem.names)[steepness.argmax(axis=1)],
    }
    table = xr.Dataset(
        {name: (("subject", "parameter"), values) for name, values in by_parameter.items()}
        | {name: ("subject", values) for name, values in by_subject.items()},
        {"subject": problem.people, "parameter": problem.reported},
        {"around": "MAP" if np.isfinite(density.prior.sd).all() else "maximum likelihood"},
    )
    return laplace_at(problem, table, level)


def laplace_at(problem: Problem, table: xr.Dataset, level: float) -> xr.Dataset:
    """A table of `laplace_of` with intervals of another level.

    Raises:
        InvalidValue: if the level is not between 0 and 1.
    """
    check_level(level)
    reach = scipy.stats.norm.ppf((1 + level) / 2) * table["sd"].values
    raw, axes = table["raw"].values, ("subject", "parameter")
    ends = {"mode": raw, "low": raw - reach, "high": raw + reach}
    natural = {name: (axes, problem.natural(end)) for name, end in ends.items()}
    return table.assign(natural).assign_attrs(level=level)


def find_peaks(
    problem: Problem, density: Density, starts: Float[np.ndarray, "person k"], n_steps: int = 200
) -> Peaks:
    """The maximum of each person's density, by L-BFGS in float64.

    Args:
        problem: whose people and data.
        density: `problem.density(...)`.
        starts: raw parameters.
        n_steps: at most.
    """
    to_coordinates = np.linalg.inv(density.prior.to_raw)
    found = []
    with jax.enable_x64(True):
        for person, raw in enumerate(np.asarray(starts, np.float64)):
            data = problem.of_person(person)
            where, began, ended = _climb(density, to_coordinates @ raw, data, n_steps)
            gradient = np.asarray(_value_and_gradient(density, where, *data)[1])
            curvature = -np.asarray(_hessian(density, where, *data))
            found.append((where, ended, ended - began, gradient, curvature))
    return Peaks(*(np.array(column) for column in zip(*found, strict=True)))


def _climb(
    density: Density, start: np.ndarray, data: tuple[Data, np.ndarray], n_steps: int
) -> tuple[np.ndarray, float, float]:
    """Where the search ended, and the log density where it began and ended."""

    def slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _value_and_gradient(density, x, *data)
        return -float(value), -np.nan_to_num(np.asarray(gradient))

    options = {"maxiter": n_steps, "ftol": 1e-12, "gtol": 1e-6}
    end = scipy.optimize.minimize(slope, start, jac=True, method="L-BFGS-B", options=options)
    began = -slope(start)[0]
    # A step that ends in NaN is not taken.
    return (end.x, began, -end.fun) if -end.fun >= began else (start, began, began)


@eqx.filter_jit
def _value_and_gradient(density: Density, at: Any, data: Data, weight: Any) -> tuple[Array, Array]:
    return jax.value_and_grad(density)(at, data, weight)


@eqx.filter_jit
def _hessian(density: Density, at: Any, data: Data, weight: Any) -> Float[Array, "k k"]:
    return jax.hessian(density)(at, data, weight)


def _normals(
    problem: Problem, density: Density, peaks: Peaks
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each person what is reported of the peak, and its sd; NaN where there is none."""

    def report(where: Any) -> Array:
        return problem.report(density.prior.to_raw @ where)

    with jax.enable_x64(True):
        each = zip(peaks.where, peaks.curvature, peaks.gradient, strict=True)
        for where, curvature, gradient in each:
            slope = np.asarray(jax.jacobian(report)(where))
            spread = _spread(curvature, slope)
            if _rise(curvature, gradient) > STILL_RISING:
                spread = np.full(len(slope), np.nan)
            yield np.asarray(report(where)), spread


def _rise(curvature: np.ndarray, gradient: np.ndarray) -> float:
    """Nats by which Newton's step would rise, along the directions that are curved."""
    eigenvalues, directions = np.linalg.eigh(curvature)
    curved = eigenvalues > ROUNDING * eigenvalues[-1]
    return float(((gradient @ directions)[curved] ** 2 / eigenvalues[curved]).sum() / 2)


def _spread(curvature: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """sd of what moves by `slope` with the coordinates; NaN where it is not known."""
    eigenvalues, directions = np.linalg.eigh(curvature)
    least = ROUNDING * eigenvalues[-1]
    if not eigenvalues[0] >= -least:  # a saddle, or NaN
        return np.full(len(slope), np.nan)
    moves, flat = slope @ directions, eigenvalues <= least
    variance = (moves[:, ~flat] ** 2 / eigenvalues[~flat]).sum(axis=1)
    takes_part = (abs(moves[:, flat]) > TAKES_PART).any(axis=1)
    return np.where(takes_part, np.nan, np.sqrt(variance))
