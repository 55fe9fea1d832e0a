"""Modularity by hand, and communities of graphs whose best partition is known."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.measures.communities import louvain, modularity_matrix, modularity_of

# Who met outside the karate club (Zachary, 1977, Journal of Anthropological Research 33, 452-473):
# for each member, those with higher numbers.
KARATE = {
    1: (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32),
    2: (3, 4, 8, 14, 18, 20, 22, 31),
    3: (4, 8, 9, 10, 14, 28, 29, 33),
    4: (8, 13, 14),
    5: (7, 11),
    6: (7, 11, 17),
    7: (17,),
    9: (31, 33, 34),
    10: (34,),
    14: (34,),
    15: (33, 34),
    16: (33, 34),
    19: (33, 34),
    20: (34,),
    21: (33, 34),
    23: (33, 34),
    24: (26, 28, 30, 33, 34),
    25: (26, 28, 32),
    26: (32,),
    27: (30, 34),
    28: (34,),
    29: (32, 34),
    30: (33, 34),
    31: (33, 34),
    32: (33, 34),
    33: (34,),
}
EDGES = np.array([(i - 1, j - 1) for i, others in KARATE.items() for j in others])

# Directed graphs on which greedy moves went round in a circle in other programs.
CIRCLING = [
    [(0, 2), (0, 1), (1, 0), (2, 1), (2, 0), (3, 4), (4, 3), (7, 8), (8, 7), (9, 10), (10, 9)],
    [
        (0, 1),
        (0, 5),
        (0, 8),
        (1, 2),
        (1, 3),
        (1, 4),
        (2, 3),
        (3, 2),
        (3, 4),
        (4, 3),
        (5, 6),
        (5, 7),
    ],
    [(0, 1), (0, 2), (0, 5), (0, 6), (1, 2), (1, 4), (2, 3), (2, 5), (2, 6), (3, 4)],
]


def test_the_published_split_of_the_karate_club() -> None:
    """The two clubs after the split have Q = .371 (Newman & Girvan, 2004: .358 for another two)."""
    first = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 17, 18, 20, 22}
    members = np.array([int(i + 1 in first) for i in range(34)])
    matrix = modularity_matrix(EDGES, 34, directed=False)
    inside = np.array([np.sum(np.isin(EDGES + 1, list(first)).sum(axis=1) == n) for n in (2, 0)])
    ends = np.array([np.isin(EDGES + 1, list(first)).sum(), 2 * 78])
    ends[1] -= ends[0]
    assert len(EDGES) == 78
    assert modularity_of(matrix, members) == pytest.approx((inside / 78 - (ends / 156) ** 2).sum())
    assert modularity_of(matrix, members) == pytest.approx(0.371, abs=5e-4)


def test_the_best_partition_of_the_karate_club() -> None:
    """No partition has more than .4198 (Brandes et al., 2008, IEEE TKDE 20, 172-188)."""
    matrix = modularity_matrix(EDGES, 34, directed=False)
    q = [modularity_of(matrix, louvain(matrix, seed=seed)) for seed in range(20)]
    assert max(q) == pytest.approx(0.4198, abs=5e-5)
    assert min(q) > 0.38


def test_matrix_is_symmetric_and_sums_to_nothing() -> None:
    """All nodes in one community are no community: Q = 0."""
    for directed in (True, False):
        matrix = modularity_matrix(EDGES, 34, directed=directed)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert modularity_of(matrix, np.zeros(34, int)) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("edges", CIRCLING)
@pytest.mark.parametrize("directed", [True, False])
def test_every_graph_comes_to_an_end(edges: list[tuple[int, int]], directed: bool) -> None:
    """And no single move of a node to another community would gain."""
    matrix = modularity_matrix(np.array(edges), 11, directed=directed)
    for seed in range(30):
        members = louvain(matrix, seed=seed)
        q = modularity_of(matrix, members)
        assert q >= modularity_of(matrix, np.arange(11))
        merged = [
            modularity_of(matrix, np.where(members == b, a, members))
            for a in range(members.max() + 1)
            for b in range(members.max() + 1)
        ]
        assert max(merged) <= q + 1e-12


def test_communities_are_numbered_from_0() -> None:
    members = louvain(modularity_matrix(EDGES, 34), seed=0)
    assert sorted(set(members.tolist())) == list(range(members.max() + 1))
