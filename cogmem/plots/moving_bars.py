"""Films of moving bars in a hierarchy: what is recalled, told apart, and found familiar."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import banded_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["moving_bars"]

_GREY = "0.55"
_NOTE = (
    "Evidence: U bottom-up, H lateral, D top-down (E, F: all). B, filled: linear classifier, open: "
    "nearest code.\nMeans over networks; bars and bands: 2 standard errors"
)
_FILMS = "Films learnt of each direction"
_CHANCE = 1 / 8


def moving_bars(tree: xr.DataTree) -> Figure:
    """Pictures of a film in the first row; below, seven panels.

    Args:
        tree: nodes as the experiment `moving_bars` makes them: `pictures` with `on` (row, frame, y,
            x), the others with `mean` and `se` over networks.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.04)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.95 * DOUBLE_COLUMN), layout=layout)
        grid = figure.add_gridspec(3, 1, height_ratios=(1.05, 1, 0.9))
        _pictures(figure, grid[0], tree["pictures"].to_dataset(), tree.attrs["n_given"])
        middle: Any = grid[1].subgridspec(1, 3).subplots()
        lower: Any = grid[2].subgridspec(1, 4).subplots()
        _levels(middle[0], tree["accuracy"].to_dataset())
        _amounts(middle[1], tree)
        _recall(middle[2], tree)
        _familiarity(lower[:3], tree["familiarity"].to_dataset())
        _area(lower[3], tree["area"].to_dataset())
        figure.supxlabel(_NOTE, fontsize=SMALL)
        for letter, ax in zip("BCDEF", (*middle, lower[0], lower[3]), strict=True):
            panel_letter(ax, letter, x=-24)
    return figure


def _pictures(figure: Figure, place: SubplotSpec, pictures: xr.Dataset, n_given: int) -> None:
    """The film in the first row, and what is recalled of it."""
    on = pictures["on"].transpose("row", "frame", "y", "x").values
    panels = np.asarray(place.subgridspec(*on.shape[:2], wspace=0.05, hspace=0.05).subplots())
    names = {"U H D": "recalled,\nlateral and\ntop-down", "U H": "recalled,\nlateral"}
    for row, name in enumerate(pictures["row"].values):
        for frame, ax in enumerate(panels[row]):
            ax.imshow(on[row, frame], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            exact = (on[row, frame] == on[0, frame]).all()
            ax.spines[:].set(visible=True, linewidth=0.6)
            ax.spines[:].set_color(_GREY if exact else line_look(1).color)
            if row == 0:
                given = " (given)" if frame < n_given else ""
                ax.set_title(f"Frame {frame + 1}{given}", fontsize=SMALL, pad=2)
        text = names.get(str(name), "a film learnt\n(orange:\nnot exact)")
        panels[row, 0].set_ylabel(text, rotation=0, ha="right", va="center")
    panel_letter(panels[0, 0], "A", x=-52)


def _references(ax: Axes) -> None:
    """Chance, and what is right by orientation alone; the ceiling."""
    for height, dashes in ((_CHANCE, (0, (1, 2))), (0.5, (0, (4, 2))), (1, "-")):
        ax.axhline(height, color=_GREY, linewidth=0.6, linestyle=dashes, zorder=0)
    ax.set(ylim=(0, 1.05), yticks=np.linspace(0, 1, 6), ylabel="New films classed right")


def _levels(ax: Axes, accuracy: xr.Dataset) -> None:
    """By level and evidence after one film of each direction; open: the nearest code."""
    levels = accuracy["level"].values
    first = accuracy.sel(n_each=1)
    for index, evidence in enumerate(accuracy["evidence"].values):
        color, dashes, marker = line_look(index)
        for read_out, filling in (("linear classifier", color), ("nearest code", "white")):
            line = first.sel(evidence=evidence, read_out=read_out)
            filled = read_out == "linear classifier"
            shift = (index - 1.5) * 0.06 + (0.03 if not filled else 0)
            ax.errorbar(
                levels + shift,
                line["mean"],
                yerr=2 * line["se"],
                color=color,
                linestyle=dashes if filled else "none",
                marker=marker,
                markerfacecolor=filling,
                elinewidth=0.6,
                label=str(evidence) if filled else "_nolegend_",
            )
    _references(ax)
    _said(ax, 0.01, _CHANCE, "chance", ha="left")
    _said(ax, 0.99, 0.5, "orientation\nknown", ha="right")
    ax.set(xlabel="Level", xticks=levels, xlim=(0.75, 3.35))
    ax.set_title("One film of each direction learnt")
    ax.legend(fontsize=SMALL, loc="upper right", ncols=2, bbox_to_anchor=(1.02, 0.95))


def _said(ax: Axes, x: float, height: float, text: str, ha: Any) -> None:
    """What a line is, just above it."""
    place = ("axes fraction", "data")
    ax.annotate(text, (x, height + 0.01), xycoords=place, ha=ha, fontsize=SMALL, color="0.35")


def _amounts(ax: Axes, tree: xr.DataTree) -> None:
    """At level 1 by the number of films learnt, beside pixels."""
    accuracy = tree["accuracy"].to_dataset().sel(level=1, read_out="linear classifier")
    n_each = accuracy["n_each"].values
    for index, evidence in enumerate(accuracy["evidence"].values):
        _line(ax, n_each, accuracy.sel(evidence=evidence), index, "_nolegend_")
    best = tree["pixels"].to_dataset().sel(seen="frames in order", read_out="nearest code")
    ax.plot(
        n_each,
        best["mean"],
        color="black",
        linewidth=0.8,
        marker="x",
        label="nearest film, pixel by pixel",
    )
    _references(ax)
    _counted(ax, n_each)
    ax.set_title("Level 1, linear classifier")
    ax.legend(fontsize=SMALL, loc="lower right", bbox_to_anchor=(1.02, 0.13))


def _counted(ax: Axes, n_each: Any) -> None:
    ax.set_xscale("log", base=2)
    ax.set_xticks(n_each, [str(n) for n in n_each])
    ax.set_xlabel(_FILMS)


def _line(ax: Axes, x: Any, line: xr.Dataset, index: int, label: str, **look: Any) -> None:
    banded_line(ax, x, line["mean"], 2 * line["se"], line_look(index), label, **look)


def _recall(ax: Axes, tree: xr.DataTree) -> None:
    """F1 by frame; after more films, fainter."""
    found = tree["recall"].to_dataset()
    frames = found["frame"].values
    names = {"U H D": "lateral, top-down", "U H": "lateral"}
    for n_each, fill in zip(found["n_each"].values[:3], (None, "white", "0.75"), strict=False):
        for index, evidence in enumerate(found["evidence"].values):
            label = names[str(evidence)] if n_each == 1 else ""
            look = {} if fill is None else {"markerfacecolor": fill}
            line = found.sel(evidence=evidence, n_each=n_each)
            _line(ax, frames, line, index, label, **look)
        ax.annotate(f"{8 * n_each}", (frames[-1] + 0.2, float(line["mean"][-1])), va="center",
                    fontsize=SMALL, annotation_clip=False)  # fmt: skip
    other = tree["other_film"].to_dataset()["mean"]
    ax.plot(frames, other, color=_GREY, linestyle=(0, (1, 2)), linewidth=0.9, label="another film")
    ax.axvspan(0.5, tree.attrs["n_given"] + 0.5, color="0.93", zorder=-1)
    ax.axhline(1, color=_GREY, linewidth=0.6, zorder=0)
    ax.set(ylim=(0, 1.05), xlabel="Frame", ylabel="F1 of pixels", xticks=frames, xlim=(0.5, 8.5))
    ax.set_title("Recall, by films learnt (right)")
    ax.legend(fontsize=SMALL, loc="lower left", bbox_to_anchor=(0.25, 0.31), labelspacing=0.3)


def _familiarity(axes: Any, found: xr.Dataset) -> None:
    """By frame after one film of each direction, one panel for each level."""
    frames = found["frame"].values
    for level, ax in zip(found["level"].values, axes, strict=True):
        for index, shown in enumerate(found["shown"].values):
            line = found.sel(evidence="U H D", n_each=1, level=level, shown=shown)
            _line(ax, frames, line, index, str(shown))
        ax.axhline(1, color=_GREY, linewidth=0.6, zorder=0)
        ax.set(ylim=(0, 1.05), xlabel="Frame", xticks=frames, title=f"Level {level}")
    axes[0].set_ylabel("Familiarity (G)")
    axes[0].legend(fontsize=SMALL, loc="upper right", bbox_to_anchor=(1.02, 0.93))


def _area(ax: Axes, area: xr.Dataset) -> None:
    """Films learnt against the same backwards; open: without top-down evidence."""
    n_each = area["n_each"].values
    for index, level in enumerate(area["level"].values):
        _line(ax, n_each, _backwards(area, level, "U H D"), index, f"level {level}")
    lateral = _backwards(area, 1, "U H")
    _line(ax, n_each, lateral, 0, "level 1, U H", markerfacecolor="white", linestyle=":")
    ax.axhline(0.5, color=_GREY, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    ax.axhline(1, color=_GREY, linewidth=0.6, zorder=0)
    _counted(ax, n_each)
    ax.set(ylim=(0.2, 1.05), ylabel="Area under the ROC")
    ax.set_title("Learnt or backwards")
    ax.legend(fontsize=SMALL, loc="lower left", labelspacing=0.3, bbox_to_anchor=(-0.02, -0.03))


def _backwards(area: xr.Dataset, level: int, evidence: str) -> xr.Dataset:
    return area.sel(evidence=evidence, level=level, than="backwards")
