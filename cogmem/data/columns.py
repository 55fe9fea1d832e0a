"""Further columns of a recall table, as arrays of `Recalls` and back again.

Text is held as fixed-width unicode with "" where a value is missing, so that it can be compared,
indexed and written to zarr like numbers. A column that itself holds "" stays an object array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Layout", "plain", "restore", "store"]

# What fills the cells of a list shorter than the longest; never read back into a table.
_PADDING: dict[str, Any] = {"U": "", "i": -1, "u": 0, "b": False, "f": np.nan, "c": np.nan}


@dataclass(frozen=True)
class Layout:
    """Which cell of which array each row of a table fills.

    Attributes:
        trial: int[row], index of the list.
        study: bool[row], a studied word rather than a response.
        position: int[row], input or output position, 1-based.
        n_trials: number of lists.
    """

    trial: np.ndarray
    study: np.ndarray
    position: np.ndarray
    n_trials: int

    def grid(self, values: np.ndarray, study: bool, fill: Any = None) -> np.ndarray:
        """[trial, position] or [trial, output] from the study or the recall rows of [row]."""
        rows = self.study == study
        trial, place = self.trial[rows], self.position[rows] - 1
        # At least one column, so that a set without any response is still two-dimensional.
        shape = (self.n_trials, int(place.max(initial=0)) + 1)
        padding = padding_of(values.dtype) if fill is None else fill
        grid = np.full(shape, padding, dtype=values.dtype)
        grid[trial, place] = values[rows]
        return grid

    @property
    def first_row(self) -> np.ndarray:
        """int[trial]: the first row of each list."""
        return np.unique(self.trial, return_index=True)[1]


def padding_of(dtype: np.dtype) -> Any:
    """The value that stands for "no such cell" in an array of this dtype."""
    if dtype.kind in "mM":
        return np.array("NaT", dtype)
    return _PADDING.get(dtype.kind, np.nan)


def plain(values: pd.Series) -> np.ndarray:
    """The values as a numpy array that needs no pandas to be read."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        if (values == "").any():  # "" means missing below
            return values.to_numpy(object)
        return values.astype(object).where(values.notna(), "").to_numpy(str)
    if isinstance(values.dtype, np.dtype):
        return values.to_numpy()
    return _plain_nullable(values)


def _plain_nullable(values: pd.Series) -> np.ndarray:
    """pandas' nullable numbers: floats if one is missing, else the numbers themselves."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric:
        return values.to_numpy(object)
    if values.isna().any():
        return values.to_numpy(float, na_value=np.nan)
    return values.to_numpy(getattr(values.dtype, "numpy_dtype", float))


def is_missing(values: np.ndarray) -> np.ndarray:
    """bool[...]: no value was given."""
    return values == "" if values.dtype.kind == "U" else np.asarray(pd.isna(values))


def store(values: pd.Series, layout: Layout) -> dict[str, np.ndarray]:
    """One further column as arrays, keyed by the group of `Recalls` that takes each.

    A column that is constant within every list, missing values included, goes to `by_list`. Of
    any other, the study rows go to `by_position` and the recall rows to `by_output`, and a side
    without any value is left out. `restore` inverts this exactly.
    """
    flat = plain(values)
    missing = is_missing(flat)
    first = layout.first_row
    if _constant(flat, missing, first[layout.trial]):
        return {"by_list": flat[first]}
    sides = {"by_position": True, "by_output": False}
    return {
        group: layout.grid(flat, study)
        for group, study in sides.items()
        if not missing[layout.study == study].all()
    }


def _constant(flat: np.ndarray, missing: np.ndarray, first: np.ndarray) -> bool:
    """Whether each value equals the one at its list's first row."""
    both_missing = missing & missing[first]
    return bool(np.all((flat == flat[first]) | both_missing))


def restore(name: str, groups: Mapping[str, Mapping[str, np.ndarray]], layout: Layout) -> pd.Series:
    """Inverse of `store`: the column `name` in the order of the layout's rows."""
    if name in groups["by_list"]:
        return _series(groups["by_list"][name][layout.trial])
    parts = []
    for group, study in (("by_position", True), ("by_output", False)):
        if name in groups[group]:
            rows = np.flatnonzero(layout.study == study)
            cells = groups[group][name][layout.trial[rows], layout.position[rows] - 1]
            parts.append(_series(cells).set_axis(rows))
    return pd.concat(parts).reindex(range(len(layout.trial)))


def _series(values: np.ndarray) -> pd.Series:
    if values.dtype.kind == "U":
        values = np.where(values == "", np.nan, values.astype(object))
    return pd.Series(values).infer_objects()
