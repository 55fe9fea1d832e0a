"""`Recalls`: the one form in which people and models leave free-recall behaviour.

One row per list. Serial positions are 1-based; 0 is padding after the last response; -1 is an
intrusion. Repeats are kept, and lists without any response are rows like all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import xarray as xr

from cogmem.errors import InvalidValue, MixedListLengths

__all__ = ["Recalls"]

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Recalls:
    """Responses of people or models to studied lists.

    Attributes:
        recalls: int16[trial, output], serial position of each response (1-based), 0 = padding,
            -1 = intrusion.
        subject: [trial], who recalled; integers or strings.
        list_length: int16[trial], number of words studied.
        list_id: int32[trial], number of the list within its subject, in order of presentation.
        items: int32[trial, position], studied words as indices into `pool`; -1 = padding.
        responses: int32[trial, output], recalled words as indices into `pool`; -1 = unknown or
            padding. It tells prior-list from extra-list intrusions.
        times: float32[trial, output], onset of each response in s from the recall signal; NaN
            where unknown.
        pool: the words themselves; `items` and `responses` point into it.
        by_list, by_position, by_output: further columns with one value per list, per studied
            word, and per response.
        attrs: where the data come from: name, citation, licence, sha256.

    Raises:
        InvalidValue: if shapes disagree or a response lies outside its list.
    """

    recalls: np.ndarray
    subject: np.ndarray
    list_length: np.ndarray
    list_id: np.ndarray
    items: np.ndarray
    responses: np.ndarray
    times: np.ndarray
    pool: np.ndarray
    by_list: Columns = field(default_factory=dict)
    by_position: Columns = field(default_factory=dict)
    by_output: Columns = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_positions(
        cls,
        recalls: np.ndarray,
        *,
        list_length: int | np.ndarray,
        subject: np.ndarray | int = 1,
        list_id: np.ndarray | None = None,
        **columns: Any,
    ) -> Recalls:
        """Recalls from serial positions alone, as a simulation or a `.mat` file gives them.

        Args:
            recalls: integers[trial, output], see the class.
            list_length: words studied, for all lists or for each.
            subject: who recalled, for all lists or for each.
            list_id: number of each list within its subject; counted from 1 if None.
            **columns: any other attribute of the class.

        Without `items`, every list is taken to hold words of its own, unknown to the others.

        Raises:
            InvalidValue: if a position is no whole number, or see the class.
        """
        recalls = _positions(recalls)
        n_trials = recalls.shape[0]
        subject = np.broadcast_to(np.asarray(subject), (n_trials,)).copy()
        lengths = np.broadcast_to(np.asarray(list_length, np.int16), (n_trials,)).copy()
        widest = int(lengths.max(initial=0))
        unknown = {
            "items": np.full((n_trials, widest), -1, np.int32),
            "responses": np.full(recalls.shape, -1, np.int32),
            "times": np.full(recalls.shape, np.nan, np.float32),
            "pool": np.array([], dtype=str),
        }
        if list_id is None:
            list_id = _count_within(subject)
        return cls(recalls, subject, lengths, np.asarray(list_id, np.int32), **(unknown | columns))

    def __post_init__(self) -> None:
        for name in ("recalls", "items"):
            if getattr(self, name).ndim != 2:
                found = getattr(self, name).shape
                raise InvalidValue(
                    f"{name} has shape {found}, expected two axes: one row per list."
                )
        for name, values, expected in self._expected_shapes():
            if values.shape != expected:
                raise InvalidValue(f"{name} has shape {values.shape}, expected {expected}.")
        self._check_positions()

    def _expected_shapes(self) -> Iterator[tuple[str, np.ndarray, tuple[int, ...]]]:
        """Name, value and the shape it must have to go with `recalls` and `items`."""
        n_trials, n_outputs = self.recalls.shape
        n_positions = max(self.items.shape[1], int(self.list_length.max(initial=0)))
        shapes = {
            "by_list": (n_trials,),
            "by_position": (n_trials, n_positions),
            "by_output": (n_trials, n_outputs),
        }
        for name in ("subject", "list_length", "list_id"):
            yield name, getattr(self, name), (n_trials,)
        yield "items", self.items, (n_trials, n_positions)
        for name in ("responses", "times"):
            yield name, getattr(self, name), (n_trials, n_outputs)
        for group, shape in shapes.items():
            for key, values in getattr(self, group).items():
                yield f"{group}[{key!r}]", values, shape

    def _check_positions(self) -> None:
        outside = (self.recalls < -1) | (self.recalls > self.list_length[:, None])
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise InvalidValue(
                f"recalls[{row}, {column}] is {self.recalls[row, column]}, expected -1 "
                f"(intrusion), 0 (padding) or a serial position from 1 to {self.list_length[row]}."
            )
        gaps = (self.recalls[:, :-1] == 0) & (self.recalls[:, 1:] != 0)
        if gaps.any():
            row, column = np.argwhere(gaps)[0]
            raise InvalidValue(
                f"recalls[{row}] has a response after the padding at output {column + 1}; "
                "0 may only follow the last response. Mark an intrusion with -1."
            )

    def __len__(self) -> int:
        return len(self.recalls)

    def __repr__(self) -> str:
        name = self.attrs.get("name", "recalls")
        lengths = "/".join(str(n) for n in np.unique(self.list_length))
        return (
            f"<Recalls {name}: {len(self.subjects)} subjects, {len(self)} lists of {lengths}, "
            f"{int(self.n_out.sum())} responses>"
        )

    @property
    def n_out(self) -> np.ndarray:
        """int[trial]: recorded responses per list, intrusions and repeats included."""
        return np.count_nonzero(self.recalls, axis=1)

    @property
    def subjects(self) -> np.ndarray:
        """Sorted identities of the people (or simulated people)."""
        return np.unique(self.subject)

    @property
    def length(self) -> int:
        """The one list length of this set.

        Raises:
            MixedListLengths: if there are several.
            InvalidValue: if there is no list.
        """
        lengths = np.unique(self.list_length)
        if not len(lengths):
            raise InvalidValue(f"there is no list in {self!r}, expected one or more.")
        if len(lengths) != 1:
            raise MixedListLengths(int(n) for n in lengths)
        return int(lengths[0])

    @property
    def first(self) -> np.ndarray:
        """bool[trial, output]: in-list responses at their first occurrence, no repeats."""
        earlier = np.tril(np.ones((self.recalls.shape[1],) * 2, bool), -1)
        same = self.recalls[:, :, None] == self.recalls[:, None, :]
        return (self.recalls > 0) & ~(same & earlier).any(axis=2)

    @property
    def prior_lag(self) -> np.ndarray:
        """int16[trial, output]: lists since an intruding word was last studied; 0 if never.

        Counts every list that the same person studied before this one, in any session, and takes
        the most recent. A word studied only later is an extra-list intrusion: 0.
        """
        lag = np.zeros(self.recalls.shape, np.int16)
        last_seen: dict[tuple[Any, int], int] = {}
        for trial in np.lexsort((self.list_id, self.subject)):
            who, when = self.subject[trial], int(self.list_id[trial])
            for output in np.flatnonzero(self.recalls[trial] == -1):
                seen = last_seen.get((who, int(self.responses[trial, output])))
                lag[trial, output] = 0 if seen is None else when - seen
            last_seen.update(((who, int(item)), when) for item in self.items[trial] if item >= 0)
        return lag

    def select(self, **conditions: Any) -> Recalls:
        """The lists that meet every condition, e.g. `select(subject=[63, 64], list_length=16)`.

        Args:
            **conditions: a per-list column and the value, or values, to keep.

        Raises:
            InvalidValue: if a column is unknown or no list is left.
        """
        keep = np.ones(len(self), bool)
        for name, wanted in conditions.items():
            keep &= np.isin(self._list_column(name), np.atleast_1d(wanted))
        if not keep.any():
            raise InvalidValue(f"no list has {conditions}. There are {self!r}.")
        return self[keep]

    def _list_column(self, name: str) -> np.ndarray:
        columns = {
            "subject": self.subject,
            "list_length": self.list_length,
            "list_id": self.list_id,
            **self.by_list,
        }
        if name not in columns:
            raise InvalidValue(f"no per-list column {name!r}; there are {', '.join(columns)}.")
        return columns[name]

    def __getitem__(self, rows: Any) -> Recalls:
        """The lists at `rows` (a slice, a mask or indices), in that order.

        Raises:
            InvalidValue: if `rows` are none of these, or there is no such row.
        """
        rows = self._rows(rows)
        taken = {
            name: _take(getattr(self, name), rows)
            for name in (f.name for f in fields(self))
            if name not in ("pool", "attrs")
        }
        return replace(self, **taken)

    def _rows(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            return rows
        told = (
            f"recalls[{rows!r}] is not possible: expected a slice, a mask or indices of the "
            f"{len(self)} lists, e.g. recalls[[0, 2]]. Of a person: recalls.select(subject=...)."
        )
        try:
            chosen = np.arange(len(self))[np.asarray(rows) if np.size(rows) else []]
        except IndexError as error:
            raise InvalidValue(told) from error
        if np.ndim(chosen) != 1:
            raise InvalidValue(told)
        return chosen

    def cleaned(self) -> Recalls:
        """Without intrusions and repeats, remaining responses moved up: what likelihoods need."""
        keep = self.first
        order = np.argsort(~keep, axis=1, kind="stable")
        width = max(int(keep.sum(axis=1).max(initial=0)), 1)

        def pack(values: np.ndarray, fill: Any) -> np.ndarray:
            packed = np.where(keep, values, fill)
            return np.take_along_axis(packed, order, axis=1)[:, :width].astype(values.dtype)

        return replace(
            self,
            recalls=pack(self.recalls, 0),
            responses=pack(self.responses, -1),
            times=pack(self.times, np.nan),
            by_output={},
        )

    def to_xarray(self) -> xr.Dataset:
        """The same as a Dataset with dims trial, output, position; `from_xarray` inverts it."""
        per_list = {"subject": self.subject, "list_id": self.list_id}
        variables: dict[str, Any] = {
            "recalls": (("trial", "output"), self.recalls),
            "responses": (("trial", "output"), self.responses),
            "times": (("trial", "output"), self.times, {"units": "s"}),
            "items": (("trial", "position"), self.items),
            "list_length": ("trial", self.list_length),
            "pool": ("item", self.pool),
        }
        for name, dims in _EXTRA_DIMS.items():
            variables |= {f"{name}:{key}": (dims, v) for key, v in getattr(self, name).items()}
        coords = {name: ("trial", values) for name, values in per_list.items()}
        return xr.Dataset(variables, coords=coords, attrs=dict(self.attrs))

    @classmethod
    def from_xarray(cls, dataset: xr.Dataset) -> Recalls:
        """Inverse of `to_xarray`."""
        plain = ("recalls", "responses", "times", "items", "list_length", "pool")
        values: dict[str, Any] = {
            name: dataset[name].values for name in (*plain, "subject", "list_id")
        }
        extras: dict[str, Any] = {name: {} for name in _EXTRA_DIMS}
        for name in dataset.data_vars:
            group, _, key = str(name).partition(":")
            if key:
                extras[group][key] = dataset[name].values
        return cls(**values, **extras, attrs=dict(dataset.attrs))


_EXTRA_DIMS: dict[str, tuple[str, ...]] = {
    "by_list": ("trial",),
    "by_position": ("trial", "position"),
    "by_output": ("trial", "output"),
}


def _positions(recalls: Any) -> np.ndarray:
    """int16[trial, output] serial positions.

    Raises:
        InvalidValue: if one is no whole number, or the rows differ in length.
    """
    try:
        numbers = np.asarray(recalls, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidValue(
            f"recalls are not serial positions ({error}), expected whole numbers [trial, output], "
            "padded with 0. Words are read by cogmem.data.from_table."
        ) from error
    odd = ~np.isfinite(numbers) | (numbers != np.floor(numbers))
    if odd.any():
        raise InvalidValue(
            f"recalls hold {numbers[odd][0]:g}, expected whole numbers: serial positions from 1, "
            "0 for padding, -1 for an intrusion."
        )
    return numbers.astype(np.int16)


def _take(value: np.ndarray | Columns, rows: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: column[rows] for name, column in value.items()}
    return value[rows]


def _count_within(subject: np.ndarray) -> np.ndarray:
    """1, 2, 3 ... within each subject, in row order."""
    count = np.zeros(len(subject), np.int32)
    for who in np.unique(subject):
        rows = subject == who
        count[rows] = np.arange(1, rows.sum() + 1)
    return count
