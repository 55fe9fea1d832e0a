"""What is retained over time, the laws fitted to it, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["retention_functions"]

HEIGHT = 3.9
DOTS, DASHES = (0, (1, 1)), (0, (2.5, 2.5))


def retention_functions(sets: Sequence[xr.Dataset]) -> Figure:
    """A column per data set: observations and laws over time, Akaike weights below.

    Args:
        sets: observed `mean`, `low`, `high` (delay), `line` (law, time), `weight` and `held_out`
            (law), and for raw data `weight_people` (law); the same laws, in the same order, in all.
            Attributes `title`, `unit`, `measure`, and `missing`, which if it is not empty is
            written into the empty column.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT))
        place = {"left": 0.165, "right": 0.985, "bottom": 0.1, "top": 0.845, "hspace": 0.5}
        panels = figure.subplots(2, len(sets), squeeze=False, gridspec_kw={**place, "wspace": 0.38})
        for i, (node, (above, below)) in enumerate(zip(sets, panels.T, strict=True)):
            panel_letter(above, "ABCDEFGH"[i], x=-13)
            above.set_title(node.attrs["title"], loc="left")
            if node.attrs["missing"]:
                _empty(above, below, node.attrs["missing"])
            else:
                _curve(above, node)
                _weights(below, node, first=i == 0)
        _legend(figure, next(node for node in sets if "law" in node))
    return figure


def _look(index: int) -> LineLook:
    """As everywhere, but for dots too fine to tell from a line beneath them."""
    look = line_look(index)
    return look._replace(linestyle=DASHES) if look.linestyle == DOTS else look


def _curve(ax: Axes, node: xr.Dataset) -> None:
    """Observations, and the laws at their best.

    Laws may coincide: the first is above, and the others are ever wider, so that each is seen.
    """
    n_laws = node.sizes["law"]
    for i in range(n_laws):
        look = _look(i)
        style: dict[str, Any] = {"color": look.color, "linestyle": look.linestyle}
        style |= {"linewidth": 1.0 + 0.1 * i, "zorder": 2 + (n_laws - i) / (n_laws + 1)}
        ax.plot(node["time"], node["line"][i], **style)
    spread = np.abs(np.stack([node["low"], node["high"]]) - node["mean"].values)
    ax.errorbar(
        node["delay"],
        node["mean"],
        spread,
        fmt="o",
        color=PEOPLE_LINE,
        markersize=3.6,
        capsize=1.5,
        linewidth=0.8,
        zorder=3,
    )
    ax.set_ylim(0, 1.05)
    ax.set_ylabel(node.attrs["measure"])
    _time_axis(ax, node)


def _time_axis(ax: Axes, node: xr.Dataset) -> None:
    """A logarithmic axis; linear up to the first delay if there is one of 0."""
    delays = node["delay"].values
    unit = node.attrs["unit"]
    if delays.min() == 0:
        ax.set_xscale("symlog", linthresh=delays[1], linscale=0.4)
        ax.set_xticks(delays, [f"{t:g}" for t in delays])
        ax.set_xlim(-0.12 * delays[1], 1.25 * delays[-1])
        ax.set_xlabel(f"Delay ({unit}; linear below {delays[1]:g})")
    else:
        ax.set_xscale("log")
        ax.set_xlabel(f"Delay ({unit}, log scale)")
    ax.minorticks_off()


def _weights(ax: Axes, node: xr.Dataset, first: bool) -> None:
    """Akaike weights of the laws: bars; of people on average: open marks. Error at the end."""
    y = np.arange(node.sizes["law"])[::-1]
    colors = [_look(i).color for i in range(len(y))]
    ax.barh(y, node["weight"], height=0.55, color=colors)
    if "weight_people" in node:
        ax.plot(node["weight_people"], y, "o", mfc="white", mec="black", clip_on=False, zorder=3)
    for at, error in zip(y, node["held_out"].values, strict=True):
        ax.text(1.07, at, f"{error:.3f}", fontsize=SMALL, va="center", ha="left")
    ax.text(1.4, len(y) - 0.35, "RMSE, left out", fontsize=SMALL, va="bottom", ha="right")
    ax.set_xlim(0, 1.4)
    ax.set_xticks([0, 0.5, 1])
    ax.set_ylim(-0.6, len(y) - 0.4)
    ax.set_yticks(y, node["law"].values if first else [""] * len(y))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Akaike weight", x=0.36)


def _empty(above: Axes, below: Axes, reason: str) -> None:
    for ax in (above, below):
        ax.set_axis_off()
    above.text(0, 0.5, reason, transform=above.transAxes, va="center", wrap=True)


def _legend(figure: Figure, node: xr.Dataset) -> None:
    """The laws; what points, bars and open marks are."""
    handles = [_line_handle(_look(i), str(law)) for i, law in enumerate(node["law"].values)]
    observed: dict[str, Any] = {
        "color": PEOPLE_LINE,
        "marker": "o",
        "linestyle": "",
        "markersize": 3.6,
    }
    people: dict[str, Any] = {"mfc": "white", "mec": "black", "marker": "o", "linestyle": ""}
    handles.append(Line2D([], [], label="observed (bars: 95 % over people)", **observed))
    handles.append(Line2D([], [], label="mean weight of people by themselves", **people))
    figure.legend(handles=handles, loc="upper center", ncols=4, borderaxespad=0.2)


def _line_handle(look: LineLook, label: str) -> Line2D:
    return Line2D([], [], color=look.color, linestyle=look.linestyle, label=label)
