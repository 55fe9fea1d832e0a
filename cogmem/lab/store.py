"""A store of results that survives being killed.

Layout: one zarr (version 3) group per experiment and configuration. Its attributes `config` and
`config_hash` say what was asked. It holds one group per table; every array of a table has the rows
as its first axis and is sized when the table is made. Rows are written in blocks, a block being one
chunk, so that no two writes touch the same chunk. The array `done` (bool, one per row) is written
last: a row whose flag is not set was not finished, whatever its other arrays hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from cogmem.errors import CogmemError, InvalidValue
from cogmem.lab.provenance import config_hash, describe, provenance

__all__ = ["Store", "StoreMismatch", "Table"]


class StoreMismatch(CogmemError, ValueError):
    """A store that was made by another configuration. It is never overwritten."""


@dataclass(frozen=True)
class Table:
    """Rows of results, done or to do.

    Attributes:
        group: the zarr group.
    """

    group: zarr.Group

    @property
    def done(self) -> np.ndarray:
        """bool[row]: which rows were finished."""
        return np.asarray(self.group["done"][:])  # type: ignore[index]

    def write(self, rows: slice, values: Mapping[str, Any]) -> None:
        """Write a block of rows, then flag it as done.

        Raises:
            InvalidValue: if a column is missing or a value has another shape; nothing is written.
        """
        arrays = {name: np.asarray(value) for name, value in values.items()}
        self._check(rows, arrays)
        for name, array in arrays.items():
            self.group[name][rows] = array  # type: ignore[index]
        self.group["done"][rows] = True  # type: ignore[index]

    def _check(self, rows: slice, arrays: Mapping[str, np.ndarray]) -> None:
        """zarr itself cuts or repeats what does not fit."""
        n_rows = rows.stop - rows.start
        wanted = {name: (n_rows, *array.shape[1:]) for name, array in self.group.arrays()}
        wanted.pop("done")
        given = {name: array.shape for name, array in arrays.items()}
        if given != wanted:
            raise InvalidValue(f"a block has columns {given}, expected {wanted}.")

    def read(self) -> dict[str, np.ndarray]:
        """All columns, [row, ...] by name; rows not done hold zeros."""
        return {name: np.asarray(array[:]) for name, array in self.group.arrays() if name != "done"}


@dataclass(frozen=True)
class Store:
    """The results of one experiment with one configuration."""

    root: zarr.Group
    path: Path

    @classmethod
    def open(cls, folder: Path, name: str, config: Any) -> Store:
        """Make or reopen the store of an experiment.

        Args:
            folder: where stores live.
            name: of the experiment.
            config: a dataclass; its hash is part of the store's name.

        Raises:
            StoreMismatch: if the store found there holds another configuration.
            OSError: if the folder cannot be written to.
        """
        path = folder / f"{name}-{config_hash(config)}.zarr"
        root = zarr.open_group(path, mode="a")
        if "config_hash" not in root.attrs:
            root.attrs.update(provenance(config))
        if root.attrs["config_hash"] != config_hash(config):
            held = describe(root.attrs["config"])  # type: ignore[arg-type]
            raise StoreMismatch(f"{path} holds another configuration ({held}); move it away.")
        return cls(root, path)

    def table(
        self, name: str, columns: Mapping[str, tuple[tuple[int, ...], Any]], n_rows: int, block: int
    ) -> Table:
        """Make or reopen a table.

        Args:
            name: of the table.
            columns: shape of one row and dtype, by name.
            n_rows: number of rows.
            block: rows written at once.
        """
        group = self.root.require_group(name)
        for column, (shape, dtype) in {**columns, "done": ((), bool)}.items():
            if column not in group:
                group.create_array(
                    column, shape=(n_rows, *shape), chunks=(block, *shape), dtype=dtype
                )
        return Table(group)
