"""Recall as choices: hand lists, a model's own likelihood, and what it says when it speaks."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from cogmem.fit.paradigms import free_recall, serial_recall
from cogmem.fit.paradigms.protocol import Pool, after_study
from cogmem.fit.paradigms.recall import Heard, choices, silences, spoken
from cogmem.fit.responses import Choices, choice_log_probs, choice_scores, in_sd
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout
from cogmem.participants.roster import minds
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall
from tests.fit.small_arena import any_rank, recall_study  # noqa: F401

KEY = jax.random.key(11)
FREE, SERIAL = free_recall.PARADIGM, serial_recall.PARADIGM
SENSITIVITY = 1.7


def heard(*lists: list[int], n_items: int = 3) -> Heard:
    """Lists of one person, all trained on."""
    half = np.ones((1, len(lists)), int)
    return Heard(np.array(lists)[None], half, n_items, np.array([1]))


# ---- choices -------------------------------------------------------------------------------------


def test_free_recall_ends_once() -> None:
    """A list that ends early, a whole one, and one of which nothing was said."""
    made = choices(heard([2, 1, 0], [3, 1, 2], [0, 0, 0]), in_places=False)
    np.testing.assert_array_equal(made.said[0], [[1, 0, 3, -1], [2, 0, 1, 3], [3, -1, -1, -1]])
    np.testing.assert_array_equal(made.n_events(made.train), [3 + 4 + 1])


def test_an_item_that_was_said_is_not_left() -> None:
    made = choices(heard([2, 1, 0]), in_places=False)
    left = [[True, True, True], [True, False, True], [False, False, True]]
    np.testing.assert_array_equal(made.left[0, 0], [*left, left[-1]])


def test_every_empty_output_in_places_is_scored() -> None:
    made = choices(heard([0, 2, 0], [0, 0, 0]), in_places=True)
    np.testing.assert_array_equal(made.said[0], [[3, 1, 3], [3, 3, 3]])
    np.testing.assert_array_equal(made.place[0], [[0, 1, 2]] * 2)


def test_repeats_and_intrusions_are_not_scored_and_leave_items_as_they_were() -> None:
    made = choices(heard([1, 1, 2], [-1, 3, -1]), in_places=True)
    np.testing.assert_array_equal(made.said[0], [[0, -1, 1], [-1, 2, -1]])
    np.testing.assert_array_equal(made.left[0, 0, :, 0], [True, False, False])
    np.testing.assert_array_equal(made.left[0, 1, 1], [True, True, True])


def test_what_is_scored_was_left_and_padding_is_not_scored() -> None:
    lists = heard([3, 1, 1], [2, -1, 2], [1, 2, 3])._replace(half=np.array([[1, 2, 0]]))
    made = choices(lists, in_places=True)
    who, row, event = np.nonzero((made.said >= 0) & (made.said < 3))
    assert made.left[who, row, event, made.said[who, row, event]].all()
    np.testing.assert_array_equal(made.said[0, 2], [-1, -1, -1])
    np.testing.assert_array_equal([made.train[0], made.test[0]], [[1, 0, 0], [0, 1, 0]])


def test_silence_is_counted_on_training_lists_by_words_said() -> None:
    """Two of three lists end after one word, none before; the half keeps both possible."""
    lists = heard([2, 0, 0], [1, 0, 0], [1, 3, 2], [0, 0, 0])._replace(
        half=np.array([[1, 1, 1, 2]])
    )
    p = silences(choices(lists, in_places=False), 3, in_places=False)[0]
    np.testing.assert_allclose(p, np.array([0.5 / 4, 2.5 / 4, 0.5 / 2, 1.5 / 2]))


def test_silence_in_places_is_counted_by_output() -> None:
    """A stranger is silence, too: no item of the list was said."""
    p = silences(choices(heard([0, 2, 0], [1, 2, -1]), in_places=True), 3, in_places=True)[0]
    np.testing.assert_allclose(p[:3], [1.5 / 3, 0.5 / 3, 2.5 / 3])


# ---- evidence ------------------------------------------------------------------------------------


def test_evidence_gives_the_likelihood_of_the_models_own_sitting() -> None:
    """CMR, walked through four lists: each event at temperature 1 / sensitivity, ends apart."""
    study = recall_study([[[5, 4, 1, 0, 0], [1, 2, 3, 4, 5]], [[3, 0, 0, 0, 0], [0] * 5]])
    cmr = minds()["CMR"].sitting("free recall")
    answers = study.answers
    assert isinstance(answers, Choices)
    z = FREE.evidence(cmr, study, n_draws=1, key=KEY)
    log_p = np.asarray(choice_log_probs(z, jnp.asarray(answers.left), SENSITIVITY))
    readout = replace(Readout(), temperature=1 / SENSITIVITY)
    sitting = Sitting(cmr, readout)
    for person, row in np.ndindex(2, 2):
        recalls = study.design.responses[person, row].astype(int)
        events = sitting.teacher_forced(FreeRecall.of_length(5), jnp.asarray(recalls), key=KEY)
        for event in range(int((recalls > 0).sum())):
            go = jnp.log1p(-readout.stop(jnp.asarray(event)))
            own = log_p[person, row, event, answers.said[person, row, event]]
            assert own == pytest.approx(float(events[event] - go), abs=2e-5)


def test_a_likelihood_of_lists_is_the_sum_over_their_words() -> None:
    study = recall_study([[[2, 3, 0, 0], [4, 1, 2, 3]]])
    answers = study.answers
    z = FREE.evidence(minds()["TCM"].sitting("free recall"), study, n_draws=1, key=KEY)
    nats = choice_scores(z, answers.said, answers.left, SENSITIVITY)
    log_p = np.asarray(choice_log_probs(z, jnp.asarray(answers.left), SENSITIVITY))[0]
    by_hand = [log_p[0, 0, 1] + log_p[0, 1, 2], log_p[1, [0, 1, 2], [3, 0, 1]].sum()]
    np.testing.assert_allclose(nats[0], by_hand, rtol=1e-5)


def test_only_what_was_said_before_is_known() -> None:
    """Lists that begin alike are foretold alike as far as they do, and not beyond."""
    z = FREE.evidence(
        minds()["CMR"].sitting("free recall"),
        recall_study([[[4, 2, 1, 3, 5], [4, 2, 3, 5, 1]]]),
        n_draws=1,
        key=KEY,
    )
    np.testing.assert_array_equal(z[0, 0, :3], z[0, 1, :3])
    assert (np.asarray(z[0, 0, 3]) != np.asarray(z[0, 1, 3])).any()


# ---- speech --------------------------------------------------------------------------------------

N_SPOKEN = 3000


def pvalue(counts: np.ndarray, p: np.ndarray) -> float:
    p = np.asarray(p, float)
    return float(stats.chisquare(counts, p / p.sum() * counts.sum()).pvalue)


def spoken_by_cmr(silence: list[float]) -> np.ndarray:
    cmr = minds()["CMR"].sitting("free recall")
    keys = jax.random.split(KEY, N_SPOKEN)
    habit = jnp.tile(jnp.array(silence), (N_SPOKEN, 1))
    return np.asarray(spoken(FREE, cmr, 4, habit, 1.0, keys=keys))


@pytest.fixture(scope="module")
def said() -> np.ndarray:
    return spoken_by_cmr([0.2, 0.0, 0.5, 0.0, 0.0])


def test_first_words_come_as_often_as_the_likelihood_says(said: np.ndarray) -> None:
    """By chi-square, at one in a thousand."""
    cmr = minds()["CMR"].sitting("free recall")
    z = FREE.evidence(cmr, recall_study([[[1, 0, 0, 0]]]), n_draws=1, key=KEY)[0, 0, 0]
    p = np.exp(choice_log_probs(z, jnp.ones(4, bool), 1.0))
    first = said[said[:, 0] > 0, 0]
    assert pvalue(np.bincount(first, minlength=5)[1:], p) > 1e-3


def test_second_words_after_the_last_come_as_often_as_the_likelihood_says(said) -> None:
    cmr = minds()["CMR"].sitting("free recall")
    study = recall_study([[[4, 1, 0, 0]]])
    z = FREE.evidence(cmr, study, n_draws=1, key=KEY)[0, 0, 1]
    p = np.exp(choice_log_probs(z, jnp.asarray(study.answers.left[0, 0, 1]), 1.0))[:3]
    second = said[said[:, 0] == 4, 1]
    assert pvalue(np.bincount(second, minlength=5)[1:4], p) > 1e-3


def test_speech_ends_by_the_persons_habit_and_repeats_nothing(said: np.ndarray) -> None:
    n_said = (said > 0).sum(axis=1)
    assert set(n_said) == {0, 2, 4}
    for n, share in ((0, 0.2), (2, 0.8 * 0.5)):
        error = np.sqrt(share * (1 - share) / N_SPOKEN)
        assert abs((n_said == n).mean() - share) < 4 * error
    for row in said[n_said > 0]:
        words = row[row > 0]
        assert len(set(words)) == len(words)
        assert (row[: len(words)] > 0).all()


def test_people_are_replaced_list_by_list() -> None:
    """As many lists of each half, of words of the list, by those who lived the same silences."""
    study = recall_study([[[4, 2, 1, 0]] * 6, [[1, 0, 0, 0]] * 6])
    cmr = minds()["CMR"].sitting("free recall")
    made = FREE.simulated(cmr, study, None, 1.0, key=KEY)
    assert isinstance(made.answers, Choices)
    np.testing.assert_array_equal(made.design.half, study.design.half)
    np.testing.assert_array_equal(made.answers.train, study.answers.train)
    assert made.design.responses.shape == study.design.responses.shape
    again = FREE.simulated(cmr, study, None, 1.0, key=KEY)
    np.testing.assert_array_equal(made.design.responses, again.design.responses)


# ---- shuffled ------------------------------------------------------------------------------------


@pytest.mark.parametrize("paradigm", [FREE, SERIAL])
def test_shuffled_lists_keep_what_is_no_item_and_which_words_are_the_same(paradigm) -> None:
    lists = [[1, 3, -1, 0], [2, 2, 1, 4], [4, 3, 2, 1], [0, 0, 0, 0]] * 20
    study = recall_study([lists], paradigm.name)
    made = paradigm.shuffled(study, key=KEY)
    before, after = study.design.responses, made.design.responses
    np.testing.assert_array_equal(np.minimum(before, 0), np.minimum(after, 0))
    np.testing.assert_array_equal(before > 0, after > 0)
    same = (before[..., None] == before[..., None, :]) == (after[..., None] == after[..., None, :])
    assert same.all()
    assert (after[0, 2::4] != before[0, 2::4]).any()
    np.testing.assert_array_equal(
        made.answers.n_events(made.answers.test), [study.answers.n_events(study.answers.test)[0]]
    )


def test_shuffled_first_words_are_anywhere() -> None:
    study = recall_study([[[1, 2, 3, 4]] * 400])
    first = FREE.shuffled(study, key=KEY).design.responses[0, :, 0]
    assert stats.chisquare(np.bincount(first, minlength=5)[1:]).pvalue > 1e-3


# ---- the pool ------------------------------------------------------------------------------------


def test_gain_over_the_pool_by_hand() -> None:
    """Ten words, four of the list; three and one stranger in training, two and one held out."""
    pool = Pool(10, 4, np.array([[3.0], [2.0]]), np.array([[1.0], [1.0]]), np.array([1.0]))
    rate = 1.5 / 5
    own = -0.9 + 2 * np.log(1 - rate) + np.log(rate / 6)
    expected = (own + 3 * np.log(10)) / np.log(2) / 4
    np.testing.assert_allclose(pool.gain(np.array([-0.9])), [expected])


def test_in_sd_is_the_readouts_own() -> None:
    """One readout serves the arena and the contests of free recall."""
    evidence, left = jnp.array([3.0, -1.0, 0.5, 9.0]), jnp.array([True, True, True, False])
    readout = replace(Readout(), temperature=1 / SENSITIVITY)
    log_p = readout(evidence, left, jnp.asarray(1))[:3] - jnp.log1p(-readout.stop(jnp.asarray(1)))
    own = choice_log_probs(in_sd(evidence[None], left[None])[0], left, SENSITIVITY)[:3]
    np.testing.assert_allclose(own, log_p, atol=1e-5)


def test_the_participant_draws_from_other_numbers_than_its_task() -> None:
    """Lists are drawn from what is folded from the key; a mind that had it could foresee them."""
    key, got = jax.random.key(3), []

    class Curious(NullParticipant):
        def begin(self, lists, *, key):  # type: ignore[no-untyped-def]
            got.append(key)
            return super().begin(lists, key=key)

    after_study(Curious(), FreeRecall.of_length(3), key=key)
    own = {tuple(np.asarray(jax.random.key_data(each))) for each in jax.random.split(got[0], 3)}
    assert tuple(np.asarray(jax.random.key_data(jax.random.fold_in(key, 1)))) not in own
