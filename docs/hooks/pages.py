"""The hook of MkDocs: pages that are made from the code, and the menu that lists them.

Hand-written pages say `<!-- generated: NAME -->` where a part is made from the code.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from sitegen import commands, datasets, experiments, models, notebooks, reference
from sitegen.links import GALLERY, LOG, ROOT, Links

_PARTS: Mapping[str, Callable[[], str]] = {
    "by paradigm": models.by_paradigm,
    "by question": models.by_question,
    "models without a paradigm": models.without_paradigm,
    "table of minds": models.table,
    "data sets": datasets.sets,
    "published tables": datasets.published_tables,
}
_MARK = re.compile(r"<!-- generated: (.+?) -->")
_SOURCE = '<details class="mkdocstrings-source"'
_scratch: list[tempfile.TemporaryDirectory[str]] = []


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds what is generated to the menu of mkdocs.yml."""
    gallery = [{"Gallery": GALLERY}] if (ROOT / GALLERY).is_file() else []
    books = [f"notebooks/{path.name}" for path in notebooks.paths()]
    config.nav = [
        *(config.nav or []),
        {"Notebooks": ["notebooks/index.md", *books]},
        {"Models": models.nav()},
        {"Experiments": [*experiments.nav(), *gallery]},
        {"Reference": ["commands.md", *reference.nav()]},
    ]
    return config


@event_priority(100)  # before mkdocs-jupyter looks for notebooks
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made from the code."""
    links = Links()
    pages = {
        "commands.md": commands.page(),
        **dict(reference.pages()),
        **dict(models.pages()),
        **dict(experiments.pages(links)),
        "notebooks/index.md": notebooks.index(),
        **_gallery(links),
    }
    links.page_of("figures/minds.png")
    for file in _notebooks(links, config):
        files.append(file)
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    for path in sorted(links.sources):
        shown = File.generated(config, f"source/{path}.md", content=_source(path))
        shown.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(shown)
    for path in sorted(links.copies - set(pages)):
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Puts the generated parts into hand-written pages."""

    def part(found: re.Match[str]) -> str:
        if found[1] not in _PARTS:
            LOG.warning("%s asks for %r; known: %s", page.file.src_uri, found[1], [*_PARTS])
            return found[0]
        return _PARTS[found[1]]()

    page.meta.setdefault("search", {"boost": _boost(page.file.src_uri)})
    return _MARK.sub(part, markdown)


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Notebooks get the site's own looks; source code is left out of the search."""
    if page.file.src_uri.endswith(".ipynb"):
        return notebooks.plain_html(html)
    return html.replace(_SOURCE, f"{_SOURCE} data-search-exclude")


def _boost(place: str) -> float:
    """How high the search ranks a page: what was written to be read first, the reference last."""
    if "/" not in place:
        return 4
    return {"notebooks": 2, "reference": 0.5, "source": 0.25}.get(place.partition("/")[0], 1)


def on_post_build(config: MkDocsConfig) -> None:
    """Removes what was written beside the site."""
    while _scratch:
        _scratch.pop().cleanup()


def _notebooks(links: Links, config: MkDocsConfig) -> Iterator[File]:
    """Notebooks made ready for the site, in a folder that is removed again."""
    _scratch.append(tempfile.TemporaryDirectory(prefix="cogmem-docs-"))  # gone at exit, too
    folder = Path(_scratch[-1].name)
    (folder / "notebooks").mkdir()
    for path in notebooks.paths():
        place = f"notebooks/{path.name}"
        ready = notebooks.prepared(path, path.read_text(encoding="utf-8"), links)
        (folder / place).write_text(ready, encoding="utf-8")
        yield File(place, str(folder), config.site_dir, config.use_directory_urls)


def _gallery(links: Links) -> dict[str, str]:
    path = ROOT / GALLERY
    if not path.is_file():
        return {}
    return {GALLERY: links.rewritten(path.read_text(encoding="utf-8"), GALLERY, GALLERY)}


def _source(path: str) -> str:
    """A file of the repository to be read, which has no page of its own."""
    text = (ROOT / path).read_text(encoding="utf-8")
    language = {".py": "python", ".toml": "toml", ".md": "markdown"}.get(Path(path).suffix, "text")
    fence = "`" * 8
    return f"# {path}\n\n{fence} {{ .{language} data-search-exclude }}\n{text}\n{fence}\n"


__all__ = ["on_config", "on_files", "on_page_content", "on_page_markdown", "on_post_build"]
