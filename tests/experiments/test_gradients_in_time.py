"""Gradients back in time: what is asked for, conditions, refusals; a run; what is learnt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.models.sequence_model import Passage
from tests.models.bdh_weights import untrained


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("gradients_in_time")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    sizes = {"n_neurons": 32, "n_heads": 2, "width": 8, "n_layers": 2, "length": 16, "batch": 2}
    lists = {"half": 3, "lists": 4, "n_tested": 8, "n_train": 3000, "n_held_out": 600}
    steps = {"n_steps": 4, "n_recall_steps": 4, "block": 2, "n_looks": 2}
    return replace(experiment.default, **sizes, **lists, **steps, dampings=(1.0, 0.9))


def test_only_the_second_half_is_asked_for(names, tiny) -> None:
    """Of halves of 3, five tokens are read, and the last three targets are counted."""
    n_tokens, draw = names["task_of"](tiny, "repeated half")
    rows = draw(2, key=jax.random.key(0))
    assert n_tokens == 26
    assert rows.counted.tolist() == [[0, 0, 1, 1, 1]] * 2
    assert rows.targets[:, 2:].tolist() == rows.tokens[:, :3].tolist()


def test_what_is_not_asked_for_does_not_count(names, tiny) -> None:
    """Other targets at places that are not counted change nothing."""
    model = names["bdh"](tiny, 26, detached=True)
    assert model.detached
    rows = names["task_of"](tiny, "repeated half")[1](4, key=jax.random.key(1))
    weights = untrained(model)
    found = [
        names["asked_loss"](model, weights, Passage(rows.tokens, targets, rows.counted))
        for targets in (rows.targets, rows.targets.at[:, :2].set(0), rows.targets.at[:, 2].add(1))
    ]
    assert found[0] == found[1] != found[2]
    assert found[0] == pytest.approx(np.log(26), abs=0.1)


def test_all_conditions_are_there(names, tiny) -> None:
    """Two dampings, with and without gradients back in time, emptied and carried."""
    readers = names["readers"](tiny)
    assert len(set(readers)) == 8
    assert {reader.damping for reader in readers} == {1.0, 0.9}


def test_what_cannot_be_is_refused(tiny) -> None:
    with pytest.raises(InvalidValue, match="multiples of block x n_looks, 4"):
        replace(tiny, n_steps=6)
    with pytest.raises(InvalidValue, match="lists of"):
        replace(tiny, tested=(3, 27))


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tiny, tmp_path) -> None:
    """Before learning gradients make no difference; all losses are numbers; a second run is
    alike.
    """
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    course = tree["text_course"].to_dataset()["mean"]
    assert course.dims == ("damping", "gradient", "state", "look")
    assert np.isfinite(course).all()
    first = course.sel(look=0)
    np.testing.assert_allclose(first, first.isel(gradient=[0, 0], state=[0, 0]), rtol=1e-6)
    assert tree["recall"].to_dataset()["mean"].notnull().all()
    again = experiment.run(tiny, session)
    assert again["stream"].to_dataset().equals(tree["stream"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_gradients_through_time_are_worth_something(experiment, tmp_path) -> None:
    """The quick preset: on lists of 5 words the loss is lower with them."""
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    recall = tree["recall_course"].to_dataset()["mean"].sel(task="serial recall").isel(look=-1)
    assert float(recall.sel(gradient="through time")) < float(recall.sel(gradient="within a token"))
    assert jnp.isfinite(jnp.asarray(recall.values)).all()
