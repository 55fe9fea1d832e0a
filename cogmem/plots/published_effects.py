"""Effects of the parts of a Tensor Brain: published differences beside measured ones."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE
from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_LINE, SMALL, house_style, line_look

__all__ = ["published_effects"]

_SOURCES = {"tresp2020_table1": "P20", "tresp2023_vrd": "P23", "": ""}
_NOTE = (
    "P20: Tresp et al. (2020), Table 1: recall among the first 100, images of VRD. P23: Tresp et "
    "al. (2023), VRD-E and VRD-EX, from secondary texts;\nthese verify nothing. Measured: right at "
    "the first choice, in generated scenes, which are no images: only signs and order are to be "
    "compared.\nBars: 95 % bootstrap intervals over worlds, each with brains of its own."
)


def published_effects(effects: xr.Dataset) -> Figure:
    """One row for each effect.

    Args:
        effects: `mean`, `low`, `high`, `published` (percentage points), `verified` and `table`
            (effect).
    """
    names = [str(name) for name in effects["effect"].values]
    rows = np.arange(len(names))
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.9 + 0.235 * len(names)), layout="constrained")
        ax = figure.subplots()
        ax.axvline(0, **GUIDE)
        for row in rows[1::2]:
            ax.axhspan(row - 0.5, row + 0.5, color="0.965", linewidth=0, zorder=0)
        _measured(ax, rows, effects)
        _published(ax, rows, effects)
        _values(ax, rows, effects)
        ax.set_yticks(rows, names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel("Difference (percentage points)")
        handles, labels = ax.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _measured(ax: Axes, rows: np.ndarray, effects: xr.Dataset) -> None:
    mean, low, high = (effects[name].values for name in ("mean", "low", "high"))
    look = line_look(0)
    ax.errorbar(
        mean,
        rows + 0.16,
        xerr=[mean - low, high - mean],
        color=look.color,
        marker=look.marker,
        markersize=3.6,
        linestyle="none",
        elinewidth=0.9,
        label="measured, generated scenes",
    )


def _published(ax: Axes, rows: np.ndarray, effects: xr.Dataset) -> None:
    """Filled where both numbers were read at their source, open where they were not."""
    values, verified = effects["published"].values, effects["verified"].values
    for known, fill, label in (
        (True, PEOPLE_LINE, "published"),
        (False, "white", "published, from secondary texts"),
    ):
        own = (verified == known) & np.isfinite(values)
        ax.plot(
            values[own],
            rows[own] - 0.16,
            marker="D",
            color=PEOPLE_LINE,
            markerfacecolor=fill,
            markersize=4,
            linestyle="none",
            label=label,
        )


def _values(ax: Axes, rows: np.ndarray, effects: xr.Dataset) -> None:
    """Numbers at the right edge: published, from where, and measured."""
    where = ax.get_yaxis_transform()
    ends = {1.01: "published", 1.19: "measured"}
    for x, text in ends.items():
        ax.text(x, -0.62, text, transform=where, fontsize=SMALL, va="bottom")
    for row in rows:
        one = effects.isel(effect=row)
        source = _SOURCES[str(one["table"].values)]
        said = f"{float(one['published']):+.1f}  {source}" if source else "none"
        ax.text(1.01, row, said, transform=where, fontsize=SMALL, va="center")
        found = f"{float(one['mean']):+.1f}"
        if np.isfinite(float(one["low"])):  # there are two worlds or more
            found += f"  ({float(one['low']):+.1f} to {float(one['high']):+.1f})"
        ax.text(1.19, row, found, transform=where, fontsize=SMALL, va="center")
