"""Familiarity as recognition: ROCs, lists, sets of pictures, age, and what makes old items vary."""

from __future__ import annotations

from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["picture_recognition"]

_GUIDE: dict[str, Any] = {"color": "0.5", "linewidth": 0.6, "linestyle": (0, (4, 2)), "zorder": 1}
_MECHANISMS = {
    "encoding": "encoding: features\nmissed at study",
    "occlusion": "occlusion at test,\nfixed denominator",
}
_MISSED = "Chance that a feature is not missed"


def picture_recognition(tree: xr.DataTree) -> Figure:
    """Nine panels: lists above, pictures and age, and what is added so that old items vary.

    Args:
        tree: nodes as the experiment `picture_recognition` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 7.6), layout="constrained")
        panels = figure.subplots(3, 3).ravel()
        _roc(panels[0], nodes["roc"], nodes["people_roc"])
        _zroc(panels[1], nodes)
        _lists(panels[2], nodes["lists"])
        _sets(panels[3], nodes["sets"], nodes["people_sets"])
        _age(panels[4], nodes["age"])
        _slope(panels[5], nodes["slope"], nodes["people_slope"])
        _occlusion(panels[6], nodes["occlusion"])
        _repetition(panels[7], nodes["repetition"])
        _sensitivity(panels[8], nodes["slope"], nodes["people_slope"])
        for letter, ax in zip("ABCDEFGHI", panels, strict=True):
            panel_letter(ax, letter, x=-24)
        handles, labels = panels[3].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=3,
            fontsize=SMALL,
            title="D, sets of pictures (mac: macrocolumn). "
            "Bands, all panels: one standard deviation over macrocolumns or memories on both sides",
            title_fontsize=SMALL,
        )
    return figure


def _line(ax: Axes, values: xr.Dataset, name: str, along: str, look: LineLook, label: str) -> None:
    """A mean over macrocolumns, and a band of one standard deviation on both sides."""
    x, mean, spread = values[along].values, values[name].values, values[f"{name}_sd"].values
    ax.fill_between(
        x, mean - spread, mean + spread, color=look.color, alpha=0.2, linewidth=0, zorder=2
    )
    (line,) = ax.plot(x, mean, label=label, zorder=3, **look._asdict())
    line.set_clip_on(False)


def _legend(ax: Axes, where: Any, title: str | None = None) -> None:
    """A small legend at a corner, or at the fractions of the panel of its lower left one."""
    how: dict[str, Any] = {"loc": where, "fontsize": SMALL, "title_fontsize": SMALL}
    if not isinstance(where, str):
        how |= {"loc": "lower left", "bbox_to_anchor": where}
    how |= {"handlelength": 2.2, "labelspacing": 0.3, "borderaxespad": 0.2, "alignment": "left"}
    ax.legend(title=title, **how)


# ---- lists ---------------------------------------------------------------------------------------


def _roc(ax: Axes, model: xr.Dataset, people: xr.Dataset) -> None:
    _curves(ax, model, people, "false_alarm_rate", "hit_rate")
    ax.plot([0, 1], [0, 1], **_GUIDE)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="False-alarm rate", ylabel="Hit rate", aspect="equal")
    ax.set_title("ROC after 300 items")
    _legend(ax, "lower right", "Lures share")


def _zroc(ax: Axes, nodes: dict[str, xr.Dataset]) -> None:
    _curves(ax, nodes["roc"], nodes["people_roc"], "z_false", "z_hit")
    ax.plot([-2, 2], [-2, 2], **_GUIDE)
    ax.set(xlim=(-1.8, 1.2), ylim=(-0.5, 1.8))
    ax.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate")
    ax.set_title("zROC after 300 items")
    slopes = nodes["fitted"]["slope"].values
    people = float(nodes["people_slope"]["slope"].sel(quantile=0.5))
    text = f"slopes {slopes.min():.2f}\N{EN DASH}{slopes.max():.2f}\npeople, median {people:.2f}"
    _note(ax, text, (0.98, 0.03), ha="right", va="bottom")


def _note(ax: Axes, text: str, where: tuple[float, float], **how: Any) -> None:
    """Small text at a place in fractions of the panel."""
    ax.annotate(text, where, xycoords="axes fraction", fontsize=SMALL, **how)


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
        _line(ax, one, "d_a", "length", line_look(number), str(shared))
    ax.axhline(0, **_GUIDE)
    ax.set(xlabel="Items studied", ylabel="Sensitivity $d_a$", ylim=(-0.5, 20))
    ax.set_title("Lists and lures")
    _legend(ax, "upper right", "Lures share")


# ---- pictures ------------------------------------------------------------------------------------


def _sets(ax: Axes, sets: xr.Dataset, people: xr.Dataset) -> None:
    for number, memory in enumerate(sets["memory"].values):
        one = sets.sel(memory=memory).dropna("pictures")
        _line(ax, one, "choice", "pictures", line_look(number), str(memory))
    ax.plot(
        people["pictures"],
        people["value"],
        "D",
        color=PEOPLE_LINE,
        markerfacecolor="white",
        markersize=3.5,
        label="People, as quoted; not read at the sources",
        zorder=4,
    )
    _choices(ax)
    ax.set(xlabel="Pictures studied", xscale="log", xlim=(45, 14_000))
    ax.set_xticks([100, 612, 2560, 10_000], ["100", "612", "2560", "10000"])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_title("Sets of pictures")


def _choices(ax: Axes) -> None:
    ax.axhline(0.5, **_GUIDE)
    ax.axhline(1, **_GUIDE)
    ax.set(ylim=(0.45, 1.02), ylabel="Correct in choices of two")


def _age(ax: Axes, age: xr.Dataset) -> None:
    labels = {"old": "G of old items", "new": "G of new items", "choice": "choices of two"}
    for number, (name, label) in enumerate(labels.items()):
        look = line_look(number)
        how: dict[str, Any] = {
            "color": look.color,
            "linestyle": look.linestyle,
            "drawstyle": "steps-post",
        }
        ax.plot(age["age"], age[name], label=label, zorder=3, **how)
    ax.axhline(0.5, **_GUIDE)
    ax.set(xlabel="Age (steps of learning)", ylabel="G, or proportion correct", ylim=(-0.02, 1.05))
    ax.set_xticks([0, 2000, 4000])
    ax.set_title("Decay in steps")
    _legend(ax, (0.0, 0.12))


# ---- variance ------------------------------------------------------------------------------------


def _slope(ax: Axes, slope: xr.Dataset, people: xr.Dataset) -> None:
    _mechanisms(ax, slope, people, "slope")
    ax.axhline(1, **_GUIDE)
    ax.set(ylabel="Slope of the zROC", ylim=(0, 1.9))
    ax.set_title("Old items that vary")
    _legend(ax, "upper right")


def _sensitivity(ax: Axes, slope: xr.Dataset, people: xr.Dataset) -> None:
    _mechanisms(ax, slope, people, "d_a")
    ax.set(ylabel="Sensitivity $d_a$", ylim=(0, 16))
    ax.set_title("What it costs")
    _legend(ax, "upper right")


def _mechanisms(ax: Axes, model: xr.Dataset, people: xr.Dataset, name: str) -> None:
    """A measure by the chance that a feature is not missed, beside people's middle half."""
    low, median, high = people[name].sel(quantile=[0.25, 0.5, 0.75]).values
    band = ax.axhspan(low, high, color=PEOPLE_BAND, linewidth=0, zorder=0)
    band.set_label("people, scenes: median,\nmiddle half")
    ax.axhline(median, color=PEOPLE_LINE, linewidth=0.8, zorder=1)
    for number, mechanism in enumerate(model["mechanism"].values):
        one = model.sel(mechanism=mechanism)
        _line(ax, one, name, "chance", line_look(number), _MECHANISMS[str(mechanism)])
    ax.set_xlabel(_MISSED)
    ax.invert_xaxis()


def _occlusion(ax: Axes, occlusion: xr.Dataset) -> None:
    for number, normaliser in enumerate(occlusion["normaliser"].values):
        one = occlusion.sel(normaliser=normaliser)
        label = {"active": "G, over those on", "pi": "G, fixed denominator"}[str(normaliser)]
        _line(ax, one, "familiarity", "kept", line_look(number), label)
    _line(ax, one, "code", "kept", line_look(2), "code recovered (both)")
    ax.set(xlabel="Features kept, of 12", ylabel="G, or share of the code", ylim=(-0.02, 1.05))
    ax.set_xticks([3, 6, 9, 12])
    ax.invert_xaxis()
    ax.set_title("Occlusion")
    _legend(ax, "lower left")


def _repetition(ax: Axes, repetition: xr.Dataset) -> None:
    for number, encoded in enumerate(repetition["encoded"].values):
        one = repetition.sel(encoded=encoded)
        for name, label in (("old", str(encoded)), ("new", "_")):
            _line(ax, one, name, "presentations", line_look(number), label)
    _note(ax, "old items", (0.98, 0.86), ha="right", va="top")
    _note(ax, "new items", (0.98, 0.2), ha="right", va="top")
    ax.set(xlabel="Presentations of the list", ylabel="Mean familiarity G", ylim=(0, 1.05))
    ax.set_xticks(repetition["presentations"].values)
    ax.set_title("Repetition")
    ax.legend(loc="center", fontsize=SMALL, title="Encoded at study", title_fontsize=SMALL)
