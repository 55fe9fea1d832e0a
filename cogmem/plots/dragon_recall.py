"""Free and serial recall of sequence models, people and models on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cogmem.plots.curves import dress, model_line, people_band, probability_axis, top_of
from cogmem.plots.lines import GUIDE
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_BAND,
    PEOPLE_LINE,
    SMALL,
    LineLook,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["MODELS", "dragon_free_recall", "dragon_serial_recall"]

MODELS = ("BDH", "BDH, damped", "Transformer", "GRU", "BDH, damped, few neurons")
"""Their places among the looks of lines; a model has the same look in both figures."""

_PEOPLE = "people"
_DASHES: tuple[Any, ...] = ("-", (0, (2, 1.2)))
"""Of the mean lines of the first group of people, and of the second."""

_SETS = {"peers": "PEERS, 16 words", "murdock1962": "Murdock (1962), 20 words"}
_SHORT = {"spc": "SPC", "pfr": "first", "lag_crp": "CRP"}
_RESETS = {
    "as it was": "never",
    "emptied midway: before": "midway,\nwords\nbefore",
    "emptied midway: after": "midway,\nwords\nafter",
    "emptied after study": "after\nstudy",
    "answers to another list": "(another\nlist)",
}


def dragon_free_recall(tree: xr.DataTree) -> Figure:
    """Three curves of two sets of lists, four effects, what is said, lengths, resets, distances.

    Args:
        tree: as the experiment `dragon_free_recall` leaves it.
    """
    with house_style():
        figure, cells = _figure(((3,) * 4, (3,) * 4, (3, 5, 4)), 5.9)
        for row, (name, title) in zip((cells[:4], cells[4:8]), _SETS.items(), strict=True):
            sets = {key: child.to_dataset() for key, child in tree[name].children.items()}
            _curves(row[:3], sets, title)
        _effects(cells[3], tree["effects"].to_dataset())
        _responses(cells[7], tree["said"].to_dataset())
        _lines(cells[8], tree["length"].to_dataset(), "List length (words)", "Proportion recalled")
        cells[8].set(xticks=[1, 5, 10, 15, 20], ylim=(0, 1.02))
        _resets(cells[9], tree["reset"].to_dataset(), "Proportion recalled")
        _ratios(cells[10], tree["rmsd"].to_dataset(), _free_labels)
        _legend(
            figure,
            _models(tree["reset"].to_dataset()),
            ("People (all bands and bars: 95 % intervals)",),
        )
    return figure


def dragon_serial_recall(tree: xr.DataTree) -> Figure:
    """Position curves, transpositions, errors, lengths, fillers, resets, distances.

    Args:
        tree: as the experiment `dragon_serial_recall` leaves it.
    """
    parts = {name: node.to_dataset() for name, node in tree.children.items()}
    place = "Recalled in place"
    with house_style():
        figure, cells = _figure(((4, 4, 4), (4, 4, 4), (6, 6)), 5.9)
        _lines(cells[0], parts["spc"], "Serial position", place)
        _lines(cells[1], parts["gradient"], "Output minus serial position", "Share of chances")
        _lines(cells[2], parts["length"], "List length (words)", place)
        _categories(cells[3], parts["errors"], "Share of outputs", _KINDS)
        _categories(cells[4], parts["anticipation"], "Share of anticipations", _AFTER)
        _lines(cells[5], parts["fillers"], "Fillers before recall", place)
        _resets(cells[6], parts["reset"], "Recalled in any place")
        _ratios(cells[7], parts["rmsd"], _serial_labels)
        cells[1].set_xticks([-4, -2, 2, 4])
        for ax in (cells[0], cells[2], cells[5]):
            probability_axis(ax, 1.0)
        _legend(
            figure,
            _models(parts["reset"]),
            (
                "People: quiet (A, B, D, E), words (C)",
                "People: suppression; letters (bands, bars: 95 %)",
            ),
        )
    return figure


_KINDS = {
    "transposition": "moved",
    "repetition": "said\nagain",
    "omission": "left\nout",
    "intrusion": "not in\nlist",
}
_AFTER = {"fill_in": "fill-in", "in_fill": "in-fill"}


def _figure(rows: Sequence[tuple[int, ...]], height: float) -> tuple[Figure, list[Axes]]:
    """Rows of panels of these widths, of twelve columns; lettered."""
    figure = Figure(figsize=(DOUBLE_COLUMN, height), layout="constrained")
    grid = GridSpec(len(rows), 12, figure=figure)
    cells = [
        figure.add_subplot(grid[row, end - width : end])
        for row, widths in enumerate(rows)
        for width, end in zip(widths, np.cumsum(widths), strict=True)
    ]
    for ax, letter in zip(cells, "ABCDEFGHIJKLMNOP", strict=False):
        panel_letter(ax, letter, x=-22)
    return figure, cells


def _models(node: xr.Dataset) -> list[str]:
    return [str(name) for name in node["source"].values if not str(name).startswith(_PEOPLE)]


def _groups(node: xr.Dataset) -> list[str]:
    return [str(name) for name in node["source"].values if str(name).startswith(_PEOPLE)]


def _look(model: str) -> LineLook:
    return line_look(MODELS.index(model))


# ---- lines ---------------------------------------------------------------------------------------


def _curves(row: Sequence[Axes], node: Mapping[str, xr.Dataset], title: str) -> None:
    for ax, measure in zip(row, ("spc", "pfr", "lag_crp"), strict=True):
        curves = node[measure]
        band = people_band(ax, curves.sel(source=_PEOPLE))
        lines = [_line(ax, curves, model) for model in _models(curves)]
        top = 1.0 if measure == "spc" else top_of([band.line, *lines], curves["high"])
        dress(ax, measure, node["spc"].sizes["serial_position"], top)
    row[0].set_title(title, loc="left", fontsize=SMALL + 0.5)


def _line(ax: Axes, curves: xr.Dataset, model: str) -> Line2D:
    line = model_line(ax, curves.sel(source=model), model, _look(model))
    line.set(markersize=1.8, linewidth=0.9)
    return line


def _lines(ax: Axes, node: xr.Dataset, x: str, y: str) -> None:
    """Groups of people as bands, models as lines, each where it has values."""
    (dim,) = set(node["mean"].dims) - {"source"}
    for number, who in enumerate(_groups(node)):
        band, line = people_band(ax, node.sel(source=who).dropna(dim, subset=["mean"]))
        band.set_alpha(0.6)
        line.set_linestyle(_DASHES[number])
    for model in _models(node):
        _line(ax, node.sel(source=[model]).dropna(dim, subset=["mean"]), model)
    ax.set(xlabel=x, ylabel=y)
    if node["mean"].attrs.get("units") != "count":
        ax.set_ylim(0, top_of(list(ax.lines), node["high"]))
    ticks = node[dim].values
    if len(ticks) <= 6:
        ax.set_xticks(ticks)


# ---- categories ----------------------------------------------------------------------------------


def _categories(ax: Axes, node: xr.Dataset, y: str, labels: Mapping[str, str]) -> None:
    """Groups of people as bars from low to high with a line at the mean, models as points."""
    (dim,) = set(node["mean"].dims) - {"source"}
    node = node.sel({dim: list(labels)})
    for number, who in enumerate(_groups(node)):
        _people_bars(ax, node.sel(source=who), _DASHES[number])
    models = _models(node)
    for number, model in enumerate(models):
        x = np.arange(len(labels)) + 0.72 * ((number + 0.5) / len(models) - 0.5)
        _points(ax, x, node.sel(source=model), model)
    ax.set_xticks(range(len(labels)), labels.values(), fontsize=SMALL)
    ax.set_xlim(-0.5, len(labels) - 0.5)
    ax.set_ylabel(y)
    if node["low"].min() >= 0:
        ax.set_ylim(bottom=0)


def _people_bars(ax: Axes, each: xr.Dataset, dashes: Any) -> None:
    low, high, mean = (each[name].values for name in ("low", "high", "mean"))
    x = np.arange(len(mean))
    ax.bar(x, high - low, 0.86, low, color=PEOPLE_BAND, alpha=0.7, zorder=1)
    ax.hlines(mean, x - 0.43, x + 0.43, PEOPLE_LINE, linestyles=dashes, linewidth=0.8, zorder=2)


def _points(ax: Axes, x: np.ndarray, each: xr.Dataset, model: str) -> None:
    look, mean = _look(model), each["mean"].values
    ends = np.abs(np.stack([each["low"].values, each["high"].values]) - mean)
    how: dict[str, Any] = {"color": look.color, "marker": look.marker, "markersize": 2.6}
    ax.errorbar(x, mean, np.nan_to_num(ends), linestyle="none", elinewidth=0.7, zorder=4, **how)


def _effects(ax: Axes, node: xr.Dataset) -> None:
    labels = {
        "primacy": "pri-\nmacy",
        "recency": "re-\ncency",
        "contiguity": "conti-\nguity",
        "forward": "for-\nward",
    }
    _categories(ax, node, "Difference of probabilities", labels)
    ax.axhline(0, **GUIDE)


def _responses(ax: Axes, node: xr.Dataset) -> None:
    labels = {"correct": "correct", "repeats": "repeats", "intrusions": "intru-\nsions"}
    _categories(ax, node, "Responses to 16 words", labels)


def _resets(ax: Axes, node: xr.Dataset, y: str) -> None:
    _categories(ax, node, y, _RESETS)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("Fast state emptied")


def _ratios(ax: Axes, node: xr.Dataset, label: Any) -> None:
    """RMSD over the noise ceiling, on a logarithmic axis."""
    names = [str(name) for name in node["curve"].values]
    for number, model in enumerate(_models(node)):
        look, n = _look(model), node.sizes["source"]
        x = np.arange(len(names)) + 0.6 * ((number + 0.5) / n - 0.5)
        how: dict[str, Any] = {"color": look.color, "marker": look.marker, "markersize": 2.6}
        ax.plot(x, node["ratio"].sel(source=model), linestyle="none", **how)
    ax.set_yscale("log")
    ax.axhline(1, **GUIDE)
    ax.set_xticks(range(len(names)), [label(name) for name in names], fontsize=SMALL - 0.5)
    ax.set_ylabel("RMSD / noise of people")


def _free_labels(name: str) -> str:
    dataset, measure = name.split()
    # Each set is named once, below the middle one of its three.
    return _SHORT[measure] + ("\n" + _SETS[dataset].split(",")[0] if measure == "pfr" else "")


def _serial_labels(name: str) -> str:
    measure, condition = name.split(", ")
    short = {"spc": "curve", "gradient": "moves", "anticipation": "fill-in"}
    return f"{short.get(measure, measure)}\n{condition.replace('suppression', 'suppr.')}"


def _legend(figure: Figure, models: Sequence[str], people: Sequence[str]) -> None:
    """People first: a band for each group, with its own dashes."""
    bands = [
        (Patch(color=PEOPLE_BAND), Line2D([], [], color=PEOPLE_LINE, linewidth=0.8, linestyle=way))
        for _, way in zip(people, _DASHES, strict=False)
    ]
    lines = [Line2D([], [], **_look(model)._asdict()) for model in models]
    labels = [*people, *models]
    n = len(labels) if len(labels) < 6 else 4
    handles: list[Any] = [*bands, *lines]
    how: dict[str, Any] = {"fontsize": SMALL + 0.5, "ncols": n, "columnspacing": 1.4}
    figure.legend(handles, labels, loc="outside upper center", **how)
