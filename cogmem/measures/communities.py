"""Communities of a graph: modularity, and partitions that make it large.

Modularity of a partition is the share of edges within communities, less what is expected of nodes
with these degrees (Newman & Girvan, 2004, Physical Review E 69, 026113): for m directed edges,

    Q = sum over i, j of one community of A_ij / m - out_i in_j / m^2

(Leicht & Newman, 2008, Physical Review Letters 100, 118703). The Louvain method (Blondel et al.,
2008, Journal of Statistical Mechanics P10008; Dugué & Perez, 2015, directed) moves node by node to
the neighbouring community where Q gains most, until none gains; then communities become nodes.

The matrix is held whole, which suits graphs up to a few thousand nodes, dense ones as well as
sparse ones. Only true gains count as such: with rounding errors taken for gains, moves may go round
in a circle for ever.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

__all__ = ["louvain", "modularity_matrix", "modularity_of"]

_GAIN = 1e-12
"""Below this a gain is a rounding error; the least true one is about 1 / m^2."""


def modularity_matrix(
    edges: Int[np.ndarray, "edge 2"], n_nodes: int, *, directed: bool = True
) -> Float[np.ndarray, "node node"]:
    """What each pair of nodes adds to Q if both are in one community; it is symmetric.

    Args:
        edges: source and target of each; one or more.
        n_nodes: 0 to n - 1.
        directed: whether i -> j and j -> i are two edges; else they are one.
    """
    a = np.zeros((n_nodes, n_nodes))
    a[edges[:, 0], edges[:, 1]] = 1
    if not directed:
        a = np.maximum(a, a.T)
    a /= a.sum()
    each = a - np.outer(a.sum(axis=1), a.sum(axis=0))
    return (each + each.T) / 2


def modularity_of(
    matrix: Float[np.ndarray, "node node"], members: Int[np.ndarray, " node"]
) -> float:
    """Q of a partition: the sum over all pairs of one community.

    Args:
        matrix: of `modularity_matrix`.
        members: the community of each node.
    """
    return float(matrix[members[:, None] == members[None]].sum())


def louvain(matrix: Float[np.ndarray, "node node"], *, seed: int) -> Int[np.ndarray, " node"]:
    """The community of each node, 0, 1, ..., after Louvain's method.

    Args:
        matrix: of `modularity_matrix`.
        seed: of the order in which nodes are gone through.
    """
    rng = np.random.default_rng(seed)
    members = np.arange(len(matrix))
    while True:
        found = _moved(matrix, rng)
        members = found[members]
        if found.max(initial=-1) + 1 == len(matrix):
            return members
        within = np.eye(found.max() + 1)[found]
        matrix = within.T @ matrix @ within


def _moved(
    matrix: Float[np.ndarray, "node node"], rng: np.random.Generator
) -> Int[np.ndarray, " node"]:
    """The community of each node, after moves of single nodes until none gains."""
    members, order = np.arange(len(matrix)), rng.permutation(len(matrix))
    joined = matrix.copy()  # what each node has in common with each community
    moving = True
    while moving:
        moving = False
        for node in order:
            own = members[node]
            gain = joined[node] - (joined[node, own] - matrix[node, node])
            gain[own] = 0
            best = int(gain.argmax())
            if gain[best] > _GAIN:
                joined[:, best] += matrix[:, node]
                joined[:, own] -= matrix[:, node]
                members[node], moving = best, True
    return np.unique(members, return_inverse=True)[1]
