"""What a Tensor Brain recalls of episodes as it learns on, beside the course of savings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogmem.plots.lines import interval_line, named_guide, note, small_legend
from cogmem.plots.style import (
    DOUBLE_COLUMN,
    PEOPLE_LINE,
    SMALL,
    house_style,
    line_look,
    panel_letter,
)

__all__ = ["episodic_forgetting"]

CUES = {
    "labels": "labels, by $(t, s, o)$",
    "predicate": "predicate, by $(t, s, o)$",
    "object": "object, by $(t, s)$",
}
SHORT = {"power with asymptote": "power + asymptote"}
KINDS = {"raw": "Raw traces", "normalised": "Normalised traces"}


def episodic_forgetting(nodes: Mapping[str, xr.Dataset], about: Mapping[str, Any]) -> Figure:
    """Six panels: recall by age with either trace, other cues, loss against drift, recency, form.

    Args:
        nodes: `course` (kind, condition, cue, age), `before` (kind, condition, cue, when), `decay`
            (kind, noise, age), `recency` (kind, strength, age), `prior` and `written` (kind), and
            `guides` (guide), each with `mean`, `low`, `high`; `fit` with `weight` (kind, course,
            law); `people` with `savings` (minutes).
        about: `n_worlds`.
    """
    with house_style():
        figure = Figure(figsize=(DOUBLE_COLUMN, 4.6), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        for ax, kind in zip(panels, KINDS, strict=False):
            _course(ax, nodes, kind)
        for ax in panels[:2]:
            small_legend(ax, "upper right")
        _cues(panels[2], nodes)
        _causes(panels[3], nodes)
        _recency(panels[4], nodes)
        _form(panels[5], nodes)
        top = 1.35 * max(ax.get_ylim()[1] for ax in panels[[0, 1, 3]])
        for ax in panels[[0, 1, 3]]:
            ax.set_ylim(0, top)
        for letter, ax in zip("ABCDEF", panels, strict=True):
            panel_letter(ax, letter, x=-22)
        figure.supxlabel(
            f"Lines: means over {about['n_worlds']:.0f} worlds; bands and bars: bootstrap 95 % "
            "intervals over worlds. pre: scenes of pretraining. F: with the law of lowest AICc.",
            fontsize=SMALL,
            x=0.01,
            ha="left",
        )
    return figure


def _course(ax: Axes, nodes: Mapping[str, xr.Dataset], kind: str) -> None:
    """Set recall by age in each condition, and of pretraining's scenes in the end."""
    course, earlier = (
        nodes["course"].sel(kind=kind),
        nodes["before"].sel(kind=kind, when="end"),
    )
    last = course["age"].values[-1]
    shown = [(str(name), name, "entities") for name in course["condition"].values]
    shown.append(("trace of next scene, no replay", "no replay", "neighbour"))
    for at, (label, name, cue) in enumerate(shown):
        own = course.sel(condition=name, cue=cue)
        interval_line(ax, course["age"], own, line_look(at), label)
        _bar(ax, last + 2 + 0.4 * at, earlier.sel(condition=name, cue=cue), at)
    named_guide(ax, float(nodes["prior"]["mean"].sel(kind=kind)), "no trace", -1)
    _ages(ax, int(last), tail=last + 2.8)
    ax.set_title(KINDS[kind])
    ax.set_ylabel("Entities recalled by $(t)$")


def _bar(ax: Axes, x: float, part: xr.Dataset, look: int) -> None:
    mean = float(part["mean"])
    ends = [[mean - float(part["low"])], [float(part["high"]) - mean]]
    color, _, marker = line_look(look)
    ax.errorbar(x, mean, ends, color=color, marker=marker, elinewidth=0.8)


def _ages(ax: Axes, last: int, tail: float | None = None) -> None:
    ticks: list[float] = list(range(0, last + 1, 5 if last > 7 else 2))
    names = [str(each) for each in ticks]
    if tail is not None:
        ticks, names = [*ticks, tail], [*names, "pre"]
    ax.set_xticks(ticks, names)
    ax.set_xlabel("Age (blocks)")


def _cues(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """Other cues, raw traces, without and with replay."""
    course = nodes["course"].sel(kind="raw")
    for at, (cue, label) in enumerate(CUES.items()):
        for name, face in (("no replay", None), ("replay", "white")):
            look = line_look(at)
            part = course.sel(condition=name, cue=cue)
            text = label if face is None else "_nolegend_"
            face = look.color if face is None else face
            interval_line(ax, course["age"], part, look, text, markerfacecolor=face)
    guides = nodes["guides"]["mean"]
    named_guide(
        ax, float(guides.sel(guide="predicate, classes known")), "predicate from classes only", 4
    )
    named_guide(ax, float(guides.sel(guide="predicate, commonest")), "commonest predicate", -1)
    named_guide(ax, float(guides.sel(guide="object, ceiling")), "ceiling of object")
    _ages(ax, int(course["age"].values[-1]))
    ax.set_ylim(-0.03, 1.5)
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("Proportion right")
    ax.set_title("Raw traces; open marks: replay")
    small_legend(ax, "upper right")


def _causes(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """The decoder learns on, or nothing changes, or traces decay and the decoder does not."""
    course = nodes["course"].sel(kind="raw", condition="no replay", cue="entities")
    decay, ages = nodes["decay"].sel(kind="raw"), course["age"].values
    interval_line(ax, ages, course, line_look(0), "decoder drifts, no noise")
    frozen = np.full(len(ages), float(course["mean"].sel(age=0)))
    ax.plot(ages, frozen, label="decoder frozen, no noise", **line_look(6)._asdict())
    for at, sd in enumerate(decay["noise"].values):
        look = line_look(at + 1)
        interval_line(ax, ages, decay.sel(noise=sd), look, f"frozen, trace noise {sd:g}")
    named_guide(ax, float(nodes["prior"]["mean"].sel(kind="raw")), "no trace", -1)
    _ages(ax, int(ages[-1]))
    ax.set_ylabel("Entities recalled by $(t)$")
    ax.set_title("Raw traces")
    small_legend(ax, "upper right")


def _recency(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """Episodes recognised from a look, by the strength of recency."""
    part = nodes["recency"].sel(kind="normalised")
    ages = part["age"].values
    for at, strength in enumerate(part["strength"].values):
        paper = " (paper)" if strength == 0 else ""
        each, look = part.sel(strength=strength), line_look(at)
        interval_line(
            ax, ages[:-1], each.isel(age=slice(-1)), look, rf"$\lambda$ = {strength:g}{paper}"
        )
        _bar(ax, ages[-1] + 1 + 0.4 * at, each.isel(age=-1), at)
    chance = float(nodes["guides"]["mean"].sel(guide="recognition, chance"))
    named_guide(ax, chance, "chance")
    _ages(ax, int(ages[-2]), tail=ages[-1] + 1.4)
    ax.set_ylim(0, 1.4)
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("Episodes recognised")
    ax.set_title("Normalised traces, by a noisy look")
    small_legend(ax, "upper right")


def _form(ax: Axes, nodes: Mapping[str, xr.Dataset]) -> None:
    """Courses relative to their first point, each over its own time."""
    course = nodes["course"].sel(cue="entities", condition="no replay")["mean"]
    decay, weight = nodes["decay"]["mean"].isel(noise=1), nodes["fit"]["weight"]
    shown = {
        f"drift, {kind}": (course.sel(kind=kind), weight.sel(kind=kind, course="no replay"))
        for kind in KINDS
    }
    shown["trace noise, raw"] = decay.sel(kind="raw"), weight.sel(kind="raw", course="noise")
    for at, (name, (values, own)) in enumerate(shown.items()):
        best = str(own["law"].values[own.values.argmax()])
        relative = values / values.isel(age=0)
        ax.plot(
            values["age"] + 1,
            relative,
            label=f"{name}: {SHORT.get(best, best)}",
            **line_look(at)._asdict(),
        )
    _savings(ax, nodes["people"])
    ax.set_xscale("log")
    last = int(course["age"].values[-1]) + 1
    ticks = [each for each in (1, 2, 5, 10, 15) if each <= last]
    ax.set_xticks(ticks, [str(each) for each in ticks])
    ax.minorticks_off()
    ax.set_xlabel("1 + age of model (blocks, log)")
    ax.set_ylim(0, 1.8)
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("Left, relative to first test")
    note(ax, "time units not comparable", (0.02, 0.03), color="0.35")
    small_legend(ax, "upper right")


def _savings(ax: Axes, people: xr.Dataset) -> None:
    """People's, over an axis of their own."""
    savings, upper = people["savings"], ax.twiny()
    how: dict[str, Any] = {"color": PEOPLE_LINE, "marker": "o", "markersize": 3.6}
    upper.plot(people["minutes"], savings / savings[0], linestyle="none", **how)
    ax.plot([], [], linestyle="none", label="people: savings, Ebbinghaus", **how)
    upper.set_xscale("log")
    upper.set_xlabel("Delay of people (min, log)", color=PEOPLE_LINE)
    upper.spines["top"].set_visible(True)
    upper.minorticks_off()
