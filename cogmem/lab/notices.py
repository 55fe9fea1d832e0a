"""The two files that say whose work cogmem rests on: CITATION.cff and THIRD_PARTY.md.

Written into the folder of a checkout by `python -m cogmem.lab.notices`, from pyproject.toml, from
what the installed packages say of themselves, from the cards and from the registry of data.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageMetadata, metadata
from itertools import groupby
from pathlib import Path
from typing import Any

from cogmem.data import catalogue, entry
from cogmem.data.registry import Entry
from cogmem.lab.bibliography import Work, merged, parse, plain
from cogmem.lab.citations import AUTHORS, TITLE
from cogmem.models.card import read_cards

__all__ = ["citation_file", "licence", "requirements", "third_party", "write"]

RUN_TIME = ("", "spiking", "notebooks", "cluster", "bayes", "images", "graphs")
"""Extras that computing with cogmem can need; "" is what it always needs."""

USES = {
    "arviz": "diagnostics of posteriors, PSIS-LOO",
    "brian2": "spiking circuits written a second time",
    "dask": "sweeps on many workers; stored sweeps read lazily",
    "dask-jobqueue": "workers under Slurm",
    "distributed": "the scheduler of those workers",
    "equinox": "models as pytrees of parameters",
    "evosax": "CMA-ES, the search of the table of minds",
    "h5netcdf": "the measured table of minds, read and written as netCDF",
    "h5py": "the files that h5netcdf reads and writes",
    "ipywidgets": "sliders in notebooks",
    "jax": "arrays, gradients, compilation",
    "jaxtyping": "shapes in annotations",
    "jupyterlab": "notebooks",
    "matplotlib": "figures",
    "networkx": "layout of graphs of neurons",
    "numpy": "arrays",
    "numpyro": "Bayesian fits by NUTS",
    "openpyxl": "data sets that come as spreadsheets",
    "optax": "gradient steps",
    "pandas": "tables",
    "pillow": "pictures of tasks",
    "pooch": "data files fetched and checked",
    "psifr": "the files of two data sets, read from its folder; its code is imported in tests only",
    "rich": "tables and progress bars in the terminal",
    "safetensors": "weights of checkpoints",
    "scikit-learn": "a linear classifier of digits",
    "scipy": "statistics, optimisation, data sets that come as .mat",
    "threadpoolctl": "how many threads a process takes",
    "typer": "commands",
    "xarray": "labelled results",
    "zarr": "stores of results",
}


def write(folder: Path) -> list[Path]:
    """Both files, from the pyproject.toml of that folder.

    Returns:
        The files written.
    """
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = {
        "CITATION.cff": citation_file(project["version"], project["license"]),
        "THIRD_PARTY.md": third_party(requirements(project)),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


# ---- THIRD_PARTY.md ------------------------------------------------------------------------------


def requirements(project: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of the packages needed at run time by extra, "" for those always needed.

    Args:
        project: the table `project` of pyproject.toml.
    """
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    names = {extra: (_name(each) for each in lists[extra]) for extra in RUN_TIME}
    return {extra: sorted(dict.fromkeys(each)) for extra, each in names.items()}


def third_party(packages: Mapping[str, Sequence[str]]) -> str:
    """THIRD_PARTY.md.

    Args:
        packages: names by extra, all of them installed.

    Raises:
        PackageNotFoundError: for one that is not.
    """
    rows = [
        f"| {name} | {extra or 'always'} | {licence(metadata(name))} | {USES[name]} |"
        for extra, names in packages.items()
        for name in names
    ]
    parts = [
        _HEAD,
        "| package | needed | licence | for |\n|---|---|---|---|",
        *rows,
        "",
        _CONTAINED,
    ]
    return "\n".join([*parts, *_data_sets()]) + "\n"


def licence(package: PackageMetadata) -> str:
    """What a package says of its licence, in a few words."""
    stated = [text for name in _LICENCE for text in package.get_all(name) or []]
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in package.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    short = [text for text in stated if 0 < len(text) <= 40 and "\n" not in text]
    return next(iter([*short, *classifiers]), "not stated in its metadata")


_LICENCE = ("License-Expression", "License")


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return found[0].lower()


def _data_sets() -> Iterator[str]:
    """Data sets by the place that they are taken from, with its licence."""

    def terms(one: Entry) -> tuple[str, str]:
        return one.licence, one.redistribution

    found = sorted((entry(row["name"]) for row in catalogue()), key=terms)
    yield "| licence of the place | may the files be passed on? | data sets |\n|---|---|---|"
    for (told, passing), group in groupby(found, key=terms):
        names = ", ".join(sorted(f"`{one.name}`" for one in group))
        yield f"| {told} | {passing} | {names} |"


_HEAD = """\
# What cogmem rests on

cogmem is under the BSD-3-Clause licence (`LICENSE`). This page is written by
`python -m cogmem.lab.notices`; licences are those that the packages state themselves.

## Packages that it needs

None of them is part of cogmem: an installer fetches them. Packages that only its tests, its
documentation and its development need are in `pyproject.toml`, under `test`, `docs` and `dev`.
"""

_CONTAINED = """\
psifr is under the GNU General Public Licence. cogmem contains no code of it, and imports it in
tests only, as the measure of its own measures.

## What it contains of others

- No code. Models are written from the papers that their cards name (`cogmem list NAME`).
- Numbers that papers report, typed in, each with its source and how far it was checked
  (`cogmem/data/tables`, `cogmem data`).
- Weights (`cogmem/participants/*.npz`) that cogmem's own networks learnt, on lists and displays
  that cogmem makes. Nothing of people is in them.
- In the repository and in the source distribution, not in what is installed: reference numbers for
  tests (`tests/reference/*.npz`). They are outputs of other programs, run once: psifr and cymr
  (GPL-3.0-or-later), the authors' programs of HLOP, BDH and WorM, and sparseypy; and computations
  from the equations. `human_reference.npz` also holds 120 of the recall sequences of Morton et al.
  (2013) as cymr distributes them, and curves of each person of three data sets. A picture of a task
  in `worm_reference.npz` is one that WorM's generators (MIT) drew.

## Data of people

No data file is part of cogmem. Each is read from where its reader has it, from the package that
ships it, or from its public address, and stays under the licence there (`cogmem data`). What the
registry knows of that licence:
"""


# ---- CITATION.cff --------------------------------------------------------------------------------


def citation_file(version: str, spdx: str) -> str:
    """CITATION.cff in the Citation File Format 1.2.0, with the papers of all cards.

    Args:
        version: of cogmem.
        spdx: its licence, as SPDX names it.
    """
    about = {
        "cff-version": "1.2.0",
        "message": "If you use cogmem, please cite it, and the models and data that you ran "
        "(`cogmem cite NAME ...`, `cogmem cite --figure FILE`).",
        "title": TITLE,
        "type": "software",
        "authors": [{"name": AUTHORS}],
        "version": version,
        "license": spdx,
        "keywords": ["memory", "free recall", "cognitive science", "computational neuroscience"],
    }
    works = merged(work for card in read_cards().values() for work in parse(card.bibtex))
    return _yaml({**about, "references": [_reference(work) for work in works]})


_KINDS = {
    "article": "article",
    "book": "book",
    "incollection": "book",
    "inproceedings": "conference-paper",
    "techreport": "report",
}
_SAME = {"journal": "journal", "volume": "volume", "number": "issue", "doi": "doi"}
_BODIES = {"publisher": "publisher", "institution": "institution", "booktitle": "conference"}


def _reference(work: Work) -> dict[str, Any]:
    """A work as the format has it."""
    fields = {name: plain(value) for name, value in work.fields.items()}
    start, _, end = fields.get("pages", "").partition("-")
    ends = {name: text for name, text in {"start": start, "end": end}.items() if text}
    told: dict[str, Any] = {
        "type": _KINDS.get(work.kind, "generic"),
        "title": fields["title"],
        "authors": [_person(name) for name in work.authors],
        "year": int(fields["year"]),
    }
    told |= {theirs: fields[ours] for ours, theirs in _SAME.items() if ours in fields}
    told |= {theirs: {"name": fields[ours]} for ours, theirs in _BODIES.items() if ours in fields}
    notes = [fields[name] for name in ("howpublished", "note") if name in fields]
    return told | ends | ({"notes": "; ".join(notes)} if notes else {})


def _person(name: str) -> dict[str, str]:
    family, _, given = plain(name).partition(", ")
    return {"family-names": family, "given-names": given} if given else {"name": family}


def _yaml(tree: Mapping[str, Any], indent: str = "") -> str:
    """YAML of mappings, lists of mappings, and texts and numbers as JSON has them."""
    lines = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:\n", _yaml(value, indent + "  ")]
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            items = (_yaml(item, indent + "    ") for item in value)
            lines += [f"{indent}{name}:\n", *(f"{indent}  - {item.lstrip()}" for item in items)]
        else:
            lines.append(f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)


if __name__ == "__main__":
    print("wrote " + ", ".join(map(str, write(Path()))))
