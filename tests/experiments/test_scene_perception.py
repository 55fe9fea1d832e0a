"""Perception of scenes: what each condition changes, paired differences, and the known effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.models.index_layer import picks
from cogmem.tasks.scenes import ceilings


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("scene_perception")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    return replace(experiment.default, n_known=24, n_train=12, n_test=8, n_state=4, n_steps=2)


def test_every_condition_is_compared_with_one_that_is_run(names) -> None:
    """Also in the quick preset; and each differs from it in what its name says, no more."""
    conditions = names["CONDITIONS"]
    for chosen in (names["FEW"], tuple(conditions)):
        assert {conditions[name].against for name in chosen} <= set(chosen)
    for name, one in conditions.items():
        base = conditions[one.against]
        changed = {key for key in one.brain if one.brain[key] != base.brain.get(key)}
        changed |= {key for key in one.lessons if one.lessons[key] != base.lessons.get(key)}
        changed |= {"entities"} if not one.entities else set()
        assert len(changed) == {"full model": 0, "neither (direct)": 2}.get(name, 1), name


def test_gates_1_0_are_no_feedback(names, tiny) -> None:
    """q <- 1 q + 0 a: attention with these gates decodes bit by bit what no feedback decodes."""
    data = names["scenes_of"](tiny, 0)
    brain, train, _ = names["prepared"](tiny, names["CONDITIONS"]["full model"], data)
    weights = brain.begin(key=jax.random.key(0))
    example = jax.tree.map(lambda each: each[0], train)

    def scores(brain: Any, way: Any) -> list[Any]:
        inputs, choices = brain.perceive(weights, example.regions), brain.choices(weights)
        found = brain.decode(weights, inputs, choices, picks(way))
        return [found.predicate.scores, found.object.unary["age"]]

    gated, mute = scores(replace(brain, feedback=0.0), "attention"), scores(brain, "none")
    for one, other in zip(gated, mute, strict=True):
        assert np.array_equal(one, other)
    assert not np.allclose(scores(brain, "attention")[0], mute[0], atol=1e-4)


def test_without_entities_classes_compete(names, tiny) -> None:
    """Subject and object are one of 24 B-classes, and the true ones are those of the labels."""
    data = names["scenes_of"](tiny, 0)
    brain, train, tests = names["prepared"](tiny, names["CONDITIONS"]["no entity indices"], data)
    classes = brain.vocabulary.ids("b_class")
    choices = brain.choices(brain.begin(key=jax.random.key(0)))
    assert choices.subject.ids.tolist() == classes.tolist()
    world = np.asarray(data.world.b_class)
    expected = classes[world[np.ravel(data.train.objects)]]
    assert np.asarray(train.targets.object).tolist() == expected.tolist()
    assert np.asarray(tests["novel"].targets.subject).min() >= 0


def test_observers_on_the_parts_make_up_the_whole(names, tiny) -> None:
    """Seen and unseen triples, weighted by how many there are, give the task's ceiling."""
    data = names["scenes_of"](tiny, 0)
    score, triple = names["observed"](data)
    expected = ceilings(data)
    at = names["MEASURES"].index("predicate @1")
    best = names["OBSERVERS"].index("ceiling")
    for s, split in enumerate(names["TESTS"]):
        share = float(expected["unseen_triples"].sel(split=split))
        whole = float(expected["with_geometry"].sel(split=split))
        assert score[best, s, at] == pytest.approx(whole, abs=1e-6)
        seen, unseen = triple[best, s, :, 0]
        assert (1 - share) * seen + share * unseen == pytest.approx(whole, abs=1e-6)


def made_up(names, config) -> Any:
    """All nodes from random proportions, without a brain."""
    random = np.random.default_rng(0)
    n, shape = len(names["named"](config)), (len(names["WAYS"]), 2, len(names["MEASURES"]))
    found = {
        "score": random.uniform(size=(config.n_seeds, n, *shape)),
        "triple": random.uniform(size=(config.n_seeds, n, 2, 2, 3)),
    }
    return names["_labelled"](config, np.arange(config.n_seeds), found)


def test_differences_are_paired_and_in_the_own_way(names, tiny, experiment) -> None:
    """Direct, tested without feedback, less perception only, tested with attention."""
    config = replace(tiny, n_seeds=3, conditions="all")
    tree = made_up(names, config)
    each = tree["each"]["score"]
    direct = each.sel(condition="neither (direct)", way="none")
    other = each.sel(condition="perception only", way="attention")
    found = tree["differences"].to_dataset().sel(condition="neither (direct)")
    np.testing.assert_allclose(found["mean"], (direct - other).mean("seed"), atol=1e-12)
    paired = (direct - other).values
    assert (found["low"].values >= paired.min(axis=0) - 1e-12).all()
    table = experiment.numbers(tree)
    assert not table["mean"].isna().any()
    assert "each" not in set(table["node"])
    figure = experiment.plot(tree)
    labels = [text.get_text() for text in figure.axes[4].get_yticklabels()]
    assert len(labels) == len(names["CONDITIONS"]) - 1  # all but the full model itself


@pytest.mark.slow
def test_context_carries_the_predicate(experiment, names, tmp_path) -> None:
    """Spec 8, remarks (1) and (5), one world: what is lost without context is far more than
    without feedback; danger is known with memory, and no better than the majority without (T13).
    """
    config = replace(experiment.default, n_steps=1500)
    tree = experiment.run(config, Session(results=tmp_path))
    known = tree["conditions"]["mean"].sel(split="known")
    predicate = known.sel(measure="predicate @1")
    assert float(predicate.sel(condition="full model")) > 0.45
    assert float(predicate.sel(condition="no context")) < 0.45
    without_feedback = float(predicate.sel(condition="no feedback"))
    assert without_feedback > float(predicate.sel(condition="neither (direct)")) + 0.05
    danger = known.sel(measure="danger")
    assert float(danger.sel(condition="full model")) > 0.9
    assert 0.3 < float(danger.sel(condition="perception only")) < 0.7
    again = experiment.run(config, Session(results=tmp_path))  # from the store
    assert again["each"].to_dataset().identical(tree["each"].to_dataset())
