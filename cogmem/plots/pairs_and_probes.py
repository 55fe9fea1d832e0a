"""Pairs recalled and words recognised by models of sequences, beside people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["pairs_and_probes"]

Nodes = Mapping[str, xr.Dataset]

PEOPLE: dict[str, Any] = {
    "color": PEOPLE_LINE,
    "marker": "o",
    "markersize": 3.6,
    "linestyle": "none",
    "zorder": 4,
}
SHOWN = ("BDH, n = 128", "BDH, n = 512", "BDH, n = 512, undamped", "GRU")
"""Models of whom more than recall by set size is drawn."""


def pairs_and_probes(nodes: Nodes, about: Mapping[str, Any]) -> Figure:
    """Set size; pairs by lag; both directions; recognition by words studied, by lag, and zROCs.

    Args:
        nodes: as the experiment `pairs_and_probes` makes them.
        about: `n_subjects`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 5.2), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _sizes(panels[0], nodes["sizes"])
        _lags(panels[1], nodes)
        _directions(panels[2], nodes)
        _lengths(panels[3], nodes)
        _since(panels[4], nodes)
        _zroc(panels[5], nodes)
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-24)
        handles = panels[0].get_legend_handles_labels()
        people = panels[1].get_legend_handles_labels()
        figure.legend(
            [*handles[0], people[0][-1]],
            [*handles[1], "people"],
            loc="outside upper center",
            ncols=4,
            fontsize=SMALL,
        )
        figure.supxlabel(
            f"Lines: means over {about['n_subjects']:.0f} taught models of each kind; bands: "
            "bootstrap 95 % intervals over models. B, C: temperature of choice, D-F: synaptic "
            "noise fitted,\none number for each line. Grey: people; B, C, E: points read off "
            "published figures; D: band, 95 % interval over 7 people.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _sizes(ax: Axes, sizes: xr.Dataset) -> None:
    for at, name in enumerate(sizes["model"].values):
        interval_line(ax, sizes["size"], sizes.sel(model=name), line_look(at), str(name))
    x = np.linspace(sizes["size"].values.min(), sizes["size"].values.max(), 50)
    ax.plot(x, 1 / x, **GUIDE, label="words known, pairs not")
    ax.set_xticks(sizes["size"].values)
    ax.set_xlabel("Pairs studied")
    ax.set_ylabel("Share: right word is likeliest")
    _proportion(ax)


def _proportion(ax: Axes) -> None:
    ax.set_ylim(-0.03, 1.05)
    ax.set_yticks([0, 0.5, 1])


def _shown(nodes: Nodes) -> list[tuple[int, str]]:
    names = [str(name) for name in nodes["sizes"]["model"].values]
    return [(names.index(name), name) for name in SHOWN if name in names]


def _lags(ax: Axes, nodes: Nodes) -> None:
    """Six pairs, each model at the temperature at which it is nearest to people."""
    told, fit = nodes["murdock"]["value"], nodes["fit"]
    for at, name in _shown(nodes):
        own = fit.sel(model=name)
        here = {"model": name, "pairs": 6, "temperature": float(own["temperature_6"])}
        part = nodes["place"].sel(here).isel(lag=slice(6))
        label = rf"$\tau$ {float(own['temperature_6']):g}, RMSD {float(own['rmsd_6']):.2f}"
        interval_line(ax, part["lag"], part, line_look(at), label)
    small_legend(ax, "upper right")
    ax.plot(told["lag"], told, **PEOPLE, label="people")
    ax.set_xlabel("Pairs studied since (6 pairs; Murdock)")
    ax.set_ylabel("P(right word)")
    _proportion(ax)


def _directions(ax: Axes, nodes: Nodes) -> None:
    """Twelve pairs; open marks are cues with the second word."""
    fit = nodes["fit"]
    for at, name in _shown(nodes):
        own = fit.sel(model=name)
        here = {"model": name, "pairs": 12, "temperature": float(own["temperature_12"])}
        look = line_look(at)
        label = rf"$\tau$ {float(own['temperature_12']):g}, RMSD {float(own['rmsd_12']):.2f}"
        forward, backward = nodes["place"].sel(here), nodes["backward"].sel(here)
        interval_line(ax, forward["lag"], forward, look, label)
        interval_line(ax, backward["lag"], backward, look, "", markerfacecolor="white")
    told = nodes["kahana"]["value"]
    ax.plot(told["lag"], told.sel(direction="forward"), **PEOPLE)
    open_marks = PEOPLE | {"markerfacecolor": "white"}
    ax.plot(told["lag"], told.sel(direction="backward"), **open_marks)
    ax.set_xlabel("Pairs studied since (12; Kahana, 2002)\nopen: cued with the second word")
    ax.set_ylabel("P(right word)")
    _proportion(ax)
    small_legend(ax, "upper right")


def _lengths(ax: Axes, nodes: Nodes) -> None:
    """d' by words studied, at the noise fitted to other people; strengths without noise."""
    fit, told = nodes["fit"], nodes["set_size"]
    for at, name in _shown(nodes):
        own = fit.sel(model=name)
        part = nodes["length"].sel(model=name, noise=float(own["noise"]))
        label = f"noise {float(own['noise']):g}, RMSD {float(own['rmsd_length']):.2f}"
        interval_line(ax, part["length"], part, line_look(at), label)
    strength = nodes["strength"].sel(model=_largest(nodes), layer=1)
    taught = {"linestyle": ":", "markerfacecolor": "white"}
    for weights, how in (("untaught", {}), ("taught", taught)):
        part = strength.sel(weights=weights)
        label = f"strength, {weights}, no noise"
        interval_line(ax, part["length"], part, line_look(6), label, **how)
    ax.fill_between(told["length"], told["low"], told["high"], color=PEOPLE_BAND, linewidth=0)
    ax.plot(told["length"], told["value"], **PEOPLE)
    ax.set_xlabel("Words studied\n(people: Donkin & Nosofsky, 2012)")
    ax.set_ylabel("Sensitivity, $d_a$")
    ax.set_ylim(-0.3, 1.75 * ax.get_ylim()[1])
    small_legend(ax, "upper right")


def _since(ax: Axes, nodes: Nodes) -> None:
    fit, told = nodes["fit"], nodes["hockley"]["value"]
    for at, name in _shown(nodes):
        own = fit.sel(model=name)
        part = nodes["lag"].sel(model=name, noise=float(own["noise"]))
        label = f"RMSD {float(own['rmsd_lag']):.2f}"
        interval_line(ax, part["lag"], part, line_look(at), label)
    ax.plot(told["lag"], told, **PEOPLE)
    ax.set_xlabel("Words studied since (of 16)\n(people: Hockley, 1992, continuous)")
    ax.set_ylabel("Sensitivity, $d_a$")
    ax.set_ylim(0, 1.3 * ax.get_ylim()[1])
    small_legend(ax, "upper right")


def _zroc(ax: Axes, nodes: Nodes) -> None:
    points, slope = nodes["zroc"], nodes["slope"]
    shown = [("people", PEOPLE | {"linestyle": "-", "linewidth": 0.8})]
    shown += [(name, line_look(at)._asdict()) for at, name in _shown(nodes)]
    for name, how in shown:
        own, told = points.sel(source=name), slope.sel(source=name)
        ends = f"{float(told['low']):.2f} to {float(told['high']):.2f}"
        label = f"slope {float(told['mean']):.2f} ({ends})"
        ax.plot(own["z_false"], own["z_hit"], label=label, **how)
    ax.set_xlabel("z of the false-alarm rate\n(people: Schwartz et al., 2005)")
    ax.set_ylabel("z of the hit rate")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.5 * (high - low))
    small_legend(ax, "upper left")


def _largest(nodes: Nodes) -> str:
    """The BDH with the most synapses; damped, if both are."""
    size = nodes["about"]["n_synapses"].fillna(0)
    return str(size["model"].values[size.values.argmax()])
