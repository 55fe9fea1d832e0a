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
from cogmem.tasks.worm import make_batch

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
    follow(course, path, until=2)
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
    """After 300 steps: recognition at .5, serial recall at 1/L, within 3 standard errors."""
    names = ("VIR", "VSR")
    network = network_of(Memoryless(64), names, "symbolic", 128)
    course = Course(network, batch=32, n_steps=300, every=300, curriculum=False)
    table = examined(course, follow(course).learning.weights, n_trials=1000)
    hits = table[table["task"] == "VIR"]["right"]
    assert abs(hits.mean() - 0.5) < 3 * 0.5 / np.sqrt(len(hits))
    by = probabilities_by(table, "VSR", "list_length")
    n = table[table["task"] == "VSR"].groupby("list_length").size()
    chance = 1 / by.index.to_numpy()
    assert (by - chance <= 3 * np.sqrt(chance * (1 - chance) / n)).all()
