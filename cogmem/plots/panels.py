"""Any measures of recall side by side: what people do, without a model beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from cogmem.errors import InvalidValue
from cogmem.plots.curves import (
    MAX_LAG,
    lag_axis,
    model_line,
    position_axis,
    probability_axis,
    top_of,
)
from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_LINE, SMALL, house_style, panel_letter

__all__ = ["panels"]

CHARACTERS = 26
"""Of the smallest text, in an inch."""

WIDTH_OF_ONE = 4.5
"""Of a figure of one panel, inches."""

Curves = Mapping[str, xr.Dataset] | xr.Dataset


def panels(curves: Mapping[str, Curves], *sources: str) -> Figure:
    """A row of panels, each with one measure of people; the band is their bootstrap interval.

    Args:
        curves: by the title of each panel, either summaries (`measures.summary`) by label, drawn as
            lines with bands; or what a measure returns, of which every subject is a thin line and
            the mean a thick one. Each is along one axis, and names its axes itself.
        sources: titles or citations of the data, written below.

    Returns:
        A figure, of several panels in double-column width. Panels of the same measure have the
        same y axis.

    Raises:
        InvalidValue: if a curve is not along one axis.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.04)
        width = DOUBLE_COLUMN if len(curves) > 1 else WIDTH_OF_ONE
        figure = Figure(figsize=(width, 2.4), layout=layout)
        row = figure.subplots(1, len(curves), squeeze=False)[0]
        for ax, (title, content), letter in zip(row, curves.items(), "ABCDEF", strict=False):
            _panel(ax, content)
            ax.set_title(title)
            if len(curves) > 1:
                panel_letter(ax, letter, x=-22)
        _share(list(row))
        lines = [textwrap.wrap(source, int(CHARACTERS * width)) for source in sources]
        text = "\n".join(line for source in lines for line in source)
        figure.supxlabel(text, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _panel(ax: Axes, content: Curves) -> None:
    if isinstance(content, xr.Dataset):
        widest = content["value"]
        _individuals(ax, widest)
    else:
        for label, summary in content.items():
            model_line(ax, _checked(summary, label), label)
        widest = max((summary["mean"] for summary in content.values()), key=lambda y: y.size)
        if len(content) > 1:
            ax.legend(handlelength=2)
    (axis,) = (dim for dim in widest.dims if dim != "subject")
    _across(ax, widest[axis])
    _up(ax, widest)


def _checked(summary: xr.Dataset, label: str) -> xr.Dataset:
    if "mean" not in summary or summary["mean"].ndim != 1:
        raise InvalidValue(f"{label!r} is not along one axis, as measures.summary gives it.")
    return summary


def _individuals(ax: Axes, value: xr.DataArray) -> None:
    """Every subject a thin line, and the mean of those with a value."""
    if value.ndim != 2 or "subject" not in value.dims:
        raise InvalidValue(f"value has the axes {value.dims}, expected subject and one other.")
    (axis,) = (dim for dim in value.dims if dim != "subject")
    x, rows = value[axis].values, value.transpose("subject", axis).values
    ax.plot(x, rows.T, color=PEOPLE_LINE, linewidth=0.4, alpha=0.45, zorder=1)
    present = ~np.isnan(rows)
    n = present.sum(axis=0)
    mean = np.where(n > 0, np.where(present, rows, 0).sum(axis=0) / np.maximum(n, 1), np.nan)
    ax.plot(x, mean, color="black", linewidth=1.6, zorder=3, label=f"mean of {len(rows)} people")
    ax.legend(handlelength=2)


def _across(ax: Axes, x: xr.DataArray) -> None:
    if x.name == "serial_position":
        position_axis(ax, int(x.max()))
    elif x.name == "lag":
        lag_axis(ax, min(MAX_LAG, int(abs(x).max())))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel(x.attrs.get("long_name", str(x.name)))


def _up(ax: Axes, y: xr.DataArray) -> None:
    units = y.attrs.get("units", "")
    name = y.attrs.get("long_name", "").removesuffix(", mean over subjects")
    title = f"{name} ({units})" if units == "s" else name
    ax.set_ylabel("\n".join(textwrap.wrap(title, 30)))
    if units == "probability":
        probability_axis(ax, top_of(list(ax.lines)))
    else:
        ax.set_ylim(bottom=0)


def _share(row: list[Axes]) -> None:
    """The same upper end for panels with the same y axis."""
    for ax in row:
        alike = [other for other in row if other.get_ylabel() == ax.get_ylabel()]
        top = max(other.get_ylim()[1] for other in alike)
        for other in alike:
            other.set_ylim(0, top)
            other.set_yticks(max((o.get_yticks() for o in alike), key=lambda t: t.max()))
            other.set_ylim(0, top)
