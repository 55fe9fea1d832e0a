"""Verification by level of a hierarchy: people's times, and what a Tensor Brain says instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, note, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["category_verification"]

CHANCE = float(np.log(2))
_OPEN: dict[str, Any] = {"mfc": "white", "color": PEOPLE_LINE, "markersize": 5}
_MARK = {"class": "o", "property": "s"}
_WORDS = {
    "surprisal": "Surprisal without a step (nats)",
    "steps": "Steps up the chain to 90 %",
    "path": "Surprisal along the path (nats)",
}


def category_verification(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Six panels: people, three measures by level, the chain, and times over one measure.

    Args:
        nodes: as the experiment `category_verification` leaves them.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _people(panels[0], nodes["people"]["seconds"])
        for ax, measure in zip(panels[1:4], _WORDS, strict=True):
            _by_level(ax, nodes, measure)
        note(panels[1], f"chance: {CHANCE:.2f}", (0.03, 0.68), color="0.4")
        _chain(panels[4], nodes["read"])
        _times_over(panels[5], nodes)
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        figure.supxlabel(
            "Solid: class statements, dashed: property statements. Bands and bars: 95 % bootstrap "
            "intervals over worlds.\nPeople: judged by eye from a published figure, approximate; "
            "their error is not known.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
            color="0.35",
        )
    return figure


def _people(ax: Axes, seconds: xr.DataArray) -> None:
    for kind, mark in _MARK.items():
        own = seconds.sel(kind=kind)
        dashes = "-" if kind == "class" else (0, (4, 1.5))
        ax.plot(own["level"], own, marker=mark, linestyle=dashes, label=kind, **_OPEN)
    ax.set(ylabel="Time to verify (s)", ylim=(0.9, 1.55))
    _levels(ax)
    small_legend(ax, "upper left", "Collins & Quillian (1969), unverified")


def _levels(ax: Axes) -> None:
    ax.set_xticks([0, 1, 2])
    ax.set(xlabel="Levels up the hierarchy", xlim=(-0.15, 2.15))


def _by_level(ax: Axes, nodes: Mapping[str, xr.Dataset], measure: str) -> None:
    """Schools are colours, kinds of statements dashes."""
    found = nodes["measures"].sel(measure=measure)
    agreement = nodes["agreement"]["mean"].sel(measure=measure, intercepts="one")
    for n, school in enumerate(found["school"].values):
        r = float(agreement.sel(school=school))
        words = f"{school}, r = {r:.2f}" if np.isfinite(r) else f"{school}, r undefined"
        for kind, dashes in (("class", "-"), ("property", (0, (4, 1.5)))):
            part = found.sel(school=school, kind=kind)
            label = words if kind == "class" else "_nolegend_"
            interval_line(ax, part["level"], part, line_look(n), label, linestyle=dashes)
    ax.set(ylabel=_WORDS[measure])
    ax.set_ylim(bottom=0)
    _levels(ax)
    small_legend(ax, "upper left")


def _chain(ax: Axes, read: xr.Dataset) -> None:
    """What feeding classes back does to each level, in the economical school."""
    own = read.sel(school="economical")
    for level in own["level"].values:
        for kind, dashes in (("class", "-"), ("property", (0, (4, 1.5)))):
            part = own.sel(level=level, kind=kind)
            label = f"{level} up" if kind == "class" else "_nolegend_"
            look = line_look(int(level) + 3)
            interval_line(ax, part["steps"], part, look, label, linestyle=dashes)
    ax.axhline(CHANCE, **GUIDE)
    note(ax, "chance", (1.0, 0.87), ha="right", color="0.4")
    ax.set_xticks([0, 1, 2], ["subject", "+ P-class", "+ G-class"])
    ax.set(xlabel="Fed back", ylabel="Surprisal, economical (nats)")
    ax.set_ylim(bottom=0)
    small_legend(ax, (0.55, 0.5))


def _times_over(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """People's times over the one measure that does not grow by construction."""
    found = nodes["measures"].sel(measure="surprisal", school="economical")
    seconds = nodes["people"]["seconds"]
    for kind, mark in _MARK.items():
        x, y = found.sel(kind=kind), seconds.sel(kind=kind)
        bars = np.abs(np.stack([x[end] - x["mean"] for end in ("low", "high")]))
        ax.errorbar(x["mean"], y, xerr=bars, fmt=mark, elinewidth=0.7, label=kind, **_OPEN)
        for at, height, level in zip(x["mean"].values, y.values, y["level"].values, strict=True):
            offset = (5, -8)
            ax.annotate(
                str(level), (at, height), offset, textcoords="offset points", fontsize=SMALL
            )
    line = nodes["line"].sel(measure="surprisal", school="economical")
    ends = np.array([0, float(found["high"].max())])
    ax.plot(ends, float(line["intercept"]) + float(line["slope"]) * ends, **GUIDE)
    ax.set(xlabel="Surprisal, economical (nats)", ylabel="People: time to verify (s)")
    ax.set_ylim(0.9, 1.55)
    r = nodes["agreement"].sel(measure="surprisal", school="economical")
    lines = []
    for part in (r.sel(intercepts=each) for each in r["intercepts"].values):
        mean, low, high = (float(part[name]) for name in ("mean", "low", "high"))
        lines.append(f"{part['intercepts'].item()}: r = {mean:.2f} [{low:.2f}, {high:.2f}]")
    note(ax, "\n".join(["Intercepts", *lines]), (0.98, 0.04), ha="right")
