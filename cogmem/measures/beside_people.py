"""Measures of people and models side by side: means with intervals by source, and distances.

A measure is a Dataset with `value` (subject, axis). The subjects of a model are its seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.measures.bootstrap import noise_ceiling
from cogmem.measures.recall import summary

__all__ = ["PEOPLE", "beside", "distances", "joined"]

PEOPLE = "people"
"""The source that the others are compared with."""


def joined(values: Mapping[Any, xr.DataArray], axis: str, text: str) -> xr.Dataset:
    """Values of the same subjects under several names, as one measure along an axis of names.

    Args:
        values: [subject] by label.
        axis: what the labels are of.
        text: what is measured.
    """
    index = pd.Index(list(values), name=axis)
    value = xr.concat(list(values.values()), index, coords="minimal", compat="override")
    value.attrs = {"long_name": text, "units": "as in the name"}
    return value.transpose("subject", axis).to_dataset(name="value")


def beside(each: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Mean, standard error and bootstrap interval over the subjects of each source.

    Args:
        each: the same measure, by source.

    Returns:
        Dataset (source, axis) with `mean`, `sem`, `n`, `low`, `high`; NaN where one source has no
        value along the axis and another has.
    """
    found = [summary(values[["value"]]) for values in each.values()]
    return xr.concat(
        found, pd.Index(list(each), name="source"), combine_attrs="override", join="outer"
    )


def distances(each: Mapping[str, xr.Dataset], curve: str) -> xr.Dataset:
    """How far the mean curves of models are from that of people: RMSD, with nothing fitted.

    Args:
        each: the same measure, by source; `PEOPLE` is one of them. Points at which people or a
            model have no value are left out.
        curve: its name.

    Returns:
        Dataset (source) of the others: `rmsd`, and `ratio`, over the RMSD of a resampled mean of
        people from their mean (95th percentile), within which no curve can be told from theirs.

    Raises:
        InvalidValue: if there are no people, or no point at which they have values.
    """
    if PEOPLE not in each:
        raise InvalidValue(f"the sources are {list(each)}, expected {PEOPLE!r} among them.")
    people = each[PEOPLE]["value"].transpose("subject", ...).dropna(_axis(each), how="all")
    if not people.size:
        raise InvalidValue(f"{curve}: people have no value at any point.")
    mean, ceiling = people.mean("subject"), noise_ceiling(people.values).p95
    models = {who: values["value"].mean("subject") for who, values in each.items() if who != PEOPLE}
    rmsd = np.array([float(np.sqrt(((own - mean) ** 2).mean())) for own in models.values()])
    both = {"rmsd": ("source", rmsd), "ratio": ("source", rmsd / ceiling)}
    return xr.Dataset(both, {"source": list(models), "curve": curve})


def _axis(each: Mapping[str, xr.Dataset]) -> str:
    (axis,) = (str(dim) for dim in each[PEOPLE]["value"].dims if dim != "subject")
    return axis
