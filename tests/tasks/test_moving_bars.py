"""Moving bars: by hand, and that no frame tells a direction from its opposite."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.moving_bars import N_DIRECTIONS, drift, moving_bar, moving_bars

KEY = jax.random.key(3)


def columns(film: jax.Array) -> list[str]:
    """Which columns are wholly on in each frame; all rows must be alike."""
    assert (film == film[:, :1]).all()
    return ["".join("x" if on else "." for on in frame[0]) for frame in np.asarray(film)]


def test_a_bar_drifts_to_the_right_by_hand() -> None:
    """Four columns with centres at -1.5, -.5, .5, 1.5; the path ends, and begins anew, at 2."""
    film = drift(0.0, jnp.array([-1.0, 0.0, 1.0, 1.9, 2.0, 3.0]), side=4, width=2.0)
    assert columns(film) == ["xx..", ".xx.", "..xx", "...x", "x...", "xx.."]


def test_down_is_right_turned_by_90_degrees() -> None:
    position = jnp.array([-1.2, 0.3, 1.4])
    right, down = (drift(angle, position, side=6) for angle in (0.0, math.pi / 2))
    np.testing.assert_array_equal(down, right.transpose(0, 2, 1))


def test_a_diagonal_by_hand() -> None:
    """At 45 degrees through the centre: pixels on the other diagonal, at distance 0."""
    film = drift(math.pi / 4, jnp.array([0.0]), side=3, width=1.0)
    np.testing.assert_array_equal(film[0], np.fliplr(np.eye(3)) > 0)


def test_the_opposite_direction_is_the_film_backwards() -> None:
    position = jnp.array([-2.6, -1.3, 0.1, 1.7])
    for angle in (0.3, 1.1):
        forwards, opposite = drift(angle, position), drift(angle + math.pi, -position[::-1])
        np.testing.assert_array_equal(forwards[::-1], opposite)


def test_films_are_made_in_turn_and_by_their_key() -> None:
    films, direction = moving_bars(2, 5, key=KEY, side=10)
    assert films.shape == (2 * N_DIRECTIONS, 5, 10, 10)
    assert direction.tolist() == [*range(8), *range(8)]
    again, _ = moving_bars(2, 5, key=KEY, side=10)
    other, _ = moving_bars(2, 5, key=jax.random.key(4), side=10)
    assert (films == again).all()
    assert (films != other).any()
    assert (films[:8] != films[8:]).any(axis=(1, 2, 3)).all()
    assert films.any(axis=(2, 3)).all()


def test_speed_and_direction_without_jitter() -> None:
    """A pixel a frame to the right: each frame is the one before, moved by a column."""
    film = moving_bar(0, 12, key=KEY, speed=1.0, speed_jitter=0.0, tilt=0.0)
    where = np.asarray(film)[:, 0].astype(int)
    middles = [np.flatnonzero(row).mean() for row in where]
    steps = np.diff(middles) % 12
    # Half a bar is cut off at the ends of the path: steps of half a pixel, or 1.5.
    assert np.isin(steps, (0.5, 1.0, 1.5)).all()
    assert (steps == 1.0).sum() >= 8


def test_no_frame_tells_a_direction_from_its_opposite() -> None:
    """Share of films with a pixel on, in each frame: equal for opposite directions.

    2 x 1,500 films, 8 frames, 144 pixels; a difference has a standard error of at most
    sqrt(2 / 4 / 1500) = .018. The largest of 1,152 may reach 5 of them. Right and down differ.
    """

    def share(direction: int, seed: int) -> np.ndarray:
        keys = jax.random.split(jax.random.key(seed), 1500)
        films = jax.vmap(lambda k: moving_bar(direction, key=k))(keys)
        return np.asarray(films.mean(axis=0))

    for direction in (0, 1):
        apart = np.abs(share(direction, 0) - share(direction + 4, 1)).max()
        assert apart < 5 * math.sqrt(2 / 4 / 1500)
    steep = np.asarray(moving_bar(0, key=KEY, tilt=0.0))
    assert (steep == steep[:, :1]).all()


@pytest.mark.parametrize(("side", "width"), [(0, 2.0), (4, 0.0), (4, -1.0)])
def test_bars_that_cannot_be_drawn(side: int, width: float) -> None:
    with pytest.raises(InvalidValue, match=f"side is {side}, width {width}"):
        drift(0.0, jnp.zeros(2), side=side, width=width)


def test_directions_and_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidValue, match="direction is 99, expected 0 to 7"):
        moving_bar(99, key=KEY)
    with pytest.raises(InvalidValue, match="n_each is 0, expected 1 film of each direction"):
        moving_bars(0, key=KEY)
