"""Working memory: capacities, accuracy by condition, spans, slopes of search.

Everything is first computed within each person (or each seed of a model) and condition; then
`measures.over_subjects` takes the mean and its standard error between them, and `measures.summary`
their bootstrap interval. Serial position effects, slopes and costs of such curves are in
`measures.curve_indices`.

    table = load_trials("ricker2014")
    kept = working_memory.by_condition(table, "correct", "retention_interval")
    summary(kept), summary(curve_indices.slope(kept, "retention_interval"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = [
    "averages",
    "binned",
    "by_condition",
    "capacity",
    "change_detection",
    "proportion",
    "search_slopes",
    "span_score",
]

Labels = Mapping[str, ArrayLike]
Statistic = Literal["mean", "median"] | Callable[[np.ndarray], ArrayLike]
"""How trials [trial, ...] become one value [...]."""

_STATISTICS: Mapping[str, Callable[[np.ndarray], ArrayLike]] = {
    "mean": lambda trials: trials.mean(axis=0),
    "median": lambda trials: np.median(trials, axis=0),
}


def capacity(
    hit_rate: ArrayLike, false_alarm_rate: ArrayLike, set_size: ArrayLike, *, probe: str
) -> np.ndarray:
    """K, the number of items held, from change detection.

    Args:
        hit_rate, false_alarm_rate: uncorrected, any shapes that go together.
        set_size: N, items shown.
        probe: "single" if one item is tested: Cowan's K = N (H - F) (Cowan, 2001, Behavioral and
            Brain Sciences 24, 87-114); "whole" if the whole display comes again: Pashler's K = N (H
            - F) / (1 - F) (Pashler, 1988, Perception & Psychophysics 44, 369-378). The task decides
            which, not the result.

    Returns:
        K; NaN for "whole" where F is 1.

    Raises:
        InvalidValue: if `probe` is neither.
    """
    if probe not in ("single", "whole"):
        raise InvalidValue(f"probe is {probe!r}, expected 'single' (Cowan) or 'whole' (Pashler).")
    hit, false, n = (np.asarray(x, float) for x in (hit_rate, false_alarm_rate, set_size))
    held = n * (hit - false)
    if probe == "single":
        return held
    return held / np.where(false < 1, 1 - false, np.nan)


def change_detection(
    said_change: ArrayLike,
    change: ArrayLike,
    set_size: ArrayLike,
    subject: ArrayLike,
    *,
    probe: Literal["single", "whole"],
) -> xr.Dataset:
    """Hit rate, false-alarm rate and K of each person at each set size.

    Args:
        said_change, change: bool[trial], the response and the truth.
        set_size: [trial] items shown.
        subject: [trial].
        probe: see `capacity`.

    Returns:
        Dataset (subject, set_size): `hit_rate`, `false_alarm_rate`, and `value`, K; NaN where a
        person had no trial with, or none without, a change.
    """
    by = {"change": np.asarray(change, bool), "set_size": set_size}
    said = proportion(said_change, subject, by)["value"].reindex(change=[True, False])
    hit, false = (said.isel(change=row, drop=True) for row in (0, 1))
    held = xr.apply_ufunc(
        capacity, hit, false, said["set_size"], kwargs={"probe": probe}, keep_attrs=False
    )
    name = "Cowan's K" if probe == "single" else "Pashler's K"
    return xr.Dataset(
        {
            "hit_rate": hit.assign_attrs(long_name="Hit rate", units="proportion"),
            "false_alarm_rate": false.assign_attrs(
                long_name="False-alarm rate", units="proportion"
            ),
            "value": held.assign_attrs(long_name=name, units="items"),
        }
    )


def proportion(happened: ArrayLike, subject: ArrayLike, by: Labels) -> xr.Dataset:
    """How often something happened to each person under each condition.

    Args:
        happened: bool[trial].
        subject: [trial].
        by: [trial] condition by name: set size, retention interval, probe ...

    Returns:
        Dataset (subject, *conditions): `actual` and `possible`, counts, and `value`, their ratio,
        NaN where a person had no such trial.

    Raises:
        InvalidValue: if the lengths disagree.
    """
    happened = np.asarray(happened, bool)
    place, levels = _cells(subject, by, happened.shape)
    shape = tuple(map(len, levels.values()))
    counts = np.zeros((2, *shape), int)
    np.add.at(counts[0], place, happened)
    np.add.at(counts[1], place, 1)
    ratio = counts[0] / np.where(counts[1] > 0, counts[1], np.nan)
    dims = list(levels)
    return xr.Dataset(
        {
            "actual": (dims, counts[0], {"long_name": "Trials on which it happened"}),
            "possible": (dims, counts[1], {"long_name": "Trials"}),
            "value": (dims, ratio, {"long_name": "Proportion", "units": "proportion"}),
        },
        levels,
    )


def averages(
    values: ArrayLike,
    subject: ArrayLike,
    by: Labels,
    *,
    axes: Labels | None = None,
    statistic: Statistic = "mean",
    long_name: str = "Mean",
    units: str = "1",
) -> xr.Dataset:
    """One number for each person and condition: accuracy, error, time.

    Args:
        values: [trial, *axes]; truth values count as 0 and 1.
        subject: [trial].
        by: [trial] condition by name.
        axes: labels of the further axes of `values` by name, in their order, such as serial
            positions.
        statistic: "mean", "median", or a function of [trial, *axes] that does away with trials.
        long_name, units: of the result.

    Returns:
        Dataset (subject, *by, *axes): `value`, NaN where a person had no such trial, and
        `possible` (subject, *by), trials.

    Raises:
        InvalidValue: if the lengths disagree, a value is NaN, or `statistic` has an unknown name.
    """
    values, axes = np.asarray(values, float), dict(axes or {})
    reduce = _statistic(statistic)
    _check_axes(values, axes)
    place, levels = _cells(subject, by, values.shape[:1])
    shape = tuple(map(len, levels.values()))
    cell = np.ravel_multi_index(place, shape)
    order = np.argsort(cell, kind="stable")
    cells, starts, n = np.unique(cell[order], return_index=True, return_counts=True)
    found = np.full((int(np.prod(shape)), *values.shape[1:]), np.nan)
    for at, trials in zip(cells, np.split(values[order], starts[1:]), strict=True):
        found[at] = reduce(trials)
    possible = np.zeros(len(found), int)
    possible[cells] = n
    attrs = {"long_name": long_name, "units": units}
    return xr.Dataset(
        {
            "value": ((*levels, *axes), found.reshape(*shape, *values.shape[1:]), attrs),
            "possible": (tuple(levels), possible.reshape(shape), {"long_name": "Trials"}),
        },
        {**levels, **axes},
    )


def by_condition(
    table: xr.Dataset, name: str, *conditions: str, statistic: Statistic = "mean"
) -> xr.Dataset:
    """`averages` of a table of trials, as `load_trials` gives it.

    Args:
        table: with the coordinate `subject` along its rows.
        name: the variable (row, *axes).
        conditions: coordinates along the rows.
        statistic: see `averages`.

    Returns:
        Dataset (subject, *conditions, *axes), see `averages`; labels carry the table's attributes.

    Raises:
        InvalidValue: if the table lacks a name, with those that it has; or see `averages`.
    """
    missing = {name, "subject", *conditions} - set(table.variables)
    if missing:
        has = sorted(map(str, table.variables))
        raise InvalidValue(f"the table has no {sorted(missing)}, expected names among {has}.")
    data = table[name]
    found = averages(
        data.values,
        table["subject"].values,
        {each: table[each].values for each in conditions},
        axes={str(axis): table[axis].values for axis in data.dims[1:]},
        statistic=statistic,
        long_name=data.attrs.get("long_name", name),
        units=data.attrs.get("units", "proportion" if data.dtype == bool else "1"),
    )
    for label in found.coords:
        found[label].attrs = dict(table[label].attrs)
    return found


def binned(size: ArrayLike, width: float) -> np.ndarray:
    """Middles of bins of a width, each with its upper end: (0, w], (w, 2 w] ...; 0 stays 0.

    For changes by their size, where none is a kind of its own.

    Args:
        size: 0 or more.
        width: above 0, in the same units.

    Raises:
        InvalidValue: if a size is below 0 or NaN, or the width is not above 0.
    """
    size = np.asarray(size, float)
    if not (size >= 0).all() or not width > 0:
        raise InvalidValue(
            f"sizes from {size.min()} and width {width}: expected 0 or more, and > 0."
        )
    return np.where(size > 0, (np.ceil(size / width) - 0.5) * width, 0.0)


def span_score(correct: xr.DataArray, dim: str = "length") -> xr.DataArray:
    """Span: the number of items of a list of each length that is recalled, summed over lengths.

    The partial-credit load score of Conway et al. (2005, Psychonomic Bulletin & Review 12,
    769-786), with one list of each length.

    Args:
        correct: proportions of items in their place, with the list length as a coordinate.
        dim: the dimension of list lengths.

    Returns:
        Items, without `dim`; lengths that were not tested (NaN) add nothing.
    """
    score = (correct * correct[dim]).sum(dim)
    return score.assign_attrs(long_name="Span score", units="items")


def search_slopes(times: xr.DataArray, dim: str = "set_size") -> xr.Dataset:
    """Straight lines through response times over set size (Sternberg, 1966, Science 153, 652-654).

    Args:
        times: mean time of each person and condition at each set size, s.
        dim: the dimension of set sizes.

    Returns:
        Dataset without `dim`: `slope` (s per item) and `intercept` (s), by least squares.
    """
    lines = times.polyfit(dim, 1)["polyfit_coefficients"]
    slope, intercept = (lines.sel(degree=d, drop=True) for d in (1, 0))
    return xr.Dataset(
        {
            "slope": slope.assign_attrs(long_name="Slope of search", units="s per item"),
            "intercept": intercept.assign_attrs(long_name="Intercept", units="s"),
        }
    )


def _cells(
    subject: ArrayLike, by: Labels, shape: tuple[int, ...]
) -> tuple[tuple[np.ndarray, ...], dict[str, np.ndarray]]:
    """Of each trial, its index along subject and conditions; and the labels along each."""
    columns = {"subject": np.asarray(subject), **{k: np.asarray(v) for k, v in by.items()}}
    for name, values in columns.items():
        if values.shape != shape:
            shapes = f"{name} has shape {values.shape}, the outcome {shape}"
            raise InvalidValue(f"{shapes}: expected one value per trial.")
    levels = {name: np.unique(values, return_inverse=True) for name, values in columns.items()}
    place = tuple(inverse for _, inverse in levels.values())
    return place, {name: labels for name, (labels, _) in levels.items()}


def _statistic(statistic: Statistic) -> Callable[[np.ndarray], ArrayLike]:
    if callable(statistic):
        return statistic
    if statistic not in _STATISTICS:
        known = f"one of {sorted(_STATISTICS)} or a function"
        raise InvalidValue(f"statistic is {statistic!r}, expected {known}.")
    return _STATISTICS[statistic]


def _check_axes(values: np.ndarray, axes: Labels) -> None:
    sizes = tuple(len(np.asarray(labels)) for labels in axes.values())
    if values.shape[1:] != sizes:
        given = f"values have shape {values.shape}, axes {dict(zip(axes, sizes, strict=True))}"
        raise InvalidValue(f"{given}: expected [trial, *axes].")
    if np.isnan(values).any():
        raise InvalidValue(f"{np.isnan(values).sum()} values are NaN: leave such trials out first.")
