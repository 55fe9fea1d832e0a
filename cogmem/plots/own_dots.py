"""Who sat here, person or network, as points over people's curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE
from cogmem.plots.style import PEOPLE_LINE, SINGLE_COLUMN, SMALL, house_style, line_look

__all__ = ["own_dots"]

_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
_NOTE = "People: mean, 95 % bootstrap interval over people. Colour: 95 % Wilson interval of answers"


def own_dots(
    people: Mapping[str, xr.Dataset],
    own: Mapping[str, xr.Dataset],
    *,
    x: str,
    xlabel: str,
    chance: float = float("nan"),
) -> Figure:
    """Grey curves of people, coloured points of others.

    Args:
        people: by label, `mean`, `low` and `high` along x; none if their data are not here.
        own: by label the same, see `cogmem.lab.worm_view.scores`.
        x: condition.
        xlabel: its name and unit.
        chance: what guesses get; NaN for no line.
    """
    with house_style():
        figure = Figure(figsize=(SINGLE_COLUMN, 2.8), layout="constrained")
        ax = figure.subplots()
        ax.axhline(chance, **GUIDE)
        for place, (label, curve) in enumerate(people.items()):
            how: dict[str, Any] = {"color": PEOPLE_LINE, "linestyle": _DASHES[place % len(_DASHES)]}
            _points(ax, curve, x, label, **how, marker="o", elinewidth=0.6)
        for place, (label, curve) in enumerate(own.items()):
            look = line_look(place)
            how = {"color": look.color, "marker": look.marker, "markersize": 5.0, "zorder": 5}
            _points(ax, curve, x, label, **how, linestyle="")
        ax.set(xlabel=xlabel, ylabel="Proportion correct", ylim=(0, 1.05))
        if people or own:
            figure.legend(fontsize=SMALL, loc="outside upper center", ncols=2)
        figure.supxlabel(_NOTE, size=5, x=0.01, ha="left")
    return figure


def _points(ax: Axes, curve: xr.Dataset, x: str, label: str, **how: Any) -> None:
    mean = curve["mean"].values
    bars = np.abs(np.stack([curve["low"].values, curve["high"].values]) - mean)
    ax.errorbar(curve[x].values, mean, bars, label=label, **how)
