"""Experiments on single characteristics of working memory: panels of networks and of people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.data import entry
from cogmem.data.registry import where
from cogmem.lab.experiment import Session, find_experiment
from cogmem.lab.worm_networks import Networks
from cogmem.lab.worm_panels import ENOUGH, PAPER

NAMES = (
    "worm_complex_span",
    "worm_features",
    "worm_first_recall",
    "worm_retention",
    "worm_serial_positions",
    "worm_set_size",
    "worm_similarity",
    "worm_structure",
    "worm_switching",
)
TINY = Networks(all_tasks=True, width=6, n_steps=10, batch=2, n_trials=240)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One folder for all, so that two networks are taught once."""
    return Session(results=tmp_path_factory.mktemp("results"))


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_people_and_untaught_networks_at_base(name: str, session: Session) -> None:
    """Ten steps teach nothing: no curve of networks is five standard errors above its base.

    But of switching, which is learnt within ten steps to some degree.
    """
    experiment = find_experiment(name)
    missing = [each for each in experiment.people if where(entry(each)) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not on this machine")
    tree = experiment.run(TINY, session)
    kinds = set()
    for key, node in tree.children.items():
        if key == "indices":
            continue
        kinds |= set(node["who"].values)
        inside = node.to_dataset()
        assert (inside["low"] <= inside["mean"] + 1e-9).where(inside["mean"].notnull(), True).all()
        if "networks" in inside["who"].values and name != "worm_switching":
            assert not (inside["beyond"] >= ENOUGH).any(), key
    assert kinds == ({"people", "networks"} if experiment.people else {"networks"})
    table = experiment.numbers(tree)
    assert set(table["node"]) == set(tree.children)
    assert ("indices" in tree.children) == bool(experiment.people)
    figure = experiment.plot(tree)
    assert isinstance(figure, Figure)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_title() for ax in shown)
    assert experiment.preset("paper") == PAPER


def test_all_ask_the_same_networks(session: Session) -> None:
    """Two subjects with two stores, whichever experiments were run."""
    find_experiment("worm_structure").run(TINY, session)
    assert len(list(Path(session.results).glob("worm_network-*"))) == 2


def test_indices_of_people_are_those_of_the_gallery(session: Session) -> None:
    """Free recall of eight words: recency .383, as in `working_memory_people`."""
    if where(entry("grenfell_essam_ward2012")) is None:
        pytest.skip("grenfell_essam_ward2012 is not on this machine")
    tree: xr.DataTree = find_experiment("worm_serial_positions").run(TINY, session)
    found = tree["indices"].to_dataset().sel(curve="free_recall: people, words", index="recency")
    np.testing.assert_allclose(float(found["mean"]), 0.383, atol=5e-4)
