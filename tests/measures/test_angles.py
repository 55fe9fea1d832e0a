"""Angles by hand: the short way round, and the spread of what is given."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.angles import angular_error, circular_sd


def test_errors_go_the_short_way_round() -> None:
    np.testing.assert_allclose(angular_error([10, 350, 180], [350, 10, 0]), [20, -20, -180])
    np.testing.assert_allclose(angular_error([170], [10], turn=180), [-20])
    with pytest.raises(InvalidValue, match="turn is 0"):
        angular_error(1, 2, turn=0)


def test_spread_of_few_angles_by_hand() -> None:
    """Two vectors 90 degrees apart have a mean of length sqrt(1/2): sd = sqrt(ln 2)."""
    assert circular_sd([45, -45]) == pytest.approx(np.sqrt(np.log(2)))
    assert circular_sd([30, 30]) == pytest.approx(0, abs=1e-7)
    np.testing.assert_allclose(circular_sd([[22.5, 0], [-22.5, 0]], turn=180)[0], 0.8325546)
    with pytest.raises(InvalidValue, match="with a trial"):
        circular_sd([])


def test_spread_of_many_normal_angles_is_their_standard_deviation() -> None:
    drawn = np.random.default_rng(0).normal(0, 30, 100_000)
    assert np.degrees(circular_sd(drawn)) == pytest.approx(30, abs=0.3)
