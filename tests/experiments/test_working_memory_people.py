"""Findings of working memory: published numbers come out, and a set that is not here is named."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.data import entry
from cogmem.data.registry import where
from cogmem.errors import DataNotFound
from cogmem.lab import working_memory_findings
from cogmem.lab.experiment import Session, find_experiment


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("working_memory_people")


@pytest.fixture(scope="module")
def tree(experiment):
    missing = [name for name in experiment.people if where(entry(name)) is None]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}; set COGMEM_DATA")
    return experiment.run(type(experiment.default)(n_resamples=20), Session())


def mean(tree, path):
    return tree[path]["mean"].values


def test_there_are_thirteen_sets(experiment):
    assert len(experiment.people) == 13
    assert "thirteen data sets" in experiment.title


def test_items_held_level_off(tree):
    """K of Adam et al. (2015) with 2 to 6 colours."""
    found = mean(tree, "items held/Adam et al. (2015)")
    np.testing.assert_allclose(found, [1.83, 2.43, 2.71, 2.54, 2.62], atol=0.0051)


def test_indices_are_those_of_the_curves(tree):
    """The first or last of eight less the mean of the six between, by the means of all people."""
    for i, lists in enumerate(("any order", "in place", "forward", "backward")):
        curve = mean(tree, f"serial positions/{lists}")
        for name, end in (("primacy", 0), ("recency", -1)):
            index = mean(tree, f"primacy and recency/{name}")[i]
            assert index == pytest.approx(curve[end] - curve[1:-1].mean())
    n = tree["primacy and recency/primacy"]["n"].values
    assert n.tolist() == [40, 40, 8, 8]


def test_the_cost_of_a_switch_is_that_of_the_table(tree):
    for experiment, times in {1: [0.973, 1.144], 2: [0.987, 1.143]}.items():
        found = mean(tree, f"switch/Experiment {experiment}")
        np.testing.assert_allclose(found[:2], times, atol=0.001)
        assert found[2] == pytest.approx(found[1] - found[0])


def test_loads_are_in_their_order(tree):
    load = tree["load/spatial, spatial"]
    assert load["load"].values.tolist() == ["low", "medium", "high"]
    np.testing.assert_allclose(load["mean"], [2.98, 2.44, 2.12], atol=0.0051)


def test_every_number_is_in_the_table_within_its_interval(experiment, tree):
    table = experiment.numbers(tree)
    assert len(table) == sum(
        child["mean"].size for node in tree.values() for child in node.values()
    )
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
    assert table["finding"].nunique() == 12


def test_every_finding_has_a_panel_with_axis_titles(experiment, tree):
    figure = experiment.plot(tree)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 12
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes)


def test_a_set_that_is_not_here_is_named_in_figure_and_table(experiment, monkeypatch):
    def missing(name):
        raise DataNotFound(f"{name}.csv is in none of the places\nmore")

    space = experiment.run.__globals__
    monkeypatch.setattr(working_memory_findings, "load_trials", missing)
    one = {"retention interval": space["FINDINGS"]["retention interval"]}
    monkeypatch.setitem(space, "FINDINGS", one)
    found = experiment.run(experiment.default, Session())
    table = experiment.numbers(found)
    assert table["curve"].tolist() == ["not here"]
    (text,) = experiment.plot(found).axes[0].texts[-1:]
    assert "ricker2014.csv is in none" in text.get_text()
