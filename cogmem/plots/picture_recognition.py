"""Familiarity as recognition: ROCs, lists, sets of pictures, age, and what makes old items vary."""

from __future__ import annotations

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

_GUIDE = {"color": "0.5", "linewidth": 0.6, "linestyle": (0, (4, 2)), "zorder": 1}
_MECHANISMS = {
    "encoding": "encoding: features\nmissed at study",
    "occlusion": "occlusion at test,\nfixed denominator",
}
_SAID = {"bound": "value quoted,\nnot checked at its source"}


def picture_recognition(tree: xr.DataTree) -> Figure:
    """Nine panels, of which the last is the legend of the set sizes.

    Args:
        tree: nodes as the experiment `picture_recognition` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 8.2), layout="constrained")
        panels = figure.subplots(3, 3).ravel()
        _roc(panels[0], nodes["roc"], nodes["people_roc"])
        _zroc(panels[1], nodes["roc"], nodes["people_roc"])
        _lists(panels[2], nodes["lists"])
        _sets(panels[3], nodes["sets"], nodes["people_sets"])
        _age(panels[4], nodes["age"])
        _slope(panels[5], nodes["slope"], nodes["people_slope"])
        _occlusion(panels[6], nodes["occlusion"])
        _repetition(panels[7], nodes["repetition"])
        _sensitivity(panels[8], nodes["slope"])
        for letter, ax in zip("ABCDEFGHI", panels, strict=True):
            panel_letter(ax, letter, x=-24)
    return figure


def _line(ax: Axes, values: xr.Dataset, name: str, along: str, look: LineLook, label: str) -> None:
    """A mean over macrocolumns, and a band of one standard deviation on both sides."""
    x, mean, spread = values[along].values, values[name].values, values[f"{name}_sd"].values
    ax.fill_between(
        x, mean - spread, mean + spread, color=look.color, alpha=0.2, linewidth=0, zorder=2
    )
    (line,) = ax.plot(x, mean, label=label, zorder=3, **look._asdict())
    line.set_clip_on(False)


def _legend(ax: Axes, where: str, title: str | None = None) -> None:
    ax.legend(
        loc=where,
        fontsize=SMALL,
        title=title,
        title_fontsize=SMALL,
        alignment="left",
        handlelength=2.2,
        labelspacing=0.3,
        borderaxespad=0.2,
    )


# ---- lists ---------------------------------------------------------------------------------------


def _roc(ax: Axes, model: xr.Dataset, people: xr.Dataset) -> None:
    _curves(ax, model, people, "false_alarm_rate", "hit_rate")
    ax.plot([0, 1], [0, 1], **_GUIDE)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="False-alarm rate", ylabel="Hit rate", aspect="equal")
    ax.set_title("300 items studied")
    _legend(ax, "lower right", "Lures share")


def _zroc(ax: Axes, model: xr.Dataset, people: xr.Dataset) -> None:
    _curves(ax, model, people, "z_false", "z_hit")
    ax.plot([-2, 2], [-2, 2], **_GUIDE)
    ax.set(xlim=(-1.8, 1.2), ylim=(-0.5, 1.8))
    ax.set(xlabel="z of the false-alarm rate", ylabel="z of the hit rate")
    ax.set_title("300 items studied")


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
        _line(ax, one, "choice", "pictures", line_look(number), _wrapped(str(memory)))
    ax.plot(
        people["pictures"],
        people["value"],
        "D",
        color=PEOPLE_LINE,
        markerfacecolor="white",
        markersize=3.5,
        label="People, as quoted,\nnot read at the source",
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


def _wrapped(text: str) -> str:
    return text.replace(": ", ":\n").replace(", each", ",\neach").replace(", partial", ",\npartial")


def _age(ax: Axes, age: xr.Dataset) -> None:
    labels = {"old": "G of old items", "new": "G of new items", "choice": "choices of two"}
    for number, (name, label) in enumerate(labels.items()):
        look = line_look(number)
        ax.plot(
            age["age"], age[name], color=look.color, linestyle=look.linestyle, label=label, zorder=3
        )
    ax.axhline(0.5, **_GUIDE)
    ax.set(xlabel="Age (steps of learning)", ylabel="G, or proportion correct", ylim=(-0.02, 1.05))
    ax.set_xticks([0, 2000, 4000])
    ax.set_title("Decay in steps")
    _legend(ax, "center left")


# ---- variance ------------------------------------------------------------------------------------


def _slope(ax: Axes, slope: xr.Dataset, people: xr.Dataset) -> None:
    ax.axhspan(float(people["low"]), float(people["high"]), color=PEOPLE_BAND, linewidth=0)
    ax.axhline(float(people["median"]), color=PEOPLE_LINE, linewidth=0.8)
    ax.annotate(
        "people: median and\nmiddle half",
        (1.0, float(people["high"]) + 0.01),
        fontsize=SMALL,
        va="bottom",
        ha="left",
    )
    for number, mechanism in enumerate(slope["mechanism"].values):
        one = slope.sel(mechanism=mechanism)
        _line(ax, one, "slope", "chance", line_look(number), _MECHANISMS[str(mechanism)])
    ax.axhline(1, **_GUIDE)
    ax.set(xlabel="Chance that a feature is not missed", ylabel="Slope of the zROC", ylim=(0, 1.3))
    ax.invert_xaxis()
    ax.set_title("Old items that vary")


def _sensitivity(ax: Axes, slope: xr.Dataset) -> None:
    for number, mechanism in enumerate(slope["mechanism"].values):
        one = slope.sel(mechanism=mechanism)
        _line(ax, one, "d_a", "chance", line_look(number), _MECHANISMS[str(mechanism)])
    ax.set(xlabel="Chance that a feature is not missed", ylabel="Sensitivity $d_a$", ylim=(0, 16))
    ax.invert_xaxis()
    ax.set_title("What it costs")
    _legend(ax, "upper right")


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
        one, look = repetition.sel(encoded=encoded), line_look(number)
        for name, said in (("old", "old"), ("new", "new")):
            _line(ax, one, name, "presentations", look, f"{said}: {encoded}")
    ax.set(xlabel="Presentations of the list", ylabel="Mean familiarity G", ylim=(0, 1.05))
    ax.set_xticks(repetition["presentations"].values)
    ax.set_title("Repetition")
