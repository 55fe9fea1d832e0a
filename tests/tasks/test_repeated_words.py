"""Words that repeat after a warm-up: letters, labels, and what of them is news."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.repeated_words import RepeatedWord, repeated_half, repeated_words

KEY = jax.random.key(0)


def test_the_published_period_has_77_letters() -> None:
    design = RepeatedWord()
    assert design.period == 13 + 8 * 8 == 77
    assert design.segments == ("warm-up", "first word", *(f"copy {i}" for i in range(2, 9)))
    found = repeated_words(design, 2, key=KEY)
    assert found.tokens.shape == found.targets.shape == found.ideal.shape == (2, 77)


def test_periods_by_hand() -> None:
    """Warm-up 3 1, then a word of 2 letters three times: two periods, then a warm-up's first."""
    design = RepeatedWord(4, (3, 1), word_length=2, n_copies=3)
    found = jax.tree.map(np.asarray, repeated_words(design, 5, 2, key=KEY))
    for tokens, targets in zip(found.tokens, found.targets, strict=True):
        a, b = tokens[2:4], tokens[10:12]
        expected = np.concatenate([[3, 1], a, a, a, [3, 1], b, b, b, [3]])
        np.testing.assert_array_equal(tokens, expected[:-1])
        np.testing.assert_array_equal(targets, expected[1:])
    period = [0, 0, 1, 1, 2, 2, 3, 3]
    assert found.segment[0].tolist() == period * 2
    assert found.target_segment[0].tolist() == [*(period * 2)[1:], 0]
    news = np.log(4) * np.array([0, 1, 1, 0, 0, 0, 0, 0] * 2)
    np.testing.assert_allclose(found.ideal, np.tile(news, (5, 1)), rtol=1e-6)
    assert (found.counted == 1).all()


def test_letters_of_words_are_uniform_and_independent() -> None:
    """4,000 words of 2 of 3 letters: each of the 9 within 5 standard errors of 1 / 9."""
    design = RepeatedWord(3, (0,), word_length=2, n_copies=1)
    words = np.asarray(repeated_words(design, 2000, 2, key=KEY).tokens).reshape(4000, 3)[:, 1:]
    n = np.unique(words, axis=0, return_counts=True)[1]
    assert len(n) == 9
    assert np.abs(n - 4000 / 9).max() < 5 * np.sqrt(4000 * (1 / 9) * (8 / 9))


def test_the_second_half_is_the_first() -> None:
    found = jax.tree.map(np.asarray, repeated_half(7, 3, 5, key=KEY))
    assert found.tokens.shape == (3, 9)
    whole = np.concatenate([found.tokens, found.targets[:, -1:]], axis=1)
    np.testing.assert_array_equal(whole[:, :5], whole[:, 5:])
    assert found.segment[0].tolist() == [1] * 5 + [2] * 4
    assert found.target_segment[0].tolist() == [1] * 4 + [2] * 5
    np.testing.assert_allclose(found.ideal[0], np.log(7) * np.array([1] * 4 + [0] * 5), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_letters": 0, "warm_up": ()}, "n_letters is 0"),
        ({"word_length": 0}, "word_length is 0"),
        ({"n_copies": 0}, "n_copies is 0"),
        ({"warm_up": (3, 26)}, "the letter 26, expected 0 to 25"),
    ],
)
def test_impossible_designs_are_refused(change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        RepeatedWord(**change)


@pytest.mark.parametrize(("n", "n_periods", "said"), [(0, 1, "n is 0"), (1, 0, "n_periods is 0")])
def test_no_rows_and_no_periods_are_refused(n, n_periods, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        repeated_words(RepeatedWord(), n, n_periods, key=KEY)
