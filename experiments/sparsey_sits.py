"""Sparsey sits serial recall and change detection: what a chain and an overlap explain of people.

Method. *Serial recall.* The people are the 15 of Farrell and Lewandowsky (2004), quiet condition:
lists of six, recalled in order. Simulated people (a macrocolumn each, N = 144, Q = 24, K = 16) sit
lists of six out of sixteen letters, each letter 12 random features, one list after another with one
memory. Every item is learnt once, in the context of the one before. At recall the first item is
given; from then on the evidence is how much of each item's features the next code points at, choice
is the shared softmax of standardised evidence, and what is said becomes the context of what follows
(back-off lets an item's own features decide where its context does not fit). Nothing is fitted.

Panel A: recall in place by serial position; the model's first five lists, and lists 16 to 20. B:
how far from its place an item is said. C: accuracy by the number of lists before.

*Change detection.* The people are the 40 of Adam, Mance, Fukuda and Vogel (2015); one of two to six
coloured squares is probed. For the model an object is one feature for its place and colour. A
display gets a code in a single trial, and the evidence for "same" is the expected overlap of the
test's code with it. *Single*: the probe is one object, as people saw it. *Whole*: all objects come
again, one of them perhaps changed. "Change" is said if evidence plus Gaussian noise falls below a
criterion; criterion and noise, two numbers, are fitted to people's mean hit and false-alarm rates
by least squares, for single and whole displays apart. Panel D: items held, K, by Cowan's formula
for single probes and Pashler's for whole displays.

Outcome (paper preset). In its first lists the chain recalls even more in place than people do (.85
from position 2 on), but for another reason: its errors come from other lists with the same letters,
not from neighbours, and its curve is flat where people's falls and rises again. With forty lists
behind it it is near chance (.24, where .2 is chance), while people at their seventieth list are as
good as at their first: nothing in the model sets this list apart from the others, nothing is
forgotten. Its errors add up along the list, as those of chains do. In change detection a single
probe is either in the display's code or not, whatever the number of objects: K grows without limit
where people level off below 3. Whole displays do level off, at 5, as one changed object of six is a
small change.

Run: `cogmem run sparsey_sits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Bool, Float, Int
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import load_trials
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures import serial, working_memory
from cogmem.models.sparsey import Mac
from cogmem.participants.sparsey import SparseyChangeDetection, SparseySerialRecall
from cogmem.participants.testing import YesNo, recall_in_order, strengths
from cogmem.plots.sparsey_sits import sparsey_sits
from cogmem.tasks import ChangeDetection, SerialRecall
from cogmem.tasks.sparse_items import random_items

N_FEATURES, N_ACTIVE, N_LETTERS, LENGTH = 144, 12, 16, 6
N_COLOURS, SET_SIZES = 8, (2, 3, 4, 5, 6)
EARLY, LATE = slice(0, 5), slice(15, 20)
BLOCKS = ((0, 5), (5, 10), (10, 15), (15, 20), (20, 30), (30, 40), (40, 70))
"""Lists before, in blocks: first and one past the last."""

CRITERIA = np.linspace(0.02, 1.0, 99)
NOISES = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2])


@dataclass(frozen=True)
class Config:
    """How many people are simulated, and how much they do."""

    n_people: int = setting(24, (2, 10_000), meaning="simulated people in serial recall")
    n_lists: int = setting(30, (20, 70), meaning="lists that each of them sits")
    temperature: float = setting(0.05, (0.001, 10.0), meaning="noise of choice, SD of evidence")
    n_displays: int = setting(200, (2, 100_000), meaning="displays of each set size")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """People's and Sparsey's behaviour, by the same measures.

    Returns:
        Nodes `spc` (serial_position), `gradient` (distance), `lists` (block), `capacity`
        (set_size): `mean`, `low`, `high` by `source`. Attributes: the fitted criteria and noises.
    """
    report = session.begin(3)
    people = load_trials("farrell_lewandowsky2004")
    quiet = people.isel(trial=people["condition"].values == "quiet")
    said = {"people": (quiet["responses"].values, quiet["subject"].values)}
    report(1, "people")
    responses = recalled(config, key=jax.random.key(config.seed))
    model = responses.reshape(-1, LENGTH), np.repeat(np.arange(config.n_people), config.n_lists)
    report(1, "serial recall")
    nodes = serial_nodes(said["people"], model, config.n_lists)
    held, about = change_nodes(config)
    report(1, "change detection")
    about |= {"citation": people.attrs["citation"]}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about), **nodes, "capacity": held})


# ---- serial recall -------------------------------------------------------------------------------


def recalled(config: Config, *, key: Array) -> Int[np.ndarray, "person list output"]:
    """What simulated people say: 1-based positions in order of output."""
    sits = SparseySerialRecall(Mac(N_FEATURES, 24, 16, n_lateral=1, band=(1, N_ACTIVE)))
    one = partial(_session, sits, config.n_lists, config.temperature)
    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(key, config.n_people)))


def _session(
    sits: SparseySerialRecall, n_lists: int, temperature: float, key: Array
) -> Int[Array, "list output"]:
    """List after list, with one memory."""
    looks, begins, lists = jax.random.split(key, 3)
    letters = random_items(N_LETTERS, N_FEATURES, N_ACTIVE, key=looks)

    def one(mind: Any, key: Array) -> tuple[Any, Int[Array, " output"]]:
        chosen, recall = jax.random.split(key)
        task = SerialRecall(letters[jax.random.permutation(chosen, N_LETTERS)[:LENGTH]])
        mind = mind._replace(features=task.features)
        after = jax.lax.fori_loop(0, LENGTH, lambda item, now: sits.study(now, item), mind)
        after = sits.rest(after, 0.0)
        how = {"temperature": temperature, "key": recall}
        return after, recall_in_order(sits, task, state=after, **how)

    mind = sits.begin(SerialRecall(letters[:LENGTH]), key=begins)
    return jax.lax.scan(one, mind, jax.random.split(lists, n_lists))[1]


Said = tuple[np.ndarray, np.ndarray]
"""Responses [trial, output] and subject [trial]."""


def serial_nodes(people: Said, model: Said, n_lists: int) -> dict[str, xr.Dataset]:
    """Serial position curves, gradients and accuracy by the number of lists before."""
    number = _within_person(model[1])
    parts = {
        "people": people,
        "Sparsey, lists 1-5": _part(model, number, EARLY),
        "Sparsey, lists 16-20": _part(model, number, LATE),
    }
    spc = {name: serial.accuracy(*part) for name, part in parts.items()}
    for name in list(spc)[1:]:
        spc[name] = spc[name].where(spc[name]["serial_position"] > 1)  # the first item is given
    gradient = {name: serial.transposition_gradient(*part) for name, part in parts.items()}
    blocks = {"people": _by_block(people), "Sparsey": _by_block(model)}
    return {"spc": _summed(spc), "gradient": _summed(gradient), "lists": _summed(blocks)}


def _part(said: Said, number: np.ndarray, which: slice) -> Said:
    kept = (number >= which.start) & (number < which.stop)
    return said[0][kept], said[1][kept]


def _within_person(subject: np.ndarray) -> Int[np.ndarray, " trial"]:
    """How many lists of the same person came before each."""
    same = subject[:, None] == np.unique(subject)
    return (np.cumsum(same, axis=0) - 1)[same]


def _by_block(said: Said) -> xr.Dataset:
    """Recall in place after the first position, by blocks of lists: `value` (subject, block)."""
    responses, subject = said
    right = (responses == np.arange(1, LENGTH + 1))[:, 1:].mean(axis=1)
    number, people = _within_person(subject), np.unique(subject)
    values = np.full((len(people), len(BLOCKS)), np.nan)
    for (row, who), (column, (low, high)) in product(enumerate(people), enumerate(BLOCKS)):
        own = (subject == who) & (number >= low) & (number < high)
        values[row, column] = right[own].mean() if own.any() else np.nan
    middle = [(low + high - 1) / 2 for low, high in BLOCKS]
    coords = {"subject": people, "block": middle}
    about = {"long_name": "Recalled in place", "units": "proportion"}
    return xr.Dataset({"value": (("subject", "block"), values, about)}, coords)


def _summed(each: dict[str, xr.Dataset]) -> xr.Dataset:
    found = [measures.summary(values[["value"]]) for values in each.values()]
    return xr.concat(found, pd.Index(list(each), name="source"), combine_attrs="override")


# ---- change detection ----------------------------------------------------------------------------


class Evidence(NamedTuple):
    """Evidence for "same" [set_size, display], where it is the same and where it is not."""

    same: Float[np.ndarray, "set_size display"]
    changed: Float[np.ndarray, "set_size display"]


def change_nodes(config: Config) -> tuple[xr.Dataset, dict[str, Any]]:
    """Items held by set size, of people and of both kinds of test; what was fitted."""
    trials = load_trials("adam2015")
    columns = (trials[name].values for name in ("said_change", "change", "set_size", "subject"))
    people = working_memory.change_detection(*columns, probe="single").sel(set_size=list(SET_SIZES))
    rates = np.stack([people[name].mean("subject") for name in ("hit_rate", "false_alarm_rate")])
    held, about = {"people": people[["value"]]}, {}
    for number, (name, probe) in enumerate(
        (("single probe", "single"), ("whole display", "whole"))
    ):
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        evidence = looked(config.n_displays, probe == "single", key=key)
        rule = fitted(evidence, rates)
        hit, false = _rates(rule, evidence)
        values = working_memory.capacity(hit, false, np.array(SET_SIZES)[:, None], probe=probe)
        source = f"Sparsey, {name}"
        held[source] = _as_subjects(values)
        about[source] = f"criterion {float(rule.criterion):.2f}, noise {float(rule.noise):.2f}"
    return _summed(held), about


def _as_subjects(values: Float[np.ndarray, "set_size display"]) -> xr.Dataset:
    """Displays take the place of people: the interval is over displays."""
    coords = {"subject": np.arange(values.shape[1]), "set_size": list(SET_SIZES)}
    about = {"long_name": "Items held, K", "units": "items"}
    return xr.Dataset({"value": (("subject", "set_size"), values.T, about)}, coords)


def looked(n_displays: int, single: bool, *, key: Array) -> Evidence:
    """Evidence for "same" at displays of every set size."""
    sits = SparseyChangeDetection(Mac(max(SET_SIZES) * N_COLOURS, 24, 16))
    sizes = jnp.asarray(SET_SIZES)
    keys = jax.random.split(key, (len(SET_SIZES), n_displays))
    display = jax.vmap(partial(_display, sits, single), (None, 0))
    both = np.asarray(jax.jit(jax.vmap(display))(sizes, keys))
    return Evidence(both[..., 0], both[..., 1])


def _display(
    sits: SparseyChangeDetection, single: bool, size: Int[Array, ""], key: Array
) -> Float[Array, " 2"]:
    """Evidence at one display and two tests: the same, and one object in another colour."""
    colours, step, mind = jax.random.split(key, 3)
    before = jax.random.randint(colours, (max(SET_SIZES),), 0, N_COLOURS)
    other = (before[0] + jax.random.randint(step, (), 1, N_COLOURS)) % N_COLOURS
    objects, changed = _objects(before, size), _objects(before.at[0].set(other), size)
    shown = slice(0, 1) if single else slice(None)
    tests = jnp.stack([objects[shown].any(axis=0), changed[shown].any(axis=0)])
    return strengths(sits, ChangeDetection(objects, tests), key=mind)


def _objects(colours: Int[Array, " object"], size: Int[Array, ""]) -> Bool[Array, "object feature"]:
    """One feature for each object's place and colour; objects beyond the set size are blank."""
    feature = jnp.arange(len(colours)) * N_COLOURS + colours
    there = jnp.arange(len(colours)) < size
    return jax.nn.one_hot(feature, len(colours) * N_COLOURS, dtype=bool) & there[:, None]


def fitted(evidence: Evidence, rates: Float[np.ndarray, "2 set_size"]) -> YesNo:
    """Criterion and noise that come nearest to people's hit and false-alarm rates."""

    @jax.jit
    @jax.vmap
    def error(criterion: Array, noise: Array) -> Array:
        rule = YesNo(criterion=criterion, noise=noise)
        hit, false = (1 - rule(jnp.asarray(each)).mean(axis=1) for each in evidence[::-1])
        return ((jnp.stack([hit, false]) - rates) ** 2).sum()

    criteria, noises = (grid.ravel() for grid in np.meshgrid(CRITERIA, NOISES))
    best = int(error(criteria, noises).argmin())
    return YesNo(criterion=float(criteria[best]), noise=float(noises[best]))


def _rates(rule: YesNo, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """P("change") where there is one, and where there is none, [set_size, display]."""
    return 1 - np.asarray(rule(evidence.changed)), 1 - np.asarray(rule(evidence.same))


# ---- what is shown -------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: panel, source, where, mean, low, high, n."""
    tables = []
    for panel, node in tree.children.items():
        dataset = node.to_dataset()
        (dim,) = set(dataset["mean"].dims) - {"source"}
        table = dataset.to_dataframe().reset_index()
        tables.append(table.rename(columns={dim: "at"}).assign(panel=panel))
    columns = ["panel", "source", "at", "mean", "low", "high", "n"]
    return pd.concat(tables)[columns].dropna(subset="mean").reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """Serial recall and change detection, people and model on the same axes."""
    return sparsey_sits(tree)


EXPERIMENT = Experiment(
    name="sparsey_sits",
    title="Sparsey sits serial recall and change detection",
    presets={"quick": Config(), "paper": Config(n_people=200, n_lists=70, n_displays=2000)},
    run=run,
    plot=plot,
    numbers=numbers,
    models=("sparsey",),
    people=("farrell_lewandowsky2004", "adam2015"),
    sources=("Rinkus (2014)", "Farrell & Lewandowsky (2004)", "Adam et al. (2015)"),
    answers=(
        "People in serial recall (Farrell & Lewandowsky, 2004, quiet condition) and change "
        "detection (Adam et al., 2015), beside a macrocolumn of Sparsey (Rinkus, 2014). No "
        "published figure of the model is answered."
    ),
    agrees=(
        "In its first five lists the chain recalls as much in place as people do, and more (.85 "
        "from position 2 on; people .65 in theirs). Of whole displays K levels off, as people's "
        "does, though at 5."
    ),
    disagrees=(
        "Its curve is flat where people's falls and rises again, and its errors come from other "
        "lists, not from neighbours. After forty lists it is near chance (.24; .2 is chance), "
        "people are as good as ever. With single probes K grows without limit (4.2 of six), "
        "people's levels off below 3."
    ),
    cost={"quick": "half a minute on 2 cores", "paper": "two minutes on 2 cores"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
