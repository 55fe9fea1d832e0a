"""Semantic memory from episodes: what is had without a brain by hand, what is exact, a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("semantic_from_episodes")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"n_known": 12, "n_train": 5, "n_test": 3, "n_state": 8, "n_pairs": 4}
    return replace(experiment.default, **sizes, n_steps=3, every=2)


@pytest.fixture(scope="module")
def met(names, tiny) -> Any:
    return names["met_world"](tiny, 0)


def test_class_counts_by_hand(names, met) -> None:
    """Shares of a pair's P-classes, with 1 / 16 added to each count; they add to 1."""
    pairs = names["asked"](met, met.train)
    p = np.exp(names["counted"](met, pairs))
    np.testing.assert_allclose(p[:2].sum(axis=-1), 1, rtol=1e-6)
    first = met.brain.vocabulary.ids("entity")[0]
    classes = np.stack([met.kinds[pairs.subject - first], met.kinds[pairs.object - first]], 1)
    same = (classes == classes[0]).all(axis=1)
    hits = same & (pairs.predicate == pairs.predicate[0])
    assert p[0, 0, pairs.predicate[0]] == pytest.approx((hits.sum() + 1 / 16) / (same.sum() + 1))


def test_truth_is_the_worlds_table(names, met) -> None:
    """P of a predicate, the mean over geometries, for the classes of subject and object."""
    pairs, scenes = names["asked"](met, met.test), met.data.known
    p_class = np.asarray(met.data.world.p_class)
    s, o = (p_class[np.ravel(each)] for each in (scenes.subjects, scenes.objects))
    expected = np.asarray(met.data.world.predicates).mean(axis=2)[s, o]
    np.testing.assert_allclose(pairs.truth, expected)
    np.testing.assert_array_equal(pairs.predicate, np.ravel(scenes.predicates))


def test_a_model_that_multiplies_is_linear_in_time(names) -> None:
    """The mean of scores is the score at the mean, to 1e-5 of their spread."""
    assert names["multilinear"](0) < 1e-5


def test_guides_by_hand(names, met) -> None:
    """What the world's table makes of test pairs, and the commonest predicate of training."""
    found = dict(zip(names["GUIDES"], names["guides"](met), strict=True))
    pairs = names["asked"](met, met.test)
    right = (pairs.truth.argmax(axis=1) == pairs.predicate).mean()
    assert found["without geometry"] == pytest.approx(right)
    commonest = np.bincount(names["asked"](met, met.train).predicate).argmax()
    assert found["commonest"] == pytest.approx((pairs.predicate == commonest).mean())
    assert 0 < found["class counts, KL"] < np.inf


def test_members_have_what_follows_from_their_class(names, met) -> None:
    """Each class has one P-class, G-class and danger; by chance 1 / number of labels is right."""
    _, members = names["_members"](met)
    for label in names["CERTAIN"]:
        assert set(np.unique(members[label])) <= {0.0, 1.0}
    assert names["by_chance"](met)[:3].tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 2])


def test_steps_end_with_the_last(names, tiny) -> None:
    assert names["steps"](tiny) == [2, 3]


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, names, tiny, tmp_path) -> None:
    """The world is at no distance from itself; nothing is missing; a second run is alike."""
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    sources = tree["sources"].to_dataset()["mean"]
    assert float(np.abs(sources.sel(source="world", about="KL")).max()) < 1e-6
    for node in tree.children.values():
        assert not node.to_dataset()["mean"].isnull().any()
    again = experiment.run(tiny, session)
    assert again["sources"].to_dataset().equals(tree["sources"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")
