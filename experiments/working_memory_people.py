"""What people's working memory does: the findings that a model of many tasks has to show.

Method. Thirteen data sets, most of them collected by Oberauer et al. (2018, Psychological Bulletin
144, 885-958), are each reduced to one number per person and condition: a proportion correct, K =
N (H - F) items (Cowan, 2001), a mean |error|, a span, a median time. Points are means over people,
bars their 95 % bootstrap interval (people are resampled). Panels:

A, B  changes of one of several colours, and the number of items held, by the number shown;
C     changes of orientation by their size, with 2 to 8 bars; 0 is no change;
D     lists of eight words recalled in any order, or each written in its place (Grenfell-Essam &
      Ward, 2012, Experiments 1 and 2), forward or backward (Madigan, 1971, of those who saw them);
E     recognition of an item, or of an item at its place, by its position at study, the probes in
      random order or in that of study;
F     errors of five colours given back in order, silent or while speaking;
G     primacy and recency of the lists of D: of each person, the first (last) position less the
      mean of those between the two ends;
H     letters in place, by the words to be read after each;
I     spans by the load of the task in between (kept, task);
J     numbers updated by sums, with time at will or hurried, by how many are held;
K     characters that nobody can name, after seconds;
L     times of updates of the same or of the other object, and of each person their difference.

Stimuli, timing and scores differ between sets and from those of tasks such as WorM's (Sikarwar &
Zhang, 2023): shapes and indices can be compared with a model's, levels cannot. Load is a share of
time for people, retention is in seconds; a model's frames are neither. The constants that WorM's
own notebooks draw are not shown, as they are known at second hand only
(`published("worm_human_points", verified=False)`). A set that is not here is named in its panel.

Outcome (means, 95 % intervals over people). Accuracy falls from 2 to 6 colours from .958 to .718
(Adam et al., 2015), while K levels off: 2.71 [2.53, 2.88] of 4 and 2.62 [2.31, 2.93] of 6; of
Gilchrist & Cowan (2014), 2.96 and 3.24 in Experiment 2. Primacy is .360 [.286, .435] of lists
written in place and .460 [.365, .544] of those said forward, recency .391 and .028. In free recall
recency is .383 [.309, .451] and primacy by this index none, -.017 [-.099, .068]: recency reaches
deep into the eight words, and so into the middle that the first is compared with. Spatial spans
fall by .86 items from low to high load if the task is spatial, by .61 if it is verbal; verbal ones
by .64 if it is verbal, by .39 if it is spatial. Updating at will falls from .944 with one number to
.742 with six; hurried it is .28 to .37 with any. Characters fall from .812 after 1 s to .712 after
12 s. To switch objects costs .171 s [.125, .217] and .155 s [.108, .211].

Run: `cogmem run working_memory_people`; `cogmem data` says where files are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.errors import DataNotFound
from cogmem.lab import working_memory_findings as people
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.parts import Resampling, in_turn
from cogmem.plots.working_memory_people import findings

Curves = dict[str, xr.Dataset]


@dataclass(frozen=True)
class Finding:
    """One panel.

    Attributes:
        title: of the panel.
        curves: what is shown, each (subject, x), by label.
        y: axis title.
        sets: names of the data sets read.
        order: of the conditions along x, if they are no numbers.
        chance: y of a guess, NaN if it is not known.
        legend: where it stands, in fractions of the panel or in words.
    """

    title: str
    curves: Callable[[], Curves]
    y: str
    sets: tuple[str, ...]
    order: tuple[str, ...] = ()
    chance: float = float("nan")
    legend: str | tuple[float, float] = "best"


_DETECTION = ("adam2015", "gilchrist_cowan2014")
_POSITIONS = ("grenfell_essam_ward2012", "grenfell_essam_ward2012_serial", "madigan1971")

FINDINGS: Mapping[str, Finding] = {
    "set size": Finding(
        "Changes seen", people.accuracy_by_set_size, "Proportion correct", _DETECTION, chance=0.5
    ),
    "items held": Finding("Items held", people.items_held, "Cowan's K (items)", _DETECTION),
    "size of change": Finding(
        "Similarity", people.changes_by_size, "P(says change)", ("keshvari2013",)
    ),
    "serial positions": Finding(
        "Recall of 8 words",
        people.positions,
        "Proportion recalled",
        _POSITIONS,
        legend=(0.22, 0.66),
    ),
    "recognition": Finding(
        "Recognition of 6 items",
        people.recognition,
        "Proportion correct",
        ("oberauer2003",),
        chance=0.5,
        legend="lower left",
    ),
    "colours in order": Finding(
        "5 colours in order",
        people.colours_in_order,
        "Mean |error| (deg)",
        ("peteranderl_oberauer2017",),
    ),
    "primacy and recency": Finding(
        "Ends of 8-word lists", people.ends, "End less middle (proportion)", _POSITIONS
    ),
    "distractors": Finding(
        "Words between letters", people.distractors, "Proportion in place", ("lewandowsky2010",)
    ),
    "load": Finding(
        "Complex span",
        people.spans_by_load,
        "Span (items)",
        ("vergauwe2010",),
        order=("low", "medium", "high"),
        legend="lower left",
    ),
    "updating": Finding(
        "Updating",
        people.updating,
        "Proportion correct",
        ("oberauer_kliegl2006",),
        legend=(0.0, 0.47),
    ),
    "retention interval": Finding(
        "Unfamiliar characters", people.retention, "Proportion correct", ("ricker2014",), chance=0.5
    ),
    "switch": Finding(
        "Switching objects",
        people.switching,
        "Time of an update (s)",
        ("hedge_leonards2013",),
        order=("repeat", "switch", "cost"),
        legend="upper right",
    ),
}


def run(config: Resampling, session: Session) -> xr.DataTree:
    """Every finding.

    Returns:
        A node per finding, with the attributes of `Finding` that the plot needs, and `missing`:
        empty, or the reason why a set is not here. Below it a node per curve, with `mean`, `sem`,
        `n`, `low` and `high` (x).
    """
    parts = {name: partial(_nodes, name, each, config) for name, each in FINDINGS.items()}
    return in_turn(parts, session)


def _nodes(name: str, finding: Finding, config: Resampling) -> dict[str, xr.Dataset]:
    about = {key: getattr(finding, key) for key in ("title", "y", "chance", "legend")}
    about["missing"] = ""
    try:
        curves = finding.curves()
    except DataNotFound as error:
        return {name: xr.Dataset(attrs={**about, "missing": str(error).splitlines()[0]})}
    how = {"n_resamples": config.n_resamples, "seed": config.seed}
    nodes = {name: xr.Dataset(attrs=about)}
    for label, curve in curves.items():
        axis = next(str(dim) for dim in curve["value"].dims if dim != "subject")
        if finding.order:
            curve = curve.sel({axis: list(finding.order)})
        nodes[f"{name}/{label}"] = measures.summary(curve, **how)
    return nodes


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: finding, curve, axis, x, mean, low, high, n; one row if not here."""
    found = []
    for name, node in tree.children.items():
        if node.attrs["missing"]:
            found.append(pd.DataFrame({"finding": [name], "curve": ["not here"]}))
        for label, child in node.children.items():
            (axis,) = child["mean"].dims
            table = child.to_dataset()[["mean", "low", "high", "n"]].to_dataframe().reset_index()
            table = table.rename(columns={axis: "x"})
            found.append(table.assign(finding=name, curve=label, axis=axis))
    columns = ["finding", "curve", "axis", "x", "mean", "low", "high", "n"]
    return pd.concat(found).reindex(columns=columns).reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Twelve panels, people as means with bootstrap intervals."""
    return findings(
        {
            name: (
                dict(node.attrs),
                {label: child.to_dataset() for label, child in node.children.items()},
            )
            for name, node in tree.children.items()
        }
    )


EXPERIMENT = Experiment(
    name="working_memory_people",
    title="A gallery of working memory: twelve findings in thirteen data sets",
    presets={"quick": Resampling(), "paper": Resampling(n_resamples=10_000)},
    run=run,
    plot=plot,
    numbers=numbers,
    people=tuple(dict.fromkeys(name for each in FINDINGS.values() for name in each.sets)),
    sources=(
        "Oberauer et al. (2018)",
        "Sikarwar & Zhang (2023)",
        "Cowan (2001)",
    ),
    answers=(
        "People alone: findings about working memory in thirteen data sets, most of them collected "
        "by Oberauer et al. (2018), computed from responses; K after Cowan (2001). They are what "
        "models of the tasks of Sikarwar & Zhang (2023) have to show."
    ),
    agrees=(
        "Accuracy falls from .958 of 2 colours to .718 of 6 while K levels off (2.71 of 4, 2.62 of "
        "6). Words written in place have primacy (.360) and recency (.391). Spatial spans fall by "
        ".86 items under spatial load, by .61 under verbal. To switch objects costs .171 and .155 "
        "s."
    ),
    disagrees=(
        "In free recall primacy is absent by this index (-.017), since recency (.383) reaches into "
        "the middle of eight words. Stimuli, timing and scores are not WorM's: forms can be "
        "compared with a model's, levels cannot. The constants of WorM's notebooks, known at "
        "second hand, are left out."
    ),
    cost={"quick": "ten seconds", "paper": "half a minute"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
