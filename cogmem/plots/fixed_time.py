"""What remembering costs, against how much is stored."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["fixed_time"]

HEIGHT = 2.7


def fixed_time(time: xr.Dataset, slope: xr.Dataset, cost: xr.Dataset) -> Figure:
    """Relative time per item, bytes of the state, operations per item; each against items stored.

    Args:
        time: `relative` and `seconds` (task, block, repeat), `stored` (block).
        slope: `mean`, `low` and `high` (task), per 1,000 items.
        cost: `bytes` and `operations` (memory, block), `stored` (block).
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT), layout="constrained")
        times, sizes, operations = figure.subplots(1, 3)
        _times(times, time, slope)
        for ax, name, label in (
            (sizes, "bytes", "State, kB"),
            (operations, "operations", "Operations to retrieve\none item, thousands"),
        ):
            _costs(ax, cost, name)
            ax.set_ylabel(label)
        for letter, ax in zip("ABC", (times, sizes, operations), strict=True):
            ax.set(xlim=(0, None), ylim=(0, None), xlabel="Items stored")
            panel_letter(ax, letter, x=-20)
        handles, labels = times.get_legend_handles_labels()
        title = f"Bars: quartiles of {time.sizes['repeat']} timings; brackets: 95 % intervals"
        figure.legend(
            handles,
            labels,
            loc="outside upper center",
            ncols=3,
            fontsize=6.5,
            title=title,
            title_fontsize=SMALL,
        )
    return figure


def _times(ax: Axes, time: xr.Dataset, slope: xr.Dataset) -> None:
    """Medians over repeats, with bars from the first to the third quartile."""
    ax.axhline(1, color="0.5", linewidth=0.6, linestyle=(0, (4, 2)))
    for index, task in enumerate(time["task"].values):
        each, rises = time["relative"].sel(task=task), slope.sel(task=task)
        middle = each.median("repeat")
        ends = [middle - each.quantile(0.25, "repeat"), each.quantile(0.75, "repeat") - middle]
        low, mean, high = (100 * float(rises[name]) for name in ("low", "mean", "high"))
        look = line_look(index)
        ax.errorbar(
            time["stored"],
            middle,
            yerr=ends,
            color=look.color,
            linestyle=look.linestyle,
            marker=look.marker,
            elinewidth=0.7,
            label=f"{task}\n{mean:+.1f} % per 1,000 items [{low:.1f}, {high:.1f}]",
        )
    ax.set_ylabel("Processor time per item /\nSparsey's median")


def _costs(ax: Axes, cost: xr.Dataset, name: str) -> None:
    """In thousands, named at the line's end: Sparsey as where it retrieves, the list as above."""
    for index, memory in zip((1, 2), cost["memory"].values, strict=True):
        look = line_look(index)
        values = cost[name].sel(memory=memory) / 1000
        ax.plot(cost["stored"], values, color=look.color, linestyle=look.linestyle)
        ax.plot(cost["stored"], values, color=look.color, linestyle="none", marker=look.marker)
        above = index == 1
        ax.annotate(
            memory,
            (float(cost["stored"][-1]), float(values[-1])),
            xytext=(0, 3) if above else (-14, 0),
            textcoords="offset points",
            ha="right",
            va="bottom" if above else "top",
            color=look.color,
        )
