"""Intrusions of what is usual: recall of odd episodes by noise and by age, and people beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line, note
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["schema_intrusions"]

_LOOKS = {
    "true, usual": (line_look(6), "what was the case, in usual episodes"),
    "true, unusual": (line_look(2), "what was the case, in odd episodes"),
    "schema": (line_look(1), "what is usual, in odd episodes (intrusion)"),
    "unrelated": (line_look(0), "unrelated and equally frequent, in odd episodes"),
}
_PEOPLE = {
    "recall": ("recall: studied", "recall: critical lure", None),
    "recognition": (
        "recognition: studied",
        "recognition: critical lure",
        "recognition: unrelated lure",
    ),
    "office": (None, "office: books", None),
}
_NOTE = (
    "Probabilities in the brain's decoding; bands and bars: 95 % bootstrap intervals over worlds, "
    "each with a brain of its own. Grey dashes: chance.\n"
    "E: people are word lists (Roediger & McDermott, 1995, Exp. 1) and 9 of 30 in an office (Brewer"
    " & Treyens, 1981; exact binomial interval);\nopen marks are from secondary texts and verify "
    "nothing. Materials and responses differ: only the order of the three is to be compared."
)


def schema_intrusions(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Five panels.

    Args:
        nodes: `noise`, `age`, `none`, `labels` and `people`, as the experiment
            `schema_intrusions` makes them.
    """
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.9), layout=layout)
        panels = figure.subplot_mosaic("ABE;CDE", width_ratios=(1, 1, 0.95))
        for letter, kind in zip("AB", ("activity", "predicate"), strict=True):
            _by_noise(panels[letter], nodes, kind)
        for letter, kind in zip("CD", ("activity", "predicate"), strict=True):
            _by_age(panels[letter], nodes, kind)
        _beside(panels["E"], nodes)
        for letter, ax in panels.items():
            panel_letter(ax, letter, x=-24)
            ax.set_ylim(0, 1)
        handles, labels = panels["A"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _by_noise(ax: Axes, nodes: Mapping[str, xr.Dataset], kind: str) -> None:
    """Recall by noise in the trace, and what is said where there is no episode."""
    part = nodes["noise"].sel(kind=kind)
    x = np.arange(part.sizes["noise"])
    for said, (look, label) in _LOOKS.items():
        interval_line(ax, x, part.sel(said=said), look, label)
        none = nodes["none"].sel(kind=kind, said=said)
        _bar(ax, len(x) + 0.2, none, look)
    ax.set_xticks([*x, len(x) + 0.2], [*(f"{n:g}" for n in part["noise"].values), "no\nepisode"])
    ax.set_xlabel("Noise in the trace (SD of traces)")
    _dress(ax, nodes, kind)


def _by_age(ax: Axes, nodes: Mapping[str, xr.Dataset], kind: str) -> None:
    part = nodes["age"].sel(kind=kind)
    x = np.arange(part.sizes["age"])
    for said, (look, label) in _LOOKS.items():
        interval_line(ax, x, part.sel(said=said), look, label)
    ax.set_xticks(x, [f"{age}" for age in part["age"].values])
    ax.set_xlabel("Further learning (steps), trace unchanged")
    _dress(ax, nodes, kind)


def _dress(ax: Axes, nodes: Mapping[str, xr.Dataset], kind: str) -> None:
    ax.axhline(float(nodes["labels"]["chance"].sel(kind=kind)), **GUIDE)
    ax.set_ylabel("Probability of saying so")
    ax.set_title({"activity": "What someone did", "predicate": "How two were related"}[kind])


def _bar(ax: Axes, x: float, part: xr.Dataset, look: Any, **how: Any) -> None:
    """One mean with its interval."""
    mean, low, high = (float(part[name]) for name in ("mean", "low", "high"))
    style = {"color": look.color, "marker": look.marker, "linestyle": "none", "elinewidth": 0.7}
    ax.errorbar([x], [mean], yerr=[[mean - low], [high - mean]], **style | {"markersize": 4} | how)


def _beside(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """True, schema's and unrelated: people and the brain, one row of three each."""
    looks = [_LOOKS[said][0] for said in ("true, usual", "schema", "unrelated")]
    names = []
    for place, (name, points) in enumerate(_PEOPLE.items()):
        _people(ax, place, nodes["people"], points)
        names.append({"office": "office,\nrecall"}.get(name, f"word lists,\n{name}"))
    for kind in ("activity", "predicate"):
        for noise in (0.0, 2.0):
            part = nodes["noise"].sel(kind=kind, noise=noise)
            for shift, said, look in zip(
                (-0.2, 0, 0.2), ("true, usual", "schema", "unrelated"), looks, strict=True
            ):
                _bar(ax, len(names) + shift, part.sel(said=said), look)
            names.append(f"{kind},\nnoise {noise:g}")
    ax.set_xticks(range(len(names)), names, rotation=90)
    ax.axvline(len(_PEOPLE) - 0.5, color="0.8", linewidth=0.6)
    note(ax, "people", (0.21, 1.0), ha="center", va="bottom")
    note(ax, "Tensor Brain", (0.72, 1.0), ha="center", va="bottom")
    ax.set_ylabel("Said to have been there (proportion; probability)")


def _people(
    ax: Axes, place: int, people: xr.Dataset, points: tuple[str | None, str | None, str | None]
) -> None:
    """Three numbers of people, those not read at their source as open marks."""
    for shift, point, marker in zip((-0.2, 0, 0.2), points, "Xso", strict=True):
        if point is None:
            continue
        one = people.sel(point=point)
        fill = PEOPLE_LINE if bool(one["verified"]) else "white"
        how: dict[str, Any] = {
            "color": PEOPLE_LINE,
            "mfc": fill,
            "marker": marker,
            "markersize": 4.5,
        }
        value, low, high = (float(one[name]) for name in ("value", "low", "high"))
        ends = [[value - low], [high - value]] if np.isfinite(low) else None
        ax.errorbar([place + shift], [value], yerr=ends, elinewidth=0.7, linestyle="none", **how)
