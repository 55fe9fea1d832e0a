"""Maximum likelihood for many people at once: Adam from several starts, then L-BFGS from the best.

All people and starts are one batch of one compiled program. Every random start depends on the
root key and the person's identity only, never on who else is fitted or in which order.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.optimize
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit.objective import Objective, list_log_likelihoods, objective, with_raw
from cogmem.fit.people import People
from cogmem.models import parameters
from cogmem.models.parameters import Parameter
from cogmem.participants.sitting import Sitting

__all__ = ["Fit", "Search", "fit"]

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Search:
    """How hard to look for the best parameters.

    Attributes:
        n_starts: random starts per person.
        n_steps: Adam steps per start.
        learning_rate: of Adam, at its peak; it falls to 0 as a cosine.
        n_polish: L-BFGS iterations from the best start of each person.
        block: steps between reports of progress.
    """

    n_starts: int = 8
    n_steps: int = 250
    learning_rate: float = 0.1
    n_polish: int = 40
    block: int = 25

    @property
    def n_blocks(self) -> int:
        """Reports of progress of one fit, the polish counted as one."""
        return -(-self.n_steps // self.block) + 1


@dataclass(frozen=True, eq=False)
class Fit:
    """A sitting fitted to each of several people.

    Attributes:
        sitting: who was fitted, before the fit.
        people: the lists fitted to.
        raw: float32[subject, parameter] estimates on the real line.
        nll: float[subject] negative log-likelihood (nats) of those lists.
    """

    sitting: Sitting
    people: People
    raw: np.ndarray
    nll: np.ndarray

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Estimates within their bounds, [subject] by name."""
        entries = self.sitting.parameters
        constrained = parameters.constrain(entries, jnp.asarray(self.raw).T) if entries else {}
        return {name: np.asarray(value) for name, value in constrained.items()}

    @property
    def n_parameters(self) -> int:
        """Numbers per person that were optimised or counted on these lists."""
        counted = self.people.n_items if self.sitting.counts_stopping else 0
        return len(self.sitting.parameters) + counted

    @property
    def fitted(self) -> Sitting:
        """The fitted sittings as one batch: every changed leaf has a leading [subject] axis."""
        people = self.people
        return eqx.filter_vmap(
            lambda raw, recalls, weight: _settled(self.sitting, raw, recalls, weight, people.n_items)
        )(jnp.asarray(self.raw), jnp.asarray(people.recalls), jnp.asarray(people.weight))

    def score(self, people: People, *, key: PRNGKeyArray) -> np.ndarray:
        """float[subject, list] teacher-forced log-likelihood (nats) of other lists; 0 for padding.

        Raises:
            InvalidValue: if these are not the people that were fitted.
        """
        if not np.array_equal(people.subjects, self.people.subjects):
            raise InvalidValue("the people to score are not the people fitted, in the same order.")
        scored = _score(self.fitted, jnp.asarray(people.recalls), people.n_items, key)
        return np.asarray(scored) * people.weight


def fit(
    sitting: Sitting,
    recalls: Recalls | People,
    *,
    key: PRNGKeyArray,
    search: Search | None = None,
    progress: Progress = lambda blocks: None,
) -> Fit:
    """Fit a sitting to each person by maximum likelihood.

    Args:
        sitting: participant and rule; its `parameters` are what is fitted.
        recalls: lists of one length.
        key: root of the random starts, and of the participant's own randomness.
        search: how hard to look.
        progress: called with the number of blocks done since the last call, `search.n_blocks` in
            all.

    Raises:
        InvalidValue: if a person's likelihood is not finite from any start.
    """
    search = search or Search()
    people = recalls if isinstance(recalls, People) else People.of(recalls)
    loss = objective(sitting, people.n_items, key=key)
    raw = _starts(sitting.parameters, people, search.n_starts, key)
    if sitting.parameters:
        raw = _descend(loss, raw, people, search, progress)
    raw, nll = _polish(loss, raw, people, search.n_polish if sitting.parameters else 0)
    progress(1)
    if not np.isfinite(nll).all():
        lost = people.subjects[~np.isfinite(nll)]
        raise InvalidValue(f"the likelihood of subject(s) {list(lost)} is not finite from any start.")
    return Fit(sitting, people, raw, nll)


def person_key(key: PRNGKeyArray, subject: Any) -> PRNGKeyArray:
    """The key of one person: the root folded with the identity, never with a position."""
    return jax.random.fold_in(key, zlib.crc32(str(subject).encode()))


def _starts(
    entries: dict[str, Parameter], people: People, n_starts: int, key: PRNGKeyArray
) -> Float[Array, "subject start k"]:
    """Uniform on the real line between the ends of each parameter's `start` interval."""
    if not entries:
        return jnp.zeros((len(people), 1, 0))
    ends = [parameters.unconstrain(entries, _ends(entries, side)) for side in (0, 1)]
    keys = jnp.stack([person_key(key, subject) for subject in people.subjects])
    draw = partial(
        jax.random.uniform, shape=(n_starts, len(entries)), minval=ends[0], maxval=ends[1]
    )
    return jax.vmap(draw)(keys)


def _ends(entries: dict[str, Parameter], side: int) -> dict[str, float]:
    """One end of each start interval, an open bound moved in by 2 % of the interval."""
    inner = {}
    for name, entry in entries.items():
        low, high = entry.start
        margin = 0.02 * (high - low)
        at_bound = entry.start[side] == entry.bounds[side]
        inner[name] = entry.start[side] + at_bound * (margin if side == 0 else -margin)
    return inner


class _Descent(NamedTuple):
    raw: Float[Array, " k"]
    optimiser: Any
    best: Float[Array, " k"]
    best_loss: Float[Array, ""]


def _descend(
    loss: Objective, raw: Array, people: People, search: Search, progress: Progress
) -> Float[Array, "subject start k"]:
    """Adam from every start; the best point that each visited."""
    schedule = optax.cosine_decay_schedule(search.learning_rate, search.n_steps)
    adam = optax.chain(optax.zero_nans(), optax.adam(schedule))
    over_starts = jax.vmap(partial(_adam_block, loss, adam), in_axes=(0, None, None, None))
    block = jax.jit(jax.vmap(over_starts, in_axes=(0, 0, 0, None)), static_argnums=3)
    state = _Descent(raw, jax.vmap(jax.vmap(adam.init))(raw), raw, jnp.full(raw.shape[:2], jnp.inf))
    lists = jnp.asarray(people.recalls), jnp.asarray(people.weight)
    for first in range(0, search.n_steps, search.block):
        state = block(state, *lists, min(search.block, search.n_steps - first))
        jax.block_until_ready(state)
        progress(1)
    return state.best


def _adam_block(
    loss: Objective,
    adam: optax.GradientTransformation,
    state: _Descent,
    recalls: Array,
    weight: Array,
    n_steps: int,
) -> _Descent:
    def step(now: _Descent, _: None) -> tuple[_Descent, None]:
        value, gradient = jax.value_and_grad(loss)(now.raw, recalls, weight)
        better = value < now.best_loss
        updates, optimiser = adam.update(gradient, now.optimiser)
        return _Descent(
            raw=now.raw + updates,
            optimiser=optimiser,
            best=jnp.where(better, now.raw, now.best),
            best_loss=jnp.where(better, value, now.best_loss),
        ), None

    return jax.lax.scan(step, state, length=n_steps)[0]


def _polish(
    loss: Objective, starts: Array, people: People, n_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """L-BFGS from the best start of each person; never worse than where it began."""
    lists = jnp.asarray(people.recalls), jnp.asarray(people.weight)
    best, value = jax.jit(jax.vmap(partial(_best_start, loss)))(starts, *lists)
    raw, nll = np.array(best), np.array(value, np.float64)
    # Person by person: each stops when done, which in a batch would wait for the slowest.
    slope = jax.jit(jax.value_and_grad(loss))
    for person in range(len(people) if n_steps else 0):
        lists_of_one = people.recalls[person], people.weight[person]
        found = scipy.optimize.minimize(
            lambda x, lists=lists_of_one: _as_float64(slope(x.astype(raw.dtype), *lists)),
            raw[person],
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": n_steps},
        )
        if found.fun < nll[person]:  # False for NaN
            raw[person], nll[person] = found.x, found.fun
    return raw, nll


def _as_float64(value_and_slope: tuple[Array, Array]) -> tuple[float, np.ndarray]:
    return float(value_and_slope[0]), np.asarray(value_and_slope[1], np.float64)


def _best_start(loss: Objective, raw: Array, recalls: Array, weight: Array) -> tuple[Array, Array]:
    values = jax.vmap(loss, in_axes=(0, None, None))(raw, recalls, weight)
    values = jnp.where(jnp.isnan(values), jnp.inf, values)
    return raw[values.argmin()], values.min()


def _settled(sitting: Sitting, raw: Array, recalls: Array, weight: Array, n_items: int) -> Sitting:
    """The sitting as fitted to one person."""
    if sitting.parameters:
        sitting = with_raw(sitting, raw)
    return sitting.calibrated(recalls, weight, n_items)


@eqx.filter_jit
def _score(fitted: Sitting, recalls: Array, n_items: int, key: PRNGKeyArray) -> Array:
    return eqx.filter_vmap(
        lambda one, lists: list_log_likelihoods(one, lists, n_items, key=key)
    )(fitted, recalls)
