"""Panels of networks that were taught WorM beside people who did something like it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["worm_panels"]

_NOTE = (
    "Colour: networks, with bands from the lowest to the highest; grey: people, with other stimuli "
    "and bootstrap 95 % intervals.\nDashed: base, what is right without the memory in question; "
    "open: not five standard errors above it."
)
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)))


def worm_panels(
    found: Mapping[str, xr.Dataset], enough: float = 5.0, height: float = 2.35
) -> Figure:
    """A panel for each node.

    Args:
        found: `mean`, `low`, `high`, `base`, `beyond` (source, x), with `who` (source) and the
            labels of axes as attributes.
        enough: standard errors above the base from which on points are filled.
        height: of a row, inches.
    """
    columns = 2 if len(found) in (2, 4) else 3
    rows = math.ceil(len(found) / columns)
    with house_style():
        size = (DOUBLE_COLUMN * min(1.0, columns / 3 + 0.1), height * rows + 0.35)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for letter, ax, node in zip("ABCDEFGHIJKL", axes, found.values(), strict=False):
            _panel(ax, node, enough)
            panel_letter(ax, letter)
        for ax in axes[len(found) :]:
            ax.remove()
        figure.supxlabel(_NOTE, size=SMALL, x=0.01, ha="left")
    return figure


def _panel(ax: Axes, node: xr.Dataset, enough: float) -> None:
    (x,) = (str(dim) for dim in node["mean"].dims if dim != "source")
    place = {value: k for k, value in enumerate(node[x].values)}
    words = node[x].dtype.kind not in "iuf"
    seen = {"people": 0, "networks": 0}
    for source in node["source"].values:
        own = node.sel(source=source).dropna(x, subset=["mean"])
        at = np.array([place[value] for value in own[x].values]) if words else own[x].values
        kind = str(own["who"].item())
        (_people if kind == "people" else _network)(ax, at, own, str(source), seen[kind], enough)
        seen[kind] += 1
    if words:
        ax.set_xticks(range(len(place)), [str(value) for value in place])
        ax.set_xlim(-0.4, len(place) - 0.6)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    about = node.attrs
    ax.set(xlabel=about["xlabel"], ylabel=about["ylabel"], title=about["title"])
    legend = 0.02 + 0.08 * node.sizes["source"]  # of the height, above the data
    ax.set_ylim(0, about["top"] / (1 - legend))
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= about["top"]])
    ax.legend(fontsize=SMALL, handlelength=1.8, loc="upper left", borderaxespad=0.1)


def _people(ax: Axes, at: np.ndarray, own: xr.Dataset, label: str, k: int, enough: float) -> None:
    if float(own["n"].max()) > 1:
        ax.fill_between(at, own["low"], own["high"], color=PEOPLE_BAND, linewidth=0, alpha=0.7)
    ax.plot(at, own["mean"], color=PEOPLE_LINE, linestyle=_DASHES[k % 5], label=label)


def _network(ax: Axes, at: np.ndarray, own: xr.Dataset, label: str, k: int, enough: float) -> None:
    look = line_look(k)
    ax.fill_between(at, own["low"], own["high"], color=look.color, alpha=0.2, linewidth=0)
    ax.plot(at, own["mean"], label=label, **look._asdict())
    lost = own["beyond"].values < enough
    ax.plot(at[lost], own["mean"][lost], look.marker, color=look.color, mfc="white", zorder=4)
    ax.plot(at, own["base"], color=look.color, linewidth=0.7, linestyle="--", alpha=0.6, zorder=0)
