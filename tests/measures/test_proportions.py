"""Proportions with exact intervals: none, some and all of ten, by closed forms and a table."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.proportions import proportions


def test_exact_intervals() -> None:
    """At 0 and n of n they are 1 - .025^(1/n) and .025^(1/n); 5 of 10: .187 to .813."""
    found = proportions([0, 5, 10], [10, 10, 10], delay=[1, 2, 3])
    assert found["mean"].sel(delay=[1, 2, 3]).values.tolist() == [0, 0.5, 1]
    edge = 0.025**0.1
    np.testing.assert_allclose(found["low"], [0, 0.1871, edge], atol=5e-5)
    np.testing.assert_allclose(found["high"], [1 - edge, 0.8129, 1], atol=5e-5)
    assert found["n_recalled"].values.tolist() == [0, 5, 10]


@pytest.mark.parametrize(("k", "n"), [([11], [10]), ([-1], [10]), ([0], [0]), ([1.5], [10])])
def test_no_counts(k: list[float], n: list[float]) -> None:
    with pytest.raises(InvalidValue, match="whole numbers"):
        proportions(k, n, delay=[0])
