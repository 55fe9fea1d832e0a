"""`cogmem fit`: from a file to a table of estimates, once."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmem import cli
from cogmem.data import to_table
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound, InvalidValue, NoRecallRows, UnknownName
from cogmem.lab import fitting
from cogmem.participants.roster import sitting
from tests.fit.simulated import simulated_people

N_PEOPLE, N_LISTS, N_ITEMS = 3, 20, 8
QUICK = ("--starts", "2", "--steps", "25")


@pytest.fixture(scope="module")
def recalls() -> Recalls:
    true = {"drift": np.array([0.4, 0.6, 0.8])}
    return simulated_people(sitting("TCM"), true, n_lists=N_LISTS, n_items=N_ITEMS)


@pytest.fixture(scope="module")
def folder(recalls, tmp_path_factory):
    """A file of one's own, fitted from the command line; the results beside it."""
    where = tmp_path_factory.mktemp("mine")
    to_table(recalls).to_csv(where / "mine.csv", index=False)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COGMEM_RESULTS", str(where / "results"))
        called = fit_file(where)
    assert called.exit_code == 0, called.output
    return where


def fit_file(where, *more: str):
    words = ("fit", "tcm", "--data", str(where / "mine.csv"), "--out", str(where / "fits"))
    return CliRunner().invoke(cli.app, [*words, *QUICK, *more])


def test_the_table_has_a_row_per_person_and_parameter(folder) -> None:
    table = pd.read_csv(folder / "fits" / "tcm_mine.csv")
    entries = sitting("TCM").parameters
    assert len(table) == N_PEOPLE * len(entries)
    assert table["parameter"].tolist()[: len(entries)] == list(entries)
    one = table.iloc[0]
    k, n = len(entries), one["n_events"]
    assert one["aic"] == pytest.approx(2 * one["nll"] + 2 * k, abs=0.01)
    assert one["bic"] == pytest.approx(2 * one["nll"] + k * np.log(n), abs=0.01)
    inside = table[table["low"].notna()]
    assert len(inside)
    # On a bound there is, in the digits of float32, nothing beyond an estimate.
    inner = inside[~inside["at_bound"]]
    assert len(inner)
    assert ((inner["low"] < inner["estimate"]) & (inner["estimate"] < inner["high"])).all()
    assert (inside["low"] < inside["high"]).all()
    # Whether these few lists put somebody on a bound depends on the machine's rounding.
    ways = {"95% by curvature of the likelihood", "95% by curvature, others held at bounds"}
    assert set(inside["interval"]) <= ways
    held = table.groupby("subject")["at_bound"].transform("any")[inside.index]
    assert ((inside["interval"] == "95% by curvature, others held at bounds") <= held).all()


def test_drift_is_estimated_in_the_right_order(folder) -> None:
    """True drifts .4, .6, .8; 20 lists of 8 words."""
    table = pd.read_csv(folder / "fits" / "tcm_mine.csv")
    drift = table[table["parameter"] == "drift"]["estimate"].to_numpy()
    assert drift[0] < drift[2]


def test_the_files_say_how_they_came_about(folder) -> None:
    told = json.loads((folder / "fits" / "tcm_mine.json").read_text())
    assert told["config"]["model"] == "TCM"
    assert told["config"]["n_starts"] == 2
    assert (folder / "fits" / "tcm_mine.svg").stat().st_size > 10_000


def test_what_is_fitted_is_not_fitted_again(folder, monkeypatch) -> None:
    """The same command reads the store; other settings have a store of their own."""
    monkeypatch.setenv("COGMEM_RESULTS", str(folder / "results"))
    before = (folder / "fits" / "tcm_mine.csv").read_bytes()
    monkeypatch.setattr(fitting, "fit", None)  # would fail if it were called
    again = fit_file(folder)
    assert again.exit_code == 0, again.output
    assert (folder / "fits" / "tcm_mine.csv").read_bytes() == before
    other = fit_file(folder, "--seed", "5")
    assert isinstance(other.exception, TypeError)


def test_a_file_that_moved_is_the_same_and_one_that_changed_is_not(folder, recalls) -> None:
    _, here = fitting.people_of(fitting.read_lists(str(folder / "mine.csv")), "subject")
    shutil.copy(folder / "mine.csv", folder / "moved.csv")
    _, moved = fitting.people_of(fitting.read_lists(str(folder / "moved.csv")), "subject")
    _, fewer = fitting.people_of(recalls[:-1], "subject")
    assert here == moved != fewer


def test_a_group_is_one_person_with_all_lists(recalls) -> None:
    people, _ = fitting.people_of(recalls, "group")
    assert people.subjects.tolist() == ["group"]
    assert people.n_lists.tolist() == [N_PEOPLE * N_LISTS]
    with pytest.raises(InvalidValue, match="'subject' or 'group'"):
        fitting.people_of(recalls, "person")


def test_faults_of_a_file_are_told_and_nothing_is_written(folder, tmp_path) -> None:
    table = pd.read_csv(folder / "mine.csv")
    table.loc[0, "trial_type"], table.loc[5, "position"] = "stduy", -3
    table.to_csv(tmp_path / "mine.csv", index=False)
    called = fit_file(tmp_path)
    assert called.exit_code == 2
    assert "stduy" in called.output
    assert "-3" in called.output
    assert not (tmp_path / "fits").exists()


def test_what_cannot_be_fitted_is_refused(recalls, tmp_path) -> None:
    unlike = to_table(recalls[:2]), to_table(recalls[2:4]).query("position < 5")
    pd.concat(unlike).to_csv(tmp_path / "mixed.csv", index=False)
    with pytest.raises(InvalidValue, match="lists of 4, 8 words"):
        fitting.read_lists(str(tmp_path / "mixed.csv"))
    assert fitting.read_lists(str(tmp_path / "mixed.csv"), length=8).length == 8
    with pytest.raises(UnknownName, match="Did you mean 'peers'"):
        fitting.read_lists("peer")
    with pytest.raises(DataNotFound, match=r"there is no file nofile\.csv"):
        fitting.read_lists("nofile.csv")
    null = CliRunner().invoke(cli.app, ["fit", "null", "--data", "peers"])
    assert "nothing to fit" in null.output
    nearest = CliRunner().invoke(cli.app, ["fit", "CMRR", "--data", "peers"])
    assert "Did you mean 'CMR'" in nearest.output


def test_what_a_file_holds_is_told_before_the_fit(folder, monkeypatch) -> None:
    monkeypatch.setenv("COGMEM_RESULTS", str(folder / "results"))
    first, *_ = fit_file(folder).stdout.splitlines()
    assert first.startswith(f"{N_PEOPLE} people, {N_PEOPLE * N_LISTS} lists of {N_ITEMS} words; ")
    assert first.endswith(" correct, 0 repeated, 0 of no studied word")


def test_lists_without_recall_rows_are_told_and_what_is_read_is_counted(folder, recalls) -> None:
    """Only the first list of the first person keeps its recall rows."""
    table = to_table(recalls)
    keep = (table["trial_type"] == "study") | ((table["subject"] == 1) & (table["list"] == 1))
    table[keep].to_csv(folder / "few.csv", index=False)
    n = N_PEOPLE * N_LISTS
    with pytest.warns(NoRecallRows, match=f"{n - 1} of {n} lists have no recall rows .subject 1, "):
        read = fitting.read_lists(str(folder / "few.csv"))
    assert read.n_out.tolist() == [recalls.n_out[0], *[0] * (n - 1)]


def test_the_name_of_the_files_says_whose_fit_it_is_and_of_which_kind() -> None:
    plan = fitting.FitPlan("Tensor Brain", "0")
    assert fitting.stem(plan, "a/b/mine.csv") == "tensor_brain_mine"
    assert fitting.stem(plan, "データ.csv") == "tensor_brain_データ"
    assert fitting.stem(replace(plan, by="group", bayes=True), "x.csv").endswith("x_group_bayes")


def test_the_files_of_another_fit_stay(folder, monkeypatch) -> None:
    monkeypatch.setenv("COGMEM_RESULTS", str(folder / "results"))
    kept = (folder / "fits" / "tcm_mine.csv").read_bytes()
    other = fit_file(folder, "--seed", "1")
    assert other.exit_code == 0
    assert (folder / "fits" / "tcm_mine.csv").read_bytes() == kept
    (beside,) = (folder / "fits").glob("tcm_mine_*.json")
    about = json.loads(beside.read_text())
    assert beside.stem == f"tcm_mine_{about['config_hash'][:8]}"
    assert about["config"]["seed"] == 1
