"""Rows of several paradigms: the same as each draws them, filled up, of equal weight."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.word_mixture import mixed
from cogmem.tasks.word_probes import recognition
from cogmem.tasks.word_recall import serial_recall
from cogmem.tasks.word_tokens import WordTokens

WORDS = WordTokens(8)
PARADIGMS = (
    partial(serial_recall, WORDS, lengths=(1, 4)),
    partial(recognition, WORDS, lengths=(2, 3)),
)
KEY = jax.random.key(4)


def test_rows_are_those_of_each_paradigm_with_equal_weight() -> None:
    """6 rows: 3 lists, then 3 with probes; after their ends STOP, of which nothing is asked."""
    found = mixed(WORDS, PARADIGMS, 6, key=KEY)
    np.testing.assert_array_equal(found.paradigm, [0, 0, 0, 1, 1, 1])
    weights = np.asarray(found.counted)
    assert weights[:3].sum() == pytest.approx(weights[3:].sum())
    for part, draw, key in zip(
        (slice(0, 3), slice(3, 6)), PARADIGMS, jax.random.split(KEY), strict=True
    ):
        rows = draw(3, key=key)
        time = rows.tokens.shape[1]
        np.testing.assert_array_equal(found.tokens[part, :time], rows.tokens)
        np.testing.assert_array_equal(found.targets[part, :time], rows.targets)
        np.testing.assert_array_equal(weights[part, :time] > 0, np.asarray(rows.counted) > 0)
        assert (np.asarray(found.tokens[part, time:]) == WORDS.stop).all()
        assert not weights[part, time:].any()


@pytest.mark.parametrize(("paradigms", "n"), [((), 2), (PARADIGMS, 3), (PARADIGMS, 0)])
def test_uneven_numbers_are_refused(paradigms, n) -> None:
    with pytest.raises(InvalidValue, match="expected as many of each"):
        mixed(WORDS, paradigms, n, key=KEY)
