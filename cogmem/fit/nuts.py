"""The chains of `cogmem.fit.bayes`: numpyro's NUTS on the log posterior density of a `Problem`."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.extras import bayes_extra
from cogmem.fit.laplace import Peaks
from cogmem.fit.problem import Data, Density, Prior, Problem
from cogmem.models.parameters import check_sizes

__all__ = [
    "By",
    "Chains",
    "Draws",
    "Progress",
    "Rounding",
    "everyone_alone",
    "from_a_population",
    "rounding",
]

By = Literal["subject", "group", "hierarchical"]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Draws:
    """How many draws, and how carefully.

    Attributes:
        n_chains: chains, run side by side.
        n_warmup: iterations of each chain in which the sampler is tuned; not kept.
        n_draws: iterations of each chain that are kept. Both are rounded up to multiples of
            `block`.
        block: iterations between reports of progress.
        target_accept: acceptance rate for which the step size is tuned.
        max_depth: a trajectory has at most 2^max_depth steps.
        float64: whether the likelihood is computed in double precision.
    """

    n_chains: int = 4
    n_warmup: int = 500
    n_draws: int = 1000
    block: int = 50
    target_accept: float = 0.95
    max_depth: int = 10
    float64: bool = True

    def __post_init__(self) -> None:
        check_sizes(self, "n_chains", "n_warmup", "n_draws", "block", "max_depth")
        if not 0 < self.target_accept < 1:
            given = f"target_accept is {self.target_accept!r}"
            raise InvalidValue(f"{given}, expected above 0 and below 1, e.g. 0.95.")

    @property
    def n_warmup_blocks(self) -> int:
        """Blocks of warm-up."""
        return -(-self.n_warmup // self.block)

    @property
    def n_blocks(self) -> int:
        """Blocks of warm-up and of draws."""
        return self.n_warmup_blocks - (-self.n_draws // self.block)

    def n_reports(self, n_people: int, by: By = "subject") -> int:
        """How often progress is reported: after each block."""
        return self.n_blocks * (n_people if by == "subject" else 1)


class Chains(NamedTuple):
    """Draws in the coordinates of the prior.

    Attributes:
        people: float[chain, draw, subject, k].
        diverging: bool[chain, draw, subject], the subject axis of length 1 if all are drawn at
            once.
        n_steps: int, likewise: steps of each trajectory.
        mean, spread: float[chain, draw, k] of the population, if there is one.
    """

    people: np.ndarray
    diverging: np.ndarray
    n_steps: np.ndarray
    mean: np.ndarray | None = None
    spread: np.ndarray | None = None


class Rounding(NamedTuple):
    """A linear map from coordinates in which a peak is about round: centre + shape @ round."""

    centre: Any
    shape: Any


def everyone_alone(
    problem: Problem,
    density: Density,
    peaks: Peaks,
    draws: Draws,
    *,
    key: PRNGKeyArray,
    progress: Progress,
) -> Chains:
    """Chains for one person after another, by one compiled program."""
    numpyro, k = bayes_extra("numpyro"), len(problem.names)
    improper = numpyro.distributions.ImproperUniform
    anywhere = improper(numpyro.distributions.constraints.real_vector, (), (k,))

    def model(round_: Rounding, data: Data, weight: Array) -> None:
        at = round_.centre + round_.shape @ numpyro.sample("round", anywhere)
        numpyro.factor("density", density(at, data, weight))

    sampler = _Sampler(model, draws, dense=True)
    chains = []
    for person, name in enumerate(problem.people):
        own = jax.random.fold_in(key, zlib.crc32(str(name).encode()))
        round_ = rounding(peaks.where[person], peaks.curvature[person], density.prior)
        start = {"round": jax.random.normal(own, (draws.n_chains, k))}
        given = jax.tree.map(jnp.asarray, (round_, *problem.of_person(person)))
        drawn, *stats = sampler.run(own, start, given, progress)
        at = round_.centre + drawn["round"] @ round_.shape.T
        chains.append((at, *stats))
    return Chains(*(np.stack(column, axis=2) for column in zip(*chains, strict=True)))


def from_a_population(
    problem: Problem,
    density: Density,
    peaks: Peaks,
    draws: Draws,
    *,
    key: PRNGKeyArray,
    progress: Progress,
) -> Chains:
    """Chains for all people at once, with the mean and sd of the population they come from."""
    numpyro, (n_people, k) = bayes_extra("numpyro"), peaks.where.shape
    prior, dist = density.prior, numpyro.distributions
    normal = partial(numpyro.sample, fn=dist.Normal(0.0, 1.0).expand([k]).to_event(1))
    half_normal = partial(numpyro.sample, fn=dist.HalfNormal(1.0).expand([k]).to_event(1))
    offsets = [f"offset_{person}" for person in range(n_people)]

    def model(data: Data, weight: Array) -> None:
        mean, spread = normal("mean"), half_normal("spread")
        offset = jnp.stack([normal(name) for name in offsets])
        at = jax.vmap(lambda one: _person_at(prior, mean, spread, one))(offset)
        numpyro.factor("lists", jax.vmap(density.units)(at, data, weight).sum())

    # The mean and sd in one block of the mass matrix, each person in another.
    sampler = _Sampler(model, draws, dense=[("mean", "spread"), *((name,) for name in offsets)])
    start = _population_start(prior, peaks, draws.n_chains, key)
    given = jax.tree.map(jnp.asarray, (problem.data, problem.weight))
    drawn, *stats = sampler.run(key, start, given, progress)
    offset = np.stack([drawn[name] for name in offsets], axis=2)
    mean, spread = drawn["mean"], np.exp(drawn["spread"])  # drawn on the unconstrained scale
    people = _person_at(prior, mean[:, :, None], spread[:, :, None], offset)
    diverging, n_steps = (column[:, :, None] for column in stats)
    return Chains(people, diverging, n_steps, prior.centre + prior.sd * mean, prior.sd * spread)


def _person_at(prior: Prior, mean: Any, spread: Any, offset: Any) -> Any:
    """Coordinates of people: all three are in units of the prior's sd, from its centre."""
    return prior.centre + prior.sd * (mean + spread * offset)


def _population_start(
    prior: Prior, peaks: Peaks, n_chains: int, key: PRNGKeyArray
) -> dict[str, Array]:
    """The mean, sd and offsets of the peaks, a little apart for each chain."""
    z = (peaks.where - prior.centre) / prior.sd
    mean, spread = z.mean(axis=0), np.maximum(z.std(axis=0), 0.3)
    offset = np.clip((z - mean) / spread, -2, 2)
    start = {"mean": mean, "spread": np.log(spread)}  # numpyro's unconstrained scale
    start |= {f"offset_{person}": row for person, row in enumerate(offset)}
    jitter = 0.2 * np.asarray(jax.random.normal(key, (len(start), n_chains, len(mean))))
    return {
        name: jnp.asarray(row + apart)
        for (name, row), apart in zip(start.items(), jitter, strict=True)
    }


def rounding(where: np.ndarray, curvature: np.ndarray, prior: Prior) -> Rounding:
    """Coordinates made round by the curvature, taken as no flatter than half the prior's widest.

    It guides the sampler only: the posterior is the same under any such map.
    """
    eigenvalues, directions = np.linalg.eigh(np.nan_to_num(curvature))
    least = 1 / (2 * prior.sd.max()) ** 2
    return Rounding(where, directions / np.sqrt(np.maximum(eigenvalues, least)))


class _Sampler:
    """numpyro's NUTS, compiled once for data of one shape, run in blocks of iterations."""

    def __init__(self, model: Callable[..., None], draws: Draws, dense: Any) -> None:
        self.draws = draws
        self.kernel = bayes_extra("numpyro.infer").NUTS(
            model,
            dense_mass=dense,
            target_accept_prob=draws.target_accept,
            max_tree_depth=draws.max_depth,
        )
        self.begin, self.block = jax.jit(self._begin), jax.jit(self._block)

    def run(
        self, key: PRNGKeyArray, start: dict[str, Array], given: tuple[Any, ...], progress: Progress
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Warm up, then draw: draws by name, divergences, and steps of trajectories."""
        states = self.begin(jax.random.split(key, self.draws.n_chains), start, given)
        blocks = []
        for _ in range(self.draws.n_blocks):
            states, kept = self.block(states, given)
            blocks.append(jax.tree.map(lambda leaf: np.asarray(leaf).swapaxes(0, 1), kept))
            progress(1)
        after = blocks[self.draws.n_warmup_blocks :]
        return jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), *after)

    def _begin(self, keys: PRNGKeyArray, start: dict[str, Array], given: tuple[Any, ...]) -> Any:
        n_warmup = self.draws.n_warmup_blocks * self.draws.block
        return jax.vmap(lambda key, at: self.kernel.init(key, n_warmup, at, given, {}))(keys, start)

    def _block(self, states: Any, given: tuple[Any, ...]) -> tuple[Any, Any]:
        def step(states: Any, _: None) -> tuple[Any, Any]:
            states = jax.vmap(lambda state: self.kernel.sample(state, given, {}))(states)
            return states, (states.z, states.diverging, states.num_steps)

        return jax.lax.scan(step, states, None, length=self.draws.block)
