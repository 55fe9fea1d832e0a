"""What a macrocolumn goes by: bottom-up (U), lateral (H) and top-down (D) input, and back-off.

Where the highest-order evidence does not fit, as when frames of a sequence are skipped, retrieval
may back off to less of it. Learning never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from cogmem.errors import InvalidValue

__all__ = ["BACK_OFF", "VERSIONS", "Afferents", "Fit", "Frame", "Levels", "accepted", "levels_of"]

VERSIONS = ("HUD", "HU", "UD", "HD", "U", "H", "D")
"""The kinds of evidence that familiarity can be computed from, all of them first."""


class Afferents(NamedTuple):
    """What arrives at one macrocolumn, of one kind, at one frame.

    Attributes:
        sources: indices of the sources that are on, padded with the number of sources.
        signal: how strongly each sends (F of its macrocolumn; 1 from features, 0 for padding).
        limit: sum of signals that counts as a full fit, before the weight.
        present: whether there is anything of this kind to go by.
        module: module of the target's own macrocolumn that each source is in, -1 if another's.
        every: [source] the signal of every source, on or not, where it is known without effort.
    """

    sources: Int[Array, " on"]
    signal: Float[Array, " on"]
    limit: Float[Array, ""]
    present: Bool[Array, ""]
    module: Int[Array, " on"] | None = None
    every: Float[Array, " source"] | None = None


Frame = Mapping[str, Afferents]
"""Afferents by kind: "U" bottom-up, "H" lateral, "D" top-down."""

Fit = dict[str, Float[Array, " unit"]]
"""Normalised input by kind."""

Levels = tuple[tuple[tuple[str, ...], float | Float[Array, ""]], ...]
"""Levels of back-off: versions of the evidence, and the familiarity that accepts one of them."""

BACK_OFF: Levels = ((("HUD",), 0.9), (("HU", "UD", "HD"), 0.9), (("U", "H", "D"), 0.0))
"""The default levels."""


def levels_of(back_off: Levels) -> Levels:
    """The same levels with their thresholds as arrays, so that other values compile nothing anew.

    Raises:
        InvalidValue: if a level does not name versions of the evidence.
    """
    for names, _ in back_off:
        if isinstance(names, str) or not set(names) <= set(VERSIONS):
            raise InvalidValue(
                f"a level of back-off names {names!r}: expected a tuple of some of {VERSIONS}, "
                "with its threshold, as in BACK_OFF."
            )
    return tuple((tuple(names), jnp.asarray(least)) for names, least in back_off)


def accepted(
    versions: Sequence[str],
    familiarity: Float[Array, " version"],
    present: Bool[Array, " version"],
    levels: Levels,
) -> Int[Array, ""]:
    """Index of the version of the evidence that back-off ends with.

    Level by level, the most familiar version is taken if its familiarity reaches the threshold. If
    none does, the most familiar of all.

    Args:
        versions: their names.
        familiarity: G by each.
        present: whether all evidence of each is there.
        levels: in order of preference.
    """
    scores = jnp.where(present, familiarity, -1)
    chosen, done = scores.argmax(), jnp.zeros((), bool)
    for names, threshold in levels:
        inside = jnp.where(jnp.asarray([v in names for v in versions]), scores, -1)
        accept = ~done & (inside.max() >= threshold)
        chosen = jnp.where(accept, inside.argmax(), chosen)
        done = done | accept
    return chosen
