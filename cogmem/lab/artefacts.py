"""A figure on disk: .svg and .png to look at, .csv the plotted numbers, .json how it was made."""

from __future__ import annotations

import errno
import json
import os
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from cogmem.errors import InvalidValue
from cogmem.plots.style import SMALL, house_style

__all__ = [
    "as_csv",
    "by_node",
    "datasets",
    "make_folder",
    "mean_numbers",
    "numbers_and_weights",
    "panel_numbers",
    "panel_rows",
    "save_figure",
    "tree_numbers",
]

PNG_DPI = 200


def save_figure(
    folder: Path,
    name: str,
    figure: Figure,
    numbers: pd.DataFrame,
    how: Mapping[str, Any],
    foot: str = "",
) -> list[Path]:
    """Write the four files of a figure; the first three are the same bytes for the same numbers.

    Args:
        folder: made if it does not exist.
        name: stem of the files.
        figure: what to draw.
        numbers: every number in it.
        how: provenance.
        foot: a note below the figure, which grows by its height.

    Returns:
        The paths written.

    Raises:
        InvalidValue, PermissionError: see `make_folder`.
    """
    make_folder(folder)
    paths = [folder / f"{name}.{kind}" for kind in ("svg", "png", "csv", "json")]
    with house_style():
        shown = _with_foot(figure, foot) if foot else {}
        figure.savefig(paths[0], metadata={"Date": None}, **shown)
        figure.savefig(paths[1], dpi=PNG_DPI, metadata={"Software": None}, **shown)
    paths[2].write_text(as_csv(numbers), encoding="utf-8", newline="\n")
    paths[3].write_text(json.dumps(how, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return paths


def _with_foot(figure: Figure, foot: str) -> dict[str, Any]:
    """Put a note below a figure; what to save it with. Nothing else moves, whatever its layout."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(foot, int(_LETTERS_PER_INCH * width))
    figure.text(0.01, 0, "\n".join(lines), va="top", fontsize=SMALL)
    depth = _MARGIN + len(lines) * _LINE_HEIGHT
    return {"bbox_inches": Bbox([[0, -depth], [width, height]])}


_LETTERS_PER_INCH, _LINE_HEIGHT, _MARGIN = 19, 1.4 * SMALL / 72, 0.06
"""Of a note: the inches are those of the figure, and letters of the smallest size."""


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there: before work whose results are to go into it.

    Raises:
        InvalidValue: if a file is in its place, or it cannot be there at all.
        PermissionError: if it may not be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidValue(
            f"{folder} is a file, or is below one; expected a folder: choose another."
        ) from error
    except FileNotFoundError as error:
        raise InvalidValue(f"no folder can be made at {folder}: choose another.") from error
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def by_node(nodes: Iterable[tuple[str, xr.Dataset]]) -> pd.DataFrame:
    """Every number of several Datasets in one table, with the name of that which it is of.

    Args:
        nodes: names and Datasets; a name may come more than once.

    Returns:
        DataFrame with `node`, then a column for each coordinate and each variable of any.
    """
    parts = [part.to_dataframe().reset_index().assign(node=name) for name, part in nodes]
    table = pd.concat(parts)
    return table[["node", *table.columns.drop("node")]].reset_index(drop=True)


def datasets(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """The Datasets right below the root of a tree, by name."""
    return {name: node.to_dataset() for name, node in tree.children.items()}


def tree_numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every number right below the root of a tree, with the node that it is of: see `by_node`."""
    return by_node(datasets(tree).items())


def mean_numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every mean with its interval, and the node that it is of; none of nodes named `each...`."""
    nodes = {name: each for name, each in datasets(tree).items() if not name.startswith("each")}
    return by_node(nodes.items()).dropna(subset="mean").reset_index(drop=True)


def panel_numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every number right below the root of a tree, with the `panel` that it is in, at the end."""
    tables = [
        each.to_dataframe().reset_index().assign(panel=panel)
        for panel, each in datasets(tree).items()
    ]
    return pd.concat(tables, ignore_index=True)


def panel_rows(values: xr.DataArray, panel: str, **names: str) -> pd.DataFrame:
    """A row for each value that there is: `value`, its coordinates, and the `panel` it is in.

    Args:
        values: plotted.
        panel: where.
        names: what coordinates are to be called, by their own name.
    """
    table = values.rename("value").to_dataframe().reset_index().rename(columns=names)
    return table.dropna(subset="value").assign(panel=panel)


def numbers_and_weights(tree: xr.DataTree) -> pd.DataFrame:
    """Every number at any depth of a tree, and `n_weights` of its attributes as `mean`s of a node.

    Args:
        tree: with the attribute `n_weights`, how many each source has.
    """
    table = by_node((path.strip("/"), each) for path, each in tree.to_dict().items() if each)
    n_weights = dict(tree.attrs["n_weights"])
    rows = [{"node": "weights", "source": k, "mean": n} for k, n in n_weights.items()]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)


def as_csv(numbers: pd.DataFrame) -> str:
    """Plotted numbers as they are kept, to six digits."""
    return str(numbers.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
