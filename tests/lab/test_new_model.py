"""What `cogmem new-model` writes works as it is, and it writes nothing where it should not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jax
import pytest
from typer.testing import CliRunner

from cogmem import cli
from cogmem.errors import InvalidValue
from cogmem.lab.new_model import files_of, next_steps, notebook_of, write
from cogmem.participants import conformance, roster

NAME = "slow_leak"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new model that can be imported, and leaves no name behind in the roster."""
    roster.minds()  # so that the others register in the roster that stays
    monkeypatch.setattr(roster, "_ROSTER", dict(roster._ROSTER))
    monkeypatch.syspath_prepend(tmp_path)
    for module in (NAME, f"test_{NAME}", f"joined.{NAME}"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    write(files_of(NAME), tmp_path)
    return tmp_path / f"{NAME}.py"


def test_three_files_of_that_name_without_a_placeholder() -> None:
    texts = files_of(NAME)
    assert list(texts) == ["slow_leak.py", "test_slow_leak.py", "slow_leak.ipynb"]
    for text in texts.values():
        for placeholder in ("{name}", "{Class}", "{Title}"):
            assert placeholder not in text
    assert '@enter("Slow leak")\nclass SlowLeakParticipant(Participant):' in texts["slow_leak.py"]


def test_the_model_joins_the_others_and_satisfies_all_rules(model: Path) -> None:
    roster.join(model)
    mind = roster.minds()["Slow leak"]
    conformance.check(mind)
    assert list(mind.parameters) == ["decay"]
    sits = ["free recall", "serial recall", "recognition"]
    assert [name for name in conformance.PARADIGMS if mind.sitting(name)] == sits


def test_its_test_passes_and_fails_when_the_model_is_broken(model: Path) -> None:
    names: dict[str, Any] = {}
    exec(model.with_name(f"test_{NAME}.py").read_text(), names)
    behaviour = next(f for name, f in names.items() if name.startswith("test_the_last"))
    behaviour()
    names["SlowLeakModel"].study = lambda self, traces, item: traces
    with pytest.raises(AssertionError):
        behaviour()


def test_its_notebook_runs(model: Path, capsys: pytest.CaptureFixture) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    cells = json.loads(model.with_suffix(".ipynb").read_text())["cells"]
    assert cells[0]["source"].startswith("# Slow leak beside people\n")
    names: dict[str, Any] = {}
    code = (cell["source"] for cell in cells if cell["cell_type"] == "code")
    with jax.numpy_rank_promotion("allow"):  # as in a user's notebook
        for source in code:
            exec(source.replace("%matplotlib inline", ""), names)
    assert set(names["model"]) == set(names["people"])
    assert len(names["gain"]) == 8
    assert "mean:" in capsys.readouterr().out
    names["plt"].close("all")


def test_cells_of_a_notebook() -> None:
    book = json.loads(notebook_of("# %% [markdown]\n# # One\n#\n# two\n\n# %%\na = 1\n\nb = 2\n"))
    assert [cell["source"] for cell in book["cells"]] == ["# One\n\ntwo", "a = 1\n\nb = 2"]
    assert [cell["cell_type"] for cell in book["cells"]] == ["markdown", "code"]
    assert len({cell["id"] for cell in book["cells"]}) == 2
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.reads(json.dumps(book), 4))


@pytest.mark.parametrize("name", ["a b", "2nd", "", "my-model", "class", "../x", "é"])
def test_names_that_no_module_can_have_are_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="letters, digits and underscores"):
        files_of(name)


@pytest.mark.parametrize("name", ["json", "cogmem", "test_mine"])
def test_names_of_other_modules_are_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="another module"):
        files_of(name)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(InvalidValue, match="there is a model called Simple already"):
        files_of("simple", ["SIMPLE"])


def test_nothing_is_written_if_one_of_the_files_is_there(tmp_path: Path) -> None:
    (tmp_path / f"test_{NAME}.py").write_text("mine")
    with pytest.raises(InvalidValue, match=f"test_{NAME}.py would be overwritten"):
        write(files_of(NAME), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"test_{NAME}.py"]
    assert (tmp_path / f"test_{NAME}.py").read_text() == "mine"


def test_the_folder_may_not_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidValue, match="expected a folder"):
        write(files_of(NAME), tmp_path / "file")


def test_the_command_writes_and_says_what_to_do_next(tmp_path: Path) -> None:
    words = ["new-model", NAME, "--out", str(tmp_path / "new")]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    paths = [tmp_path / "new" / file for file in files_of(NAME)]
    assert all(path.is_file() for path in paths)
    assert next_steps(paths) in result.output
    assert f"cogmem compare --model {paths[0]}" in result.output
    again = CliRunner().invoke(cli.app, words)
    assert again.exit_code == 2
    assert "would be overwritten" in again.output
