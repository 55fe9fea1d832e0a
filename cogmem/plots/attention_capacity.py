"""How many pairs linear attention holds: by neurons, by kinds of keys, and by age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from cogmem.plots.lines import GUIDE, interval_line, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["attention_capacity"]

NAMES = {
    "normal": "normal",
    "sparse, positive": "5 % on, positive",
    "turned, asked in place": "5 % on, turned, asked in place",
    "turned, asked later": "5 % on, turned, asked later",
    "rule, independent": "exception, independent keys",
    "rule, shared direction": "exception, shared direction",
}
WRONG = "Recalled wrongly"


def attention_capacity(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Six panels: filling, in pairs and per neuron, positive keys, exceptions, capacity, age.

    Args:
        nodes: `filling` (kind, n, load), `rule` (keys, n, root_load), `capacity` and `slope` (kind)
            and `age` (condition, age), each with `mean`, `low`, `high`; `theory` with `wrong`
            (n, load) and `capacity` (n).
        about: `n_memories`, `n_old`, `width`, `criterion`, `old_load`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.7), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _filling(panels[0], nodes, "normal", per_neuron=False)
        _filling(panels[1], nodes, "normal")
        _filling(panels[2], nodes, "sparse, positive")
        _rule(panels[3], nodes["rule"].sel(keys="shared direction"))
        _capacity(panels[4], nodes, about)
        _age(panels[5], nodes["age"], about)
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-22)
        figure.supxlabel(
            f"Lines: means over {about['n_memories']} memories; bands: bootstrap 95 % intervals "
            f"over them. Values: d = {about['width']} numbers; of exceptions, one. F, window: "
            r"$1/(1-\gamma)$ tokens.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _filling(ax: Axes, nodes: Mapping[str, xr.Dataset], kind: str, per_neuron: bool = True) -> None:
    """One line for each number of neurons, and what theory says for independent keys."""
    own, theory = nodes["filling"].sel(kind=kind), nodes["theory"]["wrong"]
    for at, n in enumerate(own["n"].values):
        x = own["load"].values * (1 if per_neuron else n)
        interval_line(ax, x, own.sel(n=n), line_look(at), f"{n}")
        if kind == "normal":
            ax.plot(x, theory.sel(n=n), color="0.25", linewidth=0.6, linestyle=":", zorder=4)
    ax.set_xlabel("Pairs stored per neuron, $t/n$" if per_neuron else "Pairs stored, $t$")
    ax.set_title("Positive keys, 5 % on" if kind != "normal" else "Normal keys (dotted: theory)")
    _wrong_axis(ax)
    small_legend(ax, "upper left", "neurons, $n$")
    if per_neuron:
        _powers(ax, own["load"].values)


def _wrong_axis(ax: Axes) -> None:
    ax.set_xscale("log", base=2)
    ax.set_ylim(-0.03, 1.03)
    ax.set_ylabel(WRONG)


def _powers(ax: Axes, x: np.ndarray) -> None:
    """A tick at every second power of two, as a plain number or a fraction."""
    low, high = (int(np.round(np.log2(end))) for end in (x.min(), x.max()))
    powers = np.arange(low, high + 1, 2 if high - low > 5 else 1)
    names = [f"{2**p:d}" if p >= 0 else f"1/{2**-p:d}" for p in powers.tolist()]
    ax.xaxis.set_major_locator(FixedLocator((2.0**powers).tolist()))
    ax.set_xticklabels(names)
    ax.xaxis.set_minor_locator(NullLocator())


def _rule(ax: Axes, own: xr.Dataset) -> None:
    for at, n in enumerate(own["n"].values):
        interval_line(ax, own["root_load"], own.sel(n=n), line_look(at), f"{n}")
    ax.axvline(1, **GUIDE)
    ax.set_xlabel(r"Pairs stored per $\sqrt{n}$")
    ax.set_title("Exception, keys share a direction")
    _wrong_axis(ax)
    _powers(ax, own["root_load"].values)
    ax.set_xlim(0.2, 20)
    small_legend(ax, "lower right", "neurons, $n$")


def _capacity(ax: Axes, nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> None:
    """Log-log, with the slope of each kind of keys."""
    capacity, slope = nodes["capacity"], nodes["slope"]["mean"]
    n = capacity["n"].values
    for at, kind in enumerate(capacity["kind"].values):
        label = f"{NAMES[str(kind)]} ({float(slope.sel(kind=kind)):.2f})"
        interval_line(ax, n, capacity.sel(kind=kind), line_look(at), label)
    ax.plot(n, nodes["theory"]["capacity"], color="0.25", linewidth=0.6, linestyle=":", zorder=4)
    shown = n.tolist()[:: 1 + len(n) // 5]
    ax.set(xscale="log", yscale="log", xlabel="Neurons, $n$")
    ax.xaxis.set_major_locator(FixedLocator(shown))
    ax.set_xticklabels([f"{each:d}" for each in shown])
    ax.xaxis.set_minor_locator(NullLocator())
    low, high = ax.get_ylim()
    ax.set_ylim(low, high * (high / low) ** 0.75)
    ax.set_ylabel(f"Pairs held ({1 - about['criterion']:.0%} wrong)".replace("%", " %"))
    ax.set_title("Capacity (slope in log-log)")
    small_legend(ax, "upper left")


def _age(ax: Axes, own: xr.Dataset, about: Mapping[str, Any]) -> None:
    for at, name in enumerate(own["condition"].values):
        interval_line(ax, own["age"], own.sel(condition=name), line_look(at), str(name))
    _wrong_axis(ax)
    _powers(ax, own["age"].values)
    ax.set_ylim(-0.03, 1.65)
    ax.set_yticks(np.arange(0, 1.01, 0.2))
    ax.set_xlabel("Pairs stored since, per neuron")
    ax.set_title(f"$t = {about['old_load']}\\,n$, $n = {about['n_old']}$")
    small_legend(ax, "upper left")
