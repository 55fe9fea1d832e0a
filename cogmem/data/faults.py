"""What is wrong with a recall table: every fault at once, each told by row and column.

Faults of one kind, of which there are many, are told together: a column that is capitalised is one
mistake, whatever the number of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from cogmem.errors import InvalidTable

__all__ = ["CORE", "Fault", "find_faults", "refusal"]

CORE = ("subject", "list", "trial_type", "position", "item")
"""Columns that every table must have."""

_TRIAL_TYPES = ("study", "recall")
_EXPECTED = {
    "subject": "a number or a text that names the person",
    "list": "an integer, the number of the list within its subject",
    "trial_type": "'study' or 'recall'",
    "position": "an integer from 1 up",
    "item": "the word, as text or as a number",
}
_NUMBER_RECALLS = (
    ": number the recalls of each list 1, 2, 3 ... in the order in which the words were said (if "
    "the rows are in that order, as they stand in the file)"
)
# Recalls holds list numbers as int32 and positions as int16.
_LIMITS = {"list": (-(2**31), 2**31 - 1), "position": (1, 2**15 - 1)}

FEW = 3
"""So many faults of one kind are told one by one; of more, the first so many rows are named."""


@dataclass(frozen=True)
class Fault:
    """Something wrong, told without its row, which a file and a frame name differently.

    Attributes:
        row: number of the row, from 0; -1 for a fault of the whole table.
        text: what is wrong, e.g. ", column 'position': got 0, expected an integer from 1 up".
        column: where it is wrong.
        given: what was found there.
        kind: what was expected there of any row; faults of one column and kind are gathered.
    """

    row: int
    text: str
    column: str = ""
    given: str = ""
    kind: str = ""

    @classmethod
    def of_cell(cls, row: int, column: str, given: str, expected: str, kind: str = "") -> Fault:
        """A cell that holds something else than expected; `kind` if that is said of one list."""
        text = f", column {column!r}: got {given}, expected {expected}"
        return cls(row, text, column, given, kind or expected)


def refusal(faults: Sequence[Fault], labels: pd.Index, unit: str = "row") -> InvalidTable:
    """The error that tells them all, in the order of rows, those of one kind together.

    Args:
        faults: in any order.
        labels: [row] what each row is called.
        unit: what a label is: "row" of a frame, "line" of a file.
    """
    ordered = sorted(faults, key=lambda fault: fault.row)
    kinds: dict[tuple[str, ...], list[Fault]] = {}
    for fault in ordered:
        alone = (fault.text,) if fault.row < 0 else ()
        kinds.setdefault((fault.column, fault.kind, *alone), []).append(fault)
    told = [
        [_placed(fault, labels, unit) for fault in alike]
        if len(alike) <= FEW
        else [_gathered(alike, labels, unit)]
        for alike in kinds.values()
    ]
    return InvalidTable([_placed(fault, labels, unit) for fault in ordered], told)


def _placed(fault: Fault, labels: pd.Index, unit: str) -> str:
    return fault.text if fault.row < 0 else f"{unit} {_shown(labels[fault.row])}{fault.text}"


def _gathered(alike: Sequence[Fault], labels: pd.Index, unit: str) -> str:
    """Many faults of one kind in a line: how many, what was given, and where they begin."""
    given = list(dict.fromkeys(fault.given for fault in alike))
    shown = " / ".join(given[:FEW]) + " / ..." * (len(given) > FEW)
    first = ", ".join(_shown(labels[fault.row]) for fault in alike[:FEW])
    return (
        f"{len(alike)} rows: column {alike[0].column!r}: got {shown}, expected {alike[0].kind}; "
        f"first: {unit}s {first}"
    )


def find_faults(
    table: pd.DataFrame, position_names: Mapping[str, str], times: str | None = None
) -> list[Fault]:
    """Every fault of a long table, in any order.

    Args:
        table: long format.
        position_names: what the user's table calls `position` on study and on recall rows.
        times: column of recall onsets, if one was asked for.
    """
    needed = (*CORE, times) if times else CORE
    found = _absent([name for name in needed if name not in table], table)
    if table.empty:
        found.append(Fault(-1, "the table has no rows"))
    teller = _Teller(table, position_names)
    bad = {name: _bad_values(name, table[name]) for name in CORE if name in table}
    found += [*teller.bad_values(bad), *teller.bad_times(times)]
    if set(CORE[:4]) <= set(bad):
        found += _structure_faults(teller, bad)
    if set(CORE) <= set(bad):
        found += _near_words(table, np.logical_or.reduce(list(bad.values())))
    return found


def _absent(names: Sequence[str], table: pd.DataFrame) -> list[Fault]:
    """One fault for all columns that are missing, with those that there are."""
    if not names:
        return []
    found = {str(each).strip().casefold(): each for each in reversed(table.columns)}
    near = [found.get(name.casefold()) for name in names]
    told = [
        f"{name!r}" + (f" (rename {each!r})" if each is not None else "")
        for name, each in zip(names, near, strict=True)
    ]
    verb = "columns {} are" if len(told) > 1 else "column {} is"
    there = ", ".join(repr(each) for each in table.columns) or "none"
    return [Fault(-1, f"{verb.format(', '.join(told))} missing; the columns found are {there}")]


class _Teller:
    """Words a fault of one table: which column, what was given and expected."""

    def __init__(self, table: pd.DataFrame, position_names: Mapping[str, str]) -> None:
        self.table = table
        self.position_names = position_names

    def __call__(self, row: int, column: str, given: str, expected: str, kind: str = "") -> Fault:
        return Fault.of_cell(row, self._column_name(row, column), given, expected, kind)

    def _column_name(self, row: int, column: str) -> str:
        if column != "position" or "trial_type" not in self.table:
            return column
        kind = self.table["trial_type"].iloc[row]
        return self.position_names.get(kind, column) if isinstance(kind, str) else column

    def bad_values(self, bad: Mapping[str, np.ndarray]) -> Iterator[Fault]:
        for name, mask in bad.items():
            for row in np.flatnonzero(mask):
                value = self.table[name].iloc[row]
                expected = _expected(name, self.table[name], value)
                if name == "position" and _is_missing(value):
                    expected += self._hint(int(row))
                yield self(int(row), name, _given(value), expected)

    def _hint(self, row: int) -> str:
        """How recalls get their positions, if that is all that they lack."""
        kind = self.table["trial_type"].iloc[row] if "trial_type" in self.table else ""
        return _NUMBER_RECALLS if isinstance(kind, str) and kind == "recall" else ""

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
    if column == "trial_type" and str(value).strip().casefold() in _TRIAL_TYPES:
        return f"{_EXPECTED[column]} (small letters, no spaces)"
    return _EXPECTED[column]


def _bad_values(column: str, values: pd.Series) -> np.ndarray:
    """bool[row]: missing, or not what this core column may hold."""
    missing = values.isna().to_numpy(bool)
    if column in _LIMITS:
        return missing | ~_integers(values, *_LIMITS[column])
    if column == "trial_type":
        return missing | ~values.isin(_TRIAL_TYPES).to_numpy(bool)
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
    rows = f"{cell.kind} rows of"
    where, anywhere = f"{rows} {_list_name(teller.table, cell.row)}", f"{rows} a list"
    if cell.position == last:
        given, once = f"{last} a second time", "each once in the "
        return teller(cell.row, "position", given, once + where, once + anywhere)
    given = f"{cell.position} after {last}" if last else f"{cell.position} as the lowest"
    rule = "positions run without a gap in the "
    return teller(cell.row, "position", given, f"{last + 1}: {rule}{where}", f"{rule}{anywhere}")


def _unstudied_faults(teller: _Teller, cells: pd.DataFrame) -> Iterator[Fault]:
    """Lists with recall rows but no study rows, told at their first recall row."""
    studied = cells.loc[cells["kind"] == "study", "list"]
    strays = cells[~cells["list"].isin(studied) & ~cells["doubtful"]]
    for _, rows in strays.groupby("list"):
        row = int(rows["row"].iloc[0])
        given = f"{len(rows)} recall row(s) of {_list_name(teller.table, row)}"
        yield teller(row, "list", given, "study rows of that list too")


def _near_words(table: pd.DataFrame, bad: np.ndarray) -> Iterator[Fault]:
    """Recalled words that are of their list but for capitals or spaces at their ends.

    They would count as intrusions, and whether they are the word of the list is not ours to guess.
    """
    rows = np.flatnonzero(~bad)
    if not len(rows) or not isinstance(table["item"].iloc[rows[0]], str):
        return
    cells = table.iloc[rows][[*CORE]].assign(row=rows)
    words = cells["item"].astype(object)
    cells["folded"] = words.map({word: word.strip().casefold() for word in words.unique()})
    studied = cells[(cells["trial_type"] == "study").to_numpy(bool)]
    recalled = cells[(cells["trial_type"] == "recall").to_numpy(bool)]
    place = ["subject", "list"]
    same = pd.MultiIndex.from_frame(studied[[*place, "item"]])
    strange = recalled[~pd.MultiIndex.from_frame(recalled[[*place, "item"]]).isin(same)]
    first = studied.drop_duplicates([*place, "folded"])[[*place, "folded", "item"]]
    near = strange.merge(first, on=[*place, "folded"], suffixes=("", "_studied"))
    for cell in near.itertuples():
        yield _near_word(cell)


def _near_word(cell: Any) -> Fault:
    told, word = repr(cell.item), repr(cell.item_studied)
    where = f"list {_shown(cell.list)} of subject {_shown(cell.subject)}"
    text = f": {told}, {where} has {word}; write them alike"
    given = f"{told} where {word} was studied"
    return Fault(int(cell.row), text, "item", given, "words of a list written as they were studied")


def _list_name(table: pd.DataFrame, row: int) -> str:
    subject, number = table["subject"].iloc[row], table["list"].iloc[row]
    return f"subject {_shown(subject)}, list {_shown(number)}"
