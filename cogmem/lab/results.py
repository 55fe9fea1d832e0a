"""A stored sweep as labelled data: one axis per thing that was swept."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cogmem.lab.store import Store
from cogmem.lab.sweep import PADDING, Sweep

__all__ = ["describe_axes", "open_results"]


def describe_axes(sweep: Sweep, labels: Mapping[str, Any], store: Store) -> None:
    """Write what a reader needs to lay the rows out: group `axes` of the store.

    The array `row_of_cell` says in which row each cell is, cells counted in C order over the axes
    in the attribute `dims`. The attribute `labels` has the labels of each axis of the outputs.
    """
    group = store.root.require_group("axes")
    rows = np.flatnonzero(sweep.cell_of_row != PADDING)
    row_of_cell = rows[np.argsort(sweep.cell_of_row[rows])]
    if "row_of_cell" not in group:
        group.create_array("row_of_cell", data=row_of_cell, dimension_names=("cell",))
    group.attrs["dims"] = dict(sweep.dims)
    group.attrs["labels"] = {dim: np.asarray(values).tolist() for dim, values in labels.items()}


def open_results(path: Path | str) -> xr.Dataset:
    """A stored sweep, its values read only when they are used if Dask is installed.

    Returns:
        Dataset with an axis for each thing swept on a grid, `sample` for those drawn together,
        `repeat`, and the outputs' own axes. `status` is 0 for cells to do, 1 done, 2 failed.
        Attributes hold the provenance.

    Raises:
        InvalidValue: if there is no store of a sweep at that path.
    """
    path = Path(path)
    store = Store.existing(path)
    axes, about = store.existing_group("axes"), dict(store.root.attrs)
    lazily: Any = {} if importlib.util.find_spec("dask") else None
    table = xr.open_zarr(path, group="cells", chunks=lazily, consolidated=False)
    rows = np.asarray(axes["row_of_cell"][:])  # type: ignore[index]
    sizes: dict[str, int] = dict(axes.attrs["dims"])  # type: ignore[arg-type]
    names = dict(zip(sizes, _short(list(sizes)), strict=True))
    shown = {
        name: _laid_out(table[name], rows, {names[dim]: n for dim, n in sizes.items()})
        for name in table.data_vars
        if name != "message"
    }
    labels: dict[str, list[Any]] = dict(axes.attrs["labels"])  # type: ignore[arg-type]
    coords = {**labels, **_swept(about, names), "repeat": np.arange(sizes["repeat"])}
    return xr.Dataset(shown, coords, attrs={k: _text(v) for k, v in about.items()})


def _laid_out(rows_of: xr.DataArray, rows: np.ndarray, sizes: Mapping[str, int]) -> xr.Variable:
    """Rows in order of cells, folded into one axis per thing swept."""
    data = rows_of.isel(row=rows).data
    shape = (*sizes.values(), *rows_of.shape[1:])
    return xr.Variable((*sizes, *rows_of.dims[1:]), data.reshape(shape))


def _swept(about: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Values of what was swept, as coordinates."""
    grid = {names[name]: values for name, values in about["grid"].items()}
    short = dict(zip(about["sampled"], _short(list(about["sampled"])), strict=True))
    sampled = {short[name]: ("sample", values) for name, values in about["sampled"].items()}
    return {**grid, **sampled}


def _short(paths: list[str]) -> list[str]:
    """Last parts of dotted paths, where they are enough to tell them apart."""
    last = [path.rpartition(".")[2] for path in paths]
    return [
        short if last.count(short) == 1 else path for short, path in zip(last, paths, strict=True)
    ]


def _text(value: Any) -> Any:
    """What netCDF and zarr can hold as an attribute."""
    return value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True)
