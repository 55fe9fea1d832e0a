"""The synapses of BDH read off its activity: Eq. 16 of Kosowski et al. (2025, arXiv 2509.26507).

sigma_{t-1}(i, j) = sum over tau < t of y_tau(i) [x_tau U^(t - tau)](j), with y from the layer
before and x from the layer itself: what token t finds between neuron j, which may be active now,
and neuron i, which was active just before j. U multiplies by `damping` and turns pairs of neurons
on the side of x. The tensor model never holds this matrix; it is for looking at, and it is the
state of the graph of `cogmem.models.bdh_graph`.

Members of a pair are told apart by place. Half-split: k and k + n / 2, as `cogmem.models.bdh` keeps
the neurons of each head. Interleaved: 2 k and 2 k + 1, as in the paper and its code.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.bdh_attention import half_split, turned
from cogmem.models.bdh_attention import interleaved as in_turn

__all__ = [
    "check_damping",
    "check_frequencies",
    "pair_members",
    "per_neuron",
    "synapse",
    "synapse_matrix",
]


# ---- pairs of neurons ----------------------------------------------------------------------------


def pair_members(n: int, *, interleaved: bool = False) -> Int[np.ndarray, "2 pair"]:
    """First and second neuron of each pair.

    Args:
        n: neurons of a head.
        interleaved: 2 k and 2 k + 1 form pair k; else k and k + n / 2.

    Raises:
        InvalidValue: for an odd number of neurons, or fewer than two.
    """
    if n < 2 or n % 2:
        raise InvalidValue(f"{n} neurons, expected an even number of them, 2 or more, for pairs.")
    each = np.arange(n, dtype=np.int32)
    return each.reshape(-1, 2).T if interleaved else each.reshape(2, -1)


def per_neuron(
    damping: ArrayLike, frequencies: Any, n: int, *, interleaved: bool = False
) -> Float[np.ndarray, " neuron"]:
    """What is left of a synapse after a token, for each neuron, checked.

    Args:
        damping: gamma, one number or [neuron].
        frequencies: of the pairs, or None; see `check_frequencies`.
        n: neurons.
        interleaved: see `pair_members`.

    Raises:
        InvalidValue: see `check_damping` and `check_frequencies`.
    """
    check_damping(damping, n)
    gamma = np.broadcast_to(np.asarray(damping), (n,))
    if frequencies is None:
        return gamma
    check_frequencies(frequencies, n)
    first, second = pair_members(n, interleaved=interleaved)
    unlike = np.flatnonzero(gamma[first] != gamma[second])
    if len(unlike):
        at = unlike[0]
        raise InvalidValue(
            f"damping of pair {at} is {gamma[first[at]]:g} and {gamma[second[at]]:g}, expected the "
            "same for both: neurons that turn into each other have one damping."
        )
    return gamma


def check_damping(damping: ArrayLike, n: int) -> None:
    """Refuse what is no damping of n neurons.

    Raises:
        InvalidValue: for another shape than () or (n,), or values not above 0 and up to 1.
    """
    values = np.asarray(damping)
    if values.shape not in ((), (n,)):
        raise InvalidValue(f"damping has shape {values.shape}, expected one number or ({n},).")
    wrong = values[~((values > 0) & (values <= 1))]
    if wrong.size:
        raise InvalidValue(f"damping is {wrong.flat[0]:g}, expected above 0 and up to 1.")


def check_frequencies(frequencies: Any, n: int) -> None:
    """Refuse what are no frequencies of the pairs of n neurons.

    Raises:
        InvalidValue: for another number of them than n / 2, or if any is not finite.
    """
    values = np.asarray(frequencies)
    n_pairs = pair_members(n).shape[1]
    if values.shape != (n_pairs,) or not np.isfinite(values).all():
        raise InvalidValue(
            f"frequencies have shape {values.shape}, expected {n_pairs} finite ones, one for each "
            f"pair of {n} neurons (cycles per token)."
        )


# ---- synapses ------------------------------------------------------------------------------------


def synapse_matrix(
    y_previous: Float[Array, "time sender"],
    x: Float[Array, "time neuron"],
    frequencies: Float[Array, " pair"] | None = None,
    damping: ArrayLike = 1.0,
    *,
    at: int | None = None,
    interleaved: bool = False,
) -> Float[Array, "sender neuron"]:
    """All synapses that token `at` finds, sigma_{at - 1} of Eq. 16; for small models.

    Args:
        y_previous: y of the layer before, of any neurons.
        x: of the layer itself, of the neurons of one head.
        frequencies: of the pairs, cycles per token; None if nothing turns.
        damping: gamma, one number or [neuron].
        at: tokens that were read before; all, if not given.
        interleaved: see `pair_members`.

    Raises:
        InvalidValue: if the two have not the same tokens, there is no such token, or frequencies
            or damping do not fit.
    """
    at = _checked_time(y_previous, x, at)
    gamma = jnp.asarray(per_neuron(damping, frequencies, x.shape[1], interleaved=interleaved))
    ages = jnp.arange(at, 0, -1).astype(x.dtype)
    kept = x[:at] * gamma.astype(x.dtype)[None, :] ** ages[:, None]
    if frequencies is not None:
        turns = jnp.asarray(frequencies).astype(x.dtype)
        kept = half_split(kept) if interleaved else kept
        kept = turned(kept, turns, -ages)
        kept = in_turn(kept) if interleaved else kept
    return y_previous[:at].T @ kept


def synapse(
    y_previous: Float[Array, "time sender"],
    x: Float[Array, "time neuron"],
    i: Int[ArrayLike, " entry"],
    j: Int[ArrayLike, " entry"],
    frequencies: Float[Array, " pair"] | None = None,
    damping: ArrayLike = 1.0,
    *,
    interleaved: bool = False,
) -> Float[Array, "time+1 entry"]:
    """A few synapses over time: row t is what token t finds, sigma_{t-1}(i, j) of Eq. 16.

    Row 0 is 0; the last row is what is left of all tokens. For what a token leaves, take the row
    after its own. Time and memory grow with the number of entries, not with that of neurons.

    Args:
        y_previous, x, frequencies, damping, interleaved: see `synapse_matrix`.
        i: neurons on the side of y.
        j: neurons on the side of x, as many.

    Raises:
        InvalidValue: see `synapse_matrix`; or for neurons that there are not.
    """
    _checked_time(y_previous, x, None)
    n = x.shape[1]
    i, j = _checked_entries(i, j, y_previous.shape[1], n)
    partner, sign, pair = _partners(n, interleaved)
    gamma = jnp.asarray(per_neuron(damping, frequencies, n, interleaved=interleaved))[j]
    turns = jnp.zeros(len(j)) if frequencies is None else jnp.asarray(frequencies)[pair[j]]
    angle = 2 * jnp.pi * turns.astype(x.dtype)
    cos, sin = jnp.cos(angle), jnp.sin(angle) * jnp.asarray(sign[j]).astype(x.dtype)
    gamma = gamma.astype(x.dtype)

    def token(entry: tuple[Array, Array], seen: tuple[Array, Array]) -> tuple[Any, Array]:
        y, ends = seen
        own, other = entry[0] + y * ends[0], entry[1] + y * ends[1]
        after = gamma * (own * cos + other * sin), gamma * (other * cos - own * sin)
        return after, after[0]

    ends = jnp.stack([x[:, j], x[:, partner[j]]], axis=1)
    start = jnp.zeros((2, len(j)), x.dtype)
    _, trace = jax.lax.scan(token, (start[0], start[1]), (y_previous[:, i], ends))
    return jnp.concatenate([start[:1], trace])


def _partners(n: int, interleaved: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every neuron: the other of its pair, +1 for the first and -1 for the second, the pair.

    An odd number of neurons, of which none turn, are each their own partner.
    """
    if n % 2:
        each = np.arange(n)
        return each, np.zeros(n), np.zeros(n, int)
    first, second = pair_members(n, interleaved=interleaved)
    partner, sign, pair = np.empty(n, int), np.empty(n), np.empty(n, int)
    for own, other, direction in ((first, second, 1), (second, first, -1)):
        partner[own], sign[own], pair[own] = other, direction, np.arange(len(own))
    return partner, sign, pair


def _checked_time(y: Any, x: Any, at: int | None) -> int:
    """How many tokens to look back on."""
    if jnp.ndim(y) != 2 or jnp.ndim(x) != 2 or len(y) != len(x):
        raise InvalidValue(
            f"y_previous has shape {jnp.shape(y)} and x {jnp.shape(x)}, expected [time, neuron] of "
            "the same tokens."
        )
    at = len(x) if at is None else at
    if not 0 <= at <= len(x):
        raise InvalidValue(f"at is {at}, expected 0 to {len(x)}, the number of tokens read before.")
    return at


def _checked_entries(i: Any, j: Any, n_y: int, n_x: int) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.atleast_1d(np.asarray(i)), np.atleast_1d(np.asarray(j))
    if i.shape != j.shape or i.ndim != 1:
        raise InvalidValue(f"i has shape {i.shape} and j {j.shape}, expected as many of each.")
    for name, each, n in (("i", i, n_y), ("j", j, n_x)):
        wrong = each[(each < 0) | (each >= n)]
        if wrong.size:
            raise InvalidValue(f"{name} holds neuron {wrong[0]}, expected 0 to {n - 1}.")
    return i, j
