"""Losses on text that is read on and on, in bins that grow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.plots.gradients_in_time import binned


def test_bins_double() -> None:
    """Seven steps of 10 tokens: steps 1, 2, 3-4 and 5-7, at the tokens read when they end."""
    values = np.array([8, 4, 2, 4, 1, 2, 3], float)
    stream = xr.Dataset({"mean": ("tokens", values)}, {"tokens": 10 * np.arange(1, 8)})
    found = binned(stream)
    assert found["tokens"].values.tolist() == [10, 20, 40, 70]
    np.testing.assert_allclose(found["mean"], [8, 4, 3, 2])
