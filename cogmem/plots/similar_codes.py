"""Codes of similar inputs: a ladder, random items, broken controls, graded likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import interval_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["similar_codes"]

_TITLES = (
    "Ladder: two images stored",
    "Default, learning draw",
    "Smooth, learning draw",
    "Default, hard maximum",
    "Broken code selection",
    "Graded likelihood",
)
_SHARED = "Features shared with a stored item"


def similar_codes(nodes: Mapping[str, xr.Dataset], n_cells: int = 16, n_ladder: int = 8) -> Figure:
    """Six panels of code similarity against input similarity.

    Args:
        nodes: `ladder`, `probes`, `familiarity`, `controls`, `accuracy`, `distinct`, `graded` and
            `spearman`, as the experiment `similar_codes` makes them.
        n_cells: cells of a module; chance is one over them.
        n_ladder: the same in the ladder.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 0.75 * DOUBLE_COLUMN), layout=layout)
        panels = figure.subplots(2, 3).ravel()
        _ladder(panels[0], nodes["ladder"])
        drawn, best = (nodes["probes"].sel(retrieval=r) for r in ("learning draw", "hard maximum"))
        _stored(panels[1], drawn.sel(code="default"))
        _stored(panels[2], drawn.sel(code="smooth"))
        _stored(panels[3], best.sel(code="default"))
        _controls(panels[4], nodes)
        _graded(panels[5], nodes)
        _note(panels[3])
        for ax, letter, title in zip(panels, "ABCDEF", _TITLES, strict=True):
            panel_letter(ax, letter, x=-26)
            _finish(ax, n_ladder if ax is panels[0] else n_cells, title)
    return figure


def _finish(ax: Axes, n_cells: int, title: str) -> None:
    """Chance, ceiling, limits and names of the axes."""
    ax.axhline(1, color="0.5", linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    ax.axhline(1 / n_cells, color="0.5", linewidth=0.6, linestyle=(0, (4, 2)), zorder=0)
    ax.annotate(
        f"chance 1/{n_cells}",
        (0.99, 1 / n_cells),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=SMALL,
        color="0.35",
    )
    ax.set(ylim=(-0.04, 1.05), title=title, ylabel="Code similarity")
    ax.set_yticks(np.arange(0, 1.01, 0.25))


def _note(ax: Axes) -> None:
    """What the bands are, in the room beside the legends of the lower row."""
    ax.annotate(
        "Code similarity: share of modules with\nthe same winner. Bands, mostly narrower\n"
        "than the lines: 95 % bootstrap intervals\nof the mean over macrocolumns.",
        (0, -0.24),
        xycoords="axes fraction",
        va="top",
        fontsize=SMALL,
    )


def _ladder(ax: Axes, ladder: xr.Dataset) -> None:
    image = ladder["image"].values
    for number, code in enumerate(ladder["code"].values):
        interval_line(ax, image, ladder.sel(code=code), line_look(number), str(code))
    ax.set(xlabel="Image k (12 \N{MINUS SIGN} k pixels of image 0)")
    ax.set_ylabel("Code similarity")
    ax.set_xticks(np.arange(0, len(image), 6))
    ax.legend(loc="upper right")


def _stored(ax: Axes, probes: xr.Dataset) -> None:
    """One line for each number of stored items."""
    for number, n in enumerate(probes["n_stored"].values):
        interval_line(
            ax, probes["shared"].values, probes.sel(n_stored=n), line_look(number), str(n)
        )
    _shared_axis(ax)
    ax.legend(title="Items stored", loc=_free(probes))


def _free(probes: xr.Dataset) -> Literal["upper left", "center right"]:
    """Where the lines leave room: above those that rise late, else below."""
    return "upper left" if probes["mean"].sel(shared=4).max() < 0.5 else "center right"


def _controls(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    controls = nodes["controls"]
    for number, code in enumerate(controls["code"].values):
        accuracy, distinct = (
            float(nodes[name]["mean"].sel(code=code)) for name in ("accuracy", "distinct")
        )
        text = f"{code}: {accuracy:.3f}, {distinct:.0f}"
        interval_line(
            ax, controls["shared"].values, controls.sel(code=code), line_look(number), text
        )
    _shared_axis(ax)
    _below(ax, "Accuracy, distinct codes (of 25 items)")


def _graded(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    graded, spearman = nodes["graded"], nodes["spearman"]["mean"]
    looks = iter(map(line_look, range(4)))
    for code in graded["code"].values:
        for retrieval in graded["retrieval"].values:
            where: dict[str, Any] = {"code": code, "retrieval": retrieval}
            text = f"{code}, {retrieval}: {float(spearman.sel(where)):.2f}"
            interval_line(ax, graded["shared"].values, graded.sel(where), next(looks), text)
    _shared_axis(ax)
    ax.set_xlabel("Features shared with the new item")
    _below(ax, "Spearman correlation")


def _below(ax: Axes, title: str) -> None:
    """A legend under the panel: inside, there is no room for it."""
    ax.legend(
        title=title,
        loc="upper center",
        bbox_to_anchor=(0.45, -0.2),
        fontsize=SMALL,
        title_fontsize=SMALL,
        alignment="left",
    )


def _shared_axis(ax: Axes) -> None:
    ax.set_xlabel(_SHARED)
    ax.set_xticks(np.arange(0, 13, 3))
    ax.set_xlim(-0.5, 12.5)
