"""Familiarity as recognition: ROCs, lists and lures, and what makes old items vary."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, note, small_legend, spread_line
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["picture_recognition"]

_BANDS = "Lines: means over macrocolumns; bands: one standard deviation over them on both sides"
_MECHANISMS = {
    "encoding": "encoding: features\nmissed at study",
    "occlusion": "occlusion at test,\nfixed denominator",
}
_MISSED = "Chance that a feature is not missed"


def picture_recognition(tree: xr.DataTree) -> Figure:
    """Six panels: lists and lures above; below, what is added so that old items vary.

    Args:
        tree: nodes as the experiment `picture_recognition` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.9), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _roc(panels[0], nodes["roc"], nodes["people_roc"])
        _zroc(panels[1], nodes)
        _lists(panels[2], nodes["lists"])
        _slope(panels[3], nodes["slope"], nodes["people_slope"])
        _sensitivity(panels[4], nodes["slope"], nodes["people_slope"])
        _repetition(panels[5], nodes["repetition"])
        figure.supxlabel(_BANDS, fontsize=SMALL)
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-24)
    return figure


# ---- lists ---------------------------------------------------------------------------------------


def _roc(ax: Axes, model: xr.Dataset, people: xr.Dataset) -> None:
    _curves(ax, model, people, "false_alarm_rate", "hit_rate")
    ax.plot([0, 1], [0, 1], **GUIDE)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="False-alarm rate", ylabel="Hit rate", aspect="equal")
    ax.set_title("ROC after 300 items")
    small_legend(ax, "lower right", "Lures share")


def _zroc(ax: Axes, nodes: dict[str, xr.Dataset]) -> None:
    _curves(ax, nodes["roc"], nodes["people_roc"], "z_false", "z_hit")
    ax.plot([-2, 2], [-2, 2], **GUIDE)
    ax.set(xlim=(-1.8, 1.2), ylim=(-0.5, 1.8))
    ax.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate")
    ax.set_title("zROC after 300 items")
    slopes = nodes["fitted"]["slope"].values
    people = float(nodes["people_slope"]["slope"].sel(quantile=0.5))
    text = f"slopes {slopes.min():.2f}\N{EN DASH}{slopes.max():.2f}\npeople, median {people:.2f}"
    note(ax, text, (0.98, 0.03), ha="right", va="bottom")


def _curves(ax: Axes, model: xr.Dataset, people: xr.Dataset, x: str, y: str) -> None:
    for number, shared in enumerate(model["shared"].values):
        one, look = model.sel(shared=shared), line_look(number)
        ax.plot(one[x], one[y], label=str(shared), zorder=3, **look._asdict())
    ax.plot(
        people[x], people[y], "o", color=PEOPLE_LINE, markersize=4, zorder=2, label="People, scenes"
    )


def _lists(ax: Axes, lists: xr.Dataset) -> None:
    for number, shared in enumerate(lists["shared"].values):
        one = lists.sel(shared=shared)
        spread_line(ax, one, "d_a", "length", line_look(number), str(shared))
    ax.axhline(0, **GUIDE)
    ax.set(xlabel="Items studied", ylabel="Sensitivity $d_a$", ylim=(-0.5, 20))
    ax.set_title("Lists and lures")
    small_legend(ax, "upper right", "Lures share")


# ---- variance ------------------------------------------------------------------------------------


def _slope(ax: Axes, slope: xr.Dataset, people: xr.Dataset) -> None:
    _mechanisms(ax, slope, people, "slope")
    ax.axhline(1, **GUIDE)
    ax.set(ylabel="Slope of the zROC", ylim=(0, 1.9))
    ax.set_title("Old items that vary")
    small_legend(ax, "upper right")


def _sensitivity(ax: Axes, slope: xr.Dataset, people: xr.Dataset) -> None:
    _mechanisms(ax, slope, people, "d_a")
    ax.set(ylabel="Sensitivity $d_a$", ylim=(0, 16))
    ax.set_title("What it costs")
    small_legend(ax, "upper right")


def _mechanisms(ax: Axes, model: xr.Dataset, people: xr.Dataset, name: str) -> None:
    """A measure by the chance that a feature is not missed, beside people's middle half."""
    low, median, high = people[name].sel(quantile=[0.25, 0.5, 0.75]).values
    band = ax.axhspan(low, high, color=PEOPLE_BAND, linewidth=0, zorder=0)
    band.set_label("people, scenes: median,\nmiddle half")
    ax.axhline(median, color=PEOPLE_LINE, linewidth=0.8, zorder=1)
    for number, mechanism in enumerate(model["mechanism"].values):
        one = model.sel(mechanism=mechanism)
        spread_line(ax, one, name, "chance", line_look(number), _MECHANISMS[str(mechanism)])
    ax.set_xlabel(_MISSED)
    ax.invert_xaxis()


def _repetition(ax: Axes, repetition: xr.Dataset) -> None:
    for number, encoded in enumerate(repetition["encoded"].values):
        one = repetition.sel(encoded=encoded)
        for name, label in (("old", str(encoded)), ("new", "_")):
            spread_line(ax, one, name, "presentations", line_look(number), label)
    note(ax, "old items", (0.98, 0.86), ha="right", va="top")
    note(ax, "new items", (0.98, 0.2), ha="right", va="top")
    ax.set(xlabel="Presentations of the list", ylabel="Mean familiarity G", ylim=(0, 1.05))
    ax.set_xticks(repetition["presentations"].values)
    ax.set_title("Repetition")
    ax.legend(loc="center", fontsize=SMALL, title="Encoded at study", title_fontsize=SMALL)
