"""Schema-consistent intrusions: the control labels by hand, the made scenes, and the prediction."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.measures.replicates import mean_and_interval
from cogmem.participants.scene_viewer import scene_brain
from cogmem.tasks.randomness import generator
from cogmem.tasks.scenes import draw_world

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("schema_intrusions")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_unrelated_labels_are_as_frequent_and_neither_true_nor_usual(names) -> None:
    """Labels 0 to 3 are true 4, 2, 3 and 1 times; the usual one is 0 or 1."""
    true = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 3])
    usual = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1, 0])
    fact = names["asked"](true, usual, 4)
    assert fact.odd.tolist() == [False] * 6 + [True] * 4
    # Beside 0 (4 times): 2 (3 times), or 1 (twice) where 2 is true. Beside 1 with 2 true: 3.
    assert fact.unrelated.tolist() == [2, 2, 2, 2, 2, 2, 1, 1, 3, 2]
    # Odd: unrelated 1, 1, 3, 2 (2, 2, 1 and 3 times), usual 0, 0, 1, 0 (4, 4, 2 and 4).
    assert names["relative_frequency"](fact) == pytest.approx(8 / 14)


def test_responses_by_hand(names) -> None:
    """Two usual cases and one odd one."""
    fact = names["Asked"](
        true=np.array([0, 1, 2]),
        usual=np.array([0, 1, 0]),
        unrelated=np.array([2, 2, 1]),
        odd=np.array([False, False, True]),
    )
    p = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.5, 0.2, 0.3]])
    assert names["_responses"](p, fact).tolist() == pytest.approx([0.7, 0.3, 0.5, 0.2])


def test_what_is_usual_is_the_case_as_often_as_was_asked_for(names) -> None:
    """Of 20,000: .8, standard error .003; the rest is spread over the five others."""
    typical = np.repeat(np.arange(6), 4000)
    found = names["usually"](typical, 6, 0.8, RNG)
    away = np.bincount((found - typical) % 6) / len(typical)
    assert away[0] == pytest.approx(0.8, abs=0.012)
    np.testing.assert_allclose(away[1:], 0.04, atol=0.006)


def test_episodes_show_what_their_rows_say(names, experiment) -> None:
    """Looks of activities and predicates are added once to boxes, as means to scene and pairs."""
    config = experiment.default
    world = draw_world(config.design, key=jax.random.key(0))
    schemas = names["draw_schemas"](world, generator(jax.random.key(1)))
    assert sorted(schemas.activity) == list(range(6))
    assert set(np.bincount(schemas.predicate.ravel())) == {2, 3}
    key = jax.random.key(2)
    scenes, activity = made = names["episodes"](world, schemas, 10, 0.8, key)
    plain = names["more_scenes"](world, 10, known=True, key=key)
    acts = schemas.looks["activity"][activity]
    np.testing.assert_allclose(scenes.boxes - plain.boxes, acts, atol=1e-5)
    np.testing.assert_allclose(scenes.scene - plain.scene, acts.mean(axis=1), atol=1e-5)
    brain = scene_brain(world, 10)
    rows = names["rows_of"](brain, world, made, 0)
    facts = names["cases"](brain, world, schemas, made, rows)
    # The first pair of the first scene.
    who = np.asarray(scenes.pairs)[0, 0]
    assert facts["activity"].true[:2].tolist() == activity[0, who].tolist()
    said = brain.vocabulary.read(rows.labels["activity"][0])
    assert said == brain.vocabulary.read(brain.vocabulary.ids("activity")[activity[0, who]])
    added = schemas.looks["predicate"][facts["predicate"].true[0]] + acts[0, who].mean(axis=0)
    np.testing.assert_allclose(scenes.pair_boxes[0, 0] - plain.pair_boxes[0, 0], added, atol=1e-5)
    classes = np.asarray(world.p_class)[np.asarray(scenes.entities)[0, who]]
    assert facts["activity"].usual[:2].tolist() == schemas.activity[classes].tolist()
    assert facts["predicate"].usual[0] == schemas.predicate[tuple(classes)]


def test_noise_is_in_units_of_the_spread_of_traces(names) -> None:
    """SD 3 around means of any size; noise of 2 SD has SD 6, to 2 %."""
    traces = jnp.asarray(10 * RNG.normal(size=100) + 3 * RNG.normal(size=(400, 100)))
    noise = names["blurred"](traces, 2.0, jax.random.key(0)) - traces
    assert float(noise.std()) == pytest.approx(6, rel=0.02)


def made_up(names, config) -> xr.DataTree:
    """All nodes from random probabilities, without a brain."""
    kinds, said = {"kind": list(names["KINDS"])}, {"said": list(names["RESPONSES"])}
    axes = {
        "noise": {"noise": list(names["NOISES"])},
        "age": {"age": list(config.ages)},
        "none": {},
    }
    nodes = {}
    for name, own in axes.items():
        each = {"seed": None, **own, **kinds}
        sizes = [2, *(len(labels) for labels in own.values()), 2]
        values = RNG.uniform(size=(*sizes, 4))
        nodes[name] = mean_and_interval(values, each | said, "seed")
        nodes[f"intrusion_{name}"] = mean_and_interval(
            values[..., 2] - values[..., 3], each, "seed"
        )
    nodes["labels"] = xr.Dataset({"chance": ("kind", [1 / 6, 1 / 16])}, kinds)
    return xr.DataTree.from_dict(nodes | {"people": names["people"]()})


def test_figure_of_made_up_results_names_what_was_not_read(names, experiment) -> None:
    tree = made_up(names, experiment.default)
    people = tree["people"].to_dataset()
    assert people["verified"].sum() == 1  # .40, in the abstract
    assert float(people["value"].sel(point="office: books")) == pytest.approx(0.3)
    figure = experiment.plot(tree)
    assert "secondary texts" in figure.texts[0].get_text()
    assert [ax.get_xlabel() for ax in figure.axes].count("Noise in the trace (SD of traces)") == 2
    table = experiment.numbers(tree)
    assert len(table[table["node"] == "noise"]) == 6 * 2 * 4


@pytest.mark.slow
def test_schemas_intrude_more_than_unrelated_labels(experiment) -> None:
    """Quick preset: intrusion rates above .2, the order that people have, and more with age."""
    tree = experiment.run(experiment.default, Session())
    assert (tree["intrusion_noise"]["low"].sel(noise=0) > 0.2).all()
    said = tree["noise"]["mean"].sel(noise=0)
    usual, schema, unrelated = (said.sel(said=s) for s in ("true, usual", "schema", "unrelated"))
    assert (usual > schema).all()
    assert (schema > unrelated).all()
    by_age = tree["intrusion_age"]["mean"]
    assert (by_age.isel(age=-1) > by_age.isel(age=0)).all()
    assert (tree["labels"]["frequency"] > 0.8).all()
