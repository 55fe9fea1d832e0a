"""The documentation as it is built: in strict mode, whole, and with nothing from the network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import cogmem
from cogmem.lab.experiment import list_experiments
from cogmem.models.card import read_cards

pytest.importorskip("mkdocs")
pytestmark = pytest.mark.slow  # one build: more than a minute on one core

ROOT = Path(cogmem.__file__).parents[1]
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
STYLES = ("stylesheet", "icon", "preconnect", "preload", "modulepreload")
NEWCOMER = (
    *("lag-CRP", "serial position", "primacy", "recency", "fit", "CSV", "Slurm", "resume", "seed"),
    *("licence", "null", "bits per response", "parameter", "install", "cite", "sweep", "notebook"),
)


class Links(HTMLParser):
    """What a page links to, what it loads, and what can be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sorts the addresses of one tag."""
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if LOADED.get(tag) in found:
            self.loads.append(found[LOADED[tag]])
        if tag == "link" and any(kind in found.get("rel", "") for kind in STYLES):
            self.loads.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built in strict mode."""
    folder = tmp_path_factory.mktemp("site")
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    told = [line for line in build.stderr.splitlines() if "INFO" not in line]
    assert build.returncode == 0, "\n".join(told)
    return folder


@cache
def read(page: Path) -> Links:
    return Links(page.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if path.name != "404.html")


def lost(page: Path, addresses: list[str]) -> Iterator[str]:
    """Local addresses that lead nowhere from a page."""
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target.is_dir():
            target /= "index.html"
        if not target.is_file() or not has(target, unquote(parts.fragment)):
            yield f"{page.name}: {address}"


def has(page: Path, anchor: str) -> bool:
    return not anchor or page.suffix != ".html" or anchor in read(page).anchors


def test_every_local_link_and_anchor_leads_somewhere(site: Path) -> None:
    assert [each for page in pages(site) for each in lost(page, read(page).links)] == []


def test_whatever_a_page_loads_is_there(site: Path) -> None:
    assert [each for page in pages(site) for each in lost(page, read(page).loads)] == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    outside = {
        address
        for page in pages(site)
        for address in read(page).loads
        if urlsplit(address).scheme not in ("", "data") or urlsplit(address).netloc
    }
    assert outside == set()


def test_no_style_or_script_of_a_page_asks_for_anything_from_elsewhere(site: Path) -> None:
    asking = ("@import", "url(http", "url(//", "import('http", 'import("http', "from 'http")
    said = [
        f"{path.relative_to(site)}: {word}"
        for path in [*site.rglob("*.css"), *pages(site)]
        for word in asking
        if word in path.read_text(encoding="utf-8")
    ]
    assert said == []


def test_pages_are_there_for_every_model_experiment_notebook_and_module(site: Path) -> None:
    modules = [path for path in (ROOT / "cogmem").rglob("*.py") if not path.name.startswith("_")]
    expected = [
        *(f"models/{name}.html" for name in read_cards()),
        *(f"experiments/{name}.html" for name in list_experiments()),
        *(f"notebooks/{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")),
        *(f"reference/{m.relative_to(ROOT / 'cogmem').with_suffix('.html')}" for m in modules),
    ]
    assert [name for name in expected if not (site / name).is_file()] == []


def test_a_notebook_shows_its_pictures_and_no_widget(site: Path) -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        html = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert ("data:image/png" in html) == ('"image/png"' in path.read_text(encoding="utf-8"))
        assert "jupyter.widget" not in html


@pytest.mark.parametrize("word", NEWCOMER)
def test_the_search_knows_what_a_newcomer_looks_for(site: Path, word: str) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    by_hand = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}
    found = [
        doc["location"]
        for doc in index
        if doc["location"].partition("#")[0] in by_hand | {""}
        and word.casefold() in f"{doc['title']} {doc['text']}".casefold()
    ]
    assert found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium: the system's, or playwright's own."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = shutil.which("chromium") or started.chromium.executable_path
        if not Path(found).is_file():
            pytest.skip("no Chromium is installed")
        yield started.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])


def test_the_search_works_from_a_disk_and_asks_for_nothing_outside(
    site: Path, browser: Any
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.click(".md-search__input")
    page.keyboard.type("lag-CRP")
    page.wait_for_selector(".md-search-result__item", timeout=90_000)
    assert "matching documents" in page.inner_text(".md-search-result__meta")
    assert [url for url in asked if urlsplit(url).scheme not in ("file", "data", "about")] == []
