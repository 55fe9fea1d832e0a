"""Facts to verify, and triples of scenes to recognise: what is crossed, and what foils are."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.facts import KINDS, PROBES, fan_facts, scene_probes
from cogmem.tasks.scenes import SceneWorld, draw_scenes

KEY = jax.random.key(0)


@pytest.mark.parametrize("seed", range(5))
def test_fans_are_crossed_and_no_probe_is_told_by_its_parts(seed: int) -> None:
    """36 facts, i j of person fan i and place fan j; foils have the same persons and places."""
    task = fan_facts(n_trials=3, key=jax.random.key(seed))
    kinds, fans, probes = (np.asarray(each) for each in (task.kinds, task.fans, task.probes))
    for kind in (0, 1):
        cells, n = np.unique(fans[kinds == kind], axis=0, return_counts=True)
        assert n.tolist() == cells.prod(axis=1).tolist() == [1, 2, 3, 2, 4, 6, 3, 6, 9]
        for part in (0, 1):
            each = np.bincount(probes[kinds == kind, part])
            np.testing.assert_array_equal(each, np.repeat([1, 2, 3], 6))
    assert len(np.unique(probes, axis=0)) == 72
    np.testing.assert_array_equal(probes[kinds == 0], task.facts)
    trials = np.asarray(task.studied).reshape(3, 36)
    np.testing.assert_array_equal(np.sort(trials, axis=1), np.tile(np.arange(36), (3, 1)))
    assert (trials[0] != trials[1]).any()


def test_new_probes_are_of_persons_and_places_never_studied() -> None:
    task = fan_facts((2, 1), (4,), n_new=2, key=KEY)
    new = np.asarray(task.kinds) == PROBES.index("new")
    assert np.asarray(task.probes)[new].tolist() == [[3, 4], [4, 5]]
    assert np.asarray(task.fans)[new].tolist() == [[0, 0], [0, 0]]
    assert np.asarray(task.person_fans).tolist() == [1, 1, 2, 0, 0]


def test_same_key_same_facts() -> None:
    one, other = (fan_facts(key=KEY) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("persons", "places", "said"),
    [
        ((6, 6), (6,), "18 facts, places"),
        ((3, 0), (3,), "the last above 0"),
        ((0, 0, 3), (0, 0, 3), "no set of 9 facts"),  # all nine pairs are facts, and none a foil
    ],
)
def test_impossible_fans_are_refused(persons, places, said, monkeypatch) -> None:
    monkeypatch.setattr("cogmem.tasks.facts.N_SWAPS", 500)
    with pytest.raises(InvalidValue, match=said):
        fan_facts(persons, places, key=KEY)


@pytest.mark.parametrize("change", [{"n_new": -1}, {"n_trials": -1}, {"delay": -1.0}])
def test_negative_numbers_are_refused(change) -> None:
    with pytest.raises(InvalidValue, match="expected 0 or more"):
        fan_facts(key=KEY, **change)


@pytest.fixture(scope="module")
def data():
    design = SceneWorld(n_known=60, n_novel=4, n_train=40, n_test=4, n_b_classes=12)
    return draw_scenes(design, key=KEY)


def test_foils_of_scenes(data) -> None:
    """What each kind shares with its scene, read off the scenes themselves."""
    n, scenes = 30, data.train
    found = scene_probes(data.world, scenes, n, key=jax.random.key(1))
    assert found.triples.shape == (len(KINDS) * n, 3)
    triples = np.asarray(found.triples).reshape(len(KINDS), n, 3)
    scene = np.asarray(found.scene).reshape(len(KINDS), n)
    assert (scene == scene[:1]).all()
    assert len(np.unique(scene[0])) == n
    columns = [np.asarray(e) for e in (scenes.subjects, scenes.objects, scenes.predicates)]
    of_scenes = np.stack(columns, axis=-1)[scene[0]]
    entities = np.asarray(scenes.entities)[scene[0]]
    is_fact = (of_scenes[None] == triples[:, :, None]).all(axis=-1).any(axis=-1)
    assert is_fact[0].all()
    assert not is_fact[1:].any()
    present = (triples[:, :, :2, None] == entities[None, :, None]).any(axis=-1)
    assert present.all(axis=1).tolist() == [[True, True], [True, False], [True, False], [False] * 2]
    assert not present[1:, :, 1].any()
    assert not present[3].any()
    assert (triples[..., 0] != triples[..., 1]).all()
    b_class, p_class = np.asarray(data.world.b_class), np.asarray(data.world.p_class)
    assert (p_class[triples[0, :, 1]] == p_class[triples[1, :, 1]]).all()
    assert (b_class[triples[0, :, 1]] == b_class[triples[1, :, 1]]).mean() > 0.8
    np.testing.assert_array_equal(triples[0, :, 2], triples[1, :, 2])
    assert (triples[0, :, 0] == triples[2, :, 0]).all()


def test_more_probes_than_scenes_are_refused(data) -> None:
    with pytest.raises(InvalidValue, match="there are 40 scenes"):
        scene_probes(data.world, data.train, 41, key=KEY)


def test_a_number_is_no_list_of_numbers_by_fan() -> None:
    with pytest.raises(InvalidValue, match="persons are 6, expected how many have fan 1, 2, "):
        fan_facts(persons=6, key=KEY)
