"""Schools and tests of sequence models: blocks, a fast state that is emptied, counting by hand."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.models.networks import RecurrentNetwork, Transformer
from cogmem.models.parameters import replace
from cogmem.models.sequence_learning import Training
from cogmem.participants.sequence_school import (
    Sat,
    answer,
    as_recalls,
    prefixes,
    sit,
    speakable,
    state_norms,
    studied,
    taught,
)
from cogmem.tasks.word_probes import paired_associates
from cogmem.tasks.word_recall import serial_recall
from cogmem.tasks.word_tokens import WordTokens, pair_prefix

VOCABULARY = WordTokens(8)
LENGTH = 3
MODEL = BDH(VOCABULARY.n_tokens, width=16, n_heads=2, n_neurons=64, n_layers=2)
DRAW = partial(serial_recall, VOCABULARY, lengths=(LENGTH, LENGTH))
SMALL = RecurrentNetwork(VOCABULARY.n_tokens, width=4, kind="RNN")
TRAINING = Training(learning_rate=1e-2, n_steps=300, final=0.1)
HOW = {"allowed": speakable(VOCABULARY), "stop": VOCABULARY.stop}


@pytest.fixture(scope="module")
def school():
    return taught(MODEL, DRAW, TRAINING, 300, 16, key=jax.random.key(0))


@pytest.fixture(scope="module")
def words():
    return DRAW(200, key=jax.random.key(9)).words[:, 0]


def in_place(school, words, **how) -> np.ndarray:
    """Share of lists with the right word at each of the three places."""
    rows = prefixes(VOCABULARY, words)
    sat = sit(MODEL, school.weights, rows, LENGTH + 1, key=jax.random.key(1), **HOW, **how)
    return (as_recalls(VOCABULARY, sat, words).recalls[:, :3] == [1, 2, 3]).mean(axis=0)


def test_the_list_is_in_the_fast_state_and_nowhere_else(school, words) -> None:
    """Said freely, .9 or more at each place; emptied before the question, chance of 1/8 (within 4
    standard errors of .023); emptied after START and one word, that word is lost, others are not.
    """
    assert in_place(school, words).min() > 0.9
    assert in_place(school, words, forget=4).max() < 1 / 8 + 4 * 0.023
    half = in_place(school, words, forget=2)
    assert half[0] < 1 / 8 + 4 * 0.023
    assert half[1:].min() > 0.5


def test_what_happens_between_study_and_question(school, words) -> None:
    """Emptied by a function is emptied by forgetting; a silence of no time changes nothing."""
    empty = partial(MODEL.rest, time=0.0)
    np.testing.assert_allclose(in_place(school, words, between=empty), in_place(school, words))
    gone = in_place(school, words, between=lambda state: 0 * state)
    np.testing.assert_allclose(gone, in_place(school, words, forget=4))


def test_blocks_and_going_on_are_the_same_as_at_once() -> None:
    """Four steps at once, in blocks of two, and two and then two: equal losses to 1e-6."""
    teach = partial(taught, SMALL, DRAW, Training(), key=jax.random.key(2), batch=2)
    once, blocks, first = teach(n_steps=4), teach(n_steps=4, block=2), teach(n_steps=2)
    first_losses = first.losses
    rest = teach(n_steps=4, learning=first.learning)
    np.testing.assert_allclose(blocks.losses, once.losses, rtol=1e-6)
    together = np.concatenate([first_losses, rest.losses])
    np.testing.assert_allclose(together, once.losses, rtol=1e-6)
    assert len(set(once.losses.tolist())) == 4


def test_progress_is_reported() -> None:
    told: list[tuple[int, str]] = []
    how = {"block": 2, "report": lambda steps, doing: told.append((steps, doing[:4]))}
    taught(SMALL, DRAW, Training(), 4, 2, key=jax.random.key(2), **how)
    assert told == [(2, "loss"), (2, "loss")]


def test_reading_in_two_parts_is_reading_at_once(school, words) -> None:
    """States that are carried: what is said is the same; a norm is that of the state."""
    rows, how = prefixes(VOCABULARY, words), {"key": jax.random.key(0), **HOW}
    whole = sit(MODEL, school.weights, rows, LENGTH + 1, **how)
    carried = studied(MODEL, school.weights, rows[:, :2])
    parts = sit(MODEL, school.weights, rows[:, 2:], LENGTH + 1, states=carried, **how)
    np.testing.assert_array_equal(parts.tokens, whole.tokens)
    np.testing.assert_allclose(parts.norms, whole.norms, rtol=1e-5)
    state = np.asarray(studied(MODEL, school.weights, rows[:, :-1]))
    expected = np.sqrt((state**2).sum(axis=(2, 3, 4)))
    np.testing.assert_allclose(whole.norms[:, 0], expected, rtol=1e-5)


def test_log_probability_is_that_of_the_answer(school, words) -> None:
    """The first thing said, among words and STOP."""
    rows = prefixes(VOCABULARY, words)
    sat = sit(MODEL, school.weights, rows, LENGTH + 1, key=jax.random.key(0), **HOW)
    table = answer(MODEL, school.weights, rows, asked=1, allowed=HOW["allowed"])
    said = np.take_along_axis(np.asarray(table), np.asarray(sat.tokens[:, :1]), axis=1)
    np.testing.assert_allclose(said, sat.log_probability[:, :1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.exp(table).sum(axis=1), 1, rtol=1e-5)
    assert (np.asarray(table)[:, ~np.asarray(HOW["allowed"])] == -np.inf).all()


def test_norms_of_all_kinds_of_states_by_hand() -> None:
    """Synapses 3, 4 in one layer: 5. A cache: keys and values. LSTM: units and cells."""
    synapses = jnp.zeros((2, 1, 2, 1)).at[0].set(jnp.array([[[3.0], [4.0]]]))
    assert state_norms(synapses).tolist() == [5, 0]
    model = Transformer(VOCABULARY.n_tokens, width=2, n_heads=1, n_layers=1, n_positions=4)
    cache = model.empty(model.begin(key=jax.random.key(0)))
    keys, values = cache.keys.at[0, 0, 0, 0].set(3.0), cache.values.at[0, 0, 0, 0].set(4.0)
    assert state_norms(cache._replace(keys=keys, values=values)).tolist() == [5]
    assert state_norms(((jnp.array([3.0]), jnp.array([4.0])), (jnp.ones(1),) * 2))[0] == 5


def test_recalls_by_hand() -> None:
    """List 5, 2, 7; said 2, 5, STOP; then 7, 7, 0: a repeat, and an intrusion."""
    words = jnp.array([[5, 2, 7], [5, 2, 7]])
    tokens = jnp.array([[2, 5, VOCABULARY.stop], [7, 7, 0]])
    sat = Sat(tokens, jnp.zeros((2, 3)), jnp.ones((2, 2, 1)), None)
    found = as_recalls(VOCABULARY, sat, words, subject=4)
    assert found.recalls.tolist() == [[2, 1, 0], [3, 3, -1]]
    assert found.responses.tolist() == [[2, 5, -1], [7, 7, 0]]
    assert found.subject.tolist() == [4, 4]
    assert list(found.by_list) == ["norm of layer 1, after study", "norm of layer 1, after recall"]


def test_pairs_are_answered_after_their_cue() -> None:
    """As many answers as prefixes, all of them log-probabilities."""
    pairs = paired_associates(VOCABULARY, 3, (2, 2), key=jax.random.key(0)).pairs
    rows = jnp.stack([pair_prefix(VOCABULARY, each, each[0, 0]) for each in pairs])
    found = answer(SMALL, SMALL.begin(key=jax.random.key(1)), rows)
    assert found.shape == (3, VOCABULARY.n_tokens)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"forget": 5}, "expected 0 to 4"),
        ({"asked": 6}, "a question of 6"),
        ({"prefixes": jnp.zeros(3, int)}, "expected \\[list, time\\]"),
        ({"prefixes": jnp.full((1, 5), 99)}, "token 99"),
        ({"n": 0}, "n is 0"),
    ],
)
def test_a_slip_is_told(words, change, message) -> None:
    given = {"prefixes": prefixes(VOCABULARY, words[:2]), "n": 2, "key": jax.random.key(0)}
    with pytest.raises(InvalidValue, match=message):
        sit(MODEL, MODEL.begin(key=jax.random.key(0)), **(given | change))


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"allowed": np.zeros(VOCABULARY.n_tokens, bool)}, "no token is allowed"),
        ({"states": np.zeros((3, 2, 2, 32, 16), np.float32)}, "each of 2 lists"),
    ],
)
def test_what_nothing_can_be_said_with_is_refused(slip, said) -> None:
    rows = prefixes(VOCABULARY, jnp.asarray([[0, 1, 2], [3, 4, 5]]))
    with pytest.raises(InvalidValue, match=said):
        sit(MODEL, MODEL.begin(key=jax.random.key(0)), rows, 3, key=jax.random.key(1), **slip)


def test_dropout_changes_lessons_only_if_it_is_asked_for() -> None:
    """Losses of two steps."""
    model, key = SMALL, jax.random.key(2)
    without, still, dropped = (
        taught(each, DRAW, Training(), 2, 2, key=key, dropout=asked).losses
        for each, asked in (
            (model, False),
            (replace(model, {"dropout": 0.5}), False),
            (replace(model, {"dropout": 0.5}), True),
        )
    )
    np.testing.assert_array_equal(without, still)
    assert (without != dropped).any()


def test_lessons_that_cannot_be_are_refused() -> None:
    model, key = SMALL, jax.random.key(2)
    with pytest.raises(InvalidValue, match="0 steps in all"):
        taught(model, DRAW, Training(), 0, 2, key=key)
    # A rate that no weights survive.
    with pytest.raises(InvalidValue, match="come apart"):
        taught(model, DRAW, Training(learning_rate=10, weight_decay=1e30), 4, 2, key=key)
