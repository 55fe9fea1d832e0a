"""Pairs of digits learnt one after another: what is left of each, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from cogmem.plots.accuracy_matrix import accuracy_matrix
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["split_digits"]

SAID = {"task": "own read-outs", "domain": "shared read-out"}
COMPARED = ("HLOP", "plain")
MEASURES = {
    "average_accuracy": "In the end, ACC (%)",
    "backward_transfer": "Backward transfer (points)",
    "mean_plasticity": "Once learnt, $R_{tt}$ (%)",
}
FACES = {"convolutional": None, "dense": "white"}
"""Fill of a network's marks; None is that of the line."""


def split_digits(tree: xr.DataTree) -> Figure:
    """R of four conditions; ACC, BWT and forward accuracy of all; energy outside rows.

    Args:
        tree: `learning`: `accuracy` (seed, scenario, network, condition, after, task), and
            `average_accuracy`, `backward_transfer`, `mean_plasticity` (seed, scenario, network,
            condition), in %; `energy`: `residual` and `least` (seed, condition, input), in %.
    """
    learning = tree["learning"].to_dataset()
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 3.9), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(1, 1))
        upper, lower = (figure.add_subfigure(grid[row]) for row in range(2))
        _matrices(upper, learning["accuracy"].sel(network="convolutional"))
        _lower(lower, learning, tree["energy"].to_dataset())
        n = learning.sizes["seed"]
        figure.supxlabel(_marks(n), fontsize=SMALL, x=0.01, ha="left")
    return figure


def _marks(n: int) -> str:
    """What marks are."""
    if n == 1:
        return "One network in each condition."
    return f"A to D: means of {n} networks. E to H: a mark for each network."


# ---- R ------------------------------------------------------------------------------------------


def _matrices(figure: SubFigure, accuracy: xr.DataArray) -> None:
    panels = figure.subplots(1, 4)
    pairs = [(scenario, name) for scenario in SAID for name in COMPARED]
    mean = accuracy.mean("seed", skipna=False)
    low = 10 * np.floor(float(mean.sel(condition=list(COMPARED)).min()) / 10)
    for place, (ax, (scenario, name)) in enumerate(zip(panels, pairs, strict=True)):
        r = mean.sel(scenario=scenario, condition=name)
        image = accuracy_matrix(ax, r.transpose("after", "task").values, low)
        ax.set_title(f"{name}, {SAID[scenario]}")
        panel_letter(ax, "ABCD"[place], x=-14)
    panels[0].set_ylabel("Tasks learnt $t$")
    bar = figure.colorbar(image, ax=list(panels), location="right", shrink=0.8, pad=0.01)
    bar.set_label("Accuracy R (%)")
    bar.outline.set_linewidth(0.4)


# ---- what is read off it ------------------------------------------------------------------------


def _lower(figure: SubFigure, learning: xr.Dataset, energy: xr.Dataset) -> None:
    panels = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.15))
    names = [str(name) for name in learning["condition"].values]
    for ax, (which, label), letter in zip(panels, MEASURES.items(), "EFG", strict=False):
        _measure(ax, learning[which], names)
        ax.set_xlabel(label)
        panel_letter(ax, letter, x=-14)
    panels[1].axvline(0, color="0.8", linewidth=0.6, zorder=0)
    _name_lines(panels, names)
    _energy(panels[3], energy, names)
    panel_letter(panels[3], "H", x=-20)
    _legend(figure)


def _lines(names: list[str]) -> dict[tuple[str, str], float]:
    """Height of each scenario and condition; the name of a scenario is above its conditions."""
    block = len(names) + 1
    return {
        (scenario, name): block * place + at + 1
        for place, scenario in enumerate(SAID)
        for at, name in enumerate(names)
    }


def _measure(ax: Axes, values: xr.DataArray, names: list[str]) -> None:
    """Every network a mark."""
    for (scenario, name), height in _lines(names).items():
        for shift, (network, face) in zip((-0.15, 0.15), FACES.items(), strict=True):
            own = values.sel(scenario=scenario, condition=name, network=network).values
            color, _, marker = line_look(names.index(name))
            face = color if face is None else face
            how: dict[str, Any] = {"color": color, "marker": marker, "markerfacecolor": face}
            ax.plot(own, np.full(len(own), height + shift), linestyle="none", markersize=4, **how)
    ax.axhline(len(names) + 0.55, color="0.8", linewidth=0.6)
    ax.set_ylim(2 * len(names) + 1.6, -0.4)
    ax.margins(x=0.1)


def _name_lines(panels: np.ndarray, names: list[str]) -> None:
    """Conditions and scenarios, at the first panel only."""
    places = _lines(names)
    for ax in panels[:3]:
        ax.set_yticks(list(places.values()), [""] * len(places))
        ax.tick_params(axis="y", length=0)
    panels[0].set_yticks(list(places.values()), [name for _, name in places])
    for place, said in enumerate(SAID.values()):
        at = (0.03, place * (len(names) + 1) + 0.1)
        how: dict[str, Any] = {"fontsize": SMALL, "va": "center", "style": "italic"}
        panels[0].annotate(said, at, xycoords=("axes fraction", "data"), **how)


def _energy(ax: Axes, energy: xr.Dataset, names: list[str]) -> None:
    """What circuits leave at each input, and the least that they could."""
    inputs = energy["input"].values
    wide = 0.7 / energy.sizes["condition"]
    for at, name in enumerate(energy["condition"].values):
        x = np.arange(len(inputs)) + (at - (energy.sizes["condition"] - 1) / 2) * wide
        own = energy.sel(condition=name).transpose("seed", "input")
        color, _, marker = line_look(names.index(str(name)))
        how: dict[str, Any] = {"color": color, "marker": marker, "linestyle": "none"}
        ax.plot(x, own["residual"].values.T, markersize=4, **how)
        least = own["least"].mean("seed").values
        ax.hlines(least, x - wide / 3, x + wide / 3, color="0.3", linewidth=1.2)
    ax.set_xticks(range(len(inputs)), [str(name) for name in inputs])
    ax.set_xlabel("Input of")
    ax.set_ylabel("Energy left (%)")
    ax.set_ylim(bottom=0)


def _legend(figure: SubFigure) -> None:
    handles = [
        Line2D([], [], color="0.3", marker="o", linestyle="none", markersize=4),
        Line2D([], [], color="0.3", marker="o", linestyle="none", markersize=4, mfc="white"),
        Line2D([], [], color="0.3", linewidth=1.2),
    ]
    labels = ["convolutional", "dense (E to G)", "the least that so many rows leave (H)"]
    figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=SMALL)
