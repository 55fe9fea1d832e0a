"""The comparison: its table, its figure and its files, on a few people and two participants."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cogmem.lab import show
from cogmem.lab.experiment import Session, find_experiment, list_experiments
from cogmem.participants.roster import roster

FEW = ("null", "TCM", "TCM (shared readout)")


@pytest.fixture(scope="module")
def comparison():
    return find_experiment("comparison")


@pytest.fixture(scope="module")
def config(comparison):
    """Four people of PEERS, hardly fitted: what is tested is the accounting."""
    return type(comparison.presets["quick"])(
        n_people=4, n_starts=1, n_steps=25, n_polish=0, n_copies=2, block=4
    )


@pytest.fixture(scope="module")
def tree(comparison, config, tmp_path_factory):
    few = {name: roster()[name] for name in FEW}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(comparison.run.__globals__, "roster", lambda: few)
        yield comparison.run(config, Session(results=tmp_path_factory.mktemp("results")))


def test_comparison_is_found_by_name(comparison):
    assert "comparison" in list_experiments()
    assert set(comparison.presets) == {"quick", "paper"}


def test_the_null_gains_nothing_over_itself(tree):
    assert tree["gain"].sel(model="null").item() == 0
    np.testing.assert_array_equal(tree["gain_by_subject"].sel(model="null"), np.zeros(4))


def test_gain_is_the_mean_of_the_people(tree):
    np.testing.assert_allclose(tree["gain"], tree["gain_by_subject"].mean("subject"))
    assert (tree["gain_low"] <= tree["gain"]).all()
    assert (tree["gain"] <= tree["gain_high"]).all()


def test_parameters_are_counted_in_three_columns(tree):
    assert tree["n_fitted"].sel(model="TCM").item() == 5
    assert tree["n_fitted"].sel(model="TCM (shared readout)").item() == 5  # drift, rate, T, X1, X2
    assert tree["n_fitted"].sel(model="null").item() == 16  # a stopping curve
    assert tree["n_learnt"].sum().item() == tree["n_chosen"].sum().item() == 0


def test_people_and_models_are_measured_alike(tree):
    for measure in ("spc", "pfr", "lag_crp"):
        assert tree[measure]["source"].values.tolist() == ["people", *FEW]
    assert tree["spc"].sizes["x"] == 16
    np.testing.assert_allclose(tree["pfr"]["mean"].sum("x"), 1)


def test_rmsd_is_that_of_the_plotted_means(tree):
    spc = tree["spc"]["mean"]
    by_hand = np.sqrt(((spc.sel(source="TCM") - spc.sel(source="people")) ** 2).mean("x"))
    np.testing.assert_allclose(tree["rmsd"].sel(model="TCM", measure="spc"), by_hand)


def test_every_plotted_number_is_in_the_table(comparison, tree):
    numbers = comparison.numbers(tree)
    n_curves = (16 + 16 + 11) * (1 + len(FEW))
    assert len(numbers) == n_curves + len(FEW) + 3 * len(FEW)


def test_four_files_and_the_same_bytes_again(comparison, config, tree, tmp_path, monkeypatch):
    once = type(comparison)(**{**vars(comparison), "run": lambda config, session: tree})
    monkeypatch.setitem(comparison.presets, "tiny", config)
    for folder in ("a", "b"):
        show.carry_out(show.Run(once, "tiny"), tmp_path / folder)
    for kind in ("svg", "png", "csv"):
        files = [tmp_path / folder / f"comparison.{kind}" for folder in ("a", "b")]
        assert files[0].read_bytes() == files[1].read_bytes()
    how = json.loads((tmp_path / "a" / "comparison.json").read_text())
    assert how["preset"] == "tiny"
    assert how["config"]["n_people"] == 4
    assert len(pd.read_csv(tmp_path / "a" / "comparison.csv")) == len(comparison.numbers(tree))
