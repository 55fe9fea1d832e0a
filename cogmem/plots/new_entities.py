"""New entities: noticed, learnt from a few views, and what they cost the known ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from cogmem.plots.lines import GUIDE, interval_line, note, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, LineLook, house_style, line_look, panel_letter

__all__ = ["new_entities"]

SHOWN_VIEWS = 5
TOP = 1.04
"""Upper end of axes of shares, so that marks at 1 are whole."""

LABELLED = ("length and sum", "old views too", "labels told")
_NAMES = {
    "raw": "one shot: raw",
    "normalised": "one shot: normalised",
    "length and sum": "one shot: length and sum",
    "new views only": "steps: new views only",
    "old views too": "steps: old views too",
    "labels told": "steps: old views, labels told",
    "from the trace": "steps from one shot, old views",
}
_GROUPS = {"b_class": "B-class", "p_class": "P-class", "g_class": "G-class"}


def new_entities(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Five panels: noticing, recognition by views, damage, the trade-off over steps, labels.

    Args:
        nodes: as the experiment `new_entities` leaves them.
    """
    looks = {name: line_look(n) for n, name in enumerate(_NAMES)}
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.5), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _noticed(panels[0], nodes)
        for ax, who in zip(panels[1:3], ("new", "known"), strict=True):
            _by_views(ax, nodes, looks, who)
        _trade_off(panels[3], nodes, looks)
        _labels(panels[4], nodes, looks)
        for letter, ax in zip("ABCDE", panels, strict=False):
            panel_letter(ax, letter, x=-26)
        panels[5].axis("off")
        handles, labels = panels[1].get_legend_handles_labels()
        panels[5].legend(handles, labels, loc="upper left", borderaxespad=0)
        note(panels[5], _words(nodes), (0, 0), va="bottom", color="0.35")
    return figure


def _words(nodes: Mapping[str, xr.Dataset]) -> str:
    low, high = (
        float(100 * nodes["threshold"]["mean"].sel(entities=k)) for k in ("known", "novel")
    )
    return (
        "Bands and bars: 95 % bootstrap intervals over\n"
        "worlds. B, C: after 100 steps; chance is 0.2 %.\n"
        f"A: at a threshold that 5 % of training boxes miss,\n"
        f"{high:.0f} % of novel and {low:.0f} % of known new views are\n"
        "taken for a new entity."
    )


def _noticed(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """ROC by statistic, areas in the legend."""
    roc, area = nodes["roc"], nodes["area"]["mean"]
    for n, name in enumerate(roc["statistic"].values):
        look = line_look(n)._replace(marker="")
        if name == "nearest mean":
            look = LineLook("0.45", look.linestyle, "")
        words = f"{name}: {float(area.sel(statistic=name)):.2f}"
        interval_line(ax, roc["false_alarm"], roc.sel(statistic=name), look, words)
    ax.plot([0, 1], [0, 1], **GUIDE)
    ax.set(xlabel="Known entities taken for new", ylabel="Novel entities taken for new")
    small_legend(ax, "lower right", "Area (chance .50)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))


def _by_views(
    ax: Axes, nodes: Mapping[str, xr.Dataset], looks: Mapping[str, LineLook], who: str
) -> None:
    for name, look in looks.items():
        part = _last(nodes, name).sel(entities=who)
        interval_line(ax, part["n_views"], part, look, _NAMES[name])
    nearest = nodes["nearest"].sel(entities=who)
    grey = LineLook("0.6", (0, (1, 1)), "")
    interval_line(ax, nearest["n_views"], nearest, grey, "nearest mean of features")
    if who == "known":
        before = float(nodes["before"]["mean"].sel(entities=who))
        ax.axhline(before, **GUIDE)
        note(ax, "before", (0.02, before / TOP + 0.01), va="bottom")
    ticks = nearest["n_views"].values
    ax.set_xticks(ticks, [str(k) for k in ticks])
    ax.set(xlabel="Views of each new entity", ylabel=f"Recognised: {who} entities", ylim=(0, TOP))
    ax.yaxis.set_major_formatter(PercentFormatter(1))


def _last(nodes: Mapping[str, xr.Dataset], name: str) -> xr.Dataset:
    """After all steps, if the method has any."""
    written, steps = nodes["written"], nodes["steps"]
    if name in written["way"].values:
        return written.sel(way=name)
    return steps.sel(way=name).isel(step=-1)


def _shown(part: xr.Dataset) -> xr.Dataset:
    views = part["n_views"].values
    return part.sel(n_views=SHOWN_VIEWS if SHOWN_VIEWS in views else views[-1])


def _trade_off(ax: Axes, nodes: Mapping[str, xr.Dataset], looks: Mapping[str, LineLook]) -> None:
    """New against known entities, along the steps."""
    steps = _shown(nodes["steps"])
    for name, look in looks.items():
        single = name not in steps["way"].values
        part = _shown(nodes["written"]).sel(way=name) if single else steps.sel(way=name)
        x, y = (part["mean"].sel(entities=who) for who in ("known", "new"))
        ax.plot(x, y, **look._asdict(), markersize=5 if single else 2.6, clip_on=False)
    for step in (0, -1):
        at = steps["mean"].sel(way="new views only").isel(step=step)
        where = (float(at.sel(entities="known")), float(at.sel(entities="new")))
        number = str(int(steps["step"][step]))
        ax.annotate(number, where, (6, -1), textcoords="offset points", fontsize=SMALL)
    ax.set(xlabel="Recognised: known entities", ylabel="Recognised: new entities")
    ax.set(xlim=(0, 1), ylim=(0, TOP))
    note(ax, f"{int(steps['n_views'])} views;\n1, 3, 10, 30, 100 steps", (0.04, 0.05))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1))


def _labels(ax: Axes, nodes: Mapping[str, xr.Dataset], looks: Mapping[str, LineLook]) -> None:
    """What the index alone says of an entity."""
    found, groups = _shown(nodes["labels"]), nodes["chance"]["group"].values
    for n, name in enumerate(LABELLED):
        part = found.sel(way=name)
        bars = np.abs(np.stack([part[end] - part["mean"] for end in ("low", "high")]))
        look = looks[name]._asdict() | {"linestyle": "none"}
        at = np.arange(len(groups)) + (n - 1) * 0.2
        ax.errorbar(at, part["mean"], yerr=bars, elinewidth=0.7, **look)
    chance = nodes["chance"]["mean"].values
    ax.hlines(chance, np.arange(len(groups)) - 0.4, np.arange(len(groups)) + 0.4, color="0.5")
    note(ax, "grey: chance", (0.3, 0.03), color="0.4")
    names = [_GROUPS.get(name, name) for name in groups]
    ax.set_xticks(np.arange(len(groups)), names, rotation=40, fontsize=SMALL)
    ax.set(ylabel="Labels right, by the new index", ylim=(0, TOP))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
