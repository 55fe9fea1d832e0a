"""Activity of a Dragon Hatchling while a word is new, while it repeats, and when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, LineLook, house_style, line_look, panel_letter

__all__ = ["repeated_words"]

ROWS = {
    "repeated": "one word",
    "changed": "another word after the dots",
    "never repeated": "nothing repeats",
}
LESSONS = {"one word": "One word learnt", "words change": "Changing words learnt"}
WARM_UP, FIRST = "0.92", "#fde9c4"
Nodes = Mapping[str, xr.Dataset]


def repeated_words(nodes: Nodes, about: Mapping[str, Any]) -> Figure:
    """Nine panels: loss and activity by letter, by speed, while learning, and if words change.

    Args:
        nodes: `surprise` (lesson, rows, letter), `activity` (lesson, rows, kind, layer, letter),
            `buckets` (lesson, layer, bucket, letter), `ratio` (lesson, rows, kind, layer),
            `bucket_ratio` (lesson, layer, bucket), `fresh_ratio` (lesson, kind, layer), `course`
            (lesson, kind, layer, step), `dishabituation` (lesson, kind, layer), each with `mean`,
            `low` and `high`.
        about: `n_models`, `chance` (nats), `warm_up`, `word_length` and `change` (letters), and
            `published`, the least and the largest ratio.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 6.2), layout="constrained")
        panels = figure.subplots(3, 3).ravel()
        one, changing = LESSONS
        _activity(panels[0], nodes, about)
        _buckets(panels[1], nodes, about)
        _course(panels[2], nodes)
        _ratios(panels[3], nodes, about)
        _bucket_ratios(panels[4], nodes)
        _loss(panels[5], nodes, about, one)
        _novelty(panels[6], nodes, about, one)
        _novelty(panels[7], nodes, about, changing)
        _loss(panels[8], nodes, about, changing)
        for letter, ax in zip("ABCDEFGHI", panels, strict=True):
            panel_letter(ax, letter, x=-24)
        figure.supxlabel(
            f"Means over {about['n_models']} models; bands and bars: bootstrap 95 % intervals over "
            "models. Shaded: warm-up (grey) and first copy of the word (yellow).",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


# ---- by letter -----------------------------------------------------------------------------------


def _letters(ax: Axes, about: Mapping[str, Any], *, change: bool = False) -> None:
    """Backgrounds of warm-up and first word, and ticks where copies begin."""
    start, length = int(about["warm_up"]), int(about["word_length"])
    ax.axvspan(0.5, start + 0.5, color=WARM_UP, linewidth=0, zorder=0)
    ax.axvspan(start + 0.5, start + length + 0.5, color=FIRST, linewidth=0, zorder=0)
    last = start + 8 * length
    if change:
        ax.axvline(about["change"] + 0.5, color="0.3", linewidth=0.8, linestyle=(0, (1, 1.5)))
    ticks = [1, *range(start + 1, last, 2 * length)]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_xlim(0.5, last + 0.5)
    ax.set_xlabel("Letter of the period")


def _top(ax: Axes, room: float = 1.0) -> None:
    """From 0, with room above for a legend."""
    ax.set_ylim(0, room * ax.dataLim.ymax)


def _thin(look: LineLook) -> dict[str, Any]:
    return {"marker": "none", "linestyle": look.linestyle, "linewidth": 1.0}


def _activity(ax: Axes, nodes: Nodes, about: Mapping[str, Any]) -> None:
    part = nodes["activity"].sel(lesson="one word", rows="repeated", kind="y")
    for at, layer in enumerate(part["layer"].values):
        look = line_look(at)
        own = part.sel(layer=layer)
        interval_line(ax, own["letter"], own, look, f"layer {layer}", **_thin(look))
    _letters(ax, about)
    _top(ax, 1.25)
    ax.set_ylabel("Active share, $y$")
    ax.set_title(LESSONS["one word"])
    small_legend(ax, "upper right")


def _buckets(ax: Axes, nodes: Nodes, about: Mapping[str, Any]) -> None:
    part = nodes["buckets"].sel(lesson="one word").isel(layer=-1)
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.92, part.sizes["bucket"]))
    for at, colour in enumerate(colours):
        own = part.isel(bucket=at)
        ax.plot(own["letter"], own["mean"], color=colour, linewidth=0.9, label=_speed(at))
    _letters(ax, about)
    _top(ax, 1.05)
    ax.set_ylabel(f"Active share, $y$, layer {int(part['layer'])}")
    ax.set_title("Neurons by speed (letters per radian)")
    small_legend(ax, "upper right")


def _speed(bucket: int) -> str:
    return f"{4**bucket} to {4 ** (bucket + 1)}"


def _novelty(ax: Axes, nodes: Nodes, about: Mapping[str, Any], lesson: str) -> None:
    """The last layer, by what is read."""
    part = nodes["activity"].sel(lesson=lesson, kind="y").isel(layer=-1)
    _by_rows(ax, part)
    _letters(ax, about, change=True)
    _top(ax, 1.25)
    ax.set_ylabel(f"Active share, $y$, layer {int(part['layer'])}")
    ax.set_title(LESSONS[lesson])


def _loss(ax: Axes, nodes: Nodes, about: Mapping[str, Any], lesson: str) -> None:
    part = nodes["surprise"].sel(lesson=lesson)
    _by_rows(ax, part.sel(letter=slice(None, 77)))
    ax.axhline(about["chance"], **GUIDE)
    _written(ax, "chance", 0.02, about["chance"] + 0.05, ha="left", va="bottom")
    _letters(ax, about, change=True)
    ax.set_ylabel("Loss at the letter (nats)")
    ax.set_title(LESSONS[lesson])
    _top(ax, 1.35)


def _by_rows(ax: Axes, part: xr.Dataset) -> None:
    for at, (name, label) in enumerate(ROWS.items()):
        look, own = line_look(at), part.sel(rows=name)
        interval_line(ax, own["letter"], own, look, label, **_thin(look))
    small_legend(ax, "upper right")


# ---- in brief ------------------------------------------------------------------------------------


def _course(ax: Axes, nodes: Nodes) -> None:
    """x (open marks) and y while one word is learnt."""
    part = nodes["course"].sel(lesson="one word")
    for at, layer in enumerate(part["layer"].values):
        look = line_look(at)
        for kind, how in (("x", {"markerfacecolor": "white"}), ("y", {})):
            own = part.sel(layer=layer, kind=kind)
            label = f"layer {layer}" if kind == "y" else "_nolegend_"
            interval_line(ax, own["step"], own, look, label, markevery=4, **how)
    ax.set_xlabel("Step of learning")
    ax.set_ylabel("Active share")
    ax.set_ylim(0, 0.75)
    ax.set_title("Open: $x$; filled: $y$")
    small_legend(ax, "upper right")


def _ratios(ax: Axes, nodes: Nodes, about: Mapping[str, Any]) -> None:
    """Activity at the first word over that at copies 3 to 8."""
    ratio = nodes["ratio"].sel(rows="repeated", kind="y")
    shown = [(LESSONS[name].lower(), ratio.sel(lesson=name)) for name in LESSONS]
    shown.append(("not trained", nodes["fresh_ratio"].sel(lesson="one word", kind="y")))
    ax.axhspan(*about["published"], color="0.88", linewidth=0, zorder=0)
    text = "published: layer 2, 65,536 neurons"
    _written(ax, text, 0.02, about["published"][0] + 0.03, ha="left", va="bottom")
    for at, (label, part) in enumerate(shown):
        _points(ax, part, at, label)
    risen = nodes["dishabituation"].sel(lesson="words change", kind="y")
    _points(ax, risen, 1, "changing: another / same word", shift=2, markerfacecolor="white")
    ax.axhline(1, **GUIDE)
    ax.set_xticks(ratio["layer"].values)
    ax.set_xlabel("Layer")
    ax.set_ylabel("First word / copies 3 to 8, $y$")
    ax.set_ylim(0.7, 3.2)
    small_legend(ax, "upper left")


def _points(ax: Axes, part: xr.Dataset, at: int, label: str, shift: int = 0, **how: Any) -> None:
    """Means and intervals by layer."""
    look = line_look(at)
    x = part["layer"].values + 0.12 * (at + shift - 1.5)
    ends = [part["mean"] - part["low"], part["high"] - part["mean"]]
    own: dict[str, Any] = {"color": look.color, "marker": look.marker, "linestyle": "none"}
    ax.errorbar(x, part["mean"], ends, label=label, elinewidth=0.8, **own | how)


def _written(ax: Axes, text: str, x: float, y: float, **how: Any) -> None:
    """Small grey text at a fraction of the panel's width and at a height of the data."""
    where = ("axes fraction", "data")
    ax.annotate(text, (x, y), xycoords=where, fontsize=SMALL, color="0.35", **how)


def _bucket_ratios(ax: Axes, nodes: Nodes) -> None:
    part = nodes["bucket_ratio"].sel(lesson="one word")
    for at, layer in enumerate(part["layer"].values):
        own = part.sel(layer=layer)
        interval_line(ax, own["bucket"], own, line_look(at), f"layer {layer}")
    ax.axhline(1, **GUIDE)
    ticks = part["bucket"].values
    ax.set_xticks(ticks, [f"$4^{{{at}}}$" for at in ticks])
    ax.set_xlabel("Letters per radian, from")
    ax.set_ylabel("First word / copies 3 to 8, $y$")
    ax.set_ylim(bottom=0)
    ax.set_title(LESSONS["one word"])
    small_legend(ax, "lower right")
