"""Order effects by the gates of feedback, the error of adding evidence, and capacity of a sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from cogmem.plots.lines import interval_line, note, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["measurement_order"]

_ASKED = (("box", 1.0), ("box", 2.0), ("box", 3.0), ("box and entity", 1.0))
_QUOTED: dict[str, Any] = {"marker": "D", "mfc": "none", "color": "0.4", "linestyle": "none"}
_QUOTED |= {"markersize": 5}
_AXES = {
    "total variation": "Total variation between orders",
    "divergence": "KL between orders (nats)",
    "state": "Relative difference of states",
}


def measurement_order(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """Six panels: outcomes by order (twice), states by order, Bayes, capacity (twice).

    Args:
        nodes: as the experiment `measurement_order` leaves them.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.7), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        for ax, difference in zip(panels, _AXES, strict=False):
            _by_gates(ax, nodes, difference)
        small_legend(panels[0], "upper right")
        _published_divergence(panels[1], nodes)
        _bayes(panels[3], nodes)
        _capacity(panels[4], nodes["capacity"], "Random columns, D = 768, N = 4000")
        _published_capacity(panels[4], nodes)
        _capacity(panels[5], nodes["capacity_few"], "Entities of trained brains")
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        figure.supxlabel(
            "A-C: overwriting (0, 1), adding (1, 1), no feedback (1, 0; KL is 0, not drawn). Open "
            "squares: gates (0, 1) at school.\nBands and bars: 95 % bootstrap intervals over "
            "worlds (A-C, F) or draws of random models (D, E).",
            fontsize=SMALL,
            x=0.01,
            ha="left",
            color="0.35",
        )
    return figure


# ---- order --------------------------------------------------------------------------------------


def _by_gates(ax: Axes, nodes: Mapping[str, xr.Dataset], difference: str) -> None:
    found = nodes["order"].sel(difference=difference)
    gates = found["gates"].values
    x = np.arange(len(gates))
    for n, (seen, noise) in enumerate(_ASKED):
        part = found.sel(seen=seen, noise=noise)
        if difference == "divergence":
            part = part.where(part["mean"] > LEAST)
        words = _asked_of(seen, noise) if difference == "total variation" else "_nolegend_"
        interval_line(ax, x, part, line_look(n), words)
    so = nodes["learnt_so"].sel(difference=difference, seen="box", noise=1.0)
    bar = [[float(so["mean"] - so["low"])], [float(so["high"] - so["mean"])]]
    ax.errorbar(-0.25, so["mean"], yerr=bar, fmt="s", mfc="white", color="black", markersize=4)
    ax.set_xticks(x, gates, rotation=60, fontsize=SMALL)
    ax.set(xlabel="Gates of feedback (alpha, beta)", ylabel=_AXES[difference])
    if difference == "divergence":
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)


LEAST = 1e-8
"""Divergences below this are 0 up to rounding, and are not drawn on a logarithmic axis."""


def _asked_of(seen: str, noise: float) -> str:
    return f"{seen}, noise x {noise:g}" if seen == "box" else f"{seen} fed back"


def _published_divergence(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    quoted = nodes["published"]
    chosen = quoted["quantity"].values == "difference between orders"
    gates = {"overwriting": "(0, 1)", "additive": "(1, 1)"}
    places = list(nodes["order"]["gates"].values)
    x = [places.index(gates[c]) for c in quoted["condition"].values[chosen]]
    how: dict[str, Any] = {
        "marker": "D",
        "mfc": "none",
        "color": "0.4",
        "linestyle": "none",
        "markersize": 5,
    }
    ax.plot(x, quoted["value"].values[chosen], **how, label="ImageNet [QTB],\nsecondary source")
    small_legend(ax, "upper right")


# ---- Bayes and capacity -------------------------------------------------------------------------


def _bayes(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """The error against its approximation, by the number of outcomes."""
    found = nodes["bayes"]
    for n, count in enumerate(found["n_outcomes"].values):
        x, y = (found.sel(quantity=q, n_outcomes=count) for q in ("approximation", "error"))
        bars = np.abs(np.stack([y[end] - y["mean"] for end in ("low", "high")]))
        words = "1 outcome" if count == 1 else f"{count} outcomes"
        ax.errorbar(x["mean"], y["mean"], yerr=bars, label=words, **line_look(n)._asdict())
    ends = [1e-3, 30]
    ax.plot(ends, ends, color="0.5", linewidth=0.6, zorder=1)
    ax.set(xscale="log", yscale="log", ylabel="KL(additive || exact) (nats)")
    ax.set_xlabel("Approximation: $M^2$/2 Var[log Z] (nats)")
    small_legend(ax, "upper left")
    spread = nodes["log_z"]["mean"]
    whole, rest = (float(spread.sel(part=part)) for part in ("all", "not affine"))
    words = f"trained brain, 3 labels:\n{whole:.2g}; {rest:.2g} but for\nits affine part"
    note(ax, words, (0.98, 0.04), ha="right", va="bottom")


def _capacity(ax: Axes, found: xr.Dataset, title: str) -> None:
    for n, columns in enumerate(found["columns"].values):
        part = found.sel(columns=columns)
        interval_line(ax, part["m"], part, line_look(n), str(columns))
    ax.set_xscale("log", base=2)
    ticks = found["m"].values
    ax.set_xticks(ticks, [str(m) for m in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set(xlabel="Columns in the sum, m", ylabel="Share among the m best", ylim=(0, 1.04))
    ax.set_title(title, fontsize=7)
    small_legend(ax, "lower left")


def _published_capacity(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    quoted = nodes["published"]
    chosen = quoted["quantity"].values != "difference between orders"
    m = quoted["condition"].values[chosen].astype(float)
    ax.plot(m, quoted["value"].values[chosen], **_QUOTED, label="secondary source")
    small_legend(ax, "lower left")
