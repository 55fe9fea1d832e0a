"""Sparsey as a core: what comes back is known, blanks change nothing, trials do not mix."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.sparsey_core import Draws, SparseyCore

CORE = SparseyCore(n_features=12, n_on=3, n_modules=6, n_cells=5)
A, B = jnp.zeros(12).at[jnp.arange(3)].set(1.0), jnp.zeros(12).at[jnp.arange(6, 9)].set(1.0)
BLANK = jnp.zeros(12)
RUN, STEP = jax.jit(CORE.run), jax.jit(CORE.step)


@pytest.fixture(scope="module")
def weights() -> Draws:
    return CORE.begin(12, key=jax.random.key(0))


def parts(hidden: jax.Array) -> list[np.ndarray]:
    """Features, code, what is retrieved, all that was learnt, familiarity."""
    return np.split(np.asarray(hidden), [12, 42, 54, 66], axis=1)


def test_what_comes_back_is_retrieved(weights: Draws) -> None:
    """A again: the first is new, G = 0 and nothing retrieved; only A was ever learnt."""
    seen, code, retrieved, ever, familiar = parts(RUN(weights, jnp.stack([A, A, A])))
    assert CORE.width == 67
    np.testing.assert_array_equal(seen[0], np.asarray(A))
    assert code.sum(axis=1).tolist() == [6, 6, 6]
    assert familiar[0] == 0
    assert retrieved[0].max() == 0
    assert familiar[1] <= 1
    np.testing.assert_allclose(ever[1], np.asarray(A), atol=1e-6)


def test_blanks_change_nothing(weights: Draws) -> None:
    """A, blank, B leave at the end what A, B leave; at the blank there is no code."""
    with_blank = parts(RUN(weights, jnp.stack([A, BLANK, B])))
    without = parts(RUN(weights, jnp.stack([A, B, B])))
    for one, other in zip(with_blank, without, strict=True):
        np.testing.assert_allclose(one[2], other[1], atol=1e-6)
    assert with_blank[1][1].sum() == 0
    np.testing.assert_allclose(with_blank[3][2], np.asarray(A + B), atol=1e-6)


def test_frame_by_frame_is_the_whole_trial(weights: Draws) -> None:
    state = CORE.empty(weights)
    xs = jnp.stack([A, B, A])
    for x, expected in zip(xs, RUN(weights, xs), strict=True):
        state, h = STEP(weights, state, x)
        np.testing.assert_allclose(h, expected, atol=1e-6)


def test_no_more_features_than_may_be_on() -> None:
    """Of five equal inputs the first three; of two above 0 those two."""
    assert np.flatnonzero(CORE.features(BLANK.at[2:7].set(1.0))).tolist() == [2, 3, 4]
    assert np.flatnonzero(CORE.features(BLANK.at[4:6].set(0.5) - 0.1)).tolist() == [4, 5]
    with pytest.raises(InvalidValue, match="13 features on at once"):
        SparseyCore(n_features=12, n_on=13)
    with pytest.raises(InvalidValue, match="11 inputs, expected 12"):
        CORE.begin(11, key=jax.random.key(0))
