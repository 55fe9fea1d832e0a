"""A small generated language whose entropy is known: sentences with topics, agreement and repeats.

    sentence = FILLER* noun FILLER* verb FILLER* noun END

- Every sentence has one topic. Each topic has nouns of its own, which name its concept, and verbs
  of its own: who has read the first noun knows the topic, and needs it for all that follows.
- Verbs agree with the first noun in number: every other noun is plural, and plural verbs are other
  words.
- The second noun is the first one again with probability `repeat`, else any noun of the topic.
- Fillers are the same words everywhere and say nothing. After any of them another one comes with
  probability `go_on`, so that what depends on each other may be far apart.

Within a set of words, the k-th is drawn in proportion to k^-exponent. What a sentence is about is
independent of the sentences before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.token_sources import Source, draw_tokens, log_probability, make_source

__all__ = ["Grammar", "Language", "Text", "draw", "language_of"]

END, FILLER = 0, 1
"""The first two categories, and the first two tokens: END is one word, fillers come next."""

TOPICS = ("currency", "country", "animal", "tool")


@dataclass(frozen=True)
class Grammar:
    """What is chosen about the language.

    Attributes:
        topics: their names.
        weights: how often each is spoken of, in proportion; None for equally often. A topic of
            weight 0 keeps its words: with all others 0, every sentence is about one topic.
        n_nouns: of each topic.
        n_verbs: of each topic and number.
        n_fillers: words.
        go_on: probability of a filler instead of what is next in the sentence, below 1.
        repeat: probability that the second noun is the first, at the least.
        exponent: of the frequencies of words; 0 for equal ones.

    Raises:
        InvalidValue: for values out of range.
    """

    topics: tuple[str, ...] = TOPICS
    weights: tuple[float, ...] | None = None
    n_nouns: int = 8
    n_verbs: int = 2
    n_fillers: int = 8
    go_on: float = 0.5
    repeat: float = 0.8
    exponent: float = 1.0

    def __post_init__(self) -> None:
        for name in ("n_nouns", "n_verbs", "n_fillers"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} is {getattr(self, name)}, expected 1 or more.")
        if not 0 <= self.go_on < 1 or not 0 <= self.repeat <= 1:
            raise InvalidValue(
                f"go_on is {self.go_on} and repeat is {self.repeat}, expected probabilities, "
                "go_on below 1."
            )
        weights = self.weights
        if not self.topics or (weights is not None and not _are_weights(weights, self.topics)):
            raise InvalidValue(
                f"topics are {self.topics} and weights {weights}, expected one or more topics, and "
                "for each a weight of 0 or more, not all 0."
            )
        if not np.isfinite(self.exponent):
            raise InvalidValue(f"exponent is {self.exponent}, expected a number.")


def _are_weights(weights: tuple[float, ...], topics: tuple[str, ...]) -> bool:
    return len(weights) == len(topics) and min(weights) >= 0 and 0 < sum(weights) < np.inf


class Language(NamedTuple):
    """A language, and what its tokens are.

    Attributes:
        source: for `token_sources.entropy_rate`, `ngram_entropy` and `log_probability`.
        words: a name for each token.
        categories: names of categories: end, filler, and each topic's nouns and verbs.
        category: of each token.
        topic: of each token; -1 for END and fillers.
        is_noun: whether the token names the concept of its topic.
    """

    source: Source
    words: tuple[str, ...]
    categories: tuple[str, ...]
    category: Int[np.ndarray, " token"]
    topic: Int[np.ndarray, " token"]
    is_noun: Bool[np.ndarray, " token"]

    @property
    def n_tokens(self) -> int:
        """Words, and END."""
        return len(self.words)


class Text(NamedTuple):
    """Texts to be read, with labels of each token read.

    Attributes:
        tokens: read; the first one begins a sentence.
        targets: the token after each of them.
        counted: 1 everywhere.
        category: place in `Language.categories`.
        sentence: number of the sentence that the token is of, from 0; END is the last of its own.
        topic: of that sentence, also before the word that tells it; -1 if the text ends before.
        surprise: nats, -log of the probability of what comes after each token for who knows the
            language and has read all before: the loss of a perfect reader of these very texts.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    category: Int[Array, "n time"]
    sentence: Int[Array, "n time"]
    topic: Int[Array, "n time"]
    surprise: Float[Array, "n time"]


def draw(language: Language, n: int, length: int, *, key: PRNGKeyArray) -> Text:
    """Texts of whole sentences, but for the last one.

    Args:
        language: made by `language_of`.
        n: texts.
        length: tokens read of each.
        key: of the texts.

    Raises:
        InvalidValue: for sizes below 1.
    """
    every = draw_tokens(language.source, n, length + 1, key=key)
    surprise = -jnp.asarray(log_probability(language.source, every)[:, 1:], float)
    category, word_topic = jnp.asarray(language.category), jnp.asarray(language.topic)
    ends = category[every] == END
    sentence = jnp.cumsum(ends, axis=1) - ends
    topics = jax.vmap(lambda of, at: jax.ops.segment_max(of, at, length + 1))
    topic = jnp.take_along_axis(topics(word_topic[every], sentence), sentence, axis=1)
    read = every[:, :-1]
    return Text(
        tokens=read,
        targets=every[:, 1:],
        counted=jnp.ones_like(surprise),
        category=category[read],
        sentence=sentence[:, :-1],
        topic=topic[:, :-1],
        surprise=surprise,
    )


# ---- building -----------------------------------------------------------------------------------


@cache
def language_of(design: Grammar) -> Language:
    """The language of a grammar; the same for the same grammar."""
    category = _categories(design)
    topic = np.maximum(category - 2, -2) // 2
    names = [name for topic_name in design.topics for name in (topic_name, f"{topic_name} verb")]
    categories = ("end", "filler", *names)
    return Language(
        source=_source(design, category),
        words=tuple(_words(categories, category)),
        categories=categories,
        category=category,
        topic=topic,
        is_noun=(category >= 2) & (category % 2 == 0),
    )


def _categories(design: Grammar) -> Int[np.ndarray, " token"]:
    """Of END, fillers, and per topic its nouns, its singular verbs and its plural ones."""
    each = [design.n_nouns, 2 * design.n_verbs] * len(design.topics)
    return np.repeat(np.arange(2 + len(each)), [1, design.n_fillers, *each])


def _words(categories: tuple[str, ...], category: Int[np.ndarray, " token"]) -> list[str]:
    first = np.searchsorted(category, category)
    return [
        f"{categories[c]} {token - first[token] + 1}" if c else categories[c]
        for token, c in enumerate(category)
    ]


def _source(design: Grammar, category: Int[np.ndarray, " token"]) -> Source:
    """States: before the first noun; before the verb and before the second noun, for each noun that
    was the first; before END.
    """
    nouns = np.flatnonzero((category >= 2) & (category % 2 == 0))
    n, n_tokens = len(nouns), len(category)
    p, following = np.zeros((2 + 2 * n, n_tokens)), np.full((2 + 2 * n, n_tokens), -1)
    before_verb, before_noun, before_end = 1 + np.arange(n), 1 + n + np.arange(n), 1 + 2 * n
    first, verbs, seconds = _first(design, category), *_rest(design, category, nouns)
    filler = _spread(design, category == FILLER)
    p[0], following[0, nouns] = _maybe(design, first, filler), before_verb
    p[before_verb] = _maybe(design, verbs, filler)
    p[before_noun] = _maybe(design, seconds, filler)
    following[before_verb] = before_noun[:, None]
    following[before_noun] = before_end
    following[:before_end, category == FILLER] = np.arange(before_end)[:, None]
    p[before_end, END], following[before_end, END] = 1, 0
    return make_source(p, following)


def _maybe(design: Grammar, p: np.ndarray, filler: np.ndarray) -> np.ndarray:
    """What is next in the sentence, unless a filler comes first."""
    return (1 - design.go_on) * p + design.go_on * filler


def _first(design: Grammar, category: Int[np.ndarray, " token"]) -> Float[np.ndarray, " token"]:
    """Probabilities of the first noun."""
    weights = np.ones(len(design.topics)) if design.weights is None else np.array(design.weights)
    each = [_spread(design, category == 2 + 2 * topic) for topic in range(len(design.topics))]
    return weights / weights.sum() @ np.array(each)


def _rest(
    design: Grammar, category: Int[np.ndarray, " token"], nouns: Int[np.ndarray, " noun"]
) -> tuple[Float[np.ndarray, "noun token"], Float[np.ndarray, "noun token"]]:
    """Probabilities of the verb, and of the second noun, after each first noun."""
    verbs, seconds = [], []
    for noun in nouns:
        same = category == category[noun]
        plural = (noun - np.flatnonzero(same)[0]) % 2
        verb = np.flatnonzero(category == category[noun] + 1)
        agreeing = verb[plural * design.n_verbs :][: design.n_verbs]
        verbs.append(_spread(design, np.isin(np.arange(len(category)), agreeing)))
        again = np.eye(len(category))[noun]
        seconds.append(design.repeat * again + (1 - design.repeat) * _spread(design, same))
    return np.array(verbs), np.array(seconds)


def _spread(design: Grammar, among: np.ndarray) -> Float[np.ndarray, " token"]:
    """Probabilities of a set of words by rank."""
    rank = np.where(among, np.cumsum(among), np.inf)
    weight = np.where(among, np.where(among, rank, 1.0) ** -design.exponent, 0)
    return weight / weight.sum()
