"""The hand-written pages of the documentation, taken apart: code blocks, commands and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cogmem

ROOT = Path(cogmem.__file__).parents[1]
DOCS = ROOT / "docs"
HOOKS = DOCS / "hooks"
PAGES = sorted(DOCS.glob("*.md"))

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(cogmem [a-z][^`]*)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Found(NamedTuple):
    """Something on a page, and where, for messages."""

    page: str
    text: str


def blocks(language: str) -> list[Found]:
    """Code blocks of a language."""
    return [
        Found(page.name, found["text"])
        for page in PAGES
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
        if found["language"] == language
    ]


def commands() -> list[Found]:
    """Every `cogmem ...` of shell blocks and of running text; capitals stand for names."""
    lines = [Found(b.page, line) for b in blocks("sh") for line in b.text.splitlines()]
    inline = [Found(page.name, text) for page in PAGES for text in _INLINE.findall(_prose(page))]
    return [each for each in [*lines, *inline] if each.text.startswith("cogmem ")]


def targets() -> list[Found]:
    """Every target of make that is named."""
    named = (Found(b.page, line) for b in blocks("sh") for line in b.text.splitlines())
    return [Found(page, text.split()[1]) for page, text in named if text.startswith("make ")]


def words(command: str) -> list[str]:
    """A command without `cogmem` and without its comment."""
    return shlex.split(command, comments=True)[1:]


def links() -> list[Found]:
    """Every link within the site."""
    found = [Found(page.name, url) for page in PAGES for url in _LINK.findall(_prose(page))]
    return [each for each in found if "://" not in each.text]


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in links."""
    from markdown.extensions.toc import slugify

    headings = _HEADING.findall(_prose(page))
    return {slugify(heading, "-") for heading in headings}


def _prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def imports(code: str) -> Iterator[tuple[str, str]]:
    """Module and name of everything that a block of Python imports; "" for a module itself."""
    import ast

    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
