"""Statements of a hierarchy: what is told at each school, and how a statement is measured."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import experiments.category_verification as cv
from cogmem.data import published
from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.models.tensor_brain import TensorBrain
from cogmem.participants.scene_viewer import scene_brain
from cogmem.tasks.scenes import SceneData, SceneWorld, draw_scenes
from experiments.category_verification import EXPERIMENT, Config


@pytest.fixture(scope="module")
def data() -> SceneData:
    design = SceneWorld(n_known=48, n_novel=4, n_train=3, n_test=1)
    return draw_scenes(design, key=jax.random.key(0))


@pytest.fixture(scope="module")
def brain(data: SceneData) -> TensorBrain:
    return cv.with_properties(scene_brain(data.world, 3), 8)


def told(brain: TensorBrain, rows, subject: str) -> dict[str, str]:
    """The labels of a subject by group, of its first row."""
    words = brain.vocabulary
    at = int(np.argmax(np.asarray(rows.targets.subject) == words.find(subject)))
    ids = {name: int(each[at, 0]) for name, each in rows.labels.items()}
    return {name: words.labels[i] for name, i in ids.items() if i >= 0}


def test_an_economical_school_tells_the_next_class_and_the_own_property(
    data: SceneData, brain: TensorBrain
) -> None:
    rows = cv.statements(brain, data.world, everything=False)
    assert told(brain, rows, "dog") == {
        "b_class": "dog",
        "p_class": "pet",
        "b_property": "is like a dog",
    }
    assert told(brain, rows, "pet") == {
        "p_class": "pet",
        "g_class": "living",
        "p_property": "is like a pet",
    }
    first = brain.vocabulary.labels[int(brain.vocabulary.ids("entity")[0])]
    assert told(brain, rows, first) == {"b_class": first.rsplit(" ", 1)[0]}


def test_the_other_school_tells_everything_that_is_true(
    data: SceneData, brain: TensorBrain
) -> None:
    """Also of the top class, which has nothing above it."""
    rows = cv.statements(brain, data.world, everything=True)
    assert list(told(brain, rows, "dog").values()) == [
        *("dog", "pet", "living"),
        *("is like a dog", "is like a pet", "is like a living"),
    ]
    assert set(told(brain, rows, "living")) == {"g_class", "g_property"}
    assert (np.asarray(rows.labels["b_class"])[:, 1] == -1).all()


def test_each_level_has_as_many_rows_as_there_are_entities(
    data: SceneData, brain: TensorBrain
) -> None:
    """48 entities: each of 24 classes twice, of 6 eight times, of 2 24 times."""
    rows = cv.statements(brain, data.world, everything=False)
    counts = np.unique(np.asarray(rows.targets.subject), return_counts=True)[1]
    assert sorted(set(counts.tolist())) == [1, 2, 8, 24]
    assert len(rows.regions) == 4 * 48


def test_properties_in_scenes_go_with_classes(data: SceneData, brain: TensorBrain) -> None:
    rows = cv.scenes_with_properties(brain, data)
    for name, own in zip(cv.CLASSES, cv.PROPERTIES, strict=True):
        classes = brain.vocabulary.read(rows.labels[name])
        properties = brain.vocabulary.read(rows.labels[own])
        assert properties == [f"is like a {label}" for label in classes]


def test_surprisal_against_one_false_label_by_hand() -> None:
    """Scores 1, 0, 0 with the first one true: ln(1 + 1/e); equal scores: ln 2, the chance level."""
    found = cv.against_one(np.array([[1.0, 0, 0], [2.0, 2, 2]]), np.array([0, 1]))
    np.testing.assert_allclose(found, [np.log1p(np.exp(-1)), np.log(2)])


@pytest.fixture(scope="module")
def odds() -> np.ndarray:
    """[world, school, step, kind, level, class]: links .1 and .2, read late enough only."""
    own = np.full((1, 1, 3, 2, 3, 1), 0.6)
    own[0, 0, 0, 0, 0] = 0.05  # the subject is itself
    own[0, 0, 0, 0, 1] = 0.1  # the P-class, from the subject
    own[0, 0, 1, 0, 2] = 0.2  # the G-class, from the P-class
    own[0, 0, [0, 1, 2], 1, [0, 1, 2]] = 0.03  # each property at its own level
    return own


def test_paths_add_up_their_links(odds: np.ndarray) -> None:
    expected = [[0.05, 0.1, 0.3], [0.03, 0.13, 0.33]]
    np.testing.assert_allclose(cv.measured(odds, "path")[0, 0], expected)


def test_steps_are_those_to_a_probability_of_ninety_percent(odds: np.ndarray) -> None:
    """-ln .9 is .105: the G-class never gets there, which counts as three."""
    assert cv.measured(odds, "steps")[0, 0].tolist() == [[0, 0, 3], [0, 1, 2]]
    direct = [[0.05, 0.1, 0.6], [0.03, 0.6, 0.6]]
    np.testing.assert_allclose(cv.measured(odds, "surprisal")[0, 0], direct)


def test_a_measure_that_is_the_same_for_all_agrees_with_nothing() -> None:
    people = cv.times()
    assert np.isnan(cv.agreement(np.ones((2, 3)), people))
    assert cv.agreement(people, people) == pytest.approx(1)
    np.testing.assert_allclose(cv.line(2 * people, people), [0.5, 0], atol=1e-12)


def test_times_are_approximate_and_refused_as_verified() -> None:
    """Each level takes longer than the one before, and properties longer than classes."""
    with pytest.raises(InvalidValue, match="no number of collins_quillian1969 was read"):
        published("collins_quillian1969")
    people = cv.times()
    assert (np.diff(people, axis=1) > 0).all()
    assert (people[1] > people[0]).all()


@pytest.mark.slow
def test_all_of_it_in_a_small_world() -> None:
    config = Config(2, 30, n_entities=24, n_scenes=8, n_state=8)
    tree = EXPERIMENT.run(config, Session())
    assert tree["measures"].to_dataset().sizes == {"measure": 3, "school": 3, "kind": 2, "level": 3}
    assert len(EXPERIMENT.numbers(tree)) > 100
    assert len(EXPERIMENT.plot(tree).axes) == 6
