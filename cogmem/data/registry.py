"""Where the data of others are found: a folder, the package that ships them, a cache, a URL.

Data files are never part of cogmem. Nothing heavy is imported and nothing is fetched until a file
is asked for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from cogmem.errors import DataCorrupted, DataNotFound

__all__ = ["Entry", "Part", "locate", "sha256_of", "where"]


@dataclass(frozen=True)
class Part:
    """A further file of a data set that has several.

    Attributes:
        path: as in `Entry`.
        sha256: hash that the file must have.
        url: pinned public address.
    """

    path: str
    sha256: str
    url: str


@dataclass(frozen=True)
class Entry:
    """One data set: what it holds, where it comes from, and whose it is.

    Attributes:
        name: what `load` calls it.
        title: one line for a listing.
        path: below the folder `COGMEM_DATA` and the cache, e.g. "recall/peers_notask.csv".
        paradigm: the task, e.g. "immediate free recall".
        n_subjects, n_lists: static facts for a listing.
        licence: of the place it is taken from.
        redistribution: whether the file may be passed on, in words.
        citation: the paper to cite.
        doi: of that paper.
        sha256: hash that the file must have wherever it lies; None if the package that ships it
            may change it.
        url: pinned public address, None if there is none.
        package: (name of an installed package, path inside it), None if none ships the file.
        note: what a reader of the numbers must know.
        others: the other files, if the set has several.
    """

    name: str
    title: str
    path: str
    paradigm: str
    n_subjects: int
    n_lists: int
    licence: str
    redistribution: str
    citation: str
    doi: str
    sha256: str | None = None
    url: str | None = None
    package: tuple[str, str] | None = None
    note: str = ""
    others: tuple[Part, ...] = ()

    @property
    def files(self) -> tuple[Entry, ...]:
        """An entry for each of the files."""
        rest = [replace(self, **vars(part), package=None, others=()) for part in self.others]
        return (self, *rest)


def where(entry: Entry) -> str | None:
    """Which place holds the file: "COGMEM_DATA", "package NAME", "cache", or None.

    Of several files, the first. Looks only: nothing is fetched, hashed or imported.
    """
    return next((name for name, path in _places(entry) if path.is_file()), None)


def locate(entry: Entry) -> Path:
    """Path of the file, or of the first of several, from the first place that has it.

    Places: the folder `COGMEM_DATA`; the installed package that ships it; the cache
    (`COGMEM_CACHE`, or the user's cache folder); the public URL, unless `COGMEM_OFFLINE` is 1.

    Raises:
        DataCorrupted: if the file found has another SHA-256 than the entry states.
        DataNotFound: if no place has it, with every place looked at and what to do.
    """
    for _, path in _places(entry):
        if path.is_file():
            return _verified(path, entry)
    if entry.url is None:
        raise DataNotFound(_not_found(entry, "no public address is known"))
    if _offline():
        raise DataNotFound(_not_found(entry, "not tried, COGMEM_OFFLINE is set"))
    return _download(entry, entry.url)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _places(entry: Entry) -> Iterator[tuple[str, Path]]:
    """Name and path of every local place, in order, whether or not the file is there."""
    if folder := os.environ.get("COGMEM_DATA"):
        root = Path(folder).expanduser()
        yield "COGMEM_DATA", root / entry.path
        yield "COGMEM_DATA", root / PurePosixPath(entry.path).name
    if entry.package and (root_of_package := _package_folder(entry.package[0])):
        yield f"package {entry.package[0]}", root_of_package / entry.package[1]
    yield "cache", _cache() / entry.path


def _package_folder(package: str) -> Path | None:
    """Folder of an installed package, which is not imported."""
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) if folders else None


def _cache() -> Path:
    if folder := os.environ.get("COGMEM_CACHE"):
        return Path(folder).expanduser()
    import pooch  # here, as most files are found before the cache is asked

    return Path(pooch.os_cache("cogmem"))


def _offline() -> bool:
    return os.environ.get("COGMEM_OFFLINE", "").lower() not in ("", "0", "false", "no")


def _verified(path: Path, entry: Entry) -> Path:
    if entry.sha256 and (found := sha256_of(path)) != entry.sha256:
        raise DataCorrupted(
            f"{path} is not the published {entry.name}: its SHA-256 is {found}, expected "
            f"{entry.sha256}. Delete the file, or put the original in its place."
        )
    return path


def _download(entry: Entry, url: str) -> Path:
    """Fetch into the cache; a file with a wrong hash is never left there."""
    import pooch

    target = _cache() / entry.path
    known_hash = f"sha256:{entry.sha256}" if entry.sha256 else None
    try:
        pooch.retrieve(url, known_hash, fname=target.name, path=target.parent)
    except ValueError as error:  # pooch's word for another hash than the known one
        raise DataCorrupted(f"{url} does not give the published {entry.name}: {error}") from error
    except OSError as error:  # no network, refused, not found: requests' errors are OSErrors
        raise DataNotFound(_not_found(entry, f"failed: {error}")) from None
    return target


def _not_found(entry: Entry, download: str) -> str:
    """The message: the file, every place looked at, what to do, and the citation."""
    looked = [f"  - {name}: {path}" for name, path in _places(entry)]
    if not os.environ.get("COGMEM_DATA"):
        looked.insert(0, "  - COGMEM_DATA: not set (the folder with your data files)")
    if entry.package and not _package_folder(entry.package[0]):
        looked.append(f"  - package {entry.package[0]}: not installed")
    looked.append(f"  - download: {download}")
    name = f"{PurePosixPath(entry.path).name} ({entry.title})"
    lines = [f"{name} was not found.", "Looked at:", *looked, *_remedies(entry)]
    return "\n".join([*lines, f"Please cite: {entry.citation}"])


def _remedies(entry: Entry) -> list[str]:
    remedies = [f"Put it at {_cache() / entry.path}, or at {entry.path} below COGMEM_DATA."]
    if entry.url:
        remedies.append(f"Get it from {entry.url}")
    if entry.package:
        remedies.append(f"It comes with {entry.package[0]}: pip install {entry.package[0]}")
    return remedies
