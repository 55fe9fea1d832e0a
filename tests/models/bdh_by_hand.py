"""BDH written a second time, in NumPy, from the paper: a loop over tokens and over those before.

Nothing is shared with `cogmem.models.bdh`: pairs of neurons are complex numbers, every score is
written out, and there is no state. `How` holds what can be done wrongly, one thing at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cogmem.models.bdh import BDH, Weights

Array = np.ndarray


def norm(z: Array) -> Array:
    return (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-5)


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


class How(NamedTuple):
    """What a layer does; by default as the paper has it."""

    norm: Callable[[Array], Array] = norm
    asked: Callable[[Array], Array] = lambda phase: phase  # phases of keys, from those of queries
    own: bool = False  # whether a token reads what it writes itself
    weigh: Callable[[Array], Array] = lambda scores: scores  # of [before], the token's scores
    late: int = 0  # tokens by which damping starts later
    gated: Callable[[Array, Array, Array], Array] = lambda gate, x, turned: gate * x
    sent: Callable[[Array, Array], Array] = lambda gate, y: y
    value: Callable[[Array, Array], Array] = lambda v, before: v  # before: of the layer before


RIGHT = How()


class Run(NamedTuple):
    """What every token brings; lists by layer."""

    logits: Array
    read: list[Array]  # [head, time, channel]
    y: list[Array]  # [head, time, neuron]


def by_hand(model: BDH, weights: Weights, tokens: Any, times: Any = None, how: How = RIGHT) -> Run:
    """Logits of all tokens, which are read at these times (0, 1, ... if not said)."""
    w = Weights(*(np.asarray(each, float) for each in weights))
    times = np.arange(len(tokens)) if times is None else np.asarray(times, float)
    bare = (lambda z: z) if model.variant == "normfree" else how.norm
    v = before = bare(w.embedding[np.asarray(tokens)])
    x, found = 0.0, Run(v, [], [])
    for _ in range(model.n_layers):
        drive = relu(v[None] @ w.to_x)
        x = drive if model.variant == "official" else x + drive
        value = how.value(v, before)
        a = np.stack([read(model, h, own, value, times, how) for h, own in enumerate(x)])
        gate = relu(bare(a) @ w.to_y)
        y = how.gated(gate, x, turned(model, x, times))
        message = (how.sent(gate, y) @ w.from_y).sum(0)
        before, v = v, bare(bare(message) + v if model.variant == "official" else message)
        found.read.append(a)
        found.y.append(y)
    return found._replace(logits=v @ w.readout)


def read(model: BDH, head: int, x: Array, v: Array, times: Array, how: How) -> Array:
    """a of every token, from all tokens before it, one by one."""
    found = np.zeros(v.shape)
    for t, now in enumerate(times):
        until = range(t + 1 if how.own else t)
        scores = [score(model, head, x[t], x[s], (now, times[s]), how) for s in until]
        for weight, value in zip(how.weigh(np.array(scores)) if scores else (), v, strict=False):
            found[t] += weight * value
    return found


def score(
    model: BDH, head: int, asking: Array, asked: Array, when: tuple[float, float], how: How
) -> float:
    """Overlap of two tokens at two times: each pair turned, each neuron damped."""
    t, s = when
    gamma = np.asarray(model.damping, float)
    gamma = np.broadcast_to(gamma[head] if gamma.ndim else gamma, model.n_per_head)
    kept = gamma ** max(t - s - how.late, 0)
    if not model.rotary:
        return float(np.sum(kept * asking * asked))
    phase = rates(model)[head]
    turning = np.exp(1j * phase * t) * np.exp(-1j * how.asked(phase) * s)
    overlap = paired(asking) * np.conj(paired(asked)) * turning
    return float(np.sum(kept[: len(phase)] * overlap.real))


def rates(model: BDH) -> Array:
    """[head, pair] radians per token."""
    n = model.n_per_head // 2
    if model.frequencies is None:
        rate = model.theta ** (-np.arange(n) / n)
    else:
        rate = 2 * np.pi * np.asarray(model.frequencies, float)
    return np.broadcast_to(rate, (model.n_heads, n))


def paired(x: Array) -> Array:
    """[..., pair] as complex numbers."""
    first, second = np.split(x, 2, axis=-1)
    return first + 1j * second


def turned(model: BDH, x: Array, times: Array) -> Array:
    """x [head, time, neuron] at its times."""
    if not model.rotary:
        return x
    z = paired(x) * np.exp(1j * rates(model)[:, None] * times[None, :, None])
    return np.concatenate([z.real, z.imag], -1)
