"""What a gated network learns of ten working-memory tasks, and what it does not.

Method. A network of 96 gated recurrent units learns several tasks of WorM together (Sikarwar &
Zhang, 2023): 64 trials of each in a step of Adam (rate .002, .003 in `paper`; gradients no longer
than 1), losses summed over tasks, that of spatial free recall ten times, as it is a mean over 100
cells. It sees symbols, not pictures: of each frame which board there is and which of its cells are
on, mapped to 128 numbers by a matrix of each task and relu. Trials of learning and of tests come
from different streams. The paper's networks see pictures and have a million steps; `quick` has 800
and the three tasks of which minutes show something: task switching, updating, free recall. `paper`
has all fourteen identities and a curriculum, from trials of one item to all levels; a task goes on
when .85 of answers to other trials are right.

Bases are what can be answered without memory: .75 of switching frames if the rule is not known (.5
where it matters), the most frequent cell in updating (.22), and the share of a list in all 100
cells in free recall; who remembers only where the thirty squares were has L/30 there. A curve is no
effect where a network is not above its base.

People do other tasks than these: letters and digits that are updated at will (Oberauer & Kliegl,
2006), words recalled in any order (Grenfell-Essam & Ward, 2012), displays of colours (Adam et al.,
2015). Forms can be compared, not levels.

Outcome (quick preset, two networks; the other tasks are not taught in it, and `paper` was not run).
Switching is perfect, also in the first frame after a cue and where the rule matters. One box is
updated without error, two at .56 (.52 to .60), three at .36, and from six on nothing but the most
frequent cell is known (.24 to .27); people hold four digits at .92. Of a single square .60 are
named (.44 to .76), of eight .28: the last of them at .67 (.66 to .69), the one before at .29, all
others at .19 to .23, which is less than knowing where squares were (8/30). So there is recency of
one item and no primacy, as late frames are learnt first; people's curve is bowed.

Run: `cogmem run worm_course`. A course that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.data import load, load_trials
from cogmem.data.recalls import Recalls
from cogmem.lab.artefacts import datasets, tree_numbers
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.measures.beside_people import PEOPLE, beside, joined
from cogmem.measures.working_memory import averages, by_condition
from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_course import Course, examined, follow, free_recalled, network_of
from cogmem.plots.worm_course import worm_course
from cogmem.tasks.worm import TASKS

FEW = ("SFR", "SMU", "STS")
LIST = 8
"""Squares of the lists whose serial positions are shown, as many as people's words."""

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15)
"""Of people's lists."""

NETWORK = "GRU, 96 units"
_BASES = {
    "tasks": lambda each: xr.DataArray([BASES[k] for k in each["task"].values], dims="task"),
    "switching": lambda each: each["congruent"].astype(float) * 0.5 + 0.5,
    "updating": lambda each: xr.full_like(each["set_size"], 0.22, float),
    "length": lambda each: each["list_length"] / 100,
    "positions": lambda each: xr.full_like(each["serial_position"], LIST / 100, float),
}
BASES = {
    **dict.fromkeys(TASKS, 0.5),
    "SFR": 0.076,
    "SMU": 0.22,
    "STS": 0.75,
    "VSR": 0.24,
    "CS": 0.125,
}
"""Shares that are right without memory; of free recall and serial recall means over lengths."""


@dataclass(frozen=True)
class Config:
    """What is taught, for how long, to how many networks."""

    all_tasks: bool = setting(False, meaning="all fourteen identities, with a curriculum")
    width: int = setting(96, (1, 4096), meaning="units")
    n_steps: int = setting(800, (1, 10_000_000), meaning="steps of learning")
    batch: int = setting(64, (1, 4096), meaning="trials of each task in a step")
    rate: float = setting(2e-3, (0.0, 1.0), meaning="of Adam")
    n_subjects: int = setting(2, (2, 1000), meaning="networks")
    n_trials: int = setting(960, (12, 1_000_000), meaning="trials of each task at test")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


def run(config: Config, session: Session) -> xr.DataTree:
    """Teach what is not taught yet, and test.

    Returns:
        Nodes `tasks` (task), `switching` (kind, since_cue), `updating` (source, set_size),
        `length` (source, list_length), `positions` (source, serial_position): each with `mean`,
        `low`, `high` over networks or people; of networks also `base`.
    """
    names = tuple(TASKS) if config.all_tasks else tuple(k for k in TASKS if k in FEW)
    report = session.begin(config.n_subjects * config.n_steps)
    store = session.store("worm_course", config)
    tables, lists = [], []
    with store.writing():
        for place in range(config.n_subjects):
            course = _course(config, names, config.seed + place)
            done = follow(course, store.path / f"progress-{place}", report=report)
            table = examined(course, done.best, config.n_trials)
            tables.append(table.assign(subject=place))
            lists.append(free_recalled(course, done.best, LIST, config.n_trials))
    return xr.DataTree.from_dict(nodes(pd.concat(tables), np.stack(lists)))


def _course(config: Config, names: tuple[str, ...], seed: int) -> Course:
    network = network_of(RecurrentCore(config.width), names, "symbolic", 128 + len(names))
    how = {"batch": config.batch, "n_steps": config.n_steps, "rate": config.rate}
    return Course(network, curriculum=config.all_tasks, seed=seed, **how)  # type: ignore[arg-type]


def nodes(table: pd.DataFrame, lists: np.ndarray) -> dict[str, xr.Dataset]:
    """All curves; see `run`."""
    network = {
        "tasks": _by(table, None, "task"),
        "switching": _by(table, "STS", "congruent", "since_cue"),
        "updating": _by(table, "SMU", "set_size"),
        "length": _by(table, "SFR", "list_length"),
        "positions": _positions(lists),
    }
    table = load_trials("oberauer_kliegl2006")
    kept = (table["group"] == "young") & (table["presentation"] >= 6)
    at_will = by_condition(table.isel(trial=np.flatnonzero(kept)), "correct", "set_size")
    words = load("grenfell_essam_ward2012")
    spc = measures.spc(words.select(list_length=LIST))
    people = {"updating": at_will, "positions": spc, "length": _shares(words)}
    found = {name: measures.summary(network[name]) for name in ("tasks", "switching")}
    for name, own in people.items():
        found[name] = beside({PEOPLE: own, NETWORK: network[name]})
    for name, base in _BASES.items():
        found[name]["base"] = base(found[name])
    return found


def _by(table: pd.DataFrame, task: str | None, *conditions: str) -> xr.Dataset:
    own = table if task is None else table[table["task"] == task]
    labels = {name: own[name].to_numpy() for name in conditions}
    return averages(own["right"], own["subject"], labels, units="proportion")


def _positions(lists: np.ndarray) -> xr.Dataset:
    position = {"serial_position": np.arange(1, lists.shape[2] + 1)}
    value = lists.mean(axis=1)
    subjects = {"subject": np.arange(len(lists))}
    about = {"long_name": "Probability of recall", "units": "probability"}
    return xr.Dataset({"value": (("subject", *position), value, about)}, subjects | position)


def _shares(words: Recalls) -> xr.Dataset:
    """Of words recalled, by list length."""
    shares = {n: measures.correct(words.select(list_length=n))["value"] / n for n in LENGTHS}
    return joined(shares, "list_length", "Proportion recalled")


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number, with the node that it is of."""
    return tree_numbers(tree)


def plot(tree: xr.DataTree) -> Figure:
    """Four panels and the tasks."""
    return worm_course(datasets(tree))


EXPERIMENT = Experiment(
    name="worm_course",
    title="Ten working-memory tasks at once: what a gated network learns",
    presets={
        "quick": Config(),
        "paper": Config(all_tasks=True, n_steps=9_000, rate=3e-3, n_subjects=3),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    people=("oberauer_kliegl2006", "grenfell_essam_ward2012"),
    models=("networks",),
    sources=(
        "Sikarwar & Zhang (2023)",
        "Oberauer & Kliegl (2006)",
        "Grenfell-Essam & Ward (2012)",
    ),
    cost={"quick": "a minute or two on 2 cores", "paper": "90 minutes of a core each; not run"},
    tolerance=0.02,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
