"""A spiking layer as a memory of frames: both its forms, its dynamics by hand, derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import CogmemError
from cogmem.models.memory_cores import lesioned
from cogmem.models.spiking_core import SpikingCore, SpikingWeights

CORE = SpikingCore(6, n_steps=3, gain=4.0)


@pytest.fixture(scope="module")
def drawn() -> tuple[SpikingWeights, jax.Array]:
    return CORE.begin(5, key=jax.random.key(0)), jax.random.normal(jax.random.key(1), (4, 5))


def by_hand(weights: SpikingWeights, xs: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Traces after the last step of each frame, in NumPy."""
    w, u = (np.asarray(each) for each in weights)
    tau = CORE.fastest * (CORE.slowest / CORE.fastest) ** (np.arange(6) / 5)
    v, r, found = np.zeros(6), np.zeros(6), []
    for x in xs:
        for _ in range(CORE.n_steps):
            v = v / 2 + w @ x + u @ r
            s = (v >= 1) * kept
            v, r = v - s, (1 - 1 / tau) * r + s / tau
        found.append(r)
    return np.array(found)


def test_dynamics_are_those_that_are_written(drawn: tuple[SpikingWeights, jax.Array]) -> None:
    """Four frames of three steps against a loop in NumPy, to 1e-5; neurons did fire."""
    weights, xs = drawn
    expected = by_hand(weights, np.asarray(xs), np.ones(6))
    assert expected[-1].max() > 0.1
    np.testing.assert_allclose(CORE.run(weights, xs), expected, atol=1e-5)


def test_steps_are_the_whole_trial(drawn: tuple[SpikingWeights, jax.Array]) -> None:
    """Frame by frame and at once, to 1e-6; the state has as many numbers as it says."""
    weights, xs = drawn
    state, whole = CORE.empty(weights), CORE.run(weights, xs)
    assert sum(each.size for each in state) == CORE.state_size == 12
    for x, expected in zip(xs, whole, strict=True):
        state, found = CORE.step(weights, state, x)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(CORE.run(weights, xs.at[3].set(9))[:3], whole[:3], atol=1e-6)
    np.testing.assert_array_equal(CORE.traces(weights, xs)[:, -1], whole)


def test_silenced_neurons_tell_nobody(drawn: tuple[SpikingWeights, jax.Array]) -> None:
    """Against the loop in which neurons 0 and 2 never fire."""
    weights, xs = drawn
    hurt = lesioned(CORE, jnp.array([0, 2])).run(weights, xs)
    kept = np.array([0, 1, 0, 1, 1, 1])
    np.testing.assert_allclose(hurt, by_hand(weights, np.asarray(xs), kept), atol=1e-5)


def test_a_later_output_teaches_about_an_earlier_frame(
    drawn: tuple[SpikingWeights, jax.Array],
) -> None:
    """The derivative of the last output by the first frame passes spikes, and is not 0."""
    weights, xs = drawn
    slope = jax.grad(lambda x: CORE.run(weights, xs.at[0].set(x))[-1].sum())(xs[0])
    assert np.isfinite(slope).all()
    assert float(jnp.abs(slope).max()) > 1e-3


def test_what_is_refused() -> None:
    with pytest.raises(CogmemError, match=r"from 9.0 to 2.0 steps"):
        SpikingCore(6, fastest=9.0, slowest=2.0)
    with pytest.raises(CogmemError, match="n_steps"):
        SpikingCore(6, n_steps=0)
