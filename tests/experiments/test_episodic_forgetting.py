"""Forgetting of episodes: ages, counts and guides by hand; what writing changes, and what not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("episodic_forgetting")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"n_known": 12, "n_state": 8, "n_before": 6, "n_blocks": 3, "n_per_block": 2}
    return replace(experiment.default, **sizes, n_steps_before=2, n_steps=2)


@pytest.fixture(scope="module")
def met(names, tiny) -> Any:
    return names["stream"](tiny, 0)


@pytest.fixture(scope="module")
def begun(met) -> Any:
    return met.brain.begin(key=KEY)


def test_age_is_blocks_learnt_since(names) -> None:
    """After blocks 0, 1, 2: ages 0 are 1, 2 and 4 (mean 7/3), age 1 are 3 and 5, age 2 is 6."""
    nan = np.nan
    recalled = np.array([[1, nan, nan], [3, 2, nan], [6, 5, 4]])
    np.testing.assert_allclose(names["by_age"](recalled), [7 / 3, 4, 6])


def test_set_recall_by_hand(names) -> None:
    """Of entities 0 and 3, only 3 is among the two best: a half."""
    scores = jnp.array([0.1, 0.5, 0.2, 0.9])
    assert float(names["set_recall"](scores, jnp.array([0, 3]))) == 0.5


def test_traces_are_what_a_look_leaves(names, met, begun) -> None:
    """Raw: f(nu) itself. Normalised: as long as entities' embeddings on average, to 1e-5."""
    look = met.scenes.scene[0]
    raw, normalised = (
        names["trace"](met.brain, begun, look, kind) for kind in ("raw", "normalised")
    )
    np.testing.assert_allclose(raw, met.brain.sense(begun, look), atol=1e-6)
    entities = begun.embeddings[met.brain.vocabulary.ids("entity")]
    length = float(jnp.linalg.norm(entities, axis=1).mean())
    assert float(jnp.linalg.norm(normalised)) == pytest.approx(length, rel=1e-5)


def test_writing_changes_no_earlier_score(names, tiny, met, begun) -> None:
    """T12: all scores of the first block are the same to the bit; rows written are others."""
    weights = names["with_traces"](met.brain, begun, met.scenes.scene[:8], 0, "raw")
    after = names["with_traces"](met.brain, weights, met.scenes.scene[8:], 8, "raw")
    changed = np.flatnonzero((np.asarray(after.embeddings) != weights.embeddings).any(axis=1))
    assert changed.tolist() == [8, 9, 10, 11]
    assert names["n_changed_by_writing"](tiny, met, weights, 6, "raw") == 0


def test_practice_leaves_traces_alone(names, tiny, met, begun) -> None:
    """Rows of episodes are the same to the bit after practice, all others learn."""
    learns = names["_learns"](met.brain, traces=False)
    rates = jnp.full(2, 1e-2)
    how = {"kind": "raw", "key": KEY}
    after = names["practise"](met.brain, begun, met.part(6, 2), rates, learns, **how)
    same = (np.asarray(after.embeddings) == np.asarray(begun.embeddings)).all(axis=1)
    episodes = met.brain.vocabulary.ids("episode")
    assert same[episodes].all()
    assert not same[met.brain.vocabulary.ids("predicate")].any()


def test_guides_by_hand(names, tiny, met) -> None:
    """12 entities, 4 of a scene: 4/12 and 1/12 by chance; one episode of 12; objects by subject."""
    found = dict(zip(names["GUIDES"], names["guides"](tiny, met), strict=True))
    assert found["entities, chance"] == pytest.approx(1 / 3)
    assert found["object, chance"] == pytest.approx(1 / 12)
    assert found["recognition, chance"] == pytest.approx(1 / 12)
    subjects = np.asarray(met.scenes.subjects)
    pairs = {(scene, s) for scene, row in enumerate(subjects.tolist()) for s in row}
    assert found["object, ceiling"] == pytest.approx(len(pairs) / subjects.size)


def test_recency_helps_the_recent(names, met, begun) -> None:
    """With no noise all are recognised; with a great bonus, none but the most recent is."""
    brain = met.brain
    weights = names["with_traces"](brain, begun, met.scenes.scene, 0, "normalised")
    ages = jnp.arange(12.0)[::-1]
    right = names["recognised"](brain, weights, met.scenes.scene, ages, jnp.asarray(1e6))
    assert np.flatnonzero(right).tolist() == [11]


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, names, tiny, tmp_path) -> None:
    """Nothing is lost by writing; a decoder without noise has one value; a second run is alike."""
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    assert tree.attrs["n_changed"] == 0
    course, decay = (tree[name].to_dataset()["mean"] for name in ("course", "decay"))
    assert course.dims == ("kind", "condition", "cue", "age")
    assert not course.isnull().any()
    first = course.sel(condition="no replay", cue="entities", age=0)
    np.testing.assert_allclose(decay.sel(age=0), first.values[:, None] * np.ones(3), atol=1e-6)
    assert float(tree["fit"]["weight"].sum("law").min()) == pytest.approx(1)
    again = experiment.run(tiny, session)
    assert again["course"].to_dataset().equals(tree["course"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_one_steep_drop(experiment, tmp_path) -> None:
    """The quick preset: after one block less than .85 is left of what was recalled at first; the
    trace of another scene is worth less; noise of .25 leaves more than drift does.
    """
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    course = tree["course"].to_dataset()["mean"].sel(kind="raw", condition="no replay")
    own, other = (course.sel(cue=cue) for cue in ("entities", "neighbour"))
    assert float(own.sel(age=1)) < 0.85 * float(own.sel(age=0))
    assert (other < own).all()
    decay = tree["decay"].to_dataset()["mean"].sel(kind="raw", noise=0.25)
    assert float(decay.sel(age=5)) > float(own.sel(age=5))
