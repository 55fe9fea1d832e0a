"""How a macrocolumn fills, and how much it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["code_capacity"]

HEIGHT = 5.0

FILLING = {
    "accuracy": "Accuracy, stored item",
    "accuracy_part": "Accuracy, 75 % kept",
    "identified": "Identified, 75 % kept",
    "auc": "Old or new (AUC)",
    "familiarity_new": "Familiarity of new items",
}
AXES = {"features": "N, features", "cells": "K, cells per module", "modules": "Q, modules"}
LETTERS = {"features": "N", "active": "a", "modules": "Q", "cells": "K"}
FORMULA = "Formula for random codes"
GREY: dict[str, Any] = {"color": "0.4", "linewidth": 0.7}


def code_capacity(filling: xr.Dataset, capacity: xr.Dataset) -> Figure:
    """Accuracy and familiarity against items stored above, capacity against sizes below.

    Args:
        filling: the measures (size, look, mac), with `stored` (size, look) and the sizes' parts.
        capacity: `capacity` and `kept` (size, rule, mac), `formula` (size); the first size is the
            one that the others differ from. Attribute `criterion`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT), layout="constrained")
        halves: Any = figure.subfigures(2, 1, height_ratios=(1, 1.05))
        _filling(halves[0], filling, capacity.attrs["criterion"])
        _capacity(halves[1], capacity)
    return figure


def _filling(figure: Any, filling: xr.Dataset, criterion: float) -> None:
    panels = np.atleast_1d(figure.subplots(1, filling.sizes["size"], sharey=True))
    for index, ax in enumerate(panels):
        one = filling.isel(size=index)
        for i, (name, label) in enumerate(FILLING.items()):
            _line(ax, one["stored"], one[name], i, label)
        ax.axhline(criterion, linestyle=":", label=f"Criterion of capacity, {criterion:g}", **GREY)
        ax.axhline(0.5, linestyle=(0, (4, 2)), label="Chance (AUC)", **GREY)
        ax.set(xlim=(0, None), ylim=(-0.03, 1.05), xlabel="Items stored")
        title = ", ".join(f"{letter} = {int(one[part])}" for part, letter in LETTERS.items())
        ax.set_title(title, fontsize=SMALL + 0.5)
        panel_letter(ax, "ABCDEFGH"[index], x=-16)
    panels[0].set_ylabel("Proportion, or G")
    _legend(figure, panels[0], 4)


def _capacity(figure: Any, capacity: xr.Dataset) -> None:
    panels = figure.subplots(1, len(AXES) + 1, width_ratios=(1, 1, 1, 1.25))
    for ax, (part, label) in zip(panels, AXES.items(), strict=False):
        along = _along(capacity, part)
        for i, rule in enumerate(along["rule"].values):
            _line(ax, along[part], along["capacity"].sel(rule=rule), i, _written(rule))
        ax.plot(
            along[part],
            along["formula"],
            color="0.2",
            linestyle=":",
            label="Formula for random codes",
        )
        ax.set(xlim=(0, None), ylim=(0, None), xlabel=label)
    panels[0].set_ylabel(f"Items held at {capacity.attrs['criterion']:g} accuracy")
    top = max(ax.get_ylim()[1] for ax in panels[:-1])
    for ax in panels[:-1]:
        ax.set_ylim(0, top)
    _kept(panels[-1], capacity)
    for letter, ax in zip("EFGH", panels, strict=True):
        panel_letter(ax, letter, x=-16)
    _legend(figure, panels[0], 4, f"Bars: SD over {capacity.sizes['mac']} macrocolumns")


def _legend(figure: Any, ax: Axes, n_columns: int, title: str | None = None) -> None:
    """Above the panels, lines with error bars last."""
    handles, labels = ax.get_legend_handles_labels()
    how: dict[str, Any] = {"ncols": n_columns, "fontsize": 6.5, "title_fontsize": SMALL}
    figure.legend(handles, labels, loc="outside upper center", title=title, **how)


def _along(capacity: xr.Dataset, part: str) -> xr.Dataset:
    """The sizes that differ from the first in this part only, in its order."""
    others = [name for name in LETTERS if name != part]
    chosen = np.all([capacity[name].values == capacity[name].values[0] for name in others], axis=0)
    return capacity.isel(size=np.flatnonzero(chosen)).sortby(part)


def _written(rule: str) -> str:
    return rule.replace("lambda_U", r"$\lambda_U$").replace("random", "Random")


def _kept(ax: Axes, capacity: xr.Dataset) -> None:
    """Capacity as a share of that of random codes, size by size."""
    place = np.arange(capacity.sizes["size"])[::-1]
    for i, rule in enumerate(capacity["rule"].values[:-1]):
        share = capacity["kept"].sel(rule=rule)
        look = line_look(i)
        ax.errorbar(
            share.mean("mac"),
            place,
            xerr=share.std("mac", ddof=1),
            linestyle="none",
            color=look.color,
            marker=look.marker,
            elinewidth=0.7,
        )
    ax.axvline(1, linestyle=(0, (4, 2)), **GREY)
    ax.set_yticks(place, [_differs(capacity, i) for i in range(len(place))], fontsize=SMALL)
    ax.set(xlim=(0, 1.3), xlabel="Relative to random codes")


def _differs(capacity: xr.Dataset, index: int) -> str:
    """How a size differs from the first, which is written out."""
    parts = {name: capacity[name].values for name in LETTERS}
    said = [
        f"{LETTERS[name]} = {values[index]}"
        for name, values in parts.items()
        if values[index] != values[0]
    ]
    return ", ".join(said) or "as panel B"


def _line(ax: Axes, x: xr.DataArray, y: xr.DataArray, index: int, label: str) -> None:
    """Mean over macrocolumns, with bars of one standard deviation."""
    look = line_look(index)
    ax.errorbar(
        x,
        y.mean("mac"),
        yerr=y.std("mac", ddof=1),
        label=label,
        color=look.color,
        linestyle=look.linestyle,
        marker=look.marker,
        elinewidth=0.7,
        linewidth=1.0,
        markersize=2.2,
    )
