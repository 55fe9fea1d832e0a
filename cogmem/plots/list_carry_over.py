"""What earlier lists do to the recall of a list, in models of sequences and in people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

__all__ = ["list_carry_over"]

Nodes = Mapping[str, xr.Dataset]

PEOPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "peers": ("people, PEERS", {"color": PEOPLE_LINE, "marker": "o"}),
    "morton2013": (
        "people, Morton et al.",
        {"color": PEOPLE_LINE, "marker": "o", "markerfacecolor": "white"},
    ),
}
"""How each set of people is called and drawn."""


def list_carry_over(nodes: Nodes, about: Mapping[str, Any]) -> Figure:
    """Recall by list; what keeping the fast state costs; intrusions by list lag, and their shares.

    Args:
        nodes: as the experiment `list_carry_over` makes them.
        about: `n_subjects`, and `length` of the models' lists.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.9), layout="constrained")
        panels = figure.subplots(2, 2).ravel()
        _recalled(panels[0], nodes, about["length"])
        _cost(panels[1], nodes["cost"])
        _excess(panels[2], nodes)
        _shares(panels[3], nodes)
        for letter, ax in zip("ABCD", panels, strict=True):
            panel_letter(ax, letter, x=-28)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=6, fontsize=SMALL)
        figure.supxlabel(
            f"Lines: means over {about['n_subjects']:.0f} taught models of each kind, which read "
            "six lists in a row; bands and bars: bootstrap 95 % intervals over models or people. "
            "A: filled, the\nfast state is kept between lists; open, it is emptied. B, C: kept "
            "less emptied; people, all intrusions. Lists of models have "
            f"{about['length']:.0f} words, those of people 16, 24.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _models(node: xr.Dataset) -> list[tuple[int, str]]:
    return list(enumerate(str(name) for name in node["model"].values))


def _recalled(ax: Axes, nodes: Nodes, length: float) -> None:
    node = nodes["recalled"] / length
    for at, name in _models(node):
        for condition, label in (("kept", name), ("emptied", "")):
            part = node.sel(model=name, condition=condition)
            how = {} if label else {"markerfacecolor": "white", "linewidth": 0.6}
            interval_line(ax, part["list"], part, line_look(at), label, **how)
    _people(ax, nodes["recalled_people"], "list")
    ax.set_xlabel("List in the row (people: in the first session)")
    ax.set_ylabel("Share of words recalled")
    ax.set_ylim(0, 1.02)


def _people(ax: Axes, node: xr.Dataset, axis: str) -> None:
    for name, (label, look) in PEOPLE.items():
        part = node.sel(set=name)
        bars = [part["mean"] - part["low"], part["high"] - part["mean"]]
        how = {"markersize": 3.6, "linewidth": 0.8, "zorder": 4} | look
        ax.errorbar(part[axis], part["mean"], bars, label=label, **how)


def _cost(ax: Axes, cost: xr.Dataset) -> None:
    for at, name in _models(cost):
        part = cost.sel(model=name)
        interval_line(ax, part["list"], part, line_look(at), "")
    ax.axhline(0, **GUIDE)
    ax.set_xlabel("List in the row")
    ax.set_ylabel("Words recalled, kept - emptied")


def _excess(ax: Axes, nodes: Nodes) -> None:
    for at, name in _models(nodes["excess"]):
        part = nodes["excess"].sel(model=name)
        interval_line(ax, part["list_lag"], part, line_look(at), "")
    _people(ax, nodes["lags_people"], "list_lag")
    ax.axhline(0, **GUIDE)
    ax.set_xticks(nodes["excess"]["list_lag"].values)
    ax.set_xlabel("List lag of the intruding word")
    ax.set_ylabel("Prior-list intrusions per list,\nkept - emptied")


def _shares(ax: Axes, nodes: Nodes) -> None:
    node = nodes["lags"]
    for at, name in _models(node):
        share = node["share"].sel(model=name, condition="kept")
        ax.plot(share["list_lag"], share, **line_look(at)._asdict())
    for name, (_, look) in PEOPLE.items():
        share = nodes["lags_people"]["share"].sel(set=name)
        ax.plot(share["list_lag"], share, **{"markersize": 3.6, "linewidth": 0.8} | look)
    n = node.sizes["list_lag"]
    ax.plot(node["list_lag"], [1 / n] * n, **GUIDE, label="all lags alike")
    ax.set_xticks(node["list_lag"].values)
    ax.set_xlabel("List lag of the intruding word")
    ax.set_ylabel("Share of prior-list intrusions")
    ax.set_ylim(0, 1)
    small_legend(ax, "upper right")
