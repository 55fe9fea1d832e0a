"""Maximum likelihood for many people at once: Adam from several starts, then L-BFGS from the best.

All people and starts are one batch of one compiled program. Every random start depends on the
root key and the person's identity only, never on who else is fitted or in which order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.optimize
from jaxtyping import Array, Float, PRNGKeyArray
from threadpoolctl import threadpool_limits

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit.objective import list_log_likelihoods, objective, with_raw
from cogmem.fit.people import Lists, People
from cogmem.fit.sitters import free_recall_sitting
from cogmem.models import parameters
from cogmem.models.parameters import Parameter, check_key, check_sizes
from cogmem.participants.sitting import Sitting

__all__ = ["Fit", "Search", "draw_starts", "fit"]

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Search:
    """How hard to look for the best parameters.

    Attributes:
        n_starts: random starts per person.
        n_steps: Adam steps per start.
        learning_rate: of Adam, at its peak; it falls to 0 as a cosine.
        n_polish: L-BFGS iterations, at most, from the best start of each person.
        block: steps between reports of progress; `n_steps` is rounded up to a multiple of it.

    Raises:
        InvalidValue: for a number below 1, but for `n_polish`, which may be 0.
    """

    n_starts: int = 8
    n_steps: int = 200
    learning_rate: float = 0.15
    n_polish: int = 100
    block: int = 25

    def __post_init__(self) -> None:
        check_sizes(self, "n_starts", "n_steps", "block")
        if not isinstance(self.n_polish, Integral) or self.n_polish < 0:
            raise InvalidValue(f"n_polish is {self.n_polish!r}, expected 0 or more iterations.")
        if not 0 < self.learning_rate < np.inf:
            raise InvalidValue(f"learning_rate is {self.learning_rate!r}, expected above 0.")

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
        settle = partial(_settled, self.sitting, people.n_items)
        return eqx.filter_vmap(settle)(jnp.asarray(self.raw), people.lists)

    def score(self, people: People, *, key: PRNGKeyArray) -> np.ndarray:
        """float[subject, list] teacher-forced log-likelihood (nats) of other lists; 0 for padding.

        Raises:
            InvalidValue: if these are not the people that were fitted.
        """
        if not np.array_equal(people.subjects, self.people.subjects):
            raise InvalidValue("the people to score are not the people fitted, in the same order.")
        scored = _score(self.fitted, people.lists, people.n_items, key)
        return np.asarray(scored) * people.weight


def fit(
    sitting: Sitting | str,
    recalls: Recalls | People,
    *,
    key: PRNGKeyArray,
    search: Search | None = None,
    progress: Progress = lambda blocks: None,
) -> Fit:
    """Fit a sitting to each person by maximum likelihood.

    Args:
        sitting: participant and rule, or the name of a registered one; its `parameters` are what
            is fitted.
        recalls: lists of one length.
        key: root of the random starts, and of the participant's own randomness.
        search: how hard to look.
        progress: called with the number of blocks done since the last call, `search.n_blocks` in
            all.

    Raises:
        UnknownName: if no participant has that name.
        InvalidValue: if a person's likelihood is not finite from any start; if the participant does
            not sit free recall, or what is given is no sitting, no lists, or no key.
    """
    check_key(key)
    sitting, search = free_recall_sitting(sitting), search or Search()
    people = recalls if isinstance(recalls, People) else People.of(recalls)
    problem = _Problem(sitting, people.n_items, key)
    if sitting.parameters:
        starts = draw_starts(sitting.parameters, people, search.n_starts, key=key)
        raw, nll = _descend(problem, starts, people, search, progress)
        raw, nll = _polish(problem, raw, nll, people, search.n_polish)
    else:
        progress(search.n_blocks - 1)
        raw = np.zeros((len(people), 0), np.float32)
        nll = np.asarray(_losses(problem, jnp.asarray(raw), people.lists), np.float64)
    progress(1)
    if not np.isfinite(nll).all():
        lost = list(people.subjects[~np.isfinite(nll)])
        raise InvalidValue(f"the likelihood of subject(s) {lost} is not finite from any start.")
    return Fit(sitting, people, raw, nll)


def draw_starts(
    entries: dict[str, Parameter], people: People, n_starts: int, *, key: PRNGKeyArray
) -> Float[Array, "subject start k"]:
    """Parameters drawn uniformly on the real line between the ends of their `start` intervals.

    The draws of a person depend on the key and the identity, never on a position.
    """
    ends = ({name: entry.starts[side] for name, entry in entries.items()} for side in (0, 1))
    low, high = (np.asarray(parameters.unconstrain(entries, end)) for end in ends)
    root = np.asarray(jax.random.key_data(key)).tolist()
    share = [
        np.random.default_rng([*root, who]).random((n_starts, len(entries)))
        for who in people.identities.tolist()
    ]
    return jnp.asarray(low + (high - low) * np.stack(share), low.dtype)


class _Problem(eqx.Module):
    """The loss as a module, so that compiled functions are shared by all fits of its kind."""

    sitting: Sitting
    n_items: int
    key: PRNGKeyArray

    def __call__(self, raw: Array, lists: Lists) -> Float[Array, ""]:
        return objective(self.sitting, self.n_items, key=self.key)(raw, *lists)


class _Descent(NamedTuple):
    raw: Float[Array, " k"]
    optimiser: Any
    best: Float[Array, " k"]
    best_loss: Float[Array, ""]


def _descend(
    problem: _Problem, raw: Array, people: People, search: Search, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Adam from every start; for each person the best point visited, and its loss."""
    begin = jax.vmap(jax.vmap(_adam(search).init))
    state = _Descent(raw, begin(raw), raw, jnp.full(raw.shape[:2], jnp.inf))
    for _ in range(search.n_blocks - 1):
        state = jax.block_until_ready(_adam_block(problem, search, state, people.lists))
        progress(1)
    winner = np.asarray(state.best_loss).argmin(axis=1)
    person = np.arange(len(people))
    return np.asarray(state.best)[person, winner], np.asarray(state.best_loss)[person, winner]


def _adam(search: Search) -> optax.GradientTransformation:
    schedule = optax.cosine_decay_schedule(search.learning_rate, search.n_steps)
    return optax.chain(optax.zero_nans(), optax.adam(schedule))


@eqx.filter_jit
def _adam_block(problem: _Problem, search: Search, state: _Descent, lists: Lists) -> _Descent:
    """A block of steps for all people and starts."""
    adam = _adam(search)

    def step(lists: Lists, now: _Descent) -> _Descent:
        value, gradient = jax.value_and_grad(problem)(now.raw, lists)
        updates, optimiser = adam.update(gradient, now.optimiser)
        better = value < now.best_loss  # False for NaN
        return _Descent(
            raw=now.raw + updates,
            optimiser=optimiser,
            best=jnp.where(better, now.raw, now.best),
            best_loss=jnp.where(better, value, now.best_loss),
        )

    def steps(lists: Lists, state: _Descent) -> _Descent:
        each_start = jax.vmap(partial(step, lists))
        return jax.lax.scan(lambda s, _: (each_start(s), None), state, length=search.block)[0]

    return jax.vmap(steps)(lists, state)


def _polish(
    problem: _Problem, raw: np.ndarray, nll: np.ndarray, people: People, n_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """L-BFGS for each person; never worse than where it began."""
    raw, nll = raw.copy(), nll.astype(np.float64)
    # Person by person: each stops when done, which in a batch would wait for the slowest.
    for person in range(len(people) if n_steps else 0):
        lists = people.lists_of(person)
        # One thread: those of the linear algebra would wait for each other.
        with threadpool_limits(1, "blas"):
            found = scipy.optimize.minimize(
                lambda x, lists=lists: _slope(problem, x, lists),
                raw[person],
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": n_steps},
            )
        if found.fun < nll[person]:  # False for NaN
            raw[person], nll[person] = found.x, found.fun
    return raw, nll


def _slope(problem: _Problem, x: np.ndarray, lists: Lists) -> tuple[float, np.ndarray]:
    value, gradient = _value_and_gradient(problem, jnp.asarray(x, jnp.result_type(float)), lists)
    return float(value), np.asarray(gradient, np.float64)


@eqx.filter_jit
def _value_and_gradient(problem: _Problem, raw: Array, lists: Lists) -> tuple[Array, Array]:
    return jax.value_and_grad(problem)(raw, lists)


@eqx.filter_jit
def _losses(problem: _Problem, raw: Array, lists: Lists) -> Float[Array, " subject"]:
    return jax.vmap(problem.__call__)(raw, lists)


def _settled(sitting: Sitting, n_items: int, raw: Array, lists: Lists) -> Sitting:
    """The sitting as fitted to one person."""
    if sitting.parameters:
        sitting = with_raw(sitting, raw)
    return sitting.calibrated(lists.recalls, lists.weight, n_items)


@eqx.filter_jit
def _score(fitted: Sitting, lists: Lists, n_items: int, key: PRNGKeyArray) -> Array:
    def of_person(one: Sitting, lists: Lists) -> Float[Array, " list"]:
        return list_log_likelihoods(one, lists.recalls, n_items, lists.similarity, key=key)

    return eqx.filter_vmap(of_person)(fitted, lists)
