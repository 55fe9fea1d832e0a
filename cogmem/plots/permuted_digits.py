"""Tasks learnt one after another: what is left of each, with and without protection."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cogmem.plots.accuracy_matrix import accuracy_matrix
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    SMALL,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["permuted_digits"]

MEASURES = ("average_accuracy", "backward_transfer")
LAW_DASHES: dict[str, Any] = {"exponential": (0, (4, 2)), "power": (0, (1, 1.2))}
REFERENCE: dict[str, Any] = {
    "marker": "D",
    "markersize": 5,
    "markerfacecolor": "none",
    "markeredgecolor": "0.3",
    "markeredgewidth": 0.9,
    "linestyle": "none",
    "zorder": 4,
}
UNCHANGED = (
    "Nothing decays in these networks: a delay without interpolated learning leaves them as they "
    "were, and C says nothing about time."
)


def permuted_digits(tree: xr.DataTree) -> Figure:
    """R of two conditions, R[t, 1] with laws, ACC and BWT of all, and how well each is learnt.

    Args:
        tree: `learning`: `accuracy` (condition, seed, after, task), `average_accuracy` and
            `backward_transfer` (condition, seed), `plasticity` (condition, seed, task), in %;
            `retention`: `probability` (condition, law, network, interpolated) of the network
            "group"; `reference`, which may be empty: the former two (condition), attribute `said`.
    """
    learning = tree["learning"].to_dataset()
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.9), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(1.12, 1))
        upper, lower = (figure.add_subfigure(grid[row]) for row in range(2))
        _upper(upper, learning, tree["retention"].to_dataset())
        _lower(lower, learning, tree["reference"].to_dataset())
        figure.supxlabel(f"{_marks(learning)}\n{UNCHANGED}", fontsize=SMALL, x=0.01, ha="left")
    return figure


def _upper(figure: SubFigure, learning: xr.Dataset, laws: xr.Dataset) -> None:
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.15))
    names = laws["condition"].values
    mean = learning["accuracy"].mean("seed", skipna=False)
    low = 10 * np.floor(float(mean.sel(condition=names).min()) / 10)
    for ax, name, letter in zip(panels, names, "AB", strict=False):
        image = accuracy_matrix(ax, mean.sel(condition=name).values, low)
        ax.set_ylabel("Tasks learnt $t$")
        ax.set_title(f"{name}: accuracy R (%)")
        panel_letter(ax, letter, x=-16)
    figure.colorbar(image, ax=list(panels[:2]), location="bottom", shrink=0.5, aspect=30, pad=0.02)
    _first_task(panels[2], learning["accuracy"].sel(task=1), laws)
    panel_letter(panels[2], "C", x=-16)


def _first_task(ax: Axes, accuracy: xr.DataArray, laws: xr.Dataset) -> None:
    """R[t, 1] over the number of tasks learnt since, and laws fitted to all networks together."""
    for at, name in enumerate(laws["condition"].values):
        values = accuracy.sel(condition=name).transpose("seed", "after").values
        look = line_look(at)
        _ranged(ax, laws["interpolated"].values, values, look._replace(linestyle="none"), str(name))
        for law in laws["law"].values:
            line = laws["probability"].sel(condition=name, law=law, network="group")
            how: dict[str, Any] = {"linestyle": LAW_DASHES[str(law)], "linewidth": 0.9}
            ax.plot(laws["interpolated"], 100 * line, color=look.color, zorder=1, **how)
    ax.set_xlabel("Tasks learnt since the first")
    ax.set_ylabel("Correct on the first task (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = ax.get_legend_handles_labels()
    for law, dashes in LAW_DASHES.items():
        handles.append(Line2D([], [], color="0.4", linestyle=dashes, linewidth=0.9))
        labels.append(f"{law} law, fitted")
    ax.legend(handles, labels, loc="lower left", fontsize=SMALL, handlelength=2.4)


def _ranged(
    ax: Axes, x: np.ndarray, values: np.ndarray, look: LineLook, label: str, **how: Any
) -> None:
    """Mean over networks [network, x], with their range as a bar; networks of NaN are left out."""
    values = values[~np.isnan(values).all(axis=1)]
    mean = values.mean(axis=0)
    ends = np.abs(np.stack([values.min(axis=0), values.max(axis=0)]) - mean)
    bar: dict[str, Any] = {"elinewidth": 0.7, "capsize": 1.5, "capthick": 0.7}
    error = ends if len(values) > 1 else None
    ax.errorbar(x, mean, yerr=error, label=label, **look._asdict(), **bar, **how)


def _lower(figure: SubFigure, learning: xr.Dataset, reference: xr.Dataset) -> None:
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.15))
    names = [str(name) for name in learning["condition"].values]
    for ax, which, letter in zip(panels, MEASURES, "DE", strict=False):
        _conditions(ax, learning[which], reference.get(which))
        ax.set_yticks(range(len(names)), names if letter == "D" else [""] * len(names))
        panel_letter(ax, letter, x=-16)
    panels[0].set_xlabel("Mean accuracy in the end, ACC (%)")
    panels[1].set_xlabel("Backward transfer, BWT (points)")
    panels[1].axvline(0, color="0.8", linewidth=0.6, zorder=0)
    if reference:
        handle = Line2D([], [], **REFERENCE)
        figure.legend([handle], [reference.attrs["said"]], loc="outside upper left", fontsize=SMALL)
    _each_task(panels[2], learning["plasticity"])
    panel_letter(panels[2], "F", x=-16)


def _conditions(ax: Axes, values: xr.DataArray, reference: xr.DataArray | None) -> None:
    """Every network a mark, conditions from the top; what others got beside them."""
    for at, name in enumerate(values["condition"].values):
        own = values.sel(condition=name).values
        color, _, marker = line_look(at)
        how: dict[str, Any] = {"color": color, "marker": marker, "alpha": 0.85}
        ax.plot(own, np.full(len(own), at), linestyle="none", markersize=4, **how)
        if reference is not None and name in reference["condition"].values:
            ax.plot(float(reference.sel(condition=name)), at, **REFERENCE)
    ax.set_ylim(values.sizes["condition"] - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.1)


def _each_task(ax: Axes, accuracy: xr.DataArray) -> None:
    """R[t, t]: how well each task was learnt."""
    for at, name in enumerate(accuracy["condition"].values):
        values = accuracy.sel(condition=name).transpose("seed", "task").values
        _ranged(ax, accuracy["task"].values, values, line_look(at), str(name))
    ax.set_xlabel("Task")
    ax.set_ylabel("Correct once it is learnt (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _marks(learning: xr.Dataset) -> str:
    """What marks, bars and colours are."""
    n = learning.sizes["seed"]
    if n == 1:
        return "One network in each condition. Marks in F as in D."
    return (
        f"A, B: means of {n} networks. C, F: means and ranges (marks in F as in D). "
        "D, E: a mark for each network."
    )
