"""The graph of which neurons drive which: its edges, degrees and communities, and null models.

A matrix of weights G is [target, source]: the edge i -> j is G[j, i]. Of BDH it is G = Dx E of one
head, by which y of a token drives x of the next layer (Kosowski et al., 2025, arXiv 2509.26507,
section on modularity). What is in such a matrix is told by its largest entries, and how many of
them count as edges is a choice: so everything here is to be computed along the whole range of edge
counts, and laid beside null models with as many edges. A random product of the same rank has
communities too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue
from cogmem.measures.communities import louvain, modularity_matrix, modularity_of

__all__ = [
    "Degrees",
    "Mirrored",
    "best_partition",
    "degrees",
    "interaction",
    "mirrored_histogram",
    "modularity",
    "random_edges",
    "rewired",
    "strongest_edges",
]

Edges = Int[np.ndarray, "edge 2"]
"""Source and target of each."""


class Degrees(NamedTuple):
    """How many edges come in to, and go out of, each neuron."""

    incoming: Int[np.ndarray, " neuron"]
    outgoing: Int[np.ndarray, " neuron"]


class Mirrored(NamedTuple):
    """A histogram, and that of the negated entries, in the same bins.

    Attributes:
        edge: ends of the bins, symmetric about 0.
        density: per unit of the entries.
        mirrored: density of the negated entries; where entries are symmetric the two agree.
    """

    edge: Float[np.ndarray, " bin+1"]
    density: Float[np.ndarray, " bin"]
    mirrored: Float[np.ndarray, " bin"]


def interaction(to_x: ArrayLike, from_y: ArrayLike) -> Float[np.ndarray, "target source"]:
    """G = Dx E of one head.

    Args:
        to_x: [channel, target], the transpose of Dx, as `cogmem.models.bdh.Weights` holds it.
        from_y: [source, channel], the transpose of E.

    Raises:
        InvalidValue: if they do not fit.
    """
    dx, e = np.asarray(to_x, float), np.asarray(from_y, float)
    if dx.ndim != 2 or e.ndim != 2 or dx.shape[0] != e.shape[1]:
        raise InvalidValue(
            f"to_x has shape {dx.shape} and from_y {e.shape}, expected [channel, target] and "
            "[source, channel] of one head."
        )
    return dx.T @ e.T


def strongest_edges(weights: ArrayLike, n_edges: int) -> Edges:
    """The edges with the largest weights, the largest first; no neuron has one to itself.

    Args:
        weights: G [target, source].
        n_edges: 0 to n (n - 1). Of equal weights, those of the first targets, and then of the
            first sources, come first.

    Returns:
        Source and target of each.

    Raises:
        InvalidValue: if G is not square or has what is no number, or there are not so many edges.
    """
    g = _square(weights)
    most = len(g) * (len(g) - 1)
    if not 0 <= n_edges <= most:
        raise InvalidValue(f"{n_edges} edges among {len(g)} neurons, expected 0 to {most}.")
    order = np.argsort(-np.where(np.eye(len(g), dtype=bool), -np.inf, g), axis=None, kind="stable")
    target, source = np.unravel_index(order[:n_edges], g.shape)
    return np.stack([source, target], axis=1)


def degrees(edges: Edges, n_neurons: int) -> Degrees:
    """Edges that come in and go out.

    Raises:
        InvalidValue: for edges of other neurons than 0 to n - 1.
    """
    source, target = _checked(edges, n_neurons).T
    incoming, outgoing = (np.bincount(ends, minlength=n_neurons) for ends in (target, source))
    return Degrees(incoming, outgoing)


def mirrored_histogram(weights: ArrayLike, n_bins: int = 60, most: float | None = None) -> Mirrored:
    """Density of all entries, and of the same entries negated, to see a tail on one side.

    Args:
        weights: any numbers, not all 0.
        n_bins: symmetric about 0.
        most: where they end on both sides; None for the largest entry. Entries beyond are counted
            as there, but not shown.

    Raises:
        InvalidValue: if there is nothing to count.
    """
    values = np.asarray(weights, float).ravel()
    most = float(np.abs(values).max(initial=0)) if most is None else most
    if not most > 0 or n_bins < 2:
        raise InvalidValue(
            f"entries up to {most:g} in {n_bins} bins; expected numbers that are not all 0, and 2 "
            "bins or more."
        )
    edge = np.linspace(-most, most, n_bins + 1)
    per_count = 1 / (values.size * (edge[1] - edge[0]))
    counts = [np.histogram(sign * values, edge)[0] for sign in (1, -1)]
    return Mirrored(edge, *(per_count * each for each in counts))


# ---- communities ---------------------------------------------------------------------------------


def best_partition(
    edges: Edges, n_neurons: int, *, directed: bool = True, n_partitions: int = 5, seed: int = 0
) -> tuple[float, Int[np.ndarray, " neuron"]]:
    """The most modular of several Louvain partitions: its modularity, and each neuron's community.

    The method is greedy, and depends on the order in which it goes through the neurons, which is
    random: hence several of them. See `cogmem.measures.communities`.

    Args:
        edges: source and target of each.
        n_neurons: those without any edge are communities of their own, and change nothing.
        directed: whether i -> j and j -> i are told apart; else they are one edge.
        n_partitions: as many are tried; the paper's best of 5.
        seed: of the first of them.

    Raises:
        InvalidValue: for edges of other neurons, or none at all, or fewer than one partition.
    """
    edges = _checked(edges, n_neurons)
    if not len(edges) or n_partitions < 1:
        raise InvalidValue(
            f"{n_partitions} partitions of {len(edges)} edges, expected one or more of each."
        )
    matrix = modularity_matrix(edges, n_neurons, directed=directed)
    found = [louvain(matrix, seed=seed + at) for at in range(n_partitions)]
    q = [modularity_of(matrix, members) for members in found]
    return max(q), found[int(np.argmax(q))]


def modularity(
    edges: Edges, n_neurons: int, *, directed: bool = True, n_partitions: int = 5, seed: int = 0
) -> float:
    """The largest modularity of several Louvain partitions; see `best_partition`."""
    how: dict[str, Any] = {"directed": directed, "n_partitions": n_partitions, "seed": seed}
    return best_partition(edges, n_neurons, **how)[0]


# ---- null models ---------------------------------------------------------------------------------


def random_edges(n_neurons: int, n_edges: int, *, seed: int) -> Edges:
    """G(n, m): as many of the n (n - 1) directed edges, all choices equally likely.

    Raises:
        InvalidValue: if there are not so many.
    """
    noise = np.random.default_rng(seed).random((n_neurons, n_neurons))
    return strongest_edges(noise, n_edges)


def rewired(edges: Edges, n_neurons: int, *, seed: int, n_swaps: int | None = None) -> Edges:
    """A random graph in which every neuron keeps its in-degree and its out-degree.

    Two edges a -> b and c -> d become a -> d and c -> b, time and again, unless that makes an edge
    twice or one from a neuron to itself (Maslov & Sneppen, 2002).

    Args:
        edges: each once, none from a neuron to itself.
        n_neurons: for the check of `edges`.
        seed: of the choice of pairs.
        n_swaps: pairs tried; ten for each edge if None.

    Raises:
        InvalidValue: for edges of other neurons.
    """
    source, target = (each.tolist() for each in _checked(edges, n_neurons).T)
    there = set(zip(source, target, strict=True))
    tried = 10 * len(source) if n_swaps is None else n_swaps
    pairs = np.random.default_rng(seed).integers(0, max(len(source), 1), (tried, 2))
    for one, other in pairs.tolist():
        a, b, c, d = source[one], target[one], source[other], target[other]
        if a == d or c == b or (a, d) in there or (c, b) in there:
            continue
        there -= {(a, b), (c, d)}
        there |= {(a, d), (c, b)}
        target[one], target[other] = d, b
    return np.stack([np.asarray(source, int), np.asarray(target, int)], axis=1)


# ---- checks --------------------------------------------------------------------------------------


def _square(weights: ArrayLike) -> Float[np.ndarray, "target source"]:
    g = np.asarray(weights, float)
    if g.ndim != 2 or g.shape[0] != g.shape[1] or not g.size:
        raise InvalidValue(f"weights have shape {g.shape}, expected [target, source], square.")
    if not np.isfinite(g).all():
        raise InvalidValue(f"weights have {np.sum(~np.isfinite(g))} entries that are no numbers.")
    return g


def _checked(edges: Edges, n_neurons: int) -> Edges:
    each = np.asarray(edges)
    if each.ndim != 2 or each.shape[1] != 2 or not np.issubdtype(each.dtype, np.integer):
        raise InvalidValue(
            f"edges are {each.dtype} of shape {each.shape}, expected whole numbers [edge, 2]."
        )
    if len(each) and not 0 <= each.min() <= each.max() < n_neurons:
        raise InvalidValue(
            f"edges join neurons {each.min()} to {each.max()}, expected 0 to {n_neurons - 1}."
        )
    return each
