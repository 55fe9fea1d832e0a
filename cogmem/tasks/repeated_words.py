"""Letters that are news at first and then repeat: surprise, and memory within a sequence.

A period is a fixed warm-up and then one random word several times over (Kosowski et al., 2025,
arXiv 2509.26507, Fig. 14: a warm-up of 13 letters, 8 times a word of 8, of 26 letters). The letters
of a word are drawn independently and uniformly, with no regard to those of the warm-up. Whoever
knows the design is uncertain of nothing but the first copy of each word: `ideal` says how much.

A repeated half is the same without a warm-up: a random row of tokens, and that row again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = ["RepeatedPassages", "RepeatedWord", "repeated_half", "repeated_words"]


@dataclass(frozen=True)
class RepeatedWord:
    """What a period is made of.

    Attributes:
        n_letters: of the alphabet, 0 .. n_letters - 1.
        warm_up: the letters that every period begins with; the paper does not say which.
        word_length: letters of a word.
        n_copies: of the word, the first one included.

    Raises:
        InvalidValue: for sizes below 1 and letters that are not of the alphabet.
    """

    n_letters: int = 26
    warm_up: tuple[int, ...] = tuple(range(13))
    word_length: int = 8
    n_copies: int = 8

    def __post_init__(self) -> None:
        for name in ("n_letters", "word_length", "n_copies"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} is {getattr(self, name)}, expected 1 or more.")
        if wrong := [letter for letter in self.warm_up if not 0 <= letter < self.n_letters]:
            raise InvalidValue(
                f"warm_up has the letter {wrong[0]}, expected 0 to {self.n_letters - 1}."
            )

    @property
    def period(self) -> int:
        """Letters of a warm-up and all copies of a word."""
        return len(self.warm_up) + self.n_copies * self.word_length

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments of a period, by their number."""
        return ("warm-up", "first word", *(f"copy {i}" for i in range(2, self.n_copies + 1)))


class RepeatedPassages(NamedTuple):
    """Periods to be read, and what there is to say of each letter.

    Attributes:
        tokens: read.
        targets: the letter after each of them.
        counted: 1 everywhere.
        segment: of the letter read: 0 warm-up, 1 first word, 2 second copy, ...
        target_segment: of the letter after it. Losses are sorted by this, activity by the other.
        ideal: nats by which the letter after each is uncertain to who knows the design.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    segment: Int[Array, "n time"]
    target_segment: Int[Array, "n time"]
    ideal: Float[Array, "n time"]


def repeated_words(
    design: RepeatedWord, n: int, n_periods: int = 1, *, key: PRNGKeyArray
) -> RepeatedPassages:
    """Rows of one or more periods, each with a word of its own.

    As every period begins alike, the letter after a row is known: a row has as many targets as
    letters. Without a warm-up the last letter has none, and is not read.

    Args:
        design: of a period.
        n: rows.
        n_periods: in a row, without a break.
        key: of the words.

    Raises:
        InvalidValue: for fewer than 1 row or period.
    """
    for name, size in (("n", n), ("n_periods", n_periods)):
        if size < 1:
            raise InvalidValue(f"{name} is {size}, expected 1 or more.")
    return _drawn(design, n, n_periods, key)


def repeated_half(n_tokens: int, n: int, half: int, *, key: PRNGKeyArray) -> RepeatedPassages:
    """Rows of which the second half is the first half again; segment 1, then 2.

    The last token is not read, as nothing follows it: rows are of 2 half - 1. The second half of
    what is read begins at place `half`.

    Args:
        n_tokens: drawn from, uniformly and with replacement.
        n: rows.
        half: tokens of a half.
        key: of the tokens.

    Raises:
        InvalidValue: for sizes below 1.
    """
    return repeated_words(RepeatedWord(n_tokens, (), half, 2), n, key=key)


@partial(jax.jit, static_argnums=range(3))
def _drawn(design: RepeatedWord, n: int, n_periods: int, key: PRNGKeyArray) -> RepeatedPassages:
    warm_up = jnp.asarray(design.warm_up, int)
    words = jax.random.randint(key, (n, n_periods, design.word_length), 0, design.n_letters)
    copies = jnp.tile(words, (1, 1, design.n_copies))
    starts = jnp.broadcast_to(warm_up, (n, n_periods, warm_up.size))
    letters = jnp.concatenate([starts, copies], axis=2).reshape(n, -1)
    # What follows the last period is the first letter of the next, if that is known.
    letters = jnp.concatenate([letters, starts[:, 0, :1]], axis=1)
    segment = jnp.broadcast_to(_segments(design, n_periods), letters.shape)
    ideal = jnp.where(segment == 1, np.log(design.n_letters).item(), 0.0)[:, 1:]
    tokens, targets, now, after = letters[:, :-1], letters[:, 1:], segment[:, :-1], segment[:, 1:]
    return RepeatedPassages(tokens, targets, jnp.ones_like(ideal), now, after, ideal)


def _segments(design: RepeatedWord, n_periods: int) -> Int[np.ndarray, " letter"]:
    """Of all periods, and of the first letter of the warm-up after them."""
    copies = np.repeat(np.arange(1, design.n_copies + 1), design.word_length)
    period = np.concatenate([np.zeros(len(design.warm_up), int), copies])
    return np.concatenate([np.tile(period, n_periods), period[: len(design.warm_up)][:1]])
