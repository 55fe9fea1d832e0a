"""A table of memories and tasks as a picture: gains above base, sizes, and people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, PEOPLE_BAND, SMALL, house_style
from cogmem.plots.worm_tasks import spelt_out

__all__ = ["worm_cores"]

_NOTE = (
    "Large: proportion correct minus base, mean over networks; bold with a star: above base by "
    "more than 5 standard errors. Small: 95 % interval over\nnetworks (bootstrap); thousands of "
    "trials until three quarters of the way from base to 1, if any network got there. Colour: "
    "share of that way. People did\nother tasks with other stimuli, and levels cannot be "
    "compared; daggers: constants of WorM's notebooks, at second hand."
)


def worm_cores(found: Mapping[str, xr.Dataset]) -> Figure:
    """Cores by tasks, with base and people below, and sizes beside.

    Args:
        found: nodes of the experiment of that name.
    """
    accuracy = found["accuracy"]
    n_rows, n_tasks = accuracy.sizes["core"] + 2, accuracy.sizes["task"]
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.5 + 0.36 * n_rows + 0.45), layout="constrained")
        ratios = [n_tasks, 4.2 * n_tasks / 10]
        left, right = figure.subplots(1, 2, width_ratios=ratios, sharey=True)
        _gains(left, accuracy, found["criterion"])
        _below(left, n_rows - 2, accuracy["base"].values, found["people"])
        _rows(left, [*map(str, accuracy["core"].values), "base", "people"])
        left.set_xticks(range(n_tasks), [str(task) for task in accuracy["task"].values])
        left.set_xlim(-0.5, n_tasks - 0.5)
        _sizes(right, found["cores"].reindex(core=accuracy["core"]))
        note = f"{_NOTE}\n{spelt_out(map(str, accuracy['task'].values))}"
        figure.supxlabel(note, size=SMALL, x=0.01, ha="left")
    return figure


def _rows(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    for side in ax.spines.values():
        side.set_visible(False)
    ax.axhline(len(names) - 2.5, color="0.3", linewidth=0.6)


def _gains(ax: Axes, found: xr.Dataset, criterion: xr.Dataset) -> None:
    found = found.transpose("core", "task", ...)
    base = found["base"].values
    gain, share = found["mean"].values - base, (found["mean"].values - base) / (1 - base)
    image = ax.imshow(np.clip(share, 0, 1), cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    image.set_interpolation("nearest")
    trials = criterion.transpose("core", "task")["trials"].values
    low, high = found["low"].values - base, found["high"].values - base
    for (row, column), clear in np.ndenumerate(found["clear"].values):
        color = "white" if share[row, column] > 0.75 else "black"
        text = f"{_signed(gain[row, column])}{'*' if clear else ''}"
        weight = "bold" if clear else "normal"
        ax.text(column, row - 0.2, text, ha="center", va="center", color=color, weight=weight)
        small = f"{_signed(low[row, column])}, {_signed(high[row, column])}"
        if np.isfinite(trials[row, column]):
            small = f"{small}\n{trials[row, column] / 1000:.1f}k"
        ax.text(column, row + 0.2, small, ha="center", va="center", color=color, size=SMALL - 1.2)


def _signed(value: float) -> str:
    """Without the zero before the point, which takes room."""
    rounded = round(float(value), 2)
    digits = f"{abs(rounded):.2f}"
    return ("\N{MINUS SIGN}" if rounded < 0 else "+") + digits.removeprefix("0")


def _below(ax: Axes, row: int, base: np.ndarray, people: xr.Dataset) -> None:
    for column, value in enumerate(base):
        ax.text(column, row, f"{value:.2f}".removeprefix("0"), ha="center", va="center")
    for column, (value, source) in enumerate(
        zip(people["value"].values, people["source"].values, strict=True)
    ):
        ax.axvspan(column - 0.5, column + 0.5, 0, 1 / (row + 2), color=PEOPLE_BAND, zorder=0)
        if np.isfinite(value):
            second = "\N{DAGGER}" if source == "worm_human_points" else ""
            text = f"{value:.2f}".removeprefix("0") + second
            ax.text(column, row + 1, text, ha="center", va="center", style="italic")


def _sizes(ax: Axes, found: xr.Dataset) -> None:
    columns = {"core_weights": "weights", "state": "state", "width": "outputs", "rate": "rate"}
    for place, name in enumerate(columns):
        for row, value in enumerate(found[name].values):
            text = f"{value:g}".removeprefix("0") if name == "rate" else f"{int(value):,}"
            text = "ridge" if name == "rate" and not value > 0 else text
            ax.text(place + 0.42, row, text, ha="right", va="center", size=SMALL)
    ax.set_xticks(np.arange(len(columns)) + 0.1, list(columns.values()))
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.tick_params(length=0, labelleft=False)
    ax.xaxis.tick_top()
    for side in ax.spines.values():
        side.set_visible(False)
