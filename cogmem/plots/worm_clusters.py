"""Clusters of units by the tasks they serve, lesions of clusters, and outputs in a plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["worm_clusters"]

_NOTE = (
    "A to D: one network, test trials; any: means of five random draws. E: means over networks, "
    "bars: bootstrap 95 % intervals; dashed: guesses."
)
_NAMES = {"rule": ("up or down?", "left or right?"), "answer": ("up or left", "down or right")}


def worm_clusters(found: Mapping[str, xr.Dataset]) -> Figure:
    """Heat map of tasks and units, lesion matrix, two planes, decoding.

    Args:
        found: nodes of the experiment of that name.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.4), layout="constrained")
        above, below = np.ravel(figure.subfigures(2, 1, squeeze=False))
        axes = above.subplot_mosaic("AAAABBBB") | below.subplot_mosaic("CDE")
        _heat(axes["A"], found["variance"])
        _lesions(axes["B"], found["lesions"], found["controls"])
        for letter, name in zip("CD", _NAMES, strict=True):
            _plane(axes[letter], found["plane"], name)
        _decoding(axes["E"], found["decoding"])
        for letter, ax in axes.items():
            panel_letter(ax, letter, x=-14)
        below.supxlabel(_NOTE, size=SMALL, x=0.01, ha="left")
    return figure


def _heat(ax: Axes, found: xr.Dataset) -> None:
    cluster = found["cluster"].values
    image = ax.imshow(found["value"], cmap="cividis", vmin=0, vmax=1, aspect="auto")
    image.set_interpolation("nearest")
    starts = np.flatnonzero(np.diff(cluster, prepend=cluster[0] - 1))
    ends = np.append(starts[1:], len(cluster))
    for start in starts[1:]:
        ax.axvline(start - 0.5, color="white", linewidth=1.2)
    names = [str(cluster[start]) for start in starts]
    ax.set_xticks((starts + ends - 1) / 2, names)
    ax.set_yticks(range(found.sizes["task"]), [str(name) for name in found["task"].values])
    ax.tick_params(length=0)
    ax.set_xlabel(f"{len(cluster)} units, by cluster")
    bar = ax.figure.colorbar(image, ax=ax, pad=0.01, aspect=30)
    bar.set_label("Task variance /\nlargest of the unit", size=SMALL)


def _lesions(ax: Axes, own: xr.Dataset, drawn: xr.Dataset) -> None:
    both, labels = [], []
    for row in range(own.sizes["cluster"]):
        both += [own["value"].values[row], drawn["value"].values[row]]
        size = int(own["size"][row])
        labels += [f"cluster {own['cluster'].values[row]} ({size})", f"any {size}"]
    cells = np.array(both)
    most = max(float(abs(cells).max()), 0.01)
    image = ax.imshow(cells, cmap="RdBu", vmin=-most, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(cells):
        shade = "white" if abs(value) > 0.6 * most else "black"
        text = f"{value:+.2f}".replace("0.", ".")
        ax.text(column, row, text, color=shade, fontsize=SMALL - 1, ha="center", va="center")
    tasks = zip(own["task"].values, own["intact"].values, strict=True)
    names = [f"{name} ({value:.2f})" for name, value in tasks]
    ax.set_xticks(range(cells.shape[1]), names, rotation=90 if len(names) > 4 else 0)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(length=0)
    ax.set(xlabel="Task (accuracy of the whole)", ylabel="Silent units")
    ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=30).set_label(
        "Change of accuracy", size=SMALL
    )


def _plane(ax: Axes, found: xr.Dataset, name: str) -> None:
    share = 100 * found["share"].values
    for value, label in enumerate(_NAMES[name]):
        at = found["value"].values[found[name].values == value]
        look = line_look(value)
        how: dict[str, Any] = {"s": 6, "alpha": 0.7, "linewidths": 0}
        ax.scatter(at[:, 0], at[:, 1], color=look.color, marker=look.marker, label=label, **how)
    ax.set(xlabel=f"Component 1 ({share[0]:.0f} %)", ylabel=f"Component 2 ({share[1]:.0f} %)")
    legend: dict[str, Any] = {
        "loc": "lower center",
        "bbox_to_anchor": (0.5, 1.0),
        "ncols": 2,
        "fontsize": SMALL,
    }
    ax.legend(markerscale=1.5, handletextpad=0, columnspacing=0.8, **legend)


def _decoding(ax: Axes, found: xr.Dataset) -> None:
    for place, stage in enumerate(found["stage"].values):
        each, look = found.sel(stage=stage), line_look(place + 2)
        bars = np.abs(np.stack([each["low"], each["high"]]) - each["mean"].values)
        at = np.arange(found.sizes["told"]) + 0.16 * (place - 0.5)
        ax.errorbar(at, each["mean"], yerr=bars, fmt=look.marker, color=look.color, label=stage)
    ax.axhline(0.5, color="0.6", linewidth=0.7, linestyle="--", zorder=0)
    ax.set_xticks(range(found.sizes["told"]), [str(each) for each in found["told"].values])
    ax.set(
        ylabel="Decoding accuracy",
        ylim=(0.4, 1.03),
        xlim=(-0.5, 1.5),
        xlabel="Read from outputs in STS",
    )
    ax.legend(loc="center", bbox_to_anchor=(0.5, 0.42), fontsize=SMALL)
