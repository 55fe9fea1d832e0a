"""What the state of BDH with layer norms has to do with edges, although it is kept as a matrix.

Kosowski et al. (2025, arXiv 2509.26507). Two exact statements.

Variant "eq8" (Def. 4): with layer norms the n x n synapses are not the state, but they are there.
Since LN(z) = C z / s(z), with C = I - 1 1' / d and one number s(z) = sqrt(var + eps) per token and
layer, the state is rho_l = C E sigma_l', where Hebb's rule writes sigma_l' with the gain 1 / s of
each token: sigma_l' = sum over tau of (y_{tau, l-1} / s_tau) x_{tau, l}' U^(t - tau), for layers
after the first. `accumulated` adds it up edge by edge, and `projected` is E sigma, or C E sigma.

Variant "official" (the published code): the state is an edge state, on the graph that joins each
neuron with all channels of its head. Synapse (i, a) grows by x(i) v(a), which is Hebb's rule again,
and the channel sums x(i) S(i, a). `official_by_edges` runs the model so, one edge at a time. Layer
norms remain what they are: each looks at all channels at once, and is not local.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from cogmem.errors import InvalidValue
from cogmem.models.bdh import normalised
from cogmem.models.bdh_attention import turned
from cogmem.models.bdh_synapses import check_frequencies
from cogmem.models.bdh_wiring import Edges, Synapses

__all__ = ["EdgeRun", "accumulated", "official_by_edges", "projected"]


# ---- eq8: synapses with gains --------------------------------------------------------------------


def accumulated(
    synapses: Synapses,
    y_previous: Float[Array, "time neuron"],
    x: Float[Array, "time neuron"],
    gains: Float[Array, " time"] | None = None,
) -> Float[Array, " edge"]:
    """What a sequence leaves in each synapse of a layer, written and aged token by token.

    Args:
        synapses: the edges, how they fade and turn.
        y_previous: Y of the layer before.
        x: X of the layer.
        gains: 1 / s of the layer norm of each token; 1 if None.

    Returns:
        sigma', of each edge, as the token after the last finds it.
    """
    sent = y_previous if gains is None else y_previous * gains[:, None]

    def token(sigma: Array, seen: tuple[Array, Array]) -> tuple[Array, None]:
        return synapses.aged(synapses.written(sigma, *seen)), None

    return jax.lax.scan(token, synapses.empty, (sent, x))[0]


def projected(
    from_y: Float[Array, "neuron channel"],
    edges: Edges,
    sigma: Float[Array, " edge"],
    *,
    centred: bool = False,
) -> Float[Array, "neuron channel"]:
    """rho' = (E sigma)': of all synapses of neuron j, the sum of what each leads to in channels.

    Args:
        from_y: E'.
        edges: of the synapses; none, E' of the target is summed at the source.
        sigma: their state.
        centred: less the mean over channels, (C E sigma)', as a layer norm leaves it.
    """
    sent = sigma[:, None] * from_y[edges.target]
    found = jnp.zeros((edges.n_sources, from_y.shape[1]), sent.dtype).at[edges.source].add(sent)
    return found - found.mean(axis=1, keepdims=True) if centred else found


# ---- official: synapses between neurons and channels ---------------------------------------------

_T = (0, 2, 1)


class EdgeRun(NamedTuple):
    """What the model did, edge by edge.

    Attributes:
        v: [time, layer, channel] residual stream after each layer; the last is read out.
        a: [time, layer, head, channel] what channels got from the synapses.
        y: [time, layer, neuron] of all heads.
        state: [layer, edge] S after the last token, neuron by neuron: [layer, head, neuron,
            channel] when reshaped.
    """

    v: Float[Array, "time layer channel"]
    a: Float[Array, "time layer head channel"]
    y: Float[Array, "time layer neuron"]
    state: Float[Array, "layer edge"]


class _Parts(NamedTuple):
    """Graphs: channels to neurons (twice), neurons to channels, and the synapses' own."""

    to_x: Edges
    gates: Edges
    from_y: Edges
    synapses: Edges


def official_by_edges(
    to_x: Float[ArrayLike, "head channel neuron"],
    to_y: Float[ArrayLike, "head channel neuron"],
    from_y: Float[ArrayLike, "head neuron channel"],
    inputs: Float[Array, "time channel"],
    frequencies: Float[ArrayLike, "*head pair"],
    *,
    n_layers: int,
) -> EdgeRun:
    """The published model, with synapses (neuron, channel) and a sum over edges for every map.

    Args:
        to_x, to_y, from_y: weights as `cogmem.models.bdh` keeps them, neurons half-split.
        inputs: v before the first layer, which is the layer norm of the embedding.
        frequencies: of the pairs of a head, or of each head, cycles per token.
        n_layers: L.

    Raises:
        InvalidValue: for sizes that do not fit.
    """
    heads, width, n = _checked_sizes(to_x, to_y, from_y)
    turns = np.broadcast_to(np.asarray(frequencies), (heads, np.shape(frequencies)[-1]))
    check_frequencies(turns[0], n)
    if jnp.ndim(inputs) != 2 or inputs.shape[1] != width:
        raise InvalidValue(f"inputs have shape {jnp.shape(inputs)}, expected [time, {width}].")
    parts = _parts(*(np.asarray(each) for each in (to_x, to_y, from_y)))
    return _official(parts, jnp.asarray(inputs), jnp.asarray(turns), n_layers=n_layers)


def _checked_sizes(to_x: Any, to_y: Any, from_y: Any) -> tuple[int, int, int]:
    shapes = tuple(np.shape(each) for each in (to_x, to_y, from_y))
    if (
        len(shapes[0]) != 3
        or shapes[1] != shapes[0]
        or shapes[2] != tuple(shapes[0][k] for k in _T)
    ):
        raise InvalidValue(
            f"maps have shapes {shapes}, expected [head, channel, neuron] twice and [head, neuron, "
            "channel]."
        )
    return shapes[0]


def _parts(to_x: np.ndarray, to_y: np.ndarray, from_y: np.ndarray) -> _Parts:
    """Neuron k of head h is h N + k; channel a, where heads have channels of their own, h d + a."""
    heads, width, n = to_x.shape
    # [head, neuron, head, channel]: whether neuron and channel are of the same head.
    same = np.broadcast_to(np.eye(heads, dtype=bool)[:, None, :, None], (heads, n, heads, width))
    gates = np.where(same, to_y.transpose(_T)[:, :, None], 0)
    square = (heads * n, heads * width)
    return _Parts(
        to_x=Edges.of(to_x.transpose(_T).reshape(-1, width)),
        gates=Edges.of(gates.reshape(square)),
        from_y=Edges.of(from_y.reshape(-1, width).T),
        synapses=_from_neurons(same.reshape(square)),
    )


def _from_neurons(joined: np.ndarray) -> Edges:
    """From every neuron to the channels of its head, neuron by neuron; weights are the state."""
    neuron, channel = (jnp.asarray(each.astype(np.int32)) for each in np.nonzero(joined))
    return Edges(neuron, channel, jnp.ones(len(neuron)), *joined.shape)


@partial(jax.jit, static_argnames="n_layers")
def _official(parts: _Parts, inputs: Array, frequencies: Array, *, n_layers: int) -> EdgeRun:
    heads, width, synapses = len(frequencies), inputs.shape[1], parts.synapses

    def layer(carried: tuple[Array, Array], state: Array) -> tuple[tuple[Array, Array], Any]:
        v, time = carried
        x = jnp.maximum(parts.to_x.carry(v), 0)
        sent = _at_time(x.reshape(heads, -1), frequencies, time)[synapses.source]
        a = synapses.gather(sent * state).reshape(heads, width)
        y = x * jnp.maximum(parts.gates.carry(normalised(a).reshape(-1)), 0)
        state = state + sent * v[synapses.target % width]
        v = normalised(v + normalised(parts.from_y.carry(y)))
        return (v, time), (v, a, y, state)

    def token(state: Array, seen: tuple[Array, Array]) -> tuple[Array, Any]:
        _, (v, a, y, state) = jax.lax.scan(layer, seen, state)
        return state, (v, a, y)

    empty = jnp.zeros((n_layers, len(synapses.source)), inputs.dtype)
    state, (v, a, y) = jax.lax.scan(token, empty, (inputs, jnp.arange(len(inputs))))
    return EdgeRun(v, a, y, state)


def _at_time(x: Array, frequencies: Array, time: Array) -> Array:
    """Neurons of all heads in a row, their pairs turned to an absolute time."""
    return jax.vmap(lambda head, f: turned(head[None], f, time[None])[0])(x, frequencies).reshape(
        -1
    )
