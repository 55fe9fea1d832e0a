"""What a taught model of sequences answers to a cue or a probe, list by list, and with noise.

The answers of `sequence_sitting.answer` turned into what people's data hold: P(the right word), the
log-odds of "old". Noise is added to the fast state after study and before the question: synapses
(units, a cache) that are not what was written. It is in units of their own root mean square, list
by list and array by array, so that it means the same for models whose states are of unlike size.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray
from numpy.typing import ArrayLike
from scipy.special import logsumexp
from scipy.stats import norm

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.sequence_model import SequenceModel
from cogmem.participants.sequence_sitting import LISTS_AT_ONCE, answer
from cogmem.tasks.word_tokens import WordTokens

__all__ = ["d_a", "noisy", "old_log_odds", "p_right", "rated", "strengths"]


def noisy(states: Any, sd: float | Float[Array, ""], *, key: PRNGKeyArray, unit: Any = None) -> Any:
    """Fast states with independent Gaussian noise on every number.

    Args:
        states: [list, ...] as `sequence_sitting.studied` leaves them. Whole numbers, such as those
            that count, and zeros, where nothing was written yet, stay.
        sd: standard deviation, in root mean squares of the unit's numbers of that list and array
            that are not zero.
        key: of the noise.
        unit: fast states of the same form, e.g. those before a delay, so that noise does not fade
            with what it disturbs; None for `states` themselves.

    Raises:
        InvalidValue: if the standard deviation is negative or no number, or the unit has another
            form.
    """
    if not isinstance(sd, jax.core.Tracer) and not 0 <= float(sd) < np.inf:
        raise InvalidValue(f"sd is {sd}, expected a finite number, 0 or more.")
    unit = states if unit is None else unit
    shapes = [jax.tree.map(jnp.shape, each) for each in (states, unit)]
    if shapes[0] != shapes[1]:
        raise InvalidValue(f"a unit of shapes {shapes[1]}, expected those of states, {shapes[0]}.")
    leaves, form = jax.tree.flatten(states)
    all_of = zip(leaves, jax.tree.leaves(unit), jax.random.split(key, len(leaves)), strict=True)
    return jax.tree.unflatten(form, [_noisy(leaf, sd * _size(u), k) for leaf, u, k in all_of])


def _size(leaf: Array) -> Array:
    """Root mean square of what is not zero, list by list; whole numbers have none."""
    if not jnp.issubdtype(leaf.dtype, jnp.inexact):
        return jnp.zeros((), int)
    axes = tuple(range(1, leaf.ndim))
    n = jnp.maximum((leaf != 0).sum(axis=axes, keepdims=True), 1)
    return jnp.sqrt(jnp.sum(leaf**2, axis=axes, keepdims=True) / n)


def _noisy(leaf: Array, sd: Array, key: PRNGKeyArray) -> Array:
    if not jnp.issubdtype(leaf.dtype, jnp.inexact):
        return leaf
    noise = sd * jax.random.normal(key, leaf.shape, leaf.dtype)
    return jnp.where(leaf != 0, leaf + noise, 0)


def old_log_odds(
    model: SequenceModel,
    weights: Any,
    vocabulary: WordTokens,
    states: Any,
    probes: Int[Array, " list"],
) -> Float[Array, " list"]:
    """log P(OLD) - log P(NEW) of one probe to each list.

    Args:
        model, weights: who answers.
        vocabulary: of the words.
        states: [list, ...] after study and whatever came then.
        probes: words.
    """
    probes = jnp.asarray(probes)
    asked = jnp.stack([jnp.full_like(probes, vocabulary.probe), probes], axis=1)
    log_p = answer(model, weights, asked, states=states)
    return log_p[:, vocabulary.old] - log_p[:, vocabulary.new]


@eqx.filter_jit
def strengths(
    model: BDH, weights: Weights, states: Any, probes: Int[Array, " list"]
) -> Float[Array, "list layer"]:
    """|x' S|, how much each probe's neurons read from the synapses, all heads together.

    Nothing was taught to give this: it is the length of the sum of traces that the probe wakes, in
    each layer, whatever the readout makes of it.

    Args:
        model, weights: of a BDH, taught or not.
        states: [list, ...] synapses after study.
        probes: words.
    """

    def one(list_: tuple[Array, Array]) -> Float[Array, " layer"]:
        state, probe = list_
        read = model.watch(weights, probe[None], state)[0].read
        return jnp.sqrt(jnp.sum(read**2, axis=(1, 2, 3)))

    return jax.lax.map(one, (states, jnp.asarray(probes)), batch_size=LISTS_AT_ONCE)


def p_right(
    log_p: ArrayLike, right: ArrayLike, temperatures: ArrayLike
) -> Float[np.ndarray, "temperature list"]:
    """Probability of the right word of a choice by softmax at each temperature.

    Args:
        log_p: [list, word] as the model has it, at a temperature of 1.
        right: [list].
        temperatures: above 0.

    Raises:
        InvalidValue: for a temperature that is not above 0.
    """
    log_p, right, warm = np.asarray(log_p, float), np.asarray(right), np.asarray(temperatures)
    if not (warm > 0).all():
        raise InvalidValue(f"temperatures {warm.tolist()}, expected numbers above 0.")
    scaled = log_p[None] / warm[:, None, None]
    return np.exp(scaled[:, np.arange(len(right)), right] - logsumexp(scaled, axis=2))


def d_a(old: ArrayLike, new: ArrayLike) -> Float[np.ndarray, "*x"]:
    """d_a = sqrt 2 z(A), A being the probability that an old item has more evidence than a new one.

    Free of any criterion, and d' if both have the same normal spread. A of 0 or 1 is half a pair
    away from it, so that d_a stays finite: (pairs won + 1/2) / (pairs + 1). That of
    `measures.strengths` is of means and spreads, of evidence to which noise is added.

    Args:
        old: [*x, item] evidence of old items.
        new: [*x, item] of new ones; another number of them will do.
    """
    old, new = np.asarray(old, float), np.asarray(new, float)
    won = (old[..., :, None] > new[..., None, :]).sum(axis=(-1, -2), dtype=float)
    won += 0.5 * (old[..., :, None] == new[..., None, :]).sum(axis=(-1, -2))
    return np.sqrt(2) * norm.ppf((won + 0.5) / (old.shape[-1] * new.shape[-1] + 1))


def rated(old: ArrayLike, new: ArrayLike, n_ratings: int = 6) -> Int[np.ndarray, "*x 2 rating"]:
    """How often old, then new items get each rating from 1 (sure new), by quantiles of all of them.

    Every rating is given equally often to all items together: criteria are laid where the evidence
    is, as people do, and are not fitted.

    Args:
        old, new: [*x, item] evidence.
        n_ratings: of the scale.

    Raises:
        InvalidValue: for fewer than 2 ratings.
    """
    if n_ratings < 2:
        raise InvalidValue(f"n_ratings is {n_ratings}, expected 2 or more.")
    old, new = np.asarray(old, float), np.asarray(new, float)
    shares = np.arange(1, n_ratings) / n_ratings
    cuts = np.moveaxis(np.quantile(np.concatenate([old, new], axis=-1), shares, axis=-1), 0, -1)
    counts = []
    for items in (old, new):
        rating = (items[..., :, None] > cuts[..., None, :]).sum(axis=-1)
        counts.append((rating[..., None] == np.arange(n_ratings)).sum(axis=-2))
    return np.stack(counts, axis=-2)
