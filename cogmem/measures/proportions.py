"""Proportions of counts, where no replicates are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import stats

from cogmem.errors import InvalidValue

__all__ = ["proportions"]


def proportions(n_recalled: ArrayLike, n_tested: ArrayLike, **coords: Any) -> xr.Dataset:
    """Proportions and their exact binomial 95 % intervals (Clopper & Pearson, 1934).

    Args:
        n_recalled, n_tested: [point] counts.
        coords: labels along that one axis, by its name.

    Returns:
        Dataset with `mean`, `low`, `high`, `n_recalled` and `n_tested` (point).

    Raises:
        InvalidValue: if counts are not whole numbers, n_recalled from 0 to n_tested.
    """
    k, n = np.asarray(n_recalled), np.asarray(n_tested)
    if k.shape != n.shape or ((k < 0) | (k > n) | (n < 1) | (k % 1 != 0) | (n % 1 != 0)).any():
        given = f"{k.tolist()} of {n.tolist()}"
        raise InvalidValue(f"{given}: expected as many whole numbers, from 0 to those tested.")
    bounds = [
        stats.binomtest(int(x), int(y)).proportion_ci(method="exact")
        for x, y in zip(k, n, strict=True)
    ]
    low, high = np.transpose(bounds)
    columns = {"mean": k / n, "low": low, "high": high, "n_recalled": k, "n_tested": n}
    (dim,) = coords
    return xr.Dataset({name: (dim, each) for name, each in columns.items()}, coords)
