"""Small knowledge graphs on which link prediction is tested: nobody's behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry, Part
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import Repository
from cogmem.errors import InvalidValue

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["read_graph"]

SPLITS = ("train", "valid", "test")

_PYKEEN = Repository(
    "pykeen/pykeen",
    "05c7bbb20c952f3e5e958e694344ace4005b1bbb",
    "MIT (pykeen/pykeen); no separate licence comes with the triples",
    "allowed under the licence, with its notice; fetched by URL, not shipped",
)
_KEMP = (
    "Kemp, C., Tenenbaum, J. B., Griffiths, T. L., Yamada, T. & Ueda, N. (2006). Learning systems "
    "of concepts with an infinite relational model. Proceedings of AAAI 21, 381-388."
)


def _graph(name: str, title: str, citation: str, doi: str, note: str, *sha256: str) -> Entry:
    """The entry of a graph in three files: train, valid and test."""

    def part(split: str, sha256: str) -> Part:
        url = _PYKEEN.url(f"src/pykeen/datasets/{name}/{split}.txt")
        return Part(f"kg/{name}/{split}.txt", sha256, url)

    first, *others = map(part, SPLITS, sha256)
    return Entry(
        name=name,
        title=title,
        path=first.path,
        paradigm="knowledge graph",
        n_subjects=0,
        n_lists=0,
        licence=_PYKEEN.licence,
        redistribution=_PYKEEN.redistribution,
        citation=citation,
        doi=doi,
        sha256=first.sha256,
        url=first.url,
        note=note,
        others=tuple(others),
    )


def read_graph(train: Path, valid: Path, test: Path) -> xr.Dataset:
    """A graph of facts in three files.

    Args:
        train, valid, test: UTF-8, one fact a line: subject, predicate and object, apart by tabs.

    Returns:
        Dataset: `triple` int [fact, role], numbers of subject, predicate and object; `split`
        [fact]; the names, in alphabetic order, along `entity` and `predicate`.

    Raises:
        InvalidValue: if a line is not three names, a file has none, or valid or test names an
            entity or a predicate that train does not, of which nothing could be learnt.
    """
    import numpy as np
    import xarray as xr

    facts = {split: _read(path) for split, path in zip(SPLITS, (train, valid, test), strict=True)}
    entities = sorted({name for s, _, o in facts["train"] for name in (s, o)})
    predicates = sorted({p for _, p, _ in facts["train"]})
    numbers = [{name: i for i, name in enumerate(names)} for names in (entities, predicates)]
    for split, path in (("valid", valid), ("test", test)):
        _refuse_unknown(path, facts[split], *map(set, numbers))
    entity, predicate = numbers
    triple = [(entity[s], predicate[p], entity[o]) for split in SPLITS for s, p, o in facts[split]]
    about = {"long_name": "Number of subject, predicate and object", "units": "1 (from 0)"}
    splits = np.repeat(SPLITS, [len(facts[name]) for name in SPLITS])
    return xr.Dataset(
        {"triple": (("fact", "role"), np.array(triple), about)},
        coords={
            "split": ("fact", splits, {"long_name": "To learn, to choose settings, or to test"}),
            "role": ("role", ["subject", "predicate", "object"], {"long_name": "Part of a fact"}),
            "entity": ("entity", entities, {"long_name": "Name of an entity"}),
            "predicate": ("predicate", predicates, {"long_name": "Name of a predicate"}),
        },
    )


def _read(path: Path) -> list[tuple[str, str, str]]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        names = line.split("\t")
        if len(names) != 3 or not all(names):
            raise InvalidValue(
                f"{path}, line {number} is {line!r}, expected subject, predicate and object, apart "
                "by tabs."
            )
        found.append((names[0], names[1], names[2]))
    if not found:
        raise InvalidValue(f"{path} has no facts, expected one a line.")
    return found


def _refuse_unknown(
    path: Path, facts: list[tuple[str, str, str]], entities: set[str], predicates: set[str]
) -> None:
    for number, (s, p, o) in enumerate(facts, start=1):
        for kind, name, known in (
            ("entity", s, entities),
            ("predicate", p, predicates),
            ("entity", o, entities),
        ):
            if name not in known:
                raise InvalidValue(
                    f"{path}, line {number} names the {kind} {name!r}, which no fact of the "
                    "training file does: nothing can be learnt of it. Move a fact, or drop it."
                )


@data_set(
    _graph(
        "nations",
        "Nations: 14 countries and 55 relations between them",
        f"Rummel, R. J. (1999). Dimensionality of Nations Project. ICPSR 5409. Used in {_KEMP}",
        "",
        "1,592 facts to learn, 199 to choose settings with, 201 to test. More than 95 % of the "
        "relations have an inverse or a duplicate (README of TimDettmers/ConvE): high scores show "
        "memory of mirrored facts rather than inference.",
        "0830fa9da8e5bba2ccdaa45b7bdc9130451ba66b09ff2708f35fccaf82473e57",
        "2b337a62e51a2f45c283eac98a70d21b7e0e102136be1539b2a52c652a7b0530",
        "3971085165b47b6aeaec68058c6d8d98b3005e929db81268410b95ae4db770ab",
    )
)
def _nations(*paths: Path) -> xr.Dataset:
    return read_graph(*paths)


@data_set(
    _graph(
        "umls",
        "UMLS: 135 kinds of biomedical things, 46 relations",
        "McCray, A. T. (2003). An upper-level ontology for the biomedical domain. Comparative and "
        f"Functional Genomics 4, 80-84. Used in {_KEMP}",
        "",
        "5,216 facts to learn, 652 to choose settings with, 661 to test.",
        "873ef4925516b83e7f6f8cc02b4be51d848828710a7f65a956f0ac4a9e452f35",
        "025c98f8a4891e2a6582ec5b40ee0d904031edad9c52554522f4b7904820c98e",
        "a7eb529a3d2810fcc96341ccc97c625a5e202f8389673aa6bd317eeebbb79014",
    )
)
def _umls(*paths: Path) -> xr.Dataset:
    return read_graph(*paths)


@data_set(
    _graph(
        "kinships",
        "Kinships: 104 members of the Alyawarra, and the kinship term between any two",
        "Denham, W. W. (1973). The detection of patterns in Alyawarra nonverbal behavior. PhD "
        f"thesis, University of Washington. Used in {_KEMP}",
        "",
        "8,544 facts to learn, 1,068 to choose settings with, 1,074 to test; 10,686 of all 10,816 "
        "ordered pairs have exactly one term. About 48 % of the terms have an inverse or a "
        "duplicate (README of TimDettmers/ConvE).",
        "738612111a6acf0e39662bde24c7e72a4d1edf20931beea077da367dda689731",
        "c56f8630a583178b1e569f11a64aa535ae1ce0b0912d8b1e24716be2b37f04da",
        "05e5733265761d55be9c05bfaff5a8d0808df46f9c1e9d66cc3f2fe114e43d88",
    )
)
def _kinships(*paths: Path) -> xr.Dataset:
    return read_graph(*paths)
