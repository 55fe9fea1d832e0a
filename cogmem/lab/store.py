"""A store of results that survives being killed.

Layout, so that another tool can read it. One zarr (version 3) group per experiment and
configuration. Its attributes say what was asked and where it was computed: `experiment`, `config`,
`config_hash`, `versions`, `commit`, `platform`, `device`, and whatever else the experiment adds.

The group holds one group per table. Every array of a table has the rows as its first axis, is sized
when the table is made, and names its axes. Rows are written in blocks; a block is one chunk, so
that no two writes touch the same chunk, and zarr replaces a chunk by renaming. The array `status`
(int8 per row: 0 to do, 1 done, 2 failed) is written after all others: a row whose status is 0 was
not finished, whatever its other arrays hold. `message` (256 bytes of UTF-8 per row, zero padded)
says why a row failed. Floats that were never written are NaN. Chunks carry checksums.

A process that writes holds a lock on a hidden file beside the store; the system gives the lock
back when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from cogmem.errors import CogmemError, InvalidValue

__all__ = [
    "DONE",
    "FAILED",
    "TO_DO",
    "Column",
    "OutdatedResults",
    "Store",
    "StoreBusy",
    "StoreCorrupt",
    "StoreMismatch",
    "Table",
]

TO_DO, DONE, FAILED = 0, 1, 2
MESSAGE_BYTES = 256


class StoreMismatch(CogmemError, ValueError):
    """A store that was made by another configuration. It is never overwritten."""


class OutdatedResults(UserWarning):
    """A store that was begun by another version of its experiment's script, and is used as it is.

    Whether what was changed matters to the results, only the user knows.
    """


class StoreBusy(CogmemError, RuntimeError):
    """A store that another process is writing."""


class StoreCorrupt(CogmemError, OSError):
    """A store with a chunk that cannot be read."""


class Column(NamedTuple):
    """What one column of a table holds in each row."""

    shape: tuple[int, ...]
    dtype: Any
    dims: tuple[str, ...] = ()


_OWN_COLUMNS = {
    "status": Column((), np.int8),
    "message": Column((MESSAGE_BYTES,), np.uint8, ("byte",)),
}


@dataclass(frozen=True)
class Table:
    """Rows of results: to do, done or failed.

    Attributes:
        group: the zarr group.
        path: where it is, for messages.
    """

    group: zarr.Group
    path: Path

    @property
    def status(self) -> np.ndarray:
        """int8[row]: TO_DO, DONE or FAILED."""
        return self._array("status")

    @property
    def done(self) -> np.ndarray:
        """bool[row]: which rows were finished."""
        return self.status == DONE

    @property
    def block(self) -> int:
        """Rows per block."""
        return int(self.group["status"].chunks[0])  # type: ignore[union-attr]

    @property
    def messages(self) -> list[str]:
        """Why each row failed; empty for the others."""
        rows = self._array("message")
        return [row.tobytes().rstrip(b"\0").decode("utf-8", "ignore") for row in rows]

    def write(
        self, rows: slice, values: Mapping[str, Any], failures: Mapping[int, str] | None = None
    ) -> None:
        """Write a block of rows, then flag it.

        Args:
            rows: consecutive rows, within one block.
            values: every column, [row, ...].
            failures: why some of these rows failed, by place within the block.

        Raises:
            InvalidValue: if a column is missing or a value has another shape; nothing is written.
        """
        arrays = {name: np.asarray(value) for name, value in values.items()}
        self._check(rows, arrays)
        status = np.full(rows.stop - rows.start, DONE, np.int8)
        message = np.zeros((len(status), MESSAGE_BYTES), np.uint8)
        for row, text in (failures or {}).items():
            said = text.encode()[:MESSAGE_BYTES]
            status[row], message[row, : len(said)] = FAILED, np.frombuffer(said, np.uint8)
        for name, array in {**arrays, "message": message, "status": status}.items():
            self.group[name][rows] = array  # type: ignore[index]

    def reset(self, rows: np.ndarray) -> None:
        """Set rows back to be done, e.g. those that failed."""
        status = self.status
        status[rows] = TO_DO
        self.group["status"][:] = status  # type: ignore[index]

    def rewrite(self, rows: np.ndarray) -> None:
        """Replace blocks that cannot be read by empty ones, to be done again.

        Args:
            rows: bool[row], whole blocks.
        """
        for start in range(0, len(rows), self.block):
            block = slice(start, min(start + self.block, len(rows)))
            if rows[block].any():
                for _, array in self.group.arrays():
                    shape = (block.stop - block.start, *array.shape[1:])
                    array[block] = np.full(shape, array.fill_value, array.dtype)

    def read(self) -> dict[str, np.ndarray]:
        """All columns, [row, ...] by name.

        Raises:
            StoreCorrupt: if a chunk cannot be read.
        """
        names = (name for name, _ in self.group.arrays() if name not in _OWN_COLUMNS)
        return {name: self._array(name) for name in names}

    def unreadable(self) -> np.ndarray:
        """bool[row]: rows in blocks of which some chunk cannot be read."""
        arrays = [array for _, array in self.group.arrays()]
        lost = np.zeros(arrays[0].shape[0], bool)
        for start in range(0, len(lost), self.block):
            rows = slice(start, start + self.block)
            lost[rows] = not all(_readable(array, rows) for array in arrays)
        return lost

    def _array(self, name: str) -> np.ndarray:
        try:
            return np.asarray(self.group[name][:])  # type: ignore[index]
        except (RuntimeError, ValueError) as error:
            raise StoreCorrupt(
                f"{self.path / name}: a chunk cannot be read ({error}). The other results are "
                "sound. Run the same command with --repair to compute the lost ones again."
            ) from error

    def _check(self, rows: slice, arrays: Mapping[str, np.ndarray]) -> None:
        """zarr itself cuts or repeats what does not fit."""
        n_rows = rows.stop - rows.start
        wanted = {
            name: (n_rows, *array.shape[1:])
            for name, array in self.group.arrays()
            if name not in _OWN_COLUMNS
        }
        given = {name: array.shape for name, array in arrays.items()}
        if given != wanted:
            raise InvalidValue(f"a block has columns {given}, expected {wanted}.")


@dataclass(frozen=True)
class Store:
    """The results of one experiment with one configuration."""

    root: zarr.Group
    path: Path

    @classmethod
    def open(cls, path: Path, about: Mapping[str, Any]) -> Store:
        """Make or reopen a store.

        Args:
            path: the zarr folder.
            about: what becomes the attributes of a new store; `config_hash` among them, and
                `script` if a script's code should be watched.

        Warns:
            OutdatedResults: if the store was begun by other code of that script.

        Raises:
            StoreMismatch: if the store found there holds another configuration.
            InvalidValue: if there is a file, or the path leads through one.
            OSError: if the folder cannot be written to.
        """
        if any(each.is_file() for each in (path, *path.parents)):
            raise InvalidValue(
                f"{path} is a file, or is below one; expected the folder of a store."
            )
        root = zarr.open_group(path, mode="a")
        if "config_hash" not in root.attrs:
            root.attrs.update(dict(about))
        if root.attrs["config_hash"] != about["config_hash"]:
            raise StoreMismatch(
                f"{path} holds another configuration ({root.attrs.get('config')}), expected "
                f"({about.get('config')}). Nothing was changed: choose another store."
            )
        if _other_code(str(root.attrs.get("script", "")), str(about.get("script", ""))):
            warnings.warn(
                f"{path} was begun by another version of the experiment's script. What it holds is "
                "used as it is; delete it to compute everything anew.",
                OutdatedResults,
                stacklevel=3,
            )
        return cls(root, path)

    @classmethod
    def existing(cls, path: Path) -> Store:
        """A store to be read.

        Raises:
            InvalidValue: if there is none at that path.
        """
        try:
            root = zarr.open_group(path, mode="r")
        except FileNotFoundError as error:
            why = "" if path.exists() else " (nothing is there)"
            raise InvalidValue(
                f"{path} is not a store of results{why}; expected one (NAME.zarr), or the .json of "
                "a figure."
            ) from error
        return cls(root, path)

    def table(self, name: str, columns: Mapping[str, Column], n_rows: int, block: int) -> Table:
        """Make or reopen a table of this many rows, written `block` at a time."""
        group = self.root.require_group(name)
        for column, (shape, dtype, dims) in {**columns, **_OWN_COLUMNS}.items():
            named = dims or tuple(f"{column}_{i}" for i in range(len(shape)))
            if column not in group:
                group.create_array(
                    column,
                    shape=(n_rows, *shape),
                    chunks=(block, *shape),
                    dtype=dtype,
                    fill_value=np.nan if np.issubdtype(dtype, np.floating) else 0,
                    compressors=ZstdCodec(level=1, checksum=True),
                    dimension_names=("row", *named),
                )
        return Table(group, self.path / name)

    def existing_group(self, name: str) -> zarr.Group:
        """A group that is there already.

        Raises:
            InvalidValue: if it is not.
        """
        group = self.root.get(name)
        if not isinstance(group, zarr.Group):
            raise InvalidValue(f"{self.path} holds no {name}: it is not the store of a sweep.")
        return group

    def existing_table(self, name: str) -> Table:
        """A table that is there already."""
        return Table(self.existing_group(name), self.path / name)

    def progress(self) -> dict[str, dict[str, int]]:
        """Rows to do, done and failed, by table; rows that fill up a block count as done."""
        names = {"to do": TO_DO, "done": DONE, "failed": FAILED}
        tables = [(name, group) for name, group in self.root.groups() if "status" in group]
        each = {name: Table(group, self.path / name).status for name, group in tables}
        return {
            table: {what: int((status == code).sum()) for what, code in names.items()}
            for table, status in each.items()
        }

    @contextmanager
    def writing(self, part: str = "all") -> Iterator[None]:
        """Hold the right to write.

        Args:
            part: "all", or the name of a part such as "2/4": parts may be written side by side,
                each by one process.

        Raises:
            StoreBusy: if another process is writing all of it, or the same part.
        """
        whole = fcntl.LOCK_EX if part == "all" else fcntl.LOCK_SH
        of_part = self._lock(part.replace("/", "-of-"))
        with (
            _locked(self._lock("any"), whole, self.path),
            _locked(of_part, fcntl.LOCK_EX, self.path),
        ):
            yield

    def _lock(self, name: str) -> Path:
        """Beside the store and not in it: zarr would take it for a broken array."""
        return self.path.parent / f".{self.path.name}.{name}.lock"


def _other_code(begun: str, now: str) -> bool:
    """Whether two hashes of a script differ, as far as one Python can tell; "" is not known."""
    known = begun and now and begun.partition(":")[0] == now.partition(":")[0]
    return bool(known) and begun != now


@contextmanager
def _locked(path: Path, kind: int, store: Path) -> Iterator[None]:
    with path.open("a+") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StoreBusy(
                f"{store} is being written by another process ({file.read().strip()}). Wait for "
                "it, or share the work: --shard 1/2 here and --shard 2/2 there."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        file.flush()
        yield


def _readable(array: Any, rows: slice) -> bool:
    try:
        array[rows]
    except (RuntimeError, ValueError):
        return False
    return True
