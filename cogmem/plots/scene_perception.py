"""Perception of scenes: accuracy by way to choose, what each part is worth, unseen triples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["dots", "levels", "scene_perception"]

_LABELS = {
    "entity": "entity",
    "b_class": "B-class",
    "p_class": "P-class",
    "g_class": "G-class",
    "age": "age",
    "colour": "colour",
    "activity": "activity",
    "danger": "danger*",
}
_WAYS = {
    "attention": "attention",
    "winner": "winner",
    "sample": "sample",
    "none": "removed at test",
}
_LEVELS: dict[str, dict[str, Any]] = {
    "chance": {"color": "0.55", "linestyle": (0, (1, 1))},
    "majority": {"color": "0.55", "linestyle": (0, (4, 1.5))},
    "no geometry": {"color": "0.3", "linestyle": (0, (5, 1, 1, 1))},
    "ceiling": {"color": "0.3", "linestyle": "-"},
}
_NAMES = {"no geometry": "best without geometry", "ceiling": "best possible"}
_EFFECTS = (
    ("entity", "known", "Entity, known"),
    ("age", "known", "Age, known"),
    ("b_class", "novel", "B-class, novel"),
    ("predicate @1", "known", "Predicate, known"),
    ("predicate @1", "novel", "Predicate, novel"),
)
_CHANGES = {
    "perception only": "no memory learnt",
    "no feedback": "no feedback (gates 1, 0)",
    "feedback overwrites": "feedback overwrites (gates 0, 1)",
    "no context, perception only": "no context",
}
_ZERO_SHOT = ("full model", "no context", "perception only", "no feedback", "neither (direct)")
_TICKS = ([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])


def scene_perception(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Three rows of panels.

    Args:
        nodes: `ways`, `differences`, `triples`, `observers` and `triple_observers`, as the
            experiment `scene_perception` makes them.
    """
    n_rows = nodes["differences"].sizes["condition"]
    heights = (2.3, 0.75 + 0.14 * n_rows, 2.2)
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, sum(heights)), layout=layout)
        first, second, third = np.asarray(figure.subfigures(3, 1, height_ratios=heights))
        _ways(first, nodes)
        _effects(second, nodes["differences"])
        _triples(third, nodes)
    return figure


def dots(
    ax: Axes, x: ArrayLike, part: xr.Dataset, look: Mapping[str, Any], label: str, **how: Any
) -> None:
    """Means as marks without a line, with their intervals as bars, if there are any.

    Args:
        ax: the panel.
        x: [point].
        part: `mean`, `low` and `high` (point).
        look: of the marks.
        label: in the legend.
        how: of the marks, over their look.
    """
    mean = part["mean"].values
    ends = np.abs(np.stack([part["low"].values, part["high"].values]) - mean)
    bars = None if np.isnan(ends).all() else np.nan_to_num(ends)
    style = {**look, "linestyle": "none", "markersize": 3, "elinewidth": 0.7, "zorder": 3, **how}
    ax.errorbar(x, mean, yerr=bars, label=label, **style)


def levels(ax: Axes, x: ArrayLike, observers: xr.DataArray, width: float = 0.42) -> None:
    """Short lines at each place: chance, the commonest answer, and the best possible ones.

    Args:
        ax: the panel.
        x: [point].
        observers: (observer, point).
        width: half of a line's.
    """
    x = np.asarray(x, float)
    for name, style in _LEVELS.items():
        y = observers.sel(observer=name).values
        label = _NAMES.get(name, name)
        if not np.isnan(y).all():
            ax.hlines(y, x - width, x + width, linewidth=0.8, zorder=2, label=label, **style)


def _ways(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    known, novel, predicate, surprise = figure.subplots(1, 4, width_ratios=(8, 7, 4.5, 2.6))
    labels = list(_LABELS)
    _points(known, nodes, "known", labels)
    _points(novel, nodes, "novel", labels[1:])
    _predicates(predicate, nodes, ["predicate @1", "predicate @3"])
    _predicates(surprise, nodes, ["predicate surprise"])
    for ax, title in ((known, "Known entities"), (novel, "Novel entities")):
        ax.set_title(title)
        ax.tick_params(axis="x", rotation=60)
    predicate.set_title("Predicates")
    surprise.set_title("Predicates")
    known.set_ylabel("Proportion correct")
    surprise.set_ylabel("Surprise (nats)")
    surprise.set_ylim(0, None)
    for ax, letter in zip((known, novel, predicate, surprise), "ABCD", strict=True):
        panel_letter(ax, letter, x=-18)
    handles, names = predicate.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=4, fontsize=SMALL)
    note = (
        "* taught in memory only, never in perception. Bars: bootstrap 95 % intervals over worlds"
    )
    figure.supxlabel(note, fontsize=SMALL)


def _points(ax: Axes, nodes: Mapping[str, xr.Dataset], split: str, measures: Sequence[str]) -> None:
    """All ways to choose, for some groups of labels."""
    where = {"split": split, "measure": list(measures)}
    x = np.arange(len(measures))
    levels(ax, x, nodes["observers"]["mean"].sel(where))
    _marks(ax, x, nodes["ways"].sel(where, drop=True))
    ax.set_xticks(x, [_LABELS[name] for name in measures])
    _proportions(ax)


def _marks(ax: Axes, x: np.ndarray, ways: xr.Dataset) -> None:
    for index, (way, label) in enumerate(_WAYS.items()):
        part = ways.sel(condition="full model", way=way)
        look = line_look(index)
        dots(
            ax, x + 0.18 * (index - 1.5), part, {"color": look.color, "marker": look.marker}, label
        )


def _predicates(ax: Axes, nodes: Mapping[str, xr.Dataset], measures: Sequence[str]) -> None:
    """Known and novel side by side, by measure."""
    pairs = [(measure, split) for measure in measures for split in ("known", "novel")]
    x = np.arange(len(pairs))
    some = [{"measure": measure, "split": split} for measure, split in pairs]
    ways, observers = (
        xr.concat([nodes[name].sel(each, drop=True) for each in some], "point")
        for name in ("ways", "observers")
    )
    levels(ax, x, observers["mean"].transpose("observer", "point"))
    _marks(ax, x, ways)
    ax.set_xticks(x, [split for _, split in pairs], rotation=60)
    if len(measures) > 1:
        _proportions(ax)
        for n, measure in enumerate(measures):
            at = (2 * n + 0.5, 1.02)
            ax.annotate(measure.split()[1], at, fontsize=SMALL, ha="center", va="top")


def _proportions(ax: Axes) -> None:
    ax.set_ylim(0, 1.03)
    ax.set_yticks(*_TICKS)


def _effects(figure: SubFigure, differences: xr.Dataset) -> None:
    """Differences in percentage points: one row for each condition, one panel for each measure."""
    rows = _in_order(differences)
    panels = figure.subplots(1, len(_EFFECTS), sharey=True)
    places = np.array([place for place, _, _ in rows])
    for ax, (measure, split, title) in zip(panels, _EFFECTS, strict=True):
        ax.axvline(0, color="0.5", linewidth=0.6, zorder=1)
        for index, base in enumerate(dict.fromkeys(base for _, _, base in rows)):
            own = [(place, name) for place, name, b in rows if b == base]
            part = differences.sel(
                split=split, measure=measure, condition=[name for _, name in own]
            )
            _bars(ax, 100 * part[["mean", "low", "high"]], [place for place, _ in own], index)
        ax.set_title(title)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    panels[0].set_yticks(places, [_CHANGES.get(name, name) for _, name, _ in rows])
    panels[0].set_ylim(places.max() + 0.7, -0.7)
    panel_letter(panels[0], "E", x=-112)
    figure.supxlabel(
        "Difference in accuracy (percentage points; mean and bootstrap 95 % interval of paired "
        "differences over worlds)\nBlue circles: from the full model; orange squares: from the one "
        "that has learnt perception only",
        fontsize=SMALL,
    )


def _in_order(differences: xr.Dataset) -> list[tuple[float, str, str]]:
    """Place, name and base of each condition that has another base than itself, by base."""
    names = map(str, differences["condition"].values)
    bases = map(str, differences["against"].values)
    pairs = [(name, base) for name, base in zip(names, bases, strict=True) if name != base]
    grouped = sorted(pairs, key=lambda pair: pair[1] != "full model")
    gap = [0.6 * (base != "full model") for _, base in grouped]
    return [(n + gap[n], name, base) for n, (name, base) in enumerate(grouped)]


def _bars(ax: Axes, part: xr.Dataset, places: Sequence[float], index: int) -> None:
    look, mean = line_look(index), part["mean"].values
    ends = np.abs(np.stack([part["low"].values, part["high"].values]) - mean)
    bars = None if np.isnan(ends).all() else np.nan_to_num(ends)
    style: dict[str, Any] = {"color": look.color, "marker": look.marker, "linestyle": "none"}
    ax.errorbar(mean, places, xerr=bars, elinewidth=0.8, markersize=3.2, **style)


def _triples(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    """Predicates of triples of classes that training had, and of others."""
    panels = figure.subplots(1, 3)
    cases = [(split, triple) for split in ("known", "novel") for triple in ("seen", "unseen")]
    x = np.arange(len(cases))
    names = [n for n in _ZERO_SHOT if n in nodes["triples"]["condition"].values]
    for ax, measure in zip(panels, nodes["triples"]["measure"].values, strict=True):
        some = [{"split": s, "triple": t, "measure": measure} for s, t in cases]
        found, observers = (
            xr.concat([nodes[name].sel(each, drop=True) for each in some], "point")
            for name in ("triples", "triple_observers")
        )
        levels(ax, x, observers["mean"].transpose("observer", "point"), 0.45)
        for index, name in enumerate(names):
            look = line_look(index)
            shift = 0.15 * (index - (len(names) - 1) / 2)
            style = {"color": look.color, "marker": look.marker}
            dots(ax, x + shift, found.sel(condition=name), style, name)
        ax.set_xticks(x, [f"{s},\n{t}" for s, t in cases])
        ax.set_title(f"Triples of classes: {measure.removeprefix('predicate ')}")
        if measure == "predicate surprise":
            ax.set_ylabel("Surprise (nats)")
            ax.set_ylim(0, None)
        else:
            _proportions(ax)
            ax.set_ylabel("Proportion correct")
    for ax, letter in zip(panels, "FGH", strict=True):
        panel_letter(ax, letter, x=-22)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=SMALL)
