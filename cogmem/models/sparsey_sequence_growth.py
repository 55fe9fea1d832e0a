"""Sequences stored one after another in a macrocolumn, and all of them asked for after each.

For compiled programs: nothing is checked. `sparsey_memory.py` has the checked functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from cogmem.models.sparsey import Mac, Memory
from cogmem.models.sparsey_memory import recall_sequences, recognise_sequences, store_sequences

__all__ = ["Grown", "grown", "read", "recall"]


class Grown(NamedTuple):
    """What a macrocolumn knew after each sequence, and what it was shown.

    Attributes:
        memories: [stored] of the macrocolumn, after one sequence, after two, ...
        sequences: all of them.
        codes: as stored; kept to measure by, not to retrieve from.
    """

    memories: Memory
    sequences: Bool[Array, "sequence frame feature"]
    codes: Int[Array, "sequence frame module"]


@eqx.filter_jit
def grown(
    mac: Mac, sequences: Bool[Array, "sequence frame feature"], *, key: PRNGKeyArray
) -> Grown:
    """Store one sequence after another, and keep every memory on the way."""

    def one(memory: Memory, given: Any) -> tuple[Memory, Any]:
        sequence, key = given
        memory, moments = store_sequences(mac, sequence[None], key=key, memory=memory)
        return memory, (memory, moments.code[0])

    keys = jax.random.split(key, len(sequences))
    memories, codes = jax.lax.scan(one, mac.begin(), (sequences, keys))[1]
    return Grown(memories, sequences, codes)


@eqx.filter_jit
def read(
    mac: Mac,
    memories: Memory,
    sequences: Bool[Array, "sequence frame feature"],
    *,
    key: PRNGKeyArray,
) -> Int[Array, "stored sequence frame module"]:
    """Codes of sequences, by each memory."""

    def one(given: Any) -> Array:
        memory, key = given
        return recognise_sequences(mac, memory, sequences, key=key).code

    return jax.lax.map(one, (memories, jax.random.split(key, len(memories.step))))


@eqx.filter_jit
def recall(
    mac: Mac, grown: Grown, *, key: PRNGKeyArray
) -> tuple[
    Bool[Array, "stored sequence frame feature"], Int[Array, "stored sequence frame module"]
]:
    """Features and codes recalled of every sequence from its first frame, by each memory."""
    cues, n_frames = grown.sequences[:, 0], grown.sequences.shape[1]

    def one(given: Any) -> tuple[Array, Array]:
        memory, key = given
        features, moments = recall_sequences(mac, memory, cues, n_frames, key=key, threshold=1.0)
        return features, moments.code

    keys = jax.random.split(key, len(grown.sequences))
    return jax.lax.map(one, (grown.memories, keys))
