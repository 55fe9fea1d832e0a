"""Plans of networks of macrocolumns: the macs of each level, where they lie and what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from cogmem.errors import InvalidValue
from cogmem.models.permanence import Stepwise
from cogmem.models.receptive_fields import lattice, neighbours, seen_by, windows, within
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_network import Level, Network

__all__ = ["Grid", "build", "places"]


@dataclass(frozen=True)
class Grid:
    """The plan of one level.

    Attributes:
        rows, columns: macs.
        mac: the kind of mac; its numbers of sources are set by `build`.
        radius: of the receptive fields, in widths of the unit square on which every level lies.
        window: (side, stride) of square receptive fields on the pixels instead, in pixels.
        lateral_radius: of the lateral fields; 0: each mac hears itself; None: no lateral input.
        top_down: whether the macs above send down to the macs that they see.
        persistence: frames that a code stays on; None: it doubles with every level, 1, 2, 4, ...
            Where synapses stiffen (`Stepwise`), only coincidences that far apart count twice.
        hexagonal: whether odd rows are shifted by half a column.
    """

    rows: int
    columns: int
    mac: Mac
    radius: float = 0.5
    window: tuple[int, int] | None = None
    lateral_radius: float | None = None
    top_down: bool = False
    persistence: int | None = None
    hexagonal: bool = False


def build(
    shape: tuple[int, int],
    grids: Sequence[Grid],
    *,
    progressive: bool = False,
    preference: int | None = 0,
) -> Network:
    """A network over images of `shape` pixels; for the last two arguments see `Network`.

    Raises:
        InvalidValue: for a grid of no macs, or a mac that sees nothing.
    """
    fields = [_fields(shape, grids, number) for number in range(len(grids))]
    if grids and grids[-1].top_down:
        raise InvalidValue(f"level {len(grids)} is the highest: nothing sends down to it.")
    levels = []
    for number, grid in enumerate(grids):
        n_macs = grid.rows * grid.columns
        beside = np.zeros((n_macs, 0), int)
        if grid.lateral_radius is not None:
            beside = neighbours(places(grid), grid.lateral_radius)
        above = np.zeros((n_macs, 0), int)
        if grid.top_down and number + 1 < len(grids):
            above = seen_by(fields[number + 1], n_macs)
        levels.append(_level(grids, number, fields[number], beside, above))
    return Network((shape[0], shape[1]), tuple(levels), progressive, preference)


def _level(
    grids: Sequence[Grid], number: int, below: np.ndarray, beside: np.ndarray, above: np.ndarray
) -> Level:
    grid = grids[number]
    lower = grids[number - 1].mac if number else None
    sizes: dict[str, Any] = {
        "n_features": below.shape[1] * (lower.n_units if lower else 1),
        "n_per_source": lower.n_modules if lower else 1,
        "n_lateral": beside.shape[1],
        "n_above": above.shape[1] * grids[number + 1].mac.n_units if above.shape[1] else 0,
    }
    if grid.mac.band is None:
        sizes["band"] = (1, below.shape[1])  # pixels, or macs
    persistence = 2**number if grid.persistence is None else grid.persistence
    permanence = grid.mac.permanence
    if isinstance(permanence, Stepwise):
        sizes["permanence"] = replace(
            permanence, persistence=max(permanence.persistence, persistence)
        )
    return Level(replace(grid.mac, **sizes), below, beside, above, persistence)


def _fields(shape: tuple[int, int], grids: Sequence[Grid], number: int) -> np.ndarray:
    """[mac, slot] what each mac of a level sees."""
    grid = grids[number]
    if grid.rows < 1 or grid.columns < 1:
        raise InvalidValue(f"level {number + 1} has {grid.rows} x {grid.columns} macs.")
    if grid.persistence is not None and grid.persistence < 1:
        given = f"level {number + 1} has persistence {grid.persistence}"
        raise InvalidValue(f"{given}, expected 1 frame or more.")
    if grid.window and number:
        raise InvalidValue(
            f"level {number + 1} has a window of pixels, but sees macs: give it a radius."
        )
    if grid.window:
        return windows(shape, *grid.window, (grid.rows, grid.columns))
    sources = places(grids[number - 1]) if number else lattice(*shape)
    found = within(places(grid), sources, grid.radius)
    if (found[:, 0] == len(sources)).any():
        raise InvalidValue(
            f"a mac of level {number + 1} sees nothing within radius {grid.radius:g}: widen it."
        )
    return found


def places(grid: Grid) -> Float[np.ndarray, "mac 2"]:
    """Row and column of each mac on the unit square."""
    return lattice(grid.rows, grid.columns, hexagonal=grid.hexagonal)
