"""Toy languages of known entropy, and translations between them: what reading and writing cost.

All languages say the same meanings 0 .. n - 1, each with words of its own. A text in a language is
a Markov chain of meanings with transition probabilities of that language, after a tag that names
it:

    TAG_A a1 .. ak                      monologue
    TAG_A a1 .. ak  TAG_B b1 .. bk      translation: b_i means what a_i does

Alphabets are disjoint, or shared: then the languages have the same words, which mean something else
in each. In a translation the first half is as uncertain as a monologue in its language; the second
is certain for who has read the first and knows both languages. So the loss over the second half is
what writing B costs, having read A: translations out of a language measure how it is read, those
into it how it is written (as in Table 2 of Kosowski et al., 2025, arXiv 2509.26507).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.tasks.randomness import generator
from cogmem.tasks.token_sources import Source, draw_tokens, log_probability, make_source, stationary

__all__ = ["LanguageText", "MarkovLanguages", "markov_languages", "monologue", "translation"]


class MarkovLanguages(NamedTuple):
    """Languages made by `markov_languages`.

    Attributes:
        transitions: of meanings, in each language.
        words: token for each meaning, in each language.
        tags: token that names each language.
    """

    transitions: Float[np.ndarray, "language meaning meaning"]
    words: Int[np.ndarray, "language meaning"]
    tags: Int[np.ndarray, " language"]

    @property
    def n_tokens(self) -> int:
        """Words of all languages, and tags."""
        return int(self.tags[-1]) + 1

    def source(self, language: int) -> Source:
        """Monologues in a language, for `token_sources.entropy_rate` and its kin.

        Raises:
            InvalidValue: if there is no such language.
        """
        _check_language(self, language)
        p, words = self.transitions[language], self.words[language]
        n = len(words)
        # State i has just meant i; state n is after the tag, state n + 1 before it.
        probabilities = np.zeros((n + 2, self.n_tokens))
        probabilities[: n + 1, words] = np.concatenate([p, _long_run(p)[None]])
        probabilities[n + 1, self.tags[language]] = 1
        following = np.full(probabilities.shape, -1)
        following[: n + 1, words] = np.arange(n)[None]
        following[n + 1, self.tags[language]] = n
        return make_source(probabilities, following, n + 1)


class LanguageText(NamedTuple):
    """Texts to be read, with labels of what is to be said next.

    Attributes:
        tokens: read; the first is a tag.
        targets: the token after each of them.
        counted: 1 where a word is due, 0 where a tag is.
        half: of the token due: 0 of a monologue or what is translated, 1 of a translation; -1 tag.
        language: of the token due.
        surprise: nats, -log of the probability of the token due for who knows the languages: the
            loss of a perfect reader and writer of these very texts; 0 for tags.
    """

    tokens: Int[Array, "n time"]
    targets: Int[Array, "n time"]
    counted: Float[Array, "n time"]
    half: Int[Array, "n time"]
    language: Int[Array, "n time"]
    surprise: Float[Array, "n time"]


def markov_languages(
    n_languages: int,
    n_words: int,
    *,
    shared: bool = False,
    concentration: float = 0.1,
    slip: float = 0.05,
    one_grammar: bool = False,
    key: PRNGKeyArray,
) -> MarkovLanguages:
    """Random languages with as many words each.

    Args:
        n_languages: in all.
        n_words: of each language, and meanings.
        shared: whether all have the same words, with meanings of their own, or words of their own.
        concentration: of the symmetric Dirichlet distribution of what follows each meaning, above
            0: the lower, the surer what follows.
        slip: probability, above 0, that any meaning follows instead, so that no text is caught
            among a few meanings for good.
        one_grammar: whether the transitions between meanings are the same in all languages.
        key: of transitions and words. Not under `jax.vmap`: the drawing is NumPy's.

    Raises:
        InvalidValue: for values out of range.
    """
    for name, size in (("n_languages", n_languages), ("n_words", n_words)):
        if size < 1:
            raise InvalidValue(f"{name} is {size}, expected 1 or more.")
    if not 0 < concentration < np.inf:
        raise InvalidValue(f"concentration is {concentration}, expected a number above 0.")
    if not 0 < slip <= 1:
        raise InvalidValue(f"slip is {slip}, expected a probability above 0.")
    random = generator(key)
    words = np.stack([random.permutation(n_words) for _ in range(n_languages)])
    shape = (1 if one_grammar else n_languages, n_words)
    drawn = random.dirichlet(np.full(n_words, concentration), shape)
    transitions = (1 - slip) * drawn + slip / n_words
    apart = np.zeros(n_languages, int) if shared else n_words * np.arange(n_languages)
    return MarkovLanguages(
        np.tile(transitions, (n_languages // shape[0], 1, 1)),
        words + apart[:, None],
        apart[-1] + n_words + np.arange(n_languages),
    )


def monologue(
    languages: MarkovLanguages, language: int, n: int, length: int, *, key: PRNGKeyArray
) -> LanguageText:
    """Texts in one language: a tag, then words.

    Args:
        languages: to speak.
        language: that is spoken.
        n: texts.
        length: tokens read of each, the tag included.
        key: of the texts.

    Raises:
        InvalidValue: for sizes below 1, and if there is no such language.
    """
    every, surprise = _spoken(languages, language, n, length + 1, key)
    half = jnp.zeros_like(every[:, 1:])
    return _text(every, half, half + language, surprise[:, 1:])


def translation(
    languages: MarkovLanguages, of: int, into: int, n: int, length: int, *, key: PRNGKeyArray
) -> LanguageText:
    """Texts in one language and what they mean in another, word by word.

    Args:
        languages: to speak.
        of: the language that is translated.
        into: the language of the translation.
        n: texts.
        length: words of each text, as of its translation: 2 length + 1 tokens are read, as nothing
            follows the last word.
        key: of the texts.

    Raises:
        InvalidValue: for sizes below 1, for a language that is none, and for a translation into the
            language itself.
    """
    _check_language(languages, into)
    if into == of:
        raise InvalidValue(f"a translation of language {of} into itself; expected another one.")
    text, surprise = _spoken(languages, of, n, length + 1, key)
    dictionary = np.zeros(languages.n_tokens, int)
    dictionary[languages.words[of]] = languages.words[into]
    dictionary[languages.tags[of]] = languages.tags[into]
    every = jnp.concatenate([text, jnp.asarray(dictionary)[text]], axis=1)
    halves = np.repeat([0, -1, 1], [length, 1, length])
    half, language = (
        jnp.tile(jnp.asarray(each), (n, 1)) for each in (halves, np.where(halves, into, of))
    )
    known = jnp.zeros((n, length + 1), surprise.dtype)
    return _text(every, half, language, jnp.concatenate([surprise[:, 1:], known], axis=1))


def _text(every: Array, half: Array, language: Array, surprise: Array) -> LanguageText:
    counted = (half >= 0).astype(surprise.dtype)
    return LanguageText(every[:, :-1], every[:, 1:], counted, half, language, surprise)


def _spoken(
    languages: MarkovLanguages, language: int, n: int, length: int, key: PRNGKeyArray
) -> tuple[Int[Array, "n length"], Float[Array, "n length"]]:
    """Tokens of monologues, and -log of their probabilities."""
    source = languages.source(language)
    tokens = draw_tokens(source, n, length, key=key)
    return tokens, -jnp.asarray(log_probability(source, tokens), float)


def _long_run(p: Float[np.ndarray, "from to"]) -> Float[np.ndarray, " meaning"]:
    """How often each meaning occurs in a long text."""
    return stationary(make_source(p, np.tile(np.arange(len(p)), (len(p), 1))))


def _check_language(languages: MarkovLanguages, language: int) -> None:
    if not 0 <= language < len(languages.tags):
        raise InvalidValue(f"language {language}, expected 0 to {len(languages.tags) - 1}.")
