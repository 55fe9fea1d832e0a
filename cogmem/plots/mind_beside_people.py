"""One model of the table of minds beside people: every curve of the paradigms that it sits."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.errors import UnknownName
from cogmem.plots.minds import LOOKS, PEOPLE
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    LineLook,
    house_style,
    panel_letter,
)

__all__ = ["mind_beside_people"]

_ROW, _COLUMNS = 2.3, 3  # inches; panels in a row


def mind_beside_people(tree: xr.DataTree, model: str) -> Figure:
    """A panel for each curve of a model, over that of people.

    Args:
        tree: a table of minds, e.g. `cogmem.lab.minds_run.measured()`.
        model: a row of it.

    Returns:
        A figure in double-column width. Bands are the intervals in the tree; where people are known
        as means of a group only, they are open marks.

    Raises:
        UnknownName: if no curve of the tree has that model.
    """
    curves = {
        name: node.to_dataset(inherit=False) for name, node in tree["curves"].children.items()
    }
    sat = {name: curve for name, curve in curves.items() if model in curve["source"].values}
    if not sat:
        sources = {str(name) for curve in curves.values() for name in curve["source"].values}
        raise UnknownName("model", model, sorted(sources - {PEOPLE}))
    n_columns = min(len(sat), _COLUMNS)
    n_rows = -(-len(sat) // n_columns)
    with house_style():
        size = DOUBLE_COLUMN * n_columns / _COLUMNS, _ROW * n_rows
        figure = Figure(figsize=size, layout="constrained")
        places = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for letter, ax, (name, curve) in zip("ABCDEFGHIJKL", places, sat.items(), strict=False):
            _panel(ax, curve, model, name)
            if len(sat) > 1:
                panel_letter(ax, letter, x=-22)
        for ax in places[len(sat) :]:
            ax.set_axis_off()
    return figure


def _panel(ax: Axes, curve: xr.Dataset, model: str, name: str) -> None:
    for look, line in zip(LOOKS, curve["line"].values, strict=False):
        told = "" if curve.sizes["line"] == 1 else f", {line}"
        one = curve.sel(line=line)
        _line(ax, one.sel(source=PEOPLE), look, f"people{told}", is_people=True)
        _line(ax, one.sel(source=model), look, f"{model}{told}", is_people=False)
    title, unit = curve.attrs["title"], curve.attrs["unit"]
    paradigm = curve.attrs["paradigm"]
    ax.set(xlabel=curve.attrs["xlabel"], ylabel=f"{title} ({unit})")
    ax.set_title(paradigm.capitalize() if name == paradigm else f"{paradigm.capitalize()}: {name}")
    if unit == "proportion":
        ax.set_ylim(0, None)
    ax.legend(fontsize="x-small")


def _line(ax: Axes, line: xr.Dataset, look: LineLook, label: str, *, is_people: bool) -> None:
    """Mean and interval; a gap where the curve has one, and none where nobody was asked."""
    shown = line.isel(x=(line["mean"].notnull() | (line["x"] == 0)).values)
    x, mean, low, high = (shown[part].values for part in ("x", "mean", "low", "high"))
    color = PEOPLE_LINE if is_people else look.color
    style: dict[str, Any] = {"color": color, "linestyle": look.linestyle, "marker": look.marker}
    if is_people and not np.isfinite(low).any():
        style["markerfacecolor"] = "white"
    ax.plot(x, mean, label=label, **style)
    band = {"color": PEOPLE_BAND} if is_people else {"color": color, "alpha": 0.25}
    ax.fill_between(x, low, high, linewidth=0, zorder=0, **band)
