"""The wheel, installed where no checkout is near."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest

from cogmem.lab.experiment import list_experiments
from tests.packaging.conftest import ROOT, Built

BIN = "Scripts" if os.name == "nt" else "bin"
FEW = ("n_people=1", "n_generations=1", "population=4", "n_draws=2", "n_copies=1")


def ran(*command: str | Path, folder: Path, **variables: str) -> str:
    """What a command prints, from an empty folder, without anything that leads to the checkout."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "COGMEM_EXPERIMENTS", "COGMEM_RESULTS"}
    around = {name: value for name, value in os.environ.items() if name not in hidden}
    around["JAX_COMPILATION_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "cogmem-tests-xla")
    done = subprocess.run(
        [str(each) for each in command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=around | variables,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment with cogmem from the wheel, and all else from the environment of tests.

    A path file shows the other packages; those that such files would show in turn, as a checkout
    that is installed to be edited, are not followed.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    python = folder / BIN / "python"
    wheel = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", built.wheel)
    ran(python, "-m", "pip", "install", *wheel, folder=folder)
    places = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(ran(python, "-c", script, folder=folder).strip())
    (own / "others.pth").write_text("\n".join(sorted(places)), encoding="utf-8")
    return python


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_it_is_the_wheel_and_not_the_checkout(python: Path, empty: Path) -> None:
    code = (
        "import cogmem, inspect; from cogmem.lab.experiment import find_experiment;"
        "print(cogmem.__file__); print(inspect.getfile(find_experiment('cmr_sweep').cell))"
    )
    told = ran(python, "-c", code, folder=empty)
    assert str(ROOT) not in told
    assert all(line.startswith(str(python.parents[1])) for line in told.splitlines())


def test_every_experiment_is_listed(python: Path, empty: Path) -> None:
    told = ran(python.with_name("cogmem"), "list", "experiments", folder=empty)
    missing = [name for name in list_experiments() if name not in told]
    assert missing == []


def test_an_experiment_runs_and_its_figure_is_written_here(python: Path, empty: Path) -> None:
    cogmem = python.with_name("cogmem")
    ran(cogmem, "run", "cmr_sweep", "--preset", "quick", "--out", "here", folder=empty)
    written = {path.name for path in (empty / "here").iterdir()}
    assert written == {f"cmr_sweep.{kind}" for kind in ("svg", "png", "csv", "json")}
    cited = ran(cogmem, "cite", "--figure", "here/cmr_sweep.json", folder=empty)
    assert "howard2002distributed" in cited
    assert cited.startswith("@misc{cogmem,")


def test_the_measured_table_and_the_cards_come_with_it(python: Path, empty: Path) -> None:
    cogmem = python.with_name("cogmem")
    told = ran(cogmem, "compare", "--measured", "--markdown", folder=empty)
    assert "| SIMPLE |" in told
    assert "support_cmr" in ran(cogmem, "list", folder=empty)
    assert "ebbinghaus1885" in ran(cogmem, "data", folder=empty)


def test_a_model_can_be_begun(python: Path, empty: Path) -> None:
    ran(python.with_name("cogmem"), "new-model", "leaky_trace", folder=empty)
    assert {path.name for path in empty.iterdir()} >= {"leaky_trace.py", "test_leaky_trace.py"}


def test_minds_are_compared_on_one_person_of_what_comes_with_packages(
    python: Path, empty: Path
) -> None:
    changed = [word for each in FEW for word in ("--set", each)]
    told = ran(
        python.with_name("cogmem"),
        "compare",
        *changed,
        "--out",
        "here",
        folder=empty,
        COGMEM_DATA=str(empty / "none"),
        COGMEM_CACHE=str(empty / "cache"),
        COGMEM_OFFLINE="1",
    )
    assert "Tensor Brain" in told
    assert (empty / "here" / "minds.csv").is_file()


@pytest.mark.slow
def test_an_empty_environment_installs_it_and_compares(built: Built, tmp_path: Path) -> None:
    """With everything that it needs from the package index, and nothing else; skipped without."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    python = folder / BIN / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    reached = subprocess.run(
        [*command, "--no-deps", "jaxtyping"], capture_output=True, text=True, check=False
    )
    if reached.returncode != 0:
        pytest.skip("no package index answers")
    ran(*command, built.wheel, folder=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert str(ROOT) not in ran(python, "-c", "import cogmem; print(cogmem.__file__)", folder=empty)
    cogmem = python.with_name("cogmem")
    changed = [word for each in FEW for word in ("--set", each)]
    told = ran(cogmem, "compare", *changed, "--out", "here", folder=empty, COGMEM_OFFLINE="1")
    assert "Tensor Brain" in told
