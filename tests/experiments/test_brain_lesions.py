"""Lesions of a Tensor Brain: what is left, by hand, and the dissociations that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.measures.replicates import mean_and_interval


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("brain_lesions")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_what_is_left_by_hand(names) -> None:
    """.9 right, .5 by chance: .7 is half of what was above chance, .4 is a quarter below it."""
    right = np.array([0.9, 0.7, 0.5, 0.4]).reshape(1, 1, 1, 4, 1)
    left = names["above_chance"](right, np.array([[0.5]]))
    assert left.ravel().tolist() == pytest.approx([1, 0.5, 0, -0.25])


def test_advantage_is_episodic_minus_known_labels(names) -> None:
    """Of six measures .9, .6, ...: .3."""
    left = np.array([0.9, 0.6, 0.1, 0.2, 0.3, 0.4]).reshape(1, 1, 1, 1, 6)
    assert names["advantage"](left).item() == pytest.approx(0.3)


def test_figure_of_made_up_results(names, experiment) -> None:
    """The legend gives right answers before the lesion, and chance."""
    axes = {"seed": None, "damage": list(names["DAMAGES"]), "site": list(names["SITES"])}
    axes |= {"severity": list(names["SEVERITIES"]), "measure": list(names["MEASURES"])}
    sizes = [2, *(len(labels) for name, labels in axes.items() if name != "seed")]
    right = np.broadcast_to(np.linspace(0.9, 0.5, sizes[3])[:, None], sizes)
    left = names["above_chance"](right, np.full((2, 6), 0.25))
    chance = xr.Dataset({"mean": ("measure", np.full(6, 0.25))}, {"measure": axes["measure"]})
    sites = {name: labels for name, labels in axes.items() if name != "measure"}
    nodes = {
        "right": mean_and_interval(right, axes, "seed"),
        "left": mean_and_interval(left, axes, "seed"),
        "advantage": mean_and_interval(names["advantage"](left), sites, "seed"),
        "chance": chance,
    }
    tree = xr.DataTree.from_dict(nodes)
    figure = experiment.plot(tree)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(labels) == 6
    assert all("(0.90; chance 0.25)" in label for label in labels)
    assert [ax.get_xlabel() for ax in figure.axes].count("Reduction of all weights") == 1
    table = experiment.numbers(tree)
    assert len(table[table["node"] == "left"]) == 2 * 3 * 11 * 6


@pytest.mark.slow
def test_dissociations(experiment) -> None:
    """Quick preset, spec 10 (H5): episodes carry recall by (t) and nothing else; W carries binary
    labels, not unary ones. That concepts carry all is not so: the predicate seen is spared."""
    tree = experiment.run(experiment.default, Session())
    left = tree["left"]["mean"].sel(damage="loss")
    gone = left.sel(severity=1.0)
    episodic, others = "entities of an episode", "known labels"
    assert float(gone.sel(site="episodes", measure=episodic)) < 0.15
    spared = gone.sel(site="episodes").drop_sel(measure=episodic)
    np.testing.assert_allclose(spared, 1)
    cut = gone.sel(site="working memory")
    assert float(cut.sel(measure="labels seen")) > 0.95
    assert float(cut.sel(measure="predicate seen")) < 0.8
    hurt = gone.sel(site="concepts")
    assert (hurt.drop_sel(measure="predicate seen") < 0.15).all()
    assert float(hurt.sel(measure="predicate seen")) > 0.9
    mild = left.sel(site="concepts", severity=0.2)
    assert float(mild.sel(measure=episodic)) < float(mild.sel(measure=others))
