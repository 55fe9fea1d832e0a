"""Short films of a bar that drifts across a small binary image, in one of several directions.

A stand-in for films of people's actions, which have to be downloaded. A bar drifts at right angles
to itself and lies across the whole image. Its path is as long as the side of the image; where the
path ends, the bar starts anew at its beginning. As it may be anywhere on its path in the first
frame, no single frame, and no set of frames without their order, says which of two opposite
directions it is: a film shown backwards is a film of the opposite direction.

Pure functions of a key, one example each; `jax.vmap` for many.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = ["N_DIRECTIONS", "drift", "moving_bar", "moving_bars"]

N_DIRECTIONS = 8
"""Directions, 45 degrees apart: 0 is to the right, 2 is down, 4 is to the left, 6 is up."""


def drift(
    angle: float | Float[Array, ""],
    position: Float[Array, " frame"],
    *,
    side: int = 12,
    width: float = 2.0,
) -> Bool[Array, "frame row column"]:
    """A bar by its place on its path in every frame.

    Args:
        angle: direction of the drift in radians; 0 is to the right, pi / 2 is down.
        position: how far the middle of the bar is past the centre of the image, in pixels; taken
            modulo the side of the image, so that it lies between half a side before and after it.
        side: rows, and columns, of the image.
        width: of the bar, in pixels; a pixel is on if its centre is inside.

    Raises:
        InvalidValue: for a side below 1, or a width of 0 or less.
    """
    if side < 1 or width <= 0:
        raise InvalidValue(f"side is {side}, width {width}; expected 1 or more, and above 0.")
    place = jnp.arange(side, dtype=position.dtype) - (side - 1) / 2
    along = jnp.cos(angle) * place[None, :] + jnp.sin(angle) * place[:, None]
    middle = (position + side / 2) % side - side / 2
    return jnp.abs(along[None] - middle[:, None, None]) <= width / 2


def moving_bar(
    direction: int | Int[Array, ""],
    n_frames: int = 8,
    *,
    key: PRNGKeyArray,
    side: int = 12,
    width: float = 2.0,
    speed: float | Float[Array, ""] = 1.5,
    speed_jitter: float | Float[Array, ""] = 0.2,
    tilt: float | Float[Array, ""] = 5.0,
) -> Bool[Array, "frame row column"]:
    """A film of one direction; where it starts, how fast and exactly whither it goes is random.

    Args:
        direction: 0 to 7, see `N_DIRECTIONS`.
        n_frames: of the film.
        key: of everything random.
        side, width: see `drift`.
        speed: mean, in pixels per frame.
        speed_jitter: the speed is at most this part slower or faster, all speeds as likely.
        tilt: the direction is off by at most so many degrees, all as likely.

    Raises:
        InvalidValue: if there is no such direction, unless it is traced; as `drift`.
    """
    if not isinstance(direction, jax.core.Tracer) and not 0 <= direction < N_DIRECTIONS:
        raise InvalidValue(f"direction is {direction}, expected 0 to {N_DIRECTIONS - 1}.")
    start, faster, turn = jax.random.uniform(key, (3,), minval=-1, maxval=1)
    angle = jnp.radians(direction * (360 / N_DIRECTIONS) + turn * tilt)
    own = speed * (1 + faster * speed_jitter)
    position = start * (side / 2) + own * jnp.arange(n_frames, dtype=start.dtype)
    return drift(angle, position, side=side, width=width)


def moving_bars(
    n_each: int,
    n_frames: int = 8,
    *,
    key: PRNGKeyArray,
    side: int = 12,
    width: float = 2.0,
    speed: float | Float[Array, ""] = 1.5,
    speed_jitter: float | Float[Array, ""] = 0.2,
    tilt: float | Float[Array, ""] = 5.0,
) -> tuple[Bool[Array, "film frame row column"], Int[Array, " film"]]:
    """As many films of every direction, in turn: directions 0, 1, ..., 7, 0, 1, ...

    Args:
        n_each: films of each direction.
        n_frames, key, side, width, speed, speed_jitter, tilt: see `moving_bar`.

    Returns:
        The films and their directions.

    Raises:
        InvalidValue: without a film of each direction; as `drift`.
    """
    if n_each < 1:
        raise InvalidValue(f"n_each is {n_each}, expected 1 film of each direction, or more.")
    direction = jnp.tile(jnp.arange(N_DIRECTIONS), n_each)

    def one(direction: Int[Array, ""], key: PRNGKeyArray) -> Bool[Array, "frame row column"]:
        how = {"speed": speed, "speed_jitter": speed_jitter, "tilt": tilt}
        return moving_bar(direction, n_frames, key=key, side=side, width=width, **how)

    return jax.vmap(one)(direction, jax.random.split(key, len(direction))), direction
