"""Digits learnt by macrocolumns: accuracy by freezing and by set size, and codes read back."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from cogmem.plots.style import DOUBLE_COLUMN, house_style, line_look, panel_letter

__all__ = ["sparse_digits"]

PUBLISHED = 0.91
CHANCE = 0.1


def sparse_digits(tree: xr.DataTree) -> Figure:
    """Four panels: freezing, test set, training set, and examples.

    Args:
        tree: nodes `freezing`, `test_size`, `training`, `controls` with `accuracy` (seed, read_out,
            ...), and `images` with `image` and `read_back` (class, row, column).
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(1.5, 1))
        upper, lower = (figure.add_subfigure(grid[row]) for row in range(2))
        panels = upper.subplots(1, 3, sharey=True)
        _freezing(panels[0], tree)
        _sizes(
            panels[1],
            tree["test_size"].to_dataset()["accuracy"],
            "n_test",
            "Test images of each class",
        )
        _sizes(
            panels[2],
            tree["training"].to_dataset()["accuracy"],
            "n_train",
            "Training images of each class",
        )
        for letter, ax in zip("ABC", panels, strict=True):
            panel_letter(ax, letter, x=-14)
        panels[0].set_ylabel("Proportion correct")
        panels[0].set_ylim(0, 1)
        handles, labels = panels[0].get_legend_handles_labels()
        upper.legend(handles, labels, loc="outside upper center", ncols=3)
        _examples(lower, tree["images"].to_dataset())
        seconds, n = tree.attrs["learning_seconds"], tree.attrs["n_train"]
        lower.suptitle(
            f"Learning {n:,} images took {seconds:.1f} s here; published: 220 s on one thread",
            fontsize=7,
        )
    return figure


def _freezing(ax: Axes, tree: xr.DataTree) -> None:
    """Accuracy by threshold, with pixels and a single macrocolumn beside it."""
    accuracy = tree["freezing"].to_dataset()["accuracy"]
    thresholds = accuracy["threshold"].values
    x = np.arange(len(thresholds))
    _lines(ax, accuracy, "threshold", x)
    names = [f"{t:g}".lstrip("0") if t < 1 else "never" for t in thresholds]
    controls = tree["controls"].to_dataset()["accuracy"].mean("seed")
    for place, name in enumerate(controls["condition"].values, start=len(x)):
        for index, read_out in enumerate(controls["read_out"].values):
            value = float(controls.sel(condition=name, read_out=read_out))
            color, _, marker = line_look(index)
            ax.plot(place + 0.3, value, marker=marker, color=color, linestyle="none", markersize=4)
        names.append({"one macrocolumn": "one\nmac", "pixels": "pixels"}.get(name, name))
    ticks = [*x, *(np.arange(len(x), len(names)) + 0.3)]
    ax.set_xticks(ticks, names)
    ax.axvline(len(x) - 0.35, color="0.8", linewidth=0.6)
    ax.set_xlabel("Weights increased when frozen")
    _references(ax, label=True)


def _sizes(ax: Axes, accuracy: xr.DataArray, dim: str, label: str) -> None:
    _lines(ax, accuracy, dim, accuracy[dim].values)
    ax.set_xscale("log")
    ticks = accuracy[dim].values
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel(label)
    _references(ax)


def _lines(ax: Axes, accuracy: xr.DataArray, dim: str, x: np.ndarray) -> None:
    """Mean over seeds, with their range as a bar if there are several."""
    for index, read_out in enumerate(accuracy["read_out"].values):
        values = accuracy.sel(read_out=read_out).transpose("seed", dim).values
        color, dashes, marker = line_look(index)
        mean = values.mean(axis=0)
        ends = np.abs(np.stack([values.min(axis=0), values.max(axis=0)]) - mean)
        ax.errorbar(
            x,
            mean,
            yerr=ends if len(values) > 1 else None,
            label=str(read_out),
            color=color,
            linestyle=dashes,
            marker=marker,
            elinewidth=0.7,
        )


def _references(ax: Axes, *, label: bool = False) -> None:
    """The published accuracy, and chance; named in one panel only."""
    for height, dashes, name in (
        (PUBLISHED, (0, (4, 2)), "published (sizes unread)"),
        (CHANCE, (0, (1, 2)), "chance"),
    ):
        line = ax.axhline(height, color="0.5", linewidth=0.7)
        line.set(linestyle=dashes, label=name if label else "_nolegend_")


def _examples(figure: SubFigure, images: xr.Dataset) -> None:
    """One image of each class above, what its code stands for below."""
    panels = figure.subplots(2, images.sizes["class"])
    for row, name in enumerate(("image", "read_back")):
        for ax, picture in zip(panels[row], images[name].values, strict=True):
            ax.imshow(picture, cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
            ax.set_xticks([])
            ax.set_yticks([])
            for spine in ax.spines.values():
                spine.set_visible(True)
                spine.set_color("0.8")
        panels[row, 0].set_ylabel(("Shown", "Read back")[row], rotation=0, ha="right", va="center")
    panel_letter(panels[0, 0], "D", x=-44)
