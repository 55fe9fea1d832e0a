"""Displays of coloured objects, for change detection: places and colours as features."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.paradigms import ChangeDetection

__all__ = ["N_COLOURS", "N_PLACES", "colour_display"]

N_PLACES = 8
N_COLOURS = 8


def colour_display(
    set_size: int, change: bool | Bool[Array, ""], *, whole: bool = False, key: PRNGKeyArray
) -> ChangeDetection:
    """A random display and its test, after Adam et al. (2015): did this object change its colour?

    One feature for each colour at each place, 64 in all; feature 8 p + c is colour c at place p. An
    object has one of them. No two objects share a place or a colour.

    Args:
        set_size: objects, 1 to 8.
        change: whether the tested object has another colour than before: one that the display did
            not have, or, as eight objects have all colours, that of another object.
        whole: whether the test shows the other objects too, as they were; otherwise the tested
            object alone, at its place.
        key: of places, colours, and which object is tested.

    Raises:
        InvalidValue: for fewer than 1 or more than 8 objects.
    """
    if not 1 <= set_size <= min(N_PLACES, N_COLOURS):
        raise InvalidValue(
            f"set_size is {set_size}, expected 1 to {min(N_PLACES, N_COLOURS)}: objects have "
            "different places and colours."
        )
    first, second, third = jax.random.split(key, 3)
    places = jax.random.permutation(first, N_PLACES)[:set_size]
    colours = jax.random.permutation(second, N_COLOURS)
    tested = jax.random.randint(third, (), 0, set_size)
    other = colours[set_size] if set_size < N_COLOURS else colours[(tested + 1) % set_size]
    features = _features(places, colours[:set_size])
    colour = jnp.where(jnp.asarray(change), other, colours[tested])
    test = _features(places[tested][None], colour[None])[0]
    if whole:
        test |= features.at[tested].set(False).any(axis=0)
    return ChangeDetection(features, test[None])


def _features(
    places: Int[Array, " object"], colours: Int[Array, " object"]
) -> Bool[Array, "object feature"]:
    return jax.nn.one_hot(places * N_COLOURS + colours, N_PLACES * N_COLOURS, dtype=bool)
