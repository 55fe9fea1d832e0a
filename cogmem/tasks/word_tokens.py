"""Words and an experimenter's words as tokens, for models that predict the next one.

One token per word, and tokens of their own for all that an experimenter says: none is ever both.
Rows to learn from and to be scored on are made in `word_recall` and `word_probes`. For recall that
runs freely, `study_prefix` and its kin end where the model is to speak, and `spoken` says what it
spoke of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = [
    "SPECIALS",
    "Range",
    "Spoken",
    "WordTokens",
    "check_pool",
    "check_rows",
    "check_sizes",
    "pair_prefix",
    "shuffled",
    "spoken",
    "study_prefix",
]

SPECIALS = ("LIST_START", "RECALL", "STOP", "FILLER", "CUE", "PROBE", "OLD", "NEW")
"""Tokens that are no words, in the order of their ids, which follow those of the words."""

Range = tuple[int, int]
"""Smallest and largest of what is drawn, both included."""


@dataclass(frozen=True)
class WordTokens:
    """The tokens of experiments on words: words 0 .. n_words - 1, then the `SPECIALS`.

    Attributes:
        n_words: words of the pool.

    Raises:
        InvalidValue: for fewer than 1.
    """

    n_words: int

    def __post_init__(self) -> None:
        if self.n_words < 1:
            raise InvalidValue(f"n_words is {self.n_words}, expected 1 or more.")

    @property
    def n_tokens(self) -> int:
        """Words and specials."""
        return self.n_words + len(SPECIALS)

    @property
    def list_start(self) -> int:
        """A list begins."""
        return self.n_words

    @property
    def recall(self) -> int:
        """Say the words of the list."""
        return self.n_words + 1

    @property
    def stop(self) -> int:
        """No more words."""
        return self.n_words + 2

    @property
    def filler(self) -> int:
        """One token's time in which nothing is to be remembered."""
        return self.n_words + 3

    @property
    def cue(self) -> int:
        """The next word is one of a pair; say the other."""
        return self.n_words + 4

    @property
    def probe(self) -> int:
        """Was the next word in the list?"""
        return self.n_words + 5

    @property
    def old(self) -> int:
        """It was."""
        return self.n_words + 6

    @property
    def new(self) -> int:
        """It was not."""
        return self.n_words + 7


class Spoken(NamedTuple):
    """What was said of a list, in the form of `cogmem.data.recalls.Recalls.from_positions`.

    Attributes:
        recalls: [*batch, output] serial position (1-based) of each response, repeats included; -1
            intrusion; 0 from STOP on.
        responses: [*batch, output] the words said; -1 for what is no word, and from STOP on.
    """

    recalls: Int[Array, "*batch output"]
    responses: Int[Array, "*batch output"]


# ---- recall that runs freely --------------------------------------------------------------------


def study_prefix(
    vocabulary: WordTokens, words: Int[Array, " position"], fillers: int = 0
) -> Int[Array, " time"]:
    """START, the words of one list, fillers, RECALL: what is read before a model speaks.

    Raises:
        InvalidValue: for unknown words, a word twice in the list, or fewer than 0 fillers.
    """
    return _prefix(vocabulary, words, fillers, vocabulary.recall)


def pair_prefix(
    vocabulary: WordTokens, pairs: Int[Array, "pair 2"], cue: Any, fillers: int = 0
) -> Int[Array, " time"]:
    """START, the pairs of one list, fillers, CUE and the word that is the cue.

    Raises:
        InvalidValue: as `study_prefix`.
    """
    return _prefix(vocabulary, jnp.ravel(jnp.asarray(pairs)), fillers, vocabulary.cue, cue)


def _prefix(vocabulary: WordTokens, words: Any, fillers: int, *end: Any) -> Array:
    words, (question, *word) = jnp.asarray(words), end
    if fillers < 0:
        raise InvalidValue(f"{fillers} fillers, expected 0 or more.")
    check_rows(vocabulary, "words", words[None], distinct=True, padded=False)
    for each in word:
        check_rows(vocabulary, "a word asked about is", jnp.reshape(each, (1, 1)), padded=False)
    rest = jnp.full(fillers, vocabulary.filler)
    parts = [[vocabulary.list_start], words, rest, [question], *([each] for each in word)]
    return jnp.concatenate([jnp.asarray(part) for part in parts])


def spoken(
    vocabulary: WordTokens,
    said: Int[Array, "*batch output"],
    words: Int[Array, "*batch position"],
) -> Spoken:
    """Serial positions of what was said up to the first STOP, as `cogmem.data.Recalls` has them.

    With the lists as `items` as well, `Recalls` tells prior-list from extra-list intrusions.

    Args:
        vocabulary: of the tokens.
        said: tokens in the order said. What comes after the first STOP is ignored; every other
            token that is no word of the list is an intrusion.
        words: of the list, in order of study; -1 after the last one.
    """
    said, words = jnp.asarray(said), jnp.asarray(words)
    over = jnp.cumsum(said == vocabulary.stop, axis=-1) > 0
    same = said[..., :, None] == jnp.where(words < 0, -2, words)[..., None, :]
    position = jnp.where(same.any(axis=-1), 1 + same.argmax(axis=-1), -1)
    word = (said >= 0) & (said < vocabulary.n_words) & ~over
    return Spoken(jnp.where(over, 0, position), jnp.where(word, said, -1))


def shuffled(values: Int[Array, " place"], *, key: PRNGKeyArray) -> Int[Array, " place"]:
    """What is not negative in a uniformly random order, then the rest."""
    mixed = jax.random.permutation(key, values)
    return mixed[jnp.argsort(mixed < 0, stable=True)]


# ---- checks -------------------------------------------------------------------------------------


def check_sizes(n: int, lengths: Range, fillers: Range, **others: int) -> None:
    """Refuse sizes below 1, and ranges that are none.

    Raises:
        InvalidValue: naming the size or the range.
    """
    for name, size in {"n": n, **others}.items():
        if size < 1:
            raise InvalidValue(f"{name} is {size}, expected 1 or more.")
    for name, (low, high), least in (("lengths", lengths, 1), ("fillers", fillers, 0)):
        if not least <= low <= high:
            raise InvalidValue(
                f"{name} is {(low, high)}, expected the smallest, {least} or more, and the largest."
            )


def check_pool(vocabulary: WordTokens, n_needed: int) -> None:
    """Refuse a pool with too few words for a row of different ones.

    Raises:
        InvalidValue: naming both numbers.
    """
    if vocabulary.n_words < n_needed:
        raise InvalidValue(
            f"a pool of {vocabulary.n_words} words, expected {n_needed} or more, as no word of a "
            "row is the same as another; ask for a larger pool or shorter lists."
        )


def check_rows(
    vocabulary: WordTokens, name: str, rows: Array, *, distinct: bool = False, padded: bool = True
) -> None:
    """Refuse rows that are not words of the pool, each once if `distinct`, -1 after the last one.

    Rows that are traced are looked at by kind and shape only.

    Raises:
        InvalidValue: naming the row.
    """
    if not jnp.issubdtype(rows.dtype, jnp.integer) or rows.ndim != 2:
        raise InvalidValue(
            f"{name} of kind {rows.dtype} and shape {rows.shape}, expected word ids."
        )
    if isinstance(rows, jax.core.Tracer):
        return
    for row in np.asarray(rows):
        n = int((row >= 0).sum()) if padded else len(row)
        if (row[:n] < 0).any() or (row[:n] >= vocabulary.n_words).any() or (row[n:] != -1).any():
            raise InvalidValue(
                f"{name} {row.tolist()}, expected ids from 0 to {vocabulary.n_words - 1}"
                f"{', and -1 after the last one only' if padded else ''}."
            )
        if distinct and len(np.unique(row[:n])) < n:
            raise InvalidValue(f"{name} {row.tolist()}: a word is there twice, expected once.")
