"""The long table of free recall (psifr's format) to `Recalls` and back, exactly.

One row per event: `subject`, `list`, `trial_type` ("study" or "recall"), `position` (1-based input
or output position), `item`, and any further columns. The format is that of psifr (Morton 2020,
Journal of Open Source Software 5, 2669); a table that psifr has scored (`merge_free_recall`) is
read too.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from cogmem.data.columns import Layout, plain, restore, store
from cogmem.data.csv_files import header_of, lines_of, read_frame
from cogmem.data.faults import CORE, find_faults, refusal
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidTable, InvalidValue, NoRecallRows

__all__ = ["from_table", "layout_of_recalls", "read_csv", "read_whole", "to_table"]

_SCORED = {"input": "study", "output": "recall"}
_SCORES = [*_SCORED, *_SCORED.values(), "repeat", "intrusion", "prior_list", "prior_input"]
_GROUPS = ("by_list", "by_position", "by_output")
_NAMED = 5
"""Lists that a warning names."""
# Words such as "null" or "none" may be items, so only these stand for a missing value.
_MISSING = ["", "NA", "N/A", "NaN", "nan", "<NA>"]


def from_table(frame: pd.DataFrame, *, times: str | None = None, **attrs: Any) -> Recalls:
    """`Recalls` from a long table of study and recall events.

    Lists are ordered by subject, then list number; rows may come in any order. A response takes
    the serial position of its word in that list, and -1 if the word was not in it. A word studied
    twice in a list is allowed (lists with repetitions); its recall takes the first presentation.
    Lists without recall rows become lists without responses. Further columns are kept: constant
    within every list in `by_list`, otherwise study rows in `by_position`, recall rows in
    `by_output`; the order of columns is kept in `attrs["columns"]`.

    Of a table scored by psifr, rows that repeat the (subject, list, output) of an earlier row are
    dropped: it holds an intrusion once for every list that the word was studied in.

    Args:
        frame: long or scored table. It is not changed.
        times: column with the onset of each response in s from the recall signal, which becomes
            `Recalls.times` (float32); none is read if None.
        **attrs: where the data come from, e.g. name, citation.

    Raises:
        InvalidTable: with every fault, each told by the row's index label (row number, if labels
            are not unique) and column.
    """
    return _recalls(frame, "row", times, attrs)


def _recalls(frame: pd.DataFrame, unit: str, times: str | None, attrs: dict[str, Any]) -> Recalls:
    """See `from_table`; `unit` is what a label of the frame is, "row" or "line"."""
    table, position_names = _long(frame)
    if faults := find_faults(table, position_names, times):
        raise refusal(faults, table.index, unit)
    layout = _layout_of(table)
    codes, pool = _words(table["item"])
    first = layout.first_row
    extras = _extras(table, layout, times)
    return Recalls(
        recalls=layout.grid(_serial_positions(layout, codes), study=False, fill=0),
        subject=plain(table["subject"])[first],
        list_length=np.bincount(layout.trial[layout.study]).astype(np.int16),
        list_id=table["list"].to_numpy(np.int32)[first],
        items=layout.grid(codes, study=True),
        responses=layout.grid(codes, study=False),
        times=layout.grid(_onsets(table, times), study=False),
        pool=pool,
        attrs={**attrs, "columns": [str(name) for name in frame.columns]},
        **extras,
    )


def read_csv(path: str | PathLike[str], *, times: str | None = None, **attrs: Any) -> Recalls:
    """`from_table` of a CSV file. Items may be any word, "null" and "None" among them.

    Warns (`NoRecallRows`) of lists that have no recall rows, which are read as nothing recalled.

    Raises:
        DataNotFound: if there is no such file.
        UnreadableTable: if it is no table: empty, no UTF-8 text, or not parted by commas.
        InvalidTable: see `from_table`; rows are told by their lines in the file, the header is 1.
    """
    recalls = read_whole(path, times=times, **attrs)
    if untold := _without_recalls(recalls):
        warnings.warn(untold, NoRecallRows, stacklevel=2)
    return recalls


def read_whole(path: str | PathLike[str], *, times: str | None = None, **attrs: Any) -> Recalls:
    """`read_csv` of a file that is known to be whole: lists without recall rows are no surprise.

    Raises:
        DataNotFound, UnreadableTable, InvalidTable: see `read_csv`.
    """
    missing = {name: [""] if name == "item" else _MISSING for name in header_of(path)}
    frame = read_frame(path, keep_default_na=False, na_values=missing, low_memory=False)
    for name in {"list", "position"} & set(frame.columns):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].map(_number)
    return _recalls(frame.set_axis(lines_of(path, len(frame)), axis=0), "line", times, attrs)


def _number(cell: Any) -> Any:
    """A cell of a column in which one cell is no number, so that only that one is told."""
    digits = isinstance(cell, str) and re.fullmatch(r"[+-]?\d+", cell.strip())
    return int(cell) if digits else cell


def _without_recalls(recalls: Recalls) -> str:
    """Says which lists have no recall rows; nothing if all have some."""
    silent = np.flatnonzero(recalls.n_out == 0)
    if not len(silent):
        return ""
    pairs = zip(recalls.subject[silent[:_NAMED]], recalls.list_id[silent[:_NAMED]], strict=True)
    named = "; ".join(f"subject {who}, list {number}" for who, number in pairs)
    more, one = "; ..." * (len(silent) > _NAMED), len(silent) == 1
    return (
        f"{len(silent)} of {len(recalls)} lists {'has' if one else 'have'} no recall rows ({named}"
        f"{more}): taken as nothing recalled; remove {'its' if one else 'their'} study rows if "
        f"{'it was' if one else 'they were'} not tested"
    )


def to_table(recalls: Recalls, *, times: str = "time") -> pd.DataFrame:
    """The long table of `Recalls`: list by list, study rows before recall rows.

    `from_table` inverts it; `to_table(from_table(x))` is `x`, row for row, if `x` is sorted so.
    A word whose identity is unknown (-1) gets a label of its own, "unknown 1", "unknown 2" ...,
    or numbers below the pool's smallest if items are numbers.

    Args:
        recalls: behaviour of people or of a model.
        times: name of the column of response onsets in s; written if any onset is known.

    Raises:
        InvalidValue: if a further column has the name `times` already.
    """
    layout = layout_of_recalls(recalls)
    frame = pd.DataFrame(
        {
            "subject": _objects(recalls.subject[layout.trial]),
            "list": recalls.list_id[layout.trial].astype(np.int64),
            "position": layout.position.astype(np.int64),
            "trial_type": np.where(layout.study, "study", "recall").astype(object),
            "item": _objects(_item_of_row(recalls, layout)),
        }
    ).infer_objects()
    extras = _restored(recalls, layout, times)
    columns = _column_order([*frame.columns, *extras], recalls.attrs.get("columns", ()))
    return pd.concat([frame, pd.DataFrame(extras)], axis=1)[columns]


# --- reading -------------------------------------------------------------------------------------


def _long(frame: pd.DataFrame) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """The table in long form, and what it calls `position` on each kind of row."""
    if not isinstance(frame, pd.DataFrame):
        raise InvalidValue(f"got a {type(frame).__name__}, expected a pandas DataFrame.")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise InvalidTable([f"column {name!r} is there more than once" for name in twice.unique()])
    if not frame.index.is_unique:
        frame = frame.set_axis(pd.RangeIndex(len(frame)), axis=0)
    if "trial_type" in frame or not set(_SCORED) | set(_SCORED.values()) <= set(frame.columns):
        return frame, {}
    return _long_from_scored(frame), {kind: name for name, kind in _SCORED.items()}


def _long_from_scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Study and recall rows of a scored table, whose rows can be both at once."""
    parts = []
    for column, kind in _SCORED.items():
        rows = frame[frame[kind].eq(True)]
        if kind == "recall":
            keys = rows[[name for name in ("subject", "list", column) if name in rows]]
            rows = rows[~keys.duplicated() | rows[column].isna()]
        parts.append(rows.assign(position=rows[column], trial_type=kind))
    return pd.concat(parts).drop(columns=[name for name in _SCORES if name in frame])


def _layout_of(table: pd.DataFrame) -> Layout:
    subject, _ = pd.factorize(table["subject"], sort=True)
    number, _ = pd.factorize(table["list"], sort=True)
    code = subject.astype(np.int64) * (int(number.max()) + 1) + number
    lists, trial = np.unique(code, return_inverse=True)
    study = table["trial_type"].to_numpy(object) == "study"
    return Layout(trial, study, table["position"].to_numpy(np.int64), len(lists))


def _words(items: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """int32[row] index of each row's word, and the sorted words."""
    codes, pool = pd.factorize(plain(items), sort=True)
    return codes.astype(np.int32), np.asarray(pool)


def _serial_positions(layout: Layout, codes: np.ndarray) -> np.ndarray:
    """int16[row]: where in its list each row's word was studied first; -1 if nowhere."""
    # One number per (list, word), so that lists and words are matched in one search.
    key = layout.trial * (int(codes.max()) + 1) + codes
    studied = np.flatnonzero(layout.study)
    studied = studied[np.argsort(layout.position[studied], kind="stable")]
    known, first = np.unique(key[studied], return_index=True)
    at = np.searchsorted(known, key).clip(max=len(known) - 1)
    positions = layout.position[studied[first[at]]]
    return np.where(known[at] == key, positions, -1).astype(np.int16)


def _onsets(table: pd.DataFrame, times: str | None) -> np.ndarray:
    if times is None:
        return np.full(len(table), np.nan, np.float32)
    return pd.to_numeric(table[times]).to_numpy(np.float32, na_value=np.nan)


def _extras(table: pd.DataFrame, layout: Layout, times: str | None) -> dict[str, dict[str, Any]]:
    """by_list, by_position and by_output."""
    groups: dict[str, dict[str, Any]] = {group: {} for group in _GROUPS}
    for name in table.columns:
        if name not in (*CORE, times):
            for group, values in store(table[name], layout).items():
                groups[group][str(name)] = values
    return groups


# --- writing -------------------------------------------------------------------------------------


def layout_of_recalls(recalls: Recalls) -> Layout:
    """The rows of the table that `recalls` makes: per list, first the words, then the responses."""
    studied = np.nonzero(np.arange(recalls.items.shape[1]) < recalls.list_length[:, None])
    recalled = np.nonzero(recalls.recalls)
    trial = np.concatenate([studied[0], recalled[0]])
    position = np.concatenate([studied[1], recalled[1]]) + 1
    study = np.arange(len(trial)) < len(studied[0])
    order = np.lexsort((position, ~study, trial))
    return Layout(trial[order], study[order], position[order], len(recalls))


def _item_of_row(recalls: Recalls, layout: Layout) -> np.ndarray:
    """[row]: the word studied or recalled, a label of its own where it is unknown."""
    items, responses, n_unknown = _word_codes(recalls)
    words = np.concatenate([recalls.pool, _labels(recalls.pool, n_unknown)])
    place = layout.position - 1
    codes = np.empty(len(place), int)
    study = layout.study
    codes[study] = items[layout.trial[study], place[study]]
    codes[~study] = responses[layout.trial[~study], place[~study]]
    return words[codes]


def _word_codes(recalls: Recalls) -> tuple[np.ndarray, np.ndarray, int]:
    """items and responses with codes past the pool for unknown words, and how many these are."""
    known = len(recalls.pool)
    items, responses = recalls.items.astype(int), recalls.responses.astype(int)
    studied = np.arange(items.shape[1]) < recalls.list_length[:, None]
    nameless = studied & (items < 0)
    items[nameless] = known + np.arange(nameless.sum())
    # A response in the list is the word at its position, whatever that word is called.
    trial, output = np.nonzero((recalls.recalls > 0) & (responses < 0))
    responses[trial, output] = items[trial, recalls.recalls[trial, output] - 1]
    strangers = (recalls.recalls == -1) & (responses < 0)
    n_unknown = int(nameless.sum() + strangers.sum())
    responses[strangers] = known + nameless.sum() + np.arange(strangers.sum())
    return items, responses, n_unknown


def _labels(pool: np.ndarray, count: int) -> np.ndarray:
    """`count` items that are not in the pool, of its kind."""
    if pool.dtype.kind in "iuf":
        return min(pool.min(initial=0), 0) - 1 - np.arange(count)
    return np.array([f"unknown {n + 1}" for n in range(count)], dtype=str)


def _restored(recalls: Recalls, layout: Layout, times: str) -> dict[str, pd.Series]:
    """The further columns, onsets last if any is known."""
    groups = {group: dict(getattr(recalls, group)) for group in _GROUPS}
    if np.isfinite(recalls.times).any():
        if any(times in columns for columns in groups.values()):
            raise InvalidValue(f"there is a column {times!r} already; give another name as times=.")
        groups["by_output"][times] = recalls.times
    names = dict.fromkeys(name for columns in groups.values() for name in columns)
    return {name: restore(name, groups, layout) for name in names}


def _objects(values: np.ndarray) -> np.ndarray:
    """Text as Python strings, which pandas stores as its own text; numbers as they are."""
    return values.astype(object) if values.dtype.kind == "U" else values


def _column_order(names: list[str], wanted: Any) -> list[str]:
    """`names` with those that were in the original table first, in its order."""
    known = [name for name in wanted if name in names]
    return known + [name for name in names if name not in known]
