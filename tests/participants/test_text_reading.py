"""Texts, lessons and losses: passages and tables by hand, states carried, activity at the start."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.models.networks import RecurrentNetwork
from cogmem.models.sequence_learning import Training, log_probabilities
from cogmem.models.sequence_model import Passage
from cogmem.participants.text_reading import (
    Text,
    active_shares,
    grammar_text,
    held_out_windows,
    lessons,
    ngram_losses,
    reading_loss,
    stream_losses,
)

MODEL = RecurrentNetwork(57, 12)
TEXT = grammar_text(4000, 700, seed=0)


def counting(n: int) -> Text:
    """Held-out ids 0, 1, 2, ..., n - 1."""
    return Text(jnp.zeros(4, int), jnp.arange(n), n, float("nan"))


def test_held_out_passages_follow_one_another() -> None:
    """11 tokens in passages of 3: three of them, the last target is 9; of every second, two."""
    every = held_out_windows(counting(11), 3)
    assert every.tokens.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert every.targets[-1].tolist() == [7, 8, 9]
    assert held_out_windows(counting(11), 3, every=2).tokens[:, 0].tolist() == [0, 6]


def test_tables_by_hand() -> None:
    """0 1 0 1 0, and 1 more of each pair: 1 follows 0 in 3 of 4, either token comes in half."""
    text = Text(jnp.array([0, 1, 0, 1, 0]), jnp.zeros(1, int), 2, float("nan"))
    found = ngram_losses(text, Passage.of(jnp.array([[0, 1, 1]])))
    assert found["unigram"] == pytest.approx(np.log(2))
    assert found["bigram"] == pytest.approx(-(np.log(3 / 4) + np.log(1 / 4)) / 2)


def test_the_generated_text_is_as_uncertain_as_it_should_be() -> None:
    """No table is better than a perfect reader, and the floor is .5 nats or more below a bigram."""
    found = ngram_losses(TEXT, held_out_windows(TEXT, 16))
    assert TEXT.floor + 0.5 < found["bigram"] < found["unigram"] < np.log(TEXT.n_tokens)


@pytest.mark.parametrize("carried", [False, True])
def test_lessons_teach(carried: bool) -> None:
    """60 steps of 8 x 16 tokens: from chance, log 57 within .6, down by more than .7 nats."""
    passages = held_out_windows(TEXT, 16)
    how = {"key": jax.random.key(0), "carried": carried, "block": 30}
    n_steps, found, losses = [], [], []
    for lesson in lessons(MODEL, Training(3e-2), TEXT, 30 if carried else 60, 8, 16, **how):
        n_steps.append(lesson.n_steps)
        losses.append(len(lesson.losses))
        found.append(reading_loss(MODEL, lesson.weights, passages))
    assert n_steps == ([0, 30] if carried else [0, 30, 60])
    assert losses == ([0, 30] if carried else [0, 30, 30])
    assert found[0] == pytest.approx(np.log(57), abs=0.6)
    assert found[-1] < found[0] - 0.7


def test_lessons_that_cannot_be_are_refused() -> None:
    teach = partial(lessons, MODEL, Training(), TEXT, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="7 steps in blocks of 5"):
        next(teach(7, 8, 16, block=5))
    with pytest.raises(InvalidValue, match=r"expected\s31 steps at most"):
        next(teach(35, 8, 16, block=5, carried=True))


def test_states_are_carried_through_the_held_out_text() -> None:
    """Two streams, read in 3 steps of 100 tokens, are as two passages of 300."""
    weights = MODEL.begin(key=jax.random.key(1))
    found = stream_losses(MODEL, weights, TEXT, 2, 100)
    whole = -log_probabilities(MODEL, weights, held_out_windows(TEXT, 300))
    np.testing.assert_allclose(found, whole.reshape(2, 3, 100).mean((0, 2)), rtol=1e-5)


def test_only_counted_tokens_are_in_the_loss() -> None:
    """Of 36 passages, more than are read at once: counted twice in one, once in the first tokens of
    the others, never in some; targets that are not counted need be no tokens.
    """
    weights, passages = MODEL.begin(key=jax.random.key(1)), held_out_windows(TEXT, 16)
    passages = jax.tree.map(lambda each: each[:36], passages)
    counted = np.zeros((36, 16))
    counted[3:, :5], counted[35] = 1, 2
    targets = jnp.where(counted > 0, passages.targets, -1)
    found = reading_loss(MODEL, weights, Passage(passages.tokens, targets, counted))
    said = -log_probabilities(MODEL, weights, passages)
    assert found == pytest.approx(np.average(said, weights=counted), rel=1e-6)
    with pytest.raises(InvalidValue, match="no token of the passages is counted"):
        reading_loss(MODEL, weights, passages._replace(counted=np.zeros((36, 16))))


def test_half_of_x_and_a_quarter_of_y_are_active_before_learning() -> None:
    """.50 and .24 in the official code; here within .03 in every layer."""
    model = BDH(57, 32, 4, 256, 3)
    weights = model.begin(key=jax.random.key(2))
    found = active_shares(model, weights, held_out_windows(TEXT, 64))
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found, np.tile([0.50, 0.24], (3, 1)), atol=0.03)


def test_all_passages_count_for_activity() -> None:
    """Two parts of 34 passages, weighed by their numbers, give what all of them give."""
    model, passages = BDH(57, 8, 2, 16, 1), held_out_windows(TEXT, 8)
    weights = model.begin(key=jax.random.key(3))
    parts = [Passage(*(each[at : at + 17] for each in passages)) for at in (0, 17)]
    every = jax.tree.map(lambda each: each[:34], passages)
    found = [active_shares(model, weights, each) for each in parts]
    assert not np.allclose(*found, atol=1e-4)
    np.testing.assert_allclose(active_shares(model, weights, every), np.mean(found, 0), rtol=1e-5)
    with pytest.raises(InvalidValue, match="passages of 1 token"):
        active_shares(model, weights, held_out_windows(TEXT, 1))
