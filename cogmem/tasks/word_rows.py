"""Rows of tokens put together of parts whose lengths differ from row to row.

What is read and what is asked are apart: `targets[t]` is due after `tokens[t]`, and counts where
`counted[t]` is not 0. Rows are of one length per call: after the last STOP there is STOP again,
asked of nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

from cogmem.tasks.word_tokens import WordTokens

__all__ = [
    "Line",
    "Part",
    "Rows",
    "asked",
    "by_output",
    "filled",
    "joined",
    "recalled",
    "stopped",
    "studied",
]

# ---- parts of a row -----------------------------------------------------------------------------


class Part(NamedTuple):
    """Up to `len(read)` tokens of a row, of which the first n are there.

    Attributes:
        read: tokens.
        due: what is asked after each; -1 for nothing.
        output: 1-based number of the answer that is due after each; 0 for none.
        n: how many are there.
        list_number: 1-based, of the list that they belong to.
    """

    read: Int[Array, " most"]
    due: Int[Array, " most"]
    output: Int[Array, " most"]
    n: Any
    list_number: int = 1


class Line(NamedTuple):
    """One row: what the passages of all paradigms begin with.

    Attributes:
        tokens: read.
        targets: due after each of them; where nothing is asked, the token that comes next.
        counted: 1 where something is asked, else 0.
        list_number: 1-based list that each token belongs to; 0 after the last one.
        output: 1-based number of the answer due after each token; 0 for none.
    """

    tokens: Int[Array, " time"]
    targets: Int[Array, " time"]
    counted: Float[Array, " time"]
    list_number: Int[Array, " time"]
    output: Int[Array, " time"]


def joined(vocabulary: WordTokens, parts: Sequence[Part]) -> Line:
    """Parts end to end, then STOP; the last token is not read, as nothing follows it."""
    time = jnp.arange(sum(part.read.size for part in parts))
    row, start = jnp.tile(jnp.array([[vocabulary.stop], [-1], [0], [0]]), time.size), jnp.asarray(0)
    for part in (part for part in parts if part.read.size):
        number = jnp.full(part.read.shape, part.list_number)
        values, place = jnp.stack([part.read, part.due, part.output, number]), time - start
        there = (place >= 0) & (place < part.n)
        row = jnp.where(there[None], values.take(place, axis=1, mode="clip"), row)
        start = start + part.n
    (read, due, output, number), following = row[:, :-1], row[0, 1:]
    is_asked = due >= 0
    return Line(read, jnp.where(is_asked, due, following), is_asked.astype(float), number, output)


def studied(vocabulary: WordTokens, words: Int[Array, " position"], number: int = 1) -> Part:
    """START and the words, of which -1 is none."""
    read = jnp.concatenate([jnp.array([vocabulary.list_start]), words])
    return _unasked(read, 1 + (words >= 0).sum(), number)


def filled(vocabulary: WordTokens, most: int, n: Any, number: int = 1) -> Part:
    """Fillers: n of at most so many."""
    return _unasked(jnp.full(most, vocabulary.filler), n, number)


def recalled(vocabulary: WordTokens, said: Int[Array, " output"], number: int = 1) -> Part:
    """RECALL and the words, each of them due after the one before it, and STOP after the last."""
    n, stop = (said >= 0).sum(), jnp.array([vocabulary.stop])
    due = jnp.concatenate([jnp.where(said >= 0, said, vocabulary.stop), stop])
    read = jnp.concatenate([jnp.array([vocabulary.recall]), said])
    return Part(read, due, 1 + jnp.arange(len(due)), n + 1, number)


def asked(
    question: int,
    word: Int[Array, ""],
    answer: Int[Array, ""],
    number: int,
    feedback: bool,
    there: Any = True,
) -> Part:
    """A question about a word, and the answer, which is read if there is feedback."""
    n = 3 if feedback else 2
    read = jnp.stack([jnp.asarray(question), word, answer])[:n]
    due = jnp.stack([jnp.asarray(-1), answer, jnp.asarray(-1)])[:n]
    return Part(read, due, jnp.array([0, number, 0])[:n], jnp.where(there, n, 0))


def stopped(vocabulary: WordTokens, number: int = 1) -> Part:
    """STOP, after which nothing is asked."""
    return _unasked(jnp.array([vocabulary.stop]), 1, number)


def _unasked(read: Array, n: Any, number: int) -> Part:
    return Part(read, jnp.full(read.shape, -1), jnp.zeros_like(read), n, number)


# ---- what was made of rows ----------------------------------------------------------------------


class Rows(Protocol):
    """Passages of any paradigm."""

    @property
    def output(self) -> Int[Array, "n time"]:
        """1-based number of the answer due after each token; 0 for none."""
        ...

    @property
    def list_number(self) -> Int[Array, "n time"]:
        """1-based list that each token belongs to."""
        ...

    @property
    def n_lists(self) -> int:
        """Lists in a row."""
        ...

    @property
    def n_outputs(self) -> int:
        """Answers to a list, at most."""
        ...


def by_output(values: Shaped[Array, "n time"], passages: Rows) -> Float[Array, "n list output"]:
    """Values of each token, such as whether the answer to it was right, by list and output.

    Outputs that a row does not have are NaN. In recall the output after the last word of a list is
    that of STOP.
    """
    due, row = passages.output > 0, jnp.arange(len(values))[:, None]
    # Indices beyond the table are dropped; -1 would be its last place.
    place = jnp.where(due, passages.output - 1, passages.n_outputs)
    table = jnp.full((len(values), passages.n_lists, passages.n_outputs), jnp.nan)
    at = table.at[row, passages.list_number - 1, place]
    return at.set(jnp.asarray(values, table.dtype), mode="drop")
