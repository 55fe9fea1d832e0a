"""The notebooks in their reading order: a map of them, and what a page without a kernel shows.

    write_map(Path("notebooks"))     # notebooks/README.md, from the notebooks themselves

A notebook is named NN_what.ipynb. Its first cell is a heading and one paragraph that says what the
reader will learn and how long it takes; its last cell leads on.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cogmem.data import catalogue
from cogmem.errors import InvalidValue
from cogmem.participants.roster import minds

__all__ = ["Chapter", "chapters", "links", "notebook_map", "still", "write_map"]

_NAME = re.compile(r"(?P<number>\d\d)_\w+\.ipynb")
_TAKES = re.compile(r";? it takes (?P<time>[^.;]+?) of computing")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_WIDGET = "application/vnd.jupyter.widget-view+json"

_NULL = "null"  # of the table of minds: no model

_HEAD = """# Notebooks, in reading order

<!-- Made by `cogmem.lab.reading_order.write_map` from the notebooks: change those instead. -->

They are saved with their pictures, and can be read as pages. To run them, with sliders that move
the curves:

    cogmem lab

starts JupyterLab here and opens the first one. They can be run in any order. Times are of one core;
the first run of each takes longer, as programs are compiled.
"""


@dataclass(frozen=True)
class Chapter:
    """What the first cell of a notebook says, and what the others name.

    Attributes:
        number: place in the order, from 1.
        file: name of the file.
        title: the heading of the first cell.
        learnt: the first paragraph, on one line.
        takes: how long it takes in words, or "" if that is not said.
        models: models of the table of minds that its code names.
        data: data sets that its code names.
    """

    number: int
    file: str
    title: str
    learnt: str
    takes: str
    models: tuple[str, ...]
    data: tuple[str, ...]


def chapters(folder: Path) -> list[Chapter]:
    """The notebooks of a folder, in order.

    Args:
        folder: of files NN_what.ipynb; others are left out.

    Raises:
        InvalidValue: if numbers are missing or given twice, or a first cell is not a heading with a
            paragraph below it.
    """
    files = sorted(path for path in folder.glob("*.ipynb") if _NAME.fullmatch(path.name))
    numbers = [int(path.name[:2]) for path in files]
    if not files or numbers != list(range(1, len(files) + 1)):
        raise InvalidValue(
            f"the notebooks of {folder.name}/ have the numbers {numbers}, expected each of 1, 2, 3 "
            "and so on once: rename them."
        )
    return [_chapter(path) for path in files]


def links(notebook: dict[str, Any]) -> list[str]:
    """Targets of the Markdown links of a notebook that are files here, without their anchors.

    Args:
        notebook: as read from its JSON.
    """
    text = "\n".join(_source(cell) for cell in _of_kind(notebook, "markdown"))
    return _local(text)


def notebook_map(folder: Path) -> str:
    """The notebooks as a page of Markdown.

    Args:
        folder: where they are.

    Raises:
        InvalidValue: as `chapters`.
    """
    return "\n".join([_HEAD, *(_entry(each) for each in chapters(folder))])


def write_map(folder: Path) -> Path:
    """Write README.md beside the notebooks.

    Args:
        folder: where they are.

    Returns:
        The file.

    Raises:
        InvalidValue: as `chapters`.
    """
    path = folder / "README.md"
    path.write_text(notebook_map(folder), encoding="utf-8")
    return path


def still(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook as it is committed: pictures in place of widgets, which need a kernel.

    Args:
        notebook: as read from its JSON, after it was run.

    Returns:
        A copy. An output that was only a widget (a progress bar, say) is left out.
    """
    made = copy.deepcopy(notebook)
    made["metadata"].pop("widgets", None)
    for cell in _of_kind(made, "code"):
        cell["metadata"].pop("execution", None)
        for output in cell["outputs"]:
            if _WIDGET in output.get("data", {}) and "image/png" in output["data"]:
                del output["data"][_WIDGET]
        cell["outputs"] = [each for each in cell["outputs"] if _WIDGET not in each.get("data", {})]
    return made


def _chapter(path: Path) -> Chapter:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    first = _source(notebook["cells"][0])
    heading, _, rest = first.partition("\n")
    if not heading.startswith("# ") or not rest.strip():
        raise InvalidValue(
            f"{path.name} begins with {heading[:40]!r}, expected a cell with a heading (# ...) and "
            "a paragraph that says what one learns and how long it takes."
        )
    paragraph = " ".join(rest.strip().split("\n\n")[0].split())
    code = "\n".join(_source(cell) for cell in _of_kind(notebook, "code"))
    time = _TAKES.search(paragraph)
    return Chapter(
        number=int(path.name[:2]),
        file=path.name,
        title=heading.removeprefix("# ").strip(),
        learnt=paragraph,
        takes=time["time"] if time else "",
        models=_named(code, [name for name in minds() if name != _NULL]),
        data=_named(code, [row["name"] for row in catalogue()]),
    )


def _entry(chapter: Chapter) -> str:
    learnt = _TAKES.sub("", chapter.learnt)
    told = {
        "Time": chapter.takes,
        "Models": ", ".join(chapter.models),
        "Data": ", ".join(f"`{name}`" for name in chapter.data),
    }
    about = " · ".join(f"{what}: {words}" for what, words in told.items() if words)
    return f"## {chapter.number}. [{chapter.title}]({chapter.file})\n\n{learnt}\n\n{about}\n"


def _named(code: str, names: list[str]) -> tuple[str, ...]:
    """Which names stand in quotation marks in the code, in their order there."""
    places = {name: code.find(f'"{name}"') for name in names}
    return tuple(sorted((name for name in names if places[name] >= 0), key=places.__getitem__))


def _of_kind(notebook: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _local(text: str) -> list[str]:
    targets = [link["target"].partition("#")[0] for link in _LINK.finditer(text)]
    return [target for target in targets if target and "://" not in target]
