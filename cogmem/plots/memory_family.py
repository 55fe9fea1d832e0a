"""Associative memories at equal bits: completion, familiarity, capacity, similarity and cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["memory_family"]

HEIGHT = 7.2
GREY: dict[str, Any] = {"color": "0.5", "linewidth": 0.7, "zorder": 0}
RIGHT: Any = ("axes fraction", "data")
NOTE: dict[str, Any] = {"fontsize": SMALL, "color": "0.35", "ha": "right", "va": "top"}
BESIDE: dict[str, Any] = {
    "xytext": (0, 6),
    "textcoords": "offset points",
    "ha": "center",
    "fontsize": SMALL,
}
ASIDE: dict[str, dict[str, Any]] = {
    "smooth": {"xytext": (0, -17)},
    "default": {"xytext": (-5, -12), "ha": "right"},
    "random codes": {"xytext": (5, 0), "ha": "left", "va": "center"},
}
CODED = ("Kanerva", "Spatial pooler", "Sparsey")
"""Beginnings of the names of memories whose code is not the pattern itself."""

NEAR = 0.2
"""Bits per bit between the ends of two bars whose numbers would lie on each other."""

BARS = {"random": (1.0, ""), "half on": (0.45, "////")}
"""Cases with their opacity and hatching."""


def memory_family(
    nodes: Mapping[str, xr.Dataset],
    n_modules: int,
    kept: float = 0.75,
    active: int = 12,
) -> Figure:
    """Nine panels.

    Args:
        nodes: `filling`, `capacity`, `sizes`, `similarity`, `spearman` and `shapes`, as the
            experiment `memory_family` makes them.
        n_modules: of Sparsey, outside `shapes`.
        kept: share of active features that a part cue keeps.
        active: features of an item that are on.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, HEIGHT), layout="constrained")
        panels = figure.subplots(3, 3)
        _fill(panels[0, :2], nodes["filling"], kept)
        _information(panels[0, 2], nodes["capacity"])
        _familiarity(panels[1, :2], nodes["filling"])
        _cost(panels[1, 2], nodes["sizes"])
        _similarity(panels[2, 0], nodes["similarity"], active)
        _trade(panels[2, 1], nodes["spearman"], nodes["capacity"])
        _shapes(panels[2, 2], nodes["shapes"], nodes["capacity"], n_modules)
        for ax, letter in zip(panels.ravel(), "ABCDEFGHI", strict=True):
            panel_letter(ax, letter, x=-24)
        _legend(figure, panels[1, 0], nodes["filling"].sizes["network"])
    return figure


def _legend(figure: Figure, ax: Axes, n_networks: int) -> None:
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside upper center",
        ncols=4,
        fontsize=6.5,
        title=f"Bars: standard deviation over {n_networks} networks with items of their own",
        title_fontsize=SMALL,
    )


def _shapes(ax: Axes, shapes: xr.Dataset, capacity: xr.Dataset, n_modules: int) -> None:
    """Items held by Sparsey of the same bits against its number of modules."""
    chosen = capacity["held"].sel(case="random", drop=True)
    looks = _looks(capacity["memory"].values)
    for name in map(str, shapes["memory"].values):
        here = chosen.sel(memory=name).expand_dims(modules=[n_modules])
        held = xr.concat(
            [shapes["held"].sel(memory=name), here], "modules", coords="minimal", compat="override"
        )
        held = held.sortby("modules").transpose("modules", "network")
        bars = held.std("network", ddof=1)
        ax.errorbar(held["modules"], held.mean("network"), bars, elinewidth=0.5, **looks[name])
    willshaw = float(chosen.sel(memory="Willshaw").mean())
    ax.axhline(willshaw, color=looks["Willshaw"]["color"], linewidth=0.7, zorder=0)
    ax.annotate("Willshaw", (1, willshaw), xycoords=RIGHT, **(NOTE | {"va": "bottom"}))
    ax.set(xlabel="Modules Q, of 400 / Q cells", ylabel="Items held at F1 of .97", xscale="log")
    ticks = sorted([*shapes["modules"].values.tolist(), n_modules])
    ax.set_xticks(ticks, [str(n) for n in ticks])
    ax.set_xticks([], minor=True)
    ax.set(ylim=(0, None), title="Shapes of Sparsey, same bits")


def _written(name: str) -> str:
    return name.replace("lambda_U", r"$\lambda_U$").replace("Sparsey, ", "Sparsey: ")


def _looks(names: Any) -> dict[str, dict[str, Any]]:
    """One look for each memory, in all panels; Sparsey, whatever its codes, is black."""
    names = list(map(str, names))
    sparsey = [name for name in names if name.startswith("Sparsey")]
    others = [name for name in names if name not in sparsey]
    looks = {name: line_look(i) for i, name in enumerate(others)}
    for i, name in enumerate(sparsey):
        looks[name] = line_look(len(others) + i)._replace(
            color="black", linestyle=line_look(i).linestyle
        )
    return {name: look._asdict() for name, look in looks.items()}


def _curves(ax: Axes, values: xr.DataArray) -> None:
    """One line for each memory against the number stored; those without numbers are left out."""
    for name, look in _looks(values["memory"].values).items():
        one = values.sel(memory=name).transpose("stored", "network")
        if bool(one.isnull().all()):
            continue
        ax.errorbar(
            one["stored"],
            one.mean("network"),
            yerr=one.std("network", ddof=1),
            label=_written(name),
            elinewidth=0.5,
            linewidth=1.0,
            markersize=2.2,
            **look,
        )
    ax.set(ylim=(-0.03, 1.05), xlim=(-20, None), xlabel="Items stored")


def _fill(panels: Any, filling: xr.Dataset, kept: float) -> None:
    """Completion from part and replaced cues."""
    cue = 2 * kept / (1 + kept)
    of_cues = {"part": cue, "replaced": kept}
    titles = (f"Cues: {kept:.0%} kept, none wrong", f"Cues: {kept:.0%} kept, the others wrong")
    for ax, (name, unchanged), title in zip(panels, of_cues.items(), titles, strict=True):
        _curves(ax, filling[name].sel(items="random"))
        ax.axhline(unchanged, linestyle=(0, (4, 2)), **GREY)
        left = NOTE | {"va": "top", "ha": "left"}
        ax.annotate("cue as\nit is", (0.065, unchanged - 0.01), xycoords=RIGHT, **left)
        ax.set_title(title)
    panels[0].set_ylabel("F1 of the completed pattern")


def _familiarity(panels: Any, filling: xr.Dataset) -> None:
    titles = {"random": "Random items", "families": "40 families, 8 of 12 common"}
    for ax, (items, title) in zip(panels, titles.items(), strict=True):
        _curves(ax, filling["auc"].sel(items=items))
        ax.axhline(0.5, linestyle=(0, (4, 2)), **GREY)
        ax.annotate("chance", (1, 0.46), xycoords=RIGHT, **NOTE)
        ax.set(title=title, ylim=(0.4, 1.03))
    panels[0].set_ylabel("Old or new (AUC)")


def _information(ax: Axes, capacity: xr.Dataset) -> None:
    """Bars of information per bit at the criterion, for items at hand and half-on ones."""
    names = [str(name) for name in capacity["memory"].values]
    place = np.arange(len(names))[::-1]
    looks = _looks(names)
    for i, (case, (alpha, hatch)) in enumerate(BARS.items()):
        value = capacity["information"].sel(case=case)
        ax.barh(
            place + 0.19 - 0.38 * i,
            np.nan_to_num(value.mean("network")),
            height=0.36,
            xerr=value.std("network", ddof=1),
            color=[looks[name]["color"] for name in names],
            alpha=alpha,
            hatch=hatch,
            edgecolor="white" if hatch else "none",
            error_kw={"elinewidth": 0.7},
        )
    held = capacity["information"].mean("network")
    for y, name in zip(place, names, strict=True):
        _numbers(ax, y, [float(held.sel(memory=name, case=case)) for case in BARS])
        if bool(capacity["held"].sel(memory=name).isnull().all()):
            ax.text(0.01, y, "no completion", fontsize=SMALL, va="center", color="0.35")
    ax.axvline(np.log(2), linestyle=":", **GREY)
    ax.text(np.log(2) + 0.02, place[-1], "ln 2:\nWillshaw's limit", fontsize=5, va="center")
    short = [_written(name).replace("Sparsey: ", "").replace("Willshaw, ", "") for name in names]
    ax.set_yticks(place, short, fontsize=SMALL)
    ax.set(xlim=(0, 1.15), xlabel="Information held per bit of storage")
    ax.set_title("At F1 of .97; hatched: half-on")


def _numbers(ax: Axes, y: float, ends: list[float]) -> None:
    """At the ends of a memory's two bars; on one line if those are too near to each other."""
    first, second = (f"{end:.3f}"[1:] for end in ends)
    how: dict[str, Any] = {"fontsize": 5, "va": "center"}
    if abs(ends[0] - ends[1]) < NEAR:
        ax.text(max(ends) + 0.03, y, f"{first}, half-on {second}", **how)
        return
    for end, text, up in zip(ends, (first, second), (0.19, -0.19), strict=True):
        if np.isfinite(end):
            ax.text(end + 0.03, y + up, text, **how)


def _similarity(ax: Axes, similarity: xr.Dataset, active: int) -> None:
    """Overlap of codes against features shared; open and thin: retrieved codes."""
    looks = _looks([name for name in similarity["code"].values if "hard" not in str(name)])
    for name in map(str, similarity["code"].values):
        own, _, hard = name.partition(", hard")
        look = looks[own] | ({"markerfacecolor": "white", "linewidth": 0.6} if hard else {})
        one = similarity["overlap"].sel(code=name)
        ax.errorbar(
            one["shared"],
            one.mean("network"),
            yerr=one.std("network", ddof=1),
            **({"linewidth": 1.0, "elinewidth": 0.5, "markersize": 2.6} | look),
        )
    ax.plot([0, active], [0, 1], linestyle=":", **GREY)
    ax.set(xlabel=f"Features shared with a stored item, of {active}", ylabel="Overlap of codes")
    ax.set_xticks(np.arange(0, active + 1, 3))
    ax.set_ylim(-0.03, 1.05)
    ax.set_title("Similar items, similar codes?")
    ax.text(0, 0.9, "open:\ncodes as\nretrieved", fontsize=SMALL, va="center")


def _trade(ax: Axes, spearman: xr.Dataset, capacity: xr.Dataset) -> None:
    """Items held against similarity; filled: a code of its own, open: the pattern is the code."""
    able = capacity["held"].sel(case="random").notnull().all("network")
    for name, look in _looks(capacity["memory"].values).items():
        if not bool(able.sel(memory=name)):
            continue
        x, held = spearman["spearman"].sel(code=name), capacity["held"].sel(memory=name)
        own = look["color"] if name.startswith(CODED) else "white"
        look = look | {"linestyle": "none", "elinewidth": 0.7, "markerfacecolor": own}
        means = [float(held.sel(case=case).mean()) for case in ("random", "families")]
        ax.plot([float(x.mean())] * 2, means, color=look["color"], linewidth=0.5)
        for case, size in {"random": 4.5, "families": 2.0}.items():
            y = held.sel(case=case)
            look |= {"xerr": x.std("network", ddof=1), "yerr": y.std("network", ddof=1)}
            ax.errorbar(x.mean("network"), y.mean("network"), **look, markersize=size)
        if name.startswith("Sparsey"):
            label = _written(name).replace("Sparsey: ", "").replace("Sparsey", "default")
            place = BESIDE | ASIDE.get(label, {})
            ax.annotate(label.replace(" codes", "\ncodes"), (float(x.mean()), means[0]), **place)
    ax.axvline(0, linestyle=(0, (4, 2)), **GREY)
    ax.set(xlim=(-0.2, 1.1), ylim=(-30, 920), ylabel="Items held at F1 of .97")
    ax.set_xlabel("Spearman, features shared and codes")
    ax.set_title("Capacity and similarity")
    note = "large: random items\nsmall: families\nopen: the code\nis the pattern"
    ax.text(0.19, 0.4, note, transform=ax.transAxes, fontsize=SMALL, va="top")


def _cost(ax: Axes, sizes: xr.Dataset) -> None:
    for name, look in _looks(sizes["memory"].values).items():
        one = sizes["multiply_adds"].sel(memory=name)
        ax.plot(one["stored"], one, linewidth=1.0, **(look | {"marker": None}))
    ax.set(yscale="log", ylabel="Multiply-adds")
    ax.set(xscale="log", xlabel="Items stored")
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    ax.set_title("Operations of one completion")
