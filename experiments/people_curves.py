"""What people do in free recall: the three benchmark curves on every data set.

Method. For each registered set of free-recall lists, and each list length in it, the serial
position curve, the probability of first recall and the lag-CRP are computed within each person and
averaged over people; the band is the 95 % bootstrap interval over people. Primacy and recency,
recall that starts at the end, and contiguity with its forward asymmetry are what every model of
free recall has to show. A set whose file is not here is named, with an empty row.

Run: `cogmem run people_curves`; `cogmem data` says where files are looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import catalogue, entry, load
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.plots.people import gallery

MAX_LAG = 5


@dataclass(frozen=True)
class Config:
    """How uncertainty is computed.

    Attributes:
        n_resamples: bootstrap resamples of people.
        seed: of the resampling.
    """

    n_resamples: int = setting(2000, (10, 1_000_000), meaning="bootstrap resamples of people")
    seed: int = setting(0, (0, 2**32 - 1), meaning="of the resampling")


def run(config: Config, session: Session) -> xr.DataTree:
    """The curves of every set, by title.

    Returns:
        A node per set and list length, with a node per measure; a set that is not here is a node
        with the attribute `missing`, the reason. All have the attributes `title` and `citation`.
    """
    names = [row["name"] for row in catalogue() if "free recall" in row["paradigm"]]
    report = session.begin(len(names))
    nodes: dict[str, xr.Dataset] = {}
    for name in names:
        nodes |= _nodes(name, config)
        report(1, name)
    return xr.DataTree.from_dict(nodes)


def _nodes(name: str, config: Config) -> dict[str, xr.Dataset]:
    try:
        recalls = load(name)
    except DataNotFound as error:
        reason = str(error).splitlines()[0]
        about = {"title": entry(name).title, "citation": entry(name).citation}
        return {f"/{name}": xr.Dataset(attrs={**about, "missing": reason})}
    nodes = {}
    for length in np.unique(recalls.list_length):
        node = f"/{name}-{length}"
        lists = recalls.select(list_length=int(length))
        about = {"title": _title(lists), "citation": lists.attrs["citation"]}
        nodes[node] = xr.Dataset(attrs={**about, "missing": ""})
        nodes |= {f"{node}/{key}": curve for key, curve in _curves(lists, config).items()}
    return nodes


def _curves(recalls: Recalls, config: Config) -> dict[str, xr.Dataset]:
    lags = min(MAX_LAG, recalls.length - 1)
    each = {
        "spc": measures.spc(recalls),
        "pfr": measures.pfr(recalls),
        "lag_crp": measures.lag_crp(recalls, max_lag=lags),
    }
    how = {"n_resamples": config.n_resamples, "seed": config.seed}
    return {name: measures.summary(curve, **how) for name, curve in each.items()}


def _title(recalls: Recalls) -> str:
    people, n = len(recalls.subjects), recalls.length
    return f"{recalls.attrs['title']}: {n} words per list, {people} people"


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: set, measure, x, mean, low, high, n; one row for a set not here."""
    rows = []
    for name, node in tree.children.items():
        if node.attrs["missing"]:
            rows.append(pd.DataFrame({"set": [name], "measure": ["not here"]}))
        rows += [_rows(name, key, child.to_dataset()) for key, child in node.children.items()]
    columns = ["set", "measure", "x", "mean", "low", "high", "n"]
    return pd.concat(rows).reindex(columns=columns).reset_index(drop=True)


def _rows(name: str, measure: str, curve: xr.Dataset) -> pd.DataFrame:
    (axis,) = curve["mean"].dims
    table = curve[["mean", "low", "high", "n"]].to_dataframe().reset_index()
    return table.rename(columns={axis: "x"}).assign(set=name, measure=measure)


def plot(tree: xr.DataTree) -> Figure:
    """A row per set: serial position curve, probability of first recall, lag-CRP."""
    sets: dict[str, Mapping[str, xr.Dataset] | str] = {}
    for node in tree.children.values():
        curves = {name: child.to_dataset() for name, child in node.children.items()}
        sets[node.attrs["title"]] = node.attrs["missing"] or curves
    return gallery(sets)


EXPERIMENT = Experiment(
    name="people_curves",
    title="What people do in free recall, on every data set",
    presets={"quick": Config(), "paper": Config(n_resamples=10_000)},
    run=run,
    plot=plot,
    numbers=numbers,
    people=("peers", "morton2013", "murdock1962"),
    sources=("Murdock (1962)", "Kahana (1996)", "Healey & Kahana (2014)", "Morton et al. (2013)"),
    cost={"quick": "ten seconds", "paper": "half a minute"},
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
