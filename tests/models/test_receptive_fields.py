"""Where macs lie and what they see, on grids small enough to draw."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.receptive_fields import (
    lattice,
    n_sources,
    neighbours,
    seen_by,
    windows,
    within,
)


def fields(packed: np.ndarray, none: int) -> list[list[int]]:
    """Without their padding."""
    return [[int(i) for i in row if i < none] for row in packed]


def test_places_on_the_unit_square() -> None:
    """Row r at r / (R - 1), column likewise (section 5)."""
    expected = [[0, 0], [0, 0.5], [0, 1], [1, 0], [1, 0.5], [1, 1]]
    np.testing.assert_array_equal(lattice(2, 3), expected)


def test_a_single_row_or_column_lies_in_the_middle() -> None:
    np.testing.assert_array_equal(lattice(1, 3), [[0.5, 0], [0.5, 0.5], [0.5, 1]])
    np.testing.assert_array_equal(lattice(2, 1), [[0, 0.5], [1, 0.5]])
    np.testing.assert_array_equal(lattice(1, 1), [[0.5, 0.5]])


def test_odd_rows_of_a_hexagonal_grid_are_shifted_by_half_a_column() -> None:
    found = lattice(3, 3, hexagonal=True).reshape(3, 3, 2)
    np.testing.assert_array_equal(found[:, :, 1], [[0, 0.5, 1], [0.25, 0.75, 1.25], [0, 0.5, 1]])
    np.testing.assert_array_equal(found[:, :, 0], lattice(3, 3).reshape(3, 3, 2)[:, :, 0])


def test_a_disc_by_hand() -> None:
    """On 3 x 3 pixels: the middle one and its four neighbours at .5, the corners at .707."""
    pixels, middle = lattice(3, 3), lattice(1, 1)
    assert fields(within(middle, pixels, 0.4), 9) == [[4]]
    assert fields(within(middle, pixels, 0.5), 9) == [[1, 3, 4, 5, 7]]
    assert fields(within(middle, pixels, 0.71), 9) == [[*range(9)]]


def test_smaller_fields_are_padded_with_a_source_that_does_not_exist() -> None:
    """Three macs in a row over five pixels in a row: the outer ones see less."""
    found = within(lattice(1, 3), lattice(1, 5), 0.25)
    assert found.tolist() == [[0, 1, 5], [1, 2, 3], [3, 4, 5]]
    assert n_sources(found, 5).tolist() == [2, 3, 2]


def test_a_radius_that_reaches_exactly_counts() -> None:
    """1/10 steps are not exact in binary: each mac sees the pixel itself and its neighbours."""
    found = within(lattice(1, 11), lattice(1, 11), 0.1)
    assert n_sources(found, 11).tolist() == [2, *[3] * 9, 2]


def test_windows_by_hand() -> None:
    """2 x 2 pixels at stride 1 on 2 x 3 pixels: two windows that share a column."""
    assert windows((2, 3), 2, 1, (1, 2)).tolist() == [[0, 1, 3, 4], [1, 2, 4, 5]]
    assert windows((4, 4), 2, 2, (2, 2))[3].tolist() == [10, 11, 14, 15]


def test_the_windows_of_the_digit_network() -> None:
    """6 x 6 at stride 2 on 24 x 16 pixels: 10 x 6 = 60 macs (section 7c)."""
    assert windows((24, 16), 6, 2, (10, 6)).shape == (60, 36)


@pytest.mark.parametrize("grid", [(2, 2), (1, 3)])
def test_windows_that_do_not_make_the_grid(grid: tuple[int, int]) -> None:
    with pytest.raises(InvalidValue, match=r"make a grid of \(1, 2\) on \(2, 3\) pixels"):
        windows((2, 3), 2, 1, grid)


def test_neighbours_come_after_the_mac_itself() -> None:
    """2 x 3 macs, radius .5: along the row only, as rows are 1 apart."""
    found = neighbours(lattice(2, 3), 0.5)
    assert fields(found, 6) == [[0, 1], [1, 0, 2], [2, 1], [3, 4], [4, 3, 5], [5, 4]]
    assert neighbours(lattice(2, 3), 0.0).tolist() == [[0], [1], [2], [3], [4], [5]]


def test_seen_by_is_the_inverse_of_seeing() -> None:
    """Pixels 0 to 4 under three macs that see [0, 1], [1, 2, 3] and [3, 4]."""
    seen = within(lattice(1, 3), lattice(1, 5), 0.25)
    assert fields(seen_by(seen, 5), 3) == [[0], [0, 1], [1], [1, 2], [2]]


def test_what_nobody_sees_has_no_sources() -> None:
    found = seen_by(np.array([[0]]), 2)
    assert fields(found, 1) == [[0], []]
    assert n_sources(found, 1).tolist() == [1, 0]
