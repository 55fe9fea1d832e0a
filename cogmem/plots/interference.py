"""A-B, A-C with a protected subspace: courses, the context's share, graded protection, lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line, legend_below, note, proportion_axis
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["interference"]

_LOOKS = {0.0: line_look(1), 1.0: line_look(0)}
_NAMES = {0.0: "plain", 1.0: "HLOP"}
_UNVERIFIED: dict[str, Any] = {
    "marker": "D",
    "mfc": "white",
    "mec": PEOPLE_LINE,
    "color": PEOPLE_LINE,
    "linestyle": "none",
    "markersize": 4,
    "zorder": 5,
}
_SHOWN = 20
_TICKS = ([0, 0.25, 0.5, 0.75], ["0", ".25", ".5", ".75"])
_NOTE = (
    "* Barnes & Underwood (1959), quoted from memory and never checked: no test of the model. "
    "Bands: 95 % bootstrap intervals over learners; D, quartiles.\n"
    "F: people are Riefer & Batchelder (1988), exact binomial intervals of 150 pairs; plain and "
    "HLOP are drawn from people's level without interpolated lists."
)


def interference(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Six panels.

    Args:
        nodes: `course`, `learning`, `graded`, `underwood`, `underwood_fit`, `lists`, `people` and
            `fit`, as the experiment `interference` makes them.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.7), layout=layout)
        panels = figure.subplots(2, 3).ravel()
        _course(panels[0], nodes["course"], 0.5)
        _quoted(panels[0], nodes["underwood"])
        _course(panels[1], nodes["course"], 0.0)
        _retained(panels[2], nodes["learning"])
        _trials(panels[3], nodes["learning"], int(nodes["course"]["trial"].max()))
        _graded(panels[4], nodes)
        _lists(panels[5], nodes)
        titles = (
            "Context is half of a cue",
            "No context",
            "Retention of A-B",
            "Learning of A-C",
            "Graded protection",
            "Lists of unrelated pairs",
        )
        for ax, letter, title in zip(panels, "ABCDEF", titles, strict=True):
            panel_letter(ax, letter, x=-24)
            ax.set_title(title)
            legend_below(ax, 2)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _course(ax: Axes, course: xr.Dataset, share: float) -> None:
    """Both lists over trials of A-C; without context also after overlearning of A-B."""
    course = course.sel(context_share=share, trial=slice(0, _SHOWN))
    x = course["trial"].values
    for g, look in _LOOKS.items():
        for name, dashes, filled in (("A-B", "-", look.color), ("A-C", (0, (3, 1.5)), "white")):
            part = course.sel(protection=g, original="criterion", list=name)
            how = {"linestyle": dashes, "mfc": filled, "markevery": [0, 1, 5, 10, 20]}
            interval_line(ax, x, part, look, f"{name}, {_NAMES[g]}", **how)
    if share == 0:
        part = course.sel(protection=1.0, original="overlearned", list="A-C")
        ax.plot(
            x,
            part["mean"],
            color="black",
            linewidth=0.9,
            linestyle=(0, (1, 1)),
            label="A-C, HLOP, overlearned",
        )
    proportion_axis(ax, "Proportion recalled")
    ax.set_xlabel("Trials of A-C")
    ax.set_xticks([0, 1, 5, 10, 20], ["0", "1", "5", "10", "20"])


def _quoted(ax: Axes, people: xr.Dataset) -> None:
    ax.plot(people["trial"], people["recalled"], label="A-B, people*", **_UNVERIFIED)


def _retained(ax: Axes, learning: xr.Dataset) -> None:
    """A-B after 20 trials of A-C, over the share of the context."""
    x = learning["context_share"].values
    for g, look in _LOOKS.items():
        for original, dashes in (("criterion", "-"), ("overlearned", (0, (1, 1)))):
            part = learning.sel(protection=g, original=original)
            part = xr.Dataset({name: part[f"kept_{name}"] for name in ("mean", "low", "high")})
            interval_line(
                ax, x, part, look, f"{_NAMES[g]}, {_ORIGINAL[original]}", linestyle=dashes
            )
    proportion_axis(ax, "A-B recalled after 20 trials of A-C")
    ax.set_xlabel(r"Share of context in a cue, $\rho$")
    ax.set_xticks(*_TICKS)


_ORIGINAL = {"criterion": "criterion", "overlearned": "overlearned"}


_MORE = {"criterion": "", "overlearned": ", overlearned"}


def _trials(ax: Axes, learning: xr.Dataset, most: int) -> None:
    """Median trials to learn A-C; learners who did not count as more than all."""
    x = learning["context_share"].values
    for g, look in _LOOKS.items():
        for original, dashes in (("criterion", "-"), ("overlearned", (0, (1, 1)))):
            part = learning.sel(protection=g, original=original)
            low, middle, high = (np.minimum(part[q], most + 1) for q in ("early", "median", "late"))
            ax.fill_between(x, low, high, color=look.color, alpha=0.15, linewidth=0)
            style = look._asdict() | {"linestyle": dashes}
            ax.plot(x, middle, label=f"{_NAMES[g]}{_MORE[original]}", **style)
    ax.axhline(most, **GUIDE)
    note(ax, f"not learnt in {most} trials", (0.98, 0.955), ha="right", va="bottom", color="0.35")
    ax.set(ylim=(0, most * 1.08), xlabel=r"Share of context in a cue, $\rho$")
    ax.set_xticks(*_TICKS)
    ax.set_ylabel("Trials to learn A-C (median, quartiles)")


def _graded(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """Both lists over g, and the g that is nearest to two numbers of people."""
    means = nodes["graded"]
    x = means["protection"].values
    for index, trial in enumerate((5, 10, 20)):
        part = means.sel(trial=trial, list="A-B")
        interval_line(ax, x, part, line_look(index + 2), f"A-B, {trial} trials")
    part = means.sel(trial=20, list="A-C")
    interval_line(ax, x, part, line_look(6), "A-C, 20 trials", linestyle=(0, (3, 1.5)), mfc="white")
    rmse, people = nodes["underwood_fit"]["rmse"], nodes["underwood"]["recalled"]
    best = float(rmse["protection"][np.argmin(rmse.values)])
    ax.plot(best, float(people.sel(trial=20)), label="people, 20 trials*", **_UNVERIFIED)
    proportion_axis(ax, "Proportion recalled")
    ax.set_xlabel("Protection g")


def _lists(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """People's first list by the number of others, and the model at 0, 1 and the best g."""
    people, fit = nodes["people"], nodes["fit"]
    after, level = people["after"].values, float(people["mean"][0])
    ax.fill_between(after, people["low"], people["high"], color=PEOPLE_BAND, linewidth=0)
    ax.plot(after, people["mean"], color=PEOPLE_LINE, label="people (95 % of pairs)")
    for g, look in _LOOKS.items():
        left = fit["left"].sel(g=g) * level
        ax.plot(after, left, label=f"{_NAMES[g]} (g = {g:g})", **look._asdict())
    best = fit.sel(g=fit.attrs["g"], method="nearest")
    label = f"fitted (g = {fit.attrs['g']:.2f})"
    ax.plot(after, best["left"] * best["level"], label=label, **line_look(2)._asdict())
    proportion_axis(ax, "First list recalled")
    ax.set_xlabel("Interpolated lists")
    ax.set_xticks(after)
