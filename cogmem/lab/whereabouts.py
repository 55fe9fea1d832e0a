"""Where the code behind a name is: a model, a mind, an experiment, a measure, a figure."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cogmem
from cogmem.errors import UnknownName
from cogmem.lab.experiment import list_experiments, scripts

__all__ = ["Place", "where"]

ROOT = Path(cogmem.__file__).parent


class Place(NamedTuple):
    """A file, and what in it the name stands for."""

    what: str
    path: Path
    line: int = 1

    def __str__(self) -> str:
        near = os.path.relpath(self.path)
        shown = str(self.path) if near.startswith("..") else near
        return f"{shown}:{self.line}"


def where(name: str) -> list[Place]:
    """Every file in which something of that name is: what it is, and who uses it.

    Args:
        name: of a model's card, a mind of the table, an experiment or its figure, or a public
            function or class; capitals do not matter.

    Raises:
        UnknownName: with the nearest name.
    """
    named = name.casefold()
    found = [*_defined(named), *_minds(named), *_experiments(named), *_tests(named)]
    if not found:
        everything = {*_index(), *list_experiments(), *_entrants()}
        raise UnknownName("name", name, everything)
    return list(dict.fromkeys(found))


def _defined(name: str) -> list[Place]:
    """Public functions, classes and models' cards of that name."""
    return list(_index().get(name, ()))


@cache
def _index() -> dict[str, tuple[Place, ...]]:
    """Everything public that a module of cogmem defines, by name in small letters."""
    found: dict[str, list[Place]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        for name, place in _public(path):
            found.setdefault(name.casefold(), []).append(place)
    return {name: tuple(places) for name, places in found.items()}


def _public(path: Path) -> Iterator[tuple[str, Place]]:
    folder = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            yield node.name, Place(f"{kind} of {folder}", path, node.lineno)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD":
            values = _literals(node.value, ("name",))
            yield str(values["name"]), Place("model and its card", path, node.lineno)


def _minds(name: str) -> list[Place]:
    """How a mind of the table sits experiments: the files of its participants."""
    places = []
    for family, classes in _entrants().items():
        if family.casefold() == name:
            places += [Place(f"participant {family}", *_source(each)) for each in classes]
    return places


def _entrants() -> dict[str, list[type]]:
    from cogmem.participants.roster import minds

    return {name: [type(one) for one in mind.participants] for name, mind in minds().items()}


def _source(of: type) -> tuple[Path, int]:
    return Path(inspect.getfile(of)), inspect.getsourcelines(of)[1]


def _experiments(name: str) -> list[Place]:
    """The script of that name, and those that use a model of that name."""
    places = []
    for script, path in sorted(scripts().items()):
        if script.casefold() == name:
            places.append(Place("experiment", path))
        elif name in _models_of(path):
            places.append(Place("experiment with it", path))
    return places


@cache
def _models_of(path: Path) -> tuple[str, ...]:
    """Names of the cards that a script's `Experiment(...)` names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Experiment":
            models = _literals(node, ("models",)).get("models", ())
            return tuple(models) if isinstance(models, Iterable) else ()
    return ()


def _literals(node: ast.expr, names: tuple[str, ...]) -> dict[str, object]:
    """Keyword arguments of a call that are written out."""
    assert isinstance(node, ast.Call)
    return {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg in names}


def _tests(name: str) -> list[Place]:
    """Its tests, in a checkout."""
    return [Place("tests", path) for path in sorted(ROOT.parent.glob(f"tests/**/test_{name}.py"))]
