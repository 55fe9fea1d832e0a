"""Free recall as a Psych-DS folder: a CSV, a sidecar that says what each column is, a description.

The folder can be read by anybody without cogmem. Layout: `dataset_description.json` (JSON-LD in
the words of schema.org), `data/task-freerecall_data.csv` (the long table of `to_table`) and
`data/task-freerecall_data.json` (its columns).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmem.data.recalls import Recalls
from cogmem.data.table import read_csv, to_table
from cogmem.errors import DataNotFound, InvalidValue

__all__ = ["read_psych_ds", "write_psych_ds"]

DESCRIPTION, STEM = "dataset_description.json", "task-freerecall_data"

_COLUMNS = {
    "subject": "Identity of the person",
    "list": "Number of the list within the person, in order of presentation",
    "position": "Serial position of a study event, output position of a recall event, from 1",
    "trial_type": 'Kind of event: "study" or "recall"',
    "item": "The word studied or recalled",
    "time": "Onset of a response from the recall signal",
}
_UNITS = {"time": "s"}


def write_psych_ds(
    recalls: Recalls,
    folder: str | PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write behaviour as a Psych-DS folder, which `read_psych_ds` reads.

    Name, citation and licence come from `recalls.attrs`, where they should be.

    Args:
        recalls: of people or of a model. Words whose identity is unknown get labels, as in
            `to_table`; all else comes back as it was.
        folder: to make.
        columns: what your own columns mean, by name.
        overwrite: whether a folder that holds a data set may be written over.

    Returns:
        The folder.

    Raises:
        InvalidValue: if the folder holds a data set already.
    """
    folder = Path(folder)
    if (folder / DESCRIPTION).exists() and not overwrite:
        raise InvalidValue(f"{folder} holds a data set; choose another, or say overwrite=True.")
    table, meanings = to_table(recalls), _COLUMNS | dict(columns or {})
    timed = bool(np.isfinite(recalls.times).any())
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "data" / f"{STEM}.csv", index=False)
    _write(folder / "data" / f"{STEM}.json", _sidecar(table, meanings, recalls.attrs, timed))
    _write(folder / DESCRIPTION, _description(table, meanings, recalls.attrs))
    return folder


def read_psych_ds(folder: str | PathLike[str]) -> Recalls:
    """Behaviour from a folder that `write_psych_ds` made.

    Raises:
        DataNotFound: if a file is missing.
        InvalidTable: if the table has faults, each told by row and column.
    """
    sidecar, table = (Path(folder) / "data" / f"{STEM}{end}" for end in (".json", ".csv"))
    for path in (Path(folder) / DESCRIPTION, sidecar, table):
        if not path.is_file():
            raise DataNotFound(f"{path} is missing: {folder} is not a data set of free recall.")
    about = json.loads(sidecar.read_text(encoding="utf-8"))
    timed = "time" if about["timed"] else None
    recalls = read_csv(table, times=timed)
    return Recalls(**(vars(recalls) | {"attrs": about["attrs"]}))


def _sidecar(
    table: pd.DataFrame, meanings: Mapping[str, str], attrs: Mapping[str, Any], timed: bool
) -> dict[str, Any]:
    own = {} if "columns" in attrs else {"columns": list(table.columns)}
    return {
        "columns": {name: _variable(name, meanings) for name in table.columns},
        "timed": timed,
        "attrs": {**attrs, **own},
    }


def _description(
    table: pd.DataFrame, meanings: Mapping[str, str], attrs: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": attrs.get("title") or attrs.get("name") or "Free recall",
        "description": attrs.get("note") or "Free recall of word lists, one row per event.",
        "license": attrs.get("licence", "not stated"),
        "citation": attrs.get("citation", "not stated"),
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, **_variable(name, meanings)}
            for name in table.columns
        ],
    }


def _variable(name: str, meanings: Mapping[str, str]) -> dict[str, str]:
    unit = {"unitText": _UNITS[name]} if name in _UNITS else {}
    return {"description": meanings.get(name, "not described"), **unit}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, default=_number)
    path.write_text(text + "\n", encoding="utf-8")


def _number(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be written as JSON")
