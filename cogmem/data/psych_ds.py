"""Free recall as a Psych-DS folder: a CSV, a sidecar that says what each column is, a description.

The folder can be read by anybody without cogmem. Layout: `dataset_description.json` (JSON-LD in
the words of schema.org), `data/task-freerecall_data.csv` (the long table of `to_table`, with the
position and the number of each word) and `data/task-freerecall_data.json` (its columns). The
sidecar also says, under `cogmem`, which array of `Recalls` each column fills, so that they come
back as they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmem.data.columns import Layout, padding_of, restore
from cogmem.data.recalls import Recalls
from cogmem.data.table import layout_of_recalls, read_csv, read_whole, to_table
from cogmem.errors import DataNotFound, InvalidTable, InvalidValue

__all__ = ["read_psych_ds", "write_psych_ds"]

DESCRIPTION, STEM = "dataset_description.json", "task-freerecall_data"

TIME, STUDIED, NUMBER = "time", "studied_position", "item_number_in_pool"
_COLUMNS = {
    "subject": "Identity of the person",
    "list": "Number of the list within the person, in order of presentation",
    "position": "Serial position of a study event, output position of a recall event, from 1",
    "trial_type": 'Kind of event: "study" or "recall"',
    "item": "The word studied or recalled",
    TIME: "Onset of a response from the recall signal",
    STUDIED: "Serial position at study of a word recalled; -1 for an intrusion",
    NUMBER: "Number of the word in the pool, from 0; -1 if it is not known",
}
_UNITS = {TIME: "s"}
_GROUPS = {"by_list": None, "by_position": True, "by_output": False}
"""Groups of further columns, and whether they are of study events; None if of both."""


def write_psych_ds(
    recalls: Recalls,
    folder: str | PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write behaviour as a Psych-DS folder, which `read_psych_ds` reads, array for array.

    Name, citation and licence come from `recalls.attrs`, where they should be.

    Args:
        recalls: of people or of a model.
        folder: to make.
        columns: what your own columns mean, by name.
        overwrite: whether a folder that holds a data set may be written over.

    Returns:
        The folder.

    Raises:
        InvalidValue: if the folder holds a data set already, or a column has the name of another.
    """
    folder = Path(folder)
    if (folder / DESCRIPTION).exists() and not overwrite:
        raise InvalidValue(f"{folder} holds a data set; choose another, or say overwrite=True.")
    table, meanings = _table(recalls), _COLUMNS | dict(columns or {})
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "data" / f"{STEM}.csv", index=False)
    variables = {name: _variable(name, meanings) for name in table.columns}
    sidecar = {"columns": variables, "cogmem": _arrays(recalls)}
    _write(folder / "data" / f"{STEM}.json", sidecar)
    _write(folder / DESCRIPTION, _description(variables, recalls.attrs))
    return folder


def read_psych_ds(folder: str | PathLike[str]) -> Recalls:
    """Behaviour from a folder that `write_psych_ds` made.

    A folder whose sidecar has no key `cogmem` is read as `read_csv` reads its table.

    Raises:
        DataNotFound: if a file is missing.
        InvalidTable: if the table has faults, each told by line and column.
        InvalidValue: if the sidecar is no JSON.
    """
    sidecar, table = (Path(folder) / "data" / f"{STEM}{end}" for end in (".json", ".csv"))
    for path in (Path(folder) / DESCRIPTION, sidecar, table):
        if not path.is_file():
            raise DataNotFound(
                f"{path} is missing: {folder} is not a Psych-DS folder of free recall. To read a "
                "table or matrices, name the file."
            )
    arrays = _sidecar(sidecar).get("cogmem")
    if arrays is None:
        return read_csv(table)
    read_whole(table)  # finds every fault
    return _recalls(_text(table), arrays)


# ---- writing ------------------------------------------------------------------------------------


def _table(recalls: Recalls) -> pd.DataFrame:
    """The long table, with the position and the number of each word."""
    of_events = {*recalls.by_position, *recalls.by_output}
    taken = (of_events & {*recalls.by_list}) | ((of_events | {*recalls.by_list}) & {*_COLUMNS})
    if taken:
        raise InvalidValue(f"column(s) {sorted(taken)} are there already: rename yours.")
    table, layout = to_table(recalls, times=TIME), layout_of_recalls(recalls)
    groups = {
        "by_list": {},
        "by_position": {NUMBER: recalls.items},
        "by_output": {NUMBER: recalls.responses, STUDIED: recalls.recalls},
    }
    table[STUDIED] = restore(STUDIED, groups, layout).astype("Int64")
    table[NUMBER] = restore(NUMBER, groups, layout)
    return table


def _arrays(recalls: Recalls) -> dict[str, Any]:
    """What the table does not say: the words, sizes and types of the arrays, and the attributes."""
    core = ("recalls", "subject", "list_length", "list_id", "items", "responses", "times")
    return {
        "types": {name: getattr(recalls, name).dtype.str for name in core},
        "groups": {
            group: {name: values.dtype.str for name, values in getattr(recalls, group).items()}
            for group in _GROUPS
        },
        "positions": recalls.items.shape[1],
        "outputs": recalls.recalls.shape[1],
        "pool": {"type": recalls.pool.dtype.str, "words": recalls.pool.tolist()},
        "attrs": dict(recalls.attrs),
    }


def _description(
    variables: Mapping[str, Mapping[str, str]], attrs: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": attrs.get("title") or attrs.get("name") or "Free recall",
        "description": attrs.get("note") or "Free recall of word lists, one row per event.",
        "license": attrs.get("licence", "not stated"),
        "citation": attrs.get("citation", "not stated"),
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, **variable}
            for name, variable in variables.items()
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


# ---- reading ------------------------------------------------------------------------------------


def _sidecar(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # JSON's own error and that of letters are both one
        raise InvalidValue(f"{path} is no JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InvalidValue(f"{path} holds a {type(content).__name__}, expected a JSON object.")
    return content


def _text(path: Path) -> pd.DataFrame:
    """The cells of the table as they are written."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _recalls(table: pd.DataFrame, arrays: Mapping[str, Any]) -> Recalls:
    """The arrays that `_arrays` describes, from the cells of `_table`."""
    layout, types = _layout(table), arrays["types"]
    pool = np.array(arrays["pool"]["words"], arrays["pool"]["type"])
    _check_words(table, pool)

    def grid(name: str, study: bool, kind: str, fill: Any = None) -> np.ndarray:
        values = layout.grid(_parsed(table[name], kind), study, fill)
        width = arrays["positions" if study else "outputs"]
        fill = padding_of(values.dtype) if fill is None else fill
        # A file to which responses were added is wider than it was.
        missing = ((0, 0), (0, max(width - values.shape[1], 0)))
        return np.pad(values, missing, constant_values=fill)

    def list_column(name: str, kind: str) -> np.ndarray:
        return _parsed(table[name].iloc[layout.first_row], kind)

    timed = TIME if TIME in table else None
    recalls = grid(STUDIED, False, types["recalls"], fill=0)
    unknown = np.full(recalls.shape, np.nan, types["times"])
    groups = {
        group: {
            name: list_column(name, kind) if study is None else grid(name, study, kind)
            for name, kind in arrays["groups"][group].items()
        }
        for group, study in _GROUPS.items()
    }
    return Recalls(
        recalls=recalls,
        subject=list_column("subject", types["subject"]),
        list_length=np.bincount(layout.trial[layout.study]).astype(types["list_length"]),
        list_id=list_column("list", types["list_id"]),
        items=grid(NUMBER, True, types["items"]),
        responses=grid(NUMBER, False, types["responses"]),
        times=grid(timed, False, types["times"]) if timed else unknown,
        pool=pool,
        attrs=arrays["attrs"],
        **groups,
    )


def _layout(table: pd.DataFrame) -> Layout:
    """Lists in the order of the file: each begins with its first word."""
    study = (table["trial_type"] == "study").to_numpy()
    position = table["position"].to_numpy().astype(float).astype(int)
    trial = np.cumsum(study & (position == 1)) - 1
    return Layout(trial, study, position, int(trial[-1]) + 1)


def _check_words(table: pd.DataFrame, pool: np.ndarray) -> None:
    """Words and their numbers must agree: either may have been changed by hand."""
    number = table[NUMBER].to_numpy().astype(int)
    known = number >= 0
    words = np.append(pool.astype(str), "")[np.where(known, number, -1).clip(max=len(pool))]
    wrong = np.flatnonzero(known & (words != table["item"].to_numpy(str)))
    faults = [
        f"row {row}, column {NUMBER!r}: got {number[row]}, which is {words[row]!r} in the pool, "
        f"expected that of {table['item'].iloc[row]!r}"
        for row in wrong
    ]
    if faults:
        raise InvalidTable(faults)


def _parsed(cells: pd.Series, kind: str) -> np.ndarray:
    """Cells of text as numbers, truth values or text; empty cells as the padding of the type."""
    values, dtype = cells.to_numpy(str), np.dtype(kind)
    if dtype.kind in "UO":
        return values.astype(dtype)
    if dtype.kind == "b":
        return values == "True"
    given = np.where(values == "", str(padding_of(dtype)), values)
    # Whole numbers beside empty cells are written as 3.0.
    return given.astype(float).astype(dtype) if dtype.kind in "iu" else given.astype(dtype)
