"""Edges, wires with hidden nodes, and synapses that turn with their partners."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh_wiring import Edges, Synapses, Wiring, direct_wiring, hidden_wiring

RNG = np.random.default_rng(0)
FROM_Y = RNG.normal(size=(12, 3)).astype(np.float32)
TO = RNG.normal(size=(3, 12)).astype(np.float32)


def test_an_edge_from_i_to_j_is_element_j_i() -> None:
    """H[2, 0] = 5 carries from node 0 to node 2, and nothing else."""
    matrix = np.zeros((3, 2), np.float32)
    matrix[2, 0] = 5
    edges = Edges.of(matrix)
    assert (edges.source.tolist(), edges.target.tolist()) == ([0], [2])
    np.testing.assert_array_equal(edges.carry(jnp.asarray([2.0, 7.0])), [0, 0, 10])
    np.testing.assert_array_equal(edges.matrix(), matrix)


@pytest.mark.parametrize("wiring", [hidden_wiring, direct_wiring])
def test_excitation_less_inhibition_is_the_signed_map(wiring) -> None:
    """Claim 3: all weights >= 0, and D E y to rounding, for y of any sign."""
    wires = wiring(FROM_Y, TO)
    edges = [wires.excitatory, wires.inhibitory, *([wires.relay] if wires.relay else [])]
    assert all(float(each.weight.min()) > 0 for each in edges)
    y = jnp.asarray(RNG.normal(size=12).astype(np.float32))
    more, less = wires.carry(y)
    np.testing.assert_allclose(more - less, (y @ FROM_Y) @ TO, atol=2e-5)


def test_hidden_nodes_take_few_edges() -> None:
    """n d edges to 2 d hidden nodes, and twice n d from them; n^2 without them."""
    wires = hidden_wiring(FROM_Y, TO)
    assert wires.relay is not None
    assert wires.relay.n_targets == wires.excitatory.n_sources == 6
    assert wires.n_edges == 3 * 12 * 3
    assert direct_wiring(FROM_Y, TO).n_edges == 12 * 12


def test_an_edge_and_its_partner_turn_together() -> None:
    """A quarter turn: (1, 2) becomes (2, -1); after four they are as they were."""
    synapses = Synapses.of(np.ones((1, 2), np.float32), np.array([0.25]))
    once = synapses.aged(jnp.asarray([1.0, 2.0]))
    np.testing.assert_allclose(once, [2, -1], atol=1e-6)
    for _ in range(3):
        once = synapses.aged(once)
    np.testing.assert_allclose(once, [1, 2], atol=1e-6)


@pytest.mark.parametrize("interleaved", [True, False])
def test_a_missing_partner_is_added_with_weight_0(interleaved: bool) -> None:
    """One edge from neuron 1 of 4, which turns into 0 (interleaved) or 3 (half-split)."""
    weights = np.zeros((1, 4), np.float32)
    weights[0, 1] = 1
    synapses = Synapses.of(weights, np.array([0.25, 0.25]), interleaved=interleaved)
    other = 0 if interleaved else 3
    assert sorted(synapses.edges.source.tolist()) == sorted([1, other])
    sigma = synapses.written(synapses.empty, jnp.ones(1), jnp.ones(4))
    np.testing.assert_array_equal(synapses.edges.matrix(sigma), weights)
    aged = synapses.edges.matrix(synapses.aged(sigma))
    assert abs(float(aged[0, other])) == pytest.approx(1)


def test_damping_is_that_of_the_neuron_at_the_source() -> None:
    synapses = Synapses.of(np.ones((2, 2), np.float32), damping=np.array([0.5, 1.0]))
    aged = synapses.edges.matrix(synapses.aged(jnp.ones(4)))
    np.testing.assert_array_equal(aged, [[0.5, 1], [0.5, 1]])


@pytest.mark.parametrize(
    ("source", "target", "weight", "message"),
    [
        ([0, 5], [0, 0], [1.0, 1.0], "edge 1 has source 5, expected 0 to 1"),
        ([0], [-1], [1.0], "edge 0 has target -1"),
        ([0], [0, 1], [1.0], "expected one row"),
        ([0], [0], [np.nan], "not finite"),
    ],
)
def test_wrong_edges_are_named(source, target, weight, message: str) -> None:
    ends = (jnp.asarray(each, jnp.int32) for each in (source, target))
    with pytest.raises(InvalidValue, match=message):
        Edges(*ends, jnp.asarray(weight), 2, 2)


def test_wires_do_not_change_sign() -> None:
    edges = Edges.of(np.array([[1.0, -2.0]], np.float32))
    with pytest.raises(InvalidValue, match="inhibitory has 1 weights below 0"):
        Wiring(Edges.of(np.ones((1, 2), np.float32)), edges)
    with pytest.raises(InvalidValue, match=r"expected \[neuron, channel\]"):
        hidden_wiring(FROM_Y, TO.T)
    with pytest.raises(InvalidValue, match=r"matrix has shape \(2,\)"):
        Edges.of(np.ones(2))
