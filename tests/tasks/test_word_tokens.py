"""Words as tokens: ids, prefixes of free-running recall, and what was spoken of."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.data import Recalls
from cogmem.errors import InvalidValue
from cogmem.tasks.word_tokens import (
    SPECIALS,
    WordTokens,
    pair_prefix,
    shuffled,
    spoken,
    study_prefix,
)

V = WordTokens(10)
START, RECALL, STOP, FILLER, CUE, PROBE, OLD, NEW = range(10, 18)


def test_no_special_is_a_word_or_another_special() -> None:
    names = [name.lower() for name in SPECIALS]
    assert [getattr(V, name) for name in names] == list(range(10, 18))
    assert V.n_tokens == 18
    with pytest.raises(InvalidValue, match="n_words is 0"):
        WordTokens(0)


# ---- prefixes -----------------------------------------------------------------------------------


def test_prefixes_end_where_the_model_is_to_speak() -> None:
    assert study_prefix(V, [3, 1], 2).tolist() == [START, 3, 1, FILLER, FILLER, RECALL]
    found = pair_prefix(V, [[3, 1], [4, 0]], 4, 1)
    assert found.tolist() == [START, 3, 1, 4, 0, FILLER, CUE, 4]


def test_prefixes_are_made_of_many_lists_at_once() -> None:
    words = jnp.array([[3, 1], [0, 9]])
    cues = jnp.array([3, 0])
    found = jax.vmap(lambda w, c: pair_prefix(V, w[None], c))(words, cues)
    assert found.tolist() == [[START, 3, 1, CUE, 3], [START, 0, 9, CUE, 0]]


@pytest.mark.parametrize(
    ("words", "fillers", "said"),
    [
        ([3, 3], 0, "a word is there twice"),
        ([3, 10], 0, "expected ids from 0 to 9"),
        ([3, -1], 0, "expected ids from 0 to 9"),
        ([0.5], 0, "of kind float32"),
        ([3], -1, "-1 fillers"),
    ],
)
def test_lists_that_are_none_are_refused(words, fillers, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        study_prefix(V, words, fillers)


def test_a_special_is_no_cue() -> None:
    with pytest.raises(InvalidValue, match="a word asked about"):
        pair_prefix(V, [[1, 2]], OLD)


# ---- what was said ------------------------------------------------------------------------------


def test_what_was_said_becomes_serial_positions() -> None:
    """A repeat stays an event; after STOP there is nothing; a special is an intrusion, no word."""
    words = jnp.array([[4, 7, 2, -1], [1, 0, 3, 5]])
    said = jnp.array([[2, 4, 4, 9, STOP, 7], [FILLER, 5, STOP, STOP, 1, STOP]])
    found = spoken(V, said, words)
    assert found.recalls.tolist() == [[3, 1, 1, -1, 0, 0], [-1, 4, 0, 0, 0, 0]]
    assert found.responses.tolist() == [[2, 4, 4, 9, -1, -1], [-1, 5, -1, -1, -1, -1]]


def test_what_was_said_is_in_the_form_of_recalls() -> None:
    """A word of the list before intrudes: its lag is 1; one never studied has lag 0."""
    words = jnp.array([[4, 7, 2], [1, 0, 3]])
    recalls, responses = spoken(V, jnp.array([[4, 2, STOP], [7, 3, 9]]), words)
    found = Recalls.from_positions(
        np.asarray(recalls),
        list_length=3,
        items=np.asarray(words),
        responses=np.asarray(responses),
        pool=np.arange(10).astype(str),
    )
    assert found.n_out.tolist() == [2, 3]
    assert found.prior_lag.tolist() == [[0, 0, 0], [1, 0, 0]]


def test_orders_are_uniform_and_padding_stays_last() -> None:
    """6 orders of 3 words, 6,000 draws: each within 5 standard errors of 1,000."""
    values = jnp.array([4, 7, 2, -1, -1])
    found = jax.vmap(lambda k: shuffled(values, key=k))(jax.random.split(jax.random.key(0), 6000))
    assert (found[:, 3:] == -1).all()
    orders, n = np.unique(found[:, :3], axis=0, return_counts=True)
    assert len(orders) == 6
    assert np.abs(n - 1000).max() < 5 * np.sqrt(6000 * (1 / 6) * (5 / 6))
