"""The generated language: its sentences and entropies against an enumeration from its rules."""

from __future__ import annotations

from functools import cache
from itertools import product

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.grammar import END, FILLER, Grammar, draw, language_of
from cogmem.tasks.token_sources import (
    entropy_profile,
    entropy_rate,
    log_probability,
    ngram_entropy,
)

# END; filler 1, 2; a 1, 2; a verb 1 (singular), 2 (plural); b 1, 2; b verb 1, 2.
TINY = Grammar(("a", "b"), (3.0, 1.0), n_nouns=2, n_verbs=1, n_fillers=2, go_on=0.05, repeat=0.6)
NOUNS = {3: 0.75 * 2 / 3, 4: 0.75 / 3, 7: 0.25 * 2 / 3, 8: 0.25 / 3}
VERB = {3: 5, 4: 6, 7: 9, 8: 10}
SECOND = {
    3: {3: 0.6 + 0.4 * 2 / 3, 4: 0.4 / 3},
    4: {3: 0.4 * 2 / 3, 4: 0.6 + 0.4 / 3},
    7: {7: 0.6 + 0.4 * 2 / 3, 8: 0.4 / 3},
    8: {7: 0.4 * 2 / 3, 8: 0.6 + 0.4 / 3},
}


@cache
def sentences(most: int = 5) -> tuple[tuple[tuple[int, ...], float], ...]:
    """All with up to `most` fillers in a row, and their probabilities, by the rules."""
    fillers = [
        (row, 0.95 * np.prod([0.05 * {1: 2 / 3, 2: 1 / 3}[f] for f in row]))
        for n in range(most + 1)
        for row in product((1, 2), repeat=n)
    ]
    few = [each for each in fillers if len(each[0]) <= 1]
    found = []
    for (a, p_a), (b, p_b), (c, p_c) in product(few, fillers, few):
        for noun, p in NOUNS.items():
            for second, q in SECOND[noun].items():
                text = (*a, noun, *b, VERB[noun], *c, second, END)
                found.append((text, p_a * p_b * p_c * p * q))
    return tuple(found)


def test_every_sentence_has_the_probability_that_the_rules_give() -> None:
    language = language_of(TINY)
    assert language.words[:6] == ("end", "filler 1", "filler 2", "a 1", "a 2", "a verb 1")
    assert language.n_tokens == 11
    for text, p in sentences()[::7]:
        found = log_probability(language.source, np.array(text)).sum()
        assert found == pytest.approx(np.log(p), abs=1e-12)


def test_entropies_of_a_language_without_fillers_by_enumeration() -> None:
    """8 sentences: entropy rate H(sentence) / 4; unigrams and bigrams by counting."""
    language = language_of(Grammar(("a", "b"), (3.0, 1.0), 2, 1, 2, go_on=0.0, repeat=0.6))
    every = {
        (noun, VERB[noun], second, END): p * q
        for noun, p in NOUNS.items()
        for second, q in SECOND[noun].items()
    }
    p = np.array(list(every.values()))
    assert entropy_rate(language.source) == pytest.approx(-(p * np.log(p)).sum() / 4, abs=1e-10)
    single, pairs = np.zeros(11), np.zeros((11, 11))
    for text, share in every.items():
        for i, token in enumerate(text):
            single[token] += share / 4
            pairs[text[i - 1], token] += share / 4 if i else 0
    for noun, share in NOUNS.items():
        pairs[END, noun] = share / 4
    unigram, joint = (-(p[p > 0] * np.log(p[p > 0])).sum() for p in (single, pairs))
    assert ngram_entropy(language.source, 1) == pytest.approx(unigram, abs=1e-10)
    assert ngram_entropy(language.source, 2) == pytest.approx(joint - unigram, abs=1e-10)


@pytest.mark.parametrize("design", [TINY, Grammar()])
def test_entropy_rate_in_closed_form(design: Grammar) -> None:
    """Per sentence: three rows of fillers, topic, noun, verb and second noun; over its length."""

    def entropy(p: np.ndarray) -> float:
        p = np.asarray(p)[np.asarray(p) > 0]
        return float(-(p * np.log(p)).sum())

    def zipf(n: int) -> np.ndarray:
        return (1 / np.arange(1, n + 1)) / (1 / np.arange(1, n + 1)).sum()

    g, nouns = design.go_on, zipf(design.n_nouns)
    weights = np.array(design.weights or [1.0] * len(design.topics))
    fillers = (entropy([g, 1 - g]) + g * entropy(zipf(design.n_fillers))) / (1 - g)
    again = [
        entropy(design.repeat * one + (1 - design.repeat) * nouns) for one in np.eye(design.n_nouns)
    ]
    total = entropy(weights / weights.sum()) + entropy(nouns) + entropy(zipf(design.n_verbs))
    total += 3 * fillers + nouns @ np.array(again)
    found = entropy_rate(language_of(design).source)
    assert found == pytest.approx(total / (4 + 3 * g / (1 - g)), abs=1e-10)


def test_context_matters() -> None:
    """A reader of all gains over bigrams, and those over single words: above .2 nats each."""
    source = language_of(Grammar()).source
    unigram, bigram, rate = ngram_entropy(source, 1), ngram_entropy(source, 2), entropy_rate(source)
    assert rate + 0.2 < bigram < unigram - 0.2


# ---- texts --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def text():
    return jax.tree.map(np.asarray, draw(language_of(Grammar()), 300, 60, key=jax.random.key(0)))


def test_texts_are_as_surprising_as_their_entropy_says(text) -> None:
    """300 texts of 60: within 4 standard errors (over texts) of the exact mean."""
    surprise = text.surprise.mean(axis=1)
    error = surprise.std(ddof=1) / np.sqrt(len(surprise))
    assert error < 0.02
    exact = entropy_profile(language_of(Grammar()).source, 61)[1:].mean()
    assert abs(surprise.mean() - exact) < 4 * error
    np.testing.assert_array_equal(text.tokens[:, 1:], text.targets[:, :-1])


def test_texts_obey_the_rules_and_their_labels_say_so(text) -> None:
    """Every whole sentence: noun, verb that agrees, noun of the same topic, END, by the labels."""
    language, n = language_of(Grammar()), 0
    first = {c: int(np.flatnonzero(language.category == c)[0]) for c in range(10)}
    for row in range(50):
        numbers = text.sentence[row]
        assert numbers[0] == 0
        np.testing.assert_array_equal(np.diff(numbers), text.category[row, :-1] == END)
        for number in range(numbers[-1]):
            here = numbers == number
            topic, category = set(text.topic[row, here].tolist()), text.category[row, here]
            word = text.tokens[row, here][category != FILLER]
            noun, verb, second, _ = word
            (topic,) = topic
            kinds = [2 + 2 * topic, 3 + 2 * topic, 2 + 2 * topic, END]
            assert category[category != FILLER].tolist() == kinds
            plural = (verb - first[kinds[1]]) // 2
            assert plural == (noun - first[kinds[0]]) % 2
            n += second == noun
    assert n > 50


def test_words_of_topics_are_disjoint() -> None:
    language = language_of(Grammar())
    assert language.n_tokens == 1 + 8 + 4 * (8 + 4) == len(set(language.words))
    for topic, name in enumerate(Grammar().topics):
        nouns = np.flatnonzero(language.is_noun & (language.topic == topic))
        assert [language.words[i] for i in nouns] == [f"{name} {k}" for k in range(1, 9)]
    assert (language.topic[:9] == -1).all()


def test_a_topic_alone_keeps_its_words() -> None:
    design = Grammar(weights=(0.0, 0.0, 1.0, 0.0))
    language = language_of(design)
    assert language.words == language_of(Grammar()).words
    found = draw(language, 20, 40, key=jax.random.key(1))
    assert set(np.ravel(found.topic)) <= {2, -1}
    assert np.isfinite(entropy_rate(language.source))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_nouns": 0}, "n_nouns is 0"),
        ({"go_on": 1.0}, "go_on is 1.0"),
        ({"repeat": 1.5}, "repeat is 1.5"),
        ({"repeat": np.nan}, "repeat is nan"),
        ({"weights": (1.0, 1.0)}, r"weights \(1.0, 1.0\)"),
        ({"weights": (0.0,) * 4}, "not all 0"),
        ({"topics": ()}, "one or more topics"),
        ({"exponent": np.inf}, "exponent is inf"),
    ],
)
def test_impossible_grammars_are_refused(change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        Grammar(**change)
