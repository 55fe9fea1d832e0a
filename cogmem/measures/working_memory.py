"""Working memory: capacities from change detection, spans, and slopes of memory search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from cogmem.errors import InvalidValue

__all__ = ["capacity", "change_detection", "proportion", "search_slopes", "span_score"]

Labels = Mapping[str, ArrayLike]


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
    columns = {"subject": np.asarray(subject), **{k: np.asarray(v) for k, v in by.items()}}
    happened = np.asarray(happened, bool)
    for name, values in columns.items():
        if values.shape != happened.shape:
            shapes = f"{name} has shape {values.shape}, the outcome {happened.shape}"
            raise InvalidValue(f"{shapes}: expected one value per trial.")
    levels = {name: np.unique(values, return_inverse=True) for name, values in columns.items()}
    place = tuple(inverse for _, inverse in levels.values())
    shape = tuple(len(labels) for labels, _ in levels.values())
    counts = np.zeros((2, *shape), int)
    np.add.at(counts[0], place, happened)
    np.add.at(counts[1], place, 1)
    ratio = counts[0] / np.where(counts[1] > 0, counts[1], np.nan)
    dims, coords = list(levels), {name: labels for name, (labels, _) in levels.items()}
    return xr.Dataset(
        {
            "actual": (dims, counts[0], {"long_name": "Trials on which it happened"}),
            "possible": (dims, counts[1], {"long_name": "Trials"}),
            "value": (dims, ratio, {"long_name": "Proportion", "units": "proportion"}),
        },
        coords,
    )


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
