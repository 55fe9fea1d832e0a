"""What the README says can be done is done: its commands, its table, its links, its ten minutes."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

from cogmem.cli import app
from cogmem.data import read_csv

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
TEN_MINUTES = 600

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)")


def blocks(language: str, text: str = README) -> list[str]:
    """Code blocks of a language, without the indent of a list."""
    return [
        re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
        for indent, named, code in _BLOCK.findall(text)
        if named == language
    ]


def lines(text: str = README) -> list[list[str]]:
    """Every command of the shell blocks, in words, without its comment."""
    said = [line for block in blocks("sh", text) for line in block.splitlines()]
    return [words for line in said if (words := shlex.split(line, comments=True))]


FIRST = README[README.index("## The first ten minutes") : README.index("## The idea")]


@pytest.mark.parametrize("words", [w for w in lines() if w[0] == "cogmem"], ids=" ".join)
def test_every_command_exists_with_these_options(words: list[str]) -> None:
    COMMANDS[words[1]].make_context(words[1], words[2:])


def test_every_target_of_make_exists() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {words[1] for words in lines() if words[0] == "make"}
    named |= set(re.findall(r"`make ([a-z-]+)`", README))
    assert {"demo", "test", "figures", "docs"} <= named
    assert [name for name in sorted(named) if f"\n{name}:" not in rules] == []


def test_every_link_leads_somewhere() -> None:
    paths = [path for path in _LINK.findall(README) if "://" not in path]
    assert len(paths) >= 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_files_that_are_named_are_there() -> None:
    named = re.findall(
        r"`((?:cogmem|notebooks|experiments|figures|tests|docs)/[\w/.]+\.\w+)`", README
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_python_is_python_and_what_it_imports_is_there() -> None:
    (code,) = blocks("python")
    compile(code, "README.md", "exec")
    for module, names in re.findall(r"^from (\S+) import (.+)$", code, re.MULTILINE):
        found = importlib.import_module(module)
        for name in names.split(", "):
            assert hasattr(found, name), f"{module} has no {name}"


def test_the_table_shown_is_one_that_is_read(tmp_path: Path) -> None:
    (table,) = blocks("csv")
    path = tmp_path / "mine.csv"
    path.write_text(table)
    np.testing.assert_array_equal(read_csv(path).recalls, [[3, 1]])


# ---- the first ten minutes, command by command, as they are printed ------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder but for what the checkout has: its figures."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "figures").symlink_to(ROOT / "figures")
    return folder


def typed(words: list[str], folder: Path) -> str:
    """What a command prints; it fails the test if the command does, or takes ten minutes."""
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "cogmem.cli", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TEN_MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(beginning: str) -> list[list[str]]:
    """The commands of the first ten minutes that begin so."""
    found = [words for words in lines(FIRST) if " ".join(words).startswith(beginning)]
    assert found, f"the README does not say {beginning}"
    return found


def test_the_main_figure_is_made_again_byte_for_byte(desk: Path) -> None:
    (words,) = said("cogmem compare --measured")
    typed(words, desk)
    for kind in ("svg", "csv"):
        made = desk / words[words.index("--out") + 1] / f"minds.{kind}"
        assert made.read_bytes() == (ROOT / "figures" / f"minds.{kind}").read_bytes()


def test_a_parameter_is_changed_and_its_effect_is_in_the_figure(tmp_path: Path) -> None:
    """Without primacy at study the first word is recalled least; dashed is what was before.

    Curves of 500 lists: the standard error of a proportion is at most .022, that of a difference
    of two of them .032; four of these are allowed.
    """
    as_it_is, changed = said("cogmem run context_drift")
    typed(as_it_is, tmp_path)
    typed(changed, tmp_path)
    made = tmp_path / "figures"
    kept, other = (
        pd.read_csv(made / place / "context_drift.csv", index_col="node")
        for place in ("quick", "changed")
    )
    for drift in ("0.4", "0.6", "0.8"):
        before, after, dashed = (
            table.loc[f"drift {drift}{words}, spc"].set_index("serial_position")["mean"]
            for table, words in ((kept, ""), (other, ""), (other, ", unchanged"))
        )
        assert after[1] < min(before[1], dashed[1]) - 4 * 0.032
        assert after.idxmin() == 1
        np.testing.assert_allclose(dashed, before, rtol=0, atol=4 * 0.032)


def test_a_table_of_people_is_fitted(tmp_path: Path) -> None:
    (example,) = said("cogmem data peers --csv")
    (fit,) = said("cogmem fit")
    typed(example, tmp_path)
    typed(fit, tmp_path)
    found = pd.read_csv(tmp_path / "fits" / "cmr_mine.csv")
    assert found["subject"].nunique() == int(example[example.index("--people") + 1])
    assert (tmp_path / "fits" / "cmr_mine.png").exists()


@pytest.mark.parametrize("words", said("cogmem where"), ids=" ".join)
def test_the_code_behind_a_name_is_found(words: list[str], tmp_path: Path) -> None:
    assert re.search(r"\w+\.py:\d+", typed(words, tmp_path))


def test_where_a_figure_comes_from_is_told(desk: Path) -> None:
    (words,) = said("cogmem show")
    told = typed(words, desk)
    assert "cogmem run minds --preset paper" in told
    assert "versions.jax" in told
