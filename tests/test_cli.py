"""The command line: what it lists, and how it fails."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cogmem import cli
from cogmem.errors import UnknownName
from cogmem.models.card import markdown_table, read_cards


def call(*words: str):
    return CliRunner().invoke(cli.app, words)


def test_list_names_every_model():
    result = call("list")
    assert result.exit_code == 0
    for name in read_cards():
        assert name in result.output


def test_list_of_a_model_prints_its_card():
    output = call("list", "tcm").output
    assert "not_reproduced" in output
    assert "primacy" in output


def test_cite_prints_bibtex_of_the_models_named():
    output = call("cite", "tcm", "cmr").output
    assert "howard2002distributed" in output
    assert "polyn2009context" in output
    assert "healey2014memory" not in output


def test_an_unknown_model_is_refused_with_the_nearest():
    result = call("cite", "tmc")
    assert result.exit_code == 2
    assert "Did you mean 'tcm'?" in result.output


def test_an_unknown_preset_is_refused_before_anything_runs(tmp_path):
    result = call("compare", "--preset", "quik", "--out", str(tmp_path / "figures"))
    assert result.exit_code == 2
    assert "Did you mean 'quick'?" in result.output
    assert not (tmp_path / "figures").exists()


def test_an_unknown_experiment_is_refused():
    result = call("run", "comparisn")
    assert result.exit_code == 2
    assert "comparison" in result.output


def test_data_lists_every_set_with_its_citation():
    output = call("data").output
    for word in ("peers", "morton2013", "murdock1962", "126", "Healey", "psifr"):
        assert word in output


def test_doctor_says_what_is_here():
    result = call("doctor")
    assert result.exit_code == 0
    for word in ("jax", "brian2", "COGMEM_DATA", "devices"):
        assert word in result.output


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cogmem.lab.experiment.find_experiment", stop)
    result = call("run", "comparison")
    assert result.exit_code == 130
    assert "goes on from there" in result.output


def test_the_table_of_the_readme_is_that_of_the_cards(pytestconfig):
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    assert markdown_table(list(read_cards().values())) in readme


def test_errors_read_as_sentences():
    with pytest.raises(UnknownName) as error:
        raise UnknownName("model", "smr", ["cmr", "tcm"])
    assert str(error.value) == "unknown model 'smr'. Did you mean 'cmr'? Known: cmr, tcm."
