"""Heads on frozen codes: ridge regression, resumed fitting, weights that can be examined."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_course import Course, examined, network_of
from cogmem.participants.frozen_course import Sums, fitted, solved

NAMES = ("STS", "SMU")


@pytest.fixture(scope="module")
def course() -> Course:
    """Units with random weights will do for a core that is not taught."""
    network = network_of(RecurrentCore(8), NAMES, "symbolic", 16)
    return Course(network, batch=8, n_steps=4, every=2, full_every=2, n_tested=16)


def test_ridge_finds_a_linear_rule() -> None:
    """y = 2 a - b + 3 from 50 examples without noise, to 1e-3 with hardly any penalty."""
    x = np.asarray(jax.random.normal(jax.random.key(0), (50, 2)), float)
    both, y = np.c_[x, np.ones(50)], (2 * x[:, 0] - x[:, 1] + 3)[:, None]
    sums = Sums(jnp.asarray(both.T @ both), jnp.asarray(both.T @ y), jnp.asarray(50.0))
    head = solved(sums, 1e-6)
    np.testing.assert_allclose(head.weight, [[2, -1]], atol=1e-3)
    np.testing.assert_allclose(head.bias, [3], atol=1e-3)
    with pytest.raises(InvalidValue, match="strength 0"):
        solved(sums, 0.0)


def test_fitting_goes_on_where_it_was_left(course: Course, tmp_path: Path) -> None:
    """Two tests on the way; from the file nothing more is seen, and heads are the same."""
    told: list[str] = []
    whole = fitted(course, tmp_path / "all", report=lambda steps, doing: told.append(doing))
    assert int(whole.step) == 4
    assert float(whole.sums["STS"].n) == 32 * 20  # every frame is asked about
    assert np.isfinite(np.asarray(whole.history)).all()
    assert told[0].startswith("2 of 4: STS")
    again = fitted(course, tmp_path / "all", report=lambda steps, doing: told.append(doing))
    assert len(told) == 2
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_fitted_heads_are_examined_as_others(course: Course) -> None:
    """Cues are told from markers without memory, and the table has both tasks."""
    weights = fitted(course).weights
    table = examined(course, weights, n_trials=24)
    assert set(table["task"]) == set(NAMES)
    assert table["right"].between(0, 1).all()
    assert float(jnp.abs(weights.codes).max()) == 0
