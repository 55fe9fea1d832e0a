"""What is left of lists after silence and after fillers, and which law it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["dragon_retention"]

Nodes = Mapping[str, xr.Dataset]

PEOPLE: dict[str, dict[str, Any]] = {
    "young": {"marker": "o", "color": PEOPLE_LINE, "markersize": 3.6},
    "old": {"marker": "o", "color": PEOPLE_LINE, "markersize": 3.6, "markerfacecolor": "white"},
}
"""How the two groups of people are told apart."""


def dragon_retention(nodes: Nodes, about: Mapping[str, Any]) -> Figure:
    """Strengths in silence; recall without noise, after silence, after fillers; and the verdicts.

    Args:
        nodes: as the experiment `dragon_retention` makes them.
        about: `n_subjects`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.3), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _strengths(panels[0], nodes)
        _recalls(panels[1], nodes, "silence", "Silence (tokens)")
        _recalls(panels[2], nodes, "fillers", "Fillers read (tokens)")
        _undisturbed(panels[3], nodes)
        _verdicts(panels[4], nodes, "silence")
        _verdicts(panels[5], nodes, "fillers")
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        figure.legend(
            *_handles(panels[2], nodes),
            loc="outside upper center",
            ncols=4,
            fontsize=SMALL,
        )
        figure.supxlabel(
            f"Lines: means over {about['n_subjects']:.0f} taught models of each kind; bands and "
            "bars: bootstrap 95 % intervals over models or people. B, C: each at the noise (in "
            "root mean squares of\nthe fast state after study) at which it is nearest to old "
            "people; 3 s of theirs are laid on a token. E, F: above 0 the exponential is nearer, "
            "below it the power law.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _names(nodes: Nodes) -> list[str]:
    return [str(name) for name in nodes["recall"]["model"].values]


def _handles(ax: Axes, nodes: Nodes) -> tuple[list[Any], list[str]]:
    """Of all models, whatever else their lines are called, and of people."""
    lines = [line for line in ax.get_lines() if line.get_gid() == "model"]
    bars = list(ax.containers)
    return [*lines, *bars], [*_names(nodes), "people, young", "people, old"]


def _strengths(ax: Axes, nodes: Nodes) -> None:
    """On a logarithmic axis an exponential is straight."""
    strength, fit = nodes["strength"], nodes["strength_fit"]
    for at, name in enumerate(_names(nodes)):
        if name not in fit["model"].values:
            continue
        part, rmse = strength.sel(model=name, weights="untaught"), fit["rmse"].sel(model=name)
        label = " / ".join(f"{float(each):.3f}" for each in rmse)
        interval_line(ax, part["rest"], part, line_look(at), label)
    ax.set_yscale("log")
    ax.set_ylim(3e-4, 60)
    ax.set_yticks([0.001, 0.01, 0.1, 1])
    ax.set_xlabel("Silence (tokens), nothing taught")
    ax.set_ylabel(r"Strength $|x^\top S|$, over that at once")
    laws = " / ".join(f"{str(law)[:3]}." for law in fit["law"].values)
    small_legend(ax, "upper right", f"RMSE of {laws} law")


def _recalls(ax: Axes, nodes: Nodes, condition: str, label: str) -> None:
    fit = nodes["fit"].sel(condition=condition, group="old")
    for at, name in enumerate(_names(nodes)):
        noise, off = (float(fit[k].sel(model=name)) for k in ("noise", "rmsd"))
        if np.isnan(noise):
            continue
        part = nodes["recall"].sel(model=name, condition=condition, noise=noise)
        text = f"noise {noise:g}, RMSD {off:.2f}"
        interval_line(ax, part["delay"], part, line_look(at), text, gid="model")
    small_legend(ax, "lower left")
    _people(ax, nodes["people"], PEOPLE)
    ax.set_xlabel(f"{label};\npeople: seconds / 3 (Floden et al., 2000)")
    _share(ax)


def _share(ax: Axes) -> None:
    ax.set_ylabel("Words recalled of four")
    ax.set_ylim(-0.32, 1.05)
    ax.set_yticks([0, 0.5, 1])


def _people(ax: Axes, people: xr.Dataset, groups: Iterable[str]) -> None:
    for group in groups:
        told = people.sel(group=group)
        bars = [told["mean"] - told["low"], told["high"] - told["mean"]]
        ax.errorbar(told["delay"], told["mean"], bars, linestyle="none", zorder=4, **PEOPLE[group])


def _undisturbed(ax: Axes, nodes: Nodes) -> None:
    recall = nodes["recall"]
    for at, name in enumerate(recall["model"].values):
        for condition, how in (("fillers", {}), ("silence", {"markerfacecolor": "white"})):
            part = recall.sel(model=name, noise=0, condition=condition)
            if np.isfinite(part["mean"]).all():
                interval_line(ax, part["delay"], part, line_look(at), "", **how)
    _people(ax, nodes["people"], ["young"])
    ax.set_xlabel("Delay (tokens), no noise\nfilled: fillers read; open: silence")
    _share(ax)
    ax.set_ylim(0, 1.05)


def _verdicts(ax: Axes, nodes: Nodes, condition: str) -> None:
    for at, name in enumerate(_names(nodes)):
        part = nodes["verdict"].sel(model=name, condition=condition)
        if np.isfinite(part["mean"]).all():
            interval_line(ax, part["noise"], part, line_look(at), "")
    ax.axhline(0, **GUIDE)
    told = nodes["verdict_people"]
    for at, (group, look) in enumerate(PEOPLE.items()):
        own = told.sel(group=group)
        bars = [[own["mean"] - own["low"]], [own["high"] - own["mean"]]]
        ax.errorbar([4.5 + 0.3 * at], [own["mean"]], bars, zorder=4, **look)
    ax.set_xlabel(f"Noise; after {condition} (right: people)")
    ax.set_ylabel("AICc, power law - exponential")
