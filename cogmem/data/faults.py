"""What is wrong with a recall table: every fault at once, each told by row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["CORE", "find_faults"]

CORE = ("subject", "list", "trial_type", "position", "item")
"""Columns that every table must have."""

_EXPECTED = {
    "subject": "a number or a text that names the person",
    "list": "an integer, the number of the list within its subject",
    "trial_type": "'study' or 'recall'",
    "position": "an integer from 1 up",
    "item": "the word, as text or as a number",
}
# Recalls holds list numbers as int32 and positions as int16.
_LIMITS = {"list": (-(2**31), 2**31 - 1), "position": (1, 2**15 - 1)}

Fault = tuple[int, str]
"""Row number (for sorting) and message; -1 for a fault of the whole table."""


def find_faults(
    table: pd.DataFrame, position_names: Mapping[str, str], times: str | None = None
) -> list[str]:
    """Every fault of a long table, in the order of its rows.

    Args:
        table: long format; its index labels name the rows.
        position_names: what the user's table calls `position` on study and on recall rows.
        times: column of recall onsets, if one was asked for.
    """
    needed = (*CORE, times) if times else CORE
    absent = [(-1, _absent(name, table)) for name in needed if name not in table]
    if table.empty:
        absent.append((-1, "the table has no rows"))
    teller = _Teller(table, position_names)
    bad = {name: _bad_values(name, table[name]) for name in CORE if name in table}
    found = [*absent, *teller.bad_values(bad), *teller.bad_times(times)]
    if set(CORE[:4]) <= set(bad):
        found += _structure_faults(teller, bad)
    return [text for _, text in sorted(found, key=lambda fault: fault[0])]


def _absent(name: str, table: pd.DataFrame) -> str:
    alike = [each for each in table.columns if str(each).strip().casefold() == name.casefold()]
    return f"column {name!r} is missing" + (f": rename {alike[0]!r}" if alike else "")


class _Teller:
    """Words a fault of one table: which row and column, what was given and expected."""

    def __init__(self, table: pd.DataFrame, position_names: Mapping[str, str]) -> None:
        self.table = table
        self.position_names = position_names

    def __call__(self, row: int, column: str, given: str, expected: str) -> Fault:
        label = _shown(self.table.index[row])
        name = self._column_name(row, column)
        return row, f"row {label}, column {name!r}: got {given}, expected {expected}"

    def _column_name(self, row: int, column: str) -> str:
        if column != "position" or "trial_type" not in self.table:
            return column
        kind = self.table["trial_type"].iloc[row]
        return self.position_names.get(kind, column) if isinstance(kind, str) else column

    def bad_values(self, bad: Mapping[str, np.ndarray]) -> Iterator[Fault]:
        for name, mask in bad.items():
            for row in np.flatnonzero(mask):
                value = self.table[name].iloc[row]
                yield self(int(row), name, _given(value), _expected(name, self.table[name], value))

    def bad_times(self, times: str | None) -> Iterator[Fault]:
        if times is None or times not in self.table:
            return
        values = self.table[times]
        wrong = values.notna() & pd.to_numeric(values, errors="coerce").isna()
        for row in np.flatnonzero(wrong):
            yield self(int(row), times, _given(values.iloc[row]), "a time in s from the signal")


def _shown(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)


def _given(value: Any) -> str:
    return "a missing value" if _is_missing(value) else _shown(value)


def _is_missing(value: Any) -> bool:
    missing = pd.isna(value)
    return missing if isinstance(missing, bool) else False  # an array is odd, not missing


def _expected(column: str, values: pd.Series, value: Any) -> str:
    names = column in ("subject", "item") and not _is_missing(value)
    if names and _kind(value) in ("text", "number"):
        kind = _kind(values.dropna().iloc[0])
        return f"{kind} as in the rows above: one column holds text or numbers, not both"
    return _EXPECTED[column]


def _bad_values(column: str, values: pd.Series) -> np.ndarray:
    """bool[row]: missing, or not what this core column may hold."""
    missing = values.isna().to_numpy(bool)
    if column in _LIMITS:
        return missing | ~_integers(values, *_LIMITS[column])
    if column == "trial_type":
        return missing | ~values.isin(["study", "recall"]).to_numpy(bool)
    return missing | _odd_kind(values)


def _integers(values: pd.Series, low: int, high: int) -> np.ndarray:
    """bool[row]: whole numbers from low to high. The text "3" is not a number."""
    if not pd.api.types.is_numeric_dtype(values):
        values = values.where(values.map(_kind) == "number")
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    in_range = (low <= numbers) & (numbers <= high)  # NaN compares as False
    return whole & in_range & (values.dtype != bool)


def _odd_kind(values: pd.Series) -> np.ndarray:
    """bool[row]: neither text nor number, or not of the kind that the column begins with."""
    if values.dtype != object:
        return np.zeros(len(values), bool)
    kinds = values.map(_kind).to_numpy(object)
    named = [kind for kind in kinds if kind in ("text", "number")]
    wanted = named[0] if named else "text"
    return kinds != wanted


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, Real) and not isinstance(value, bool) else "other"


def _structure_faults(teller: _Teller, bad: Mapping[str, np.ndarray]) -> list[Fault]:
    """Faults that only show between rows: duplicates, gaps, lists never studied.

    A row that is already told as faulty tears a gap into its list, which is not told a second
    time. Hence the two sets of lists: those that may miss a row, and those that may miss a
    position.
    """
    adrift = bad["subject"] | bad["list"] | bad["trial_type"]
    broken = adrift | bad["position"]
    above, below = _list_codes(teller.table, bad["subject"] | bad["list"])
    cells = pd.DataFrame(
        {
            "row": np.arange(len(above)),
            "list": above,
            "kind": teller.table["trial_type"].to_numpy(object),
            "torn": np.isin(above, [above[broken], below[broken]]),
            "doubtful": np.isin(above, [above[adrift], below[adrift]]),
        }
    )
    positions = pd.to_numeric(teller.table["position"], errors="coerce")[~broken]
    placed = cells[~broken].assign(position=positions.to_numpy(int))
    return [*_sequence_faults(teller, placed), *_unstudied_faults(teller, cells[~adrift])]


def _list_codes(table: pd.DataFrame, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int[row], twice: one code per (subject, list).

    A row whose key is lost belongs with the row above or with the row below, who knows; it
    counts with the former in the first array, with the latter in the second.
    """
    known = table.groupby(["subject", "list"], sort=False, dropna=False, observed=True).ngroup()
    codes = known.reset_index(drop=True).mask(pd.Series(lost))
    above, below = codes.ffill().bfill(), codes.bfill().ffill()
    return above.fillna(-1).to_numpy(int), below.fillna(-1).to_numpy(int)


def _sequence_faults(teller: _Teller, cells: pd.DataFrame) -> Iterator[Fault]:
    """Positions of a list run 1, 2, 3 ... on study rows, and again on recall rows."""
    cells = cells.sort_values(["list", "kind", "position", "row"])
    before = cells.groupby(["list", "kind"], sort=False)["position"].shift(fill_value=0)
    step = (cells["position"] - before).to_numpy()
    wrong = (step == 0) | ((step > 1) & ~cells["torn"].to_numpy(bool))
    for cell, last in zip(cells[wrong].itertuples(), before[wrong], strict=True):
        yield _sequence_fault(teller, cell, int(last))


def _sequence_fault(teller: _Teller, cell: Any, last: int) -> Fault:
    where = f"{cell.kind} rows of {_list_name(teller.table, cell.row)}"
    if cell.position == last:
        return teller(cell.row, "position", f"{last} a second time", f"each once in the {where}")
    given = f"{cell.position} after {last}" if last else f"{cell.position} as the lowest"
    expected = f"{last + 1}: positions run without a gap in the {where}"
    return teller(cell.row, "position", given, expected)


def _unstudied_faults(teller: _Teller, cells: pd.DataFrame) -> Iterator[Fault]:
    """Lists with recall rows but no study rows, told at their first recall row."""
    studied = cells.loc[cells["kind"] == "study", "list"]
    strays = cells[~cells["list"].isin(studied) & ~cells["doubtful"]]
    for _, rows in strays.groupby("list"):
        row = int(rows["row"].iloc[0])
        given = f"{len(rows)} recall row(s) of {_list_name(teller.table, row)}"
        yield teller(row, "list", given, "study rows of that list too")


def _list_name(table: pd.DataFrame, row: int) -> str:
    subject, number = table["subject"].iloc[row], table["list"].iloc[row]
    return f"subject {_shown(subject)}, list {_shown(number)}"
