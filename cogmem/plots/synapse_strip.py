"""Single synapses while a text is read, word by word."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look

__all__ = ["synapse_strip"]


def synapse_strip(traces: xr.Dataset) -> Figure:
    """A row for each synapse, over the words; shaded where the word comes that it was chosen for.

    Args:
        traces: `value` (synapse, place) after each token, with coordinates `synapse` (the word it
            was chosen for) and `word` (place).
    """
    names, words = traces["synapse"].values, traces["word"].values
    place = np.arange(len(words))
    with house_style():
        height = 0.6 * len(names) + 0.9
        figure = Figure(figsize=(DOUBLE_COLUMN, height), layout="constrained")
        rows = figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]
        for at, (ax, name) in enumerate(zip(rows, names, strict=True)):
            value, color = traces["value"].values[at], line_look(at).color
            ax.step(
                np.r_[place, place[-1] + 1] - 0.5,
                np.r_[value, value[-1]],
                where="post",
                color=color,
            )
            for here in np.flatnonzero(words == name):
                ax.axvspan(here - 0.5, here + 0.5, color=color, alpha=0.15, linewidth=0)
            ax.axhline(0, color="0.8", linewidth=0.5, zorder=0)
            ax.text(1.01, 0.5, f"“{name}”", transform=ax.transAxes, color=color, va="center")
            ax.yaxis.set_major_locator(MaxNLocator(2))
        rows[-1].set_xticks(place, words, rotation=90, fontsize=SMALL)
        rows[-1].set_xlim(-0.5, len(words) - 0.5)
        figure.supylabel("Synapse after each word", fontsize="medium")
    return figure
