"""A graph of neurons, drawn."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from cogmem.plots.style import SINGLE_COLUMN, house_style, line_look

__all__ = ["neuron_graph"]

_COLOURED = 6
"""Larger communities have a colour; all others are grey."""


def neuron_graph(graph: xr.Dataset) -> Figure:
    """Neurons as dots, larger with more connections, coloured by community; connections as lines.

    Args:
        graph: `x`, `y`, `degree` and `community` (neuron); `source`, `target` and `weight` (edge);
            `modularity` as an attribute.
    """
    with house_style():
        figure = Figure(figsize=(SINGLE_COLUMN, SINGLE_COLUMN), layout="constrained")
        ax = figure.subplots()
        places = np.stack([graph["x"].values, graph["y"].values], axis=1)
        ends = np.stack([graph["source"].values, graph["target"].values], axis=1)
        strength = graph["weight"].values / graph["weight"].values.max()
        lines = LineCollection(places[ends], colors="0.4", linewidths=0.9 * strength, alpha=0.5)
        ax.add_collection(lines)
        sizes = 4 + 3 * graph["degree"].values
        ax.scatter(places[:, 0], places[:, 1], sizes, _colours(graph), zorder=2, linewidths=0)
        ax.set_aspect("equal")
        ax.margins(0.05)
        ax.set_axis_off()
        n, m = graph.sizes["neuron"], graph.sizes["edge"]
        ax.set_title(f"{n} neurons, {m} strongest connections, Q = {graph.attrs['modularity']:.2f}")
    return figure


def _colours(graph: xr.Dataset) -> list[str]:
    community = graph["community"].values
    names, counts = np.unique(community, return_counts=True)
    largest = list(names[np.argsort(-counts, kind="stable")][:_COLOURED])
    return [line_look(largest.index(c)).color if c in largest else "0.7" for c in community]
