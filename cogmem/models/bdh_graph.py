"""BDH, the Dragon Hatchling, as a graph: neurons, weighted edges, and rules that are local to them.

Kosowski et al. (2025, arXiv 2509.26507), "equations of reasoning". Five graphs with weights >= 0
join the same neurons: excitatory and inhibitory ones from Y to X and from A to Y, which were learnt
once and for all, and the graph of synapses, whose state sigma is the memory of this sequence, one
for each layer. A token passes through four rounds per layer. In each, something travels along
edges, and then every node acts on what it has got:

    Y drives X      Xe, Xi += G Y              X += max(Xe - Xi, 0)
    read            A += sigma X               clear Xe, Xi
    write           sigma += Gs Y X            clear Y; sigma fades and turns (U)
    A drives Y      Ye, Yi += G A              Y = max(Ye - Yi, 0) X; clear A, Ye, Yi

The paper numbers the first of these 4 l + 3 of the layer before. A token begins with X = 0 and with
what it drives in Y, and ends with Y of the last layer. An edge from i to j is the element [j, i] of
a matrix. Synapses lead from X to A as in the paper's Eq. 6, so that Y is met at their target; the
paper's list of rules has it the other way round in the round of writing.

Everything here is a sum over edges, one term each, and no product of matrices: that it equals the
tensor model without layer norms ("normfree", the paper's Eq. 7, one head) is a result and no
definition. It is slow, and for small models.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float
from scipy.optimize import nnls

from cogmem.errors import InvalidValue
from cogmem.models.bdh_wiring import Synapses, Wiring, direct_wiring, hidden_wiring
from cogmem.models.parameters import check_sizes

__all__ = ["ROUNDS", "STEPS", "GraphBDH", "GraphRun", "Nodes", "drive", "graph_bdh"]

ROUNDS = ("Y drives X", "read", "write", "A drives Y")
STEPS = ("communication", "local")

REACHED = 1e-12
"""How far off E y may be, relative to v."""


# ---- rounds --------------------------------------------------------------------------------------


class Nodes(NamedTuple):
    """What every neuron holds; with further axes in front where several moments are recorded."""

    x: Float[Array, "*moment neuron"]
    y: Float[Array, "*moment neuron"]
    a: Float[Array, "*moment neuron"]
    x_excited: Float[Array, "*moment neuron"]
    x_inhibited: Float[Array, "*moment neuron"]
    y_excited: Float[Array, "*moment neuron"]
    y_inhibited: Float[Array, "*moment neuron"]

    def cleared(self, *names: str) -> Nodes:
        """With some of them 0."""
        return self._replace(**{name: jnp.zeros_like(getattr(self, name)) for name in names})


class GraphRun(NamedTuple):
    """What a graph did with a sequence.

    Attributes:
        y: [time, layer, neuron] of each layer, the last of which is what is read out.
        sigma: [layer, edge] after the last token.
        nodes: [time, layer, round, step, neuron] each, after either step of the four `ROUNDS`; None
            if not asked for.
    """

    y: Float[Array, "time layer neuron"]
    sigma: Float[Array, "layer edge"]
    nodes: Nodes | None


class GraphBDH(eqx.Module):
    """Two wirings, a graph of synapses, and so many layers, which share all three.

    Attributes:
        to_x, to_y: from Y to X, and from A to Y.
        synapses: with a state of their own in each layer.
        n_layers: L; a token takes 4 L rounds.
    """

    to_x: Wiring
    to_y: Wiring
    synapses: Synapses
    n_layers: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        check_sizes(self, "n_layers")

    def run(
        self,
        drive: Float[Array, "time neuron"],
        sigma: Float[Array, "layer edge"] | None = None,
        *,
        record: bool = False,
    ) -> GraphRun:
        """Let a sequence of tokens pass.

        Args:
            drive: Y that each token begins with.
            sigma: what was written before; nothing if None.
            record: keep all variables of all nodes at all times.

        Raises:
            InvalidValue: for a drive that is negative or no number, and for a drive or a sigma of
                another shape.
        """
        sigma = self._checked(drive, sigma)
        return _run(self, drive, sigma, record)

    def _checked(self, drive: Any, sigma: Any) -> Float[Array, "layer edge"]:
        edges = self.synapses.edges
        if jnp.ndim(drive) != 2 or drive.shape[1] != edges.n_sources or len(drive) < 1:
            raise InvalidValue(
                f"drive has shape {jnp.shape(drive)}, expected [time, {edges.n_sources}] of one or "
                "more tokens."
            )
        if not isinstance(drive, jax.core.Tracer) and not bool(jnp.all(drive >= 0)):
            raise InvalidValue(
                f"the least drive is {jnp.min(drive):g}; expected 0 or more, as of all signals of "
                "the graph (`drive` finds one for any v)."
            )
        shape = (self.n_layers, *edges.weight.shape)
        sigma = jnp.zeros(shape, drive.dtype) if sigma is None else sigma
        if sigma.shape != shape:
            raise InvalidValue(f"sigma has shape {sigma.shape}, expected {shape}: [layer, edge].")
        return sigma


@partial(jax.jit, static_argnames="record")
def _run(graph: GraphBDH, drive: Array, sigma: Array, record: bool) -> GraphRun:
    def layer(nodes: Nodes, own: Array) -> tuple[Nodes, tuple[Array, Array, Nodes | None]]:
        nodes, own, seen = _four_rounds(graph, nodes, own)
        return nodes, (own, nodes.y, seen if record else None)

    def token(sigma: Array, y: Array) -> tuple[Array, tuple[Array, Nodes | None]]:
        rest = jnp.zeros_like(y)
        nodes = Nodes(rest, y, rest, rest, rest, rest, rest)
        _, (sigma, y, seen) = jax.lax.scan(layer, nodes, sigma)
        return sigma, (y, seen)

    sigma, (y, seen) = jax.lax.scan(token, sigma, drive)
    return GraphRun(y, sigma, seen)


def _four_rounds(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array, Nodes]:
    """One layer: all nodes after both steps of each round too, [round, step, neuron]."""
    seen = []
    for communicate, settle in (
        (_y_drives_x, _x_integrates),
        (_read, _x_inputs_cleared),
        (_write, _synapses_age),
        (_a_drives_y, _y_integrates),
    ):
        nodes, sigma = communicate(graph, nodes, sigma)
        seen.append(nodes)
        nodes, sigma = settle(graph, nodes, sigma)
        seen.append(nodes)
    every = jax.tree.map(lambda *each: jnp.stack(each).reshape(4, 2, -1), *seen)
    return nodes, sigma, every


def _y_drives_x(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    more, less = graph.to_x.carry(nodes.y)
    found = {"x_excited": nodes.x_excited + more, "x_inhibited": nodes.x_inhibited + less}
    return nodes._replace(**found), sigma


def _x_integrates(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    grown = nodes.x + jnp.maximum(nodes.x_excited - nodes.x_inhibited, 0)
    return nodes._replace(x=grown), sigma


def _read(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    return nodes._replace(a=nodes.a + graph.synapses.read(sigma, nodes.x)), sigma


def _x_inputs_cleared(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    return nodes.cleared("x_excited", "x_inhibited"), sigma


def _write(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    return nodes, graph.synapses.written(sigma, nodes.y, nodes.x)


def _synapses_age(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    return nodes.cleared("y"), graph.synapses.aged(sigma)


def _a_drives_y(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    more, less = graph.to_y.carry(nodes.a)
    found = {"y_excited": nodes.y_excited + more, "y_inhibited": nodes.y_inhibited + less}
    return nodes._replace(**found), sigma


def _y_integrates(graph: GraphBDH, nodes: Nodes, sigma: Array) -> tuple[Nodes, Array]:
    y = jnp.maximum(nodes.y_excited - nodes.y_inhibited, 0) * nodes.x
    return nodes._replace(y=y).cleared("a", "y_excited", "y_inhibited"), sigma


# ---- from a tensor model -------------------------------------------------------------------------


def graph_bdh(
    to_x: Float[ArrayLike, "channel neuron"],
    to_y: Float[ArrayLike, "channel neuron"],
    from_y: Float[ArrayLike, "neuron channel"],
    *,
    n_layers: int,
    hidden: bool = True,
    synapses: Float[ArrayLike, "target source"] | None = None,
    frequencies: Float[ArrayLike, " pair"] | None = None,
    damping: ArrayLike = 1.0,
    interleaved: bool = False,
) -> GraphBDH:
    """The graph that does what a tensor model with one head and without layer norms does.

    Args:
        to_x, to_y, from_y: weights as `cogmem.models.bdh` keeps them: Dx', Dy' and E'.
        n_layers: L.
        hidden: by way of 2 d hidden nodes (`hidden_wiring`), or from neuron to neuron.
        synapses: Gs; all of weight 1 if None, as in the tensor model.
        frequencies, damping, interleaved: see `Synapses.of`.

    Raises:
        InvalidValue: if sizes do not fit, or for values out of range.
    """
    wiring = hidden_wiring if hidden else direct_wiring
    n = np.shape(from_y)[0]
    if synapses is None:
        synapses = np.ones((n, n))
    elif np.shape(synapses) != (n, n):
        raise InvalidValue(f"synapses have shape {np.shape(synapses)}, expected ({n}, {n}).")
    strengths = np.asarray(synapses, np.asarray(from_y).dtype)
    edges = Synapses.of(strengths, frequencies, damping, interleaved=interleaved)
    return GraphBDH(wiring(from_y, to_x), wiring(from_y, to_y), edges, n_layers)


def drive(
    from_y: Float[ArrayLike, "neuron channel"], inputs: Float[ArrayLike, "time channel"]
) -> Float[np.ndarray, "time neuron"]:
    """Y >= 0 with which the graph begins a token that the tensor model begins with v = E y.

    By non-negative least squares, in float64; the fewest neurons that it takes.

    Args:
        from_y: E'.
        inputs: v of each token, before the first layer.

    Raises:
        InvalidValue: if there is none, because the rows of `from_y` do not reach everywhere with
            weights >= 0 (which takes more neurons than channels), or sizes do not fit.
    """
    e, v = np.asarray(from_y, float).T, np.asarray(inputs, float)
    if v.ndim != 2 or e.ndim != 2 or v.shape[1] != len(e):
        raise InvalidValue(
            f"inputs have shape {v.shape} and from_y {e.T.shape}, expected [time, channel] and "
            "[neuron, channel]."
        )
    found = [nnls(e, each) for each in v]
    for at, (_, error) in enumerate(found):
        if error > REACHED * np.linalg.norm(v[at]):
            raise InvalidValue(
                f"no Y >= 0 gives the input of token {at} (off by {error:.2g}): take more neurons."
            )
    return np.stack([y for y, _ in found])
