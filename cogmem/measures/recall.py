"""Measures of free recall: `Recalls` in, a labelled `xarray.Dataset` out.

Each Dataset has the dims (subject, and the measure's own axis) and three variables: `actual` and
`possible`, integer counts pooled over the lists of a subject, and `value`, their ratio in float64,
NaN where nothing was possible. Means over people are then means of subjects (`over_subjects`), so
that those who recall more do not weigh more.

Definitions and their sources are in `cogmem.measures.counts`, and in the attributes of each
Dataset. All measures raise `MixedListLengths` when lists of several lengths are given at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.measures.bootstrap import interval
from cogmem.measures.counts import PRIOR_LIST, Counts
from cogmem.measures.curves import AXES, CURVES, LISTS_AT_ONCE, count_lists, ratio

__all__ = [
    "correct",
    "input_crp",
    "intrusions",
    "lag_crp",
    "lag_rank",
    "over_subjects",
    "pfr",
    "pnr",
    "repeats",
    "spc",
    "summary",
]

OUTPUTS_STEP = 8  # widths are rounded up to it, so that few data sets need a compilation


def spc(recalls: Recalls) -> xr.Dataset:
    """Serial position curve: probability that a position is recalled.

    Repeats and intrusions are ignored; lists without any recall count.

    Returns:
        Dataset (subject, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("spc", recalls)


def pnr(recalls: Recalls) -> xr.Dataset:
    """Probability of n-th recall by serial position.

    Intrusions and repeats are dropped before outputs are numbered. The denominator is the lists
    with an n-th correct recall before which the position was not recalled.

    Returns:
        Dataset (subject, output, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("pnr", recalls)


def pfr(recalls: Recalls) -> xr.Dataset:
    """Probability of first recall by serial position: output 1 of `pnr`.

    The denominator is the lists with at least one correct recall, so that a subject's curve sums
    to 1. Some authors divide by all lists.

    Returns:
        Dataset (subject, serial_position).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("pfr", recalls)


def lag_crp(recalls: Recalls, max_lag: int | None = None) -> xr.Dataset:
    """Conditional response probability by lag.

    Counts transitions between first recalls of listed words, given what was still to be recalled.
    Repeats and intrusions break the chain. Lag 0 is never possible: NaN.

    Args:
        recalls: the behaviour.
        max_lag: keep lags from -max_lag to max_lag; all if None.

    Returns:
        Dataset (subject, lag).

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if max_lag is not from 1 to list length - 1.
    """
    dataset = _measure("lag_crp", recalls)
    if max_lag is None:
        return dataset
    if not 1 <= max_lag < recalls.length:
        raise InvalidValue(f"max_lag is {max_lag}, expected 1 to {recalls.length - 1}.")
    return dataset.sel(lag=slice(-max_lag, max_lag))


def input_crp(recalls: Recalls) -> xr.Dataset:
    """Conditional response probability by the serial positions of both recalls.

    `lag_crp` sums its counts along the diagonals.

    Returns:
        Dataset (subject, previous, current).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("input_crp", recalls)


def lag_rank(recalls: Recalls) -> xr.Dataset:
    """Temporal clustering: mean percentile rank of |lag| among the lags possible.

    1 = always the nearest, 0.5 = chance. The mean is over all transitions of a subject; those with
    one possible word left have no rank.

    Returns:
        Dataset with value (subject) and the counts (subject, available), kept apart by the number
        of words possible: `actual` sums 2 (rank - 1), `possible` counts transitions.

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("lag_rank", recalls)


def intrusions(recalls: Recalls) -> xr.Dataset:
    """Intrusions per list, prior-list and extra-list. Each response counts once.

    A word that the subject studied in any earlier list, of any session, is prior-list; a word
    studied never, or only later, is extra-list. Responses without a known word are extra-list.

    Returns:
        Dataset (subject, kind).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("intrusions", recalls, _with_kinds(recalls))


def repeats(recalls: Recalls) -> xr.Dataset:
    """Responses per list that name a listed word again.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("repeats", recalls)


def correct(recalls: Recalls) -> xr.Dataset:
    """Words of the list recalled, per list.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
    """
    return _measure("correct", recalls)


def over_subjects(dataset: xr.Dataset) -> xr.Dataset:
    """Mean over subjects, its standard error, and how many subjects it rests on.

    Args:
        dataset: what a measure returns.

    Returns:
        Dataset with `mean`, `sem` (standard deviation with ddof = 1, over the root of n) and `n`
        along the measure's axis. A subject whose value is NaN (nothing was possible) is left out
        there, and `n` says how many are not. NaN where n is 0; `sem` NaN where n is 1.
    """
    value = dataset["value"]
    n = value.notnull().sum("subject")
    mean = value.sum("subject") / n.where(n > 0)
    squares = ((value - mean) ** 2).sum("subject")
    sem = np.sqrt(squares / (n - 1).where(n > 1) / n)
    texts = {
        "mean": f"{value.attrs['long_name']}, mean over subjects",
        "sem": "Standard error of the mean over subjects",
        "n": "Subjects with a value",
    }
    result = xr.Dataset({"mean": mean, "sem": sem, "n": n}, attrs=dataset.attrs)
    for name, text in texts.items():
        units = "1" if name == "n" else value.attrs["units"]
        result[name].attrs = {"long_name": text, "units": units}
    return result


def summary(dataset: xr.Dataset, *, level: float = 0.95, **options: Any) -> xr.Dataset:
    """`over_subjects` with a bootstrap interval over subjects, `low` to `high`.

    Args:
        dataset: what a measure returns.
        level: coverage of the interval.
        **options: `n_resamples`, `method`, `seed` of `bootstrap.interval`.
    """
    result = over_subjects(dataset)
    value = dataset["value"].transpose("subject", ...)
    bounds = interval(value.values, level, **options)
    for name, bound in zip(("low", "high"), bounds, strict=True):
        text = f"{name.capitalize()} bound of the {level:.0%} bootstrap interval over subjects"
        attrs = {"long_name": text, "units": value.attrs["units"]}
        result[name] = (value.dims[1:], bound, attrs)
    return result


def _measure(name: str, recalls: Recalls, responses: np.ndarray | None = None) -> xr.Dataset:
    """The one path of all measures: count in each list, add by subject, divide."""
    length = recalls.length
    subjects, row = np.unique(recalls.subject, return_inverse=True)
    order = np.argsort(row, kind="stable")
    responses = _padded(recalls.recalls if responses is None else responses)
    total = _by_subject(name, responses[order], row[order], length)
    return _labelled(name, total, subjects, length)


def _by_subject(name: str, responses: np.ndarray, row: np.ndarray, length: int) -> Counts:
    """Counts [subject, *axes], from lists sorted by subject."""
    shape = (row[-1] + 1, *(AXES[axis].labels(length).size for axis in CURVES[name].axes))
    total = Counts(np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    for lists, each in _chunks(name, responses, length):
        here = row[lists]
        first = np.flatnonzero(np.diff(here, prepend=-1))
        for added, counted in zip(total, each, strict=True):
            added[here[first]] += np.add.reduceat(counted, first, axis=0, dtype=np.int64)
    return total


def _chunks(name: str, responses: np.ndarray, length: int) -> Iterator[tuple[slice, Counts]]:
    """Counts of a few lists at a time, all chunks of one size so that one compilation serves."""
    for start in range(0, len(responses), LISTS_AT_ONCE):
        chunk = responses[start : start + LISTS_AT_ONCE]
        full = np.pad(chunk, ((0, LISTS_AT_ONCE - len(chunk)), (0, 0)))
        actual, possible = (np.asarray(c)[: len(chunk)] for c in count_lists(name, full, length))
        yield slice(start, start + len(chunk)), Counts(actual, possible)


def _padded(responses: np.ndarray) -> np.ndarray:
    """Cut to the longest sequence, rounded up to a multiple of eight."""
    longest = int(np.count_nonzero(responses, axis=1).max())
    width = OUTPUTS_STEP * max(1, -(-longest // OUTPUTS_STEP))
    kept = responses[:, :width]
    return np.pad(kept, ((0, 0), (0, width - kept.shape[1])))


def _with_kinds(recalls: Recalls) -> np.ndarray:
    """Responses with prior-list intrusions told from the others."""
    return np.where(recalls.prior_lag > 0, np.int16(PRIOR_LIST), recalls.recalls)


def _labelled(name: str, total: Counts, subjects: np.ndarray, length: int) -> xr.Dataset:
    curve = CURVES[name]
    value_axes = curve.axes if curve.value_axes is None else curve.value_axes
    definition = f"({curve.actual}) / ({curve.possible}), within each subject"
    variables = {
        "actual": _variable(curve.axes, total.actual, curve.actual, "count"),
        "possible": _variable(curve.axes, total.possible, curve.possible, "count"),
        "value": _variable(value_axes, ratio(name, total), curve.long_name, curve.units),
    }
    variables["value"].attrs["definition"] = curve.definition or definition
    coords = {axis: _coordinate(axis, length) for axis in curve.axes}
    coords["subject"] = xr.Variable("subject", subjects, {"long_name": "Subject"})
    return xr.Dataset(variables, coords, attrs={"measure": name, "list_length": length})


def _variable(axes: tuple[str, ...], values: Any, text: str, units: str) -> xr.Variable:
    return xr.Variable(("subject", *axes), values, {"long_name": text, "units": units})


def _coordinate(axis: str, length: int) -> xr.Variable:
    attrs = {"long_name": AXES[axis].long_name, "units": "1"}
    return xr.Variable(axis, AXES[axis].labels(length), attrs)
