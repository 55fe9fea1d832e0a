"""How well a taught model of sequences tells old words from new, by list, delay, lag and noise.

Every list has two probes: one of its words, whose place goes round from list to list, and a word
that was not in it. Both are asked of the same fast state, disturbed anew for each amount of noise
but alike for both. The evidence is log P(OLD) - log P(NEW); sensitivity needs no criterion.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.bdh import BDH, Weights
from cogmem.models.sequence_model import SequenceModel
from cogmem.participants.sequence_probes import (
    d_a,
    noisy,
    old_log_odds,
    rated,
    strengths,
)
from cogmem.participants.sequence_sitting import studied
from cogmem.tasks.word_tokens import WordTokens, check_pool

__all__ = ["RecognitionTest", "recognised", "some_words", "untaught_strengths"]


class RecognitionTest(NamedTuple):
    """What is asked.

    Attributes:
        vocabulary: of the words; more of them than the longest list has.
        lengths: words studied, the last of them `probed`.
        delays: fillers after lists of `probed` words, from 0.
        noise: standard deviations, see `sequence_probes.noisy`.
        n_lists: of each length and delay.
        n_at_place: lists in which each place of a list of `probed` words is asked for.
    """

    vocabulary: WordTokens
    lengths: tuple[int, ...]
    delays: tuple[int, ...]
    noise: tuple[float, ...]
    n_lists: int
    n_at_place: int

    @property
    def probed(self) -> int:
        """Words of the lists that are asked about in every place."""
        return self.lengths[-1]


def recognised(
    test: RecognitionTest, model: SequenceModel, weights: Any, *, key: PRNGKeyArray
) -> dict[str, Float[np.ndarray, "noise ..."]]:
    """Sensitivity d_a of one subject, and ratings.

    Args:
        test: what is asked.
        model, weights: of the subject.
        key: of words and noise.

    Returns:
        `length` [noise, length], `delay` [noise, delay], `lag` [noise, words studied since], and
        `ratings` [noise, old or new, rating], see `sequence_probes.rated`.

    Raises:
        InvalidValue: if the pool is too small for a new word.
    """
    check_pool(test.vocabulary, max(test.lengths) + 1)

    def odds(n_words: int, fillers: int, n: int) -> tuple[np.ndarray, np.ndarray]:
        return _evidence(test, model, weights, (n_words, fillers, n), key)

    many = odds(test.probed, 0, test.n_at_place * test.probed)
    rows = [odds(n, 0, test.n_lists) for n in test.lengths[:-1]]
    late = [odds(test.probed, n, test.n_lists) for n in test.delays[1:]]
    whole = d_a(*many)
    old = many[0].reshape(len(test.noise), -1, test.probed).swapaxes(1, 2)[:, ::-1]
    return {
        "length": np.stack([*(d_a(*each) for each in rows), whole], axis=1),
        "delay": np.stack([whole, *(d_a(*each) for each in late)], axis=1),
        "lag": d_a(old, many[1][:, None]),
        "ratings": rated(*many).astype(float),
    }


def untaught_strengths(
    test: RecognitionTest, model: BDH, weights: Weights, *, key: PRNGKeyArray
) -> Float[np.ndarray, "weights layer length"]:
    """d_a of |x' S|, with weights before any lesson and after all, by layer and words studied.

    Args:
        test, model, weights, key: see `recognised`. No noise is added.
    """
    found = np.empty((2, model.n_layers, len(test.lengths)))
    for row, own in enumerate((model.begin(key=key), weights)):
        for at, n_words in enumerate(test.lengths):
            words, states = _read(test, model, own, (n_words, 0, test.n_lists), key)
            probes = (_old(words, n_words), words[:, -1])
            found[row, :, at] = d_a(
                *(np.asarray(strengths(model, own, states, p)).T for p in probes)
            )
    return found


def some_words(vocabulary: WordTokens, n: int, *, key: PRNGKeyArray) -> Int[Array, "list word"]:
    """All words of the pool, so many times, each time in another order."""
    keys = jax.random.split(key, n)
    return jax.vmap(lambda k: jax.random.permutation(k, vocabulary.n_words))(keys)


def _evidence(
    test: RecognitionTest,
    model: SequenceModel,
    weights: Any,
    lists: tuple[int, ...],
    key: PRNGKeyArray,
) -> tuple[Float[np.ndarray, "noise list"], Float[np.ndarray, "noise list"]]:
    """Log-odds of a studied word and of a new one, of each list."""
    words, states = _read(test, model, weights, lists, key)
    odds = np.empty((2, len(test.noise), len(words)))
    for at, sd in enumerate(test.noise):
        disturbed = noisy(states, float(sd), key=jax.random.fold_in(key, at))
        for row, probes in enumerate((_old(words, lists[0]), words[:, -1])):
            odds[row, at] = old_log_odds(model, weights, test.vocabulary, disturbed, probes)
    return odds[0], odds[1]


def _read(
    test: RecognitionTest,
    model: SequenceModel,
    weights: Any,
    lists: tuple[int, ...],
    key: PRNGKeyArray,
) -> tuple[Int[Array, "list word"], Any]:
    """Words in random orders, and fast states after the first so many and so many fillers."""
    n_words, fillers, n = lists
    words = some_words(test.vocabulary, n, key=jax.random.fold_in(key, n_words))
    start = jnp.full((n, 1), test.vocabulary.list_start)
    filled = jnp.full((n, fillers), test.vocabulary.filler)
    rows = jnp.concatenate([start, words[:, :n_words], filled], axis=1)
    return words, studied(model, weights, rows)


def _old(words: Int[Array, "list word"], n_words: int) -> Int[Array, " list"]:
    """A word of each list, whose place goes round."""
    at = jnp.arange(len(words))
    return words[at, at % n_words]
