"""Memory updating as rows of tokens, for models that predict the next one.

Every event is one token: a value at a place, or a change at a place. After them a place is asked
for, and what is due is the value that it holds, as the token of that value at that place.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.updating import N_VALUES, Updating, updating_trial
from cogmem.tasks.word_tokens import shuffled

__all__ = ["MOST_PLACES", "N_TOKENS", "START", "UpdatingPassages", "asked", "events", "rows"]

MOST_PLACES = 6
"""As in Oberauer & Kliegl (2006)."""

_MOST_CHANGE = N_VALUES - 1
_CHANGES = MOST_PLACES * N_VALUES
_ASKED = _CHANGES + MOST_PLACES * 2 * _MOST_CHANGE

START = _ASKED + MOST_PLACES
"""The token with which a trial begins."""

N_TOKENS = START + 1
"""Values at places, then changes at places, then questions, then START."""


class UpdatingPassages(NamedTuple):
    """What is read, what is due after each token, and where something is asked.

    Attributes:
        tokens: read.
        targets: due after each of them.
        counted: 1 after a question, 0 elsewhere.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]


def events(trial: Updating) -> Int[Array, " event"]:
    """A token for each event of a trial.

    Raises:
        InvalidValue: for more places than there are tokens for.
    """
    if trial.n_places > MOST_PLACES:
        raise InvalidValue(f"{trial.n_places} places, expected {MOST_PLACES} at most.")
    starts = _value(jnp.arange(trial.n_places), jnp.asarray(trial.starts) - 1)
    changes = jnp.asarray(trial.changes)
    kind = changes + _MOST_CHANGE - (changes > 0)  # there is no change of 0
    steps = _CHANGES + 2 * _MOST_CHANGE * jnp.asarray(trial.places) + kind
    return jnp.concatenate([starts, steps])


def asked(place: Int[Array, ""]) -> tuple[Int[Array, ""], Int[Array, " value"]]:
    """The token that asks for a place, and those of its nine values."""
    place = jnp.asarray(place)
    return _ASKED + place, _value(place, jnp.arange(N_VALUES))


def _value(place: Array, value: Array) -> Array:
    """Value is 0-based."""
    return N_VALUES * place + value


@partial(jax.jit, static_argnums=(0, 1, 2))
def rows(n: int, n_places: int, n_steps: int, *, key: PRNGKeyArray) -> UpdatingPassages:
    """Random trials: START, starts, changes; then every place is asked for, in a random order.

    No answer is read. Each trial has its own number of places, from 1, and of steps, from 0.

    Args:
        n: rows.
        n_places: most of a trial.
        n_steps: most of a trial.
        key: of all rows.

    Raises:
        InvalidValue: for more places than there are tokens for; see also `updating_trial`.
    """
    return jax.vmap(partial(_row, n_places, n_steps))(jax.random.split(key, n))


def _row(most_places: int, most_steps: int, key: PRNGKeyArray) -> UpdatingPassages:
    keys = jax.random.split(key, 4)
    n_places = jax.random.randint(keys[0], (), 1, most_places + 1)
    n_steps = jax.random.randint(keys[1], (), 0, most_steps + 1)
    trial = updating_trial(most_places, most_steps, n_changed=n_places, key=keys[2])
    place, step = jnp.arange(most_places), jnp.arange(most_steps)
    trial = trial._replace(changes=jnp.where(step < n_steps, trial.changes, 0))
    there = jnp.concatenate([place < n_places, step < n_steps])
    order = shuffled(jnp.where(place < n_places, place, -1), key=keys[3])
    due = _value(order, trial.answers[order])
    first, nothing = jnp.asarray([START]), jnp.zeros(1 + len(there), int)
    tokens = jnp.concatenate(
        [
            first,
            jnp.where(there, events(trial), -1),
            jnp.where(order < 0, -1, _ASKED + order),
        ]
    )
    last = jnp.argsort(tokens < 0, stable=True)  # what is not there goes to the end
    targets = jnp.concatenate([nothing, due])[last]
    counted = jnp.concatenate([nothing, (order >= 0).astype(int)])[last]
    tokens = tokens[last]
    return UpdatingPassages(
        jnp.where(tokens < 0, START, tokens),
        jnp.where(counted > 0, targets, 0),
        counted.astype(float),
    )
