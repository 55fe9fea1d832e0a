"""Triples recognised as of a scene: ROCs by kind of foil, learning, and recall by cue."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line, note, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["triple_recognition"]

_NOTE = (
    "Bands and bars: 95 % bootstrap intervals of the mean over {} worlds, each with weights of its "
    "own; people: means, bar in C over people (Schwartz et al., 2005).\nPeople rated single "
    "pictures, the model triples. Dotted in C: the value that Mickes et al. (2007) are quoted for, "
    "not read at its source. E, F: no human data."
)
_WHO = {"Tensor Brain": line_look(0), "perfect memory": line_look(6)}


def triple_recognition(tree: xr.DataTree) -> Figure:
    """Six panels.

    Args:
        tree: nodes as the experiment `triple_recognition` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.0), layout=layout)
        panels = figure.subplots(2, 3).ravel()
        _roc(panels[0], nodes)
        _zroc(panels[1], nodes)
        _slopes(panels[2], nodes, tree.attrs["quoted_slope"])
        _learning(panels[3], nodes["learning"])
        _probability(panels[4], nodes["recall"].sel(measure="probability"), tree.attrs["chance"])
        _bits(panels[5], nodes["recall"].sel(measure="bits"))
        for ax, letter in zip(panels, "ABCDEF", strict=True):
            panel_letter(ax, letter, x=-24)
        handles, labels = panels[0].get_legend_handles_labels()
        named = [name if name.startswith("people") else f"foils: {name}" for name in labels]
        figure.legend(handles, named, loc="outside upper center", ncols=4)
        text = _NOTE.format(tree.attrs["n_worlds"])
        figure.supxlabel(text, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


# ---- recognition ---------------------------------------------------------------------------------


def _roc(ax: Axes, nodes: dict[str, xr.Dataset]) -> None:
    _curves(ax, nodes, "false_alarm_rate", "hit_rate")
    ax.plot([0, 1], [0, 1], **GUIDE)
    ax.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="False-alarm rate", ylabel="Hit rate")
    ax.set(aspect="equal", title="ROC")


def _zroc(ax: Axes, nodes: dict[str, xr.Dataset]) -> None:
    _curves(ax, nodes, "z_false", "z_hit")
    ends = np.array(ax.get_xlim())
    ax.plot(ends, ends, scaley=False, scalex=False, **GUIDE)
    ax.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate", title="zROC")
    fitted = nodes["fitted"]["mean"]
    d_prime = fitted.sel(measure="d_prime")
    lines = [f"{foil} {float(d_prime.sel(foil=foil)):.2f}" for foil in d_prime["foil"].values[::-1]]
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.35 * (high - low))  # room for the note
    note(ax, "\n".join(["$d'$ at evidence 0:", *lines]), (0.02, 0.99), ha="left", va="top")


def _curves(ax: Axes, nodes: dict[str, xr.Dataset], x: str, y: str) -> None:
    roc, people = nodes["roc"], nodes["people_roc"]
    for number, foil in enumerate(roc["foil"].values):
        one = roc.sel(foil=foil)
        across, up = one.sel(rate=x), one.sel(rate=y)
        look = line_look(number)
        bars = [
            np.abs(np.stack([each["low"], each["high"]]) - each["mean"].values)
            for each in (across, up)
        ]
        ax.errorbar(
            across["mean"],
            up["mean"],
            xerr=bars[0],
            yerr=bars[1],
            label=str(foil),
            elinewidth=0.6,
            zorder=3,
            **look._asdict(),
        )
    how: dict[str, Any] = {"color": PEOPLE_LINE, "markersize": 4, "zorder": 2}
    ax.plot(people[x], people[y], "o", label="people, pictures", **how)


def _slopes(ax: Axes, nodes: dict[str, xr.Dataset], quoted: float) -> None:
    """Slope of the zROC by foil, beside people's."""
    slopes, people = nodes["fitted"].sel(measure="slope"), nodes["people_slope"]
    n = slopes.sizes["foil"]
    for number in range(n):
        _point(ax, number, slopes.isel(foil=number), **line_look(number)._asdict())
    _point(ax, n, people, color=PEOPLE_LINE, marker="o")
    ax.axhline(1, **GUIDE)
    ax.axhline(quoted, color=PEOPLE_LINE, linewidth=0.8, linestyle=":", zorder=0)
    ax.annotate(f"quoted: {quoted:.2f}", (-0.45, quoted - 0.02), fontsize=SMALL, va="top")
    names = [str(foil).replace("-", "-\n") for foil in slopes["foil"].values]
    ax.set_xticks(range(n + 1), [*names, "people,\npictures"])
    ax.set(ylabel="Slope of the zROC", ylim=(0, None), xlim=(-0.5, n + 0.5))
    ax.set_title("Slope (below 1: targets vary more)")


def _point(ax: Axes, x: float, part: xr.Dataset, **how: Any) -> None:
    mean = float(part["mean"])
    ends = [[mean - float(part["low"])], [float(part["high"]) - mean]]
    ax.errorbar([x], [mean], yerr=ends, elinewidth=1, **({"markersize": 4} | how))


def _learning(ax: Axes, learning: xr.Dataset) -> None:
    for number, foil in enumerate(learning["foil"].values):
        one = learning.sel(foil=foil)
        interval_line(ax, one["step"], one, line_look(number), str(foil))
    ax.axhline(0.5, **GUIDE)
    ax.set(xlabel="Steps of learning", ylabel="Area under the ROC", ylim=(0.45, 1.01))
    ax.set_title("Learning")


# ---- recall --------------------------------------------------------------------------------------


def _probability(ax: Axes, recall: xr.Dataset, chance: float) -> None:
    _by_cue(ax, recall)
    ax.axhline(chance, **GUIDE)
    ax.annotate(
        f"chance, 1/{1 / chance:.0f}",
        (0.99, chance),
        xycoords=("axes fraction", "data"),
        xytext=(0, -2),
        textcoords="offset points",
        fontsize=SMALL,
        ha="right",
        va="top",
    )
    ax.set(yscale="log", ylim=(chance / 2, 1.2), ylabel="Probability of the studied object")
    ax.set_title("Cued recall")
    small_legend(ax, "upper left")


def _bits(ax: Axes, recall: xr.Dataset) -> None:
    _by_cue(ax, recall)
    ax.axhline(0, **GUIDE)
    ax.set(ylabel="Information (bits)", title="What a cue tells of the object")
    small_legend(ax, "upper left")


def _by_cue(ax: Axes, recall: xr.Dataset) -> None:
    x = np.arange(recall.sizes["cue"])
    for place, (who, look) in enumerate(_WHO.items()):
        one = recall.sel(who=who)
        mean = one["mean"].values
        ends = np.abs(np.stack([one["low"], one["high"]]) - mean)
        ax.errorbar(
            x + 0.1 * (place - 0.5), mean, yerr=ends, label=who, elinewidth=1, **look._asdict()
        )
    ax.set_xticks(x, [str(cue).replace(" and ", "\nand ") for cue in recall["cue"].values])
    ax.set_xlabel("Cue")
