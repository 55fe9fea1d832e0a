"""Models of equal size, and exams by hand."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem import measures
from cogmem.models.networks import RecurrentNetwork
from cogmem.models.sequence_model import count_weights
from cogmem.participants.sequence_pupils import Exam, Said, examined, pupils, shifted, told
from cogmem.tasks.word_tokens import WordTokens

VOCABULARY = WordTokens(8)


def test_models_have_equal_numbers_of_weights_to_a_tenth() -> None:
    models = pupils(48, 48, damping=0.9, n_layers=2, width=64, n_heads=2, n_neurons=256)
    n = {name: count_weights(model) for name, model in models.items()}
    assert n["BDH"] == n["BDH, damped"] == 3 * 256 * 64 + 2 * 48 * 64
    assert max(n.values()) < 1.1 * n["BDH"]
    assert min(n.values()) > 0.9 * n["BDH"]
    assert (models["BDH"].damping, models["BDH, damped"].damping) == (1.0, 0.9)


@pytest.fixture(scope="module")
def pupil():
    model = RecurrentNetwork(VOCABULARY.n_tokens, width=4)
    return model, model.begin(key=jax.random.key(0))


def test_exams_of_one_length_have_the_same_lists(pupil) -> None:
    """And no word twice in any of them."""
    key = jax.random.key(3)
    how = {"n_lists": 5, "key": key}
    whole = examined(VOCABULARY, *pupil, Exam("whole", 3), **how)
    empty = examined(VOCABULARY, *pupil, Exam("empty", 3, forget=4, n_outputs=6), **how)
    np.testing.assert_array_equal(whole.words, empty.words)
    assert (np.diff(np.sort(whole.words, axis=1), axis=1) > 0).all()
    assert whole.tokens.shape == (5, 4)
    assert empty.tokens.shape == (5, 6)
    assert (empty.norms[:, 0] == 0).all()  # nothing is in an emptied state
    assert (whole.norms[:, 0] > 0).all()


def test_recall_by_subject_and_by_chance_by_hand() -> None:
    """Two subjects with two lists of two; the second subject's answers fit the other list."""
    words = np.array([[[0, 1], [2, 3]], [[4, 5], [6, 7]]])
    stop = VOCABULARY.stop
    tokens = np.array([[[1, 0, stop], [2, stop, -1]], [[6, 7, stop], [4, 0, stop]]])
    said = Said(words, tokens, np.zeros(tokens.shape), np.zeros((2, 2, 2, 1)))
    recalls = told(VOCABULARY, said)
    assert recalls.recalls.tolist() == [[2, 1, 0], [1, 0, 0], [-1, -1, 0], [-1, -1, 0]]
    assert measures.correct(recalls)["value"].values.tolist() == [1.5, 0]
    assert recalls.subject.tolist() == [1, 1, 2, 2]
    chance = told(VOCABULARY, shifted(said))
    assert measures.correct(chance)["value"].values.tolist() == [0, 1.5]
