"""Old and new words: shapes, what is shared by conditions, and strengths that nobody taught."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.participants.recognition_sittings import (
    RecognitionTest,
    recognised,
    some_words,
    untaught_strengths,
)
from cogmem.tasks.word_tokens import WordTokens

KEY = jax.random.key(4)
WORDS = WordTokens(12)
TEST = RecognitionTest(WORDS, (2, 3), (0,), (0.0, 9.0), 24, 8)
MODEL = BDH(WORDS.n_tokens, width=8, n_heads=2, n_neurons=64, n_layers=1)


def test_words_are_all_of_the_pool_in_other_orders() -> None:
    words = np.asarray(some_words(WORDS, 5, key=KEY))
    assert (np.sort(words, axis=1) == np.arange(12)).all()
    assert len({tuple(row) for row in words.tolist()}) == 5


def test_d_a_by_length_delay_and_lag() -> None:
    """The longest lists are those without delay; 24 lists of three, two kinds, six ratings."""
    found = recognised(TEST, MODEL, MODEL.begin(key=KEY), key=KEY)
    assert {k: v.shape for k, v in found.items()} == {
        "length": (2, 2),
        "delay": (2, 1),
        "lag": (2, 3),
        "ratings": (2, 2, 6),
    }
    np.testing.assert_array_equal(found["length"][:, -1], found["delay"][:, 0])
    assert (found["ratings"].sum(axis=-1) == 24).all()
    with pytest.raises(InvalidValue, match="a pool of 12 words"):
        recognised(TEST._replace(lengths=(2, 12)), MODEL, None, key=KEY)


def test_synapses_tell_old_words_before_any_lesson() -> None:
    """|x' S| of a word among two or three: d_a above 1, with random weights."""
    found = untaught_strengths(TEST, MODEL, MODEL.begin(key=KEY), key=KEY)
    assert found.shape == (2, 1, 2)
    assert (found[0] > 1).all()
    np.testing.assert_array_equal(found[0], found[1])  # these weights are those before any lesson
