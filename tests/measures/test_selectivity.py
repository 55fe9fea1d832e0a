"""Rank statistics by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.selectivity import separation


def test_u_by_hand() -> None:
    """5 beats 1, 2, 4; 3 beats 1, 2: five of six pairs. One of C(5, 2) orders is as good or better
    besides: p = 2/10."""
    found = separation([5.0, 3.0], [1.0, 2.0, 4.0])
    assert found.u == 5
    assert found.share == pytest.approx(5 / 6)
    assert found.rank_biserial == pytest.approx(2 / 3)
    assert found.p == pytest.approx(0.2)


def test_equal_values_count_half() -> None:
    assert separation([1.0, 2.0], [1.0, 0.0]).u == 3.5


def test_the_published_u() -> None:
    """50 against 50 values with U = 2368: .947 and .894, and z / sqrt(100) = .77; none is .86."""
    second = np.arange(50.0)
    first = np.full(50, 50.0)
    first[:2] = 0.5, 16.5  # beat 1 and 17 of 50: 2400 + 18 = 2418
    first[2] = -0.5  # beats none: 2368
    found = separation(first, second)
    assert found.u == 2368
    assert found.share == pytest.approx(0.9472)
    assert found.rank_biserial == pytest.approx(0.8944)
    assert 1e-16 < found.p < 1e-14
    z = (2368 - 1250) / np.sqrt(2500 * 101 / 12)
    assert z / 10 == pytest.approx(0.771, abs=5e-4)


def test_many_quantities_at_once() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((8, 3, 2)), rng.random((9, 3, 2))
    found = separation(a, b)
    one = separation(a[:, 2, 1], b[:, 2, 1])
    assert found.u.shape == (3, 2)
    assert found.u[2, 1] == one.u
    assert found.p[2, 1] == pytest.approx(float(one.p))


@pytest.mark.parametrize(
    ("first", "second"), [([], [1.0]), ([[1.0]], [[1.0, 2.0]]), ([np.nan], [1.0])]
)
def test_slips(first: list[float], second: list[float]) -> None:
    with pytest.raises(InvalidValue):
        separation(first, second)
