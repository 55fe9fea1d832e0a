"""Panels of networks and people side by side: what an experiment on one characteristic shows.

    def curves(networks, n_trials):
        table = answers(networks, {"VSR": {"list_length": (6,)}}, n_trials)
        return {"GRU": by(table, "VSR", serial_position="place")}

    panels = {"six": Panel(("VSR",), curves, base, "Serial position", people=...)}
    tree = measured(panels, config, session)

Stimuli and scores of people differ from the networks': shapes are compared, not levels. A curve of
networks is an effect only where it is above what can be answered without memory; `beyond` says by
how many standard errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.worm_networks import Graduate, Networks, graduates
from cogmem.measures import summary
from cogmem.measures.curve_indices import primacy, rank_agreement, recency, slope
from cogmem.measures.working_memory import averages
from cogmem.participants.frame_course import free_recalled
from cogmem.plots.worm_panels import worm_panels

__all__ = [
    "ENOUGH",
    "PAPER",
    "Curves",
    "Panel",
    "against_none",
    "by",
    "experiment",
    "free_recall",
    "indices",
    "measured",
    "node",
    "over_networks",
]

PAPER = Networks(all_tasks=True, n_steps=9_000, n_subjects=3)
"""The networks that all experiments of WorM ask in their `paper` preset."""

ENOUGH = 5.0
"""Standard errors above its base from which on a network is said to remember."""

_INDICES = ("primacy", "recency", "slope", "rank agreement")

Curves = dict[str, xr.Dataset]
"""`value` (subject, x), by label."""


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        tasks: which networks must have been taught; none for a panel of people alone.
        curves: networks, and how many trials of a task they shall be asked -> curves, all along one
            dimension that is named alike.
        base: label and that dimension's values -> shares that are right without the memory that the
            panel is about; NaN where there is no such share.
        xlabel, ylabel, title: of the panel.
        people: curves of people along that dimension, or none.
        top: end of the y axis.
    """

    tasks: tuple[str, ...] = ()
    curves: Callable[[Sequence[Graduate], int], Curves] = lambda networks, n_trials: {}
    base: Callable[[str, np.ndarray], Any] = lambda label, x: np.nan
    xlabel: str = ""
    ylabel: str = "Proportion correct"
    title: str = ""
    people: Callable[[], Curves] = dict
    top: float = 1.04


def by(
    table: pd.DataFrame, task: str, which: Mapping[str, Any] | None = None, **axes: str
) -> xr.Dataset:
    """Shares of right answers of each network by conditions: `value`, `possible` (subject, ..).

    Args:
        table: of answers, see `answers`.
        task: whose; a name that ends in an underscore means all identities that begin with it.
        which: values that conditions must have.
        axes: columns of the table by the name that they are to have. Serial positions and places of
            questions are counted from 1.

    Returns:
        Of trials, `possible` is the number, however many answers are given in each.

    Raises:
        InvalidValue: if there is no such answer.
    """
    of_task = table["task"].str.startswith(task) if task.endswith("_") else table["task"] == task
    own = table[of_task]
    for name, value in (which or {}).items():
        own = own[own[name] == value]
    if not len(own):
        raise InvalidValue(f"no answer to {task} with {which}, expected some; ask such trials.")
    labels = {name: own[column].to_numpy().astype(int) for name, column in axes.items()}
    for name, column in axes.items():
        labels[name] += column in ("place", "serial_position")
    found = averages(own["right"], own["subject"], labels, units="proportion")
    # Answers of one trial go together: their number is that of trials.
    trials = own.assign(**labels).drop_duplicates(["task", "subject", "trial", *axes])
    whole = {name: trials[name].to_numpy() for name in axes}
    n = averages(np.ones(len(trials)), trials["subject"], whole)["possible"]
    return found.assign(possible=n)


def free_recall(
    networks: Sequence[Graduate], step: int | None, length: int, n_trials: int
) -> xr.Dataset:
    """Shares of squares that were named in spatial free recall, by serial position.

    Args:
        networks: each asked as many trials.
        step: a milestone of their learning; its end if None.
        length: of the lists.
        n_trials: of each.

    Returns:
        `value`, `possible` (subject, serial_position).
    """
    hits = [
        free_recalled(
            each.course, each.weights if step is None else each.earlier[step], length, n_trials
        )
        for each in networks
    ]
    axes = {"subject": np.arange(len(hits)), "serial_position": np.arange(1, length + 1)}
    dims = tuple(axes)
    value = (dims, np.mean(hits, axis=1), {"long_name": "P(recall)", "units": "probability"})
    return xr.Dataset({"value": value, "possible": (dims, np.full(value[1].shape, n_trials))}, axes)


def against_none(curve: xr.Dataset, dim: str) -> xr.Dataset:
    """Means of shares right where something differs and where nothing does, at each difference.

    Who prefers one answer is right more often where that is due; of this mean, that is no part.

    Args:
        curve: `value`, `possible` (subject, dim, ..), of which 0 is that nothing differs.
        dim: how much differs.
    """
    none, some = curve.sel({dim: 0}, drop=True), curve.sel({dim: curve[dim] > 0})
    value = ((some["value"] + none["value"]) / 2).assign_attrs(curve["value"].attrs)
    return xr.Dataset({"value": value, "possible": 4 / (1 / some.possible + 1 / none.possible)})


def measured(panels: Mapping[str, Panel], config: Networks, session: Session) -> xr.DataTree:
    """Teach networks what the panels ask, ask them, and lay people beside them.

    Returns:
        A node for each panel: `mean`, `sem`, `low`, `high` (source, x) over networks, of which
        these are the lowest and the highest, or people, with a bootstrap interval; the coordinate
        `who` (source), people or networks; `base` and `beyond`, of networks. A node `indices` with
        `mean`, `low`, `high` (curve, index), see `indices`; of networks only where a point of the
        curve is clearly above its base.
    """
    people = {name: panel.people() for name, panel in panels.items()}  # before the long work
    tasks = tuple({task: None for panel in panels.values() for task in panel.tasks})
    networks = graduates(config, tasks, session)
    nodes, each = {}, []
    for name, panel in panels.items():
        own, theirs = panel.curves(networks, config.n_trials), people[name]
        nodes[name] = _node(panel, own, theirs)
        each += [indices(f"{name}: {label}", curve) for label, curve in theirs.items()]
        each += [
            indices(f"{name}: {label}", curve, next(iter(theirs.values()), None))
            for label, curve in own.items()
            if (nodes[name]["beyond"].sel(source=label) >= ENOUGH).any()
        ]
    shown = {"indices": xr.concat(each, "curve")} if each else {}
    return xr.DataTree.from_dict(nodes | shown)


def node(panel: Panel, networks: Sequence[Graduate], n_trials: int) -> xr.Dataset:
    """One panel of networks that were taught before, see `measured`."""
    return _node(panel, panel.curves(networks, n_trials), panel.people())


def _node(panel: Panel, own: Curves, people: Curves) -> xr.Dataset:
    judged = [_judged(panel, label, each) for label, each in own.items()]
    parts = [summary(each[["value"]]) for each in people.values()] + judged
    labels = pd.Index([*people, *own], name="source")
    found = xr.concat(parts, labels, join="outer", combine_attrs="drop", data_vars="all")
    who = ["people"] * len(people) + ["networks"] * len(own)
    words = {name: getattr(panel, name) for name in ("xlabel", "ylabel", "title", "top")}
    return found.assign_coords(who=("source", who)).assign_attrs(words)


def _judged(panel: Panel, label: str, curve: xr.Dataset) -> xr.Dataset:
    """Means with intervals, what is right without memory, and how far the means are above it."""
    (x,) = (str(dim) for dim in curve["value"].dims if dim != "subject")
    found = over_networks(curve)
    base = np.broadcast_to(np.asarray(panel.base(label, curve[x].values), float), found[x].shape)
    found["base"] = (x, base)
    chance = np.sqrt(base * (1 - base) / curve["possible"].sum("subject").values)
    error = np.maximum(chance, found["sem"].values)
    return found.assign(beyond=(x, (found["mean"].values - base) / np.maximum(error, 1e-9)))


def over_networks(curve: xr.Dataset) -> xr.Dataset:
    """Means, and the lowest and the highest: two or three are too few for intervals."""
    found, value = summary(curve[["value"]]), curve["value"]
    return found.assign(low=value.min("subject"), high=value.max("subject"))


def indices(name: str, curve: xr.Dataset, people: xr.Dataset | None = None) -> xr.Dataset:
    """Primacy, recency and slope of a curve, and how its order agrees with that of people.

    Args:
        name: of the curve.
        curve: of people, or of networks.
        people: whose mean curve those of networks are compared with by rank.

    Returns:
        `mean`, `low`, `high` (curve, index), NaN where there is none; bootstrap intervals.
    """
    (x,) = (str(dim) for dim in curve["value"].dims if dim != "subject")
    own = curve[["value"]].dropna(x, how="any")
    found: dict[str, xr.Dataset] = {}
    if x == "serial_position" and own.sizes[x] > 2:
        found = {"primacy": primacy(own), "recency": recency(own)}
    if own[x].dtype.kind in "iuf" and own.sizes[x] > 1:
        found["slope"] = slope(own, x)
    if people is not None:
        found["rank agreement"] = rank_agreement(own, people["value"].mean("subject"))
    nothing = xr.Dataset(dict.fromkeys(("mean", "low", "high"), np.nan))
    each = [
        summary(found[key])[["mean", "low", "high"]].drop_vars("subject", errors="ignore")
        if key in found
        else nothing
        for key in _INDICES
    ]
    index = pd.Index(_INDICES, name="index")
    whole = xr.concat(each, index, combine_attrs="drop", coords="minimal", compat="override")
    return whole.expand_dims(curve=[name])


def experiment(
    name: str,
    title: str,
    panels: Mapping[str, Panel],
    quick: Networks,
    *,
    people: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    answers: str = "",
    agrees: str = "",
    disagrees: str = "",
) -> Experiment:
    """One that measures panels and draws them.

    Args:
        name, title: of the experiment.
        panels: by name.
        quick: its configuration for a minute or two.
        people: data sets of people that are shown.
        sources: besides that of the tasks.
        answers, agrees, disagrees: what it is laid beside, what of it was found and what was not,
            see `Experiment`.
    """
    return Experiment(
        name=name,
        title=title,
        presets={"quick": quick, "paper": PAPER},
        run=lambda config, session: measured(panels, config, session),
        plot=lambda tree: worm_panels(
            {key: node for key, node in datasets(tree).items() if key != "indices"}
        ),
        numbers=tree_numbers,
        people=people,
        models=("worm_networks",),
        sources=("Sikarwar & Zhang (2023)", *sources),
        answers=answers,
        agrees=agrees,
        disagrees=disagrees,
        cost={
            "quick": "a minute or two on 2 cores",
            "paper": "80 minutes of a core for each of three networks, which all share",
        },
        tolerance=0.02,
    )
