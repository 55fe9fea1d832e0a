"""The one path from `Recalls` to a labelled Dataset, the same for all measures of free recall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.measures.counts import Counts
from cogmem.measures.curves import LISTS_AT_ONCE, count_lists, ratio
from cogmem.measures.definitions import AXES, CURVES, each_by_itself

__all__ = ["check_recalls", "measure"]

OUTPUTS_STEP = 8  # widths are rounded up to it, so that few data sets need a compilation


def measure(
    name: str, recalls: Recalls, responses: np.ndarray | None = None, **options: Any
) -> xr.Dataset:
    """Count in each list, add by subject, divide.

    Args:
        name: a measure in `CURVES`.
        recalls: the behaviour.
        responses: [trial, output] in place of `recalls.recalls`.
        **options: what the measure's function takes, see `curves.curve`; arrays have a leading
            [trial] axis.

    Returns:
        Dataset with `actual`, `possible` and `value`, see `cogmem.measures.recall`.

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if they are not `Recalls`, or there is none.
    """
    length = check_recalls(recalls).length
    subjects, row = np.unique(recalls.subject, return_inverse=True)
    order = np.argsort(row, kind="stable")
    responses = recalls.recalls if responses is None else responses
    covariates = CURVES[name].covariates
    arrays = {k: options.pop(k) for k in covariates if options.get(k) is not None}
    sizes = {key: value for key, value in options.items() if key not in covariates}
    width = _width(responses)
    arrays = {k: _widened(v, width) if "output" in covariates[k] else v for k, v in arrays.items()}
    laid = {key: np.asarray(values)[order] for key, values in arrays.items()}
    total = _by_subject(name, _widened(responses, width)[order], row[order], length, sizes, laid)
    return _labelled(name, total, subjects, length, sizes)


def check_recalls(recalls: Any) -> Recalls:
    """The argument, if it is what the measures of free recall read.

    Raises:
        InvalidValue: if it is something else, with how it becomes `Recalls`.
    """
    if isinstance(recalls, Recalls):
        return recalls
    ways = {
        str: f"cogmem.data.load({recalls!r}) of a data set, cogmem.data.read_csv(path) of a file",
        pd.DataFrame: "cogmem.data.from_table(frame)",
        np.ndarray: "Recalls.from_positions(array, list_length=...)",
        list: "Recalls.from_positions(positions, list_length=...)",
    }
    way = next((way for kind, way in ways.items() if isinstance(recalls, kind)), None)
    raise InvalidValue(
        f"got a {type(recalls).__name__}, expected Recalls: {way or 'see cogmem.data.Recalls'}."
    )


def _by_subject(
    name: str,
    responses: np.ndarray,
    row: np.ndarray,
    length: int,
    sizes: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> Counts:
    """Counts [subject, *axes], from lists sorted by subject."""
    curve = CURVES[name]
    shape = (row[-1] + 1, *(AXES[axis].labels(length, **sizes).size for axis in curve.axes))
    kind = np.int64 if curve.actual_units == "count" else np.float64
    total = Counts(np.zeros(shape, kind), np.zeros(shape, np.int64))
    for lists, each in _chunks(name, responses, length, sizes, arrays):
        here = row[lists]
        first = np.flatnonzero(np.diff(here, prepend=-1))
        counted = each_by_itself(each) if curve.per_list else each
        for added, values in zip(total, counted, strict=True):
            added[here[first]] += np.add.reduceat(values, first, axis=0, dtype=added.dtype)
    return total


def _chunks(
    name: str,
    responses: np.ndarray,
    length: int,
    sizes: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> Iterator[tuple[slice, Counts]]:
    """Counts of a few lists at a time, all chunks of one size so that one compilation serves."""
    for start in range(0, len(responses), LISTS_AT_ONCE):
        lists = slice(start, min(start + LISTS_AT_ONCE, len(responses)))
        full = {key: _filled_up(values[lists]) for key, values in arrays.items()}
        each = count_lists(name, _filled_up(responses[lists]), length, **sizes, **full)
        actual, possible = (np.asarray(c)[: lists.stop - start] for c in each)
        yield lists, Counts(actual, possible)


def _filled_up(lists: np.ndarray) -> np.ndarray:
    """With empty lists to the size of a chunk."""
    missing = LISTS_AT_ONCE - len(lists)
    return np.pad(lists, ((0, missing), *[(0, 0)] * (lists.ndim - 1)))


def _width(responses: np.ndarray) -> int:
    """The longest sequence, rounded up to a multiple of eight."""
    longest = int(np.count_nonzero(responses, axis=1).max())
    return OUTPUTS_STEP * max(1, -(-longest // OUTPUTS_STEP))


def _widened(by_output: np.ndarray, width: int) -> np.ndarray:
    """Cut or padded to so many outputs."""
    kept = by_output[:, :width]
    return np.pad(kept, ((0, 0), (0, width - kept.shape[1])))


def _labelled(
    name: str, total: Counts, subjects: np.ndarray, length: int, sizes: Mapping[str, Any]
) -> xr.Dataset:
    curve = CURVES[name]
    value_axes = curve.axes if curve.value_axes is None else curve.value_axes
    definition = f"({curve.actual}) / ({curve.possible}), within each subject"
    variables = {
        "actual": _variable(curve.axes, total.actual, curve.actual, curve.actual_units),
        "possible": _variable(curve.axes, total.possible, curve.possible, "count"),
        "value": _variable(value_axes, ratio(name, total), curve.long_name, curve.units),
    }
    variables["value"].attrs["definition"] = curve.definition or definition
    coords = {axis: _coordinate(axis, length, sizes) for axis in curve.axes}
    coords["subject"] = xr.Variable("subject", subjects, {"long_name": "Subject"})
    attrs = {"measure": name, "list_length": length, **{k: int(v) for k, v in sizes.items()}}
    return xr.Dataset(variables, coords, attrs=attrs)


def _variable(axes: tuple[str, ...], values: Any, text: str, units: str) -> xr.Variable:
    return xr.Variable(("subject", *axes), values, {"long_name": text, "units": units})


def _coordinate(axis: str, length: int, sizes: Mapping[str, Any]) -> xr.Variable:
    attrs = {"long_name": AXES[axis].long_name, "units": AXES[axis].units}
    return xr.Variable(axis, AXES[axis].labels(length, **sizes), attrs)
