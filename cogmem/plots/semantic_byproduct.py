"""What categories leave in codes: similarity matrices, gains, matched pairs and familiarity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import interval_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["semantic_byproduct"]

_LETTERS = "ABCDEFGH"


def semantic_byproduct(
    nodes: Mapping[str, xr.Dataset], n_cells: int = 16, n_variants: int = 4
) -> Figure:
    """Matrices of one macrocolumn above; below, means over macrocolumns.

    Args:
        nodes: `pictures`, `gain`, `matched` and `familiarity`, as the experiment
            `semantic_byproduct` makes them.
        n_cells: cells of a module; chance is one over them.
        n_variants: stored items of each category.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.72 * DOUBLE_COLUMN), layout=layout)
        panels = figure.subplots(2, 4)
        _matrices(figure, panels[0], nodes["pictures"], n_variants)
        _gains(panels[1, 0], nodes["gain"])
        _matched(panels[1, 1], nodes["matched"].sel(code="smooth"), n_cells)
        for ax, code in zip(panels[1, 2:], ("default", "random codes"), strict=True):
            _familiarity(ax, nodes["familiarity"].sel(code=code))
            ax.set_title(code.capitalize())
        note = "Bands: 95 % bootstrap intervals of the mean over macrocolumns"
        figure.supxlabel(note, fontsize=SMALL)
        for ax, letter in zip(panels.ravel(), _LETTERS, strict=True):
            panel_letter(ax, letter, x=-18)
    return figure


def _matrices(figure: Figure, row: np.ndarray, pictures: xr.Dataset, n_variants: int) -> None:
    """Items in order of their categories; white lines part the categories."""
    n_items = pictures.sizes["item"]
    for ax, source in zip(row, pictures["source"].values, strict=True):
        image = ax.imshow(pictures["similarity"].sel(source=source), vmin=0, vmax=1, cmap="viridis")
        for edge in np.arange(n_variants, n_items, n_variants) - 0.5:
            width = 1.0 if (edge + 0.5) % (2 * n_variants) == 0 else 0.4
            ax.axhline(edge, color="white", linewidth=width)
            ax.axvline(edge, color="white", linewidth=width)
        ax.set_xticks([0, n_items - 1], ["1", str(n_items)])
        ax.set_yticks([0, n_items - 1], ["1", str(n_items)])
        ax.set(title="Inputs" if source == "input" else _named(str(source)), xlabel="Item")
    row[0].set_ylabel("Item, by category")
    figure.colorbar(image, ax=list(row), label="Similarity", shrink=0.75, aspect=18, pad=0.01)


def _named(code: str) -> str:
    return code.capitalize() if code.endswith("codes") else f"Codes: {code}"


def _gains(ax: Axes, gain: xr.Dataset) -> None:
    """What a category adds to the similarity of codes, against what it adds to that of inputs."""
    x = gain["mean"].sel(source="input").values
    ax.plot([0, 1], [0, 1], color="0.5", linewidth=0.6, linestyle=(0, (4, 2)), label="as the input")
    for number, source in enumerate(s for s in gain["source"].values if s != "input"):
        interval_line(ax, x, gain.sel(source=source), line_look(number), str(source))
    ax.set(xlim=(0, 1), ylim=(-0.05, 1), title="By-product")
    ax.set(
        xlabel="Inputs: within \N{MINUS SIGN} between",
        ylabel="Codes: within \N{MINUS SIGN} between",
    )
    _below(ax)


def _matched(ax: Axes, matched: xr.Dataset, n_cells: int) -> None:
    """Pairs of one category beside other pairs with as many features in common."""
    for number, relation in enumerate(matched["relation"].values):
        one = matched.sel(relation=relation)
        interval_line(ax, one["shared"].values, one, line_look(number), relation)
    ax.axhline(
        1 / n_cells, color="0.5", linewidth=0.6, linestyle=(0, (4, 2)), label=f"chance, 1/{n_cells}"
    )
    ax.set(xlabel="Features in common", ylabel="Code similarity", ylim=(-0.05, 1.05))
    ax.set_xticks(np.arange(0, 13, 3))
    ax.set_title("Pairs of items: smooth")
    _below(ax)


def _familiarity(ax: Axes, familiarity: xr.Dataset) -> None:
    for number, probe in enumerate(familiarity["probe"].values):
        one = familiarity.sel(probe=probe)
        interval_line(ax, one["kept"].values, one, line_look(number), str(probe))
    ax.set(xlabel="Prototype's features kept", ylabel="Familiarity G", ylim=(-0.05, 1.05))
    ax.set_xticks(np.arange(1, 12, 2))
    _below(ax)


def _below(ax: Axes) -> None:
    """A legend under the panel: inside, there is no room for it."""
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.22), fontsize=SMALL)
