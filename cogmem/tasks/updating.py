"""Memory updating: hold a digit at each place, change some of them in mind, then say them all."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = ["N_VALUES", "Updating", "updating_trial"]

N_VALUES = 9
"""Values are 1 to 9 at every moment."""


class Updating(NamedTuple):
    """One trial, after Oberauer & Kliegl (2006). The candidates at each place are 1 to 9, in order.

    First the value of each place is shown, in order of place; then one change after the other, each
    at its place and to be added to the value held there; in the end every place is asked for.

    Attributes:
        starts: [place] values shown first, 1 to 9.
        places: [step] where each change is shown, 0-based.
        changes: [step] added there, never 0; the value stays within 1 to 9.
    """

    starts: Int[Array, " place"]
    places: Int[Array, " step"]
    changes: Int[Array, " step"]

    @property
    def n_places(self) -> int:
        """Numbers that are held."""
        return self.starts.shape[0]

    @property
    def n_steps(self) -> int:
        """Changes."""
        return self.places.shape[0]

    @property
    def n_candidates(self) -> int:
        """Values that a place may have."""
        return N_VALUES

    @property
    def studied(self) -> Int[Array, " event"]:
        """Events in order: the starts of all places, then the steps."""
        return jnp.arange(self.n_places + self.n_steps)

    @property
    def answers(self) -> Int[Array, " place"]:
        """[place] index of the value held in the end, 0-based: the value less 1."""
        return self.starts.at[self.places].add(self.changes) - 1


def updating_trial(
    n_places: int,
    n_steps: int,
    *,
    n_changed: int | Int[Array, ""] | None = None,
    key: PRNGKeyArray,
) -> Updating:
    """A random trial: starts and places uniform; each new value is one of the eight others, evenly.

    Args:
        n_places: numbers to be held; 1 to 6 in Oberauer & Kliegl (2006).
        n_steps: changes, 0 or more.
        n_changed: how many places, the first ones, may have changes; None for all.
        key: of starts, places and changes.

    Raises:
        InvalidValue: for no place, or fewer than 0 steps.
    """
    if n_places < 1 or n_steps < 0:
        raise InvalidValue(
            f"{n_places} places and {n_steps} steps, expected 1 place or more and 0 steps or more."
        )
    first, second, third = jax.random.split(key, 3)
    starts = jax.random.randint(first, (n_places,), 1, N_VALUES + 1)
    places = jax.random.randint(second, (n_steps,), 0, n_places if n_changed is None else n_changed)
    turns = jax.random.randint(third, (n_steps,), 1, N_VALUES)  # 1 to 8 on round a ring of 9

    def step(values: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
        place, turn = now
        new = (values[place] - 1 + turn) % N_VALUES + 1
        return values.at[place].set(new), new - values[place]

    return Updating(starts, places, jax.lax.scan(step, starts, (places, turns))[1])
