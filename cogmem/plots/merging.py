"""What merged models still know, beside what was published: losses in cells, and in brief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import named_guide, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["merging"]

TITLES = {"own words": "Languages with own words", "shared words": "Languages share words"}
SHOWN = ("base (A, B)", "tuned on C", "tuned on D", "merged", "weights averaged")
ROLES = ("own specialist", "merged", "weights averaged", "other specialist", "base")
Nodes = Mapping[str, xr.Dataset]


def merging(nodes: Nodes, about: Mapping[str, Any]) -> Figure:
    """Six panels: losses of each model in each direction; below, by what a model is to a language.

    Args:
        nodes: `loss` (alphabet, model, direction), `sides` and `sides_language` (alphabet, role,
            side), `entropy` (alphabet, language), each with `mean`, `low` and `high`; `published`
            (model, direction) and `published_sides` (role, side) with `mean`.
        about: `n_models`, and `chance`, nats.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.7), layout="constrained")
        panels = figure.subplots(2, 3, height_ratios=(1, 1.05))
        for ax, (alphabet, title) in zip(panels[0], TITLES.items(), strict=False):
            part = nodes["loss"].sel(alphabet=alphabet, model=list(SHOWN))
            _cells(ax, part["mean"], SHOWN if ax is panels[0, 0] else [""] * len(SHOWN), 5)
            ax.set_title(title)
        _cells(panels[0, 2], nodes["published"]["mean"], _names(nodes["published"]), 2.6)
        panels[0, 2].set_title("Published (nats per byte)")
        for ax, alphabet in zip(panels[1], TITLES, strict=False):
            _sides(ax, nodes, about, alphabet)
        _published(panels[1, 2], nodes["published_sides"])
        for letter, ax in zip("ABCDEF", panels.ravel(), strict=True):
            panel_letter(ax, letter, x=-24)
        figure.supxlabel(
            f"A, B, D, E: means over {about['n_models']} sets of languages and models; colours "
            "end at 5 nats; bars: bootstrap 95 % intervals over sets.\n"
            "C, F: Kosowski et al. (2025), Table 2, one model each.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _names(part: xr.Dataset) -> list[str]:
    return [str(name) for name in part["model"].values]


def _cells(ax: Axes, loss: xr.DataArray, names: Sequence[str], most: float) -> None:
    """Losses, rounded; the darker, the better, up to `most`."""
    values = loss.transpose("model", "direction").values
    ax.imshow(values, cmap="cividis", vmin=0, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if value < 0.5 * most else "black"
        text = f"{value:.2f}" if value < 9.95 else f"{value:.1f}"
        ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=SMALL)
    ways = [str(way).replace(" to ", "\u2192\n") for way in loss["direction"].values]
    ax.set_xticks(range(len(ways)), ways, fontsize=SMALL)
    ax.set_yticks(range(len(names)), [name.replace(" on ", "\non ") for name in names])
    ax.tick_params(length=0)
    ax.axvline(2.5, color="white", linewidth=2)
    for column, word in ((1, "reading"), (4, "writing")):
        ax.annotate(
            word,
            (column, 0),
            xytext=(0, -21),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
        )
    for spine in ax.spines.values():
        spine.set_visible(False)


def _sides(ax: Axes, nodes: Nodes, about: Mapping[str, Any], alphabet: str) -> None:
    """Reading and writing of C and D, and what of writing is due to other languages."""
    loss = nodes["sides"].sel(alphabet=alphabet)
    language = nodes["sides_language"].sel(alphabet=alphabet, side="writing")
    for at, side in enumerate(("reading", "writing")):
        _points(ax, loss.sel(side=side), at, f"{side} C, D")
    if alphabet == "own words":
        _points(ax, language, 1, "writing: by words of\nother languages", face="white")
    entropy = float(nodes["entropy"].sel(alphabet=alphabet)["mean"].sel(language=["C", "D"]).mean())
    for height, text in ((about["chance"], "any of its words"), (entropy, "grammar only")):
        named_guide(ax, float(height), text, 0.5)
    _roles(ax, ROLES)
    ax.set_ylabel("Loss (nats per word)")
    top = 1.12 * max(float(loss["high"].max()), float(about["chance"]))
    ax.set_ylim(-0.03 * top, top)


def _published(ax: Axes, sides: xr.Dataset) -> None:
    sides = sides.dropna("role")
    for at, side in enumerate(("reading", "writing")):
        _points(ax, sides.sel(side=side), at, f"{side} Fr, Pt")
    _roles(ax, [role for role in ROLES if role in sides["role"]])
    ax.set_ylabel("Loss (nats per byte)")
    ax.set_ylim(-0.08, 2.8)


def _points(ax: Axes, part: xr.Dataset, at: int, label: str, face: str | None = None) -> None:
    own = part.sel(role=[role for role in ROLES if role in part["role"]])
    x = np.arange(own.sizes["role"]) + 0.14 * (at - 0.5) + (0.14 if face else 0)
    ends = [own["mean"] - own["low"], own["high"] - own["mean"]] if "low" in own else None
    look = line_look(at)
    how: dict[str, Any] = {"color": look.color, "marker": look.marker, "markersize": 3.4}
    how |= {"markerfacecolor": face or look.color, "linestyle": "none", "elinewidth": 0.8}
    ax.errorbar(x, own["mean"], ends, label=label, **how)


def _roles(ax: Axes, roles: Sequence[str]) -> None:
    ax.set_xticks(range(len(roles)), roles, rotation=28, ha="right", rotation_mode="anchor")
    ax.set_xlim(-0.5, len(roles) - 0.5)
    small_legend(ax, "upper left")
