"""Lesions of a Tensor Brain: what is left of memory and perception, by site and severity."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cogmem.plots.lines import GUIDE, interval_line
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["MEASURE_LOOKS", "brain_lesions", "lesion_bars"]

MEASURE_LOOKS = {
    "entities of an episode": line_look(1),
    "known labels": line_look(0),
    "known predicate": line_look(5),
    "entity seen": line_look(2),
    "labels seen": line_look(4),
    "predicate seen": line_look(3),
}
"""How each measure of a profile is drawn."""

_LONG = {
    "entities of an episode": "episodic: entities, cue t",
    "known labels": "semantic: labels, cue s",
    "known predicate": "semantic: predicate, cue s, o",
    "entity seen": "perception: entity",
    "labels seen": "perception: labels (unary)",
    "predicate seen": "perception: predicate (binary)",
}
_TITLES = {
    "episodes": "Episodes damaged",
    "concepts": "Concepts damaged",
    "working memory": "Working memory damaged",
}
_AXES = {"loss": "Share of weights lost", "noise": "Share of weights that is noise"}
_NOTE = (
    "Ratio: right answers above chance, to the same before the lesion. 0 is chance: always saying "
    "what is commonest. Lines that stay at 1 lie on each other.\n"
    "In brackets: right answers before the lesion, and by chance. Bands: 95 % bootstrap intervals "
    "over worlds, each with a brain of its own."
)


def brain_lesions(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Six panels, and what right answers were before the lesion in the legend.

    Args:
        nodes: `left`, `right` and `chance`, as the experiment `brain_lesions` makes them.
    """
    left = nodes["left"]
    with house_style():
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout=layout)
        panels = figure.subplots(2, 3, sharey=True)
        for row, damage in zip(panels, left["damage"].values, strict=True):
            for ax, site in zip(row, left["site"].values, strict=True):
                _courses(ax, left.sel(damage=damage, site=site), _labels(nodes))
                ax.set_xlabel(_scaled(str(damage), str(site)))
            row[0].set_ylabel("Left above chance (ratio)")
        for ax, site in zip(panels[0], left["site"].values, strict=True):
            ax.set_title(_TITLES[str(site)])
        for letter, ax in zip("ABCDEF", panels.ravel(), strict=True):
            panel_letter(ax, letter, x=-16)
        panels[0, 0].set_ylim(-0.25, 1.15)
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2)
        figure.supxlabel(_NOTE, fontsize=SMALL, x=0.01, ha="left", color="0.35")
    return figure


def _scaled(damage: str, site: str) -> str:
    """What the severity is: working memory is scaled, not thinned."""
    scaled = damage == "loss" and site == "working memory"
    return "Reduction of all weights" if scaled else _AXES[damage]


def _labels(nodes: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Each measure with its value before the lesion, and by chance."""
    whole = nodes["right"]["mean"].isel(damage=0, site=0).sel(severity=0)
    found = {}
    for name, text in _LONG.items():
        right, chance = (float(each.sel(measure=name)) for each in (whole, nodes["chance"]["mean"]))
        found[name] = f"{text} ({right:.2f}; chance {chance:.2f})"
    return found


def _courses(ax: Axes, part: xr.Dataset, labels: Mapping[str, str]) -> None:
    ax.axhline(0, **GUIDE)
    for name, look in MEASURE_LOOKS.items():
        interval_line(ax, part["severity"].values, part.sel(measure=name), look, labels[name])
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])


def lesion_bars(after: xr.Dataset) -> Figure:
    """What one brain can still do, as bars.

    Args:
        after: `right`, `before` and `chance` (measure): shares of right answers after a lesion,
            before it, and by always saying what is commonest.
    """
    names = [str(name) for name in after["measure"].values]
    y = range(len(names))
    with house_style():
        # Placed by hand: to fit a layout takes longer than to draw.
        figure = Figure(figsize=(DOUBLE_COLUMN, 1.9))
        ax = figure.add_axes((0.27, 0.2, 0.5, 0.76))
        colors = [MEASURE_LOOKS[name].color for name in names]
        ax.barh(y, after["right"], height=0.62, color=colors)
        ax.barh(y, after["before"], 0.62, fill=False, edgecolor="0.3", label="before the lesion")
        ax.plot(after["chance"], y, "|k", markersize=13, markeredgewidth=1.2, label="chance")
        ax.set_yticks(y, [_LONG[name] for name in names])
        ax.invert_yaxis()
        ax.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        ax.set(xlim=(0, 1), xlabel="Proportion right")
        ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
    return figure
