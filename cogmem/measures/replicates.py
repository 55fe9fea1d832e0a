"""Values of independent replicates, such as macrocolumns with items of their own, in brief.

The first axis of every array is the replicate, if nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from cogmem.measures.bootstrap import interval

__all__ = ["mean_and_interval", "mean_and_sd", "mean_and_se"]


def mean_and_sd(values: Mapping[str, np.ndarray], *dims: str, **coords: Any) -> xr.Dataset:
    """Mean and standard deviation over replicates.

    Args:
        values: [replicate, *dims] by name.
        dims: names of the other axes.
        coords: labels along them, as far as they have any.

    Returns:
        Dataset with each name, and name_sd (dims).
    """
    means = {name: (dims, np.mean(each, axis=0)) for name, each in values.items()}
    spread = {f"{name}_sd": (dims, np.std(each, axis=0, ddof=1)) for name, each in values.items()}
    return xr.Dataset(means | spread, coords)


def mean_and_se(values: Mapping[str, ArrayLike], **coords: Any) -> xr.Dataset:
    """Mean and its standard error over replicates, of measures of one shape.

    Args:
        values: [replicate, *coords] by measure.
        coords: labels along the other axes, in their order.

    Returns:
        Dataset with `mean` and `se` (measure, *coords).
    """
    each = np.stack([np.asarray(value, float) for value in values.values()])
    se = each.std(axis=1, ddof=1) / np.sqrt(each.shape[1])
    dims = ("measure", *coords)
    found = {"mean": (dims, each.mean(axis=1)), "se": (dims, se)}
    return xr.Dataset(found, {"measure": list(values), **coords})


def mean_and_interval(
    values: ArrayLike, axes: Mapping[str, Any], over: str = "learner"
) -> xr.Dataset:
    """Mean over replicates, and its bootstrap 95 % interval, see `measures.interval`.

    Args:
        values: [*axes].
        axes: labels along each axis, in their order; those of the replicates are not looked at.
        over: the axis of the replicates.

    Returns:
        Dataset with `mean`, `low` and `high` over the other axes.
    """
    by_replicate = np.moveaxis(np.asarray(values, float), list(axes).index(over), 0)
    low, high = interval(by_replicate)
    coords = {name: labels for name, labels in axes.items() if name != over}
    found = {"mean": by_replicate.mean(axis=0), "low": low, "high": high}
    return xr.Dataset({name: (tuple(coords), each) for name, each in found.items()}, coords)
