"""Means, standard deviations and standard errors over replicates, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.measures import interval
from cogmem.measures.replicates import mean_and_interval, mean_and_sd, mean_and_se

VALUES = np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 3.0]])
"""Three replicates at two points; variances 4 and 3."""


def test_standard_deviations_over_the_first_axis() -> None:
    found = mean_and_sd({"x": VALUES}, "point", point=["a", "b"])
    assert found["x"].values.tolist() == [3, 1]
    assert found["x_sd"].sel(point="a") == pytest.approx(2)
    assert found["x_sd"].sel(point="b") == pytest.approx(np.sqrt(3))


def test_standard_errors_of_each_measure() -> None:
    found = mean_and_se({"x": VALUES, "y": VALUES[:, ::-1]}, point=[1, 2])
    assert found["mean"].sel(measure="y").values.tolist() == [1, 3]
    assert found["se"].sel(measure="x").values == pytest.approx([2 / np.sqrt(3), 1])


def test_interval_over_whichever_axis_is_that_of_replicates() -> None:
    axes = {"point": ["a", "b"], "learner": None}
    found = mean_and_interval(VALUES.T, axes)
    assert found["mean"].sel(point="b") == 1
    bounds = interval(VALUES)
    assert found["low"].values.tolist() == bounds.low.tolist()
    assert found["high"].values.tolist() == bounds.high.tolist()
    again = mean_and_interval(VALUES, {"column": None, "point": ["a", "b"]}, over="column")
    assert again.identical(found)
