"""The catalogue of data sets: what there is, and how one is read."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cogmem.data.sets
from cogmem.data.registry import Entry, locate, sha256_of, where
from cogmem.errors import InvalidValue, UnknownName

# A listing must be quick: pandas, scipy and xarray are imported by the loaders, when they run.
if TYPE_CHECKING:
    import xarray as xr

    from cogmem.data.recalls import Recalls

__all__ = [
    "catalogue",
    "data_set",
    "entry",
    "load",
    "load_graph",
    "load_images",
    "load_text",
    "load_trials",
]

Loader = Callable[..., Any]
_SETS: dict[str, tuple[Entry, Loader]] = {}
_TOLD = ("name", "title", "paradigm", "citation", "doi", "licence", "redistribution", "note")


def data_set(what: Entry) -> Callable[[Loader], Loader]:
    """Adds a data set to the catalogue.

    The function decorated reads its file, or files: into `Recalls` if people recalled words in any
    order, into an `xarray.Dataset` with a variable `image` if they are images, with a variable
    `triple` if they are facts, with a variable `text` if they are running text, else into one of
    trials.
    """

    def register(loader: Loader) -> Loader:
        _SETS[what.name] = (what, loader)
        return loader

    return register


def load(name: str) -> Recalls:
    """A human data set of free recall as `Recalls`.

    Args:
        name: one of `catalogue()`, e.g. "peers".

    Returns:
        Recalls: parsed once per process; its arrays are read-only, copy one to change it. `attrs`
        hold name, title, paradigm, citation, doi, licence, sha256 of the file read, and note.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if the set is not one of free recall.
        DataNotFound: if the file is in none of the places where cogmem looks.
        DataCorrupted: if it is not the published file.
    """
    recalls = _read_with("load", name)
    # The mappings are the caller's own; the arrays in them are shared and read-only.
    return replace(
        recalls,
        by_list=dict(recalls.by_list),
        by_position=dict(recalls.by_position),
        by_output=dict(recalls.by_output),
        attrs=dict(recalls.attrs),
    )


def load_trials(name: str) -> xr.Dataset:
    """A human data set of any paradigm but free recall, as a labelled table.

    Args:
        name: one of `catalogue()`, e.g. "farrell_lewandowsky2004".

    Returns:
        Dataset: one row per trial or per person and condition, as its `attrs["note"]` and the
        attributes of its variables (`long_name`, `units`) say. A copy: the caller's own.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if the set is one of free recall, of images, of facts, or a text.
        DataNotFound: if the file is in none of the places where cogmem looks.
        DataCorrupted: if it is not the published file.
    """
    return _read_with("load_trials", name).copy(deep=True)


def load_images(name: str) -> xr.Dataset:
    """A set of images with labels, for models that see.

    Args:
        name: one of `catalogue()`, e.g. "mnist".

    Returns:
        Dataset: `image` uint8 [item, row, column], `label` uint8 [item], and the coordinate
        `split` [item], "train" or "test". Parsed once per process; its arrays are shared and
        read-only, copy one to change it. `attrs` as of `load`.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if the set is not one of images.
        DataNotFound: if a file is in none of the places where cogmem looks.
        DataCorrupted: if one is not the published file.
    """
    return _shared(_read_with("load_images", name))


def load_graph(name: str) -> xr.Dataset:
    """A knowledge graph, for models that complete it.

    Args:
        name: one of `catalogue()`, e.g. "kinships".

    Returns:
        Dataset: `triple` int [fact, role], numbers of subject, predicate and object, whose names
        are along `entity` and `predicate`; the coordinate `split` [fact], "train", "valid" or
        "test". Its arrays are shared and read-only, copy one to change it. `attrs` as of `load`.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if the set is not a graph.
        DataNotFound: if a file is in none of the places where cogmem looks.
        DataCorrupted: if one is not the published file.
    """
    return _shared(_read_with("load_graph", name))


def load_text(name: str) -> xr.Dataset:
    """A running text, for models that predict the next byte.

    Args:
        name: one of `catalogue()`, e.g. "tinyshakespeare".

    Returns:
        Dataset: `text` uint8 [byte], and the coordinate `split` [byte], "train" or "valid". Its
        arrays are shared and read-only, copy one to change it. `attrs` as of `load`.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if the set is not a text.
        DataNotFound: if the file is in none of the places where cogmem looks.
        DataCorrupted: if it is not the published file.
    """
    return _shared(_read_with("load_text", name))


def entry(name: str) -> Entry:
    """The registry's entry of a data set: file, source, licence, citation.

    Raises:
        UnknownName: with the nearest known name.
    """
    if name not in _all():
        raise UnknownName("data set", name, _all())
    return _all()[name][0]


def catalogue() -> list[dict[str, Any]]:
    """One row per data set: name, title, paradigm, subjects, lists, licence, citation, place.

    `place` is where the file is found now, else "not here". Nothing is fetched or read.
    """
    return [_row(what) for what, _ in _all().values()]


@cache
def _all() -> dict[str, tuple[Entry, Loader]]:
    """Every set of every file of this folder."""
    for module in pkgutil.iter_modules(cogmem.data.sets.__path__):
        import_module(f"{cogmem.data.sets.__name__}.{module.name}")
    return _SETS


def _row(what: Entry) -> dict[str, Any]:
    return {
        "name": what.name,
        "title": what.title,
        "paradigm": what.paradigm,
        "subjects": what.n_subjects,
        "lists": what.n_lists,
        "licence": what.licence,
        "citation": what.citation,
        "place": where(what) or "not here",
    }


def _read_with(reader: str, name: str) -> Any:
    """The set as it was parsed, if the reader is the one for its kind."""
    found = _read(name)
    if (right := _reader_of(found)) != reader:
        told = f"{name} is a set of {entry(name).paradigm}"
        raise InvalidValue(f"{told}: read it with {right}({name!r}).")
    return found


def _reader_of(behaviour: Any) -> str:
    if not hasattr(behaviour, "dims"):
        return "load"
    kinds = {"triple": "load_graph", "image": "load_images", "text": "load_text"}
    return next((reader for kind, reader in kinds.items() if kind in behaviour), "load_trials")


def _shared(found: xr.Dataset) -> xr.Dataset:
    """Attributes are the caller's own; arrays are everybody's, and read-only."""
    copy = found.copy()
    for variable in copy.variables.values():
        variable.values.setflags(write=False)
    return copy


def _read(name: str) -> Any:
    what = entry(name)
    paths = tuple(locate(file) for file in what.files)
    return _parse(name, paths, tuple(map(sha256_of, paths)))


@lru_cache(maxsize=16)
def _parse(name: str, paths: tuple[Path, ...], sha256: tuple[str, ...]) -> Any:
    """Read the files. Their hashes are part of the key, so that a changed file is read anew."""
    what, loader = _all()[name]
    behaviour = loader(*paths)
    told = {key: getattr(what, key) for key in _TOLD}
    told |= {"sha256": " ".join(sha256), "file": " ".join(path.name for path in paths)}
    if hasattr(behaviour, "dims"):
        return behaviour.assign_attrs(told)
    return _read_only(replace(behaviour, attrs={**behaviour.attrs, **told}))


def _read_only(recalls: Recalls) -> Recalls:
    """Every caller of `load` gets the same arrays, so none may write to them."""
    for value in (getattr(recalls, each.name) for each in fields(recalls)):
        for array in value.values() if isinstance(value, dict) else (value,):
            if hasattr(array, "setflags"):
                array.setflags(write=False)
    return recalls
