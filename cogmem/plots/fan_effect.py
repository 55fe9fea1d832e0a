"""The fan effect: convergence first, then evidence, then times of people and models."""

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

__all__ = ["fan_effect"]

_NOTE = (
    "Bands and bars: 95 % bootstrap intervals over {} study sets. People: means of Anderson "
    "(1974), published without errors.\nTensor Brain and ln fans: RT = a + b x, a and b fitted to "
    "targets and to foils apart (open marks: b < 0, the wrong sign);\nACT-R: its own times, one "
    "number fitted to all 18 cells. Dotted in A and B: where learning is stopped too early (C)."
)
_LOOKS = {"ACT-R": line_look(2), "Tensor Brain": line_look(0), "ln fans": line_look(4)}
_TOLD = ("Tensor Brain", "ln fans", "ACT-R")
_LOG = "ln(product of fans)"
_MINUS = "\N{MINUS SIGN}"


def fan_effect(tree: xr.DataTree) -> Figure:
    """Ten panels: four of evidence, three of targets and three of foils.

    Args:
        tree: nodes and attributes as the experiment `fan_effect` makes them.
    """
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    about: dict[str, Any] = {str(name): value for name, value in tree.attrs.items()}
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 6.4), layout=layout)
        grid = figure.add_gridspec(2, 1, height_ratios=(1, 2.1))
        upper, lower = (figure.add_subfigure(grid[row]) for row in range(2))
        top = upper.subplots(1, 4)
        _learning(top[0], nodes["learning"], about)
        _course(top[1], nodes["course"], about)
        _targets(top[2], nodes["evidence"], 2 * about["bound"])
        _foils(top[3], nodes["evidence"])
        rows = lower.subplots(2, 3, sharey=True, sharex=True)
        for panels, probe in zip(rows, ("target", "foil"), strict=True):
            _times(panels, nodes["times"].sel(probe=probe), nodes["fits"].sel(probe=probe))
        for ax, letter in zip([*top, *rows[:, 0]], "ABCDEF", strict=True):
            panel_letter(ax, letter, x=-22)
        lower.legend(*rows[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        lower.supxlabel(
            _NOTE.format(about["n_sets"]), fontsize=SMALL, x=0.01, ha="left", color="0.35"
        )
    return figure


# ---- evidence ------------------------------------------------------------------------------------


def _learning(ax: Axes, learning: xr.Dataset, about: dict[str, Any]) -> None:
    """Surprise of what was studied, against the least possible."""
    x = learning["trial"] * about["steps_per_trial"]
    interval_line(ax, x, learning, line_look(0)._replace(marker=""), "_")
    ax.axhline(about["bound"], **GUIDE)
    _early(ax, about)
    least = f"bound: ln {np.exp(about['bound']):.0f} = {about['bound']:.2f}"
    note(ax, f"{least}\nat last: + {about['excess']:.3f}", (0.98, 0.04), ha="right", va="bottom")
    ax.set(xlabel="Steps of learning", ylabel="Surprise per triple (nats)", ylim=(3.2, None))
    ax.set_title("Is it learnt?")
    ax.set_xticks([0, 2000, 4000])


def _course(ax: Axes, course: xr.Dataset, about: dict[str, Any]) -> None:
    x = course["trial"] * about["steps_per_trial"]
    for number, fan in enumerate(course["fan"].values):
        look = line_look(number)._replace(marker="")
        interval_line(ax, x, course.sel(fan=fan), look, f"fans {fan}")
    _early(ax, about)
    ax.set(xlabel="Steps of learning", ylabel=f"{_MINUS}s of facts (nats)", ylim=(0, None))
    ax.set_title("Low fans are rare")
    ax.set_xticks([0, 2000, 4000])
    small_legend(ax, "upper right")


def _early(ax: Axes, about: dict[str, Any]) -> None:
    ax.axvline(about["early"] * about["steps_per_trial"], color="0.6", linewidth=0.8, linestyle=":")


def _targets(ax: Axes, evidence: xr.Dataset, twice: float) -> None:
    """-s of facts early and in the end, with what frequencies alone and the fans alone say."""
    x = _logarithms(evidence)
    ends = np.array([x.min(), x.max()])
    for number, (when, label, said) in enumerate(
        (
            ("early", "early; frequency", twice - ends),
            ("last", "last; ln fans", ends),
        )
    ):
        look = line_look(number)
        _points(ax, x, evidence.sel(when=when, probe="target"), look, label)
        ax.plot(ends, said, color=look.color, linewidth=0.8, linestyle=look.linestyle, zorder=1)
    ax.set(xlabel=_LOG, ylabel=f"{_MINUS}s of facts (nats)", ylim=(-0.4, None))
    ax.set_title("Facts")
    small_legend(ax, (0.03, 0.4), "points; line:")


def _foils(ax: Axes, evidence: xr.Dataset) -> None:
    x = _logarithms(evidence)
    part = evidence.sel(when="last", probe="foil")
    _points(ax, x, part, line_look(3), "foils, last")
    slope, start = np.polyfit(x, part["mean"].values.ravel(), 1)
    ends = np.array([x.min(), x.max()])
    ax.plot(ends, start + slope * ends, color=line_look(3).color, linewidth=0.8)
    note(ax, f"slope {slope:.1f}".replace("-", _MINUS), (0.97, 0.97), ha="right", va="top")
    ax.set(xlabel=_LOG, ylabel=f"{_MINUS}s of foils (nats)", ylim=(0, None))
    ax.set_title("Foils: wrong sign")


def _points(ax: Axes, x: np.ndarray, part: xr.Dataset, look: Any, label: str) -> None:
    mean = part["mean"].values.ravel()
    bars = np.abs(np.stack([part["low"].values.ravel(), part["high"].values.ravel()]) - mean)
    how = {"color": look.color, "marker": look.marker, "linestyle": "none", "elinewidth": 0.6}
    ax.errorbar(x, mean, yerr=bars, label=label, **how)


def _logarithms(evidence: xr.Dataset) -> np.ndarray:
    fans = np.log(evidence["place_fan"]) + np.log(evidence["person_fan"])
    return fans.transpose("place_fan", "person_fan").values.ravel()


# ---- times ---------------------------------------------------------------------------------------


def _times(panels: np.ndarray, times: xr.Dataset, fits: xr.Dataset) -> None:
    """Three panels by the fan of the place."""
    probe = str(times["probe"].values)
    for ax, fan in zip(panels, times["place_fan"].values, strict=True):
        for who, look in _LOOKS.items():
            part = times.sel(who=who, place_fan=fan)
            how = {"markerfacecolor": "white"} if float(fits["b"].sel(who=who)) < 0 else {}
            interval_line(ax, part["person_fan"], part, look, who, **how)
        people = times["mean"].sel(who="people", place_fan=fan)
        marks: dict[str, Any] = {"color": PEOPLE_LINE, "markersize": 4.5, "zorder": 5}
        ax.plot(people["person_fan"], people, "o", label="people", **marks)
        ax.set(title=f"{probe.capitalize()}s, place fan {fan}", xlim=(0.8, 3.2), ylim=(1.0, 1.5))
        ax.set_xticks([1, 2, 3])
        if probe == "foil":
            ax.set_xlabel("Person fan")
    panels[0].set_ylabel("Response time (s)")
    for ax, who in zip(panels, _TOLD, strict=True):
        note(ax, _told(who, fits.sel(who=who)), (0.98, 0.02), ha="right", va="bottom")


def _told(who: str, fit: xr.Dataset) -> str:
    slope = "" if who == "ACT-R" else f"b = {float(fit['b']):.3f}, "
    text = f"{who}: {slope}r = {float(fit['r']):.2f}\nRMSE {float(fit['rmse']):.3f} s"
    return text.replace("= -", f"= {_MINUS}")
