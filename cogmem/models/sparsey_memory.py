"""Store, recognise and recall: a macrocolumn with whole sets of items and sequences.

These are the functions for users: they check what they are given, take care of the frame before and
of random numbers, and run as one compiled program per shape. Arrays of features are 0/1 or bool.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.evidence import Levels, levels_of
from cogmem.models.sparsey import Mac, Memory, Moment
from cogmem.models.sparsey_checks import belonging, checked

__all__ = [
    "overlap",
    "recall_sequences",
    "recognise",
    "recognise_sequences",
    "silence",
    "store",
    "store_sequences",
]

_AT_ONCE = 256
"""Items, or sequences, recognised at once, to bound memory."""


def store(
    mac: Mac, items: Any, *, key: PRNGKeyArray, memory: Memory | None = None
) -> tuple[Memory, Moment]:
    """Store items one after another, each in a single trial, without context.

    Args:
        mac: the macrocolumn.
        items: [item, feature] which features are on.
        key: of the draws of codes.
        memory: what is known before; nothing if not given.

    Returns:
        Memory after the last item, and the moments [item]: codes and familiarity when stored.

    Raises:
        InvalidValue: for another number of features, values other than 0 and 1, or an item without
            any active feature.
    """
    features = checked(mac.n_features, items, "item")
    memory = mac.begin() if memory is None else belonging(mac, memory)
    return _store(_traced(mac), _n_most(mac, features), memory, jnp.asarray(features), key)


def recognise(
    mac: Mac, memory: Memory, items: Any, *, key: PRNGKeyArray, soft: bool = False
) -> Moment:
    """The codes and the familiarity of items, by bottom-up evidence alone; nothing is learnt.

    Args:
        mac, memory: the macrocolumn and what it knows.
        items: [item, feature] which features are on.
        key: breaks ties.
        soft: draw winners from their probabilities instead of taking the best.

    Returns:
        Moments [item].

    Raises:
        InvalidValue: as `store`.
    """
    return _recognise(
        _traced(mac),
        belonging(mac, memory),
        jnp.asarray(checked(mac.n_features, items, "item")),
        key,
        soft,
    )


def store_sequences(
    mac: Mac, sequences: Any, *, key: PRNGKeyArray, memory: Memory | None = None
) -> tuple[Memory, Moment]:
    """Store sequences in a single trial each, frame by frame; each begins without a past.

    Args:
        mac: a macrocolumn with lateral input (n_lateral=1).
        sequences: [sequence, frame, feature].
        key: of the draws of codes.
        memory: what is known before; nothing if not given.

    Returns:
        Memory after the last frame, and the moments [sequence, frame].

    Raises:
        InvalidValue: as `store`, or if the macrocolumn has no lateral input.
    """
    features = checked(mac.n_features, sequences, "sequence", "frame")
    _needs_lateral(mac)
    memory = mac.begin() if memory is None else belonging(mac, memory)
    return _store_sequences(
        _traced(mac), _n_most(mac, features), memory, jnp.asarray(features), key
    )


def recognise_sequences(
    mac: Mac, memory: Memory, sequences: Any, *, key: PRNGKeyArray, back_off: Levels = ()
) -> Moment:
    """The codes and the familiarity of every frame in its context; nothing is learnt.

    Args:
        mac, memory: the macrocolumn and what it knows.
        sequences: [sequence, frame, feature].
        key: breaks ties.
        back_off: levels of evidence, e.g. `BACK_OFF`; without, all that is present counts.

    Returns:
        Moments [sequence, frame]; `by_version` has the familiarity by each version of the evidence.

    Raises:
        InvalidValue: as `store_sequences`, or for levels that name no evidence.
    """
    features = checked(mac.n_features, sequences, "sequence", "frame")
    _needs_lateral(mac)
    return _recognise_sequences(
        _traced(mac),
        _n_most(mac, features),
        belonging(mac, memory),
        jnp.asarray(features),
        key,
        levels_of(back_off),
    )


def recall_sequences(
    mac: Mac,
    memory: Memory,
    cues: Any,
    n_frames: int,
    *,
    key: PRNGKeyArray,
    threshold: float = 0.9,
) -> tuple[Bool[Array, "sequence frame feature"], Moment]:
    """What follows a first frame: codes by lateral evidence alone, and the features they stand for.

    Args:
        mac, memory: the macrocolumn and what it knows.
        cues: [sequence, feature] the first frames.
        n_frames: frames to recall, the first included.
        key: breaks ties.
        threshold: fraction of the winners that must point at a feature (theta_D).

    Returns:
        Features, and the moments [sequence, frame].

    Raises:
        InvalidValue: as `store_sequences`, or for no frames.
    """
    features = checked(mac.n_features, cues, "sequence")
    _needs_lateral(mac)
    if n_frames < 1:
        raise InvalidValue(f"{n_frames} frames to recall: expected 1 or more, the cue included.")
    least = jnp.asarray(threshold)
    return _recall(
        _traced(mac), belonging(mac, memory), jnp.asarray(features), n_frames, least, key
    )


def _n_most(mac: Mac, features: Any) -> int:
    """The most features that are on, rounded up: few sizes, so few compilations."""
    if isinstance(features, jax.core.Tracer):
        return mac.limits[1] * mac.n_per_source
    most = int(features.sum(axis=-1).max(initial=1))
    return min(-(-most // 8) * 8, mac.limits[1] * mac.n_per_source, mac.n_features)


def _traced(mac: Mac) -> Mac:
    """With its numbers as arrays, so that another value does not compile anew."""
    return jax.tree.map(jnp.asarray, mac)


def _needs_lateral(mac: Mac) -> None:
    if not mac.n_lateral:
        raise InvalidValue(
            "this macrocolumn has no lateral input (n_lateral=0) and so no sequences: "
            "make it with n_lateral=1."
        )


def _uniform(mac: Mac, key: PRNGKeyArray, *shape: int) -> Float[Array, ...]:
    return jax.random.uniform(key, (*shape, mac.n_modules), mac.dtype)


@eqx.filter_jit
def _store(
    mac: Mac, n_most: int, memory: Memory, items: Bool[Array, "item feature"], key: PRNGKeyArray
) -> tuple[Memory, Moment]:
    afferents = jax.vmap(partial(mac.bottom_up, n_most=n_most))(items)

    def one(memory: Memory, given: Any) -> tuple[Memory, Moment]:
        bottom_up, uniform = given
        return mac.study(memory, {"U": bottom_up}, uniform)

    return jax.lax.scan(one, memory, (afferents, _uniform(mac, key, len(items))))


@eqx.filter_jit
def _recognise(
    mac: Mac, memory: Memory, items: Bool[Array, "item feature"], key: PRNGKeyArray, soft: bool
) -> Moment:
    def one(given: Any) -> Moment:
        x, uniform = given
        frame = {"U": mac.bottom_up(x)}
        fit = mac.fit(memory, frame, dense=True)
        return mac.recognise(memory, frame, uniform, fit=fit, soft=soft)

    given = (items, _uniform(mac, key, len(items)))
    return jax.lax.map(one, given, batch_size=min(_AT_ONCE, max(len(items), 1)))


@eqx.filter_jit
def _store_sequences(
    mac: Mac,
    n_most: int,
    memory: Memory,
    sequences: Bool[Array, "sequence frame feature"],
    key: PRNGKeyArray,
) -> tuple[Memory, Moment]:
    def frame(carry: tuple[Memory, Moment], given: Any) -> tuple[tuple[Memory, Moment], Moment]:
        memory, before = carry
        x, uniform = given
        arriving = {
            "U": mac.bottom_up(x, n_most),
            "H": mac.lateral(before.code, before.hypotheses),
        }
        memory, moment = mac.study(memory, arriving, uniform)
        return (memory, moment), moment

    def sequence(memory: Memory, given: Any) -> tuple[Memory, Moment]:
        (memory, _), moments = jax.lax.scan(frame, (memory, silence(mac)), given)
        return memory, moments

    return jax.lax.scan(sequence, memory, (sequences, _uniform(mac, key, *sequences.shape[:2])))


@eqx.filter_jit
def _recognise_sequences(
    mac: Mac,
    n_most: int,
    memory: Memory,
    sequences: Bool[Array, "sequence frame feature"],
    key: PRNGKeyArray,
    back_off: Levels,
) -> Moment:
    def frame(before: Moment, given: Any) -> tuple[Moment, Moment]:
        x, uniform = given
        arriving = {
            "U": mac.bottom_up(x, n_most),
            "H": mac.lateral(before.code, before.hypotheses),
        }
        moment = mac.recognise(memory, arriving, uniform, back_off=back_off)
        return moment, moment

    def sequence(given: Any) -> Moment:
        return jax.lax.scan(frame, silence(mac), given)[1]

    given = (sequences, _uniform(mac, key, *sequences.shape[:2]))
    return jax.lax.map(sequence, given, batch_size=min(_AT_ONCE, max(len(sequences), 1)))


@eqx.filter_jit
def _recall(
    mac: Mac,
    memory: Memory,
    cues: Bool[Array, "sequence feature"],
    n_frames: int,
    threshold: Float[Array, ""],
    key: PRNGKeyArray,
) -> tuple[Bool[Array, "sequence frame feature"], Moment]:
    def follow(before: Moment, uniform: Array) -> tuple[Moment, Moment]:
        arriving = {"H": mac.lateral(before.code, before.hypotheses)}
        moment = mac.recognise(memory, arriving, uniform)
        return moment, moment

    def sequence(cue: Array, uniform: Array) -> Moment:
        first = mac.recognise(memory, {"U": mac.bottom_up(cue)}, uniform[0])
        rest = jax.lax.scan(follow, first, uniform[1:])[1]
        return jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), first, rest)

    def recalled(given: Any) -> tuple[Bool[Array, "frame feature"], Moment]:
        moments = sequence(*given)
        return jax.vmap(partial(mac.features, memory, threshold=threshold))(moments.code), moments

    given = (cues, _uniform(mac, key, len(cues), n_frames))
    return jax.lax.map(recalled, given, batch_size=min(_AT_ONCE, max(len(cues), 1)))


def silence(mac: Mac) -> Moment:
    """The moment before anything has happened."""
    return Moment(
        jnp.full(mac.n_modules, -1, jnp.int32),
        jnp.full((), jnp.nan, mac.dtype),
        jnp.zeros((), jnp.int32),
        jnp.full(len(mac.versions), jnp.nan, mac.dtype),
    )


def overlap(one: Int[Array, " module"], other: Int[Array, " module"]) -> Float[Array, ""]:
    """Fraction of the modules in which two codes have the same winner; silence (-1) has none."""
    return ((one == other) & (one >= 0)).mean()
