"""Forgetting of episodes: ages and guides by hand; a run; one steep drop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment


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


def test_age_is_blocks_learnt_since(names) -> None:
    """After blocks 0, 1, 2: ages 0 are 1, 2 and 4 (mean 7/3), age 1 are 3 and 5, age 2 is 6."""
    nan = np.nan
    recalled = np.array([[1, nan, nan], [3, 2, nan], [6, 5, 4]])
    np.testing.assert_allclose(names["by_age"](recalled), [7 / 3, 4, 6])


def test_guides_by_hand(names, tiny, met) -> None:
    """12 entities, 4 of a scene: 4/12 and 1/12 by chance; one episode of 12; objects by subject."""
    found = dict(zip(names["GUIDES"], names["guides"](tiny, met), strict=True))
    assert found["entities, chance"] == pytest.approx(1 / 3)
    assert found["object, chance"] == pytest.approx(1 / 12)
    assert found["recognition, chance"] == pytest.approx(1 / 12)
    subjects = np.asarray(met.scenes.subjects)
    pairs = {(scene, s) for scene, row in enumerate(subjects.tolist()) for s in row}
    assert found["object, ceiling"] == pytest.approx(len(pairs) / subjects.size)


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
