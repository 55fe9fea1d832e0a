"""What people do, one row of three curves per set of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from string import ascii_uppercase

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from cogmem.plots.curves import MEASURES, PEOPLE, dress, people_band, top_of
from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_BAND, house_style, panel_letter

__all__ = ["gallery"]

ROW_HEIGHT = 1.6


def gallery(sets: Mapping[str, Mapping[str, xr.Dataset] | str]) -> Figure:
    """Serial position curve, probability of first recall and lag-CRP of each set.

    Each measure has the same y axis in all rows, so that sets can be compared by eye.

    Args:
        sets: by title, the summaries (`measures.summary`) of the three measures by name; or, for
            a set that is not here, the reason, which is written into its empty row.
    """
    with house_style():
        height = ROW_HEIGHT * len(sets) + 0.4
        figure = Figure(figsize=(DOUBLE_COLUMN, height))
        # Placed by hand: a title is wider than its panel, and would push the others aside.
        place = {"left": 0.085, "right": 0.985, "bottom": 0.4 / height, "top": 1 - 0.5 / height}
        panels = figure.subplots(
            len(sets),
            len(MEASURES),
            squeeze=False,
            gridspec_kw={**place, "wspace": 0.38, "hspace": 0.75},
        )
        tops = _tops([curves for curves in sets.values() if not isinstance(curves, str)])
        letters = cycle(ascii_uppercase)
        for (title, curves), row, letter in zip(sets.items(), panels, letters, strict=False):
            panel_letter(row[0], letter, x=-30)
            row[0].set_title(title, loc="left")
            if isinstance(curves, str):
                _empty(row, curves)
            else:
                _row(row, curves, tops)
        handle = [Patch(color=PEOPLE_BAND, label=PEOPLE)]
        figure.legend(handles=handle, loc="upper center", borderaxespad=0.2)
    return figure


def _tops(sets: Sequence[Mapping[str, xr.Dataset]]) -> dict[str, float]:
    """Upper end of the y axis of each measure, with room for the highest band of all sets."""
    tops = {"spc": 1.0}
    for name in MEASURES.keys() - tops:
        highs = [curves[name]["high"].values for curves in sets]
        tops[name] = top_of([], xr.DataArray(np.concatenate([*highs, [0.1]])))
    return tops


def _row(row: list[Axes], curves: Mapping[str, xr.Dataset], tops: Mapping[str, float]) -> None:
    n_items = curves["spc"].sizes["serial_position"]
    for ax, name in zip(row, MEASURES, strict=True):
        people_band(ax, curves[name], PEOPLE)
        dress(ax, name, n_items, tops[name])
        ax.set_ylabel(ax.get_ylabel().replace("Probability of ", "Probability of\n"))
        ax.set_ylabel(ax.get_ylabel().replace("Conditional ", "Conditional\n"))


def _empty(row: list[Axes], reason: str) -> None:
    for ax in row:
        ax.set_axis_off()
    row[0].text(0, 0.5, reason, transform=row[0].transAxes, va="center")
