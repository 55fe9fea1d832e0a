"""An installation without extras: all of it can be imported, and what is missing has a name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROJECT = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = {
    "bayes": {"numpyro", "arviz"},
    "cluster": {"dask", "dask-jobqueue"},
    "graphs": {"networkx"},
    "images": {"scikit-learn"},
    "notebooks": {"ipywidgets", "jupyterlab"},
    "spiking": {"brian2"},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `without_extras.py` prints, from an empty folder."""
    folder = tmp_path_factory.mktemp("without")
    variables = os.environ | {"COGMEM_RESULTS": str(folder / "results")}
    done = subprocess.run(
        [sys.executable, str(HERE / "without_extras.py"), str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=variables,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_module_and_every_experiment_can_be_imported(told: dict[str, Any]) -> None:
    assert told["failed"] == {}


def test_what_needs_an_extra_names_the_package_and_the_extra(told: dict[str, Any]) -> None:
    assert {name.partition(":")[0] for name in told["raised"]} == set(PACKAGES)
    wrong = {
        name: raised
        for name, raised in told["raised"].items()
        if not any(
            f"{package} is not installed. Run: pip install 'cogmem[{extra}]'" in raised
            for extra in [name.partition(":")[0]]
            for package in PACKAGES[extra]
        )
    }
    assert wrong == {}


def test_commands_end_with_that_message_and_no_traceback(told: dict[str, Any]) -> None:
    commands = [raised for name, raised in told["raised"].items() if "RuntimeError" in raised]
    assert len(commands) >= 6
    assert all(raised.startswith("RuntimeError: 2: error: ") for raised in commands)


def test_the_extras_have_those_packages() -> None:
    for extra, packages in PACKAGES.items():
        listed = " ".join(PROJECT["optional-dependencies"][extra])
        assert all(package in listed for package in packages)


def test_doctor_says_what_is_missing_and_how_to_get_it(told: dict[str, Any]) -> None:
    missing = {row[0]: row[2] for row in told["doctor"] if row[1] == "missing"}
    assert len(missing) >= len(PACKAGES)
    for extra in PACKAGES:
        assert any(f"pip install 'cogmem[{extra}]'" in remark for remark in missing.values())
