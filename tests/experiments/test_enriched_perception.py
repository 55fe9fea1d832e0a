"""Enriched perception: secrets, entities that are told instead, contrasts, and what memory adds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("enriched_perception")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"n_known": 200, "n_train": 12, "n_test": 8, "n_state": 4, "n_steps": 2}
    return replace(experiment.default, **sizes)


def test_secrets_are_labels_of_the_entities(names, tiny) -> None:
    """The label of every subject and object is the bit that its entity has, in all rows."""
    secrets = names["scenes_of"](tiny, 0)
    brain = names["brain_of"](tiny, secrets.data)
    scenes = secrets.data.novel
    rows = names["rows_of"](brain, secrets, scenes)
    told = np.ravel(rows.labels["secret"]) - brain.vocabulary.ids("secret")[0]
    subject, object_ = np.ravel(scenes.subjects), np.ravel(scenes.objects)
    expected = np.stack([subject, object_], axis=1).ravel()
    assert told.tolist() == secrets.bits[expected].tolist()
    assert set(told.tolist()) == {0, 1}
    assert brain.vocabulary.names[-1] == "secret"


def test_brains_of_all_worlds_are_one_program(names, tiny) -> None:
    """Equal brains are compiled once; the names of entities differ from world to world."""
    first, second = (
        names["brain_of"](tiny, names["scenes_of"](tiny, seed).data) for seed in (0, 1)
    )
    assert first.vocabulary == second.vocabulary
    assert len(set(first.vocabulary.labels)) == len(first.vocabulary)


def test_no_lesson_teaches_hidden_labels_in_perception(names) -> None:
    """But the reference in which nothing is hidden, by its name."""
    for name, lessons in names["LESSONS"].items():
        hidden = () if name == "nothing hidden" else ("danger", "secret")
        assert lessons.hidden == hidden


@pytest.mark.parametrize("alike", [True, False])
def test_others_have_the_other_secret(names, tiny, alike: bool) -> None:
    """Lookalikes share the B-class and so the danger; the unlike have the other danger."""
    secrets = names["scenes_of"](tiny, 0)
    who = names["who_is_in"](secrets.data.known)
    random = np.random.default_rng(0)
    found = names["others"](secrets, who, alike=alike, random=random)
    assert found.max() < secrets.data.world.n_known
    assert (secrets.bits[found] != secrets.bits[who]).all()
    b_class, danger = (
        np.asarray(getattr(secrets.data.world, name)) for name in ("b_class", "danger")
    )
    assert ((b_class[found] == b_class[who]) == alike).all()
    assert ((danger[found] == danger[who]) == alike).all()


def test_who_is_told_changes_and_what_is_true_does_not(names, tiny) -> None:
    secrets = names["scenes_of"](tiny, 0)
    brain = names["brain_of"](tiny, secrets.data)
    rows = names["rows_of"](brain, secrets, secrets.data.known)
    wrong = 0 * names["who_is_in"](secrets.data.known)
    told = names["instead"](brain, rows, wrong)
    assert (np.asarray(told.targets.object) == brain.vocabulary.ids("entity")[0]).all()
    assert told.labels is rows.labels
    assert told.targets.predicate is rows.targets.predicate


def test_the_best_answer_falls_with_noise_and_the_commonest_is_none(names, tiny) -> None:
    """Entities: all right with the usual noise, fewer at three times it, still above majority."""
    majority, ceiling = names["observed"](tiny, 0)
    at = {name: n for n, name in enumerate(names["MEASURES"])}
    entity = ceiling[:, at["entity"]]
    assert entity[0] > 0.98 > entity[-1] > majority[0, at["entity"]]
    assert (np.diff(entity) <= 0).all()
    assert 0.3 < majority[0, at["secret"]] < 0.7


def test_figure_and_contrasts_of_made_up_results(names, tiny, experiment) -> None:
    """Contrasts are differences within seeds; the figure shows known entities by all told."""
    config, random = replace(tiny, n_seeds=2), np.random.default_rng(0)
    n, n_measures = len(names["LESSONS"]), len(names["MEASURES"])
    found = {
        "fed": random.uniform(size=(2, n, len(names["FED"]), 2, n_measures)),
        "vision": random.uniform(size=(2, n, 3, len(names["NOISE"]), n_measures)),
        "strength": random.uniform(size=(2, n, 5, 3, n_measures)),
        "ratio": random.uniform(size=(2, n)),
    }
    tree = names["_labelled"](config, np.arange(2), found)
    each = tree["each_vision"]["score"]
    memory = each.sel(lessons="with memory", way="attention")
    alone = each.sel(lessons="perception only", way="attention")
    contrast = tree["contrasts"]["mean"].sel(contrast="memory")
    np.testing.assert_allclose(contrast, (memory - alone).mean("seed"), atol=1e-12)
    assert not experiment.numbers(tree)["mean"].isna().any()
    figure = experiment.plot(tree)
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks[:4] == ["nothing", "attention", "winner", "true entity"]


@pytest.mark.slow
def test_memory_tells_what_perception_was_never_taught(experiment, tmp_path) -> None:
    """Spec 8, remark (5), T13: danger from memory, for novel entities as well. The secret of a
    known entity is fully known without a view; while it is seen its index helps, a wrong index does
    not, and of novel entities it is chance.
    """
    config = replace(experiment.default, n_steps=1500)
    tree = experiment.run(config, Session(results=tmp_path))
    fed = tree["fed"]["mean"].sel(lessons="with memory")
    danger = fed.sel(measure="danger", fed="attention")
    assert float(danger.sel(split="known")) > 0.9
    assert float(danger.sel(split="novel")) > 0.87
    secret = fed.sel(measure="secret")
    known = secret.sel(split="known")
    assert float(known.sel(fed="true entity")) > float(known.sel(fed="nothing")) + 0.03
    assert float(known.sel(fed="true entity")) > float(known.sel(fed="lookalike")) + 0.1
    assert float(known.sel(fed="memory alone")) > 0.95
    assert 0.4 < float(secret.sel(split="novel", fed="winner")) < 0.6
    strong = tree["strength"]["mean"].sel(lessons="with memory", measure="secret")
    assert float(strong.sel(strength=8, fed="lookalike")) < 0.4  # it is believed
    assert float(tree["ratio"]["mean"].sel(lessons="with memory")) < 0.3
    never = tree["fed"]["mean"].sel(lessons="perception only", measure="secret", split="known")
    assert 0.4 < float(never.sel(fed="true entity")) < 0.6
