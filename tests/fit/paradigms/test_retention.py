"""Cells of retention: by hand, and of the data set."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.fit.paradigms import retention
from cogmem.fit.paradigms.cells import cell_evidence
from cogmem.participants.roster import minds

ABOUT = {"title": "by hand", "citation": "nobody (0)"}


def by_hand() -> retention.Study:
    """Two people, two delays; the second person was not tested at the second."""
    right, n = np.array([[7, 0], [3, 0]]), np.array([[7, 4], [5, 0]])
    delays = np.array([2.0, 90.0])
    return retention.of_counts("hand", ABOUT, np.array([1, 2]), delays, right, n)


def test_a_cell_for_each_delay() -> None:
    design = by_hand().design
    np.testing.assert_array_equal(design.x, [2, 90])
    assert design.line.tolist() == ["right", "right"]


def test_counts_are_drawn_into_halves_that_add_up() -> None:
    answers = by_hand().answers
    np.testing.assert_array_equal(answers.n, [[[3, 2], [2, 0]], [[4, 2], [3, 0]]])
    np.testing.assert_array_equal(answers.yes.sum(axis=0), [[7, 0], [3, 0]])
    # Who was right, or wrong, every time is so in both halves.
    np.testing.assert_array_equal(answers.yes[:, 0], [[3, 0], [4, 0]])
    np.testing.assert_array_equal(answers.yes, by_hand().answers.yes)


def test_the_longer_delay_leaves_less() -> None:
    simple = minds()["SIMPLE"].sitting("retention")
    z = cell_evidence(simple, by_hand().design, n_draws=2, key=jax.random.key(0))
    assert (z[0] > z[1]).all()


def test_all_letters_of_the_data_set_are_counted() -> None:
    (data,) = retention.PARADIGM.sets
    try:
        trials = load_trials(data)
    except DataNotFound as error:
        pytest.skip(str(error))
    study = retention.PARADIGM.study(data, 0)
    np.testing.assert_array_equal(study.design.x, trials["delay"].values)
    assert study.answers.n.sum() == trials["n_tested"].values.sum()
    assert study.answers.yes.sum() == trials["n_recalled"].values.sum()
