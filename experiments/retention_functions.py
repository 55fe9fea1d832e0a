"""Which law does forgetting follow? Published tables, and the Brown-Peterson task person by person.

Method. Ebbinghaus's (1885) savings and the proportions recalled of Carpenter et al. (2008) are
published as means at each delay, not as counts, and are fitted by least squares. The 48 people of
Floden et al. (2000) recalled four words after 0 to 60 s of distraction, six times at each delay;
those counts are fitted by binomial likelihood, to each person and to the counts of all people of an
age group together. In every panel six laws compete: the exponential, the exponential of the root of
time, the logarithm, the power law, the power law above an asymptote, and Wickelgren's. Ebbinghaus
has no delay of 0, and his power law and logarithm are those of t itself, in minutes.

Laws are compared by Akaike weights (AICc; n is the number of delays for least squares, the number
of tests for counts), and by leaving out each delay in turn and predicting it from the others.

The weights of people and of their group are side by side on purpose: the mean of unlike curves need
not have the form of any of them (Anderson & Tweney, 1997), and the group has so many more tests
that it may be certain of a law that no person's own data could tell from the others.

Run: `cogmem run retention_functions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from rich.table import Table

from cogmem import measures
from cogmem.data import load_trials, published
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures import retention
from cogmem.models import parameters
from cogmem.models.retention import LAWS, LAWS_WITHOUT_ZERO, RetentionLaw
from cogmem.plots.retention import retention_functions

# Ebbinghaus's own two laws are those of t, not of 1 + t.
OF_T = {
    name: LAWS_WITHOUT_ZERO.get(f"pure {name}", law)  # the laws without a delay of 0
    for name, law in LAWS.items()
}
AGES = ("young", "old")


class Published(NamedTuple):
    """How a published table is shown, and which of its columns holds the delays."""

    title: str
    measure: str
    column: str
    unit: str
    whole: float  # what stands for everything retained


TABLES = {
    "ebbinghaus1885": Published("Ebbinghaus (1885)", "Savings", "minutes", "min", 100),
    "carpenter2008": Published("Carpenter et al. (2008)", "Proportion recalled", "days", "days", 1),
}
_TITLE = {age: f"Brown-Peterson, {age}" for age in AGES}


@dataclass(frozen=True)
class Config:
    """How hard laws are fitted, and to whom.

    Attributes:
        leave_out_people: whether each delay is also left out for each person, not for groups only.
        n_starts: starts of each fit.
        n_resamples: bootstrap resamples of people.
        seed: of everything random.
    """

    leave_out_people: bool = setting(False, meaning="leave delays out for each person too")
    n_starts: int = setting(1, (1, 100), meaning="starts of each fit")
    n_resamples: int = setting(2000, (10, 1_000_000), meaning="bootstrap resamples of people")
    seed: int = setting(0, (0, 2**32 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """Fits of all laws to all tables.

    Returns:
        A node per data set: observed `mean`, `low`, `high` (delay), `line` (law, time), `weight`
        (law), `held_out` (law); for raw counts also `weight_people` (law), the mean over people,
        and a node `people` below, as `measures.retention.fit` gives it. A set that is not here is a
        node with the attribute `missing`, the reason.
    """
    report = session.begin(len(TABLES) + len(AGES))
    nodes: dict[str, xr.Dataset] = {}
    for name in TABLES:
        nodes[name] = of_table(name, config)
        report(1, name)
    for age in AGES:
        nodes |= of_people(age, config)
        report(1, age)
    return xr.DataTree.from_dict(nodes)


def of_table(name: str, config: Config) -> xr.Dataset:
    """Least squares on published means."""
    told, table = TABLES[name], published(name)
    laws = OF_T if name == "ebbinghaus1885" else LAWS
    times, values = table[told.column].to_numpy(float), table["value"].to_numpy() / told.whole
    options = {"n_starts": config.n_starts, "seed": config.seed}
    fitted = retention.fit_least_squares(times, values, laws=laws, **options)
    unknown = np.full(times.shape, np.nan)
    node = fitted.rename(held_out_rmse="held_out", retained="fitted").assign(
        mean=("delay", values), low=("delay", unknown), high=("delay", unknown)
    )
    about = {"title": told.title, "unit": told.unit, "measure": told.measure}
    about["citation"] = table["source"][0]
    return _with_lines(node, laws).assign_attrs(about, missing="")


def of_people(age: str, config: Config) -> dict[str, xr.Dataset]:
    """Binomial likelihood of the counts of each person of an age group, and of all together."""
    try:
        times, right, tested, people = brown_peterson(age)
    except DataNotFound as error:
        about = {"title": _TITLE[age], "missing": str(error).splitlines()[0]}
        return {age: xr.Dataset(attrs=about)}
    how: dict[str, Any] = {"laws": LAWS, "n_starts": config.n_starts, "seed": config.seed}
    each = retention.fit(
        times, right, tested, people=people, leave_out=config.leave_out_people, **how
    )
    all_together = right.sum(0, keepdims=True), tested.sum(0, keepdims=True)
    group = retention.fit(times, *all_together, **how).sel(person=retention.GROUP, drop=True)
    share = right / tested
    low, high = measures.interval(share, n_resamples=config.n_resamples, seed=config.seed)
    node = group.assign(
        mean=("delay", share.mean(axis=0)),
        low=("delay", low),
        high=("delay", high),
        weight_people=each["weight"].drop_sel(person=retention.GROUP).mean("person"),
        held_out=group["held_out_rmse"],
    )
    about = {"title": _TITLE[age], "unit": "s", "measure": "Proportion recalled", "missing": ""}
    node = _with_lines(node, LAWS).assign_attrs(about)
    return {age: node, f"{age}/people": each}


def brown_peterson(age: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Delays (s), words recalled and tested [person, delay], and people, of one age group."""
    people = load_trials("floden2000")
    group = people.isel(subject=(people["group"] == age).values).transpose("subject", "delay")
    counts = group["n_recalled"].values, group["n_tested"].values
    return group["delay"].values, *counts, group["subject"].values


def _with_lines(node: xr.Dataset, laws: Mapping[str, RetentionLaw]) -> xr.Dataset:
    """The laws at their estimates, at many times between the delays."""
    delays = node["delay"].values
    # Even steps of the logarithm, from a tenth of the shortest delay that is not 0.
    first = delays[delays > 0].min()
    times = np.geomspace(first / 10 if delays.min() == 0 else first, delays.max(), 100)
    if delays.min() == 0:
        times = np.append(0.0, times)
    lines = [_line(law, node["estimate"].sel(law=name), times) for name, law in laws.items()]
    return node.assign(line=(("law", "time"), np.stack(lines))).assign_coords(time=times)


def _line(law: RetentionLaw, estimate: xr.DataArray, times: np.ndarray) -> np.ndarray:
    values = {name: float(estimate.sel(parameter=name)) for name in parameters.table(law)}
    at_best = parameters.replace(law, {name: jnp.asarray(v) for name, v in values.items()})
    return np.asarray(at_best.retained(jnp.asarray(times)))


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, and every person's fit: set, who, law, quantity, x, value."""
    rows = []
    for name, node in tree.children.items():
        if node.attrs["missing"]:
            rows.append(pd.DataFrame({"set": [name], "quantity": ["not here"]}))
            continue
        rows += _rows(name, "all", node.to_dataset(), ("mean", "low", "high"), "delay")
        rows += _rows(name, "all", node.to_dataset(), _BY_LAW, None)
        rows += _rows(name, "all", node.to_dataset(), ("estimate",), "parameter")
        if "people" in node.children:
            each = node["people"].to_dataset().drop_sel(person=retention.GROUP)
            rows += _rows(name, None, each, ("weight", "log_likelihood"), None)
            rows += _rows(name, None, each, ("estimate", "standard_error"), "parameter")
    columns = ["set", "who", "law", "quantity", "x", "value"]
    return pd.concat(rows).reindex(columns=columns).reset_index(drop=True)


_BY_LAW = ("weight", "weight_people", "aicc", "rmse", "held_out")


def _rows(
    name: str, who: str | None, node: xr.Dataset, variables: tuple[str, ...], x: str | None
) -> list[pd.DataFrame]:
    tables = []
    for variable in variables:
        if variable not in node:
            continue
        table = node[variable].rename("value").to_dataframe().reset_index()
        table = table.rename(columns={"person": "who"} | ({x: "x"} if x else {}))
        told = {"set": name, "quantity": variable} | ({"who": who} if who else {})
        tables.append(table.assign(**told).dropna(subset="value"))
    return tables


def table(tree: xr.DataTree) -> Table:
    """Akaike weights and the error at delays left out, by data set and law."""
    shown = Table("set", "law", "weight (AICc)", "people's mean weight", "RMSE, delays left out")
    for node in tree.children.values():
        for law in [] if node.attrs["missing"] else node["law"].values:
            row = node.to_dataset().sel(law=law)
            people = f"{row['weight_people']:.3f}" if "weight_people" in row else "-"
            numbers = f"{row['weight']:.3f}", people, f"{row['held_out']:.3f}"
            shown.add_row(node.attrs["title"], law, *numbers)
    return shown


def plot(tree: xr.DataTree) -> Any:
    """A column per data set: points and laws above, Akaike weights below."""
    return retention_functions([node.to_dataset() for node in tree.children.values()])


EXPERIMENT = Experiment(
    name="retention_functions",
    title="Which law does forgetting follow?",
    presets={"quick": Config(), "paper": Config(leave_out_people=True, n_starts=5)},
    run=run,
    plot=plot,
    numbers=numbers,
    people=("floden2000",),
    models=("retention",),
    sources=(
        "Ebbinghaus (1885)",
        "Carpenter et al. (2008)",
        "Floden, Stuss & Craik (2000)",
        "Rubin & Wenzel (1996)",
        "Anderson & Tweney (1997)",
    ),
    answers=(
        "Which law forgetting follows (Rubin & Wenzel, 1996), and whether means show the law of "
        "persons (Anderson & Tweney, 1997): tables of Ebbinghaus (1885) and Carpenter et al. "
        "(2008), and 48 people of Floden et al. (2000)."
    ),
    agrees=(
        "Quick preset: the power law has an Akaike weight of .95 for Ebbinghaus, the logarithm .63 "
        "for Carpenter et al. Groups and persons do differ: Wickelgren's law has .84 (young) and "
        "above .99 (old) in the counts of a group, and .15 and .20 in the mean of persons, where "
        "the exponential has most (.27, .38)."
    ),
    disagrees=(
        "No law wins throughout, and with six or seven delays weights punish a third parameter: "
        "for Carpenter et al. Wickelgren's law fits best (RMSE .026, the logarithm's .042) but has "
        "next to no weight. Of the functions of Rubin & Wenzel only a few are tried. In no person "
        "has any law more than .74."
    ),
    cost={"quick": "half a minute on 2 cores", "paper": "some minutes on 2 cores"},
    tolerance=1e-3,
    table=table,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
