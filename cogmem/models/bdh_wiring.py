"""Edges of the graph of BDH: wires from Y to X and from A to Y, and synapses, which have a state.

Kosowski et al. (2025, arXiv 2509.26507). All weights are >= 0; what inhibits does so by edges of
its own. An edge from i to j is the element [j, i] of a matrix. See `cogmem.models.bdh_graph`.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.bdh_synapses import pair_members, per_neuron

__all__ = ["Edges", "Synapses", "Wiring", "direct_wiring", "hidden_wiring"]


# ---- edges ---------------------------------------------------------------------------------------


class Edges(eqx.Module):
    """A weighted graph as a list: edge e leads from source[e] to target[e].

    Attributes:
        source, target: nodes.
        weight: of each edge.
        n_sources, n_targets: how many nodes there are at either end.
    """

    source: Int[Array, " edge"]
    target: Int[Array, " edge"]
    weight: Float[Array, " edge"]
    n_sources: int = eqx.field(static=True)
    n_targets: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        shapes = [jnp.shape(each) for each in (self.source, self.target, self.weight)]
        if len(set(shapes)) > 1 or len(shapes[0]) != 1:
            raise InvalidValue(f"source, target and weight have shapes {shapes}, expected one row.")
        ends = (("source", self.source, self.n_sources), ("target", self.target, self.n_targets))
        for name, nodes, n in ends:
            wrong = np.flatnonzero((np.asarray(nodes) < 0) | (np.asarray(nodes) >= n))
            if len(wrong):
                given = int(nodes[wrong[0]])
                raise InvalidValue(f"edge {wrong[0]} has {name} {given}, expected 0 to {n - 1}.")
        if not np.isfinite(np.asarray(self.weight)).all():
            raise InvalidValue("some weights are not finite; leave those edges out.")

    @classmethod
    def of(cls, matrix: Float[ArrayLike, "target source"], keep: Any = None) -> Edges:
        """The edges of a matrix H: from i to j with weight H[j, i].

        Args:
            matrix: weights.
            keep: [target, source], True for edges to keep; those of weights other than 0, if None.

        Raises:
            InvalidValue: if it is no matrix, or has no rows or columns.
        """
        weights = np.asarray(matrix)
        if weights.ndim != 2 or weights.size == 0:
            raise InvalidValue(f"matrix has shape {weights.shape}, expected [target, source].")
        target, source = np.nonzero(weights if keep is None else keep)
        ends = [jnp.asarray(each.astype(np.int32)) for each in (source, target)]
        weight, (n_targets, n_sources) = jnp.asarray(weights[target, source]), weights.shape
        return cls(ends[0], ends[1], weight, n_sources, n_targets)

    def carry(self, values: Float[Array, " source"]) -> Float[Array, " target"]:
        """What arrives at every node: weight times value of the source, summed edge by edge."""
        return self.gather(self.weight * values[self.source])

    def gather(self, sent: Float[Array, " edge"]) -> Float[Array, " target"]:
        """The sum of what travels along the edges to each node."""
        return jnp.zeros(self.n_targets, sent.dtype).at[self.target].add(sent)

    def matrix(self, values: Float[Array, " edge"] | None = None) -> Float[Array, "target source"]:
        """The weights as a matrix, 0 where there is no edge; or other values of the edges."""
        values = self.weight if values is None else values
        empty = jnp.zeros((self.n_targets, self.n_sources), values.dtype)
        return empty.at[self.target, self.source].add(values)


class Wiring(eqx.Module):
    """Excitatory and inhibitory edges onto the same nodes, all of weights >= 0.

    Attributes:
        excitatory, inhibitory: from the same nodes.
        relay: from neurons to hidden nodes, from which the other two lead on; None if these begin
            at the neurons themselves. A hidden node passes on the sum of what it gets.
    """

    excitatory: Edges
    inhibitory: Edges
    relay: Edges | None = None

    def __check_init__(self) -> None:
        for name, edges in vars(self).items():
            if edges is not None and (np.asarray(edges.weight) < 0).any():
                raise InvalidValue(
                    f"{name} has {(np.asarray(edges.weight) < 0).sum()} weights below 0, expected "
                    "none: let them inhibit, with weights above 0."
                )

    def carry(
        self, values: Float[Array, " neuron"]
    ) -> tuple[Float[Array, " neuron"], Float[Array, " neuron"]]:
        """Excitation and inhibition of every neuron; hidden nodes pass on what they get."""
        passed = values if self.relay is None else self.relay.carry(values)
        return self.excitatory.carry(passed), self.inhibitory.carry(passed)

    @property
    def n_edges(self) -> int:
        """Of all kinds."""
        return sum(edges.weight.size for edges in vars(self).values() if edges is not None)


def direct_wiring(
    from_y: Float[ArrayLike, "neuron channel"], to: Float[ArrayLike, "channel neuron"]
) -> Wiring:
    """From neuron to neuron, up to n^2 edges: the positive and the negative part of G = D E.

    Args:
        from_y: E', as `cogmem.models.bdh` keeps it.
        to: Dx' or Dy', likewise.

    Raises:
        InvalidValue: if the two do not fit.
    """
    _check_maps(from_y, to)
    signed = (np.asarray(from_y) @ np.asarray(to)).T
    return Wiring(Edges.of(np.maximum(signed, 0)), Edges.of(np.maximum(-signed, 0)))


def hidden_wiring(
    from_y: Float[ArrayLike, "neuron channel"], to: Float[ArrayLike, "channel neuron"]
) -> Wiring:
    """By way of 2 d hidden nodes, O(n d) edges: excitation less inhibition is D E (Claim 3).

    Each channel has a node for what is positive in E and one for what is negative.

    Args:
        from_y, to: see `direct_wiring`.

    Raises:
        InvalidValue: if the two do not fit.
    """
    _check_maps(from_y, to)
    e, d = np.asarray(from_y).T, np.asarray(to).T
    relay = np.concatenate([np.maximum(e, 0), np.maximum(-e, 0)])
    up, down = np.maximum(d, 0), np.maximum(-d, 0)
    excitatory, inhibitory = np.hstack([up, down]), np.hstack([down, up])
    return Wiring(Edges.of(excitatory), Edges.of(inhibitory), Edges.of(relay))


def _check_maps(from_y: Any, to: Any) -> None:
    if np.ndim(from_y) != 2 or np.shape(to) != np.shape(from_y)[::-1]:
        raise InvalidValue(
            f"from_y has shape {np.shape(from_y)} and the map to neurons {np.shape(to)}, expected "
            "[neuron, channel] and [channel, neuron]."
        )


# ---- synapses ------------------------------------------------------------------------------------


class Synapses(eqx.Module):
    """The graph Gs, on whose edges the memory of a sequence lives, and what a token does to it.

    Attributes:
        edges: from X to A; their weights, >= 0, say how strongly each edge is written.
        damping: what is left of each edge after a token.
        partner: the edge that each turns into: from the other neuron of the pair to the same node.
        cos, sin: of the angle per token; sin is negative for the second of a pair.
    """

    edges: Edges
    damping: Float[Array, " edge"]
    partner: Int[Array, " edge"]
    cos: Float[Array, " edge"]
    sin: Float[Array, " edge"]

    @classmethod
    def of(
        cls,
        weights: Float[ArrayLike, "target source"],
        frequencies: Float[ArrayLike, " pair"] | None = None,
        damping: ArrayLike = 1.0,
        *,
        interleaved: bool = False,
    ) -> Synapses:
        """From a matrix of weights, 0 where there is no edge.

        Where an edge turns and the other of the pair is not there, that is added with weight 0: it
        is not written, and yet it fills.

        Args:
            weights: Gs, >= 0, with Y at the target.
            frequencies: of the pairs of neurons at the source, cycles per token; None: none turn.
            damping: gamma, one number or [neuron], of the neurons at the source.
            interleaved: see `cogmem.models.bdh_synapses.pair_members`.

        Raises:
            InvalidValue: for weights below 0, or frequencies or damping that do not fit.
        """
        matrix = np.asarray(weights)
        if matrix.ndim != 2 or not (matrix >= 0).all():
            raise InvalidValue("synapses need a matrix [target, source] of weights of 0 or more.")
        matrix = matrix if np.issubdtype(matrix.dtype, np.floating) else matrix.astype(float)
        n, keep = matrix.shape[1], matrix > 0
        gamma = per_neuron(damping, frequencies, n, interleaved=interleaved).astype(matrix.dtype)
        other, angle = np.arange(n), np.zeros(n)
        if frequencies is not None:
            first, second = pair_members(n, interleaved=interleaved)
            other[first], other[second] = second, first
            angle[first] = 2 * np.pi * np.asarray(frequencies, float)
            angle[second] = -angle[first]
            keep = keep | keep[:, other]
        edges = Edges.of(matrix, keep)
        places = np.full(matrix.shape, -1, np.int32)
        source, target = np.asarray(edges.source), np.asarray(edges.target)
        places[target, source] = np.arange(len(source))
        how = (np.cos(angle)[source], np.sin(angle)[source])
        cos, sin = (jnp.asarray(each.astype(matrix.dtype)) for each in how)
        partner = jnp.asarray(places[target, other[source]])
        return cls(edges, jnp.asarray(gamma[source]), partner, cos, sin)

    @property
    def empty(self) -> Float[Array, " edge"]:
        """Before anything is written."""
        return jnp.zeros_like(self.edges.weight)

    def read(
        self, sigma: Float[Array, " edge"], x: Float[Array, " neuron"]
    ) -> Float[Array, " neuron"]:
        """If i is active and there is a rule from i to j, then so is j: A(j) += sigma X(i)."""
        return self.edges.gather(sigma * x[self.edges.source])

    def written(
        self,
        sigma: Float[Array, " edge"],
        y: Float[Array, " neuron"],
        x: Float[Array, " neuron"],
    ) -> Float[Array, " edge"]:
        """Hebb's rule: an edge grows by weight times Y at its target times X at its source."""
        return sigma + self.edges.weight * y[self.edges.target] * x[self.edges.source]

    def aged(self, sigma: Float[Array, " edge"]) -> Float[Array, " edge"]:
        """One token later: every edge has turned with its partner, and faded."""
        return self.damping * (self.cos * sigma + self.sin * sigma[self.partner])
