"""Spikes of a layer of BDH, and how their counts approach the rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, interval_line, note, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["coincidence_rates"]

SIGNALS = {"y": "Y", "x": "X", "a": "A", "gate": "gate"}
ROUNDS = ("Y drives X", "read", "write", "A drives Y", "gate")
GIVEN = {"given increment": "synapse, $Y X$", "given read": r"A, $\Sigma\,\sigma X$"}
LAYER = {"x": "X", "write": "synapse", "a": "A", "y": "Y"}


def coincidence_rates(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Four panels: a raster, errors at given rates, errors in a layer, bias.

    Args:
        nodes: `error`, `bias` (quantity, substeps) and `slope` (quantity), each with `mean`, `low`,
            `high`; `binomial` with `error` (quantity, substeps); `events` with `signal`, `neuron`,
            `substep` (event).
        about: `n_networks`, `n_copies`, `fit_from`, `shown`, `n_neurons`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        panels = figure.subplots(2, 2).ravel()
        _raster(panels[0], nodes["events"], about)
        _errors(panels[1], nodes, GIVEN, "Given rates")
        _theory(panels[1], nodes["binomial"])
        _errors(panels[2], nodes, LAYER, "One layer, counts feed the next round")
        _bias(panels[3], nodes["bias"])
        for ax in panels[1:3]:
            _guide(ax, nodes["error"]["substeps"].values)
            small_legend(ax, "lower left", title=f"slope from K = {about['fit_from']} on")
        for letter, ax in zip("ABCD", panels, strict=True):
            panel_letter(ax, letter, x=-26)
        drawn = (
            f"{about['n_networks']} networks (B, C: geometric), {about['n_copies']} copies of each"
        )
        figure.supxlabel(
            f"Lines: means of {drawn}; bands and brackets: bootstrap 95 % intervals over networks.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _raster(ax: Axes, events: xr.Dataset, about: Mapping[str, Any]) -> None:
    """One network, all rounds; a row for each neuron."""
    n, shown = int(about["n_neurons"]), int(about["shown"])
    signal, height = events["signal"].values, n + 2
    for at, name in enumerate(SIGNALS):
        own = events.isel(event=np.flatnonzero(signal == name))
        rows = (len(SIGNALS) - 1 - at) * height + own["neuron"].values
        color = line_look(at).color
        ax.plot(own["substep"], rows, "|", color=color, markersize=1.8, markeredgewidth=0.5)
    for k, name in enumerate(ROUNDS):
        ax.axvline((k + 1) * shown - 0.5, **GUIDE)
        ax.annotate(name, ((k + 0.5) / len(ROUNDS), 1), xycoords="axes fraction", ha="center",
                    va="bottom", fontsize=SMALL)  # fmt: skip
    ax.set_yticks([(3 - at) * height + (n - 1) / 2 for at in range(4)], list(SIGNALS.values()))
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(-1, len(ROUNDS) * shown)
    ax.set_xticks(np.arange(len(ROUNDS) + 1) * shown)
    ax.set_xlabel(f"Sub-step (K = {shown} in each round)")
    ax.set_ylabel(f"Signal, {n} neurons each")


def _errors(
    ax: Axes, nodes: Mapping[str, xr.Dataset], shown: Mapping[str, str], title: str
) -> None:
    """Relative error over K, log-log; the fitted slope in the legend."""
    for at, (name, label) in enumerate(shown.items()):
        own, slope = (nodes[key].sel(quantity=name) for key in ("error", "slope"))
        low, mean, high = (float(slope[key]) for key in ("low", "mean", "high"))
        text = f"{label}: {mean:.2f} [{low:.2f}, {high:.2f}]".replace("-", "\N{MINUS SIGN}")
        interval_line(ax, own["substeps"], own, line_look(at), text)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    _substeps(ax, nodes["error"]["substeps"].values)
    ax.set_ylabel("Relative RMS error")
    ax.set_title(title)


def _theory(ax: Axes, binomial: xr.Dataset) -> None:
    for at, name in enumerate(GIVEN):
        label = "binomial counts" if at == 0 else "_nolegend_"
        line = binomial["error"].sel(quantity=name)
        ax.plot(line["substeps"], line, color="black", linewidth=0.7, label=label, zorder=4)


def _guide(ax: Axes, substeps: np.ndarray) -> None:
    """A line of slope -1/2 above the others, as long as they are."""
    curves = [np.asarray(line.get_ydata()) for line in ax.lines]
    heights = 1.5 * max((each * np.sqrt(substeps)).max() for each in curves) / np.sqrt(substeps)
    ax.plot(substeps, heights, **GUIDE)
    middle = len(substeps) // 2
    ax.annotate(
        r"$\propto K^{-1/2}$",
        (substeps[middle], heights[middle]),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=SMALL,
        color="0.35",
    )
    ax.set_ylim(bottom=0.05 * min(each.min() for each in curves))


def _substeps(ax: Axes, substeps: np.ndarray) -> None:
    ticks = substeps[:: max(1, len(substeps) // 6)]
    ax.set_xticks(ticks, [str(each) for each in ticks])
    ax.minorticks_off()
    ax.set_xlabel("Sub-steps of each round, K")


def _bias(ax: Axes, bias: xr.Dataset) -> None:
    """Mean of count less rate, where counts are of a layer; and A at given rates."""
    for at, (name, label) in enumerate(LAYER.items()):
        own = bias.sel(quantity=name)
        interval_line(ax, own["substeps"], own, line_look(at), label)
    own = bias.sel(quantity="given read")
    interval_line(ax, own["substeps"], own, line_look(6), "A, given rates", linewidth=0.8)
    ax.axhline(0, **GUIDE)
    ax.set_ylim(top=1.45 * ax.get_ylim()[1])
    ax.set_xscale("log", base=2)
    _substeps(ax, bias["substeps"].values)
    ax.set_ylabel("Bias, share of RMS error")
    ax.set_title("Thresholds rectify noise")
    small_legend(ax, "upper right")
    note(ax, "counts too high", (0.02, 0.93), color="0.35")
