"""The human data sets by name.

A further set is one `Entry` and one function from the file's path to `Recalls`, joined by
`@_data_set`; nothing else has to be touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogmem.data.registry import Entry, locate, sha256_of, where
from cogmem.errors import UnknownName

# A listing must be quick: pandas, scipy and xarray are imported by the loaders, when they run.
if TYPE_CHECKING:
    import numpy as np

    from cogmem.data.recalls import Recalls

__all__ = ["catalogue", "entry", "load"]

Loader = Callable[[Path], "Recalls"]
_SETS: dict[str, tuple[Entry, Loader]] = {}

_PSIFR_LICENCE = "GPL-3.0 (psifr)"
_PSIFR_RIGHTS = "read from the installed psifr; no copy is passed on with cogmem"


def load(name: str) -> Recalls:
    """A human data set as `Recalls`.

    Args:
        name: one of `catalogue()`, e.g. "peers".

    Returns:
        Recalls: parsed once per process; its arrays are read-only, copy one to change it. `attrs`
        hold name, title, paradigm, citation, doi, licence, sha256 of the file read, and note.

    Raises:
        UnknownName: with the nearest known name.
        DataNotFound: if the file is in none of the places where cogmem looks.
        DataCorrupted: if it is not the published file.
    """
    what = entry(name)
    path = locate(what)
    recalls = _parse(name, path, sha256_of(path))
    # The mappings are the caller's own; the arrays in them are shared and read-only.
    return replace(
        recalls,
        by_list=dict(recalls.by_list),
        by_position=dict(recalls.by_position),
        by_output=dict(recalls.by_output),
        attrs=dict(recalls.attrs),
    )


def entry(name: str) -> Entry:
    """The registry's entry of a data set: file, source, licence, citation.

    Raises:
        UnknownName: with the nearest known name.
    """
    if name not in _SETS:
        raise UnknownName("data set", name, _SETS)
    return _SETS[name][0]


def catalogue() -> list[dict[str, Any]]:
    """One row per data set: name, title, paradigm, subjects, lists, licence, citation, place.

    `place` is where the file is found now, else "not here". Nothing is fetched or read.
    """
    return [_row(what) for what, _ in _SETS.values()]


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


@lru_cache(maxsize=16)
def _parse(name: str, path: Path, sha256: str) -> Recalls:
    """Read the file. The hash is part of the key, so that a changed file is read anew."""
    what, loader = _SETS[name]
    recalls = loader(path)
    told = ("name", "title", "paradigm", "citation", "doi", "licence", "redistribution", "note")
    attrs = {key: getattr(what, key) for key in told} | {"sha256": sha256, "file": path.name}
    return _read_only(replace(recalls, attrs={**recalls.attrs, **attrs}))


def _read_only(recalls: Recalls) -> Recalls:
    """Every caller of `load` gets the same arrays, so none may write to them."""
    for value in (getattr(recalls, each.name) for each in fields(recalls)):
        for array in value.values() if isinstance(value, dict) else (value,):
            if hasattr(array, "setflags"):
                array.setflags(write=False)
    return recalls


def _data_set(what: Entry) -> Callable[[Loader], Loader]:
    """Adds a data set to the catalogue; the function decorated reads its file."""

    def register(loader: Loader) -> Loader:
        _SETS[what.name] = (what, loader)
        return loader

    return register


@_data_set(
    Entry(
        name="peers",
        title="PEERS, lists without an encoding task (Healey & Kahana 2014)",
        path="recall/peers_notask.csv",
        paradigm="immediate free recall",
        n_subjects=126,
        n_lists=3528,
        licence=_PSIFR_LICENCE,
        redistribution=_PSIFR_RIGHTS,
        citation=(
            "Healey, M. K. & Kahana, M. J. (2014). Is memory search governed by universal "
            "principles or idiosyncratic strategies? Journal of Experimental Psychology: General "
            "143, 575-596."
        ),
        doi="10.1037/a0033715",
        package=("psifr", "data/peers_notask.csv"),
        note=(
            "28 lists of 16 words per subject, no encoding task; the Healey & Kahana (2014) set of "
            "the CMR literature. 4 lists have no recall. Subject numbers are not contiguous."
        ),
    )
)
def _peers(path: Path) -> Recalls:
    from cogmem.data.table import read_csv

    return read_csv(path)


@_data_set(
    Entry(
        name="morton2013",
        title="Category lists of celebrities, landmarks and objects (Morton et al. 2013)",
        path="recall/Morton2013.csv",
        paradigm="immediate free recall",
        n_subjects=40,
        n_lists=1920,
        licence=_PSIFR_LICENCE,
        redistribution=_PSIFR_RIGHTS,
        citation=(
            "Morton, N. W., Kahana, M. J., Rosenberg, E. A., Baltuch, G. H., Litt, B., Sharan, "
            "A. D., Sperling, M. R. & Polyn, S. M. (2013). Category-specific neural oscillations "
            "predict recall organization during memory search. Cerebral Cortex 23, 2407-2422."
        ),
        doi="10.1093/cercor/bhs229",
        package=("psifr", "data/Morton2013.csv"),
        note=(
            "48 lists of 24 words per subject in three sessions. response and response_time are of "
            "the judgement at study, not of recall. Words recur over sessions."
        ),
    )
)
def _morton2013(path: Path) -> Recalls:
    from cogmem.data.table import read_csv

    return read_csv(path)


@_data_set(
    Entry(
        name="murdock1962",
        title="Lists of 20, 30 and 40 words at 1 s per word (Murdock 1962)",
        path="recall/murdock1962_MurdData_clean.mat",
        paradigm="immediate free recall",
        n_subjects=45,
        n_lists=3600,
        licence="Apache-2.0 (mkclairhong/CMRX_repfr)",
        redistribution="allowed under the licence, with its notice; fetched by URL, not shipped",
        citation=(
            "Murdock, B. B. (1962). The serial position effect of free recall. Journal of "
            "Experimental Psychology 64, 482-488."
        ),
        doi="10.1037/h0045106",
        sha256="2d2598c52f6dc1b54972b15ef83c4ad269184e0b18a8e2f97a6c09a271f8626d",
        url=(
            "https://raw.githubusercontent.com/mkclairhong/CMRX_repfr/"
            "02ca6cbe44ee17f0eefa6a0dced9985f6568b85a/data/MurdData_clean.mat"
        ),
        note=(
            "15 subjects x 80 lists of each length, subsets of Murdock's groups 20-1, 30-1 and "
            "40-1. The groups were different people: subjects 1-15, 16-30 and 31-45 here. Repeats "
            "and intrusions were removed by the source; the words are not known."
        ),
    )
)
def _murdock1962(path: Path) -> Recalls:
    import numpy as np
    from scipy.io import loadmat

    from cogmem.data.recalls import Recalls

    groups = loadmat(path, simplify_cells=True)["data"]["LL"]
    lengths = np.array([group["listLength"] for group in groups])
    sizes = [len(group["recalls"]) for group in groups]
    of_list = np.repeat(lengths, sizes)
    return Recalls.from_positions(
        _stacked([group["recalls"] for group in groups]),
        list_length=of_list,
        subject=_distinct([group["subject"] for group in groups]),
        by_list={"condition": np.array([f"{length}-1" for length in of_list])},
    )


def _stacked(blocks: list[np.ndarray]) -> np.ndarray:
    """One matrix of all rows, each padded with 0 to the widest."""
    import numpy as np

    width = max(block.shape[1] for block in blocks)
    return np.concatenate([np.pad(b, ((0, 0), (0, width - b.shape[1]))) for b in blocks])


def _distinct(subjects: list[np.ndarray]) -> np.ndarray:
    """Subject numbers of separate groups, each counted on from the group before."""
    import numpy as np

    counts = [0, *np.cumsum([block.max() for block in subjects[:-1]], dtype=int)]
    return np.concatenate([b.astype(int) + n for b, n in zip(subjects, counts, strict=True)])
