"""The models of 2020 and 2023 side by side: lines of recall, what is cut, paired differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

from cogmem.lab.experiment import Session
from cogmem.participants.scene_viewer import annotated, answers
from cogmem.tasks.scenes import GROUPS, pairs
from experiments.two_tensor_brains import (
    BOUNDS,
    EXPERIMENT,
    MEMORY,
    MODELS,
    RECALLED,
    SEEN,
    SOURCES,
    SPLITS,
    WAYS,
    Config,
    _labelled,
    best_guess,
    bounds,
    brain_of,
    scenes_of,
    taught,
)

TINY = Config(n_known=24, n_train=12, n_test=8, n_state=4, n_steps=2)


def test_best_guess_by_hand() -> None:
    """Cue 0 is answered a, a, b and cue 1 is answered c: three of four, and two without a cue."""
    rows = pd.DataFrame({"all": 0, "cue": [0, 0, 0, 1], "answer": list("aabc")})
    assert best_guess(rows, "answer", ["cue"]) == 0.75
    assert best_guess(rows, "answer", ["all"]) == 0.5


def test_lines_of_recall() -> None:
    """Who is told more can say more; six pairs of an episode are six different ones."""
    data = scenes_of(TINY, 0)
    chance, majority, nobody, ceiling = bounds(data)
    episodic, semantic = range(2)
    labels = [RECALLED.index(name) for name in GROUPS]
    assert np.all(chance[:, labels] <= majority[:, labels] + 1e-12)
    assert np.all(majority[:, labels] < nobody[episodic, labels])
    np.testing.assert_allclose(majority[semantic, labels], nobody[semantic, labels])
    assert np.all(ceiling[:, labels] == 1)
    assert ceiling[episodic, RECALLED.index("predicate")] == 1
    assert ceiling[semantic, RECALLED.index("predicate, untold")] == pytest.approx(
        majority[semantic, RECALLED.index("predicate")]
    )
    objects = defaultdict(Counter)
    rows = pairs(data.world, data.train)
    for scene, s, o in zip(*map(np.asarray, (rows.scene, rows.subject, rows.object)), strict=True):
        objects[scene, s][o] += 1
    right = sum(max(each.values()) for each in objects.values()) / len(rows.scene)
    assert ceiling[episodic, RECALLED.index("object")] == pytest.approx(right)


@pytest.mark.slow
def test_without_working_memory_nothing_is_passed_on() -> None:
    """W of 2020 stays 0 while all else learns, and the predicate is the same whatever is told."""
    data = scenes_of(TINY, 0)
    brain = brain_of(TINY, data, "2020", "without")
    train = annotated(brain, data.world, data.train, first_episode=0)
    weights = taught(TINY, brain, "without", train, 0)
    assert not weights.from_context.any()
    assert np.abs(weights.episodes).max() > 0
    told, untold = (answers(brain, weights, train, how).surprise for how in ("teacher", "none"))
    np.testing.assert_allclose(told, untold, rtol=1e-6)
    assert brain_of(TINY, data, "2023", "without").evolution == "none"
    assert brain_of(TINY, data, "2023", "with").evolution == "recurrent"


@pytest.mark.parametrize("model", MODELS)
def test_what_is_told_reaches_labels_in_2023_only(model) -> None:
    """In episodic recall, labels of 2020 are read from the trace, before anything is told."""
    data = scenes_of(TINY, 0)
    brain = brain_of(TINY, data, model, "with")
    train = annotated(brain, data.world, data.train, first_episode=0)
    weights = brain.begin(key=jax.random.key(0))
    random = np.random.default_rng(0)
    weights = jax.tree.map(lambda w: w + random.normal(size=w.shape).astype(w.dtype), weights)
    told, untold = (
        answers(brain, weights, train, how, source="episodic") for how in ("teacher", "none")
    )
    same = np.array([np.array_equal(told.labels[k], untold.labels[k]) for k in GROUPS])
    assert same.all() == (model == "2020")
    assert not np.array_equal(told.surprise, untold.surprise)


def made_up(config: Config) -> Any:
    """All nodes from random proportions, without a brain."""
    random = np.random.default_rng(0)
    nets = (config.n_seeds, len(MODELS), len(MEMORY))
    shapes = {
        "seen": (*nets, len(WAYS), len(SPLITS), len(SEEN)),
        "recalled": (*nets, len(SOURCES), len(RECALLED)),
    }
    found = {name: random.uniform(size=shape) for name, shape in shapes.items()}
    return _labelled(config, list(range(config.n_seeds)), found)


def test_differences_are_paired_over_worlds() -> None:
    """2020 - 2023 and with - without, world by world; every number has its mean in the table."""
    tree = made_up(replace(TINY, n_seeds=3))
    each = tree["each"].to_dataset()
    paired = each["recalled"].sel(model="2020") - each["recalled"].sel(model="2023")
    found = tree["recalled by model"].to_dataset()
    np.testing.assert_allclose(found["mean"], paired.mean("seed"), atol=1e-12)
    assert (found["low"].values >= paired.min("seed").values - 1e-12).all()
    paired = each["seen"].sel(memory="with") - each["seen"].sel(memory="without")
    np.testing.assert_allclose(tree["seen by memory"]["mean"], paired.mean("seed"), atol=1e-12)
    table = EXPERIMENT.numbers(tree)
    assert not table["mean"].isna().any()
    assert set(table["bound"].dropna()) == set(BOUNDS)
    figure = EXPERIMENT.plot(tree)
    assert [ax.get_title() for ax in figure.axes][-2:] == [
        "2020 minus 2023",
        "With minus without working memory",
    ]


@pytest.mark.slow
def test_both_see_relations_by_working_memory_and_2020_recalls_them(tmp_path) -> None:
    """One world at full size: what the outcome says of predicates and of labels in memory."""
    config = EXPERIMENT.preset("paper")
    tree = EXPERIMENT.run(replace(config, n_seeds=1), Session(results=tmp_path))
    seen = tree["seen"]["mean"].sel(way="winner", split="known", measure="predicate @1")
    assert (seen.sel(memory="with") > seen.sel(memory="without") + 0.03).all()
    recalled = tree["recalled"]["mean"].sel(memory="with", source="episodic")
    predicate, b_class = (recalled.sel(question=name) for name in ("predicate", "b_class"))
    assert float(predicate.sel(model="2020")) > float(predicate.sel(model="2023")) + 0.2
    assert float(b_class.sel(model="2020")) < 0.8
    assert float(b_class.sel(model="2023")) > 0.95
