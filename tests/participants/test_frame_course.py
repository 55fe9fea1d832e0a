"""Courses in WorM: resumed courses, stages, tables of answers."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.memory_cores import Memoryless, RecurrentCore
from cogmem.participants.frame_course import (
    Course,
    examined,
    follow,
    free_recalled,
    network_of,
    probabilities_by,
)
from cogmem.participants.frame_lessons import Lesson, right, said
from cogmem.tasks.worm import TASKS, make_batch
from cogmem.tasks.worm.bases import base_rate
from cogmem.tasks.worm.curriculum import levels_at, taught_levels

NAMES = ("STS", "SMU")


@pytest.fixture(scope="module")
def course() -> Course:
    network = network_of(RecurrentCore(8), NAMES, "symbolic", 16)
    return Course(network, batch=4, n_steps=4, every=2, enough=-1.0)


def weights(progress: object) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(progress)]


def test_a_course_goes_on_where_it_was_left(course: Course, tmp_path: Path) -> None:
    """Two steps, and then two from the file, are four at once, bit for bit; so are stages."""
    path, told = tmp_path / "progress", []
    whole = follow(course, report=lambda steps, doing: told.append((steps, doing)))
    for until in (1, 3):  # between tests, which must not raise a stage
        follow(course, path, until=until)
    rest = follow(course, path)
    for one, other in zip(weights(whole), weights(rest), strict=True):
        np.testing.assert_array_equal(one, other)
    assert int(rest.step) == 4
    assert [steps for steps, _ in told] == [2, 2]
    assert told[-1][1].startswith("4 of 4: STS 0/0")


def test_stages_go_on_with_right_answers(course: Course) -> None:
    """Two tests with answers that are always good enough: the second stage; no more than all."""
    assert np.asarray(follow(course).stages).tolist() == [0, 2]


def test_a_file_of_another_course_is_refused(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "progress"
    follow(course, path, until=1)
    other = Course(course.network, batch=4, n_steps=4, every=2, enough=-1.0, seed=1)
    with pytest.raises(InvalidValue, match="seed: 0 in the file, 1 here"):
        follow(other, path)


def test_answers_are_told_with_their_conditions(course: Course) -> None:
    """Nineteen or fewer marker frames a trial, and as many questions as boxes."""
    table = examined(course, follow(course, until=1).learning.weights, n_trials=17)
    boxes = table[table["task"] == "SMU"].groupby("trial")
    assert (boxes.size() == boxes["set_size"].first()).all()
    by = probabilities_by(table, "STS", "congruent")
    assert sorted(by.index) == [0, 1]
    assert by.between(0, 1).all()
    with pytest.raises(InvalidValue, match="STS by load: expected some of"):
        probabilities_by(table, "STS", "load")


def test_items_of_free_recall_are_those_of_the_share() -> None:
    """Four items: as many of them as the task's own score says, on the same 24 trials."""
    course = Course(network_of(RecurrentCore(8), ("SFR",), "symbolic", 16), batch=4, n_steps=1)
    weights = follow(course).learning.weights
    hits = free_recalled(course, weights, 4, n_trials=24)
    levels = {"list_length": (4,)}
    batch = make_batch("SFR", 24, seed=0, split="test", levels=levels, look="symbolic")
    lesson = Lesson(*map(jnp.asarray, (batch.frames, batch.labels, batch.targets)))
    shares = right(said(course.network, weights, {"SFR": lesson.frames})["SFR"], lesson)
    np.testing.assert_allclose(hits.mean(axis=1), np.asarray(shares)[:, 4], atol=1e-6)


@pytest.mark.slow
def test_nothing_is_known_without_memory() -> None:
    """After 300 steps a network without state is at the base of all fourteen identities.

    Within three standard errors over 960 trials, whose answers go together; but between guesses
    and base where the latter has to be learnt: which places are taken, which cell is frequent, what
    marks are alike by both rules.
    """
    guesses = {"VSR": 1 / 9, "SMU": 1 / 9, "STS": 1 / 2}
    network = network_of(Memoryless(64), tuple(TASKS), "symbolic", 142)
    course = Course(network, batch=16, n_steps=300, every=300, full_every=300, curriculum=False)
    table = examined(course, follow(course).learning.weights, n_trials=960)
    for name, own in table.groupby("task"):
        trials = own.groupby("trial")["right"].agg(["sum", "size"])
        share = trials["sum"].sum() / trials["size"].sum()
        away = trials["sum"] - share * trials["size"]
        error = np.sqrt((away**2).mean() / len(trials)) / trials["size"].mean()
        base = base_rate(str(name))
        low = guesses.get(str(name), base)
        assert low - 3 * error < share < base + 3 * error, (name, share, error)


def test_full_tests_are_kept_and_the_best_weights_too() -> None:
    """Steps 2, 4 and 5 of 5: three rows of shares; the best weights score the best mean."""
    network = network_of(RecurrentCore(8), NAMES, "symbolic", 16)
    course = Course(network, batch=4, n_steps=5, every=2, full_every=2, n_tested=16)
    done = follow(course)
    history = np.asarray(done.history)
    assert history.shape == (3, 2)
    assert ((history >= 0) & (history <= 1)).all()
    assert np.isnan(np.asarray(follow(course, until=3).history[1:])).all()
    table = examined(course, done.best, 16, "validation")
    shares = table.groupby("task", sort=False)["right"].mean()
    np.testing.assert_allclose(shares[list(NAMES)], history[history.mean(1).argmax()], atol=1e-6)


def test_a_course_ends_early_without_a_better_test(tmp_path: Path) -> None:
    """With a rate of 0 no test is better than the first: with patience 2 the third step is last.

    A course that gave up is not taken up again from its file.
    """
    network = network_of(RecurrentCore(8), ("STS",), "symbolic", 16)
    how = {"batch": 4, "n_steps": 9, "every": 1, "full_every": 1, "n_tested": 16, "rate": 0.0}
    assert int(follow(Course(network, **how)).step) == 9
    impatient, path = Course(network, patience=2, **how), tmp_path / "progress"
    assert [int(follow(impatient, path).step) for _ in range(2)] == [3, 3]


def test_held_out_levels_are_not_taught() -> None:
    """Lists of 15 and 18 are for later; at every stage."""
    network = network_of(RecurrentCore(8), ("SFR",), "symbolic", 16)
    course = Course(network, batch=64, curriculum=False, whole=False)
    lengths = course.trials("SFR", 0, 0).conditions["list_length"]
    assert set(lengths) == {1, 2, 3, 4, 5, 6, 7, 8, 10, 12}
    for name in TASKS:
        for stage in range(9):
            for key, levels in taught_levels(name, levels_at(name, stage)).items():
                assert levels
                assert not set(levels) & set(TASKS[name].held_out.get(key, ()))


def test_the_rate_falls_in_the_last_third() -> None:
    """From .3 to a tenth of that."""
    network = network_of(RecurrentCore(8), ("STS",), "symbolic", 16)
    course = Course(network, n_steps=300, rate=0.3)
    np.testing.assert_allclose(
        [course.rate_at(step) for step in (0, 200, 250, 300)], [0.3, 0.3, 0.165, 0.03]
    )


def test_some_levels_can_be_asked_for(course: Course) -> None:
    """Two boxes, and nothing of other tasks."""
    weights = follow(course, until=1).best
    table = examined(course, weights, 8, levels={"SMU": {"set_size": (2,)}})
    assert set(table["task"]) == {"SMU"}
    assert len(table) == 16
