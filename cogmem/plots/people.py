"""What people do: one row of three curves per data set, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cogmem.plots.curves import MEASURES, PEOPLE, dress, lag_axis, people_band, top_of
from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_BAND, PEOPLE_LINE, house_style, panel_letter

__all__ = ["gallery"]

ROW_HEIGHT = 1.05
HEAD, FOOT = 0.7, 0.36
"""Room above and below the rows, inches."""

# Groups of lists in one row: all people, so all grey, told apart by dashes and darkness.
LOOKS: tuple[tuple[str, Any], ...] = (
    (PEOPLE_LINE, "-"),
    ("#4a4a4a", (0, (4, 1.5))),
    ("#111111", (0, (1, 1))),
)

Curves = Mapping[str, xr.Dataset]


def gallery(sets: Mapping[str, Mapping[str, Curves] | str]) -> Figure:
    """Serial position curve, probability of first recall and lag-CRP of each set.

    Each measure has the same y axis in all rows, so that sets can be compared by eye.

    Args:
        sets: by title, the groups of lists by label (at most three), and of each the summaries
            (`measures.summary`) of the three measures by name; or, for a set that is not here, the
            reason, which is written into its empty row.
    """
    with house_style():
        height = ROW_HEIGHT * len(sets) + HEAD + FOOT
        figure = Figure(figsize=(DOUBLE_COLUMN, height))
        # Placed by hand: a title is wider than its panel, and would push the others aside.
        place = {"left": 0.06, "right": 0.985, "bottom": FOOT / height, "top": 1 - HEAD / height}
        panels = figure.subplots(
            len(sets),
            len(MEASURES),
            squeeze=False,
            gridspec_kw={**place, "wspace": 0.2, "hspace": 0.62},
        )
        tops = _tops(list(_all_curves(sets)))
        letters = cycle(ascii_uppercase)
        for (title, groups), row, letter in zip(sets.items(), panels, letters, strict=False):
            panel_letter(row[0], letter, x=-24)
            row[0].set_title(title, loc="left")
            if isinstance(groups, str):
                _empty(row, groups)
            else:
                _row(row, groups, tops)
        _name_columns(panels)
        handle = [Patch(color=PEOPLE_BAND, label=PEOPLE)]
        figure.legend(handles=handle, loc="upper center", borderaxespad=0.2)
    return figure


def _all_curves(sets: Mapping[str, Mapping[str, Curves] | str]) -> Iterator[Curves]:
    for groups in sets.values():
        if not isinstance(groups, str):
            yield from groups.values()


def _tops(groups: Sequence[Curves]) -> dict[str, float]:
    """Upper end of the y axis of each measure, with room for the highest band of all sets."""
    tops = {"spc": 1.0}
    for name in MEASURES.keys() - tops:
        highs = [curves[name]["high"].values for curves in groups]
        tops[name] = top_of([], xr.DataArray(np.concatenate([*highs, [0.1]])))
    return tops


def _row(row: list[Axes], groups: Mapping[str, Curves], tops: Mapping[str, float]) -> None:
    n_items = max(curves["spc"].sizes["serial_position"] for curves in groups.values())
    for ax, name in zip(row, MEASURES, strict=True):
        for curves, (color, dashes) in zip(groups.values(), LOOKS, strict=False):
            band, line = people_band(ax, curves[name], PEOPLE)
            band.set_alpha(0.6)
            line.set(color=color, linestyle=dashes)
        dress(ax, name, n_items, tops[name])
        ax.set(xlabel="", ylabel="")
    _label(row[-1], list(groups))


def _label(ax: Axes, labels: list[str]) -> None:
    """Above the last panel, on the line of the title: which lists each line is."""
    handles = [
        Line2D([], [], color=color, linestyle=dashes, linewidth=1.0, label=label)
        for label, (color, dashes) in zip(labels, LOOKS, strict=False)
    ]
    ax.legend(
        handles=handles if len(labels) > 1 else [Line2D([], [], linestyle="", label=labels[0])],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(labels),
        borderaxespad=0.55,  # as far above the panel as a title
        borderpad=0,
        # Narrow, for a title may reach far into the row.
        fontsize=6.5,
        columnspacing=0.9,
        handletextpad=0.5,
        handlelength=1.5 if len(labels) > 1 else 0,
    )


def _name_columns(panels: np.ndarray) -> None:
    """The measures above the first row, what runs along x below the last."""
    for i, (ax, below, (title, x_axis)) in enumerate(
        zip(panels[0], panels[-1], MEASURES.values(), strict=True)
    ):
        ax.annotate(
            title.replace("\n", " "),
            xy=(0.5, 1),
            xycoords="axes fraction",
            xytext=(0, 20),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            gid=f"measure {i}",
        )
        below.set_xlabel("Lag (positions)" if x_axis is lag_axis else "Serial position")


def _empty(row: list[Axes], reason: str) -> None:
    for ax in row:
        ax.set_axis_off()
    row[0].text(0, 0.5, reason, transform=row[0].transAxes, va="center")
