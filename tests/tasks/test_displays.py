"""Objects at different places with different colours, and a test that is the same or is not."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.displays import N_COLOURS, N_PLACES, colour_display


@pytest.mark.parametrize("set_size", [1, 4, 8])
def test_no_two_objects_share_a_place_or_a_colour(set_size: int) -> None:
    shown = colour_display(set_size, True, key=jax.random.key(0))
    features = np.asarray(shown.features).reshape(set_size, N_PLACES, N_COLOURS)
    assert (features.sum(axis=(1, 2)) == 1).all()
    assert features.any(axis=0).sum(axis=0).max() == 1
    assert features.any(axis=0).sum(axis=1).max() == 1
    assert (shown.n_candidates, len(shown.studied)) == (1, set_size)


@pytest.mark.parametrize("set_size", [1, 4, 7, 8])
def test_only_a_change_shows_a_colour_that_was_not_there(set_size: int) -> None:
    """At the place of an object, in 50 displays; of eight, another object had the new colour."""
    for key in jax.random.split(jax.random.key(1), 50):
        same, new = (colour_display(set_size, change, key=key) for change in (False, True))
        before = np.asarray(same.features.any(axis=0)).reshape(N_PLACES, N_COLOURS)
        place, colour = np.argwhere(np.asarray(same.tests[0]).reshape(N_PLACES, N_COLOURS))[0]
        place_, colour_ = np.argwhere(np.asarray(new.tests[0]).reshape(N_PLACES, N_COLOURS))[0]
        np.testing.assert_array_equal(same.features, new.features)
        assert before[place, colour]
        assert place_ == place
        assert colour_ != colour
        assert before[:, colour_].any() == (set_size == N_COLOURS)


def test_a_whole_display_shows_the_others_as_they_were() -> None:
    key = jax.random.key(2)
    same = colour_display(5, False, whole=True, key=key)
    new = colour_display(5, True, whole=True, key=key)
    np.testing.assert_array_equal(same.tests[0], same.features.any(axis=0))
    assert new.tests[0].sum() == 5
    assert (new.tests[0] & new.features.any(axis=0)).sum() == 4


def test_objects_are_tested_evenly() -> None:
    """900 displays of 3: each object within four standard errors of a third."""

    def tested(key: jax.Array) -> jax.Array:
        shown = colour_display(3, False, key=key)
        return (shown.features & shown.tests).any(axis=1)

    share = np.asarray(jax.vmap(tested)(jax.random.split(jax.random.key(3), 900))).mean(axis=0)
    assert abs(share - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 900)


@pytest.mark.parametrize("set_size", [0, 9])
def test_more_objects_than_places_are_refused(set_size: int) -> None:
    with pytest.raises(InvalidValue, match=f"set_size is {set_size}"):
        colour_display(set_size, False, key=jax.random.key(0))
