"""Observers of scenes: ranks and likely labels by hand, and the ceilings of the task."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.participants import scene_observers
from cogmem.participants.scene_observers import best_guesses, chance, commonest, observers
from cogmem.participants.scene_viewer import proportions
from cogmem.tasks.scenes import SceneWorld, ceilings, draw_scenes, noisier, pairs

DESIGN = SceneWorld(n_known=30, n_novel=10, n_train=20, n_test=15)


@pytest.fixture(scope="module")
def data():
    return draw_scenes(DESIGN, key=jax.random.key(3))


def test_rank_and_surprise_by_hand() -> None:
    """The likeliest has rank 1; two equal ones share ranks 2 and 3; surprises are ln 2 and ln 4."""
    chances = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    rank, surprise = scene_observers._of_predicates(chances, np.array([0, 2]))
    assert rank.tolist() == [1, 2.5]
    np.testing.assert_allclose(surprise, np.log([2, 4]), rtol=1e-6)


def test_a_label_is_as_likely_as_its_entities_together() -> None:
    """Entities of .4, .3 and .3; the last two have one label, which is likelier with .6."""
    fit = np.log(np.array([0.4, 0.3, 0.3]))[None, None]
    assert scene_observers._likeliest_label(fit, np.array([0, 1, 1])).item() == 1
    assert fit.argmax() == 0


def test_predicates_reach_the_ceilings_of_the_task(data) -> None:
    """With and without geometry, and the commonest one, on known and on novel scenes."""
    expected = ceilings(data)
    for split in ("known", "novel"):
        found = observers(data, getattr(data, split))
        names = {"ceiling": "with_geometry", "no geometry": "without_geometry"}
        for name, theirs in (names | {"majority": "majority"}).items():
            wanted = float(expected[theirs].sel(split=split))
            assert found[name]["predicate @1"] == pytest.approx(wanted, abs=1e-6)
        assert found["ceiling"]["predicate surprise"] < found["majority"]["predicate surprise"]


def test_who_knows_how_all_look_is_right_unless_noise_is_large(data) -> None:
    """All identities of known entities; fewer with eight times the noise, but above chance."""
    clear = proportions(best_guesses(data.world, data.known))
    assert clear["entity"] > 0.99
    assert clear["age"] > 0.99
    seen = noisier(data.known, 8, design=DESIGN, key=jax.random.key(0))
    blurred = proportions(best_guesses(data.world, seen, noise=8))
    assert 3 / DESIGN.n_known < blurred["entity"] < 0.9
    assert blurred["p_class"] > blurred["b_class"] > blurred["entity"]


def test_nothing_is_said_of_what_cannot_be_known(data) -> None:
    """Novel entities, and worlds read from a file, have no looks to compare with."""
    assert np.isnan(best_guesses(data.world, data.novel).entity).all()
    unknown = best_guesses(data.world._replace(prototypes=None), data.known)
    assert np.isnan(unknown.labels["b_class"]).all()
    assert not np.isnan(unknown.rank).any()
    with pytest.raises(InvalidValue, match="more than 0"):
        best_guesses(data.world, data.known, noise=0)


def test_commonest_answers_are_those_of_training(data) -> None:
    """The share of the commonest age of training, among subjects and objects of the test."""
    seen, rows = pairs(data.world, data.train), pairs(data.world, data.known)
    age = np.bincount(np.asarray(seen.labels)[..., 3].ravel()).argmax()
    found = proportions(commonest(data, data.known))
    assert found["age"] == pytest.approx(np.mean(np.asarray(rows.labels)[..., 3] == age))
    assert 0 < found["entity"] < 0.5


def test_chance_is_one_of_so_many(data) -> None:
    found = chance(data.world)
    assert found["entity"] == 1 / 30
    assert (found["b_class"], found["age"]) == (1 / 24, 1 / 2)
    assert (found["predicate @1"], found["predicate @3"]) == (1 / 16, 3 / 16)


def test_some_rows_only(data) -> None:
    """Halves of the rows have, on average, what all have."""
    n = data.known.predicates.size
    half = np.arange(n) < n // 2
    whole, one, two = (
        observers(data, data.known, rows)["ceiling"] for rows in (slice(None), half, ~half)
    )
    for name in ("predicate @1", "predicate surprise"):
        assert (one[name] + two[name]) / 2 == pytest.approx(whole[name], rel=1e-5)
