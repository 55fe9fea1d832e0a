"""Sequence models sit experiments: what is read when, by hand; what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.bdh import BDH
from cogmem.models.networks import RecurrentNetwork, Transformer
from cogmem.participants.sequence_participant import SequenceParticipant
from cogmem.participants.testing import cued_recall, recall_in_order, strengths
from cogmem.tasks import ChangeDetection, FreeRecall, Recognition, SerialRecall
from cogmem.tasks.paired_associates import ab_ac
from cogmem.tasks.retention import Retention
from cogmem.tasks.word_tokens import WordTokens

KEY = jax.random.key(5)
WORDS = WordTokens(12)
MODELS = {
    "BDH": BDH(WORDS.n_tokens, width=8, n_heads=2, n_neurons=16, n_layers=2),
    "GRU": RecurrentNetwork(WORDS.n_tokens, width=8),
    "Transformer": Transformer(WORDS.n_tokens, width=8, n_heads=2, n_layers=1, n_positions=32),
}
each_model = pytest.mark.parametrize("name", MODELS)


def participant(name: str = "BDH", **how: Any) -> SequenceParticipant:
    model = MODELS[name]
    return SequenceParticipant(model, model.begin(key=jax.random.key(1)), WORDS, **how)


def pool() -> np.ndarray:
    return np.asarray(jax.random.permutation(KEY, WORDS.n_words))


def logits(who: SequenceParticipant, *tokens: int) -> np.ndarray:
    """What follows the tokens, read at once from nothing."""
    return np.asarray(who.model.read(who.weights, jnp.asarray(tokens))[0][-1])


@eqx.filter_jit
def listened(who: SequenceParticipant, task: Any, delay: float, said: tuple[int, ...]) -> Any:
    """State after study, a delay and some reports."""
    state = who.begin(task, key=KEY)
    for item in range(3):
        state = who.study(state, jnp.asarray(item))
    state = who.rest(state, delay)
    for item in said:
        state = who.report(state, jnp.asarray(item))
    return state


@each_model
def test_free_recall_is_the_row_of_the_lessons(name: str) -> None:
    """START w0 w1 w2 FILLER FILLER RECALL w1: logits of the words, to 1e-5."""
    who, words = participant(name), pool()[:3]
    state = listened(who, FreeRecall.of_length(3), 2.0, (1,))
    row = [WORDS.list_start, *words, WORDS.filler, WORDS.filler, WORDS.recall, words[1]]
    found = who.evidence(state, None)
    np.testing.assert_allclose(found, logits(who, *row)[words], atol=1e-5)


@pytest.mark.parametrize("in_order", [None, WORDS.new])
def test_serial_recall_reads_the_same(in_order: int | None) -> None:
    """One token for 2 s at .5 tokens per s; asked for by RECALL, or by a token of its own."""
    who, words = participant(tokens_per_second=0.5, in_order=in_order), pool()[:3]
    state = listened(who, SerialRecall(jnp.zeros((3, 4), bool)), 2.0, (0,))
    row = [WORDS.list_start, *words, WORDS.filler, in_order or WORDS.recall, words[0]]
    np.testing.assert_allclose(who.evidence(state, None), logits(who, *row)[words], atol=1e-5)


@pytest.mark.parametrize("delay", ["fillers", "silence"])
def test_retention_is_serial_recall_among_all_letters(delay: str) -> None:
    """Letters 4, 0 and 7 of 9; 2 s of another task are fillers, whatever a silence would be."""
    who, letters = participant(delay=delay, in_order=WORDS.new), pool()[:9]
    task = Retention(jnp.zeros((9, 4), bool), jnp.asarray([4, 0, 7]), 2.0)
    state = who.begin(task, key=KEY)
    for item in task.studied:
        state = who.study(state, item)
    state = who.report(who.rest(state, task.delay), task.studied[0])
    row = [WORDS.list_start, *letters[[4, 0, 7]], WORDS.filler, WORDS.filler, WORDS.new, letters[4]]
    found = who.evidence(state, jnp.asarray(1))
    np.testing.assert_allclose(found, logits(who, *row)[letters], atol=1e-5)


def test_silence_turns_and_damps_and_reads_nothing() -> None:
    """By hand: the synapses rest for 2.5 tokens' time between the words and RECALL."""
    model = replace(MODELS["BDH"], damping=0.8)
    who = replace(participant(), model=model, delay="silence")
    state = listened(who, FreeRecall.of_length(3), 2.5, ())
    read = jnp.asarray([WORDS.list_start, *pool()[:3]])
    fast = model.rest(model.read(who.weights, read)[1], 2.5)
    expected = model.read(who.weights, jnp.asarray([WORDS.recall]), fast)[0][-1]
    np.testing.assert_allclose(state.logits, expected, atol=1e-5)
    at_once = listened(who, FreeRecall.of_length(3), 0.0, ())
    assert np.abs(np.asarray(state.logits - at_once.logits)).max() > 1e-4


def test_pairs_are_read_and_cued_and_leave_no_trace() -> None:
    """START a b a' b' .. CUE a' -> responses; the second list's stimuli are the same words."""
    who, task = participant(), ab_ac(3, key=jax.random.key(2))
    state = listened(who, task, 0.0, (4,))
    words = pool()
    a, b = words[np.asarray(task.stimuli)], words[6 + np.asarray(task.responses)]
    np.testing.assert_array_equal(a[:3], a[3:])
    row = [WORDS.list_start, a[0], b[0], a[1], b[1], a[2], b[2], WORDS.cue, a[1]]
    expected = logits(who, *row)[words[6:12]]
    for pair in (1, 4):
        found = who.evidence(state, jnp.asarray(pair))
        np.testing.assert_allclose(found, expected, atol=1e-5)
    answers = cued_recall(who, task, jnp.asarray([0, 2]), key=KEY)
    assert answers.evidence.shape == (2, 6)


def test_recognition_is_log_odds_of_old() -> None:
    """START w0 w1 w2 PROBE w: log P(OLD) - log P(NEW), of each of five words."""
    who = participant()
    task = Recognition(jnp.zeros((5, 4), bool), jnp.arange(3))
    found = strengths(who, task, key=KEY)
    words = np.asarray(jax.random.permutation(KEY, WORDS.n_words))[:5]
    for word, log_odds in zip(words, found, strict=True):
        row = [WORDS.list_start, *words[:3], WORDS.probe, word]
        log_p = jax.nn.log_softmax(logits(who, *row))
        assert log_odds == pytest.approx(log_p[WORDS.old] - log_p[WORDS.new], abs=1e-5)


def test_words_of_a_list_depend_on_the_key_alone() -> None:
    who, task = participant(), FreeRecall.of_length(6)
    first, again = (who.begin(task, key=KEY).candidates for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(set(np.asarray(first).tolist())) == 6
    assert (first != who.begin(task, key=jax.random.key(6)).candidates).any()


def test_serial_recall_gives_every_item_once() -> None:
    order = recall_in_order(participant(), SerialRecall(jnp.zeros((5, 4), bool)), key=KEY)
    assert sorted(np.asarray(order).tolist()) == [1, 2, 3, 4, 5]
    assert order[0] == 1


def test_what_is_refused() -> None:
    who = participant()
    with pytest.raises(InvalidValue, match="13 words are needed, and the model was taught 12"):
        who.begin(FreeRecall.of_length(13), key=KEY)
    with pytest.raises(InvalidValue, match="16 words are needed"):
        who.begin(ab_ac(4, key=KEY), key=KEY)
    with pytest.raises(InvalidValue, match="got a ChangeDetection"):
        who.begin(ChangeDetection(jnp.zeros((2, 3)), jnp.zeros((2, 3))), key=KEY)
    with pytest.raises(InvalidValue, match="there is none: give the pair"):
        who.evidence(who.begin(ab_ac(3, key=KEY), key=KEY), None)
    with pytest.raises(InvalidValue, match="a RecurrentNetwork has no time without tokens"):
        participant("GRU", delay="silence")
    with pytest.raises(UnknownName, match="delay"):
        participant(delay="silent")
    with pytest.raises(InvalidValue, match="tokens_per_second is 0"):
        participant(tokens_per_second=0)
    with pytest.raises(InvalidValue, match="the last token is 20, and the model knows 20 tokens"):
        replace(who, vocabulary=WordTokens(13))
