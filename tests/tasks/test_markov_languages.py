"""Markov languages: their entropies, and what a translation leaves to say."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.markov_languages import (
    MarkovLanguages,
    markov_languages,
    monologue,
    translation,
)
from cogmem.tasks.token_sources import entropy_profile, entropy_rate, ngram_entropy

KEY = jax.random.key(0)


def test_a_language_of_two_words_by_hand() -> None:
    """Shares .8 and .2 of the words; entropy .8 H(.9) + .2 H(.4) nats; the tag tells nothing."""
    p = np.array([[0.9, 0.1], [0.4, 0.6]])
    two = MarkovLanguages(p[None], np.array([[1, 0]]), np.array([2]))
    entropies = -(p * np.log(p)).sum(axis=1)
    source = two.source(0)
    assert entropy_rate(source) == pytest.approx(0.8 * entropies[0] + 0.2 * entropies[1], abs=1e-12)
    assert ngram_entropy(source, 2) == pytest.approx(entropy_rate(source), abs=1e-12)
    long_run = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    first = [0, long_run, entropy_rate(source), entropy_rate(source)]
    np.testing.assert_allclose(entropy_profile(source, 4), first, atol=1e-12)


@pytest.mark.parametrize("shared", [False, True])
def test_alphabets_are_disjoint_or_shared(shared: bool) -> None:
    found = markov_languages(3, 6, shared=shared, key=KEY)
    sets = [set(words.tolist()) for words in found.words]
    assert all(len(each) == 6 for each in sets)
    assert len(set.union(*sets)) == (6 if shared else 18)
    assert found.tags.tolist() == ([6, 7, 8] if shared else [18, 19, 20])
    assert found.n_tokens == (9 if shared else 21)
    assert (found.words[0] != found.words[1] - (0 if shared else 6)).any()
    np.testing.assert_allclose(found.transitions.sum(axis=2), 1, atol=1e-12)
    assert (found.transitions[0] != found.transitions[1]).all()


def test_the_lower_the_concentration_the_surer() -> None:
    low, high = (
        entropy_rate(markov_languages(1, 12, concentration=c, key=KEY).source(0))
        for c in (0.05, 5.0)
    )
    assert low + 0.5 < high < np.log(12)


def test_one_grammar_gives_languages_of_one_entropy() -> None:
    found = markov_languages(2, 6, one_grammar=True, key=KEY)
    np.testing.assert_array_equal(*found.transitions)
    assert entropy_rate(found.source(0)) == pytest.approx(entropy_rate(found.source(1)), abs=1e-12)


def test_monologues_are_as_surprising_as_their_entropy_says() -> None:
    """500 texts of 30: within 4 standard errors (over texts) of the exact mean."""
    languages = markov_languages(2, 6, concentration=0.5, key=KEY)
    found = monologue(languages, 1, 500, 30, key=KEY)
    assert (found.tokens[:, 0] == languages.tags[1]).all()
    assert set(np.ravel(found.targets)) == set(languages.words[1].tolist())
    assert (np.asarray(found.language) == 1).all()
    assert not np.asarray(found.half).any()
    assert (np.asarray(found.counted) == 1).all()
    surprise = np.asarray(found.surprise).mean(axis=1)
    error = surprise.std(ddof=1) / np.sqrt(500)
    exact = entropy_profile(languages.source(1), 31)[1:].mean()
    assert abs(surprise.mean() - exact) < 4 * error


@pytest.mark.parametrize("shared", [False, True])
def test_translations_say_the_same_and_are_certain(shared: bool) -> None:
    languages = markov_languages(3, 6, shared=shared, concentration=0.5, key=KEY)
    found = jax.tree.map(np.asarray, translation(languages, 2, 0, 400, 10, key=KEY))
    assert found.tokens.shape == (400, 21)
    whole = np.concatenate([found.tokens, found.targets[:, -1:]], axis=1)
    np.testing.assert_array_equal(whole[:, 1:], found.targets)
    assert (whole[:, 0] == languages.tags[2]).all()
    assert (whole[:, 11] == languages.tags[0]).all()
    meaning = [np.argsort(languages.words[i] - languages.words[i].min()) for i in range(3)]
    least = languages.words.min(axis=1)
    said, again = meaning[2][whole[:, 1:11] - least[2]], meaning[0][whole[:, 12:] - least[0]]
    np.testing.assert_array_equal(said, again)
    assert found.half[0].tolist() == [0] * 10 + [-1] + [1] * 10
    assert found.language[0].tolist() == [2] * 10 + [0] * 11
    np.testing.assert_array_equal(found.counted, found.half >= 0)
    assert not found.surprise[:, 10:].any()
    surprise = found.surprise[:, :10].mean(axis=1)
    exact = entropy_profile(languages.source(2), 11)[1:].mean()
    assert abs(surprise.mean() - exact) < 4 * surprise.std(ddof=1) / np.sqrt(400)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_languages": 0}, "n_languages is 0"),
        ({"n_words": 0}, "n_words is 0"),
        ({"concentration": 0.0}, "concentration is 0.0"),
        ({"concentration": np.nan}, "concentration is nan"),
        ({"slip": 0.0}, "slip is 0.0"),
    ],
)
def test_impossible_languages_are_refused(change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        markov_languages(**{"n_languages": 2, "n_words": 3, "key": KEY, **change})


def test_languages_that_are_none_are_refused() -> None:
    languages = markov_languages(2, 3, key=KEY)
    for call in (
        lambda: languages.source(2),
        lambda: translation(languages, 0, -1, 1, 1, key=KEY),
        lambda: monologue(languages, 2, 1, 1, key=KEY),
    ):
        with pytest.raises(InvalidValue, match=r"language -?\d, expected 0 to 1"):
            call()
    with pytest.raises(InvalidValue, match="into itself"):
        translation(languages, 0, 0, 1, 1, key=KEY)
