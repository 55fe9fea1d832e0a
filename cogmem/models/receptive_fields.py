"""Where macs lie and what they see: receptive fields as tables of sources, [mac, slot].

Every level lies on the unit square. A field that is smaller than the largest is padded with the
number of sources, which names none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from cogmem.errors import InvalidValue

__all__ = ["lattice", "n_sources", "neighbours", "seen_by", "windows", "within"]


def lattice(rows: int, columns: int, *, hexagonal: bool = False) -> Float[np.ndarray, "mac 2"]:
    """Row and column of each place on the unit square; a single row or column lies in the middle.

    Args:
        rows, columns: of the grid.
        hexagonal: whether odd rows are shifted by half a column.
    """
    down, across = (np.linspace(0, 1, n) if n > 1 else np.array([0.5]) for n in (rows, columns))
    grid = np.stack(np.meshgrid(down, across, indexing="ij"), axis=-1)
    if hexagonal and columns > 1:
        grid[1::2, :, 1] += 0.5 / (columns - 1)
    return grid.reshape(-1, 2)


def within(
    macs: Float[np.ndarray, "mac 2"], sources: Float[np.ndarray, "source 2"], radius: float
) -> Int[np.ndarray, "mac slot"]:
    """Sources within a Euclidean distance of each mac, padded with the number of sources."""
    apart = np.linalg.norm(macs[:, None] - sources[None], axis=-1)
    return _packed([np.flatnonzero(row <= radius + 1e-9) for row in apart], len(sources))


def windows(
    shape: tuple[int, int], side: int, stride: int, grid: tuple[int, int]
) -> Int[np.ndarray, "mac slot"]:
    """Square receptive fields on the pixels, row by row.

    Args:
        shape: rows and columns of the image.
        side: of a field, pixels.
        stride: from a field to the next, pixels.
        grid: rows and columns of fields.

    Raises:
        InvalidValue: if the grid does not fit the image.
    """
    fits = tuple((size - side) // stride + 1 for size in shape)
    if fits != tuple(grid):
        raise InvalidValue(
            f"windows of {side} pixels, {stride} apart, make a grid of {fits} on {shape} pixels; "
            f"the level has {tuple(grid)}."
        )
    pixel = np.arange(shape[0] * shape[1]).reshape(shape)
    corners = [(stride * r, stride * c) for r in range(grid[0]) for c in range(grid[1])]
    return np.stack([pixel[r : r + side, c : c + side].ravel() for r, c in corners])


def neighbours(macs: np.ndarray, radius: float) -> np.ndarray:
    """Each mac first, then its neighbours."""
    apart = np.linalg.norm(macs[:, None] - macs[None], axis=-1)
    near = [[m, *np.flatnonzero((row <= radius + 1e-9) & (np.arange(len(macs)) != m))]
            for m, row in enumerate(apart)]  # fmt: skip
    return _packed(near, len(macs))


def seen_by(seen: np.ndarray, n_macs: int) -> np.ndarray:
    """For each mac of a level, the macs above that see it."""
    return _packed([np.flatnonzero((seen == m).any(axis=1)) for m in range(n_macs)], len(seen))


def _packed(rows: Sequence[Any], fill: int) -> np.ndarray:
    width = max(1, max(len(row) for row in rows))
    return np.stack(
        [np.pad(np.asarray(r, int), (0, width - len(r)), constant_values=fill) for r in rows]
    )


def n_sources(fields: Int[np.ndarray, "mac slot"], none: int) -> Int[np.ndarray, " mac"]:
    """Sources that each mac has, `none` being the number that names none."""
    return (np.asarray(fields) < none).sum(axis=1)
