"""Figures: made from what is stored, checked against what was kept."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.lab.figures import Check, _difference, tally
from tests.lab.sweeps.conftest import experiments  # noqa: F401  (a fixture)


def call(*words: str):
    return CliRunner().invoke(app, words)


@pytest.fixture
def kept(tmp_path):
    """The folder of a figure that was made."""
    folder = tmp_path / "figures"
    assert call("figure", "walk", "--out", str(folder)).exit_code == 0
    return folder


def test_a_rerun_writes_the_same_bytes(kept, tmp_path):
    assert call("figure", "walk", "--out", str(tmp_path / "again")).exit_code == 0
    for kind in ("svg", "png", "csv"):
        again = (tmp_path / "again" / f"walk.{kind}").read_bytes()
        assert again == (kept / f"walk.{kind}").read_bytes()


def test_check_says_unchanged(kept):
    result = call("figure", "walk", "--check", "--out", str(kept))
    assert result.exit_code == 0
    assert "1 figure, 1 unchanged, 0 differ" in result.output


def test_check_says_which_number_differs_and_how_much(kept):
    path = kept / "walk.csv"
    head, first, *rest = path.read_text().splitlines()
    *labels, value = first.split(",")
    path.write_text("\n".join([head, ",".join([*labels, str(float(value) + 0.25)]), *rest]) + "\n")
    result = call("figure", "walk", "--check", "--out", str(kept))
    assert result.exit_code == 1
    assert "0 unchanged, 1 differs (walk: max |Δ| 0.25, tolerance 0.01)" in result.output


def test_a_difference_within_the_tolerance_is_none(kept):
    path = kept / "walk.csv"
    head, first, *rest = path.read_text().splitlines()
    *labels, value = first.split(",")
    path.write_text("\n".join([head, ",".join([*labels, str(float(value) + 0.004)]), *rest]) + "\n")
    assert call("figure", "walk", "--check", "--out", str(kept)).exit_code == 0


def test_a_figure_with_fewer_rows_differs(kept):
    path = kept / "walk.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert "max |Δ| inf" in call("figure", "walk", "--check", "--out", str(kept)).output


def test_a_figure_never_kept_is_told(tmp_path):
    result = call("figure", "walk", "--check", "--out", str(tmp_path / "empty"))
    assert result.exit_code == 1
    assert "nothing kept to compare with" in result.output


def test_the_tally_of_many_figures():
    checks = [Check(f"fig{i}", 0.0, 0.01) for i in range(11)] + [Check("fig3", 0.004, 0.001)]
    told = "12 figures, 11 unchanged, 1 differs (fig3: max |Δ| 0.004, tolerance 0.001)"
    assert tally(checks) == told


def test_what_is_not_here_is_left_out_of_the_comparison_and_said(kept):
    """Rows of the first column's name are left out, on both sides, and the rest is compared."""
    path = kept / "walk.csv"
    head, *rest = path.read_text().splitlines()
    gone = rest[0].split(",")[0]
    blank = ["not here"] + [""] * (head.count(",") - 1)
    path.write_text("\n".join([head, ",".join([gone, *blank]), *rest[1:]]) + "\n")
    result = call("figure", "walk", "--check", "--out", str(kept))
    assert result.exit_code == 0
    assert f"walk: not compared, no data here: {gone}" in result.output


def test_a_figure_of_which_nothing_is_compared_does_not_count_as_unchanged():
    checks = [Check("a", 0.0, 0.01), Check("b", 0.0, 0.01, left_out=("x",), compared=False)]
    first, second = tally(checks).splitlines()
    assert first == "2 figures, 1 unchanged, 0 differ, 1 not compared at all"
    assert second == "b: not compared, no data here: x"


def test_no_tolerance_lets_a_whole_column_go():
    """A share that falls from .9 to 0 is no small difference, even where 1 is tolerated."""
    kept = pd.DataFrame({"share": ["0.9", "0.5"], "n": ["100", "200"]})
    gone = kept.assign(share=["0", "0"])
    difference, allowed = _difference(gone, kept, 1.0)
    assert (difference, allowed) == (0.9, 0.45)
    assert _difference(kept.assign(n=["100.5", "200"]), kept, 1.0) == (0.5, 1.0)


def test_the_rounding_of_what_is_kept_is_no_difference():
    kept = pd.DataFrame({"n": ["1.23456"]})
    difference, allowed = _difference(kept.assign(n=["1.23457"]), kept, 1e-6)
    assert difference <= allowed


def test_explain_tells_made_from_other_settings(kept, tmp_path):
    made = call("figure", "walk", "--explain", "--out", str(kept)).output
    other = call("figure", "walk", "--explain", "--preset", "paper", "--out", str(kept)).output
    never = call("figure", "walk", "--explain", "--out", str(tmp_path / "empty")).output
    assert "made with these settings" in made or "changed since its commit" in made
    assert "made with other settings, preset quick" in other
    assert "was never made" in never


def test_a_setting_changed_is_in_the_provenance(tmp_path):
    folder = tmp_path / "changed"
    assert call("run", "walk", "--set", "noise=2", "--out", str(folder)).exit_code == 0
    how = json.loads((folder / "walk.json").read_text())
    assert how["config"]["noise"] == 2
    # A script of the user's own is found again by its path.
    run, word, path, *rest = how["command"].split()
    assert [run, word, Path(path).name] == ["cogmem", "run", "walk.py"]
    assert rest == ["--preset", "quick", "--set", "noise=2"]
    assert {"config", "versions", "commit", "device", "platform", "seconds"} <= set(how)


def test_names_or_all_must_be_given():
    result = call("figure")
    assert result.exit_code == 2
    assert "say --all" in result.output
