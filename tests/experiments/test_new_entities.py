"""New entities: what is written, what learns and what does not, and how it is counted."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments.new_entities as new
from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.models.index_layer import picks
from cogmem.participants.schooling import Schooled
from cogmem.tasks.scenes import labels
from experiments.new_entities import EXPERIMENT, Config
from tests.participants.scene_pupil import N_KNOWN, N_NOVEL, untaught_pupil


@pytest.fixture(scope="module")
def pupil() -> Schooled:
    """With random weights: no test below needs any other."""
    return untaught_pupil()


@pytest.fixture(scope="module")
def shown(pupil: Schooled) -> new.Met:
    return new.meet(pupil, key=jax.random.key(2))


def test_a_box_is_a_scene_of_its_own(pupil: Schooled, shown: new.Met) -> None:
    """The state is q before feedback in the subject's window of the decoder, to 1e-5."""
    box, one = shown.features[2, 1], jnp.asarray(0)
    row = new.lone_box(box, one, jnp.zeros(7, int))
    inputs = pupil.brain.perceive(pupil.weights, row.regions)
    found = pupil.brain.decode(
        pupil.weights, inputs, pupil.brain.choices(pupil.weights), picks("none")
    )
    np.testing.assert_allclose(shown.tests[2, 1], found.subject.before, atol=1e-5)
    seen = np.isin(np.arange(N_KNOWN), pupil.data.train.entities)
    assert shown.met.tolist() == seen.tolist()
    assert not seen.all()


def test_rows_are_as_many_whatever_the_number_of_views(pupil: Schooled, shown: new.Met) -> None:
    """40 rows of new entities, 12 boxes of three scenes with them; three views fill ten rows."""
    brain, _ = new.with_new_indices(pupil)
    few = new.rows_to_learn(brain, pupil, shown, 3, "new views only")
    more = new.rows_to_learn(brain, pupil, shown, 5, "old views too")
    assert (len(few.regions), len(more.regions)) == (40, 40 + 12)
    np.testing.assert_array_equal(few.regions[3], few.regions[0])
    said = brain.vocabulary.read(few.targets.subject[jnp.array([0, 39])])
    names = labels(pupil.data.world)
    assert said == [names["entity"][N_KNOWN], names["entity"][-1]]
    b_class = int(pupil.data.world.b_class[N_KNOWN])
    assert brain.vocabulary.read(few.labels["b_class"][0, 0]) == [names["b_class"][b_class]]
    assert (few.labels["b_class"][:, 1] == -1).all()


@pytest.mark.slow
def test_steps_change_new_rows_only(
    pupil: Schooled, shown: new.Met, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new, "STEPS", (1, 2))
    brain, blank = new.with_new_indices(pupil)
    course = list(new.by_gradient(brain, blank, pupil, shown, 2, 0.1, "old views too"))
    assert len(course) == 2
    for before, after in zip((blank, *course), course, strict=False):
        moved = np.abs(after.embeddings - before.embeddings).max(axis=1) > 0
        assert moved.tolist() == [False] * (len(moved) - N_NOVEL) + [True] * N_NOVEL
    np.testing.assert_array_equal(course[-1].sensory, blank.sensory)


def test_novelty_by_hand() -> None:
    """Of 6 pairs of views, 4 have the novel one less familiar and one is a tie: .75."""
    known, novel = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0])
    assert new.area_below(known, novel) == pytest.approx(4.5 / 6)
    rates = new.hit_rates(known, novel)
    assert (rates[0], rates[-1]) == (0, 1)
    assert rates[len(rates) // 2] == 0.5  # the threshold is 2, and 2 does not lie below it


def test_the_nearest_mean_leaves_out_whom_nobody_met() -> None:
    means = np.array([[0.0, 0.0], [np.inf, np.inf], [3.0, 4.0]])
    found = new.distances(np.array([[0.0, 0.0]]), means)
    np.testing.assert_allclose(found, [[0, np.inf, 25]])


def test_shares_count_new_ones_and_known_ones_that_were_met() -> None:
    said = np.array([[0, 0], [9, 9], [2, 0]])
    assert new.shares_right(said, np.array([True, False])).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("n_views", [(0,), (1, 20), ()])
def test_impossible_numbers_of_views_are_refused(n_views: tuple[int, ...]) -> None:
    """Ten views are drawn: 20 would be ten, and of none nothing is learnt."""
    with pytest.raises(InvalidValue, match="each from 1 to 10"):
        Config(n_views=n_views)


@pytest.mark.slow
def test_all_of_it_in_a_small_world() -> None:
    config = Config(2, 3, (1, 2), n_known=12, n_novel=6, n_scenes=8, n_state=8)
    tree = EXPERIMENT.run(config, Session())
    table = EXPERIMENT.numbers(tree)
    assert table["mean"].between(0, 1).all()
    assert len(EXPERIMENT.plot(tree).axes) == 6
