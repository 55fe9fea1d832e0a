"""What the wheel and the source distribution hold, and what they say of themselves."""

from __future__ import annotations

import configparser
import email
import json
import re
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from cogmem.lab import workbench
from tests.packaging.conftest import ROOT, Built

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MEGABYTE = 1e6
SOURCES = ("cogmem", "experiments", "notebooks", "tests")
BESIDES = ("pyproject.toml", "requirements.lock", "Makefile", "README.md", "LICENSE")
NOT_SOURCES = {"__pycache__", ".ipynb_checkpoints"}


def files(folder: str) -> set[str]:
    """Files of a folder of the repository, below its root."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not NOT_SOURCES & set(path.parts)
    }


def tracked(names: set[str]) -> set[str]:
    """Without what somebody's editor or run may have left: those that git would ignore or hide."""
    return {name for name in names if not re.search(r"(^|/)\.|~$|\.pyc$|\.orig$", name)}


@pytest.fixture(scope="module")
def wheel(built: Built) -> set[str]:
    with zipfile.ZipFile(built.wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def sdist(built: Built) -> set[str]:
    """Names below the folder that the archive has at its top."""
    with tarfile.open(built.sdist) as archive:
        names = [one.name for one in archive.getmembers() if one.isfile()]
    assert {name.partition("/")[0] for name in names} == {f"cogmem-{PROJECT['version']}"}
    return {name.partition("/")[2] for name in names}


@pytest.fixture(scope="module")
def metadata(built: Built) -> Message:
    with zipfile.ZipFile(built.wheel) as archive:
        return email.message_from_bytes(archive.read(f"{info(built)}/METADATA"))


def info(built: Built) -> str:
    return f"cogmem-{PROJECT['version']}.dist-info"


# ---- contents ------------------------------------------------------------------------------------


def test_the_wheel_holds_the_package_the_experiments_and_the_notebooks(wheel: set[str]) -> None:
    wanted = files("cogmem") | {f"cogmem/{name}" for name in files("experiments")}
    wanted |= {f"cogmem/{name}" for name in files("notebooks") if name.endswith(".ipynb")}
    assert tracked(wanted) - wheel == set()


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"cogmem/experiments/\w+\.py", 70),
        (r"cogmem/notebooks/\w+\.ipynb", 9),
        (r"cogmem/data/tables/\w+\.csv", 30),
        (r"cogmem/lab/templates/\w+\.txt", 3),
        (r"cogmem/participants/\w+\.npz", 8),
        (r"cogmem/lab/minds_measured\.nc", 1),
        (r"cogmem/lab/papers\.bib", 1),
    ],
)
def test_the_wheel_holds_what_is_no_code_too(wheel: set[str], pattern: str, least: int) -> None:
    assert len([name for name in wheel if re.fullmatch(pattern, name)]) >= least


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {"cogmem", f"cogmem-{PROJECT['version']}.dist-info"}
    assert not [name for name in wheel if "__pycache__" in name or name.startswith("cogmem/tests")]


def test_the_source_distribution_holds_what_the_tests_need(sdist: set[str]) -> None:
    wanted = {name for folder in SOURCES for name in files(folder)}
    wanted |= {"CITATION.cff", "THIRD_PARTY.md", "figures/minds.png", *BESIDES}
    assert tracked(wanted) - sdist == set()


def test_every_link_of_the_notebooks_that_a_wheel_prepares_leads_somewhere(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures and code: all that a notebook shows comes with it."""
    with zipfile.ZipFile(built.wheel) as archive:
        archive.extractall(tmp_path / "installed")
    monkeypatch.setattr(workbench, "_package", lambda: tmp_path / "installed" / "cogmem")
    place = workbench.prepare(tmp_path / "copy")
    links = [(path.name, link) for path in sorted(place.glob("*.ipynb")) for link in local(path)]
    assert {Path(link).suffix for _, link in links} >= {".ipynb", ".py", ".png", ".svg"}
    assert [(name, link) for name, link in links if ".." in link] == []
    assert [(name, link) for name, link in links if not (place / link).exists()] == []


def local(notebook: Path) -> list[str]:
    """The files that the text of a notebook links to or shows."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    links = re.findall(r"\]\((?!https?:|#)([^)\s]+)\)", text)
    return [link.partition("#")[0] for link in links]


def test_the_source_distribution_has_the_numbers_of_figures_and_pictures_that_are_shown(
    sdist: set[str],
) -> None:
    figures = {Path(name) for name in sdist if name.startswith("figures/")}
    assert {path.suffix for path in figures} <= {".csv", ".json", ".png", ".svg", ".md", ".html"}
    pictures = {path.name for path in figures if path.suffix in (".png", ".svg")}
    assert pictures == {"minds.png", "minds.svg", "worm_course.png", "worm_serial_positions.png"}
    kept = set((ROOT / "figures").glob("*.csv"))
    assert {path.name for path in kept} <= {path.name for path in figures}


def test_neither_is_large(built: Built) -> None:
    assert built.wheel.stat().st_size < 8 * MEGABYTE
    assert built.sdist.stat().st_size < 20 * MEGABYTE


# ---- metadata ------------------------------------------------------------------------------------


def test_the_command_is_declared(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        text = archive.read(f"{info(built)}/entry_points.txt").decode()
    points = configparser.ConfigParser()
    points.read_string(text)
    assert dict(points["console_scripts"]) == {"cogmem": "cogmem.cli:app"}


def test_licence_files_are_carried(wheel: set[str], metadata: Message) -> None:
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert set(metadata.get_all("License-File") or []) == {"LICENSE", "THIRD_PARTY.md"}
    for name in ("LICENSE", "THIRD_PARTY.md"):
        assert any(each.endswith(f"licenses/{name}") for each in wheel)


def test_the_description_is_the_readme(metadata: Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    described = metadata.get_payload(decode=True)
    assert isinstance(described, bytes)
    assert described.decode().strip() == readme.strip()


def test_no_address_is_invented(metadata: Message) -> None:
    assert metadata.get_all("Project-URL") is None
    assert metadata["Home-page"] is None
    assert metadata["Author-email"] is None


def test_needs_and_extras_are_those_of_the_project(metadata: Message) -> None:
    assert metadata["Requires-Python"].replace(" ", "") in (">=3.11,<3.14", "<3.14,>=3.11")
    assert set(metadata.get_all("Provides-Extra") or []) == set(PROJECT["optional-dependencies"])
    always = [each for each in metadata.get_all("Requires-Dist") or [] if "extra ==" not in each]
    assert len(always) == len(PROJECT["dependencies"])
