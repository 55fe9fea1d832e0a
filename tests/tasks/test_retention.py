"""Letters studied, a filled delay, and the whole alphabet to choose from."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from cogmem.tasks.retention import Retention


def test_candidates_are_all_letters() -> None:
    """Three of twenty consonants."""
    trial = Retention(jnp.eye(20, dtype=bool), jnp.asarray([4, 0, 17]), 18.0)
    assert (trial.n_candidates, trial.n_items) == (20, 3)
    assert trial.delay == 18.0
    np.testing.assert_array_equal(trial.features[trial.studied].argmax(axis=1), [4, 0, 17])
