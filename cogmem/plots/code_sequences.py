"""Sequences in one macrocolumn as a picture: frames stored and recalled, and how much survives."""

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

__all__ = ["code_sequences"]

_WHOLE = "Proportion correct"
_STORED = "Sequences stored"
_BANDS = "Lines: means over macrocolumns; bands: 2 standard errors; dotted: unrelated codes"
_GREY = "0.55"
_ABOVE_CHANCE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 0.1)}
_BELOW_CEILING: dict[str, Any] = {"loc": "upper right", "bbox_to_anchor": (1.04, 0.9)}


def code_sequences(tree: xr.DataTree) -> Figure:
    """Pictures of a sequence in the first row; below, six panels.

    Args:
        tree: nodes as the experiment `code_sequences` makes them: `pictures` with `on` (row, frame,
            y, x), the others with `mean` and `se` over macrocolumns (measure, ...).
    """
    with house_style():
        layout = ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.93 * DOUBLE_COLUMN), layout=layout)
        grid = figure.add_gridspec(3, 3, height_ratios=(0.95, 1, 1))
        _pictures(figure, grid[0, :], tree["pictures"].to_dataset())
        axes = [figure.add_subplot(grid[row, column]) for row in (1, 2) for column in range(3)]
        _capacity(axes[:4], tree)
        _order(axes[4], tree["order"].to_dataset(), tree["area"].to_dataset())
        _warp(axes[5], tree["warp"].to_dataset())
        figure.supxlabel(_BANDS, fontsize=SMALL)
        for letter, ax in zip("BCDEFG", axes, strict=True):
            panel_letter(ax, letter, x=-24)
    return figure


def _pictures(figure: Figure, place: SubplotSpec, pictures: xr.Dataset) -> None:
    """A row of frames for what was stored, and one for each recall of it."""
    on = pictures["on"].transpose("row", "frame", "y", "x")
    panels = np.asarray(place.subgridspec(*on.shape[:2], wspace=0.08, hspace=0.08).subplots())
    for row, name in enumerate(on["row"].values):
        exact = (on[row] == on[0]).all(("y", "x")).values
        for frame, ax in enumerate(panels[row]):
            ax.imshow(on[row, frame], cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set(visible=True, linewidth=0.6)
            ax.spines[:].set_color(_GREY if exact[frame] else line_look(1).color)
            if row == 0:
                ax.set_title(f"{frame + 1}" if frame else "Frame 1", fontsize=SMALL, pad=2)
        text = name if row == 0 else f"recalled,\n{name}"
        text = text if exact.all() else f"{text}\n(orange:\nnot exact)"
        panels[row, 0].set_ylabel(text, rotation=0, ha="right", va="center")
    panel_letter(panels[0, 0], "A", x=-52)


def _line(ax: Axes, x: Any, line: xr.Dataset, index: int, label: str, **look: Any) -> None:
    """Mean and a band of 2 standard errors."""
    how = {"markevery": max(len(x) // 8, 1)} | look
    banded_line(ax, x, line["mean"], 2 * line["se"], line_look(index), label, **how)


def _growth(ax: Axes, node: xr.Dataset, lines: dict[str, str], title: str) -> None:
    n_stored = node["n_stored"].values
    for index, (measure, label) in enumerate(lines.items()):
        _line(ax, n_stored, node.sel(measure=measure), index, label)
    _proportion(ax)
    ax.set(xlabel=_STORED, ylabel=_WHOLE, xlim=(0, n_stored[-1] + 0.5), title=title)


def _proportion(ax: Axes) -> None:
    """From 0 to 1, with the ceiling drawn."""
    ax.axhline(1, color=_GREY, linewidth=0.5, zorder=0)
    ax.set(ylim=(-0.03, 1.08), yticks=np.linspace(0, 1, 6))


def _chance(ax: Axes, n_cells: int) -> None:
    """The agreement of two codes that have nothing to do with each other."""
    ax.axhline(1 / n_cells, color=_GREY, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0)


def _capacity(axes: list[Axes], tree: xr.DataTree) -> None:
    """The demonstration, noise in two sizes, and frames new or from a lexicon."""
    demonstration = tree["demonstration"].to_dataset()
    recall = {"frames": "frames exact", "recall": "codes"}
    _growth(axes[0], demonstration, recall, f"Recall from frame 1, {_size(demonstration)}")
    noise = {
        "same": "as stored",
        "one moved": "1 pixel moved",
        "two moved": "2 pixels moved",
        "recall": "recalled",
    }
    for ax, name in zip(axes[1:3], ("noise_9", "noise_24"), strict=True):
        node = tree[name].to_dataset()
        _growth(ax, node, noise, f"Codes, {_size(node)}")
    new, lexicon = tree["new"].to_dataset(), tree["lexicon"].to_dataset()
    words = {"same": "new: codes", "frames": "new: recalled"}
    _growth(axes[3], new, words, f"With a lexicon, {_size(new)}")
    more = {"same": "lexicon: codes", "frames": "lexicon: recalled"}
    for index, (measure, label) in enumerate(more.items(), 2):
        _line(axes[3], new["n_stored"].values, lexicon.sel(measure=measure), index, label)
    sizes = (demonstration.attrs["n_cells"], 16, 16, new.attrs["n_cells"])
    for ax, cells in zip(axes, sizes, strict=True):
        _chance(ax, cells)
        place = _ABOVE_CHANCE if ax in axes[1:3] else _BELOW_CEILING
        ax.legend(fontsize=SMALL, **place)


def _size(node: xr.Dataset) -> str:
    return f"Q = {node.attrs['n_modules']}, K = {node.attrs['n_cells']}"


def _order(ax: Axes, each: xr.Dataset, area: xr.Dataset) -> None:
    """Familiarity by frame; learnt and shuffled differ in the filling of their marks."""
    frames = each["frame"].values
    for index, evidence in enumerate(("HU", "U", "back-off")):
        where = float(area["mean"].sel(measure=evidence))
        for shown in ("learnt", "shuffled"):
            line = each.sel(measure=evidence, order=shown)
            new = shown == "shuffled"
            label = "" if new else f"{evidence}: area {where:.2f}"
            look = {"markerfacecolor": "white"} if new else {}
            _line(ax, frames, line, index, label, markevery=1, **look)
    _proportion(ax)
    ax.set(xlabel="Frame", ylabel="Familiarity (G)", xticks=frames)
    ax.set_title("Order: learnt (filled), shuffled (open)")
    ax.legend(fontsize=SMALL, loc="center right", bbox_to_anchor=(1, 0.62))


def _warp(ax: Axes, node: xr.Dataset) -> None:
    lines = {
        "as learnt, back-off": "as learnt, back-off",
        "every other, HU": "every other, HU only",
        "every other, back-off": "every other, back-off",
        "each twice, HU": "each twice, HU only",
        "each twice, back-off": "each twice, back-off",
    }
    _growth(ax, node, lines, f"Warped in time, {_size(node)}")
    ax.set(ylim=(0.57, 1.03), yticks=np.linspace(0.6, 1, 5))
    ax.legend(fontsize=SMALL, loc="lower left")
