"""Rows of several paradigms side by side, for lessons in which all of them are taught at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.word_tokens import WordTokens

__all__ = ["MixedPassages", "Rows", "mixed"]


class Rows(Protocol):
    """So many random rows of a paradigm, e.g. `partial(serial_recall, vocabulary, lengths=..)`."""

    def __call__(self, n: int, *, key: PRNGKeyArray) -> Any:
        """With `tokens`, `targets` and `counted`, all [n, time]."""
        ...


class MixedPassages(NamedTuple):
    """Rows of several paradigms, filled up with STOP, of which nothing is asked, to one length.

    Attributes:
        tokens: read.
        targets: due after each of them.
        counted: weights in the loss, above 0 where something is asked.
        paradigm: number of the paradigm of each row, in the order given.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    paradigm: Int[Array, " n"]


def mixed(
    vocabulary: WordTokens, paradigms: Sequence[Rows], n: int, *, key: PRNGKeyArray
) -> MixedPassages:
    """As many rows of each paradigm, one after the other.

    A loss that is a mean over what is counted gives every paradigm the same weight, whether many
    words are asked in a row or a single OLD.

    Args:
        vocabulary: of the words.
        paradigms: what draws the rows of each.
        n: rows, a multiple of the number of paradigms.
        key: of all rows.

    Raises:
        InvalidValue: for no paradigm, or another number of rows.
    """
    if not paradigms or n < 1 or n % len(paradigms):
        raise InvalidValue(
            f"{n} rows of {len(paradigms)} paradigms, expected as many of each, one or more."
        )
    keys = jax.random.split(key, len(paradigms))
    parts = [draw(n // len(paradigms), key=k) for draw, k in zip(paradigms, keys, strict=True)]
    time = max(part.tokens.shape[1] for part in parts)
    largest = jnp.stack([part.counted.sum() for part in parts]).max()
    rows = [
        MixedPassages(
            _filled_up(part.tokens, time, vocabulary.stop),
            _filled_up(part.targets, time, vocabulary.stop),
            _filled_up(part.counted, time, 0) * (largest / part.counted.sum()),
            jnp.full(len(part.tokens), number),
        )
        for number, part in enumerate(parts)
    ]
    return jax.tree.map(lambda *each: jnp.concatenate(each), *rows)


def _filled_up(rows: Array, time: int, value: int) -> Array:
    return jnp.pad(rows, ((0, 0), (0, time - rows.shape[1])), constant_values=value)
