"""Recognition as a picture: ROC, zROC, and what people's own fits say."""

from __future__ import annotations

from typing import Any

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
        tree: nodes `points`, `single`, `marks`, `lines`, `people`, `slope` and `misfit`, as the
            experiment `recognition_rocs` makes them.
    """
    people, slope = tree["people"].to_dataset(), tree["slope"].to_dataset()
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.6), layout="constrained")
        roc, zroc, slopes, gains = figure.subplots(2, 2).ravel()
        _curve(roc, tree, "false_alarm_rate", "hit_rate")
        roc.set(xlabel="False-alarm rate", ylabel="Hit rate", xlim=(0, 1), ylim=(0, 1))
        roc.plot([0, 1], [0, 1], color="0.5", linewidth=0.6, linestyle=(0, (4, 2)), zorder=1)
        roc.set_aspect("equal")
        _curve(zroc, tree, "z_false", "z_hit")
        zroc.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate")
        zroc.set(xlim=(-2, 1), ylim=(-0.5, 2))
        _misfit(zroc, tree["misfit"].to_dataset())
        _slopes(slopes, people["slope"].values, slope)
        _gains(gains, people)
        for letter, ax in zip("ABCD", (roc, zroc, slopes, gains), strict=True):
            panel_letter(ax, letter, x=-24)
        single, *models, mean = roc.get_legend_handles_labels()[0]
        figure.legend(handles=[single, mean, *models], loc="outside upper center", ncols=2)
    return figure


def _curve(ax: Axes, tree: xr.DataTree, x: str, y: str) -> None:
    """People as points with intervals in both directions, models as lines with open marks."""
    points, single = tree["points"].to_dataset(), tree["single"].to_dataset()
    lines, marks = tree["lines"].to_dataset(), tree["marks"].to_dataset()
    alone = ax.plot(single[x].T, single[y].T, color=PEOPLE_BAND, linewidth=0.3, zorder=0)
    alone[0].set_label("Single people")
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
        color, dashes, mark = line_look(index)
        one, at = lines.sel(model=model), marks.sel(model=model)
        open_mark: dict[str, Any] = {
            "color": color,
            "marker": mark,
            "markerfacecolor": "white",
            "markersize": 3.5,
        }
        ax.plot(one[x], one[y], color=color, linestyle=dashes, zorder=3)
        ax.plot(at[x], at[y], linestyle="none", zorder=4, **open_mark)
        ax.plot([], [], linestyle=dashes, label=f"Signal detection, {model}", **open_mark)


def _misfit(ax: Axes, misfit: xr.Dataset) -> None:
    """How many people's ratings differ from a model's beyond chance."""
    rejected = misfit["rejected"]
    each = zip(rejected["model"].values, rejected.values, strict=True)
    lines = [f"{model}: {share:.0%} of people" for model, share in each]
    ax.annotate(
        "\n".join(["Rejected (G squared, p < .05)", *lines]),
        (0.98, 0.03),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=6.5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
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


def _gains(ax: Axes, people: xr.Dataset) -> None:
    """Each person's gain, in order."""
    ordered = np.sort(people["bic_gain"].values)
    rank, better = np.arange(1, len(ordered) + 1), ordered > 0
    for chosen, colour, text in (
        (better, line_look(0).color, "unequal variances better"),
        (~better, line_look(1).color, "equal variances better"),
    ):
        ax.bar(rank[chosen], ordered[chosen], width=1, color=colour, label=text)
    ax.axhline(0, color="0.3", linewidth=0.6)
    ax.set(xlabel="People, in order", ylabel="BIC equal - BIC unequal")
    by_aicc = float((people["aicc_gain"] > 0).mean())
    title = f"unequal: {better.mean():.0%} of {len(ordered)} people\n({by_aicc:.0%} by AICc)"
    ax.legend(loc="upper left", fontsize=6.5, title=title, title_fontsize=6.5, alignment="left")
