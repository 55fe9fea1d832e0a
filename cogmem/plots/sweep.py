"""Sweeps as pictures: a quantity over two things that were swept."""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, house_style, panel_letter

__all__ = ["heat_maps"]

PANEL_HEIGHT = 1.9
MISSING = "#bdbdbd"


def heat_maps(results: xr.Dataset, *, x: str, y: str, column: str | None = None) -> Figure:
    """A map of each variable over two axes, a row per variable, a column per value of a third.

    Maps of one row share their colours, which grow lighter with the value in greyscale too. Cells
    without a value are grey. Axes and bars take their words from the attribute `long_name`, or
    from the name.

    Args:
        results: variables with the dims x, y and column, and no other.
        x: axis across.
        y: axis up.
        column: axis of the columns; one column if None.
    """
    names = list(results.data_vars)
    steps = [None] if column is None else list(results[column].values)
    with house_style():
        figure = Figure(
            figsize=(DOUBLE_COLUMN, PANEL_HEIGHT * len(names) + 0.3), layout="constrained"
        )
        panels = figure.subplots(len(names), len(steps), squeeze=False, sharex=True, sharey=True)
        for letter, name, row in zip(ascii_uppercase, names, panels, strict=False):
            colours = _colours(results[name])
            for ax, step in zip(row, steps, strict=True):
                chosen = results[name] if column is None else results[name].sel({column: step})
                _map(ax, chosen.transpose(y, x), colours)
            panel_letter(row[0], letter, x=-30)
            figure.colorbar(colours, ax=list(row), label=_words(results[name]), pad=0.015)
        for ax, step in zip(panels[0], steps, strict=True):
            if column is not None:
                ax.set_title(f"{_words(results[column])} {step:g}")
        for ax in panels[-1]:
            ax.set_xlabel(_words(results[x]).capitalize())
        for ax in panels[:, 0]:
            ax.set_ylabel(_words(results[y]).capitalize())
    return figure


def _colours(values: xr.DataArray) -> ScalarMappable:
    scale = Normalize(float(values.min()), float(values.max()))
    return ScalarMappable(scale, colormaps["cividis"].with_extremes(bad=MISSING))


def _map(ax: Axes, values: xr.DataArray, colours: ScalarMappable) -> None:
    """One panel: a rectangle around each pair of values, whether or not they are evenly spaced."""
    y, x = (np.asarray(values[dim].values, float) for dim in values.dims)
    shown = np.ma.masked_invalid(values.values)
    mesh = ax.pcolormesh(_edges(x), _edges(y), shown, cmap=colours.cmap)
    mesh.set_norm(colours.norm)
    ax.set_facecolor(MISSING)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Borders half way between neighbours."""
    if len(centres) == 1:
        return centres[0] + np.array([-0.5, 0.5])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _words(values: xr.DataArray) -> str:
    return str(values.attrs.get("long_name", str(values.name).replace("_", " ")))
