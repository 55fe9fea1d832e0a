"""Where the code behind a name is: a model, a mind, an experiment, a measure, a figure."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cogmem
from cogmem.data import catalogue
from cogmem.errors import UnknownName
from cogmem.lab.experiment import scripts

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
        name: of a model's card, a mind of the table, an experiment, its figure or a file of that,
            a data set, or a public function or class; capitals do not matter.

    Raises:
        UnknownName: with the nearest name.
    """
    named = _bare(name).casefold()
    found = [
        *_minds(named),
        *_defined(named),
        *_data_sets(named),
        *_experiments({named, *_cards_of(named)}),
        *_tests(named),
    ]
    if not found:
        everything = {*_index(), *scripts(), *_entrants(), *_registered()}
        raise UnknownName("name", name, everything)
    return list(dict.fromkeys(found))


def _bare(name: str) -> str:
    """The name of a figure whose file is given."""
    path = Path(name)
    return path.stem if path.suffix in (".png", ".svg", ".csv", ".json") else name


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
    folder = _home(path)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            yield node.name, Place(f"{kind} of {folder}", path, node.lineno)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD":
            values = _literals(node.value, ("name",))
            yield str(values["name"]), Place("model and its card", path, node.lineno)


def _home(path: Path) -> str:
    """The module that a name of a file is told by: "models", but "measures.counts"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts) if parts[0] == "measures" else parts[0]


def _minds(name: str) -> list[Place]:
    """What fits and the table of minds mean by a name: its participants, and their models."""
    found = [(family, sits) for family, sits in _entrants().items() if family.casefold() == name]
    return [
        place
        for family, sits in found
        for one in sits
        for place in (
            *(Place(f"model of {family} in fits and the table", *_source(m)) for m in _models(one)),
            Place(f"participant {family}", *_source(type(one))),
        )
    ]


def _models(participant: Any) -> list[type]:
    """Classes of the models that a participant holds."""
    names = [field.name for field in fields(participant)] if is_dataclass(participant) else []
    held = [type(getattr(participant, name)) for name in names]
    return [each for each in held if each.__module__.startswith("cogmem.models.")]


def _cards_of(name: str) -> list[str]:
    """Cards of the models of a mind: those of their files."""
    found = [sits for family, sits in _entrants().items() if family.casefold() == name]
    models = [model for sits in found for one in sits for model in _models(one)]
    return [model.__module__.rpartition(".")[2] for model in models]


def _entrants() -> dict[str, list[Any]]:
    from cogmem.participants.roster import minds

    return {name: list(mind.participants) for name, mind in minds().items()}


def _data_sets(name: str) -> list[Place]:
    """Where a data set is registered and read."""
    return [place for known, place in _registered().items() if known.casefold() == name]


@cache
def _registered() -> dict[str, Place]:
    """The first line of `data` that names each data set."""
    known = {row["name"] for row in catalogue()}
    found: dict[str, Place] = {}
    for path in sorted((ROOT / "data").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in known:
                found.setdefault(str(node.value), Place("data set", path, node.lineno))
    return found


def _source(of: type) -> tuple[Path, int]:
    return Path(inspect.getfile(of)), inspect.getsourcelines(of)[1]


def _experiments(names: set[str]) -> list[Place]:
    """The script of one of these names, and those that use a model of one."""
    places = []
    for script, path in sorted(scripts().items()):
        if script.casefold() in names:
            places.append(Place("experiment", path))
        elif names & set(_models_of(path)):
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
