"""Human memory beyond free recall: nine findings of other tasks, each from people's own responses.

Method. Every panel is one finding that a model of memory should meet, computed within each person
and averaged over people; bands, and crosses in the ROC, are 95 % bootstrap intervals over people.

- Serial recall of lists of six (Farrell & Lewandowsky, 2004, experiment 2), in quiet and under
  articulatory suppression: accuracy at each position, strictly scored; and how far misplaced items
  stray, as the share of the opportunities at each distance.
- Where free recall begins, by list length (Grenfell-Essam & Ward, 2012): the share of all lists
  whose first response is the first word, or one of the last four (from lists of five words on).
- Simple and complex spans (Unsworth & Engle, 2006).
- A list that comes back among two kinds of filler lists that do not (Page et al., 2006; silent).
- Forgetting under distraction in young and old people (Floden et al., 2000).
- Times of correct answers to a probe, by set size (Donkin & Nosofsky, 2012). Four people saw the
  lists fast, three slowly: too few for bands, which are in the numbers only.
- Capacity in change detection (Adam et al., 2015): Cowan's K = N (H - F), as one item is probed.
- Hits and false alarms cumulated from "sure old" (Schwartz et al., 2005); answers without a rating
  are left out.

A panel whose file is not here says so.

Run: `cogmem run human_memory`; `cogmem data` says where files are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import entry, load, load_trials
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.parts import Resampling, in_turn
from cogmem.measures import recognition, serial, working_memory
from cogmem.plots.paradigms import paradigms

Lines = dict[str, xr.DataArray]
"""Values of each person [subject, x] by what the line is called."""


@dataclass(frozen=True)
class Finding:
    """One panel.

    Attributes:
        data: name of the data set.
        title: of the panel.
        lines: what is shown.
        x, y: names of the axes, with units.
        top: upper end of the y axis; None if the data decide.
    """

    data: str
    title: str
    lines: Callable[[], Lines]
    x: str
    y: str
    top: float | None = 1.0


def serial_positions() -> Lines:
    """Share of lists with the right item at each position."""
    return {kind: serial.accuracy(*lists)["value"] for kind, lists in _serial_lists().items()}


def transpositions() -> Lines:
    """Share of the opportunities for an item to stray so far; being in place is not shown."""
    gradients = {
        kind: serial.transposition_gradient(*lists)["value"]
        for kind, lists in _serial_lists().items()
    }
    return {kind: value.where(value["distance"] != 0) for kind, value in gradients.items()}


def _serial_lists() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Responses [trial, output] and people [trial], by what was said meanwhile."""
    table = load_trials("farrell_lewandowsky2004")
    some = {kind: table.isel(trial=(table["condition"] == kind).values) for kind in _SPEECH}
    return {kind: (each["responses"].values, each["subject"].values) for kind, each in some.items()}


def beginnings() -> Lines:
    """Share of lists whose first response is word 1, or one of the last four, by list length."""
    lists = load("grenfell_essam_ward2012")
    lengths, first = lists.list_length.astype(int), lists.recalls[:, 0]
    # In lists of up to four words, every word is one of the last four.
    begun = {"first word": first == 1, "one of the last four": first > lengths - 4}
    shortest = {"first word": 1, "one of the last four": 5}
    lines = {}
    for label, true in begun.items():
        table = pd.DataFrame({"subject": lists.subject, "list_length": lengths, "true": true})
        table = table[lengths >= shortest[label]]
        lines[label] = table.groupby(["subject", "list_length"])["true"].mean().to_xarray()
    return lines


def spans() -> Lines:
    """Share of items in their place, by list length."""
    correct = load_trials("unsworth_engle2006")["correct"]
    return {f"{task} span": correct.sel(task=task).dropna("length", how="all") for task in _SPANS}


def repetition() -> Lines:
    """Share of items in their place: the list that comes back, and the mean of the fillers."""
    table = load_trials("page2006")
    silent = table["speech"] == "silent"
    repeated = table["kind"] == "repeated"
    which = {"repeated list": repeated, "filler lists": ~repeated}
    return {
        label: table["correct"][(silent & kind).values].groupby("subject").mean("row")
        for label, kind in which.items()
    }


def distraction() -> Lines:
    """Share of words recalled after a filled interval."""
    table = load_trials("floden2000")
    share = table["n_recalled"] / table["n_tested"]
    return {age: share[(table["group"] == age).values] for age in ("young", "old")}


def search_times() -> Lines:
    """Mean times of correct answers, s."""
    table = load_trials("donkin_nosofsky2012").to_dataframe()
    table = table[table["correct"]]
    lines = {}
    for (pace, old), some in table.groupby(["pace", "old"], sort=True):
        means = some.groupby(["subject", "set_size"])["time"].mean()
        lines[f"{pace}, {'old' if old else 'new'} probe"] = means.to_xarray()
    return lines


def capacity() -> Lines:
    """Cowan's K, items."""
    table = load_trials("adam2015")
    columns = (table[name] for name in ("said_change", "change", "set_size", "subject"))
    return {"people": working_memory.change_detection(*columns, probe="single")["value"]}


def confidence() -> Lines:
    """Hits and false alarms at each criterion, from the strictest."""
    table = load_trials("schwartz2005")
    counts = recognition.count_ratings(table["rating"], table["old"], table["subject"], 6)
    rates = recognition.roc(counts)
    return {"hits": rates["hit_rate"], "false alarms": rates["false_alarm_rate"]}


_SPEECH = ("quiet", "suppression")
_SPANS = ("word", "letter", "operation", "reading")
_SHARE = "Proportion correct"

FINDINGS: Mapping[str, Finding] = {
    "serial position": Finding(
        "farrell_lewandowsky2004", "Serial recall", serial_positions, "Serial position", _SHARE
    ),
    "transposition": Finding(
        "farrell_lewandowsky2004",
        "Items stray to near places",
        transpositions,
        "Output minus serial position",
        "Proportion of opportunities",
        0.1,
    ),
    "initiation": Finding(
        "grenfell_essam_ward2012",
        "Where free recall begins",
        beginnings,
        "List length (words)",
        "Proportion of lists",
    ),
    "span": Finding("unsworth_engle2006", "Spans", spans, "List length (items)", _SHARE),
    "hebb": Finding("page2006", "A list that comes back", repetition, "Repetition", _SHARE),
    "brown-peterson": Finding(
        "floden2000", "Forgetting under distraction", distraction, "Delay (s)", _SHARE
    ),
    "sternberg": Finding(
        "donkin_nosofsky2012",
        "Search of a list (4 and 3 people)",
        search_times,
        "Set size (items)",
        "Response time (s)",
        None,
    ),
    "change detection": Finding(
        "adam2015", "Visual capacity", capacity, "Set size (items)", "Cowan's K (items)", 4.0
    ),
    "roc": Finding(
        "schwartz2005", "Recognition of scenes", confidence, "False-alarm rate", "Hit rate"
    ),
}


def run(config: Resampling, session: Session) -> xr.DataTree:
    """All findings.

    Returns:
        A node per finding, with the attributes `title`, `x`, `y`, `top` (NaN if the data decide),
        `citation` and `missing`: empty, or the reason why the set is not here. Below it a node per
        line, as `measures.summary` gives it.
    """
    parts = {name: partial(_nodes, name, each, config) for name, each in FINDINGS.items()}
    return in_turn(parts, session)


def _nodes(name: str, finding: Finding, config: Resampling) -> dict[str, xr.Dataset]:
    about = {
        "title": finding.title,
        "x": finding.x,
        "y": finding.y,
        "top": np.nan if finding.top is None else finding.top,
        "citation": entry(finding.data).citation,
        "missing": "",
    }
    try:
        lines = finding.lines()
    except DataNotFound as error:
        return {name: xr.Dataset(attrs={**about, "missing": str(error).splitlines()[0]})}
    nodes = {name: xr.Dataset(attrs=about)}
    how = {"n_resamples": config.n_resamples, "seed": config.seed}
    for label, values in lines.items():
        named = values.assign_attrs(long_name=finding.y, units="as in the name")
        nodes[f"{name}/{label}"] = measures.summary(named.to_dataset(name="value"), **how)
    return nodes


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: finding, line, x, mean, low, high, n, citation."""
    rows = []
    for name, node in tree.children.items():
        about = {"finding": name, "citation": node.attrs["citation"]}
        if node.attrs["missing"]:
            rows.append(pd.DataFrame({**about, "line": ["not here"]}))
        for label, child in node.children.items():
            rows.append(_rows(child.to_dataset()).assign(line=label, **about))
    columns = ["finding", "line", "x", "mean", "low", "high", "n", "citation"]
    return pd.concat(rows).reindex(columns=columns).reset_index(drop=True)


def _rows(curve: xr.Dataset) -> pd.DataFrame:
    (axis,) = curve["mean"].dims
    table = curve[["mean", "low", "high", "n"]].to_dataframe().reset_index()
    return table.rename(columns={axis: "x"})


def plot(tree: xr.DataTree) -> Figure:
    """A panel per finding."""
    return paradigms(tree)


EXPERIMENT = Experiment(
    name="human_memory",
    title="Human memory beyond free recall: nine findings",
    presets={"quick": Resampling(), "paper": Resampling(n_resamples=10_000)},
    run=run,
    plot=plot,
    numbers=numbers,
    people=tuple(dict.fromkeys(finding.data for finding in FINDINGS.values())),
    sources=(
        "Farrell & Lewandowsky (2004)",
        "Grenfell-Essam & Ward (2012)",
        "Unsworth & Engle (2006)",
        "Page et al. (2006)",
        "Floden, Stuss & Craik (2000)",
        "Donkin & Nosofsky (2012)",
        "Adam et al. (2015)",
        "Schwartz et al. (2005)",
    ),
    answers=(
        "People only, no model: nine findings, each computed again from people's own responses in"
        " eight published studies (serial recall, spans, repeated lists, forgetting, search of a "
        "list, visual capacity, recognition)."
    ),
    agrees=(
        "The textbook findings are there: six items in order at .89 first, .59 fifth and .76 last"
        " in quiet; of 15 words recall begins with the first in .10 and with one of the last four"
        " in .70; a repeated list rises from .52 to .75, fillers from .43 to .52; Cowan's K is at"
        " most 2.7."
    ),
    disagrees=(
        "No model is in it, and no number is laid beside the one its authors print. Search of a "
        "list has four and three people, too few for bands. Each finding is from a single study, "
        "and cannot tell how it varies between studies."
    ),
    cost={"quick": "ten seconds", "paper": "half a minute"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
