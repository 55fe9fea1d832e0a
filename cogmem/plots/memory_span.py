"""Words recalled in their places, by the length of the list."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE
from cogmem.plots.style import SINGLE_COLUMN, house_style, line_look

__all__ = ["memory_span"]


def memory_span(spans: xr.Dataset) -> Figure:
    """One curve, beside perfect recall.

    Args:
        spans: `right` (length), words; what it is of as attributes `neurons`, `damping` and
            `fillers`.
    """
    with house_style():
        figure = Figure(figsize=(SINGLE_COLUMN, 2.6), layout="constrained")
        ax, look = figure.subplots(), line_look(0)
        length = spans["length"].values
        ax.plot([0, length[-1]], [0, length[-1]], **GUIDE)
        ax.annotate(
            "all", (length[-1], length[-1]), (-3, -12), textcoords="offset points", ha="right"
        )
        ax.plot(length, spans["right"], color=look.color, marker=look.marker)
        ax.set(xlim=(0.5, length[-1] + 0.5), ylim=(0, length[-1] + 0.3))
        ax.set_xlabel("List length (words)")
        ax.set_ylabel("Recalled in their places (words)")
        n, damping, fillers = (spans.attrs[name] for name in ("neurons", "damping", "fillers"))
        ax.set_title(f"{n} neurons, damping {damping:.2f}, {fillers} fillers")
    return figure
