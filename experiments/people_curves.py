"""A gallery of human memory: the three benchmark curves of free recall on every data set.

Method. For each registered set of free-recall lists, the serial position curve, the probability of
first recall and the lag-CRP are computed within each person and averaged over people; the band is
the 95 % bootstrap interval over people. Primacy and recency, recall that starts at the end, and
contiguity with its forward asymmetry are what every model of free recall has to show.

Lists of different lengths are never pooled. Of the eleven lengths of Grenfell-Essam & Ward (2012)
three are shown: 6, where half of all recalls start with the first word, 15, where they start at the
end, and 10 between; shorter lists are nearly serial recall, and would set the axes of all others.
Of Lohnas & Kahana (2014) only the lists without repetition are: a word studied twice has no one
serial position. The lists of Polyn et al. (2009) are kept apart by whether the task at study stayed
the same or changed. A set whose file is not here is named, with an empty row.

Run: `cogmem run people_curves`; `cogmem data` says where files are looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import catalogue, entry, load
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.parts import Resampling, in_turn
from cogmem.plots.people import gallery

MAX_LAG = 5

# The lists shown, by set, as conditions on per-list columns; of other sets all, by list length.
SHOWN: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "grenfell_essam_ward2012": {f"{n} words": {"list_length": n} for n in (6, 10, 15)},
    "lohnas_kahana2014": {"40 words, each once": {"list_type": "once"}},
    "polyn2009": {
        "24 words, one task": {"condition": ["control size", "control animacy"]},
        "two by turns": {"condition": "shift"},
    },
}


def run(config: Resampling, session: Session) -> xr.DataTree:
    """The curves of every set.

    Returns:
        A node per set, with the attributes `title`, `citation` and `missing`: empty, or the reason
        why the set is not here. Below it a node per group of lists, below that one per measure.
    """
    names = [row["name"] for row in catalogue() if "free recall" in row["paradigm"]]
    return in_turn({name: partial(_nodes, name, config) for name in names}, session)


def _nodes(name: str, config: Resampling) -> dict[str, xr.Dataset]:
    title = f"{entry(name).title}, {entry(name).n_subjects} people"
    about = {"title": title, "citation": entry(name).citation, "missing": ""}
    try:
        lists = groups(name, load(name))
    except DataNotFound as error:
        return {name: xr.Dataset(attrs={**about, "missing": str(error).splitlines()[0]})}
    nodes = {name: xr.Dataset(attrs=about)}
    for label, some in lists.items():
        curves = _curves(some, config)
        nodes |= {f"{name}/{label}/{measure}": curve for measure, curve in curves.items()}
    return nodes


def groups(name: str, recalls: Recalls) -> dict[str, Recalls]:
    """The lists of a set that are shown, by what tells them apart."""
    by_length = {f"{n} words": {"list_length": int(n)} for n in np.unique(recalls.list_length)}
    return {label: recalls.select(**which) for label, which in SHOWN.get(name, by_length).items()}


def _curves(recalls: Recalls, config: Resampling) -> dict[str, xr.Dataset]:
    lags = min(MAX_LAG, recalls.length - 1)
    each = {
        "spc": measures.spc(recalls),
        "pfr": measures.pfr(recalls),
        "lag_crp": measures.lag_crp(recalls, max_lag=lags),
    }
    how = {"n_resamples": config.n_resamples, "seed": config.seed}
    return {name: measures.summary(curve, **how) for name, curve in each.items()}


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: set, lists, measure, x, mean, low, high, n; one row if not here."""
    rows = []
    for name, node in tree.children.items():
        if node.attrs["missing"]:
            rows.append(pd.DataFrame({"set": [name], "measure": ["not here"]}))
        for label, group in node.children.items():
            about = {"set": name, "lists": label}
            rows += [_rows(child.to_dataset(), key, about) for key, child in group.children.items()]
    columns = ["set", "lists", "measure", "x", "mean", "low", "high", "n"]
    return pd.concat(rows).reindex(columns=columns).reset_index(drop=True)


def _rows(curve: xr.Dataset, measure: str, about: Mapping[str, str]) -> pd.DataFrame:
    (axis,) = curve["mean"].dims
    table = curve[["mean", "low", "high", "n"]].to_dataframe().reset_index()
    return table.rename(columns={axis: "x"}).assign(measure=measure, **about)


def plot(tree: xr.DataTree) -> Figure:
    """A row per set: serial position curve, probability of first recall, lag-CRP."""
    sets: dict[str, Mapping[str, Mapping[str, xr.Dataset]] | str] = {}
    for node in tree.children.values():
        groups = {
            label: {name: child.to_dataset() for name, child in group.children.items()}
            for label, group in node.children.items()
        }
        sets[node.attrs["title"]] = node.attrs["missing"] or groups
    return gallery(sets)


EXPERIMENT = Experiment(
    name="people_curves",
    title="A gallery of human memory: free recall on every data set",
    presets={"quick": Resampling(), "paper": Resampling(n_resamples=10_000)},
    run=run,
    plot=plot,
    numbers=numbers,
    people=(
        "peers",
        "morton2013",
        "murdock1962",
        "murdock_okada1970",
        "lohnas_kahana2014",
        "polyn2009",
        "asymfr3",
        "grenfell_essam_ward2012",
    ),
    sources=(
        "Murdock (1962)",
        "Murdock & Okada (1970)",
        "Kahana (1996)",
        "Polyn, Norman & Kahana (2009)",
        "Grenfell-Essam & Ward (2012)",
        "Morton et al. (2013)",
        "Healey & Kahana (2014)",
        "Lohnas & Kahana (2014)",
    ),
    answers=(
        "People only, no model: the benchmark curves of free recall (serial position, first "
        "recall, lag-CRP) computed again from eight public data sets, from Murdock (1962) to "
        "Lohnas & Kahana (2014)."
    ),
    agrees=(
        "Primacy, recency and contiguity recur: in PEERS the first word is recalled at .82, the "
        "lowest at .56, the last at .92; recall begins with the last in .46 of lists, and lag +1 "
        "has .43, -1 .26. In every set but one lag +1 has more than -1."
    ),
    disagrees=(
        "They are not the same everywhere: lists of Lohnas & Kahana hardly have recency (last "
        "word .35, first .64), those of Morton et al. no forward asymmetry (.19 both ways), and "
        "six words begin with the first in .51. No curve is laid beside a printed one; delays and"
        " tasks differ between sets."
    ),
    cost={"quick": "ten seconds", "paper": "half a minute"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
