"""Graphs of neurons: edges, degrees and modularity by hand, and what null models keep."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.interaction_graph import (
    best_partition,
    degrees,
    interaction,
    mirrored_histogram,
    modularity,
    random_edges,
    rewired,
    strongest_edges,
)

TRIANGLES = [(i, j) for c in (0, 3) for i in range(c, c + 3) for j in range(c, c + 3) if i != j]
"""Two cliques of three, each with its six directed edges."""


def test_interaction_is_target_by_source() -> None:
    """E reads neuron 0 into channel 0, Dx drives neuron 1 from it: G[1, 0] alone is not 0."""
    to_x, from_y = np.zeros((1, 2)), np.zeros((2, 1))
    to_x[0, 1], from_y[0, 0] = 2.0, 3.0
    np.testing.assert_array_equal(interaction(to_x, from_y), [[0, 0], [6, 0]])


def test_edges_by_hand() -> None:
    """G[1, 0] = 5 is the edge 0 -> 1, the largest; the 9 on the diagonal is none."""
    g = np.array([[9.0, 1, 2], [5, 0, 3], [-1, 0.5, 0]])
    assert strongest_edges(g, 3).tolist() == [[0, 1], [2, 1], [2, 0]]
    assert len(strongest_edges(g, 6)) == 6


def test_equal_weights_come_in_order_of_target_then_source() -> None:
    assert strongest_edges(np.ones((3, 3)), 3).tolist() == [[1, 0], [2, 0], [0, 1]]


def test_degrees_by_hand() -> None:
    found = degrees(np.array([[0, 1], [2, 1], [2, 0]]), 4)
    assert found.incoming.tolist() == [1, 2, 0, 0]
    assert found.outgoing.tolist() == [1, 0, 2, 0]


def test_modularity_of_two_cliques_by_hand() -> None:
    """All edges inside, and a quarter expected in each: Q = 1 - 2 / 4."""
    q, members = best_partition(np.array(TRIANGLES), 6)
    assert q == pytest.approx(0.5)
    assert members[0] == members[1] == members[2] != members[3] == members[4] == members[5]


def test_modularity_with_a_bridge_by_hand() -> None:
    """13 directed edges: 12/13 - (7 x 6 + 6 x 7) / 169. 7 undirected ones: 6/7 - 2 (7/14)^2."""
    edges = np.array([*TRIANGLES, (2, 3)])
    assert modularity(edges, 6) == pytest.approx(12 / 13 - 84 / 169)
    assert modularity(edges, 6, directed=False) == pytest.approx(6 / 7 - 0.5)


def test_neurons_without_edges_change_nothing() -> None:
    assert modularity(np.array(TRIANGLES), 20) == pytest.approx(0.5)


def test_modularity_is_fixed_by_the_seed_and_best_of_more_is_not_worse() -> None:
    edges = random_edges(40, 160, seed=1)
    one, again = (modularity(edges, 40, n_partitions=1, seed=3) for _ in range(2))
    assert one == again
    assert modularity(edges, 40, n_partitions=6, seed=3) >= one


def test_random_edges_are_as_many_and_differ_by_seed() -> None:
    edges = random_edges(30, 100, seed=0)
    assert len({tuple(each) for each in edges.tolist()}) == 100
    assert (edges[:, 0] != edges[:, 1]).all()
    assert not np.array_equal(edges, random_edges(30, 100, seed=1))


def test_rewiring_keeps_degrees_and_nothing_else() -> None:
    """Of two cliques of eight: the same degrees, each edge once, and the communities are gone."""
    cliques = [(i, j) for c in (0, 8) for i in range(c, c + 8) for j in range(c, c + 8) if i != j]
    edges = np.array([each for each in cliques if sum(each) % 3])
    other = rewired(edges, 16, seed=0)
    for before, after in zip(degrees(edges, 16), degrees(other, 16), strict=True):
        np.testing.assert_array_equal(before, after)
    assert len({tuple(each) for each in other.tolist()}) == len(edges)
    assert (other[:, 0] != other[:, 1]).all()
    assert modularity(other, 16) < 0.3 < modularity(edges, 16)


def test_mirrored_histogram_by_hand() -> None:
    """Entries -1, 1, 3 in bins of width 3: one below 0, two above; mirrored the other way."""
    found = mirrored_histogram([-1.0, 1.0, 3.0], 2)
    np.testing.assert_allclose(found.edge, [-3, 0, 3])
    np.testing.assert_allclose(found.density, [1 / 9, 2 / 9])
    np.testing.assert_allclose(found.mirrored, [2 / 9, 1 / 9])
    short = mirrored_histogram([-1.0, 1.0, 3.0], 2, most=2.0)  # the 3 is beyond
    np.testing.assert_allclose(short.density, [1 / 6, 1 / 6])


def test_slips_are_named() -> None:
    with pytest.raises(InvalidValue, match="7 edges among 3 neurons, expected 0 to 6"):
        strongest_edges(np.ones((3, 3)), 7)
    with pytest.raises(InvalidValue, match="square"):
        strongest_edges(np.ones((3, 2)), 1)
    with pytest.raises(InvalidValue, match="1 entries that are no numbers"):
        strongest_edges([[np.nan, 1], [1, 1]], 1)
    with pytest.raises(InvalidValue, match="expected 0 to 3"):
        degrees(np.array([[0, 4]]), 4)
    with pytest.raises(InvalidValue, match="one or more of each"):
        modularity(np.zeros((0, 2), int), 4)
    with pytest.raises(InvalidValue, match="of one head"):
        interaction(np.ones((2, 3)), np.ones((3, 4)))
