"""What networks have learnt of WorM, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cogmem.plots.lines import GUIDE, interval_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter
from cogmem.plots.worm_tasks import spelt_out, task_words

__all__ = ["worm_course"]

N_COLUMNS = 3

_LEGEND: dict[str, Any] = {"fontsize": SMALL, "handlelength": 1.5, "columnspacing": 1.0}
_NOTE = (
    "Means over networks; bars and bands: from the lowest to the highest. Open: not five standard "
    "errors above what is right without memory (grey, dashed)."
)


def worm_course(found: Mapping[str, xr.Dataset]) -> Figure:
    """Accuracy of each task at three times, and its course.

    Args:
        found: nodes of the experiment of that name.
    """
    names = [str(name) for name in found["course"]["task"].values]
    groups = dict.fromkeys(name.split("_")[0] for name in names)
    with house_style():
        rows = -(-len(groups) // N_COLUMNS)
        figure = Figure(figsize=(DOUBLE_COLUMN, 2.4 + 0.6 * rows), layout="constrained")
        left, right = np.ravel(figure.subfigures(1, 2, squeeze=False, width_ratios=(1, 2.2)))
        ax = left.subplots()
        _tasks(ax, found["tasks"])
        panel_letter(ax, "A")
        how: dict[str, Any] = {"fontsize": SMALL, "title_fontsize": SMALL, "ncols": 3}
        left.legend(loc="outside lower center", title="After steps", **how)
        axes = right.subplots(rows, N_COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        for each, group in zip(axes, groups, strict=False):
            _course(each, found["course"], [k for k in names if k.split("_")[0] == group])
            each.set_title(task_words(group).removeprefix("spatial ").removeprefix("visual "))
        panel_letter(axes[0], "B")
        _without_neighbours(axes, len(groups))
        right.supxlabel("Steps of learning", size=7)
        right.supylabel("Proportion correct, all levels", size=7)
        figure.supxlabel(f"{_NOTE}\n{spelt_out(names)}", size=SMALL, x=0.01, ha="left")
    return figure


def _tasks(ax: Axes, found: xr.Dataset) -> None:
    names = found["task"].values
    place = np.arange(len(names))[::-1]
    ax.scatter(found["base"], place, marker="|", s=60, color="0.5", zorder=0)
    for k, step in enumerate(found["step"].values):
        own, look = found.sel(step=step), line_look(k)
        bars = np.abs(np.stack([own["low"], own["high"]]) - own["mean"].values)
        at = place + 0.2 * (1 - k)
        ax.errorbar(own["mean"], at, xerr=bars, fmt=look.marker, color=look.color, label=str(step))
        lost = own["beyond"].values < 5
        ax.plot(own["mean"][lost], at[lost], look.marker, color=look.color, mfc="white", zorder=4)
    ax.set_yticks(place, names)
    ax.set(xlabel="Proportion correct", xlim=(0, 1.03), ylim=(-0.6, len(names) - 0.4))


def _course(ax: Axes, found: xr.Dataset, names: list[str]) -> None:
    for k, name in enumerate(names):
        label = name.split("_")[-1]
        own = found.sel(task=name)
        interval_line(ax, found["test_step"], own, line_look(k), label, markersize=0)
    ax.axhline(float(found["base"].sel(task=names[0])), **GUIDE)
    ax.set_ylim(0, 1.04)
    ax.xaxis.set_major_locator(MaxNLocator(3))
    if len(names) > 1:
        ax.legend(**_LEGEND, loc="lower right", frameon=True, framealpha=1, edgecolor="none")


def _without_neighbours(axes: np.ndarray, n_drawn: int) -> None:
    """Panels with none below have the numbers of the axis, and their legend in the room there."""
    for empty in axes[n_drawn:]:
        empty.set_axis_off()
    for ax, below in zip(axes, axes[N_COLUMNS:], strict=False):
        if ax.axison and not below.axison:
            ax.tick_params(labelbottom=True)
            if (legend := ax.get_legend()) is not None:
                legend.remove()
                below.legend(*ax.get_legend_handles_labels(), **_LEGEND, loc="upper right", ncols=2)
