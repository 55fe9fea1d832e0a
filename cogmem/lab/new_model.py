"""`cogmem new-model NAME`: a model that works, its test and its notebook, for a user to change.

Nothing of cogmem needs to be edited: the file is named on the command line when it is to take part,
`cogmem compare --model NAME.py`.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from cogmem.errors import InvalidValue

__all__ = ["files_of", "filled", "next_steps", "notebook_of", "words_of", "write"]

_TEMPLATES = {
    "{name}.py": "model.txt",
    "test_{name}.py": "test.txt",
    "{name}.ipynb": "notebook.txt",
}
_CELL = re.compile(r"^# %%(?P<kind> \[markdown\])?\n", re.MULTILINE)


def files_of(name: str, taken: Iterable[str] = ()) -> dict[str, str]:
    """The files of a new model, by name: text of the model, of its test and of its notebook.

    Args:
        name: of the module, e.g. "leaky_trace".
        taken: what other models are called.

    Raises:
        InvalidValue: for a name that no module can have, or that is taken.
    """
    texts = filled(_TEMPLATES, words_of(name, taken))
    return {
        file: notebook_of(text) if file.endswith(".ipynb") else text for file, text in texts.items()
    }


def write(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write files, all or none.

    Args:
        texts: by name.
        folder: where; it is made if it is not there.

    Raises:
        InvalidValue: if one of the files is there already, or the folder is a file.
    """
    paths = {folder / file: text for file, text in texts.items()}
    there = [str(path) for path in paths if path.exists()]
    if there:
        raise InvalidValue(
            f"{', '.join(there)} would be overwritten: choose another name, or another folder "
            "(--out)."
        )
    if folder.exists() and not folder.is_dir():
        raise InvalidValue(f"{folder} is a file, expected a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in paths.items():
        path.write_text(text, encoding="utf-8")
    return list(paths)


def next_steps(paths: Iterable[Path]) -> str:
    """What can be done with the files, as commands."""
    model, test, notebook = (str(path) for path in paths)
    return "\n".join(
        [
            f"Change {model} into your model. Then:",
            f"  pytest {test}",
            f"  jupyter lab {notebook}",
            f"  cogmem compare --model {model}",
        ]
    )


def notebook_of(text: str) -> str:
    """A notebook (JSON, format 4.5, without outputs) of cells that begin with `# %%`.

    Args:
        text: cells; those with `# %% [markdown]` have a `#` before every line.
    """
    _, *parts = _CELL.split(text)
    cells = [
        _cell(number, bool(kind), source.strip("\n"))
        for number, (kind, source) in enumerate(zip(parts[::2], parts[1::2], strict=True))
    ]
    about = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    book = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _cell(number: int, is_markdown: bool, source: str) -> dict[str, Any]:
    about: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}}
    if is_markdown:
        text = re.sub(r"^# ?", "", source, flags=re.MULTILINE)
        return {"cell_type": "markdown", **about, "source": text}
    begun: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", **about, **begun, "source": source}


def words_of(name: str, taken: Iterable[str] = (), kind: str = "a model") -> dict[str, str]:
    """What stands in a template for {name}, {Class} and {Title}.

    Args:
        name: of the module, e.g. "leaky_trace": class LeakyTrace, title "Leaky trace".
        taken: names or titles of others of its kind.
        kind: what it is, with its article, for messages.

    Raises:
        InvalidValue: for a name that no module can have, or that is taken.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
        raise InvalidValue(
            f"the name is {name!r}, expected one that a Python module can have: letters, digits "
            "and underscores, e.g. leaky_trace."
        )
    if name in sys.stdlib_module_names or name == "cogmem" or name.startswith("test_"):
        raise InvalidValue(
            f"the name is {name!r}, which means another module to Python or to pytest; expected "
            f"one of your own, e.g. my_{name.removeprefix('test_')}."
        )
    parts = [part[:1].upper() + part[1:] for part in name.split("_") if part]
    title = name[:1].upper() + " ".join(name.split("_"))[1:].rstrip()
    known = {each.casefold() for each in taken}
    for given in (title, name):
        if given.casefold() in known:
            raise InvalidValue(f"there is {kind} called {given} already; choose another name.")
    return {"name": name, "Class": "".join(parts), "Title": title}


def filled(templates: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Templates of this package with their placeholders filled in.

    Args:
        templates: file of the template, by name of the file to be written.
        words: what stands for each placeholder; see `words_of`.
    """
    return {_filled(file, words): _filled(_template(of), words) for file, of in templates.items()}


def _template(file: str) -> str:
    return (files("cogmem.lab") / "templates" / file).read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace("{" + placeholder + "}", word)
    return text
