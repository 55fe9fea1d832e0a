"""Synapses by Eq. 16: by hand, one by one over time, and in either order of neurons (float64)."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh_attention import half_split, interleaved
from cogmem.models.bdh_synapses import pair_members, synapse, synapse_matrix

N, T = 6, 8
FREQUENCIES = np.array([0.11, 0.04, 0.003])
GAMMA = np.array([0.9, 0.8, 1.0, 0.9, 0.8, 1.0])


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture
def active() -> tuple[jax.Array, jax.Array]:
    """y [time, 4] and x [time, 6]."""
    rng = np.random.default_rng(0)
    return tuple(jnp.asarray(np.maximum(rng.normal(size=(T, n)), 0)) for n in (4, N))


def test_a_quarter_turn_by_hand() -> None:
    """One pair, y = 2 and x = (1, 0) at first: after one token (0, -2), after two (-2, 0).

    The row (e, o) becomes (e cos w + o sin w, o cos w - e sin w), and a half is lost each time.
    """
    y, x = jnp.asarray([[2.0], [0]]), jnp.asarray([[1.0, 0], [0, 0]])
    trace = synapse(y, x, [0, 0], [0, 1], jnp.asarray([0.25]), 0.5)
    np.testing.assert_allclose(trace, [[0, 0], [0, -1], [-0.5, 0]], atol=1e-15)


def test_the_sum_of_the_paper(active) -> None:
    """Entry by entry with complex numbers: a pair is e + i o, a token turns it by exp(-i w)."""
    y, x = (np.asarray(each) for each in active)
    pairs = x[:, :3] + 1j * x[:, 3:]
    for at in (0, 3, T):
        expected = np.zeros((4, 3), complex)
        for tau in range(at):
            left = (GAMMA[:3] * np.exp(-2j * np.pi * FREQUENCIES)) ** (at - tau)
            expected += np.outer(y[tau], pairs[tau] * left)
        found = synapse_matrix(*active, FREQUENCIES, GAMMA, at=at)
        both = np.hstack([expected.real, expected.imag])
        np.testing.assert_allclose(found, both, atol=1e-14)


@pytest.mark.parametrize("turns", [FREQUENCIES, None])
def test_traces_are_elements_of_the_matrix(active, turns) -> None:
    i, j = [0, 1, 3, 2], [0, 4, 5, 2]
    trace = synapse(*active, i, j, turns, GAMMA)
    assert trace.shape == (T + 1, 4)
    for at in (0, 3, T):
        matrix = synapse_matrix(*active, turns, GAMMA, at=at)
        np.testing.assert_allclose(trace[at], matrix[jnp.asarray(i), jnp.asarray(j)], atol=1e-14)


def test_either_order_of_neurons(active) -> None:
    """The paper's order gives the same synapses, in its order."""
    y, x = active
    half = synapse_matrix(y, x, FREQUENCIES, GAMMA)
    gamma = np.asarray(interleaved(jnp.asarray(GAMMA)))
    other = synapse_matrix(y, interleaved(x), FREQUENCIES, gamma, interleaved=True)
    np.testing.assert_allclose(half_split(other), half, atol=1e-14)
    trace = synapse(y, interleaved(x), [1], [3], FREQUENCIES, gamma, interleaved=True)
    np.testing.assert_allclose(trace[-1, 0], half[1, 4], atol=1e-14)  # 2 k + 1 is k + 3, k = 1
    assert pair_members(6).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert pair_members(6, interleaved=True).tolist() == [[0, 2, 4], [1, 3, 5]]


def test_a_synapse_needs_both_and_the_order_of_time(active) -> None:
    """Written where y and x are active in the same token; 0 before, and 0 for the first token."""
    y, x = jnp.zeros((3, 1)).at[1].set(1), jnp.zeros((3, 2)).at[1, 0].set(1)
    np.testing.assert_array_equal(synapse(y, x, [0], [0])[:, 0], [0, 0, 1, 1])
    np.testing.assert_array_equal(synapse(y, jnp.roll(x, 1, axis=0), [0], [0])[:, 0], [0] * 4)


def test_many_sequences_at_once(active) -> None:
    """Under `vmap`, with activities traced."""
    y, x = (jnp.stack([each, each[::-1]]) for each in active)
    found = jax.vmap(lambda y, x: synapse(y, x, [1], [2], FREQUENCIES, GAMMA))(y, x)
    np.testing.assert_allclose(found[1], synapse(y[1], x[1], [1], [2], FREQUENCIES, GAMMA))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"at": 9}, "at is 9, expected 0 to 8"),
        ({"frequencies": FREQUENCIES[:2]}, "expected 3 finite ones"),
        ({"frequencies": FREQUENCIES * np.nan}, "expected 3 finite ones"),
        ({"damping": 0.0}, "damping is 0, expected above 0 and up to 1"),
        ({"damping": np.ones(5)}, r"damping has shape \(5,\)"),
        ({"frequencies": FREQUENCIES, "damping": np.linspace(0.5, 1, N)}, "damping of pair 0"),
    ],
)
def test_wrong_values_are_named(active, how: dict, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        synapse_matrix(*active, **how)


def test_wrong_neurons_are_named(active) -> None:
    y, x = active
    with pytest.raises(InvalidValue, match="j holds neuron 6, expected 0 to 5"):
        synapse(y, x, [0], [6])
    with pytest.raises(InvalidValue, match="expected as many of each"):
        synapse(y, x, [0, 1], [2])
    with pytest.raises(InvalidValue, match="of the same tokens"):
        synapse(y[1:], x, [0], [2])
    with pytest.raises(InvalidValue, match="5 neurons, expected an even number"):
        pair_members(5)
