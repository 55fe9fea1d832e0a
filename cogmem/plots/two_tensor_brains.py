"""The Tensor Brain of 2020 beside that of 2023: perception, recall, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.scene_perception import dots, levels
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["two_tensor_brains"]

_WAY = "winner"
_SEEN = {
    "entity": "entity",
    "b_class": "B-class",
    "colour": "colour",
    "age": "age",
    "danger": "danger*",
    "predicate @1": "predicate @1",
    "predicate @3": "predicate @3",
}
_RECALLED = {
    "subject": "subject",
    "object": "object | s",
    "b_class": "B-class | s, o",
    "colour": "colour | s, o",
    "age": "age | s, o",
    "danger": "danger | s, o",
    "predicate": "predicate | s, o",
    "predicate, untold": "predicate",
}
_MODELS = ("2020", "2023")
_FILLED: dict[str, dict[str, Any]] = {"with": {}, "without": {"markerfacecolor": "white"}}
_NOBODY: dict[str, Any] = {
    "color": "0.3",
    "linestyle": (0, (5, 1, 1, 1)),
    "linewidth": 0.8,
    "zorder": 2,
}
_TICKS = ([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])


def two_tensor_brains(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Three rows of panels: perception, recall, differences.

    Args:
        nodes: `seen`, `recalled`, their differences, `observers` and `bounds`, as the experiment
            `two_tensor_brains` makes them.
    """
    heights = (2.5, 2.55, 2.75)
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, sum(heights)), layout=layout)
        first, second, third = np.asarray(figure.subfigures(3, 1, height_ratios=heights))
        _perception(first, nodes)
        _recall(second, nodes)
        _differences(third, nodes)
    return figure


def _perception(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    known, novel, surprise = figure.subplots(1, 3, width_ratios=(7, 6, 2.2))
    seen = nodes["seen"].sel(way=_WAY, drop=True)
    lines = nodes["observers"]["mean"]
    for ax, split, names in ((known, "known", list(_SEEN)), (novel, "novel", list(_SEEN)[1:])):
        where = {"split": split, "measure": names}
        _marks(ax, seen.sel(where, drop=True))
        levels(ax, range(len(names)), lines.sel(where))
        _named(ax, [_SEEN[name] for name in names])
        ax.set_title(f"Perception: {split} entities")
    where = {"split": ["known", "novel"], "measure": "predicate surprise"}
    _marks(surprise, seen.sel(where, drop=True))
    levels(surprise, range(2), lines.sel(where))
    surprise.set_xticks(range(2), ["known", "novel"], rotation=45, ha="right")
    surprise.set_title("Predicates")
    surprise.set_ylabel("Surprise (nats)")
    surprise.set_ylim(0, None)
    known.set_ylabel("Proportion correct")
    for ax, letter in zip((known, novel, surprise), "ABC", strict=True):
        panel_letter(ax, letter, x=-18)
    _legend(figure, known)


def _marks(ax: Axes, part: xr.Dataset) -> None:
    """Both models, with working memory (filled) and without (open), at places of one dimension."""
    x = np.arange(part.sizes[next(d for d in part.dims if d not in ("model", "memory"))])
    nets = [(model, memory) for model in _MODELS for memory in _FILLED]
    for n, (model, memory) in enumerate(nets):
        label = f"{model}, {memory} working memory"
        own = part.sel(model=model, memory=memory)
        dots(ax, x + 0.19 * (n - 1.5), own, _look(model) | _FILLED[memory], label)


def _look(model: str) -> dict[str, Any]:
    look = line_look(_MODELS.index(model))
    return {"color": look.color, "marker": look.marker}


def _named(ax: Axes, names: Sequence[str]) -> None:
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_ylim(0, 1.04)
    ax.set_yticks(*_TICKS)


def _recall(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    panels = figure.subplots(1, 2, sharey=True)
    questions = list(_RECALLED)
    for ax, source, letter in zip(panels, ("episodic", "semantic"), "DE", strict=True):
        where = {"source": source, "question": questions}
        _marks(ax, nodes["recalled"].sel(where, drop=True))
        bounds = nodes["bounds"]["mean"].sel(where, drop=True)
        levels(ax, range(len(questions)), bounds.rename(bound="observer").reindex(observer=_LINES))
        _nobody(ax, bounds.sel(bound="nobody told").values)
        _named(ax, list(_RECALLED.values()))
        ax.set_title(f"Recall: {source}")
        panel_letter(ax, letter, x=-18)
    panels[0].set_ylabel("Proportion correct")
    handles, labels = panels[0].get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    names = ["chance", "majority", _NOT_TOLD, "best possible"]
    chosen = [named[name] for name in names]
    figure.legend(chosen, names, loc="outside upper center", ncols=4, fontsize=SMALL)


_LINES = ("chance", "majority", "no geometry", "ceiling")
_NOT_TOLD = "best possible if not told of whom (2020)"


def _nobody(ax: Axes, y: np.ndarray) -> None:
    """What can be said of labels by somebody who does not know of whom they are asked."""
    x = np.arange(len(y))[~np.isnan(y)]
    ax.hlines(y[x], x - 0.42, x + 0.42, label=_NOT_TOLD, **_NOBODY)


def _legend(figure: SubFigure, ax: Axes) -> None:
    """Lines above marks: a legend is filled by columns."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=SMALL)


def _differences(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    """Percentage points: 2020 - 2023, and with - without working memory."""
    left, right = figure.subplots(1, 2, sharey=True)
    names, where = _rows(nodes)
    both = [("with", "models with working memory"), ("without", "models without")]
    for n, (memory, label) in enumerate(both):
        part = _joined(nodes, "model", where).sel(memory=memory)
        _bars(left, part, n, {"color": "black", "marker": "D"} | _FILLED[memory], label)
    for n, model in enumerate(_MODELS):
        part = _joined(nodes, "memory", where).sel(model=model)
        _bars(right, part, n, _look(model), model)
    left.set_title("2020 minus 2023")
    right.set_title("With minus without working memory")
    left.set_yticks(range(len(names)), names)
    left.set_ylim(len(names) - 0.4, -0.6)
    for ax, letter in ((left, "F"), (right, "G")):
        ax.axvline(0, color="0.5", linewidth=0.6, zorder=1)
        ax.set_xlabel("Difference (percentage points)")
        ax.tick_params(axis="y", length=0)
        ax.legend(fontsize=SMALL, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)
        panel_letter(ax, letter, x=-10)
    note = (
        "* taught in memory only, never in perception. Choices of A to C are winners. | s, o: when "
        "subject and object are told\nBars: bootstrap 95 % intervals over worlds, of paired "
        "differences in F and G"
    )
    figure.supxlabel(note, fontsize=SMALL)


def _rows(nodes: Mapping[str, xr.Dataset]) -> tuple[list[str], list[tuple[str, dict[str, str]]]]:
    """Names, and where in which node the values are."""
    seen = [("known", name) for name in ("entity", "b_class", "age", "predicate @1")]
    seen += [("novel", name) for name in ("b_class", "predicate @1")]
    recalled = [("episodic", n) for n in ("subject", "object", "b_class", "predicate")]
    recalled += [("semantic", n) for n in ("object", "b_class", "predicate")]
    names = [f"{split}: {_SEEN[name]}" for split, name in seen]
    names += [f"{source}: {_RECALLED[name]}" for source, name in recalled]
    where = [("seen", {"way": _WAY, "split": s, "measure": m}) for s, m in seen]
    return names, where + [("recalled", {"source": s, "question": q}) for s, q in recalled]


def _joined(
    nodes: Mapping[str, xr.Dataset], by: str, where: Sequence[tuple[str, dict[str, str]]]
) -> xr.Dataset:
    parts = [nodes[f"{name} by {by}"].sel(place, drop=True) for name, place in where]
    return 100 * xr.concat(parts, "row")


def _bars(ax: Axes, part: xr.Dataset, n: int, look: Mapping[str, Any], label: str) -> None:
    mean, y = part["mean"].values, np.arange(part.sizes["row"]) + 0.26 * (n - 0.5)
    ends = np.abs(np.stack([part["low"].values, part["high"].values]) - mean)
    bars = None if np.isnan(ends).all() else np.nan_to_num(ends)
    style: dict[str, Any] = {"linestyle": "none", "markersize": 3, "elinewidth": 0.8, **look}
    ax.errorbar(mean, y, xerr=bars, label=label, **style)
