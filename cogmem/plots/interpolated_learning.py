"""Interpolated learning: controls, degree, signs of findings, numbers of lists and their laws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line, legend_below, proportion_axis
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["interpolated_learning"]

_LOOKS = {"plain": line_look(1), "fitted": line_look(2), "HLOP": line_look(0)}
_APART: dict[str, Any] = {"linestyle": (0, (1, 1)), "mfc": "white"}
_NOTE = (
    "Rest is the test right after A-B: nothing decays. Bands and bars: 95 % bootstrap intervals "
    "over learners. D: signs as read in abstracts;\n0: no effect found, in the model an interval "
    "that includes 0. E: people are Riefer & Batchelder (1988), exact binomial intervals of 150 "
    "pairs."
)
_SIGNS = {1.0: "+", 0.0: "0", -1.0: "\N{MINUS SIGN}"}
_SHADES = {1.0: "#f3c9a8", 0.0: "#eeeeee", -1.0: "#a8cbe6"}


def interpolated_learning(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Six panels.

    Args:
        nodes: `course`, `ri`, `signs`, `lists` and `laws`, as the experiment of this name makes
            them.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.7), layout=layout)
        panels = figure.subplots(2, 3).ravel()
        _course(panels[0], nodes["course"])
        _controls(panels[1], nodes["ri"])
        _degree(panels[2], nodes["ri"])
        _signs(panels[3], nodes["signs"])
        _lists(panels[4], nodes["lists"])
        _laws(panels[5], nodes["laws"])
        titles = (
            "What follows A-B",
            "Controls",
            "Degree of learning, A-C",
            "Signs of effects on RI",
            "Number of lists",
            "Laws of retention",
        )
        for ax, letter, title in zip(panels, "ABCDEF", titles, strict=True):
            panel_letter(ax, letter, x=-24)
            ax.set_title(title)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _course(ax: Axes, course: xr.Dataset) -> None:
    """A-B recalled over trials of A-C and of D-C."""
    x = course["trial"].values
    marks = [int(t) for t in x if t in (0, 5, 10, 20, 40)]
    for name, look in _LOOKS.items():
        for following, how in (("A-C", {"linestyle": "-"}), ("D-C", _APART)):
            part = course.sel(network=name, following=following, original="criterion")
            interval_line(ax, x, part, look, f"{name}, {following}", markevery=marks, **how)
    ax.axhline(1, **GUIDE, label="rest")
    proportion_axis(ax, "A-B recalled")
    ax.set_xlabel("Trials of A-C or D-C")
    legend_below(ax, 3)


def _controls(ax: Axes, ri: xr.Dataset) -> None:
    """RI after 20 trials."""
    ri = 100 * ri.sel(degree=20, original="criterion")
    x = np.arange(ri.sizes["following"])
    for place, (name, look) in enumerate(_LOOKS.items()):
        part = ri.sel(network=name)
        mean = part["mean"].values
        ends = np.abs(np.stack([part["low"], part["high"]]) - mean)
        how: dict[str, Any] = {"color": look.color, "label": name, "error_kw": {"elinewidth": 0.7}}
        ax.bar(x + 0.27 * (place - 1), mean, width=0.25, yerr=ends, **how)
    ax.set_xticks(x, [f"{each}" for each in ri["following"].values])
    ax.axhline(0, color="black", linewidth=0.6)
    _percent(ax, "RI after 20 trials (%)")
    legend_below(ax, 3)


def _degree(ax: Axes, ri: xr.Dataset) -> None:
    """RI by the degree of interpolated and of original learning."""
    x = np.arange(ri.sizes["degree"])
    for name, look in _LOOKS.items():
        for original, how in (("criterion", {"linestyle": "-"}), ("overlearned", _APART)):
            part = 100 * ri.sel(network=name, following="A-C", original=original)
            more = ", overlearned" if original == "overlearned" else ""
            interval_line(ax, x, part, look, name + more, **how)
    ax.set_xticks(x, [str(n) for n in ri["degree"].values])
    ax.set_xlabel("Trials of A-C, with or without tests")
    _percent(ax, "RI (%)")
    legend_below(ax, 2)


def _signs(ax: Axes, signs: xr.Dataset) -> None:
    """A table of signs."""
    values = signs["sign"].transpose("contrast", "who").values
    for row, line in enumerate(values):
        for column, sign in enumerate(line):
            ax.add_patch(
                _square(column, row, _SHADES[float(sign)]),
            )
            ax.text(column, row, _SIGNS[float(sign)], ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, values.shape[1] - 0.5), ylim=(len(values) - 0.5, -0.5))
    ax.set_xticks(range(values.shape[1]), list(signs["who"].values))
    labels = [_broken(str(name)) for name in signs["contrast"].values]
    ax.set_yticks(range(len(values)), labels, fontsize=SMALL)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _square(column: int, row: int, color: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, color=color, linewidth=0)


def _broken(name: str) -> str:
    """On two lines, at the comma if there is one."""
    return name.replace(", ", ",\n", 1) if "," in name else "\n".join(name.rsplit(" ", 1))


def _lists(ax: Axes, lists: xr.Dataset) -> None:
    """The first list by the number of others."""
    x, people = lists["after"].values, lists.sel(who="people")
    ax.fill_between(x, people["low"], people["high"], color=PEOPLE_BAND, linewidth=0)
    ax.plot(x, people["mean"], color=PEOPLE_LINE, label="people")
    for name, look in _LOOKS.items():
        interval_line(ax, x, lists.sel(who=name), look, name)
    apart = lists.sel(who="plain, own contexts")
    interval_line(ax, x, apart, line_look(6), "plain, own contexts", **_APART)
    proportion_axis(ax, "First list recalled")
    ax.set_xlabel("Interpolated lists")
    ax.set_xticks(x)
    legend_below(ax, 2)


def _laws(ax: Axes, laws: xr.Dataset) -> None:
    """How far the two laws are from each curve."""
    shown = [name for name in ("people", *_LOOKS) if name in laws["who"].values]
    y = np.arange(len(shown))
    for index, law in enumerate(laws["law"].values):
        error = laws["rmse"].sel(law=law, who=shown).values
        marker, fill = ("o", "black") if index == 0 else ("s", "white")
        ax.plot(
            error,
            y + 0.2 * index - 0.1,
            marker,
            mfc=fill,
            mec="black",
            markersize=4,
            label=str(law),
        )
    ax.set_yticks(y, shown)
    ax.set(ylim=(len(shown) - 0.5, -0.5), xlabel="RMSE of the fitted law")
    ax.set_xlim(left=-0.005)
    legend_below(ax, 2)


def _percent(ax: Axes, label: str) -> None:
    ax.set_ylim(-5, 105)
    ax.set_yticks([0, 25, 50, 75, 100])
    ax.set_ylabel(label)
