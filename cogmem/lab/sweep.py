"""A sweep: one cell for every combination of settings, and every repeat of it.

Cells that differ only in floats form a group and share one compiled program. Rows of the store are
ordered by group, each group filled up to whole blocks, so that a block is one call of that program.

Seeds: the key of a cell is the root seed's, folded with a hash of the cell's settings, then with
the number of the repeat. It does not depend on what else is swept, in which order, or where.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cogmem.errors import InvalidValue
from cogmem.lab.axes import Axes, dims, points
from cogmem.lab.experiment import Experiment
from cogmem.lab.settings import canonical, static_part, traced_part, with_values

__all__ = ["PADDING", "Block", "Sweep"]

PADDING = -1
"""Number of the cell in rows that only fill up a block."""

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Block:
    """Cells computed in one call; plain data, so that it can be sent to another machine.

    Attributes:
        experiment: name of the experiment.
        first_row: where its rows begin in the store.
        static: settings that all its cells share, by path.
        traced: [cell] values of every other setting, by path.
        identity: uint32[cell] hash of all settings of a cell.
        repeat: [cell] number of the repeat.
        seed: root of all keys.
        n_cells: cells that count; the rest repeat the last one.
        held: of these, those that are done already and stay as they are.
    """

    experiment: str
    first_row: int
    static: Mapping[str, Any]
    traced: Mapping[str, np.ndarray]
    identity: np.ndarray
    repeat: np.ndarray
    seed: int
    n_cells: int
    held: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        """Rows."""
        return len(self.repeat)

    @property
    def rows(self) -> slice:
        """Its rows in the store."""
        return slice(self.first_row, self.first_row + self.width)

    def settings(self, cell: int) -> dict[str, Any]:
        """All settings of one of its cells."""
        return {**self.static, **{name: float(v[cell]) for name, v in self.traced.items()}}


@dataclass(frozen=True)
class Sweep:
    """What is swept.

    Attributes:
        experiment: it must have a `cell`.
        config: settings of all cells but for the axes.
        axes: what varies.
        repeats: cells per combination, differing in their key only.
        seed: root of all keys.
    """

    experiment: Experiment
    config: Any
    axes: Axes
    repeats: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.experiment.cell is None:
            raise InvalidValue(f"{self.experiment.name} is not made of cells and cannot be swept.")
        if self.repeats < 1:
            raise InvalidValue(f"repeats is {self.repeats}, expected 1 or more.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise InvalidValue(f"seed is {self.seed}, expected 0 to {LARGEST_SEED}.")

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """The values of the axes at each combination, the last axis fastest."""
        return points(self.axes)

    @property
    def dims(self) -> dict[str, int]:
        """Axes of the result and their sizes: the grid, the sample if there is one, the repeats."""
        return {**dims(self.axes), "repeat": self.repeats}

    @property
    def n_cells(self) -> int:
        """Combinations times repeats."""
        return len(self.points) * self.repeats

    @property
    def about(self) -> dict[str, Any]:
        """What the sweep is, as JSON can hold it; a store keeps it."""
        about = {
            "experiment": self.experiment.name,
            "config": json.loads(canonical(self.config)),
            "grid": {axis.name: list(axis.values) for axis in self.axes.grid},
            "sampled": {name: list(values) for name, values in self.axes.sampled.items()},
            "repeats": self.repeats,
            "seed": self.seed,
        }
        text = json.dumps(about, sort_keys=True)
        return about | {"config_hash": hashlib.sha256(text.encode()).hexdigest()[:16]}

    @cached_property
    def groups(self) -> list[list[int]]:
        """Combinations that share all sizes, in order of their first appearance."""
        swept = [name for name in static_part(self.config) if name in self._swept]
        found: dict[tuple[Any, ...], list[int]] = {}
        for index, point in enumerate(self.points):
            found.setdefault(tuple(point[name] for name in swept), []).append(index)
        return list(found.values())

    @property
    def width(self) -> int:
        """Rows per block: as many as the experiment takes at once, but no more than needed."""
        largest = max(len(group) for group in self.groups) * self.repeats
        return min(self.experiment.cells_at_once, largest)

    @cached_property
    def cell_of_row(self) -> np.ndarray:
        """int[row]: combination * repeats + repeat, or PADDING."""
        rows: list[int] = []
        for group in self.groups:
            rows += [p * self.repeats + r for p, r in itertools.product(group, range(self.repeats))]
            rows += [PADDING] * (-len(rows) % self.width)
        return np.array(rows)

    @property
    def first_rows(self) -> list[int]:
        """Where each group begins."""
        lengths = [len(group) * self.repeats for group in self.groups]
        whole = [length + -length % self.width for length in lengths]
        return [sum(whole[:i]) for i in range(len(whole))]

    def blocks(self) -> Iterator[Block]:
        """The blocks, in order of rows."""
        return map(self.block, self.block_rows)

    @property
    def block_rows(self) -> range:
        """Where each block begins. To make a block takes time, to know where it is does not."""
        return range(0, len(self.cell_of_row), self.width)

    def block(self, first_row: int) -> Block:
        """The block that begins at a row."""
        cells = self.cell_of_row[first_row : first_row + self.width]
        n_cells = int((cells != PADDING).sum())
        cells = cells[np.minimum(np.arange(self.width), n_cells - 1)]
        configs = [with_values(self.config, self.points[cell // self.repeats]) for cell in cells]
        traced = [traced_part(config) for config in configs]
        return Block(
            experiment=self.experiment.name,
            first_row=first_row,
            static=static_part(configs[0]),
            traced={name: np.array([each[name] for each in traced]) for name in traced[0]},
            identity=np.array([_identity(config) for config in configs], np.uint32),
            repeat=cells % self.repeats,
            seed=self.seed,
            n_cells=n_cells,
        )

    @property
    def _swept(self) -> set[str]:
        return {axis.name for axis in self.axes.grid} | set(self.axes.sampled)


def _identity(config: Any) -> int:
    digest = hashlib.sha256(canonical(config).encode()).digest()
    return int.from_bytes(digest[:4], "little")
