"""Values stay within 1 to 9 and never stand still; places and new values are even."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.updating import Updating, updating_trial


def test_answers_by_hand() -> None:
    """2 and 9; +3, -4 and +1 make 6 and 5."""
    trial = Updating(jnp.asarray([2, 9]), jnp.asarray([0, 1, 0]), jnp.asarray([3, -4, 1]))
    np.testing.assert_array_equal(trial.answers, [5, 4])
    np.testing.assert_array_equal(trial.studied, np.arange(5))
    assert (trial.n_places, trial.n_steps, trial.n_candidates) == (2, 3, 9)


def test_every_value_stays_within_1_to_9_and_changes() -> None:
    many = jax.vmap(lambda key: updating_trial(3, 8, key=key))(
        jax.random.split(jax.random.key(0), 300)
    )
    starts, places, changes = (np.asarray(each) for each in many)
    held = starts.copy()
    for step in range(8):
        held[np.arange(300), places[:, step]] += changes[:, step]
        assert held.min() >= 1
        assert held.max() <= 9
    assert (changes != 0).all()
    answers = jax.vmap(lambda trial: trial.answers)(many)
    np.testing.assert_array_equal(answers, held - 1)


def test_places_and_values_are_even() -> None:
    """2,400 steps, 3 places; 9 values in the end: each within four standard errors."""
    many = jax.vmap(lambda key: updating_trial(3, 8, key=key))(
        jax.random.split(jax.random.key(1), 300)
    )
    at = np.bincount(np.asarray(many.places).ravel(), minlength=3) / 2400
    assert abs(at - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 2400)
    held = np.bincount(np.asarray(many.starts).ravel() - 1, minlength=9) / 900
    assert abs(held - 1 / 9).max() < 4 * np.sqrt(8 / 81 / 900)


def test_only_the_first_places_may_have_changes() -> None:
    trial = updating_trial(6, 40, n_changed=2, key=jax.random.key(0))
    assert set(np.asarray(trial.places).tolist()) == {0, 1}


def test_without_steps_the_starts_are_asked_for() -> None:
    trial = updating_trial(6, 0, key=jax.random.key(0))
    np.testing.assert_array_equal(trial.answers, np.asarray(trial.starts) - 1)
    assert trial.changes.shape == (0,)


@pytest.mark.parametrize(("n_places", "n_steps"), [(0, 3), (2, -1)])
def test_what_is_no_trial_is_refused(n_places: int, n_steps: int) -> None:
    with pytest.raises(InvalidValue, match=f"{n_places} places and {n_steps} steps"):
        updating_trial(n_places, n_steps, key=jax.random.key(0))
