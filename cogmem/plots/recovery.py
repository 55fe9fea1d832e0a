"""Parameter recovery as a picture: what was put in against what was found."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cogmem.plots.style import DOUBLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["recovery"]

N_COLUMNS = 4
ROW_HEIGHT = 1.8
FOOT = 0.85
"""Room for the words below all panels and what the marks are, inches."""

NO_INTERVAL = "0.6"
INTERVAL: dict[str, Any] = {"alpha": 0.5, "zorder": 2}
ARROW: dict[str, Any] = {"markersize": 2.6, "markeredgewidth": 0, "alpha": 0.7}
DECADES = 1.5
"""Truths that span more than so many powers of ten get logarithmic axes."""


def recovery(results: xr.Dataset) -> Figure:
    """A panel per parameter: truth across, estimate up, its interval, and the identity line.

    Someone without an interval is drawn in grey. What goes beyond the axes ends at their edge: an
    estimate as an open mark, an interval as an arrow.

    Args:
        results: `truth` and `estimate` (person, parameter), all positive, with `low` and `high`,
            NaN for no interval; `correlation` (parameter), and of those with one, `coverage` and
            `n_intervals`.
    """
    names = list(results["parameter"].values)
    n_rows = -(-len(names) // N_COLUMNS)
    with house_style():
        height = ROW_HEIGHT * n_rows + FOOT - 0.45
        figure = Figure(figsize=(DOUBLE_COLUMN, height))
        place = {"left": 0.09, "right": 0.985, "bottom": FOOT / height, "top": 1 - 0.3 / height}
        panels = figure.subplots(
            n_rows, N_COLUMNS, squeeze=False, gridspec_kw={**place, "wspace": 0.4, "hspace": 0.6}
        ).ravel()
        for ax, name, letter in zip(panels, names, ascii_uppercase, strict=False):
            _panel(ax, results.sel(parameter=name))
            panel_letter(ax, letter, x=-26)
        for ax in panels[len(names) :]:
            ax.set_axis_off()
        figure.supxlabel("True value", fontsize=7, y=(FOOT - 0.37) / height)
        figure.supylabel("Estimate and 95 % interval", fontsize=7, x=0.01)
        figure.legend(handles=_handles(), loc="lower center", ncols=3, fontsize=6.5)
    return figure


def _handles() -> list[Line2D]:
    """What marks and lines are."""
    color = line_look(0).color
    mark: dict[str, Any] = {"linestyle": "", "marker": "o"}
    words: dict[str, dict[str, Any]] = {
        "estimate of one person": mark | {"color": color},
        "one for whom no interval was found": mark | {"color": NO_INTERVAL},
        "95 % interval": INTERVAL | {"color": color, "linewidth": 0.8},
        "interval goes on beyond the axes": mark | ARROW | {"color": color, "marker": "^"},
        "open: estimate lies beyond the axes": mark | {"color": "black", "mfc": "none"},
        "estimate = true value": {"color": "0.5", "linewidth": 0.8},
    }
    return [Line2D([], [], label=label, **how) for label, how in words.items()]


def _panel(ax: Axes, one: xr.Dataset) -> None:
    truth, estimate = one["truth"].values, one["estimate"].values
    low, high = _ends(truth)
    look = line_look(0)
    ax.plot([low, high], [low, high], color="0.5", linewidth=0.8, zorder=1, gid="identity")
    inside = np.clip(estimate, low, high)
    below, above = (np.clip(one[name].values, low, high) for name in ("low", "high"))
    ax.vlines(truth, below, above, color=look.color, linewidth=0.5, **INTERVAL)
    for gone, edge, marker in (
        (one["low"].values < low, low, "v"),
        (one["high"].values > high, high, "^"),
    ):
        ends = np.full(int(gone.sum()), edge)
        ax.plot(truth[gone], ends, marker, color=look.color, clip_on=False, gid="beyond", **ARROW)
    # An estimate beyond the axes is drawn on their edge, open, rather than left out.
    for has_interval, colour in ((True, look.color), (False, NO_INTERVAL)):
        for is_inside, face in ((True, colour), (False, "none")):
            chosen = (np.isfinite(below) == has_interval) & ((inside == estimate) == is_inside)
            ax.plot(
                truth[chosen], inside[chosen], "o", color=colour, mfc=face, clip_on=False, alpha=0.8
            )
    scale = "log" if low > 0 and np.log10(high / low) > DECADES else "linear"
    ax.set(xlim=(low, high), ylim=(low, high), xscale=scale, yscale=scale)
    words = str(one["parameter"].item()).replace("_", " ")
    n, coverage = int(one["n_intervals"]), float(one["coverage"])
    said = f"r = {float(one['correlation']):.2f}, covered {round(n * coverage) if n else 0} of {n}"
    ax.set_title(f"{words}\n{said}", fontsize=6.5)
    ax.minorticks_off()


def _ends(truth: np.ndarray) -> tuple[float, float]:
    """Twice the span of the truths, on the scale on which they spread."""
    low, high = float(truth.min()), float(truth.max())
    if low > 0 and np.log10(high / low) > DECADES:
        reach = (high / low) ** 0.5
        return low / reach, high * reach
    reach = (high - low) / 4 or 1.0
    return max(0.0, low - reach), high + reach
