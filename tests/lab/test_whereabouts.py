"""From a name to the code behind it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.errors import UnknownName
from cogmem.lab.whereabouts import where

ROOT = Path(__file__).parents[2]


def told(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in where(name):
        found.setdefault(place.what, []).append(place.path.relative_to(ROOT).as_posix())
    return found


def test_a_measure_is_where_it_is_defined():
    """By list and by person: both are called that."""
    found = told("lag_crp")
    assert found["function of measures.recall"] == ["cogmem/measures/recall.py"]
    assert found["function of measures.counts"] == ["cogmem/measures/counts.py"]


def test_a_model_with_its_card_its_mind_its_experiments_and_its_tests():
    found = told("tcm")
    assert found["model and its card"] == ["cogmem/models/tcm.py"]
    assert all(path.startswith("cogmem/participants/") for path in found["participant TCM"])
    assert "experiments/comparison.py" in found["experiment with it"]
    assert "tests/models/test_tcm.py" in found["tests"]


def test_what_the_table_calls_cmr_is_told_before_another_model_of_that_name():
    first, *others = where("CMR")
    assert first.what == "model of CMR in fits and the table"
    assert first.path.name == "support_cmr.py"
    assert "cmr.py" in {each.path.name for each in others}


def test_a_figure_is_found_by_any_of_its_files():
    assert where("figures/minds.json") == where("minds.png") == where("minds")


def test_a_data_set_is_where_it_is_registered():
    (place,) = [each for each in where("Peers") if each.what == "data set"]
    line = place.path.read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert '"peers"' in line


def test_an_experiment_and_its_test():
    found = told("fan_effect")
    assert found["experiment"] == ["experiments/fan_effect.py"]
    assert "tests/experiments/test_fan_effect.py" in found["tests"]
    assert found["function of plots"] == ["cogmem/plots/fan_effect.py"]


def test_the_line_is_that_of_the_definition():
    for place in where("LAG_CRP"):
        line = place.path.read_text(encoding="utf-8").splitlines()[place.line - 1]
        assert line.startswith("def lag_crp(")
        assert str(place).endswith(f"{place.path.name}:{place.line}")


def test_every_mind_has_a_file():
    from cogmem.participants.roster import minds

    for name in minds():
        assert any(each.what.startswith("participant") for each in where(name))


def test_what_is_nowhere_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'lag_crp'"):
        where("lag_crpp")
    assert CliRunner().invoke(app, ["where", "lag_crpp"]).exit_code == 2


def test_only_what_is_written_out_counts_as_a_model(tmp_path):
    from cogmem.lab.whereabouts import _models_of

    path = tmp_path / "x.py"
    path.write_text(ast.unparse(ast.parse("EXPERIMENT = Experiment(name='x', models=('bdh',))")))
    assert _models_of(path) == ("bdh",)
    path = tmp_path / "y.py"
    path.write_text("EXPERIMENT = Experiment(name='y')")
    assert _models_of(path) == ()
