"""What the hand-written pages say can be typed: commands, options, settings, imports, links."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from cogmem.cli import app
from cogmem.errors import UnknownName
from cogmem.lab.axes import Axes, parse_over
from cogmem.lab.experiment import find_experiment
from cogmem.lab.settings import override, parse_assignments

pytest.importorskip("mkdocs")
from tests.docs.pages import (
    DOCS,
    HOOKS,
    PAGES,
    ROOT,
    anchors,
    blocks,
    commands,
    imports,
    links,
    targets,
    words,
)

sys.path.insert(0, str(HOOKS))
from sitegen import experiments, models, reference
from sitegen import links as site_links

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
BOOK = "notebooks/a.ipynb"
OF_EXPERIMENTS = ("run", "sweep", "figure")


def test_there_are_pages_with_code() -> None:
    assert len(PAGES) >= 8
    assert len(commands()) >= 30
    assert len(blocks("python")) >= 5


@pytest.mark.parametrize("said", dict.fromkeys(each.text for each in commands()))
def test_every_command_exists_with_these_options(said: str) -> None:
    name, *given = words(said)
    if not given:
        assert name in COMMANDS
        return
    context = COMMANDS[name].make_context(name, given)
    if name in OF_EXPERIMENTS:
        check_experiment(context.params)


def check_experiment(given: dict[str, object]) -> None:
    """Names, presets, settings and axes are those of the experiments."""
    asked = [given["name"]] if "name" in given else given["names"] or ()
    for name in map(str, asked):  # type: ignore[call-overload]
        if name.isupper() or name.endswith(".py"):
            continue
        config = find_experiment(name).preset(str(given["preset"]))
        override(config, parse_assignments(given.get("sets") or []))  # type: ignore[arg-type]
        parse_over(given.get("over") or [], config)  # type: ignore[arg-type]


def test_a_command_that_does_not_exist_is_seen() -> None:
    with pytest.raises(Exception, match="--overs"):
        COMMANDS["sweep"].make_context("sweep", words("cogmem sweep cmr_sweep --overs x=1,2"))
    with pytest.raises(UnknownName, match="cmr_sweep"):
        check_experiment(COMMANDS["run"].make_context("run", ["cmr_sweeps"]).params)


def test_every_target_of_make_exists() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [each for each in targets() if f"\n{each.text}:" not in rules] == []


@pytest.mark.parametrize("code", [each.text for each in blocks("python")])
def test_python_parses_and_imports_what_it_names(code: str) -> None:
    for module, name in imports(code):
        found = importlib.import_module(module)
        if name and not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")


def test_settings_in_toml_are_read(tmp_path: Path) -> None:
    read = {each.text: tomllib.loads(each.text) for each in blocks("toml")}
    sweeps = [text for text, found in read.items() if "over" in found]
    assert len(sweeps) == 1
    file = tmp_path / "sweep.toml"
    file.write_text(sweeps[0], encoding="utf-8")
    config = find_experiment("cmr_sweep").default
    assert Axes.from_toml(file, config).repeats == 20


def test_the_file_for_slurm_is_taken(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    from cogmem.lab.cluster import slurm_cluster

    said = [each.text for each in blocks("toml") if "walltime" in each.text]
    assert len(said) == 1
    file = tmp_path / "jobs.toml"
    file.write_text(said[0].replace("jobs = 16", "jobs = 0"), encoding="utf-8")
    with slurm_cluster(file) as cluster:
        script = cluster.job_script()
    assert "#SBATCH -A memory" in script
    assert "#SBATCH -t 02:00:00" in script


def known_places() -> Iterator[str]:
    """Pages of the site that are made from the code."""
    yield from (place for place, _ in reference.pages())
    yield from (place for place, _ in models.pages())
    yield from (f"experiments/{name}.md" for name in experiments.all_experiments())
    yield from ("experiments/index.md", "notebooks/index.md", "commands.md", "figures/minds.png")


def test_every_link_leads_to_a_page_and_an_anchor() -> None:
    known = {*known_places(), *(page.name for page in PAGES)}
    lost = []
    for page, url in links():
        target, _, anchor = url.partition("#")
        place = target or page
        if place not in known:
            lost.append((page, url))
        elif anchor and place in {each.name for each in PAGES}:
            lost += [(page, url)] * (anchor not in anchors(DOCS / place))
    assert lost == []


def test_every_model_and_paradigm_is_on_the_page_that_helps_to_choose() -> None:
    from cogmem.models.card import read_cards
    from cogmem.participants.protocol import PARADIGMS
    from cogmem.participants.roster import minds

    said = models.by_paradigm() + models.by_question() + models.without_paradigm()
    assert [name for name in read_cards() if f"models/{name}.md" not in said] == []
    assert [name for name in PARADIGMS if name not in said.lower()] == []
    assert [name for name in minds() if name != "null" and name not in said] == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("../cogmem/models/cmr.py#L3", "../reference/models/cmr.md"),
        ("../cogmem/models", "../reference/models/index.md"),
        ("../experiments/minds.py", "../experiments/minds.md"),
        ("../README.md", "../index.md"),
        ("../docs/data.md#data-sets", "../data.md#data-sets"),
        ("https://example.org/a", "https://example.org/a"),
        ("#here", "#here"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(url: str, expected: str) -> None:
    text = site_links.Links().rewritten(f"see [it]({url})", BOOK, BOOK)
    assert text == f"see [it]({expected})"


def test_a_link_to_a_file_without_a_page_gets_one() -> None:
    found = site_links.Links()
    text = found.rewritten("[lock](../Makefile)", BOOK, BOOK, built=True)
    assert text == "[lock](../source/Makefile.html)"
    assert found.sources == {"Makefile"}


def test_a_link_to_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    site_links.Links().rewritten("[x](nowhere.py) `[y](z.py)`", BOOK, BOOK)
    assert [record.getMessage() for record in caplog.records] == [
        "notebooks/a.ipynb links to nowhere.py, which is not in the repository"
    ]
