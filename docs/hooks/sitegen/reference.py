"""The reference: a page for every public module of cogmem, and one for every folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sitegen.docstrings import without_links
from sitegen.links import ROOT, relative

__all__ = ["first_line", "nav", "pages"]

_CODE = ROOT / "cogmem"
_WHOLE = "::: {module}\n"
_HEAD = "::: {module}\n    options:\n      members: false\n"


def pages() -> Iterator[tuple[str, str]]:
    """Place and text of every page."""
    for path in _modules():
        module = _name(path)
        yield _place(path), _title(module) + _WHOLE.format(module=module)
    for folder in _folders():
        yield _index(folder), _folder_page(folder)


def nav() -> list[Any]:
    """The entries of the site's menu: folders first, then modules."""
    return _nav(_CODE)


def first_line(path: Path) -> str:
    """What a module says of itself, in one line."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split())


def _modules() -> list[Path]:
    return sorted(path for path in _CODE.rglob("*.py") if not path.name.startswith("_"))


def _folders() -> list[Path]:
    return sorted(path.parent for path in _CODE.rglob("__init__.py"))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _place(path: Path) -> str:
    return f"reference/{path.relative_to(_CODE).with_suffix('.md').as_posix()}"


def _index(folder: Path) -> str:
    return (Path("reference") / folder.relative_to(_CODE) / "index.md").as_posix()


def _folder_page(folder: Path) -> str:
    here = _index(folder)
    module = _name(folder)
    rows = [
        f"| [`{_name(inside)}`]({relative(place, here)}) | {_cell(first_line(file))} |"
        for inside, file, place in _inside(folder)
    ]
    lines = [_title(module) + _HEAD.format(module=module), "## Modules", ""]
    return "\n".join([*lines, "| module | what it is |", "|---|---|", *rows, ""])


def _inside(folder: Path) -> Iterator[tuple[Path, Path, str]]:
    """Folders and modules right inside a folder: path, file with the docstring, page."""
    for each in _folders():
        if each.parent == folder:
            yield each, each / "__init__.py", _index(each)
    for path in _modules():
        if path.parent == folder:
            yield path.with_suffix(""), path, _place(path)


def _title(module: str) -> str:
    """A heading that links can find by the dotted name."""
    return f"# {module} {{ #{module} }}\n\n"


def _cell(text: str) -> str:
    return without_links(text).replace("|", r"\|")


def _nav(folder: Path) -> list[Any]:
    folders = [{each.name: _nav(each)} for each in _folders() if each.parent == folder]
    modules = [{path.stem: _place(path)} for path in _modules() if path.parent == folder]
    return [_index(folder), *folders, *modules]
