"""Sparsey at serial recall and change detection: counting by hand, and what the chain must do."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from cogmem.data import load_trials
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("sparsey_sits")


@pytest.fixture(scope="module")
def names(experiment):
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def said(experiment, names):
    config = replace(experiment.default, n_people=12, n_lists=20)
    return names["recalled"](config, key=jax.random.key(1))


def test_number_of_lists_before_by_hand(names) -> None:
    found = names["_within_person"](np.array([7, 7, 2, 7, 2]))
    assert found.tolist() == [0, 1, 0, 2, 1]


def test_accuracy_by_block_leaves_out_the_first_position(names) -> None:
    """Two of the five later positions right in the first list, none in the second."""
    responses = np.array([[1, 2, 4, 3, 5, 0], [1, 3, 2, 5, 4, 0]])
    found = names["_by_block"]((responses, np.array([1, 1])))["value"].sel(subject=1)
    assert float(found[0]) == pytest.approx(0.2)
    assert np.isnan(found[1:]).all()


@pytest.mark.slow
def test_every_item_is_said_once_and_the_first_is_given(said) -> None:
    assert (np.sort(said, axis=-1) == np.arange(1, 7)).all()
    assert (said[..., 0] == 1).all()


@pytest.mark.slow
def test_first_lists_are_recalled_and_later_ones_interfered_with(said) -> None:
    """The first list is in place; after nineteen others, 60 items' SE of .06 below half."""
    right = (said == np.arange(1, 7))[..., 1:].mean(axis=(0, 2))
    assert right[0] > 0.9
    assert right[15:].mean() < 0.5


@pytest.mark.slow
def test_evidence_of_single_probes_does_not_depend_on_the_number_of_objects(names) -> None:
    single = names["looked"](20, True, key=jax.random.key(0))
    assert (single.same.min(axis=1) > 0.97).all()
    assert (single.changed.max(axis=1) < 0.3).all()
    whole = names["looked"](20, False, key=jax.random.key(0))
    assert (np.diff(whole.changed.mean(axis=1)) > 0).all()


@pytest.mark.slow
def test_fit_finds_the_rule_that_made_the_rates(names) -> None:
    whole = names["looked"](50, False, key=jax.random.key(0))
    rule = names["YesNo"](criterion=float(names["CRITERIA"][60]), noise=0.2)
    rates = np.stack([each.mean(axis=1) for each in names["_rates"](rule, whole)])
    found = names["fitted"](whole, rates)
    assert float(found.criterion) == pytest.approx(float(rule.criterion), abs=0.011)
    assert float(found.noise) == pytest.approx(0.2)


@pytest.mark.slow
def test_whole_experiment_beside_people(experiment) -> None:
    try:
        load_trials("farrell_lewandowsky2004")
        load_trials("adam2015")
    except DataNotFound:
        pytest.skip("people's files are not here; COGMEM_DATA may name their folder")
    table = experiment.numbers(experiment.run(experiment.default, Session()))
    held = table[(table["panel"] == "capacity") & (table["at"] == 6)].set_index("source")["mean"]
    assert held["people"] < 3 < held["Sparsey, single probe"]
