"""Recognition as a picture: ROC, zROC, and what people's own fits say."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["recognition_figure"]

N_BINS = 14


def recognition_figure(tree: xr.DataTree) -> Figure:
    """Four panels: the ROC, the zROC, slopes of the zROC, and the gain by a variance of its own.

    Args:
        tree: nodes `points`, `lines`, `people` and `slope`, as the experiment `recognition_rocs`
            makes them.
    """
    points, lines = tree["points"].to_dataset(), tree["lines"].to_dataset()
    people, slope = tree["people"].to_dataset(), tree["slope"].to_dataset()
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.6), layout="constrained")
        roc, zroc, slopes, gains = figure.subplots(2, 2).ravel()
        _curve(roc, points, lines, "false_alarm_rate", "hit_rate")
        roc.set(xlabel="False-alarm rate", ylabel="Hit rate", xlim=(0, 1), ylim=(0, 1))
        roc.plot([0, 1], [0, 1], color="0.8", linewidth=0.8, zorder=0)
        roc.set_aspect("equal")
        _curve(zroc, points, lines, "z_false", "z_hit")
        zroc.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate")
        zroc.set(xlim=(-2, 1), ylim=(-0.5, 2))
        _slopes(slopes, people["slope"].values, slope)
        _gains(gains, people["bic_gain"].values)
        for letter, ax in zip("ABCD", (roc, zroc, slopes, gains), strict=True):
            panel_letter(ax, letter, x=-24)
        handles, labels = roc.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _curve(ax: Axes, points: xr.Dataset, lines: xr.Dataset, x: str, y: str) -> None:
    """People as points with intervals in both directions, models as lines."""
    across, up = (
        np.abs(np.stack([points[f"{name}_{end}"] - points[name] for end in ("low", "high")]))
        for name in (x, y)
    )
    ax.errorbar(
        points[x],
        points[y],
        xerr=across,
        yerr=up,
        color=PEOPLE_LINE,
        fmt="o",
        markersize=4,
        elinewidth=1.6,
        label="People: mean and 95 % bootstrap interval",
        zorder=2,
    )
    for index, model in enumerate(lines["model"].values):
        one, look_of_model = lines.sel(model=model), line_look(index)
        ax.plot(
            one[x],
            one[y],
            color=look_of_model.color,
            linestyle=look_of_model.linestyle,
            label=f"Signal detection, {model}",
            zorder=3,
        )


def _slopes(ax: Axes, slopes: np.ndarray, summary: xr.Dataset) -> None:
    ax.hist(slopes, bins=N_BINS, color=PEOPLE_BAND, edgecolor="white")
    low, high = float(summary["low"]), float(summary["high"])
    ax.axvline(1, color="0.3", linewidth=0.8, linestyle=(0, (4, 2)))
    ax.axvspan(low, high, color=line_look(0).color, alpha=0.25, linewidth=0)
    ax.axvline(float(summary["mean"]), color=line_look(0).color)
    ax.set(xlabel="Slope of the zROC (1 = equal variances)", ylabel="People")
    text = f"mean {float(summary['mean']):.2f} [{low:.2f}, {high:.2f}]\n"
    text += f"median {float(summary['median']):.2f}\nbelow 1: {float(summary['below_one']):.0%}"
    ax.annotate(text, (0.03, 0.95), xycoords="axes fraction", ha="left", va="top", fontsize=6.5)


def _gains(ax: Axes, gains: np.ndarray) -> None:
    """Each person's gain, in order."""
    ordered, rank = np.sort(gains), np.arange(1, len(gains) + 1)
    better = ordered > 0
    for chosen, colour, text in (
        (better, line_look(0).color, "unequal variances better"),
        (~better, line_look(1).color, "equal variances better"),
    ):
        ax.bar(rank[chosen], ordered[chosen], width=1, color=colour, label=text)
    ax.axhline(0, color="0.3", linewidth=0.6)
    ax.set(xlabel="People, in order", ylabel="BIC equal - BIC unequal")
    ax.legend(loc="upper left", fontsize=6.5, title=f"{better.mean():.0%} of {len(gains)} people")
