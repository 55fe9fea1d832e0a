"""What networks are taught of words before they sit lists of them: recall, pairs, recognition.

The same lessons for every network, in as many steps, on random lists: serial recall, free recall in
random orders, paired associates and recognition, lists growing from stage to stage. Who is taught,
and at which rates, is added by `pupil_networks`. No list that people studied is among the lessons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from cogmem.participants.sequence_probes import old_log_odds
from cogmem.participants.sequence_school import Draw, prefixes
from cogmem.participants.sequence_sitting import answer, sit, studied
from cogmem.participants.teaching import Recipe
from cogmem.tasks.word_mixture import mixed
from cogmem.tasks.word_probes import paired_associates, recognition
from cogmem.tasks.word_recall import WordPassages, free_recall, serial_recall
from cogmem.tasks.word_tokens import WordTokens, pair_prefix

__all__ = ["Stage", "WordRecipe", "accuracy", "lessons"]


class Stage(NamedTuple):
    """Lessons of one stage; those of the next have longer lists.

    Attributes:
        longest: words of a list, which are as few as one, in recall and in recognition.
        pairs: fewest and most of each range, and how many of them are cued; 0 for all.
        n_steps: of learning.
    """

    longest: int
    pairs: tuple[tuple[int, int, int], ...]
    n_steps: int


@dataclass(frozen=True)
class WordRecipe(Recipe):
    """Lessons about words.

    Lists grow from stage to stage: long ones are not learnt in this time if they come first.

    Attributes:
        n_words: of the pool.
        stages: one after the other.
        shares: of rows, of serial and of free recall, of each range of pairs, and of recognition.
        fillers: at most, between study and test.
    """

    n_words: int = 32
    stages: tuple[Stage, ...] = (
        Stage(4, ((1, 2, 0), (2, 4, 0)), 1500),
        Stage(8, ((1, 4, 0), (4, 6, 4)), 1500),
        Stage(14, ((1, 4, 0), (4, 10, 4)), 1500),
        Stage(20, ((1, 4, 0), (4, 14, 4)), 1500),
    )
    shares: tuple[int, int, int, int] = (1, 2, 1, 1)
    fillers: int = 4

    @property
    def vocabulary(self) -> WordTokens:
        """The pool, and what an experimenter says."""
        return WordTokens(self.n_words)

    @property
    def in_order(self) -> int:
        """The token that asks for serial recall; RECALL asks for free recall."""
        return self.vocabulary.n_tokens

    @property
    def n_tokens(self) -> int:
        """The vocabulary, and the token that asks for serial recall."""
        return self.in_order + 1

    def lessons(self, stage: Stage) -> tuple[int, Draw]:
        """See `lessons`."""
        return lessons(self, stage)


@cache
def lessons(recipe: WordRecipe, stage: Stage) -> tuple[int, Draw]:
    """Rows of a step, and what draws them."""
    n_serial, n_free, n_pairs, n_recognition = recipe.shares
    lists: dict[str, Any] = {"lengths": (1, stage.longest), "fillers": (0, recipe.fillers)}
    rows: list[Any] = [partial(_in_order, recipe.in_order, recipe.vocabulary, **lists)] * n_serial
    rows += [partial(free_recall, recipe.vocabulary, **lists)] * n_free
    for low, high, n in stage.pairs:
        how = lists | {"lengths": (low, high), "n_probes": n or None}
        rows += [partial(paired_associates, recipe.vocabulary, **how)] * n_pairs
    rows += [partial(recognition, recipe.vocabulary, n_probes=2, **lists)] * n_recognition
    return recipe.rows * len(rows), partial(mixed, recipe.vocabulary, tuple(rows))


def _in_order(token: int, vocabulary: WordTokens, n: int, **how: Any) -> WordPassages:
    """Serial recall that is asked for by a token of its own."""
    rows = serial_recall(vocabulary, n, **how)
    return rows._replace(tokens=jnp.where(rows.tokens == vocabulary.recall, token, rows.tokens))


# ---- what was learnt -----------------------------------------------------------------------------


def accuracy(
    weights: Any, recipe: WordRecipe, n_lists: int = 200, *, key: PRNGKeyArray
) -> dict[str, float]:
    """What it can do with lists that it never saw: shares that are right, each of chance or worse.

    `serial recall`: six words, each in its place, spoken freely. `free recall`: of eight words, the
    share said, spoken freely. `paired associates`: one of six pairs, among all words.
    `recognition`: one old and one new word for each list of eight, by the sign of the log-odds.

    Args:
        weights: learnt.
        recipe: by which.
        n_lists: of each test.
        key: of lists and of what is said.
    """
    vocabulary, model = recipe.vocabulary, recipe.model
    mix = jax.vmap(lambda k: jax.random.permutation(k, vocabulary.n_words))
    words = mix(jax.random.split(key, n_lists))
    said = {n: _said(recipe, weights, words[:, :n], ask, key) for n, ask in _asked(recipe)}
    pairs = words[:, :12].reshape(n_lists, 6, 2)
    at = jnp.arange(n_lists) % 6
    asked = pairs[jnp.arange(n_lists), at]
    rows = jax.vmap(partial(pair_prefix, vocabulary))(pairs, asked[:, 0])
    answers = answer(model, weights, rows, allowed=jnp.arange(model.n_tokens) < vocabulary.n_words)
    states = studied(model, weights, prefixes(vocabulary, words[:, :8])[:, :-1])
    odds = [old_log_odds(model, weights, vocabulary, states, words[:, at]) for at in (3, 8)]
    recalled = (said[8][:, :, None] == words[:, None, :8]).any(axis=1)
    found = {
        "serial recall": said[6] == words[:, :6],
        "free recall": recalled,
        "paired associates": answers.argmax(axis=1) == asked[:, 1],
        "recognition": jnp.stack([odds[0] > 0, odds[1] < 0]),
    }
    return {name: float(right.mean()) for name, right in found.items()}


def _asked(recipe: WordRecipe) -> tuple[tuple[int, int], ...]:
    """Words and the question: six in their order, eight in any."""
    return (6, recipe.in_order), (8, recipe.vocabulary.recall)


def _said(
    recipe: WordRecipe,
    weights: Any,
    words: Int[Array, "list position"],
    question: int,
    key: PRNGKeyArray,
) -> Int[Array, "list position"]:
    """As many words as there are, spoken freely."""
    vocabulary = recipe.vocabulary
    rows = prefixes(vocabulary, words).at[:, -1].set(question)
    allowed = jnp.arange(recipe.model.n_tokens) < vocabulary.n_words
    return sit(recipe.model, weights, rows, words.shape[1], allowed=allowed, key=key).tokens
