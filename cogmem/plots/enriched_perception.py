"""Perception enriched by memory: hidden labels by what is fed back, and accuracy by noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line
from cogmem.plots.scene_perception import dots
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["enriched_perception"]

_FED = {
    "nothing": "nothing",
    "attention": "attention",
    "winner": "winner",
    "true entity": "true entity",
    "lookalike": "lookalike",
    "unlike": "other kind",
    "memory alone": "true, no view",
}
_LESSONS = {
    "with memory": "hidden labels taught in memory only",
    "perception only": "perception only: never taught",
    "perception only, no feedback": "perception only, without feedback",
    "nothing hidden": "taught in perception and memory",
}
_REMOVED: dict[str, Any] = {"linestyle": (0, (2, 1)), "mfc": "white", "linewidth": 0.9}
_LINES: tuple[tuple[str, str, str, int, dict[str, Any]], ...] = (
    ("with memory", "attention", "with memory, attention", 0, {}),
    ("with memory", "none", "with memory, feedback removed at test", 0, _REMOVED),
    ("perception only", "attention", "perception only, attention", 1, {}),
    ("perception only, no feedback", "none", "perception only, learnt without feedback", 2, {}),
)
_NAMES = {
    "entity": "Entity",
    "b_class": "B-class",
    "age": "Age",
    "danger": "Danger",
    "secret": "Secret",
    "predicate @1": "Predicate",
}
_CONTRASTS = {
    "memory": "Learning memory as well",
    "feedback, removed at test": "Feedback, removed at test",
    "feedback, learnt without": "Feedback, learnt without",
}
_SHOWN = ("entity", "b_class", "age", "predicate @1")
_TICKS = ([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
_MAJORITY: dict[str, Any] = {"color": "0.55", "linewidth": 0.8, "linestyle": (0, (4, 1.5))}
_CEILING: dict[str, Any] = {"color": "0.3", "linewidth": 0.8, "linestyle": "-"}


def enriched_perception(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Three rows of panels.

    Args:
        nodes: `fed`, `vision`, `contrasts`, `majority`, `ceiling` and `strength`, as the experiment
            `enriched_perception` makes them.
    """
    heights = (2.45, 2.2, 2.3)
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, sum(heights)), layout=layout)
        first, second, third = np.asarray(figure.subfigures(3, 1, height_ratios=heights))
        _hidden(first, nodes)
        _vision(second, nodes)
        _contrasts(third, nodes)
    return figure


def _hidden(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    """Danger and the secret, of known and of novel entities, by what is fed back."""
    panels = figure.subplots(1, 4, width_ratios=(7, 3, 7, 3), sharey=True)
    cases = [(measure, split) for measure in ("danger", "secret") for split in ("known", "novel")]
    for ax, (measure, split) in zip(panels, cases, strict=True):
        fed = list(_FED) if split == "known" else list(_FED)[:3]
        where = {"measure": measure, "split": split}
        _marks(ax, nodes["fed"].sel(where | {"fed": fed}, drop=True))
        ax.axhline(0.5, color="0.55", linewidth=0.8, linestyle=(0, (1, 1)), label="chance")
        ax.axhline(float(nodes["majority"]["mean"].sel(where)), label="majority", **_MAJORITY)
        ax.set_xticks(np.arange(len(fed)), [_FED[name] for name in fed], rotation=60)
        ax.set_title(f"{_NAMES[measure]}: {split}")
    panels[0].set_ylim(0, 1.03)
    panels[0].set_yticks(*_TICKS)
    panels[0].set_ylabel("Proportion correct")
    for ax, letter in zip(panels, "ABCD", strict=True):
        panel_letter(ax, letter, x=-16)
    figure.supxlabel("Fed back", fontsize=7)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=SMALL)


def _marks(ax: Axes, fed: xr.Dataset) -> None:
    x = np.arange(fed.sizes["fed"])
    for index, (name, label) in enumerate(_LESSONS.items()):
        look = line_look(index)
        style = {"color": look.color, "marker": look.marker}
        dots(ax, x + 0.16 * (index - 1.5), fed.sel(lessons=name), style, label)


def _vision(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    """Accuracy for known entities by noise, beside the best possible and the commonest answer."""
    panels = figure.subplots(1, len(_NAMES), sharey=True)
    for ax, (measure, title) in zip(panels, _NAMES.items(), strict=True):
        for lessons, way, label, index, how in _LINES:
            part = nodes["vision"].sel(lessons=lessons, way=way, measure=measure)
            interval_line(ax, part["noise"].values, part, line_look(index), label, **how)
        ceiling = nodes["ceiling"]["mean"].sel(measure=measure)
        ax.plot(ceiling["noise"], ceiling, label="best possible", **_CEILING)
        level = float(nodes["majority"]["mean"].sel(measure=measure, split="known"))
        ax.axhline(level, label="majority", **_MAJORITY)
        ax.set_title(title)
        _noise_axis(ax)
    panels[0].set_ylim(0, 1.03)
    panels[0].set_yticks(*_TICKS)
    panels[0].set_ylabel("Proportion correct")
    for ax, letter in zip(panels, "EFGHIJ", strict=True):
        panel_letter(ax, letter, x=-12)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=SMALL)


def _contrasts(figure: SubFigure, nodes: Mapping[str, xr.Dataset]) -> None:
    """Paired differences by noise, in percentage points; and what stronger feedback does."""
    differences, stronger = np.asarray(figure.subfigures(1, 2, width_ratios=(2.5, 1)))
    panels: Sequence[Axes] = differences.subplots(1, len(_SHOWN))
    for ax, measure in zip(panels, _SHOWN, strict=True):
        ax.axhline(0, **GUIDE)
        for index, (name, label) in enumerate(_CONTRASTS.items()):
            part = 100 * nodes["contrasts"].sel(contrast=name, measure=measure)
            interval_line(ax, part["noise"].values, part, line_look(index + 4), label)
        ax.set_title(_NAMES[measure])
        _noise_axis(ax)
    panels[0].set_ylabel("Difference (% points)")
    for ax, letter in zip(panels, "KLMN", strict=True):
        panel_letter(ax, letter, x=-14)
    handles, labels = panels[0].get_legend_handles_labels()
    title = "Bars and bands: bootstrap 95 % intervals over worlds, K to N of paired differences"
    differences.legend(
        handles, labels, loc="outside lower center", ncols=3, fontsize=SMALL, title=title
    ).get_title().set_fontsize(SMALL)
    _strength(stronger, nodes["strength"].sel(lessons="with memory"))


def _strength(figure: SubFigure, strength: xr.Dataset) -> None:
    """Hidden labels when what is told is fed back more strongly than was learnt with."""
    ax = figure.subplots()
    x = np.arange(strength.sizes["strength"])
    ax.axhline(0.5, color="0.55", linewidth=0.8, linestyle=(0, (1, 1)))
    for row, (measure, dashes) in enumerate((("danger", (0, (3, 1.5))), ("secret", "-"))):
        for index, fed in enumerate(("true entity", "lookalike", "unlike")):
            part = strength.sel(measure=measure, fed=fed)
            how = {"linestyle": dashes} | ({} if row else {"mfc": "white"})
            label = f"{_NAMES[measure].lower()}, {_FED[fed]}"
            interval_line(ax, x, part, line_look(index), label, **how)
    ax.set_xticks(x, [f"{value:g}" for value in strength["strength"].values])
    ax.set_xlabel("Strength of feedback at test")
    ax.set_ylabel("Proportion correct")
    ax.set_ylim(0, 1.03)
    ax.set_yticks(*_TICKS)
    ax.set_title("With memory")
    panel_letter(ax, "O", x=-18)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2, fontsize=SMALL - 0.5, columnspacing=1
    )


def _noise_axis(ax: Axes) -> None:
    ax.set_xlabel("Noise (times usual)")
    ax.set_xticks([1, 2, 3])
