"""From a path of the repository to the page of the site that shows it, and links rewritten so."""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

__all__ = ["GALLERY", "LOG", "ROOT", "Links", "relative"]

ROOT = Path(__file__).resolve().parents[3]
LOG = logging.getLogger("mkdocs.hooks.cogmem")
"""Its warnings end a strict build."""

GALLERY = "figures/README.md"
"""The page with every figure, if it was written."""

_TARGET = re.compile(r"(?P<head>\]\(<?|\b(?:src|href)=\")(?P<url>[^)\s\">]+)")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)
_INDEX_OF = {
    "experiments": "experiments/index.md",
    "notebooks": "notebooks/index.md",
    "docs": "index.md",
    "README.md": "index.md",
}


def relative(target: str, page: str) -> str:
    """The link from one page of the site to another, both by their place in it."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


@dataclass
class Links:
    """Links of files of the repository, as links of the site.

    Attributes:
        sources: paths of the repository that need a page of their own, as somebody links to them.
        copies: paths below `figures` that need to be copied.
    """

    sources: set[str] = field(default_factory=set)
    copies: set[str] = field(default_factory=set)

    def page_of(self, path: str) -> str | None:
        """The place in the site that shows a path of the repository; None if there is no such path.

        Args:
            path: below the root of the repository, e.g. "cogmem/models/cmr.py".
        """
        place = PurePosixPath(path)
        if not (ROOT / path).exists() or path.startswith(".."):
            return None
        if path in _INDEX_OF:
            return _INDEX_OF[path]
        if path in ("figures", GALLERY):
            return GALLERY if (ROOT / GALLERY).is_file() else "experiments/index.md"
        if place.parts[0] == "cogmem" and place.suffix in ("", ".py"):
            return _reference(place)
        if place.parent == PurePosixPath("experiments") and place.suffix == ".py":
            return str(place.with_suffix(".md"))
        if place.suffix == ".ipynb":
            return path
        if place.parts[0] == "docs" and place.suffix == ".md":
            return posixpath.relpath(path, "docs")
        if place.parts[0] == "figures":
            self.copies.add(path)
            return path
        if (ROOT / path).is_file():
            self.sources.add(path)
            return f"source/{path}.md"
        return None

    def rewritten(self, text: str, path: str, page: str, *, built: bool = False) -> str:
        """Markdown of a file of the repository with its links leading to pages of the site.

        Args:
            text: what it says; code is left as it is.
            path: of the file, below the root of the repository.
            page: its place in the site.
            built: whether links lead to built pages (.html), as notebooks need, or to their source.
        """

        def link(found: re.Match[str]) -> str:
            return found["head"] + self._link(found["url"], path, page, built)

        return _outside_code(text, lambda part: _TARGET.sub(link, part))

    def _link(self, url: str, path: str, page: str, built: bool) -> str:
        if _OUTSIDE.match(url):
            return url
        target, _, fragment = url.partition("#")
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        place = self.page_of(meant)
        if place is None:
            LOG.warning("%s links to %s, which is not in the repository", path, url)
            return url
        # Line numbers of a file are no anchors of the page that shows it.
        kept = f"#{fragment}" if fragment and target.endswith((".md", ".ipynb")) else ""
        return relative(_built(place) if built else place, page) + kept


def _reference(place: PurePosixPath) -> str:
    inner = place.relative_to("cogmem")
    if place.suffix == "":
        return str("reference" / inner / "index.md")
    if place.name == "__init__.py":
        return str("reference" / inner.parent / "index.md")
    return str("reference" / inner.with_suffix(".md"))


def _built(place: str) -> str:
    path = PurePosixPath(place)
    if path.suffix not in (".md", ".ipynb"):
        return place
    return str(path.with_name("index.html" if path.stem == "README" else f"{path.stem}.html"))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = _CODE.split(text)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts))
