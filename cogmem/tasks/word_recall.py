"""Lists of words to be recalled in their order or in any, as rows of tokens.

| paradigm | what is read | what is asked |
| --- | --- | --- |
| `serial_recall` | START w1 .. wk, FILLER .., RECALL w1 .. wk | w1 .. wk STOP, after RECALL |
| `free_recall` | the same, the words in a random order after RECALL | those words, then STOP |
| `retold` | the same, after RECALL what somebody said | that, then STOP |

Here the answers are read in their turn (teacher forcing). For recall that runs freely a model is
given `word_tokens.study_prefix`, and speaks until STOP.

The order asked for in free recall is uniformly random, anew for every list: nothing about the order
in which people recall can be learnt from it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.word_rows import filled, joined, recalled, stopped, studied
from cogmem.tasks.word_tokens import (
    Range,
    WordTokens,
    check_pool,
    check_rows,
    check_sizes,
    shuffled,
    spoken,
)

__all__ = ["WordPassages", "free_recall", "retold", "serial_recall"]


class WordPassages(NamedTuple):
    """Lists to be read and recalled; places without a word hold -1.

    Attributes:
        tokens: read.
        targets: due after each of them.
        counted: 1 where something is asked, else 0.
        list_number: 1-based list that each token belongs to; 0 after the last list.
        output: 1-based place in the recall of what is due after each token, whether counted or not;
            STOP comes after the last word. 0 during study.
        words: as studied.
        lengths: words studied.
        fillers: tokens between study and recall.
        order: serial position (1-based) of each word due, -1 for one that is not of the list, 0
            after the last.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    list_number: Int[Array, "n time"]
    output: Int[Array, "n time"]
    words: Int[Array, "n list position"]
    lengths: Int[Array, "n list"]
    fillers: Int[Array, "n list"]
    order: Int[Array, "n list output"]

    @property
    def n_lists(self) -> int:
        """Lists in a row."""
        return self.words.shape[-2]

    @property
    def n_outputs(self) -> int:
        """Words of the longest recall, and STOP."""
        return self.order.shape[-1] + 1


def serial_recall(
    vocabulary: WordTokens,
    n: int,
    lengths: Range,
    fillers: Range = (0, 0),
    *,
    n_lists: int = 1,
    last_only: bool = False,
    apart: bool = True,
    key: PRNGKeyArray,
) -> WordPassages:
    """Random lists of different words, to be said in their order.

    Args:
        vocabulary: of the words.
        n: rows.
        lengths: of lists, drawn uniformly for each.
        fillers: between study and recall, drawn uniformly for each list.
        n_lists: studied and recalled one after the other in a row, without a break.
        last_only: whether only the recall of the last list counts.
        apart: whether no word is in two lists of a row; else each list is drawn from all words.
        key: of lengths, fillers and words.

    Raises:
        InvalidValue: for sizes out of range, or too few words.
    """
    check_sizes(n, lengths, fillers, n_lists=n_lists)
    check_pool(vocabulary, lengths[1] * (n_lists if apart else 1))
    design = _Design(vocabulary, *lengths, *fillers, n_lists, last_only, apart, in_order=True)
    return _drawn(design, jax.random.split(key, n))


def free_recall(
    vocabulary: WordTokens,
    n: int,
    lengths: Range,
    fillers: Range = (0, 0),
    *,
    n_lists: int = 1,
    last_only: bool = False,
    apart: bool = True,
    key: PRNGKeyArray,
) -> WordPassages:
    """Random lists of different words, to be said in any order: here, a uniformly random one.

    Arguments and errors as `serial_recall`, which has the same lists for the same key.
    """
    check_sizes(n, lengths, fillers, n_lists=n_lists)
    check_pool(vocabulary, lengths[1] * (n_lists if apart else 1))
    design = _Design(vocabulary, *lengths, *fillers, n_lists, last_only, apart, in_order=False)
    return _drawn(design, jax.random.split(key, n))


def retold(
    vocabulary: WordTokens,
    words: Int[Array, "n position"],
    said: Int[Array, "n output"],
    fillers: int = 0,
) -> WordPassages:
    """Given lists and what somebody said of them, to be read for its likelihood.

    Args:
        vocabulary: of the words.
        words: studied, each once; -1 after the last one.
        said: words in the order said, -1 after the last one; STOP is asked after that.
        fillers: between study and recall.

    Raises:
        InvalidValue: for unknown words, for a word twice in a list, for a gap in a row, and for
            other numbers of lists and recalls.
    """
    words, said = jnp.asarray(words), jnp.asarray(said)
    check_rows(vocabulary, "words", words, distinct=True)
    check_rows(vocabulary, "said", said)
    check_sizes(len(words), (1, 1), (fillers, fillers))
    if len(words) != len(said):
        raise InvalidValue(f"{len(words)} lists and {len(said)} recalls, expected as many.")
    n_fillers = jnp.full((len(words), 1), fillers)
    design = _Design(vocabulary, 1, words.shape[1], fillers, fillers)
    return _rows(design, words[:, None], said[:, None], n_fillers)


# ---- drawing ------------------------------------------------------------------------------------


class _Design(NamedTuple):
    """What rows have in common."""

    vocabulary: WordTokens
    shortest: int
    longest: int
    fewest_fillers: int
    most_fillers: int
    n_lists: int = 1
    last_only: bool = False
    apart: bool = True
    in_order: bool = True


@partial(jax.jit, static_argnums=0)
def _rows(design: _Design, words: Array, said: Array, fillers: Array) -> WordPassages:
    return jax.vmap(partial(_row, design))(words, said, fillers)


@partial(jax.jit, static_argnums=0)
def _drawn(design: _Design, keys: PRNGKeyArray) -> WordPassages:
    return jax.vmap(lambda key: _row(design, *_draw(design, key)))(keys)


def _draw(design: _Design, key: PRNGKeyArray) -> tuple[Array, Array, Array]:
    """Lists, the same words in the order asked for, and numbers of fillers."""
    k_length, k_filler, k_words, k_order = jax.random.split(key, 4)
    n = (design.n_lists,)
    lengths = jax.random.randint(k_length, n, design.shortest, design.longest + 1)
    fillers = jax.random.randint(k_filler, n, design.fewest_fillers, design.most_fillers + 1)
    there = jnp.arange(design.longest)[None] < lengths[:, None]
    words = jnp.where(there, _lists(design, k_words), -1)
    if design.in_order:
        return words, words, fillers
    return words, _mixed(words, k_order), fillers


def _lists(design: _Design, key: PRNGKeyArray) -> Int[Array, "list position"]:
    """Different words, in all lists together or within each."""
    n_words, shape = design.vocabulary.n_words, (design.n_lists, design.longest)
    if design.apart:
        return jax.random.permutation(key, n_words)[: shape[0] * shape[1]].reshape(shape)
    keys = jax.random.split(key, design.n_lists)
    return jax.vmap(lambda k: jax.random.permutation(k, n_words)[: design.longest])(keys)


def _mixed(words: Int[Array, "list position"], key: PRNGKeyArray) -> Int[Array, "list position"]:
    """Each list in an order of its own."""
    return jax.vmap(lambda each, k: shuffled(each, key=k))(words, jax.random.split(key, len(words)))


def _row(
    design: _Design,
    words: Int[Array, "list position"],
    said: Int[Array, "list output"],
    fillers: Int[Array, " list"],
) -> WordPassages:
    vocabulary, parts = design.vocabulary, []
    for i in range(design.n_lists):
        parts += [
            studied(vocabulary, words[i], i + 1),
            filled(vocabulary, design.most_fillers, fillers[i], i + 1),
            recalled(vocabulary, said[i], i + 1),
            stopped(vocabulary, i + 1),
        ]
    line = joined(vocabulary, parts)
    if design.last_only:
        line = line._replace(counted=jnp.where(line.list_number == len(words), line.counted, 0))
    order = spoken(vocabulary, jnp.where(said < 0, vocabulary.stop, said), words).recalls
    return WordPassages(*line, words, (words >= 0).sum(axis=1), fillers, order)
