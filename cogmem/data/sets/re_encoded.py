"""Data of working memory that are read from re-encoded files, and tables of trials with labels.

BenchmarksWM (`repositories.BENCHMARKS_WM`) holds workbooks, unnamed columns and printed words. The
files read here hold the same trials as comma-separated tables with names, in the folder `wm`: their
bytes are at no public address, only those of the files that they were made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cogmem.data.registry import Entry
from cogmem.data.sets.repositories import BENCHMARKS_WM

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr

__all__ = ["Origin", "labelled", "numbered_anew", "re_encoded", "side_by_side"]

Texts = Mapping[str, tuple[str, str]]
"""Of each column, its long name and its units, "" if it has none."""


@dataclass(frozen=True)
class Origin:
    """The file that a table was made from.

    Attributes:
        path: below BenchmarksWM.Data.
        sha256: of that file.
        change: what was done to it, in words.
    """

    path: str
    sha256: str
    change: str

    def __str__(self) -> str:
        url = BENCHMARKS_WM.url(f"BenchmarksWM.Data/{self.path}")
        return (
            f"Made from {url} (SHA-256 {self.sha256}): {self.change}. There is no address to fetch "
            "these very bytes from."
        )


def re_encoded(*, file: str, origin: Origin, note: str, doi: str = "", **about: Any) -> Entry:
    """The entry of a table made from a file of BenchmarksWM.

    Args:
        file: its name, below wm.
        origin: what it was made from.
        note: what a reader of the numbers must know; the origin is added to it.
        doi: of the paper, "" if it was not checked.
        **about: name, title, paradigm, n_subjects, n_lists, citation, sha256 of `Entry`.
    """
    return Entry(
        path=f"wm/{file}",
        doi=doi,
        licence=BENCHMARKS_WM.licence,
        redistribution=BENCHMARKS_WM.redistribution.replace("fetched by URL", "not shipped"),
        note=f"{note} {origin}",
        **about,
    )


def labelled(
    table: pd.DataFrame, variables: Texts, coords: Texts, dim: str = "trial"
) -> xr.Dataset:
    """Columns of a table as a labelled Dataset along one axis.

    Args:
        table: a row per trial, or per person and condition.
        variables: what was measured.
        coords: the conditions.
        dim: what the rows are of.
    """
    import xarray as xr

    columns = [
        {name: (dim, _plain(table[name]), _attrs(*text)) for name, text in texts.items()}
        for texts in (variables, coords)
    ]
    return xr.Dataset(*columns)


def side_by_side(
    table: pd.DataFrame,
    columns: Sequence[Any],
    axis: str,
    text: tuple[str, str],
    dtype: Any = float,
) -> xr.DataArray:
    """Columns of a table as [trial, axis], the axis numbered from 1.

    Args:
        table: a row per list.
        columns: one per serial position.
        axis: "serial_position", or "output".
        text: long name and units of the values.
        dtype: of the values.
    """
    import numpy as np
    import xarray as xr

    values = table[list(columns)].to_numpy(dtype)
    labels = np.arange(1, len(columns) + 1)
    found = xr.DataArray(values, dims=("trial", axis), coords={axis: labels}, attrs=_attrs(*text))
    found[axis].attrs = {"long_name": axis.replace("_", " ").capitalize(), "units": "1"}
    return found


def numbered_anew(*columns: pd.Series) -> np.ndarray:
    """A number from 1 for each different combination: people who share numbers across groups."""
    import numpy as np
    import pandas as pd

    groups = pd.DataFrame(dict(enumerate(columns))).groupby(list(range(len(columns))))
    return groups.ngroup().to_numpy(np.int64) + 1


def _plain(values: pd.Series) -> np.ndarray:
    """NumPy's own text, not objects."""
    return values.to_numpy(str) if values.dtype.kind not in "iufb" else values.to_numpy()


def _attrs(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name} | ({"units": units} if units else {})
