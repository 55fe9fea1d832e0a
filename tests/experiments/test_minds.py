"""The table of minds: its tree, its files, on a few people, minds and paradigms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.fit.paradigms import paradigms
from cogmem.lab import minds_run, show
from cogmem.lab.experiment import Session, find_experiment
from cogmem.participants.retrieved_context import ContextParticipant
from cogmem.participants.roster import Mind, minds

FEW = ("null", "ACT-R", "HLOP", "TCM")
HERE = ("free recall", "paired associates", "fact verification")
"""Those whose people, or published numbers, come with the packages."""


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("minds")


@pytest.fixture(scope="module")
def config(experiment):
    """Hardly searched: what is tested is the accounting."""
    return type(experiment.presets["quick"])(
        n_people=3,
        n_generations=2,
        population=4,
        n_draws=4,
        n_copies=1,
        n_recovered=2,
        n_refits=1,
        other_data=True,
    )


@pytest.fixture(scope="module")
def few():
    """Only these minds and paradigms, for all runs of this file."""
    everyone, every = minds(), paradigms()
    chosen = {name: everyone[name] for name in FEW}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minds_run, "minds", lambda: chosen)
        patch.setattr(minds_run, "paradigms", lambda: {name: every[name] for name in HERE})
        yield chosen


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def tree(experiment, config, few, results):
    return experiment.run(config, Session(results=results))


def test_every_cell_is_filled_or_says_why(tree):
    for mind in FEW:
        for paradigm in HERE:
            cell = tree.to_dataset().sel(model=mind, paradigm=paradigm)
            assert cell["how"].item() != "not declared by its author"
            filled = np.isfinite(cell["gain"].item())
            scored = not cell["why_no_bits"].item()
            assert filled == (cell["sits"].item() and scored), (mind, paradigm)


def test_the_null_gains_nothing_and_is_ranked(tree):
    null = tree.to_dataset().sel(model="null")
    np.testing.assert_allclose(null["gain"].dropna("paradigm"), 0, atol=1e-12)
    assert np.isfinite(null["rank"]).all()
    assert null["n_fitted"].item() == 0


def test_everyone_who_searches_has_the_same_budget(tree):
    scores = tree.to_dataset()
    searched = scores["n_evaluations"].values[scores["n_evaluations"].values > 1]
    assert set(searched.tolist()) == {2 * 4} == {tree.attrs["budget"]}


def test_published_means_are_fitted_and_not_scored(tree):
    fan = tree.to_dataset().sel(paradigm="fact verification")
    assert fan["gain"].isnull().all()
    rmsd = tree["rmsd"].sel(curve="fan effect")
    assert rmsd.sel(model="ACT-R").item() < rmsd.sel(model="null").item()
    assert fan["rank"].sel(model="ACT-R").item() == 1


def test_the_pool_is_worth_the_list_itself(tree):
    """Knowing that it is one of 16 of 1,638 words is worth log2(1638 / 16) bits, before ends."""
    null = tree["pool_gain"].sel(model="null", paradigm="free recall").item()
    assert 0.8 * np.log2(1638 / 16) < null < np.log2(1638 / 16)


def test_a_second_run_computes_nothing_and_gives_the_same_bits(experiment, config, tree, results):
    (kept,) = results.glob("minds-*.nc")
    before = kept.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cogmem.lab.minds._results", None)  # calling it would raise
        patch.setattr("cogmem.lab.minds_run.recovered", None)
        again = experiment.run(config, Session(results=results))
    xr.testing.assert_identical(again, tree)
    assert kept.read_bytes() == before


def test_the_tree_is_read_without_anything_being_computed(tree, results):
    (kept,) = results.glob("minds-*.nc")
    xr.testing.assert_equal(minds_run.measured(kept), tree)


def test_recovery_counts_every_simulated_person(tree):
    made = tree["recovery/free recall"]["count"]
    assert made.sum("chosen").values.tolist() == [2, 2]  # null and TCM, two people each
    assert "fact verification" not in tree["recovery"].children


def test_other_people_are_beside_the_headlines(tree):
    """Morton et al. (2013), whose lists come with psifr; ACT-R and HLOP do not sit free recall."""
    other = tree["other_data/free recall"].to_dataset().sel(data="morton2013")
    assert other["gain"].sel(model="TCM").item() > 0.1
    assert other["gain"].sel(model=["ACT-R", "HLOP"]).isnull().all()
    assert other["tau"].item() == 1  # null and TCM, in the same order


def test_a_mind_more_changes_no_other(experiment, config, few, tree, results, tmp_path):
    """Someone joins: the numbers of the others stay, and their work is not done again."""
    shutil.copytree(results, tmp_path / "results")
    twin = Mind("Twin", (ContextParticipant(few["TCM"].participants[0].model),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minds_run, "minds", lambda: few | {"Twin": twin})
        more = experiment.run(config, Session(results=tmp_path / "results"))
    kept = more.to_dataset().sel(model=list(FEW))
    for name in ("gain", "rmsd", "sensitivity"):
        np.testing.assert_array_equal(kept[name], tree[name])
    assert "Twin" in more["model"]


def test_figure_and_numbers_are_written(experiment, config, tree, tmp_path):
    asked = show.Run(experiment, "quick")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show.Run, "config", property(lambda self: config))
        patch.setattr(show.Run, "results", lambda self: tree)
        _, paths = show.carry_out(asked, tmp_path)
    assert {path.suffix for path in paths} == {".svg", ".png", ".csv", ".json"}
    numbers = pd.read_csv(tmp_path / "minds.csv")
    gain = numbers[(numbers["panel"] == "gain") & (numbers["model"] == "TCM")]
    told = tree["gain"].sel(model="TCM", paradigm="free recall").item()
    assert np.isclose(gain["value"], told, atol=1e-6).any()
    about = json.loads((tmp_path / "minds.json").read_text())
    assert about["config"]["n_generations"] == 2


def test_what_has_no_data_here_is_left_out_and_named(experiment, config, few, tmp_path):
    def missing(data: str, n_people: int):
        raise DataNotFound("the file is not here; put it there")

    every = {name: paradigms()[name] for name in HERE}
    absent = type(every["paired associates"])(
        "paired associates", ("nowhere",), every["paired associates"].curves, missing
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minds_run, "paradigms", lambda: every | {"paired associates": absent})
        patch.setattr(minds_run, "minds", lambda: {"null": few["null"], "TCM": few["TCM"]})
        tree = experiment.run(config, Session(results=tmp_path))
    assert "paired associates" not in tree["paradigm"]
    assert any("put it there" in each for each in np.atleast_1d(tree.attrs["left_out"]))
