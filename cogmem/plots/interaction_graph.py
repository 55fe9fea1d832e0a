"""Entries, skewness, communities and degrees of graphs of neurons, beside null models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, LineLook, house_style, line_look, panel_letter

__all__ = ["interaction_graph"]

HEIGHT = 2.35
"""Of a row, inches."""

LOOKS = {name: line_look(at) for at, name in enumerate(("trained", "not trained"))}
NULLS = {
    "not trained": "not trained (rank $d$)",
    "sources permuted": "trained, sources permuted",
    "rewired": "trained, rewired",
    "G(n, m)": "$G(n, m)$",
}

Nodes = Mapping[str, xr.Dataset]


def interaction_graph(rows: Mapping[str, Nodes], about: Mapping[str, Any]) -> Figure:
    """A row for each material: entries, skewness of each head, modularity, degrees.

    Args:
        rows: by material: `entries` (state, side, entry), `skewness` (state, target_head,
            source_head), `modularity` (graph, load), `degrees` (state, direction, degree), each
            with `mean`, `low` and `high`.
        about: `n_per_head`, `width` and, by material, the number of models.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT * len(rows) + 0.2), layout="constrained")
        parts: Any = figure.subfigures(len(rows), 1, squeeze=False)
        for at, (material, nodes) in enumerate(rows.items()):
            letters = "ABCDEFGH"[4 * at : 4 * at + 4]
            _row(
                parts[at, 0],
                nodes,
                letters,
                f"{material[0].upper()}{material[1:]} ({about[material]} models)",
            )
        figure.supxlabel(
            f"Graphs of {about['n_per_head']} neurons of one head, d = {about['width']}. Bands and "
            "bars: bootstrap 95 % intervals over models (of means over heads; bars: each head).",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _row(figure: Any, nodes: Nodes, letters: str, title: str) -> None:
    panels = figure.subplots(1, 4, width_ratios=(1.1, 0.8, 1.2, 1.1))
    _entries(panels[0], nodes["entries"])
    _skewness(panels[1], nodes["skewness"])
    _modularity(panels[2], nodes["modularity"])
    _degrees(panels[3], nodes["degrees"])
    figure.suptitle(title, fontsize=7.5)
    for letter, ax in zip(letters, panels, strict=True):
        panel_letter(ax, letter, x=-22)


def _entries(ax: Axes, own: xr.Dataset) -> None:
    """Densities of positive entries, and of negative ones laid over them."""
    positive = own.isel(entry=own["entry"].values > 0)
    sides = (("as it is", "positive", "-"), ("mirrored", "negative", ":"))
    for state, look in LOOKS.items():
        for side, name, dashes in sides:
            part = positive.sel(state=state, side=side)
            part = part.isel(entry=part["mean"].values > 0)
            style = LineLook(look.color, dashes, "")
            interval_line(ax, part["entry"], part, style, f"{state}, {name}")
    ax.set_yscale("log")
    ax.set_xlim(left=0)
    ax.set_xlabel("Size of entry of $G$ (SD)")
    ax.set_ylabel("Density")
    ax.set_ylim(top=30)
    small_legend(ax, "upper right")


def _skewness(ax: Axes, own: xr.Dataset) -> None:
    """Of the block of each head with itself."""
    heads = own["target_head"].values
    for shift, (state, look) in zip((-0.12, 0.12), LOOKS.items(), strict=True):
        each = [own.sel(state=state, target_head=h, source_head=h) for h in heads]
        mean, low, high = (np.array([float(e[k]) for e in each]) for k in ("mean", "low", "high"))
        ends = np.stack([mean - low, high - mean])
        ax.errorbar(
            heads + shift,
            mean,
            ends,
            color=look.color,
            marker=look.marker,
            linestyle="none",
            elinewidth=0.8,
            label=state,
        )
    ax.axhline(0, **GUIDE)
    ax.set_xticks(heads)
    ax.set_xlim(heads[0] - 0.6, heads[-1] + 0.6)
    ax.set_xlabel("Head")
    ax.set_ylabel("Skewness of entries")


def _modularity(ax: Axes, own: xr.Dataset) -> None:
    for at, graph in enumerate(own["graph"].values):
        name = NULLS.get(str(graph), str(graph))
        interval_line(ax, own["load"], own.sel(graph=graph), line_look(at), name)
    ax.set(xscale="log", yscale="log", xlabel="Edges per neuron", ylabel="Modularity $Q$")
    ax.set_xscale("log", base=2)
    ticks = own["load"].values[::2]
    ax.set_xticks(ticks, [f"{tick:d}" for tick in ticks])
    heights = [0.05, 0.1, 0.2, 0.5, 1.0]
    low = float(own["low"].min())
    shown = [h for h in heights if h > 0.6 * low]
    ax.set_yticks(shown, [f"{h:g}" for h in shown])
    ax.set_yticks([], minor=True)
    ax.set_ylim(0.8 * low, 6)
    small_legend(ax, "upper right")


def _degrees(ax: Axes, own: xr.Dataset) -> None:
    """Log-log, of those that have any edge."""
    for state, look in LOOKS.items():
        for direction, dashes in (("incoming", "-"), ("outgoing", "--")):
            part = own.sel(state=state, direction=direction).isel(degree=slice(1, None))
            part = part.isel(degree=np.flatnonzero(part["mean"].values > 0))
            style = LineLook(look.color, dashes, "")
            interval_line(ax, part["degree"], part, style, f"{state}, {direction}")
    ax.set(xscale="log", yscale="log", xlabel="Degree $k$", ylabel="Neurons with degree $\\geq k$")
    ax.set_ylim(top=30)
    small_legend(ax, "upper right")
