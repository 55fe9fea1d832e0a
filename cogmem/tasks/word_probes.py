"""Pairs of words to be cued, and words to be told old or new, as rows of tokens.

| paradigm | what is read | what is asked |
| --- | --- | --- |
| `paired_associates` | START a1 b1 .. ak bk, FILLER .., CUE ai, CUE aj .. | bi after ai |
| `recognition` | START w1 .. wk, FILLER .., PROBE p, PROBE q .. | OLD or NEW after the probe |

A probe is followed by the next one, and by its right answer only with `feedback`: without it, what
is read at test tells nothing about any answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.word_rows import Line, Part, asked, filled, joined, stopped, studied
from cogmem.tasks.word_tokens import Range, WordTokens, check_pool, check_sizes, shuffled

__all__ = ["PairPassages", "ProbePassages", "paired_associates", "recognition"]


class PairPassages(NamedTuple):
    """Pairs to be read, and cued with their first words.

    Attributes:
        tokens: read.
        targets: due after each of them.
        counted: 1 where something is asked, else 0.
        list_number: 1 up to the end of the row, 0 after it.
        output: 1-based number of the probe whose answer is due after each token; 0 for none.
        pairs: as studied; -1 is padding.
        lengths: pairs studied.
        fillers: tokens between study and test.
        probed: serial position (1-based) of the pair that each probe asks for; 0 is padding.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    list_number: Int[Array, "n time"]
    output: Int[Array, "n time"]
    pairs: Int[Array, "n pair 2"]
    lengths: Int[Array, " n"]
    fillers: Int[Array, " n"]
    probed: Int[Array, "n probe"]

    @property
    def n_lists(self) -> int:
        """Lists in a row."""
        return 1

    @property
    def n_outputs(self) -> int:
        """Probes, at most."""
        return self.probed.shape[-1]


class ProbePassages(NamedTuple):
    """Lists to be read, and words to be told old or new.

    Attributes:
        tokens: read.
        targets: due after each of them.
        counted: 1 where something is asked, else 0.
        list_number: 1 up to the end of the row, 0 after it.
        output: 1-based number of the probe whose answer is due after each token; 0 for none.
        words: as studied; -1 is padding.
        lengths: words studied.
        fillers: tokens between study and test.
        probes: words asked about.
        probed: serial position (1-based) of each of them; 0 for a new word.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    list_number: Int[Array, "n time"]
    output: Int[Array, "n time"]
    words: Int[Array, "n position"]
    lengths: Int[Array, " n"]
    fillers: Int[Array, " n"]
    probes: Int[Array, "n probe"]
    probed: Int[Array, "n probe"]

    @property
    def n_lists(self) -> int:
        """Lists in a row."""
        return 1

    @property
    def n_outputs(self) -> int:
        """Probes."""
        return self.probed.shape[-1]


class _Design(NamedTuple):
    """What rows have in common."""

    vocabulary: WordTokens
    shortest: int
    longest: int
    fewest_fillers: int
    most_fillers: int
    n_probes: int
    feedback: bool


@partial(jax.jit, static_argnums=(0, 1))
def _drawn(row: Callable[..., Any], design: _Design, keys: PRNGKeyArray) -> Any:
    return jax.vmap(partial(row, design))(keys)


def _line(design: _Design, words: Array, n_fillers: Array, questions: list[Part]) -> Line:
    """Study, fillers, then what is asked."""
    study = studied(design.vocabulary, words)
    rest = filled(design.vocabulary, design.most_fillers, n_fillers)
    return joined(design.vocabulary, [study, rest, *questions, stopped(design.vocabulary)])


# ---- pairs --------------------------------------------------------------------------------------


def paired_associates(
    vocabulary: WordTokens,
    n: int,
    lengths: Range,
    fillers: Range = (0, 0),
    *,
    n_probes: int | None = None,
    feedback: bool = False,
    key: PRNGKeyArray,
) -> PairPassages:
    """Random pairs of words, all different; some or all of them cued, in a random order.

    Args:
        vocabulary: of the words.
        n: rows.
        lengths: numbers of pairs, drawn uniformly for each row.
        fillers: between study and test, drawn uniformly for each row.
        n_probes: pairs that are cued, each once; None for all.
        feedback: whether the right answer is read after each cue.
        key: of numbers, words and probes.

    Raises:
        InvalidValue: for sizes out of range, too few words, or more probes than pairs.
    """
    check_sizes(n, lengths, fillers, n_probes=1 if n_probes is None else n_probes)
    check_pool(vocabulary, 2 * lengths[1])
    if n_probes is not None and n_probes > lengths[0]:
        raise InvalidValue(
            f"{n_probes} probes, expected at most {lengths[0]}, the fewest pairs of a row; None "
            "asks for all pairs."
        )
    n_probes = lengths[1] if n_probes is None else n_probes
    design = _Design(vocabulary, *lengths, *fillers, n_probes, feedback)
    passages: PairPassages = _drawn(_pair_row, design, jax.random.split(key, n))
    return passages


def _pair_row(design: _Design, key: PRNGKeyArray) -> PairPassages:
    vocabulary, (k_numbers, k_words, k_probes) = design.vocabulary, jax.random.split(key, 3)
    length, n_fillers = _numbers(design, k_numbers)
    pairs = jax.random.permutation(k_words, vocabulary.n_words)[: 2 * design.longest]
    pairs = jnp.where(jnp.arange(design.longest)[:, None] < length, pairs.reshape(-1, 2), -1)
    probed = jnp.maximum(_some(design, length, k_probes)[: design.n_probes], 0)
    questions = [
        asked(vocabulary.cue, a, b, i + 1, design.feedback, at > 0)
        for i, (at, (a, b)) in enumerate(zip(probed, pairs[probed - 1], strict=True))
    ]
    line = _line(design, pairs.ravel(), n_fillers, questions)
    return PairPassages(*line, pairs, length, n_fillers, probed)


# ---- old and new --------------------------------------------------------------------------------


def recognition(
    vocabulary: WordTokens,
    n: int,
    lengths: Range,
    fillers: Range = (0, 0),
    *,
    n_probes: int = 2,
    feedback: bool = False,
    key: PRNGKeyArray,
) -> ProbePassages:
    """Random lists of different words, then as many of their words as others, in a random order.

    Args:
        vocabulary: of the words.
        n: rows.
        lengths: of lists, drawn uniformly for each row.
        fillers: between study and test, drawn uniformly for each row.
        n_probes: an even number; no word is probed twice in a row.
        feedback: whether the right answer is read after each probe.
        key: of numbers, words and probes.

    Raises:
        InvalidValue: for sizes out of range, too few words, an odd number of probes, or more old
            ones than words in the shortest list.
    """
    check_sizes(n, lengths, fillers, n_probes=n_probes)
    check_pool(vocabulary, lengths[1] + n_probes // 2)
    if n_probes % 2 or n_probes // 2 > lengths[0]:
        raise InvalidValue(
            f"n_probes is {n_probes}, expected an even number up to {2 * lengths[0]}: half of them "
            f"are old, and the shortest list has {lengths[0]} words."
        )
    design = _Design(vocabulary, *lengths, *fillers, n_probes, feedback)
    passages: ProbePassages = _drawn(_probe_row, design, jax.random.split(key, n))
    return passages


def _probe_row(design: _Design, key: PRNGKeyArray) -> ProbePassages:
    vocabulary, (k_numbers, k_words, k_probes) = design.vocabulary, jax.random.split(key, 3)
    length, n_fillers = _numbers(design, k_numbers)
    drawn = jax.random.permutation(k_words, vocabulary.n_words)
    words = jnp.where(jnp.arange(design.longest) < length, drawn[: design.longest], -1)
    probes, probed = _probes(design, drawn, length, k_probes)
    answers = jnp.where(probed > 0, vocabulary.old, vocabulary.new)
    questions = [
        asked(vocabulary.probe, probes[i], answers[i], i + 1, design.feedback)
        for i in range(design.n_probes)
    ]
    line = _line(design, words, n_fillers, questions)
    return ProbePassages(*line, words, length, n_fillers, probes, probed)


def _probes(
    design: _Design, drawn: Int[Array, " word"], length: Array, key: PRNGKeyArray
) -> tuple[Int[Array, " probe"], Int[Array, " probe"]]:
    """Words of the list and as many that no list could have had, and their serial positions."""
    k_old, k_mixed = jax.random.split(key)
    old = _some(design, length, k_old)[: design.n_probes // 2]
    new = drawn[design.longest :][: design.n_probes // 2]
    mixed = jax.random.permutation(k_mixed, design.n_probes)
    probed = jnp.concatenate([old, jnp.zeros_like(old)])
    return jnp.concatenate([drawn[old - 1], new])[mixed], probed[mixed]


def _some(design: _Design, length: Array, key: PRNGKeyArray) -> Int[Array, " position"]:
    """Serial positions of what was studied, in random order; then -1."""
    position = 1 + jnp.arange(design.longest)
    return shuffled(jnp.where(position <= length, position, -1), key=key)


def _numbers(design: _Design, key: PRNGKeyArray) -> tuple[Array, Array]:
    """How many are studied, and how many fillers come after them."""
    k_length, k_filler = jax.random.split(key)
    length = jax.random.randint(k_length, (), design.shortest, design.longest + 1)
    most = design.most_fillers + 1
    return length, jax.random.randint(k_filler, (), design.fewest_fillers, most)
