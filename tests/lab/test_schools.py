"""Subjects are taught and examined once, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab import schools
from cogmem.lab.experiment import Session
from cogmem.lab.schools import School, sittings, subjects
from cogmem.models.networks import RecurrentNetwork
from cogmem.models.sequence_learning import Training
from cogmem.participants.sequence_pupils import Exam
from cogmem.tasks.word_recall import serial_recall
from cogmem.tasks.word_tokens import WordTokens

VOCABULARY = WordTokens(8)
MODEL = RecurrentNetwork(VOCABULARY.n_tokens, width=4)
TRAINING = Training()
DRAW = partial(serial_recall, VOCABULARY, lengths=(2, 2))
SCHOOL = School(
    VOCABULARY,
    ((DRAW, 2), (DRAW, 1)),
    batch=2,
    n_subjects=2,
    n_lists=4,
    temperature=1.0,
    key=jax.random.key(0),
)


@dataclass(frozen=True)
class Config:
    """Of a store."""

    seed: int = 0


def test_what_is_stored_is_not_done_again(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nobody is taught, and every number is the same."""
    store, told = Session(results=tmp_path).store("school", Config()), []
    models, exams = {"GRU": (MODEL, TRAINING)}, [Exam("two", 2), Exam("emptied", 2, forget=3)]
    first = sittings(store, SCHOOL, models, exams, lambda n, doing: told.append(doing))
    assert told == ["GRU, subject 1", "GRU, subject 2"]
    monkeypatch.setattr(schools, "taught", None)
    monkeypatch.setattr(schools, "examined", None)
    again = sittings(store, SCHOOL, models, exams)
    for exam, said in first["GRU"].items():
        for one, other in zip(said, again["GRU"][exam], strict=True):
            np.testing.assert_array_equal(one, other)
    assert first["GRU"]["two"].tokens.shape == (2, 4, 3)
    assert (first["GRU"]["two"].words == first["GRU"]["emptied"].words).all()


def test_subjects_differ_and_come_back_as_they_were(tmp_path) -> None:
    """Weights of two subjects are two; read from the store they are those that were written."""
    store = Session(results=tmp_path).store("school", Config())
    first = list(subjects(store, SCHOOL, "GRU", MODEL, TRAINING))
    again = list(subjects(store, SCHOOL, "GRU", MODEL, TRAINING))
    assert not np.allclose(first[0].embedding, first[1].embedding)
    for one, other in zip(first, again, strict=True):
        assert jax.tree.structure(one) == jax.tree.structure(other)
        jax.tree.map(np.testing.assert_array_equal, one, other)


def test_lessons_follow_one_another(tmp_path) -> None:
    """Two lessons of the same kind are one; a school has one or more."""
    store, one = Session(results=tmp_path).store("school", Config()), ((DRAW, 3),)
    both = next(subjects(store, SCHOOL, "two", MODEL, TRAINING))
    whole = next(subjects(store, SCHOOL._replace(lessons=one), "one", MODEL, TRAINING))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), both, whole)
    with pytest.raises(InvalidValue, match="without lessons"):
        next(subjects(store, SCHOOL._replace(lessons=()), "none", MODEL, TRAINING))
