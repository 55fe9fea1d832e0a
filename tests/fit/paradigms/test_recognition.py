"""Cells of recognition: by hand, and of the data sets."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.fit.paradigms import recognition
from cogmem.fit.paradigms.cells import cell_evidence
from cogmem.participants.roster import minds

ABOUT = {"title": "by hand", "citation": "nobody (0)"}


def by_hand() -> recognition.Study:
    """Two people; lists of 1 and of 3."""
    return recognition.of_trials(
        "hand",
        ABOUT,
        np.array([1, 1, 1, 1, 2, 2]),
        np.array([3, 3, 3, 1, 1, 1]),
        np.array([3, 3, 0, 1, 0, 0]),
        np.array([True, False, True, True, False, True]),
        np.array([1, 3]),
    )


def test_a_cell_for_each_place_of_each_length_and_one_for_new() -> None:
    study = by_hand()
    np.testing.assert_array_equal(study.design.x, [-1, 0, -3, -2, -1, 0])
    assert study.design.line.tolist() == ["old", "new", "old", "old", "old", "new"]
    assert [block.n_cells for block in study.design.blocks] == [2, 4]
    assert (study.title, study.citation) == ("by hand", "nobody (0)")


def test_answers_are_counted_in_their_cells_in_turn_for_each_half() -> None:
    training, held_out = by_hand().answers.n
    np.testing.assert_array_equal(training, [[1, 0, 0, 0, 1, 1], [0, 1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(held_out, [[0, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 0]])
    training, held_out = by_hand().answers.yes
    np.testing.assert_array_equal(training, [[1, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(held_out, [[0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]])


def test_evidence_comes_in_the_order_of_the_cells() -> None:
    """To one that remembers, old is more familiar than new in each list."""
    tcm = minds()["TCM"].sitting("recognition")
    z = np.asarray(cell_evidence(tcm, by_hand().design, n_draws=2, key=jax.random.key(0)))
    assert z.shape == (6, 2)
    assert np.isfinite(z).all()
    assert (z[0] > z[1]).all()
    assert (z[2:5] > z[5]).all()


@pytest.mark.parametrize("data", recognition.PARADIGM.sets)
def test_all_answers_of_a_data_set_are_counted(data: str) -> None:
    try:
        trials = load_trials(data)
    except DataNotFound as error:
        pytest.skip(str(error))
    study = recognition.PARADIGM.study(data, 0)
    if data == "schwartz2005":
        asked, old = trials["rating"].values > 0, trials["rating"].values >= 4
    else:
        asked = trials["serial_position"].values <= trials["set_size"].values
        old = trials["old"].values == trials["correct"].values
    assert study.answers.n.sum() == asked.sum()
    assert study.answers.yes.sum() == (asked & old).sum()
    assert len(study.subjects) == len(np.unique(trials["subject"].values))
