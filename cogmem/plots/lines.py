"""Lines with bands, guides, small legends and notes, which figures of several panels share."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from cogmem.plots.style import SMALL, LineLook

__all__ = [
    "GUIDE",
    "banded_line",
    "interval_line",
    "legend_below",
    "named_guide",
    "note",
    "proportion_axis",
    "small_legend",
    "spread_line",
]

GUIDE: dict[str, Any] = {"color": "0.5", "linewidth": 0.6, "linestyle": (0, (4, 2)), "zorder": 1}
"""How a line at chance or at the ceiling looks."""


def banded_line(
    ax: Axes,
    x: ArrayLike,
    mean: ArrayLike,
    half_width: ArrayLike,
    look: LineLook,
    label: str,
    **how: Any,
) -> Line2D:
    """A mean and a band of the same width above and below it.

    Args:
        ax: the panel.
        x, mean, half_width: [point], the latter of the band.
        look: of the line.
        label: in the legend.
        how: of the line, over its look.
    """
    mean, half_width = np.asarray(mean), np.asarray(half_width)
    how = look._asdict() | how
    low, high = mean - half_width, mean + half_width
    ax.fill_between(x, low, high, color=how["color"], alpha=0.2, linewidth=0, zorder=2)
    (line,) = ax.plot(x, mean, label=label, **{"zorder": 3} | how)
    return line


def interval_line(
    ax: Axes, x: ArrayLike, part: xr.Dataset, look: LineLook, label: str, **how: Any
) -> None:
    """A mean and its interval as a band.

    Args:
        ax: the panel.
        x: [point].
        part: `mean`, `low` and `high` (point).
        look: of the line.
        label: in the legend.
        how: of the line, over its look.
    """
    style = look._asdict() | how
    ax.fill_between(x, part["low"], part["high"], color=style["color"], alpha=0.2, linewidth=0)
    ax.plot(x, part["mean"], label=label, **style)


def spread_line(
    ax: Axes, values: xr.Dataset, name: str, along: str, look: LineLook, label: str
) -> None:
    """A mean over replicates, and a band of one standard deviation on both sides.

    Args:
        ax: the panel.
        values: `name` and `name_sd` (along).
        name: of what is drawn.
        along: the dimension that is x.
        look: of the line.
        label: in the legend.
    """
    x, mean, spread = (values[each].values for each in (along, name, f"{name}_sd"))
    banded_line(ax, x, mean, spread, look, label).set_clip_on(False)


def proportion_axis(ax: Axes, label: str) -> None:
    """A y axis from 0 to 1 in quarters.

    Args:
        ax: the panel.
        label: of the axis.
    """
    ax.set_ylim(-0.03, 1.05)
    ax.set_yticks(np.linspace(0, 1, 5), ["0", ".25", ".5", ".75", "1"])
    ax.set_ylabel(label)


def named_guide(ax: Axes, height: float, name: str, up: float = 1.0) -> None:
    """A dashed line with its name at the right end, if it is in sight.

    Args:
        ax: the panel.
        height: in data.
        name: what is there.
        up: points from the line to its name, which is below the line if negative.
    """
    ax.axhline(height, **GUIDE)
    ax.annotate(
        name,
        (1, height),
        xytext=(0, up),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontsize=SMALL,
        color="0.35",
        ha="right",
        va="bottom" if up > 0 else "top",
        annotation_clip=True,
    )


def legend_below(ax: Axes, n_columns: int) -> None:
    """A legend in the smallest text, centred below the panel and its labels, where no line is."""
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.46, -0.19),
        ncols=n_columns,
        fontsize=SMALL,
        handlelength=2.2,
        columnspacing=1.0,
        labelspacing=0.3,
        borderaxespad=0,
    )


def small_legend(ax: Axes, where: str | tuple[float, float], title: str | None = None) -> None:
    """A legend in the smallest text.

    Args:
        ax: the panel.
        where: a corner, or the fractions of the panel at which its own lower left corner is.
        title: above it.
    """
    how: dict[str, Any] = {"loc": where, "fontsize": SMALL, "title_fontsize": SMALL}
    if not isinstance(where, str):
        how |= {"loc": "lower left", "bbox_to_anchor": where}
    how |= {"handlelength": 2.2, "labelspacing": 0.3, "borderaxespad": 0.2, "alignment": "left"}
    ax.legend(title=title, **how)


def note(ax: Axes, text: str, where: tuple[float, float], **how: Any) -> None:
    """Small text at a place in fractions of the panel."""
    ax.annotate(text, where, xycoords="axes fraction", fontsize=SMALL, **how)
