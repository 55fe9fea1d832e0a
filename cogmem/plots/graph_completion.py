"""Completing graphs: reciprocal ranks and hits of all models, and courses of learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from cogmem.plots.lines import GUIDE
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["graph_completion"]

_BRAINS = ("Tensor Brain", "TB, reference")
_ORDER = (*_BRAINS, "ComplEx", "DistMult", "HolE", "Tucker", "RESCAL", "TransE", "counts")
_TITLES = {"nations": "Nations", "umls": "UMLS", "kinships": "Kinships", "scenes": "Scene classes"}
_NOTE = (
    "Filtered ranks, both directions averaged, ties counted half. Marks: mean over {n} runs "
    "trained with the setting that was best on\nvalidation; thick bars: range of MRR. Published "
    "numbers: other losses, sizes and searches (README of ConvE; graph4nlp)."
)
_BAND = " Lines in {letter}: mean over\n{n} runs; bands: their range."


def graph_completion(nodes: Mapping[str, xr.Dataset]) -> Figure:
    """A panel for each graph, and one of attempts if there were any.

    Args:
        nodes: `test`, `plain`, `published` and, if made, `attempts`, as the experiment of this name
            makes them.
    """
    test, attempts = nodes["test"], nodes.get("attempts")
    graphs = [str(name) for name in test["graph"].values]
    with house_style():
        height = 2.7 if attempts is None else 5.0
        layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
        figure = Figure(figsize=(DOUBLE_COLUMN, height), layout=layout)
        heights = (1.2,) if attempts is None else (1.2, 1)
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        _graphs(figure.add_subfigure(grid[0]), graphs, nodes)
        text = _NOTE.format(n=test.sizes["seed"])
        if attempts is not None:
            letter = "ABCDE"[len(graphs)]
            _attempts(figure.add_subfigure(grid[1]), attempts, letter)
            text += _BAND.format(letter=letter, n=attempts.sizes["seed"])
        figure.supxlabel(text, fontsize=SMALL, x=0.01, ha="left")
    return figure


def _graphs(figure: SubFigure, graphs: list[str], nodes: Mapping[str, xr.Dataset]) -> None:
    others = nodes["published"]
    rows = _rows(nodes["test"], others)
    panels = figure.subplots(1, len(graphs), squeeze=False)[0]
    for letter, ax, name in zip("ABCD", panels, graphs, strict=False):
        at = nodes["test"]["value"].sel(graph=name).mean("direction")
        plain = nodes["plain"]["value"].sel(graph=name)
        _one_graph(ax, rows, at, plain, others.isel(row=others["graph"].values == name))
        ax.set_title(_TITLES.get(name, name))
        panel_letter(ax, letter, x=-6)
        if ax is not panels[0]:
            ax.set_yticklabels([])
    figure.legend(handles=_keys(), loc="outside upper center", ncols=5, handlelength=1.6)


def _rows(test: xr.Dataset, others: xr.Dataset) -> list[str]:
    """Models from top to bottom; those only others have trained come last."""
    own = [name for name in _ORDER if name in (*test["model"].values, "counts")]
    return own + [str(m) for m in dict.fromkeys(others["model"].values) if m not in own]


def _one_graph(
    ax: Axes, rows: list[str], test: xr.DataArray, plain: xr.DataArray, others: xr.Dataset
) -> None:
    for height, name in enumerate(rows):
        if name == "counts":
            _marks(ax, height, plain.sel(who="counts").expand_dims("seed"), "0.4")
        elif name in test["model"].values:
            color = line_look(1 if name in _BRAINS else 0).color
            _marks(ax, height, test.sel(model=name), color)
    _published(ax, rows, [*test["model"].values], others)
    ax.axvline(float(plain.sel(who="no score", metric="MRR")), **GUIDE)
    ax.set_yticks(range(len(rows)), rows)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 1.03)
    ax.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    ax.set_xlabel("MRR, Hits@k")


def _published(ax: Axes, rows: list[str], own: list[str], others: xr.Dataset) -> None:
    """Open marks, below those of the same model here."""
    columns = (others[each].values for each in ("model", "metric", "value"))
    for model, metric, value in zip(*columns, strict=True):
        if metric in _LOOKS:
            how = _LOOKS[metric] | {"markerfacecolor": "white", "markeredgecolor": "0.35"}
            ax.plot(value, rows.index(model) + 0.33 * (model in own), clip_on=False, **how)


_LOOKS: dict[str, dict[str, Any]] = {
    "MRR": {"marker": "o", "markersize": 3.6, "linestyle": "none"},
    "Hits@1": {"marker": "<", "markersize": 3.0, "linestyle": "none"},
    "Hits@10": {"marker": ">", "markersize": 3.0, "linestyle": "none"},
}


def _marks(ax: Axes, height: float, values: xr.DataArray, color: str) -> None:
    """Means over seeds, and a bar for the range of the reciprocal rank."""
    for metric, how in _LOOKS.items():
        mean = float(values.sel(metric=metric).mean())
        ax.plot(mean, height, color=color, zorder=3, clip_on=False, **how)
    each = values.sel(metric="MRR").values
    ax.plot([each.min(), each.max()], [height, height], color=color, linewidth=2.2)
    ends = [float(values.sel(metric=metric).mean()) for metric in ("Hits@1", "Hits@10")]
    ax.plot(ends, [height, height], color=color, linewidth=0.4, zorder=1)


def _keys() -> list[Line2D]:
    """What the marks mean."""
    own = [Line2D([], [], color="0.2", label=metric, **how) for metric, how in _LOOKS.items()]
    empty = {"markerfacecolor": "white", "markeredgecolor": "0.35"}
    published = Line2D([], [], label="published", **_LOOKS["MRR"] | empty)
    return [*own, published, Line2D([], [], label="MRR without any score", **GUIDE)]


def _attempts(figure: SubFigure, attempts: xr.Dataset, letter: str) -> None:
    """Validation in the course of learning."""
    ax = figure.subplots()
    for index, name in enumerate(attempts["attempt"].values):
        part, look = attempts.sel(attempt=name), line_look(index)
        values = part["validation"].transpose("seed", "check").values
        x = part["epoch"].values
        ends = float(part["test"].sel(metric="MRR").mean("seed"))
        label = f"{name}: {ends:.2f}".replace(": 0.", ": .")
        ax.plot(x, values.mean(axis=0), label=label, markevery=3, **look._asdict())
        band = (values.min(axis=0), values.max(axis=0))
        ax.fill_between(x, *band, color=look.color, alpha=0.15, linewidth=0)
    ax.set_xscale("log")
    ticks = [20, 50, 100, 200, 400, 1200]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set_ylim(0, 1)
    ax.set_xlabel("Epochs")
    ax.set_ylabel("MRR on validation")
    ax.set_title("Tensor Brain on kinships: one thing at a time")
    panel_letter(ax, letter, x=-24)
    title = "From the reference; MRR on test"
    how: dict[str, Any] = {"fontsize": SMALL, "title_fontsize": SMALL, "alignment": "left"}
    ax.legend(title=title, loc="center left", bbox_to_anchor=(1.01, 0.5), **how)
