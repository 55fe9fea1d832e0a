"""CSV files as data frames; one that is no table is refused in a sentence that says what to do."""

from __future__ import annotations

import csv
import os
import re
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from cogmem.errors import DataNotFound, UnreadableTable

__all__ = ["existing_file", "header_of", "lines_of", "read_frame"]

_SAVE = "save it as CSV UTF-8, with commas"

# How files begin that spreadsheets make and that are no text.
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook (or another zip file)",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def existing_file(path: str | PathLike[str], expected: str) -> Path:
    """A path at which there is a file.

    Args:
        path: of the file.
        expected: what it should be, in words.

    Raises:
        DataNotFound: if nothing is there, or a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise DataNotFound(f"{path} is a folder, expected {expected}.")
    if not path.is_file():
        raise DataNotFound(
            f"there is no file {path}, looked for in {Path.cwd()}; expected {expected}."
        )
    return path


def header_of(path: str | PathLike[str]) -> list[str]:
    """The names of the columns of a CSV file.

    Raises:
        DataNotFound: if there is no such file.
        UnreadableTable: if it is empty, no UTF-8 text, or its columns are not parted by commas.
    """
    path = existing_file(path, "a table (.csv)")
    if path.suffix.lower() not in _COMPRESSED:
        _check_text(path)
    names = [str(name) for name in _parsed(path, nrows=0).columns]
    _check_delimiter(path, names)
    return names


def read_frame(path: str | PathLike[str], **options: Any) -> pd.DataFrame:
    """The rows of a CSV file.

    Args:
        path: of the file.
        **options: of `pandas.read_csv`.

    Raises:
        DataNotFound: if there is no such file.
        UnreadableTable: see `header_of`; or if a row has more fields than the header.
    """
    names, path = header_of(path), Path(path)
    frame = _parsed(path, **options)
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    # pandas takes surplus fields at the beginning of rows for labels of the rows.
    raise UnreadableTable(
        f"the rows of {path} have {frame.index.nlevels + len(names)} fields, expected "
        f"{len(names)} as in the header: take the comma at their ends away, or name the column."
    )


def lines_of(path: str | PathLike[str], n_rows: int) -> pd.Index:
    """The number of each row as a spreadsheet shows it: the header is 1, blank lines count.

    Args:
        path: of a CSV file.
        n_rows: of its table. Blank lines of compressed files are not looked for.
    """
    plain = pd.RangeIndex(2, n_rows + 2)
    if Path(path).suffix.lower() in _COMPRESSED:
        return plain
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        filled = [
            line
            for line, cells in enumerate(csv.reader(file), start=1)
            if "".join(cells).strip() or len(cells) > 1
        ]
    return pd.Index(filled[1:]) if len(filled) == n_rows + 1 else plain


def _parsed(path: Path, **options: Any) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig", **options)
    except pd.errors.EmptyDataError as error:
        raise UnreadableTable(_empty(path)) from error
    except UnicodeDecodeError as error:
        raise UnreadableTable(_foreign_letters(path)) from error
    except pd.errors.ParserError as error:
        raise UnreadableTable(_torn(path, str(error))) from error


def _check_text(path: Path) -> None:
    with path.open("rb") as file:
        begins = file.read(4096)
    if not begins.strip():
        raise UnreadableTable(_empty(path))
    kinds = [kind for mark, kind in _SIGNATURES.items() if begins.startswith(mark)]
    if kinds:
        raise UnreadableTable(f"{path} is {kinds[0]}, expected a CSV file: {_SAVE}.")
    if _CONTROL.search(begins):
        raise UnreadableTable(f"{path} is no text, expected a CSV file: {_SAVE}.")


def _check_delimiter(path: Path, names: list[str]) -> None:
    found = [mark for mark in _DELIMITERS if len(names) == 1 and mark in names[0]]
    if found:
        raise UnreadableTable(
            f"the columns of {path} are parted by {_DELIMITERS[found[0]]}, expected commas (its "
            f"header reads {_short(names[0])}): save it with commas, or in Python read it by "
            f"cogmem.data.from_table(pandas.read_csv({os.fspath(path)!r}, sep={found[0]!r}))."
        )


def _empty(path: Path) -> str:
    return f"{path} is empty, expected a table: a header and rows."


def _foreign_letters(path: Path) -> str:
    """Where the first letter is that is not UTF-8."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        lines = content[: error.start].split(b"\n")
        row, told = len(lines), content.split(b"\n")[len(lines) - 1].decode("latin-1").strip()
        return f"line {row} of {path}, {_short(told)}, is not UTF-8 text: {_SAVE}."
    return f"{path} is not UTF-8 text: {_SAVE}."


def _torn(path: Path, told: str) -> str:
    """What the parser says of a row that it cannot split."""
    counts = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", told)
    if counts is None:
        return f"{path} cannot be split into columns: {told.strip().rpartition('error: ')[2]}."
    expected, line, seen = counts.groups()
    return (
        f"line {line} of {path} has {seen} fields, expected {expected} as in the header: put an "
        "item that holds a comma into double quotes."
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
