"""Transfer and retroaction by the similarity of stimuli and responses, and their signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

from cogmem.plots.lines import GUIDE, interval_line, legend_below
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["transfer_surface"]

_LOOKS = {"plain": line_look(1), "fitted": line_look(2), "HLOP": line_look(0)}
_DASHES: dict[str, dict[str, Any]] = {
    "unrelated": {"linestyle": "-"},
    "identical": {"linestyle": (0, (1, 1)), "mfc": "white"},
}
_SIGNS = {1.0: "+", 0.0: "0", -1.0: "\N{MINUS SIGN}"}
_SHADES = {1.0: "#a8cbe6", 0.0: "#eeeeee", -1.0: "#f3c9a8"}
_NOTE = (
    "Bands: 95 % bootstrap intervals of the mean over learners; in the model's signs, 0 is an "
    "interval that includes 0.\nTransfer and retroaction are against D-C (similarity 0, unrelated "
    "responses). * As textbooks state the surface, quoted from memory and never checked."
)


def transfer_surface(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Five panels.

    Args:
        nodes: `ri`, `trials`, `transfer`, `retroaction` and `signs`, as the experiment of this name
            makes them.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.4), layout=layout)
        grid = figure.add_gridspec(2, 6, height_ratios=(1, 1))
        places = (grid[0, 0:2], grid[0, 2:4], grid[0, 4:6], grid[1, 0:2], grid[1, 2:6])
        panels = [figure.add_subplot(place) for place in places]
        _curves(panels[0], 100 * nodes["ri"], ["unrelated"], "RI after 20 trials (%)")
        _curves(panels[1], nodes["trials"], ["unrelated"], "Trials to learn the second list")
        both = list(_DASHES)
        _curves(panels[2], 100 * nodes["transfer"], both, "Trials saved against D-C (%)")
        _curves(panels[3], 100 * nodes["retroaction"], both, "RI spared against D-C (points)")
        panels[0].set_ylim(-4, 104)
        panels[1].set_ylim(bottom=0)
        for ax in panels[2:4]:
            ax.axhline(0, **GUIDE)
        _signs(panels[4], nodes["signs"])
        titles = ("Old list", "New list", "Transfer", "Retroaction", "Signs")
        for ax, letter, title in zip(panels, "ABCDE", titles, strict=True):
            panel_letter(ax, letter, x=-24)
            ax.set_title(title)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _curves(ax: Axes, part: xr.Dataset, responses: list[str], label: str) -> None:
    """A measure over the similarity of stimuli."""
    x = part["similarity"].values
    for kind in responses:
        for name, look in _LOOKS.items():
            one = part.sel(network=name, responses=kind)
            more = "" if len(responses) == 1 else f", {'new' if kind == 'unrelated' else 'same'}"
            interval_line(ax, x, one, look, name + more, **_DASHES[kind])
    ax.set_xticks(x, [f"{s:g}".removeprefix("0") or "0" for s in x])
    ax.set_xlabel("Similarity of stimuli (cosine)")
    ax.set_ylabel(label)
    legend_below(ax, 3 if len(responses) == 1 else 2)


def _signs(ax: Axes, signs: xr.Dataset) -> None:
    """Osgood's signs, and for each network that of transfer and of retroaction."""
    networks = [str(name) for name in signs["who"].values[1:]]
    columns = [("Osgood", "transfer"), *((n, of) for of in signs["of"].values for n in networks)]
    names = ["Osgood*", *(f"{network}\n{of}" for network, of in columns[1:])]
    for row, pair in enumerate(signs["pair"].values):
        for column, (who, of) in enumerate(columns):
            sign = float(signs["sign"].sel(pair=pair, who=who, of=of))
            box = Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, color=_SHADES[sign])
            box.set_linewidth(0)
            ax.add_patch(box)
            ax.text(column, row, _SIGNS[sign], ha="center", va="center", fontsize=9)
    labels = [
        str(pair).replace(", ", " stimuli,\n") + " responses" for pair in signs["pair"].values
    ]
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(labels) - 0.5, -0.5))
    ax.set_xticks(np.arange(len(columns)), names, fontsize=SMALL)
    ax.set_yticks(np.arange(len(labels)), labels, fontsize=SMALL)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
