"""Synapses that stand for a concept: while reading, by topic of the sentence, and on new words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import GUIDE, small_legend
from cogmem.plots.style import DOUBLE_COLUMN, SMALL, house_style, line_look, panel_letter

__all__ = ["concept_synapses"]


def concept_synapses(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Two synapses while sentences are read; values by topic; how well topics are told.

    Args:
        nodes: `strip` (synapse, place) with `word`, `noun` and `topic`; `values` (synapse, topic,
            sentence); `separation` (series, set) and `selective` (series, set, topic) with `mean`,
            `low` and `high`.
        about: `n_models` and `n_entries`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        panels = figure.subplot_mosaic(
            "AAA;BCD", height_ratios=(1.0, 1.15), width_ratios=(1.6, 1, 1.1)
        )
        _strip(panels["A"], nodes["strip"])
        readings = [str(name) for name in nodes["separation"]["reading"].values]
        _values(panels["B"], nodes["values"].sel(reading=readings[1]))
        for ax, reading in zip((panels["C"], panels["D"]), readings, strict=True):
            _separation(ax, nodes["separation"].sel(reading=reading))
            ax.set_title(f"Read: {reading}")
        panels["C"].set_ylabel("One synapse tells topic, $U / (n_1 n_2)$")
        _effect_axis(panels["D"])
        for letter, ax in panels.items():
            panel_letter(ax, letter, x=-24)
        figure.supxlabel(
            "A, B: first model, synapses chosen by other sentences, read up to the verb. B: new "
            "nouns; boxes are quartiles, whiskers 1.5 times as long.\n"
            f"C, D: means over 4 topics and {about['n_models']} models, each choosing among "
            f"{about['n_entries']:,} synapses; bars: bootstrap 95 % intervals over models.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _strip(ax: Axes, own: xr.Dataset) -> None:
    """The first two synapses, each over its largest value, word by word."""
    place = np.arange(own.sizes["place"])
    for at, name in enumerate(own["synapse"].values[:2]):
        value = own["value"].sel(synapse=name).values
        look = line_look(at)
        ax.step(
            np.r_[place, place[-1] + 1] - 0.5,
            np.r_[value, value[-1]] / (value.max() or 1),
            where="post",
            color=look.color,
            linestyle=look.linestyle,
            label=f"“{name}” synapse",
        )
    _words(ax, own, [str(name) for name in own["synapse"].values[:2]])
    ax.set_xlim(-0.5, len(place) - 0.5)
    ax.set_ylim(0, 1.35)
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("Synapse (of its largest)")
    ax.legend(loc="upper left", ncols=2, fontsize=SMALL, borderaxespad=0.2)


def _words(ax: Axes, own: xr.Dataset, names: list[str]) -> None:
    """Each word below its place, those of the shown topics in the colour of their synapse."""
    words = own["word"].values
    shown = [{"filler": "·", "end": "."}.get(str(w).split(" ")[0], str(w)) for w in words]
    shown = [text.replace(" verb", " v.") for text in shown]
    ax.set_xticks(np.arange(len(words)), shown, rotation=90, fontsize=SMALL - 0.5)
    for at, label in enumerate(ax.get_xticklabels()):
        if str(words[at]).split(" ")[0] in names:
            color = line_look(names.index(str(words[at]).split(" ")[0])).color
            label.set_color(color)
            ax.axvspan(at - 0.5, at + 0.5, color=color, alpha=0.13, linewidth=0, zorder=0)
    for end in np.flatnonzero(words == "end"):
        ax.axvline(end + 0.5, color="0.8", linewidth=0.5, zorder=0)
    ax.tick_params(axis="x", length=0)


def _values(ax: Axes, own: xr.Dataset) -> None:
    """Boxes of each synapse over the mean of its own topic."""
    topics = [str(name) for name in own["topic"].values]
    for at, topic in enumerate(topics):
        look = line_look(at)
        for place, synapse in enumerate(topics):
            each = own["value"].sel(synapse=synapse)
            values = each.sel(topic=topic).values / (float(each.sel(topic=synapse).mean()) or 1)
            box = ax.boxplot(
                values,
                positions=[place + 0.19 * (at - 1.5)],
                widths=0.15,
                patch_artist=True,
                flierprops={"marker": ".", "markersize": 1.5, "markeredgecolor": look.color},
                medianprops={"color": "black", "linewidth": 0.8},
                boxprops={"linewidth": 0.5},
                whiskerprops={"linewidth": 0.5},
                capprops={"linewidth": 0.5},
                manage_ticks=False,
            )
            box["boxes"][0].set(facecolor=look.color, alpha=0.75)
        ax.plot([], [], color=look.color, linewidth=4, alpha=0.75, label=topic)
    ax.set_xticks(range(len(topics)), [f"“{name}”" for name in topics])
    ax.set_xlabel("Synapse chosen for")
    ax.set_ylabel("Value (of the mean for its topic)")
    ax.set_ylim(-0.05, None)
    ax.set_ylim(-0.05, 1.25 * ax.get_ylim()[1])
    ax.legend(
        title="sentence about",
        ncols=4,
        loc="upper center",
        fontsize=SMALL,
        title_fontsize=SMALL,
        columnspacing=0.8,
        handlelength=1,
    )


def _separation(ax: Axes, own: xr.Dataset) -> None:
    places = np.arange(own.sizes["set"])
    for at, name in enumerate(own["series"].values):
        part, look = own.sel(series=name), line_look(at)
        ends = np.abs(np.stack([part["mean"] - part["low"], part["high"] - part["mean"]]))
        ax.errorbar(
            places + 0.07 * (at - 1.5),
            part["mean"],
            ends,
            label=str(name),
            elinewidth=0.8,
            **look._asdict(),
        )
    ax.axhline(0.5, **GUIDE)
    ax.set_xticks(places, [str(name).replace("new ", "new\n") for name in own["set"].values])
    ax.set_ylim(min(0.4, float(own["low"].min()) - 0.02), 1.35)
    ax.set_yticks([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    small_legend(ax, "upper right")


def _effect_axis(ax: Axes) -> None:
    """The same heights as rank-biserial correlations."""
    right = ax.secondary_yaxis("right", functions=(_correlation, _share))
    right.set_yticks([-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1.0])
    right.set_ylabel("Rank-biserial correlation")


def _correlation(share: Any) -> Any:
    return 2 * share - 1


def _share(correlation: Any) -> Any:
    return (correlation + 1) / 2
