"""Cells of updating: by hand, and of the data set."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.fit.paradigms import updating
from cogmem.fit.paradigms.cells import cell_evidence
from cogmem.participants.null import NullParticipant

ABOUT = {"title": "by hand", "citation": "nobody (0)"}


def by_hand() -> updating.Study:
    """Two people; two and six numbers."""
    who, size = np.array([1, 1, 1, 2, 2]), np.array([2, 2, 6, 6, 6])
    right = np.array([2, 1, 4, 0, 6])
    return updating.of_trials("hand", ABOUT, who, size, right, [2, 6])


def test_a_cell_for_each_set_size() -> None:
    design = by_hand().design
    np.testing.assert_array_equal(design.x, [2, 6])
    assert len(design.blocks) == 2


def test_numbers_are_counted_not_trials() -> None:
    answers = by_hand().answers
    np.testing.assert_array_equal(answers.n, [[[2, 6], [0, 6]], [[2, 0], [0, 6]]])
    np.testing.assert_array_equal(answers.yes, [[[2, 4], [0, 0]], [[1, 0], [0, 6]]])


def test_who_remembers_nothing_has_no_evidence_in_any_cell() -> None:
    z = cell_evidence(NullParticipant(), by_hand().design, n_draws=3, key=jax.random.key(0))
    np.testing.assert_array_equal(z, np.zeros((2, 3)))


def test_numbers_of_the_young_who_took_their_time_are_counted() -> None:
    (data,) = updating.PARADIGM.sets
    try:
        trials = load_trials(data)
    except DataNotFound as error:
        pytest.skip(str(error))
    table = trials.to_dataframe()
    table = table[(table["group"] == "young") & (table["presentation"] == updating.UNLIMITED)]
    study = updating.PARADIGM.study(data, 0)
    answers = study.answers
    assert len(study.subjects) == 18 + 16  # of both experiments
    np.testing.assert_array_equal(study.design.x, [1, 2, 3, 4, 5, 6])
    assert answers.n.sum() == table["set_size"].sum()
    assert answers.yes.sum() == pytest.approx(
        (table["correct"] * table["set_size"]).sum(), rel=0.01
    )
