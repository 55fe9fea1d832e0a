"""CITATION.cff and THIRD_PARTY.md are what the functions that write them say now."""

from __future__ import annotations

import re
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError, version

import pytest
import yaml

from cogmem.data import catalogue
from cogmem.lab import notices
from cogmem.lab.bibliography import parse
from cogmem.models.card import read_cards
from tests.packaging.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = notices.requirements(PROJECT)
PAGE = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

MIT_TWICE = [("License", "MIT"), ("Classifier", "License :: OSI Approved :: MIT License")]
LONG = [("License", "Copyright (c) 2020\nAll rights"), *MIT_TWICE[1:]]


def rows() -> dict[str, list[str]]:
    """Cells of the table of packages, by package."""
    cells = (line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| "))
    return {row[0]: row for row in cells if len(row) == 4}


def as_pinned(package: str) -> bool:
    """Whether the version that is installed is one that the lock file has."""
    try:
        return f"\n{package}=={version(package)}" in f"\n{LOCK}"
    except PackageNotFoundError:
        return False


def test_every_direct_dependency_is_listed_with_what_it_is_for() -> None:
    listed = {name: (row[1], row[3]) for name, row in rows().items() if name != "package"}
    wanted = {
        name: (extra or "always", notices.USES[name])
        for extra, names in PACKAGES.items()
        for name in names
    }
    assert listed == wanted


def test_no_use_is_told_of_what_is_not_needed() -> None:
    assert {name for names in PACKAGES.values() for name in names} == set(notices.USES)


@pytest.mark.parametrize("package", sorted(notices.USES))
def test_licences_are_those_that_the_packages_state(package: str) -> None:
    if not as_pinned(package):
        pytest.skip("not installed, or in another version, which may state it in other words")
    assert rows()[package][2] == notices.licence(notices.metadata(package))


def test_licences_of_data_are_those_of_the_registry() -> None:
    for row in catalogue():
        line = next(line for line in PAGE.splitlines() if f"`{row['name']}`" in line)
        assert line.startswith(f"| {row['licence']} | ")
    assert PAGE.count("| no licence file (oberauer/BenchmarksWM) | not to be passed on") == 2


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([("License-Expression", "BSD-3-Clause"), *MIT_TWICE], "BSD-3-Clause"),
        (MIT_TWICE, "MIT"),
        (LONG, "MIT License"),
        ([], "not stated in its metadata"),
    ],
)
def test_licence_in_a_few_words(stated: list[tuple[str, str]], expected: str) -> None:
    package = Message()
    for name, value in stated:
        package[name] = value
    assert notices.licence(package) == expected  # type: ignore[arg-type]


# ---- CITATION.cff --------------------------------------------------------------------------------


def test_the_citation_file_is_what_is_written_now() -> None:
    kept = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert kept == notices.citation_file(PROJECT["version"], PROJECT["license"])


def test_the_citation_file_follows_the_format() -> None:
    """Keys, kinds and types of Citation File Format 1.2.0, as far as they are used here."""
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0"
    assert cff["authors"] == [{"name": "The cogmem developers"}]
    assert (cff["version"], cff["license"]) == (PROJECT["version"], PROJECT["license"])
    assert not {"doi", "url", "repository", "repository-code", "date-released"} & set(cff)
    kinds = {"article", "book", "conference-paper", "report", "generic"}
    texts = {"title", "journal", "volume", "issue", "start", "end", "doi", "notes"}
    for one in cff["references"]:
        assert one["type"] in kinds
        assert isinstance(one["year"], int)
        assert all(isinstance(one[name], str) for name in texts & set(one))
        assert set(one) <= texts | {"type", "authors", "year", *notices._BODIES.values()}
        assert all(
            set(who) in ({"family-names", "given-names"}, {"name"}) for who in one["authors"]
        )


def test_the_citation_file_has_every_paper_of_every_card() -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    cited = {(one["authors"][0].get("family-names"), one["year"]) for one in cff["references"]}
    for card in read_cards().values():
        for work in parse(card.bibtex):
            assert (work.families[0], int(work.fields["year"])) in cited


def test_letters_are_letters_and_not_their_latex() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "Schäfl" in text
    assert not re.search(r"[{}]|\\[a-z\"']", text.replace('\\"', ""))
