"""Cells of change detection: by hand, and of the data set."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.fit.paradigms import change_detection
from cogmem.fit.paradigms.cells import cell_evidence
from cogmem.participants.roster import minds

ABOUT = {"title": "by hand", "citation": "nobody (0)"}


def by_hand() -> change_detection.Study:
    """One person; one and seven objects."""
    changed = np.array([False, False, True, True, True])
    said_changed = np.array([False, True, True, False, True])
    size, who = np.array([1, 1, 7, 7, 7]), np.ones(5, int)
    return change_detection.of_trials("hand", ABOUT, who, size, changed, said_changed, [1, 7])


def test_two_cells_for_each_set_size() -> None:
    study = by_hand()
    np.testing.assert_array_equal(study.design.x, [1, 1, 7, 7])
    assert study.design.line.tolist() == ["same", "changed", "same", "changed"]


def test_yes_is_same() -> None:
    answers = by_hand().answers
    np.testing.assert_array_equal(answers.n[:, 0], [[1, 0, 0, 2], [1, 0, 0, 1]])
    np.testing.assert_array_equal(answers.yes[:, 0], [[1, 0, 0, 0], [0, 0, 0, 1]])


def test_of_one_object_the_same_looks_more_the_same_than_another() -> None:
    gru, key = minds()["GRU"].sitting("change detection"), jax.random.key(0)
    z = cell_evidence(gru, by_hand().design, n_draws=8, key=key)
    assert z.shape == (4, 8)
    assert z[0].mean() > z[1].mean()


def test_all_answers_of_the_set_sizes_are_counted() -> None:
    (data,) = change_detection.PARADIGM.sets
    try:
        trials = load_trials(data)
    except DataNotFound as error:
        pytest.skip(str(error))
    kept = trials.isel(trial=np.isin(trials["set_size"].values, change_detection.SET_SIZES))
    answers = change_detection.PARADIGM.study(data, 0).answers
    assert answers.n.sum() == kept.sizes["trial"]
    assert answers.yes.sum() == (kept["said_change"].values == 0).sum()
    changed = answers.n[:, :, 1::2].sum()
    assert changed == kept["change"].values.sum()
