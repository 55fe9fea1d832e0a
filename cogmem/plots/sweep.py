"""Sweeps as pictures: a quantity over two things that were swept, or a curve per value of one.

    shown = results[["contiguity"]].mean("repeat").compute()
    heat_maps(shown, x="encoding_drift", y="recall_drift", column="learning_rate")

What is on the axes takes its words from the argument `labels`, else from the attribute `long_name`,
else from the name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from itertools import cycle
from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from cogmem.errors import InvalidValue, UnknownName
from cogmem.plots.curves import MEASURES, PEOPLE, dress, legend, model_line, people_band, top_of
from cogmem.plots.style import DOUBLE_COLUMN, SINGLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["curves_over", "heat_maps"]

PANEL_HEIGHT = 1.9
MISSING = "#e4e4e4"
HATCH = "#7a7a7a"
MOST_TICKS = 9

COLOURS = "cividis"
"""Grows lighter with the value, in greyscale and for colour-blind readers too."""


def heat_maps(
    results: xr.Dataset,
    *,
    x: str,
    y: str,
    column: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """A map of each variable over two axes, a row per variable, a column per value of a third.

    Maps of one row share their colours. Cells without a value are hatched. An axis whose values
    have one ratio is logarithmic; words are listed.

    Args:
        results: variables with the dims x, y and column, and no other.
        x: axis across.
        y: axis up.
        column: axis of the columns; one column, in single-column width, if None.
        labels: words for variables and axes, by name.

    Raises:
        UnknownName: if the results have no such axis.
        InvalidValue: if there is no variable, or one has other axes.
    """
    _check(results, [dim for dim in (x, y, column) if dim is not None])
    results = _worded(results, labels or {})
    steps = [None] if column is None else list(results[column].values)
    with house_style():
        figure = Figure(layout="constrained")
        width = DOUBLE_COLUMN if len(steps) > 1 else SINGLE_COLUMN
        figure.set_size_inches(width, PANEL_HEIGHT * len(results) + 0.3)
        panels = figure.subplots(len(results), len(steps), squeeze=False, sharex=True, sharey=True)
        for letter, name, row in zip(cycle(ascii_uppercase), results, panels, strict=False):
            maps = [results[name] if s is None else results[name].sel({column: s}) for s in steps]
            _row(figure, list(row), [each.transpose(y, x) for each in maps])
            panel_letter(row[0], letter, x=-30)
        _name_axes(panels, results, x, y)
        for ax, step in zip(panels[0], steps, strict=True):
            if column is not None:
                ax.set_title(f"{_words(results[column])} {_told(step)}")
    return figure


def curves_over(
    results: xr.Dataset,
    variable: str,
    over: str,
    *,
    people: xr.Dataset | None = None,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """A curve for each value of an axis, growing lighter with it, in single-column width.

    Args:
        results: holds the variable, which has the dim `over` and one other, its x axis.
        variable: e.g. "lag_crp", which is then drawn as such, or any other.
        over: axis with one line per value.
        people: `mean`, `low` and `high` along the same x axis, drawn as a grey band.
        labels: words for variables and axes, by name.

    Raises:
        UnknownName: if the results have no such variable or axis.
        InvalidValue: if the variable has not exactly one other axis.
    """
    if variable not in results.data_vars:
        raise UnknownName("variable", variable, map(str, results.data_vars))
    rest = [str(dim) for dim in results[variable].dims if dim != over]
    _check(results[[variable]], [over, *rest[:1]])
    results = _worded(results[[variable]], labels or {})
    with house_style():
        figure = Figure(figsize=(SINGLE_COLUMN, 1.2 * PANEL_HEIGHT), layout="constrained")
        ax = figure.subplots()
        if people is not None:
            n = f"\n({int(people['n'].max())} people)" if "n" in people else ""
            people_band(ax, people, PEOPLE + n)
            legend(figure, ax)  # as long as they are alone
        lines = _lines(ax, results[variable].transpose(over, *rest))
        title = textwrap.fill(_upper(_words(results[over])), 12)
        figure.legend(handles=lines, loc="outside right center", title=title, title_fontsize=7)
        _dress(
            ax,
            results[variable],
            rest[0],
            top_of(lines, None if people is None else people["high"]),
        )
    return figure


def _lines(ax: Axes, curves: xr.DataArray) -> list[Line2D]:
    """One line per value of the first axis. The colours hold no grey, which stands for people."""
    over = str(curves.dims[0])
    shades = colormaps["viridis"](np.linspace(0, 0.8, len(curves)))
    lines = []
    for i, value in enumerate(curves[over].values):
        one = curves.isel({over: i}, drop=True).to_dataset(name="mean")
        look = line_look(i)._replace(color=to_hex(shades[i]))
        lines.append(model_line(ax, one, _told(value), look))
    return lines


def _dress(ax: Axes, curves: xr.DataArray, x: str, top: float) -> None:
    """The axes as everywhere for the measures of recall, else in the words of the results."""
    if curves.name in MEASURES:
        n_items = curves.sizes[x] if curves.name != "lag_crp" else int(curves[x].max()) + 1
        dress(ax, str(curves.name), n_items, top)
        return
    ax.set_xlabel(_upper(_words(curves[x])))
    ax.set_ylabel(_upper(_words(curves)))
    if _is_log(curves[x].values):
        ax.set_xscale("log")


def _check(results: xr.Dataset, dims: list[str]) -> None:
    """All variables have these axes, and no other."""
    if not results.data_vars:
        raise InvalidValue("the results have no variable, expected one per row of maps.")
    for dim in dims:
        if dim not in results.dims:
            raise UnknownName("axis", dim, map(str, results.dims))
    for name, values in results.data_vars.items():
        if set(values.dims) != set(dims):
            raise InvalidValue(
                f"{name} has the axes {values.dims}, expected {tuple(dims)}. Take the mean over an "
                f'axis, .mean("repeat"), or choose a value of it, .sel({dims[0]}=...).'
            )


def _worded(results: xr.Dataset, labels: Mapping[str, str]) -> xr.Dataset:
    """With the words for its variables and axes as their `long_name`."""
    results = results.copy()
    for name, words in labels.items():
        if name not in results.variables:
            raise UnknownName("variable or axis", name, map(str, results.variables))
        results[name].attrs["long_name"] = words
    return results


def _row(figure: Figure, panels: list[Axes], maps: list[xr.DataArray]) -> None:
    """Maps of one variable, with their common colours and the bar that explains these."""
    finite = np.concatenate([each.values[np.isfinite(each.values)] for each in maps])
    ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    colours = ScalarMappable(Normalize(*ends), COLOURS)
    for ax, values in zip(panels, maps, strict=True):
        _map(ax, values, colours)
    figure.colorbar(colours, ax=panels, label=_upper(_words(maps[0])), pad=0.015)


def _map(ax: Axes, values: xr.DataArray, colours: ScalarMappable) -> None:
    """One panel: a rectangle around each pair of values, the hatched ground where there is none."""
    ax.patch.set(facecolor=MISSING, hatch="/////", edgecolor=HATCH, linewidth=0)
    y, x = (values[dim].values for dim in values.dims)
    shown = np.ma.masked_invalid(values.values)
    mesh = ax.pcolormesh(_borders(x), _borders(y), shown, cmap=colours.cmap)
    mesh.set_norm(colours.norm)
    for axis, centres in (("x", x), ("y", y)):
        borders = _borders(centres)
        if _is_log(centres):
            ax.set(**{f"{axis}scale": "log"})
        ax.set(**{f"{axis}lim": (borders.min(), borders.max())})
        _ticks(ax, axis, centres)


def _borders(values: np.ndarray) -> np.ndarray:
    """Borders half way between neighbours, or between their logarithms, or between words."""
    if not _is_number(values):
        return np.arange(len(values) + 1) - 0.5
    if _is_log(values):
        return np.exp(_edges(np.log(values)))
    return _edges(values.astype(float))


def _edges(centres: np.ndarray) -> np.ndarray:
    if len(centres) == 1:
        return centres[0] + np.array([-0.5, 0.5])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _ticks(ax: Axes, axis: str, values: np.ndarray) -> None:
    """A tick at each value that was run, or, of many, at some of them."""
    places = values if _is_number(values) else np.arange(len(values))
    some = slice(None, None, -(-len(values) // MOST_TICKS))
    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_ticks(places[some].astype(float), [_told(value) for value in values[some]])
    which.set_minor_locator(NullLocator())


def _is_number(values: np.ndarray) -> bool:
    return np.issubdtype(values.dtype, np.number)


def _is_log(values: np.ndarray) -> bool:
    """Whether the values, three at least, have one ratio."""
    if not _is_number(values) or len(values) < 3 or (values <= 0).any():
        return False
    steps = np.diff(np.log(values))
    return bool(np.allclose(steps, steps[0]))


def _name_axes(panels: np.ndarray, results: xr.Dataset, x: str, y: str) -> None:
    for ax in panels[-1]:
        ax.set_xlabel(_upper(_words(results[x])))
    for ax in panels[:, 0]:
        ax.set_ylabel(_upper(_words(results[y])))


def _words(values: xr.DataArray) -> str:
    return str(values.attrs.get("long_name", str(values.name).replace("_", " ")))


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _told(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)
