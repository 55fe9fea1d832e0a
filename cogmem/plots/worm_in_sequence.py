"""Working-memory tasks learnt one after another: what is left of each, with and without HLOP."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from cogmem.plots.accuracy_matrix import accuracy_matrix
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["worm_in_sequence"]

SAID = {"average_accuracy": "ACC (%)", "backward_transfer": "BWT (points)"}
SAID |= {"mean_plasticity": "Mean $R_{tt}$ (%)"}
TITLES = {"spiking": "spiking neurons", "gated": "gated units"}
FACES = {"plain": "white", "HLOP": None}
"""Fill of marks; None is that of the line."""

SHORT = {"Orientation": "Orient."}
"""Of names of tasks."""

DARKEST = 30.0
"""Accuracy of the darkest cells, %."""


def worm_in_sequence(tree: xr.DataTree) -> Figure:
    """R of each memory in both conditions; ACC, BWT and plasticity; energy outside rows.

    Args:
        tree: nodes of the experiment of that name: `learning`, `measures`, `base`, `energy`.
    """
    found = {name: node.to_dataset() for name, node in tree.children.items()}
    kinds = found["learning"]["network"].values
    with house_style():
        height = 2.1 + (2.3 if found["base"].sizes["task"] < 10 else 3.0) * len(kinds)
        figure = Figure(figsize=(DOUBLE_COLUMN, height), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(height - 2.1, 2.1))
        upper, lower = (figure.add_subfigure(grid[row]) for row in range(2))
        letters = iter("ABCDEFGH")
        _matrices(upper, found["learning"], found["base"], letters)
        _lower(lower, found, letters)
        n = found["learning"].sizes["seed"]
        said = (
            f"Matrices: columns are tested tasks, means of {n} networks. Other panels: open marks "
        )
        said += "plain, filled marks HLOP; dots are networks,\nlarge marks means, bars and bands "
        said += "bootstrap 95 % intervals over networks. Energy: solid, input matrix; dotted, "
        said += "recurrent matrix."
        figure.supxlabel(said, fontsize=SMALL, x=0.01, ha="left")
    return figure


# ---- R -------------------------------------------------------------------------------------------


def _matrices(figure: SubFigure, learning: xr.Dataset, base: xr.Dataset, letters: Any) -> None:
    kinds, conditions = learning["network"].values, learning["condition"].values
    panels = figure.subplots(len(kinds), len(conditions), squeeze=False)
    mean = learning["accuracy"].mean("seed")
    for row, kind in zip(panels, kinds, strict=True):
        for ax, condition in zip(row, conditions, strict=True):
            own = mean.sel(network=kind, condition=condition).transpose("after", "task")
            image = _matrix(ax, own, base["mean"].values)
            ax.set_title(f"{TITLES[str(kind)]}, {condition}")
            panel_letter(ax, next(letters), x=-44)
    figure.colorbar(image, ax=panels, label="Right answers (%)", shrink=0.5, pad=0.01)


def _matrix(ax: Axes, r: xr.DataArray, base: np.ndarray) -> Any:
    """R, and below it what is right without memory."""
    names = _names(r["name"])
    n = len(names)
    square = np.full((n + 1, n + 1), np.nan)
    square[:n, :n], square[n, :n] = r.values, base
    image = accuracy_matrix(ax, square, DARKEST)
    ax.set_xticks(range(n), names, rotation=90)
    ax.set_yticks(range(n + 1), [*names, "no memory"])
    ax.set(xlim=(-0.5, n - 0.5), xlabel="", ylabel="After learning")
    ax.axhline(n - 0.5, color="white", linewidth=2)
    ax.set_aspect("auto")
    return image


def _names(tasks: xr.DataArray) -> list[str]:
    found = (str(name).replace("CD_", "CD ") for name in tasks.values)
    return [" ".join(SHORT.get(word, word) for word in name.split()) for name in found]


# ---- measures and energy -------------------------------------------------------------------------


def _lower(figure: SubFigure, found: dict[str, xr.Dataset], letters: Any) -> None:
    panels = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.7))
    for ax, (name, label) in zip(panels, SAID.items(), strict=False):
        _measure(ax, found["learning"][name], found["measures"].sel(measure=name))
        ax.set_ylabel(label)
        panel_letter(ax, next(letters), x=-22)
    _energy(panels[3], found["energy"])
    panel_letter(panels[3], next(letters), x=-22)


def _measure(ax: Axes, each: xr.DataArray, summary: xr.Dataset) -> None:
    """Networks, their mean and interval, by memory and condition."""
    kinds, conditions = each["network"].values, each["condition"].values
    for place, kind in enumerate(kinds):
        look = line_look(place)
        for at, condition in enumerate(conditions):
            x = place + 0.36 * (at - 0.5)
            own = summary.sel(network=kind, condition=condition)
            face = FACES[str(condition)] or look.color
            values = each.sel(network=kind, condition=condition).values
            ax.scatter(np.full(len(values), x - 0.1), values, s=3, color=look.color, zorder=1)
            bars = np.array([[own["mean"] - own["low"]], [own["high"] - own["mean"]]])
            how: dict[str, Any] = {"fmt": look.marker, "color": look.color, "mfc": face}
            ax.errorbar(x, own["mean"], yerr=np.maximum(bars, 0), markersize=4, **how)
    if each.name == "backward_transfer":
        ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    names = [TITLES[str(kind)].replace(" ", "\n") for kind in kinds]
    ax.set_xticks(range(len(kinds)), names)
    ax.set_xlim(-0.5, len(kinds) - 0.5)


def _energy(ax: Axes, energy: xr.Dataset) -> None:
    """What circuits leave of each task when it has been learnt."""
    tasks = energy["task"].values
    for place, kind in enumerate(energy["network"].values):
        look = line_look(place)
        for at, name in enumerate(("inputs", "units")):
            own = energy.sel(network=kind, input=name)
            label = None if at else TITLES[str(kind)]
            how: dict[str, Any] = {"color": look.color, "linestyle": ("-", ":")[at]}
            ax.plot(range(len(tasks)), own["mean"], marker=look.marker, label=label, **how)
            band: dict[str, Any] = {"color": look.color, "alpha": 0.15, "linewidth": 0}
            ax.fill_between(range(len(tasks)), own["low"], own["high"], **band)
    ax.set_xticks(range(len(tasks)), _names(energy["task"]), rotation=90)
    ax.set_ylabel("Energy outside (%)")
    ax.set_ylim(0, 1.5 * float(energy["high"].sel(input=["inputs", "units"]).max()))
    ax.legend(fontsize=SMALL, ncols=2, columnspacing=1, loc="upper right")
