"""Linear attention of BDH: synapses that every token reads, turns, damps and writes.

One head: neurons with activity x_t, values v_t of a few channels, and synapses R [neuron, channel].

    a_t = x_t' R_t,     R_{t+1} = U (R_t + x_t v_t')

U turns pairs of neurons, each pair at its own frequency (rotary positions; Su et al., 2024), and
damps by gamma. So the trace that token s left meets token t turned by t - s steps and damped by
gamma^(t - s): no token needs to know its position, and nothing reads what it has itself written.

Neurons are kept half-split: k and k + N/2 form pair k, so that to turn is to combine two blocks.
The paper and the official code interleave them: 2k and 2k + 1. `interleaved` and `half_split`
convert. All forms below agree: step by step (`write`), in pieces (`attend`), and with activities
that are turned to their absolute positions instead of the synapses (`attend_absolutely`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.models.products import overlaps

__all__ = [
    "THETA",
    "Turn",
    "absolute",
    "attend",
    "attend_absolutely",
    "frequencies",
    "half_split",
    "interleaved",
    "relative",
    "rotation",
    "scores",
    "turned",
    "wait",
    "write",
]

THETA = 2.0**16
"""Of the official code: angular speeds run from 1 rad per token down to about 1 / theta."""


class Turn(NamedTuple):
    """What one token's time does to synapses: U.

    Attributes:
        frequencies: cycles per token of each pair; None if nothing turns.
        damping: gamma, in (0, 1]; one, or one for each neuron, the same for both of a pair if pairs
            turn, as otherwise damping and turning would not commute.
    """

    frequencies: Float[Array, " pair"] | None
    damping: Float[Array, ""] | Float[Array, " neuron"]


def frequencies(
    n_pairs: int, theta: float = THETA, dtype: jax.typing.DTypeLike = float
) -> Float[Array, " pair"]:
    """1 / (2 pi theta^(k / n_pairs)) cycles per token, pair k (official code).

    By NumPy: powers in float32 are less exact in XLA, which phases at late times would show.
    """
    kind = np.dtype(jax.dtypes.canonicalize_dtype(dtype)).type
    pairs = np.arange(n_pairs, dtype=kind) / kind(n_pairs)
    return jnp.asarray(kind(1) / kind(theta) ** pairs / kind(2 * math.pi))


def rotation(
    frequencies: Float[Array, " pair"], time: Int[Array, " time"] | Float[Array, " time"]
) -> tuple[Float[Array, "time pair"], Float[Array, "time pair"]]:
    """Cosine and sine of the phase of each pair at these times, in tokens.

    Phases are reduced to one turn before they become radians: float32 keeps its accuracy longer.
    """
    cycles = time.astype(frequencies.dtype)[:, None] * frequencies[None]
    phase = 2 * math.pi * (cycles % 1)
    return _once((jnp.cos(phase), jnp.sin(phase)))


def turned(
    x: Float[Array, "*more neuron"],
    frequencies: Float[Array, " pair"] | None,
    time: Int[Array, " time"] | Float[Array, " time"],
) -> Float[Array, "*more neuron"]:
    """Activities [time, neuron], each turned to its time; as they are if nothing turns."""
    return x if frequencies is None else _combined(x, *rotation(frequencies, time))


@jax.custom_vjp
def _combined(x: Array, cos: Array, sin: Array) -> Array:
    """(a cos - b sin, b cos + a sin) of every pair (a, b), in one pass over x.

    The gradient turns back; the usual rule does so too, but XLA takes twice as long for it.
    """
    pairs = _pairs(x)
    turned = pairs * cos[:, None] + pairs[..., ::-1, :] * jnp.stack([-sin, sin], axis=1)
    return turned.reshape(x.shape)


def _pairs(x: Array) -> Array:
    return x.reshape(*x.shape[:-1], 2, x.shape[-1] // 2)


def _combined_back(kept: tuple[Array, ...], change: Array) -> tuple[Array, ...]:
    x, cos, sin = kept
    (a, b), (by_a, by_b) = (jnp.moveaxis(_pairs(each), -2, 0) for each in (x, change))
    of_cos, of_sin = (_as_wide(each, cos) for each in (by_a * a + by_b * b, by_b * a - by_a * b))
    return _combined(change, cos, -sin), of_cos, of_sin


def _as_wide(total: Array, table: Array) -> Array:
    """Summed over all that one entry of a table was used for."""
    total = total.sum(tuple(range(total.ndim - table.ndim)))
    one = tuple(k for k, n in enumerate(table.shape) if n == 1)
    return total.sum(one, keepdims=True)


_combined.defvjp(lambda *given: (_combined(*given), given), _combined_back)


def _once(tables: Any) -> Any:
    """Computed before they are used; else XLA computes them anew for every value they meet."""
    return jax.lax.optimization_barrier(tables)


def wait(
    synapses: Float[Array, "neuron channel"], turn: Turn, time: Float[Array, ""] | float
) -> Float[Array, "neuron channel"]:
    """U^time R: what so many tokens of silence leave."""
    time = jnp.asarray(time, synapses.dtype)[None]
    return _turned_back(synapses * _powers(turn, time).T, turn, time)


def write(
    synapses: Float[Array, "neuron channel"],
    x: Float[Array, " neuron"],
    v: Float[Array, " channel"],
    turn: Turn,
) -> Float[Array, "neuron channel"]:
    """U (R + x v'): Hebb's rule, then one token's time. The relative recurrent form."""
    return wait(synapses + x[:, None] * v[None], turn, 1)


def _turned_back(synapses: Array, turn: Turn, time: Array) -> Array:
    """By the phase of `time` itself, as that of -time, reduced to 1 - phase, is less exact."""
    if turn.frequencies is None:
        return synapses
    cos, sin = (each.reshape(1, -1, 1) for each in rotation(turn.frequencies, time))
    pairs = synapses.reshape(2, -1, synapses.shape[1])
    back = pairs * cos + pairs[::-1] * jnp.concatenate([sin, -sin])
    return back.reshape(synapses.shape)


def _powers(turn: Turn, time: Array) -> Array:
    """gamma^time: [time, 1], or [time, neuron] if each neuron has its own."""
    return turn.damping.reshape(1, -1) ** time.astype(turn.damping.dtype)[:, None]


def attend(
    synapses: Float[Array, "neuron channel"] | None,
    x: Float[Array, "time neuron"],
    v: Float[Array, "time channel"],
    turn: Turn,
    *,
    chunk: int | None = None,
    detached: bool = False,
) -> tuple[Float[Array, "time channel"], Float[Array, "neuron channel"]]:
    """What every token reads, and the synapses after the last.

    Args:
        synapses: before the first token; None if there was none before it.
        x: activities; they ask and are asked alike.
        v: values.
        turn: between tokens.
        chunk: tokens whose scores are computed with one another; between chunks synapses are
            carried. None for all, the parallel form. If neurons have dampings of their own,
            damping^-chunk must not overflow.
        detached: whether what is written lets no gradient through, so that nothing is propagated
            back in time (paper, section 7.2).
    """
    size = min(chunk or len(x), len(x))
    n_whole = len(x) // size
    pieces = [each[: n_whole * size].reshape(n_whole, size, -1) for each in (x, v)]

    def one(synapses: Any, piece: list[Array]) -> tuple[Any, Array]:
        read, synapses = _piece(synapses, piece[0], piece[1], turn, detached)
        return synapses, read

    if n_whole > 1:
        start = jnp.zeros((x.shape[1], v.shape[1]), x.dtype) if synapses is None else synapses
        after, read = jax.lax.scan(one, start, pieces)
        read = read.reshape(-1, v.shape[1])
    else:
        after, read = one(synapses, [each[0] for each in pieces])
    if n_whole * size == len(x):
        return read, after
    after, last = one(after, [each[n_whole * size :] for each in (x, v)])  # a ragged one
    return jnp.concatenate([read, last]), after


def _piece(
    synapses: Array | None, x: Array, v: Array, turn: Turn, detached: bool
) -> tuple[Array, Array]:
    """One chunk; positions are counted from its first token."""
    time = jnp.arange(len(x))
    asking = turned(x, turn.frequencies, time)
    asked, v = jax.lax.stop_gradient((asking, v)) if detached else (asking, v)
    read = scores(asking, asked, turn) @ v
    new = _sum_of_traces(asked, v, _powers(turn, len(x) - time))
    if synapses is not None:
        read = read + _recalled(asking, synapses, _powers(turn, time))
        new = new + synapses * _powers(turn, jnp.asarray([len(x)])).T
    return read, _turned_back(new, turn, jnp.asarray([len(x)]))


def scores(
    asking: Float[Array, "time neuron"], asked: Float[Array, "time neuron"], turn: Turn
) -> Float[Array, "time before"]:
    """How strongly each token asks for each before it: their overlap, damped by the time between.

    Args:
        asking, asked: activities turned to their times.
        turn: for the damping.

    Returns:
        Zero on the diagonal and above it.
    """
    time = jnp.arange(len(asking))
    if turn.damping.ndim == 0:
        age = (time[:, None] - time[None]).astype(asking.dtype)
        left = _once(jnp.where(age > 0, turn.damping ** jnp.maximum(age, 1), 0))
        return (overlaps(asking) if asked is asking else asking @ asked.T) * left
    return jnp.tril((asking * _powers(turn, time)) @ (asked * _powers(turn, -time)).T, -1)


def _recalled(asking: Array, synapses: Array, faded: Array) -> Array:
    """x' R of each token; one damping for all is cheaper on the side of the channels."""
    if faded.shape[1] == 1:
        return (asking @ synapses) * faded
    return (asking * faded) @ synapses


def _sum_of_traces(asked: Array, v: Array, faded: Array) -> Array:
    return asked.T @ (v * faded) if faded.shape[1] == 1 else (asked * faded).T @ v


def attend_absolutely(
    synapses: Float[Array, "neuron channel"] | None,
    x: Float[Array, "time neuron"],
    v: Float[Array, "time channel"],
    turn: Turn,
    *,
    n_read: Int[Array, ""] | int = 0,
) -> tuple[Float[Array, "time channel"], Float[Array, "neuron channel"]]:
    """The same by a loop over tokens that turns activities, not synapses.

    a_t = xr_t' S_t, S_{t+1} = gamma (S_t + xr_t v_t').

    Args:
        synapses: S before the first token here; None if there was none before it.
        x, v, turn: see `attend`.
        n_read: tokens from which phases are counted, before the first one here.

    Returns:
        What each token reads, and S after the last (see `absolute`).
    """

    def token(synapses: Any, seen: tuple[Array, Array]) -> tuple[Any, Array]:
        x, v = seen
        return (synapses + x[:, None] * v[None]) * left, x @ synapses

    left = _powers(turn, jnp.ones(1, x.dtype)).T
    start: Any = jnp.zeros((x.shape[1], v.shape[1]), x.dtype) if synapses is None else synapses
    asking = turned(x, turn.frequencies, n_read + jnp.arange(len(x)))
    if len(x) == 1:
        synapses, read = token(start, (asking[0], v[0]))
        return read[None], synapses
    after, read = jax.lax.scan(token, start, (asking, v))
    return read, after


def absolute(
    synapses: Float[Array, "neuron channel"], turn: Turn, n_read: Int[Array, ""] | int
) -> Float[Array, "neuron channel"]:
    """S of the absolute form, from R after `n_read` tokens: R turned forward again."""
    return turned(synapses.T, turn.frequencies, jnp.asarray(n_read)[None]).T


def relative(
    synapses: Float[Array, "neuron channel"], turn: Turn, n_read: Int[Array, ""] | int
) -> Float[Array, "neuron channel"]:
    """R of the relative form, from S after `n_read` tokens: `absolute` undone."""
    return _turned_back(synapses, turn, jnp.asarray(n_read)[None])


def interleaved(x: Float[Array, "*more neuron"]) -> Float[Array, "*more neuron"]:
    """From half-split order into that of the paper: pair k at 2k and 2k + 1."""
    return jnp.stack(jnp.split(x, 2, axis=-1), axis=-1).reshape(x.shape)


def half_split(x: Float[Array, "*more neuron"]) -> Float[Array, "*more neuron"]:
    """From the paper's order of neurons into that used here."""
    return jnp.concatenate([x[..., ::2], x[..., 1::2]], axis=-1)
