"""What `cogmem new-experiment` writes works as it is, wherever it lies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import pytest
from typer.testing import CliRunner

from cogmem import cli
from cogmem.errors import InvalidValue
from cogmem.lab.experiment import find_experiment, list_experiments
from cogmem.lab.new_experiment import files_of, next_steps
from cogmem.lab.new_model import write
from cogmem.lab.settings import settings

NAME = "my_drifts"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new experiment, in the working folder; results go there too."""
    for variable in ("COGMEM_EXPERIMENTS", "COGMEM_RESULTS"):
        monkeypatch.setenv(variable, "")  # so that what is put there is taken back
        monkeypatch.delenv(variable)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for module in (f"experiments.{NAME}", NAME):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.chdir(tmp_path)
    write(files_of(NAME), tmp_path)
    return tmp_path / f"{NAME}.py"


def cogmem(*words: str) -> str:
    """What the command says; it must succeed."""
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_two_files_of_that_name_without_a_placeholder() -> None:
    texts = files_of(NAME)
    assert list(texts) == ["my_drifts.py", "test_my_drifts.py"]
    for text in texts.values():
        for placeholder in ("{name}", "{Class}", "{Title}"):
            assert placeholder not in text


def test_it_says_that_nothing_was_run_yet(script: Path) -> None:
    found = find_experiment(str(script))
    assert found.name == NAME
    assert set(found.presets) == set(found.cost) == {"quick", "paper"}
    assert "nothing was run yet" in found.agrees
    assert "nothing was run yet" in found.disagrees
    assert found.sources
    assert found.answers
    known = settings(found.default)
    assert all(known[name].meaning for name in ("list_length", "n_lists", "model.encoding_drift"))


def test_it_runs_by_path_and_is_then_known_by_name(script: Path) -> None:
    """People and model are on the same axes; the figure is made again with the same numbers."""
    cogmem("run", f"./{NAME}.py", "--out", "out")
    table = Path(f"out/{NAME}.csv").read_text()
    for who in ("people", "drift 0.3", "drift 0.6", "drift 0.9"):
        assert f'"{who}, lag_crp"' in table
    assert Path(f"out/{NAME}.png").stat().st_size > 10_000
    for name in (f"{NAME}.py", NAME):
        said = cogmem("figure", name, "--check", "--out", "out")
        assert "1 figure, 1 unchanged" in said
    swept = cogmem("sweep", f"{NAME}.py", "--over", "model.recall_drift=0.5,0.9")
    assert "2 cells done, 0 failed" in swept


def test_it_runs_as_a_script_from_another_folder(script: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, str(script), "--out", "out"],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "out" / f"{NAME}.csv").is_file()


def test_its_test_passes_and_fails_when_the_model_is_broken(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(script.parent)
    names: dict[str, Any] = {}
    text = script.with_name(f"test_{NAME}.py").read_text()
    exec(compile(text, str(script.with_name(f"test_{NAME}.py")), "exec"), names)
    faster = names["test_with_a_faster_drift_recall_starts_with_the_last_word_more_often"]
    names["test_a_cell_gives_probabilities_and_the_same_ones_for_the_same_key"]()
    faster()
    whole = names["cell"]
    names["cell"] = lambda config, *, key: whole(names["SMALL"], key=key)
    with pytest.raises(AssertionError):
        faster()


def test_the_environment_variable_is_beside_what_cogmem_has(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = list_experiments()
    assert NAME not in own
    monkeypatch.setenv("COGMEM_EXPERIMENTS", str(script.parent))
    assert list_experiments() == sorted([NAME, *own])  # and its test is no experiment
    assert find_experiment(NAME) is find_experiment(str(script))


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(InvalidValue, match="there is an experiment called fan_effect already"):
        files_of("fan_effect", list_experiments())


def test_next_steps_are_commands_on_the_files(tmp_path: Path) -> None:
    paths = [tmp_path / file for file in files_of(NAME)]
    said = next_steps(paths)
    for command in (f"cogmem run {paths[0]}", f"pytest {paths[1]}", f"EXPERIMENTS={tmp_path}"):
        assert command in said


def test_a_cell_is_pure(script: Path) -> None:
    """It can be compiled, and gives what it gives by itself."""
    found = find_experiment(str(script))
    assert found.cell is not None
    small = type(found.default)(list_length=6, n_lists=5)
    eager = found.cell(small, key=jax.random.key(1))
    compiled = jax.jit(lambda key: found.cell(small, key=key))(jax.random.key(1))  # type: ignore[misc]
    for name, curve in eager.items():
        assert curve.shape == tuple(len(found.labels(small)[dim]) for dim in found.outputs[name])
        assert jax.numpy.allclose(curve, compiled[name], equal_nan=True)
