"""Inside a macrocolumn: its input, how well each cell is supported, and who may win."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["frames", "macrocolumn"]

_PANELS = {
    "support": ("Support V", 1.0),
    "likelihood": ("Likelihood mu, log scale", None),
    "probability": ("Probability of winning rho", 1.0),
}


def macrocolumn(inside: xr.Dataset) -> Figure:
    """One input, and what the cells of each module make of it.

    Args:
        inside: `input` (row, column) 0/1; `support`, `likelihood`, `probability` (module, cell);
            `stored` (item, module), winners of stored items, marked by one sign for each item;
            `familiarity`, `expansivity`; `overlap` (item), the expected overlap with its code.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 2.5), layout="constrained")
        panels = figure.subplots(1, 4, width_ratios=(0.8, 1.2, 1.2, 1.2))
        _input(panels[0], inside)
        for ax, (name, (title, top)) in zip(panels[1:], _PANELS.items(), strict=True):
            _cells(ax, inside, name, top)
            ax.set_title(title)
        panels[1].set_ylabel("Cell")
        for letter, ax in zip("ABCD", panels, strict=True):
            panel_letter(ax, letter, x=-14)
        handles, labels = panels[1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _input(ax: Axes, inside: xr.Dataset) -> None:
    ax.imshow(inside["input"].values, cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    g, eta = float(inside["familiarity"]), float(inside["expansivity"])
    lines = [f"familiarity G = {g:.2f}", f"expansivity eta = {eta:.0f}"]
    for item, overlap in zip(inside["item"].values, inside["overlap"].values, strict=True):
        lines.append(f"overlap with {item}: {float(overlap):.2f}")
    ax.set_title("Input")
    ax.set_xlabel("\n".join(lines), fontsize=SMALL, loc="left")
    for spine in ax.spines.values():
        spine.set_visible(True)


def _cells(ax: Axes, inside: xr.Dataset, name: str, top: float | None) -> None:
    """Cells as a picture, modules side by side, with the winners of stored items."""
    values = inside[name].transpose("cell", "module").values
    if top is None:
        values, top = np.log10(values), np.log10(max(float(inside["expansivity"]), 10))
    ax.imshow(values, cmap="Greys", vmin=0, vmax=top, aspect="auto", interpolation="nearest")
    modules = np.arange(inside.sizes["module"])
    for index, item in enumerate(inside["item"].values):
        color, _, marker = line_look(index)
        ax.plot(
            modules,
            inside["stored"].sel(item=item).values,
            linestyle="none",
            marker=marker,
            markersize=3.5,
            markerfacecolor="none",
            markeredgecolor=color,
            markeredgewidth=0.9,
            label=f"winners of {item}",
        )
    ax.set_xlabel("Module")


def frames(rows: xr.DataArray) -> Figure:
    """Sequences of images, a row for each.

    Args:
        rows: 0/1 (source, frame, row, column), e.g. what was stored and what was recalled.
    """
    n = rows.sizes["frame"]
    with house_style():
        size = (DOUBLE_COLUMN, 0.2 + 0.62 * rows.sizes["source"])
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(rows.sizes["source"], n, squeeze=False)
        for line, name in zip(panels, rows["source"].values, strict=True):
            for ax, picture in zip(line, rows.sel(source=name).values, strict=True):
                ax.imshow(picture, cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
                ax.set(xticks=[], yticks=[])
                for spine in ax.spines.values():
                    spine.set_visible(True)
            line[0].set_ylabel(str(name), rotation=0, ha="right", va="center")
        for number, ax in enumerate(panels[0], start=1):
            ax.set_title(str(number))
    return figure
