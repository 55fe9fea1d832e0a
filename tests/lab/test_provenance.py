"""Provenance: the hash of a configuration, and what a result carries."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

import pytest

from cogmem.lab.provenance import commit, config_hash, provenance


@dataclass(frozen=True)
class Config:
    rate: float = 0.5
    data: str = "peers"


def test_the_hash_depends_on_every_value_and_on_nothing_else():
    assert config_hash(Config()) == config_hash(Config(0.5, "peers"))
    assert (
        len({config_hash(Config(0.5)), config_hash(Config(0.25)), config_hash(Config(data="x"))})
        == 3
    )


def test_provenance_is_json_and_names_versions_and_commit():
    how = json.loads(json.dumps(provenance(Config())))
    assert how["config"] == {"rate": 0.5, "data": "peers"}
    assert {"python", "jax", "numpy", "cogmem"} <= set(how["versions"])
    assert how["commit"]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with a package in it, as if cogmem were that."""
    package = tmp_path / "repo" / "cogmem"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package.parent / "notes.txt").write_text("")
    git = ["git", "-C", str(package.parent), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    monkeypatch.setattr("cogmem.__file__", str(package / "__init__.py"))
    return package


def test_only_code_that_was_changed_marks_the_commit(checkout):
    (checkout.parent / "notes.txt").write_text("figures made anew, say")
    assert len(commit()) == 40
    (checkout / "__init__.py").write_text("x = 1")
    assert commit().endswith(" (changed)")


def test_a_repository_around_an_environment_is_not_ours(checkout, monkeypatch):
    inner = checkout / "site-packages" / "cogmem"
    inner.mkdir(parents=True)
    monkeypatch.setattr("cogmem.__file__", str(inner / "__init__.py"))
    assert commit() == "unknown"
