"""Losses of models of a text by their size, how they fall, and how many neurons stay active."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cogmem.plots.lines import interval_line, named_guide, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["language_modelling"]

SOURCES = {"Shakespeare": "nats per byte", "grammar": "nats per word"}
BEFORE = {"x": 0.50, "y": 0.24}
"""Shares before learning in the official code."""

LARGE = 0.05
"""Share that the paper tells of large models, of y in one place and of x in another."""


def language_modelling(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Four panels: loss by weights, loss by step, active share of x and of y by step.

    Args:
        nodes: `scaling` (model, n), `course` (model, n, step), `active` (model, n, step, layer,
            activity), each with `mean`, `low`, `high`; `sizes` with `n_weights` and `rate` (model,
            n); `choice` with `loss` (model, n, rate); `guides` with `loss` (guide).
        about: `source`, `n_seeds` and `official_rate`.
    """
    unit = SOURCES[about["source"]]
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.9), layout="constrained")
        panels = figure.subplots(2, 2).ravel()
        _scaling(panels[0], nodes, about)
        _course(panels[1], nodes)
        guides = nodes["guides"]["loss"]
        _guides(panels[0], guides.where(guides["guide"] != "unigram", drop=True))
        _guides(panels[1], guides)
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(low, high + 0.4 * (high - low))  # the legend is above all guides
        for ax in panels[:2]:
            ax.set_ylabel(f"Held-out loss ({unit})")
        for ax, activity in zip(panels[2:], BEFORE, strict=True):
            _active(ax, nodes["active"], activity)
        for letter, ax in zip("ABCD", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        figure.supxlabel(
            f"Means over {about['n_seeds']:.0f} networks; bands: bootstrap 95 % intervals. A, open "
            "marks: one network each at the official rate.\n"
            "B: the largest of each kind. C, D: the largest BDH, not damped.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _scaling(ax: Axes, nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> None:
    sizes = nodes["sizes"]
    for at, model in enumerate(sizes["model"].values):
        look, own = line_look(at), sizes.sel(model=model)
        interval_line(ax, own["n_weights"], nodes["scaling"].sel(model=model), look, str(model))
        tried = nodes["choice"]["loss"].sel(model=model, rate=about["official_rate"])
        how: dict[str, Any] = {
            "color": look.color,
            "marker": look.marker,
            "markerfacecolor": "white",
        }
        ax.plot(own["n_weights"], tried, linestyle=":", linewidth=0.6, **how)
    ax.set_xscale("log")
    ticks = sizes["n_weights"].sel(model="BDH").values
    ax.set_xticks(ticks, [f"{each / 1000:.0f}k" for each in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("Weights (log scale; ticks: BDH)")
    small_legend(ax, "upper right")


def _course(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """The largest of each kind."""
    course = nodes["course"].isel(n=-1)
    for at, model in enumerate(course["model"].values):
        interval_line(ax, course["step"], course.sel(model=model), line_look(at), str(model))
    ax.set_xlabel("Step of learning")
    small_legend(ax, "upper right")


def _guides(ax: Axes, guides: xr.DataArray) -> None:
    """Losses of those who know less, or all."""
    for name in guides["guide"].values:
        named_guide(ax, float(guides.sel(guide=name)), str(name))


def _active(ax: Axes, active: xr.Dataset, activity: str) -> None:
    own = active.isel(n=-1).sel(model="BDH", activity=activity)
    for at, layer in enumerate(own["layer"].values):
        interval_line(ax, own["step"], own.sel(layer=layer), line_look(at + 3), f"layer {layer}")
    named_guide(ax, BEFORE[activity], "official code, before learning")
    named_guide(ax, LARGE, "about .05, large models (paper)", -1)
    ax.set_ylim(0, 0.75)
    ax.set_xlabel("Step of learning")
    ax.set_ylabel(f"Share of neurons with ${activity}$ > 0")
    small_legend(ax, "upper right")
