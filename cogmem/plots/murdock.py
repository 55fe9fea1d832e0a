"""List length and presentation rate: serial positions, first recalls and words recalled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.curves import dress, model_line, people_band, top_of
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["murdock_lists"]

HEIGHT, HEAD = 4.45, 0.63
"""Of the figure, and of the legend with the titles below it, inches."""

_SHIFT = 0.17
"""Between the marks of people and of models at one condition."""


def murdock_lists(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Serial position curves above; first recalls, and words recalled by condition, below.

    Args:
        nodes: by name, `spc-N` and `pfr-N` with people's `mean`, `low`, `high` and the models'
            `predicted` and `ratio`; `words` with `mean`, `sem` and `predicted`.
    """
    curves = {name: node for name, node in nodes.items() if name[:3] in ("spc", "pfr")}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT))
        place = {"left": 0.075, "right": 0.985, "bottom": 0.41 / HEIGHT, "top": 1 - HEAD / HEIGHT}
        grid = figure.add_gridspec(2, 3, **place, wspace=0.3, hspace=0.45)
        panels = [figure.add_subplot(grid[i // 3, i % 3]) for i in range(len(curves))]
        for ax, (name, node) in zip(panels, curves.items(), strict=True):
            _curve(ax, name[:3], node)
        last = figure.add_subplot(grid[1, 1:])
        _words(last, nodes["words"])
        for ax, letter in zip([*panels, last], "ABCDE", strict=True):
            panel_letter(ax, letter, x=-26)
        _legend(figure, panels[0])
    return figure


def _curve(ax: Axes, measure: str, node: xr.Dataset) -> None:
    """One measure of one list length, people and models."""
    people_band(ax, node)
    drawn = []
    for i, model in enumerate(node["model"].values):
        line = node["predicted"].sel(model=model)
        if line.notnull().all():
            look = line_look(i)._replace(marker="")
            shown = xr.Dataset({"mean": line})
            drawn.append(model_line(ax, shown, str(model), look))
    n_items = node.sizes["serial_position"]
    top = 1.0 if measure == "spc" else top_of(drawn, node["high"])
    dress(ax, measure, n_items, top)
    ax.set_title(f"{n_items} words, 1 s each", loc="center")
    _ratios(ax, node)


def _ratios(ax: Axes, node: xr.Dataset) -> None:
    """RMSD over the noise ceiling of each model, in the model's colour."""
    place: dict[str, Any] = {"transform": ax.transAxes, "va": "top", "fontsize": SMALL}
    ax.text(0.04, 0.97, "RMSD / noise ceiling", **place)
    ratios = node["ratio"].values
    for row, i in enumerate(np.flatnonzero(np.isfinite(ratios)), start=1):
        text, color = f"{ratios[i]:.1f}", line_look(int(i)).color
        ax.text(0.04, 0.97 - 0.085 * row, text, color=color, **place)


def _words(ax: Axes, node: xr.Dataset) -> None:
    """Words recalled by condition: published means, and what the models say, or nothing."""
    x = np.arange(node.sizes["condition"])
    ax.errorbar(
        x - _SHIFT, node["mean"], node["sem"], fmt="o", color=PEOPLE_LINE, capsize=2, markersize=4
    )
    for i, model in enumerate(node["model"].values):
        look = line_look(i)
        style: dict[str, Any] = {"linestyle": "", "markersize": 4}
        style |= {"marker": look.marker, "color": look.color}
        ax.plot(x + _SHIFT * i, node["predicted"].sel(model=model), **style)
    ax.set_xticks(x, [_condition(str(name)) for name in node["condition"].values])
    ax.set_xlim(-0.5, x[-1] + 0.7)
    ax.set_ylim(0, 1.15 * float(max(node["mean"].max(), node["predicted"].max())))
    ax.set_xlabel("Words in the list, time per word")
    ax.set_ylabel("Words recalled")
    ax.text(
        0.01,
        0.03,
        "People: published mean ± standard error. 2 s: fitted by no model; CMR has no account of "
        "rate.",
        transform=ax.transAxes,
        fontsize=SMALL,
    )


def _condition(name: str) -> str:
    n_items, seconds = name.split("-")
    return f"{n_items}, {seconds} s"


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=2, borderaxespad=0.2)
