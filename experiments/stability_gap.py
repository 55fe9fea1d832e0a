"""What happens to old tasks in the very first iterations of a new one?

Method. The network, the tasks and the training are those of the small preset of `permuted_digits`
(784-200-200-10 spiking neurons, DSR, 200 iterations of 64 images in each task), here three tasks.
De Lange, van de Ven and Tuytelaars (2023) found that networks lose old tasks at once when a new one
begins, and regain much of them while it is learnt: a gap that tests at the ends of tasks do not
see. So all tasks that have begun are tested on the way, always on the same 2,000 images: before
iterations 0, 1, 2, 5, 10, 20 and 40 of each task, and every 40.

Conditions: HLOP (Xiao et al., 2024) and a plain network at the usual learning rate, .1, and at .3;
and HLOP with a quarter of the lateral neurons.

Measures, of A_j(n), the accuracy on task j after n iterations in all. min-ACC: mean over old tasks
of the least A_j since task j was learnt. WC-ACC = A_k / k + (1 - 1 / k) min-ACC. WF and WP: largest
drop and rise of a task within w evaluations, mean over tasks; here evaluations are rare but at the
beginning of a task, so that windows are long in iterations. A minimum over many tests is below
their mean by chance alone: the standard error of one test is .7 points.

Panels. A: task 1. B, C: change of all old tasks since a new one began, C from close by. D: old
tasks at their worst and in the end, below their accuracy when learnt. E: WF and WP.

Outcome (three networks, range, one thread). HLOP has no gap: min-ACC is .5 to .8 points below
R[j, j], .3 to .9 at rate .3, .8 to 1.0 with a quarter of the rows, all within the 1.5 points that
were expected, and none of it comes back later (.1 to .3 points): it is slow forgetting. A plain
network at rate .1 falls by 1.7 to 4.7 points, of which .3 to 2.4 come back. At rate .3 it falls by
14 to 40 points, most of it within ten iterations, and regains 5 to 18. WC-ACC is 88.8, 90.6, 88.8
(HLOP; at .3; few rows), 87.9 and 73.1 % (plain; at .3), means. WF (w = 10) is .6 to .8 for HLOP and
12 to 33 for plain at .3. For HLOP at .3 it is 4.5 to 7.0, but there it is the course of a task's
own learning that goes up and down: counted from its end on it is .6 to .9. WP is 77 to 80 points
in all conditions.

Plain networks at rate .3 are chaotic: where sums are rounded otherwise (other threads, another
machine) the same three fell by 10 to 20 points and regained 3 to 4, and in the committed figure
they fell by 11 to 17 and regained 2 to 13. HLOP's min-ACC moved by at most .4 points (1.0 at rate
.3).

Run: `cogmem run stability_gap`, or with `--set source=generated` where MNIST is not at hand. The
paper preset (five tasks, tests every 10 iterations) has not been run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from cogmem.lab.artefacts import panel_rows
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column
from cogmem.measures import continual
from cogmem.models.continual_learner import ContinualLearner, Examples, Finished, learn_stream
from cogmem.models.hlop import LateralCircuit
from cogmem.models.spiking_training import DSR
from cogmem.participants.class_streams import digit_stream, examples
from cogmem.plots.stability_gap import stability_gap

N_CLASSES = 10
RATES = (0.001, 0.01, 0.01)
"""Learning rate of the lateral weights of each layer's input."""

ROWS = ((80, 60, 60), *[(70, 20, 20)] * 2, *[(65, 15, 15)] * 2)
SIZES = (784, 200, 200)
"""Subspace neurons that each task adds to the inputs of each layer, which are so many."""

EARLY = (0, 1, 2, 5, 10, 20, 40)
"""Iterations of a task before which old tasks are tested, whatever the grid."""

WINDOWS = (10, 100)


class Condition(NamedTuple):
    """A way to learn.

    Attributes:
        learning_rate: of the weights.
        rows: subspace neurons, as a share of `ROWS`; 0 without lateral circuits.
    """

    learning_rate: float = 0.1
    rows: float = 1.0


CONDITIONS = {
    "HLOP": Condition(),
    "HLOP, quarter rows": Condition(rows=0.25),
    "HLOP, rate .3": Condition(0.3),
    "plain": Condition(rows=0.0),
    "plain, rate .3": Condition(0.3, rows=0.0),
}


@dataclass(frozen=True)
class Config:
    """Sizes of the network and of the sets, and when to test."""

    source: Literal["mnist", "generated"] = setting("mnist", meaning="which images")
    n_tasks: int = setting(3, (2, 5), meaning="tasks of the stream")
    n_hidden: int = setting(200, (1, 100_000), meaning="neurons of each of the two hidden layers")
    n_train: int = setting(12_800, (10, 60_000), meaning="training images, the first so many")
    n_test: int = setting(2000, (1, 10_000), meaning="test images, the first so many")
    n_features: int = setting(784, (10, 100_000), meaning="pixels of a generated image")
    batch_size: int = setting(64, (1, 10_000), meaning="images of an iteration")
    every: int = setting(40, (1, 80), meaning="iterations from test to test, but for the early")
    n_seeds: int = setting(3, (1, 1000), meaning="networks in each condition")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first of them")

    @property
    def n_iterations(self) -> int:
        """Of one task."""
        return -(-self.n_train // self.batch_size)


def run(config: Config, session: Session) -> xr.Dataset:
    """Learn the stream in every condition, testing on the way; what is stored is not learnt again.

    Returns:
        Dataset with `accuracy` (condition, seed, task, iteration), %, NaN before a task begins, and
        what `gaps` reads off it. Attributes: `ends` of the tasks, `n_test`, `source`.
    """
    stream = digit_stream(config)
    parts = examples(stream)
    numbers = evaluated_at(config)
    seeds = [config.seed + number for number in range(config.n_seeds)]
    # A network is the same however many there are: more of them are added to the same store.
    store = session.store("stability_gap", replace(config, n_seeds=1))
    report, found = session.begin(len(CONDITIONS) * len(seeds)), []
    columns = {"accuracy": Column((config.n_tasks, len(numbers)), np.float64, ("task", "n"))}
    with store.writing():
        for name, condition in CONDITIONS.items():
            for seed in seeds:
                table = store.table(f"{name}, seed {seed}", columns, 1, 1)
                if not table.done.all():
                    table.write(
                        slice(0, 1), {"accuracy": course(config, condition, seed, *parts)[None]}
                    )
                found.append(table.read()["accuracy"][0])
                report(1, name)
    shape = (len(CONDITIONS), len(seeds), config.n_tasks, len(numbers))
    values = np.reshape(found, shape)
    accuracy = continual.evaluations(
        100 * values, numbers, units="%", condition=list(CONDITIONS), seed=seeds
    )
    about = {"source": stream.name, "n_test": config.n_test, "ends": ends(config).tolist()}
    return gaps(accuracy, ends(config)).assign_attrs(about)


# ---- the stream ----------------------------------------------------------------------------------


def within_task(config: Config) -> tuple[int, ...]:
    """Iterations of a task before which to test."""
    grid = range(0, config.n_iterations, config.every)
    return tuple(sorted({n for n in (*EARLY, *grid) if n < config.n_iterations}))


def ends(config: Config) -> np.ndarray:
    """[task] iterations done, of all tasks together, when each was learnt."""
    return config.n_iterations * np.arange(1, config.n_tasks + 1)


def evaluated_at(config: Config) -> np.ndarray:
    """[evaluation] iterations done before each; where a task starts, the one before ends."""
    starts = ends(config) - config.n_iterations
    return np.append((starts[:, None] + np.array(within_task(config))).ravel(), ends(config)[-1])


# ---- learning ------------------------------------------------------------------------------------


def learner(config: Config, condition: Condition, n_pixels: int) -> ContinualLearner:
    """The network of a condition."""
    sizes = (n_pixels, config.n_hidden, config.n_hidden, N_CLASSES)
    shares = [condition.rows * n / usual for n, usual in zip(sizes[:-1], SIZES, strict=True)]
    rows = tuple(tuple(round(n * s) for n, s in zip(task, shares, strict=True)) for task in ROWS)
    protected = condition.rows > 0
    circuits = tuple(LateralCircuit(rate) if protected else None for rate in RATES)
    # An array, so that networks which differ only in it share one compiled program.
    return ContinualLearner(sizes, rows, circuits, DSR(), jnp.asarray(condition.learning_rate))


def course(
    config: Config,
    condition: Condition,
    seed: int,
    train: list[Examples],
    test: list[Examples],
) -> Float[np.ndarray, "task evaluation"]:
    """Accuracy on each task at all evaluations; NaN before the task begins."""
    own = learner(config, condition, len(test[0].pixels))
    how = {"n_probe": config.n_test, "probe_at": within_task(config)}
    tasks = learn_stream(
        own, train, test, batch_size=config.batch_size, key=jax.random.key(seed), **how
    )
    found = list(_courses(tasks, len(test)))
    return np.concatenate(found, axis=1)


def _courses(tasks: Iterator[Finished], n_tasks: int) -> Iterator[np.ndarray]:
    """[task, evaluation] of each task's course, and of the end: [task, 1]."""
    for number, finished in enumerate(tasks):
        probed = np.array(finished.course.probed, float).T
        probed[number + 1 :] = np.nan  # tasks that have not begun
        yield probed[:, ~np.isnan(probed[0])]
    yield np.array(finished.accuracies)[:, None]


# ---- what is read off ----------------------------------------------------------------------------


def gaps(accuracy: xr.DataArray, ends: np.ndarray) -> xr.Dataset:
    """Measures of the stability gap, all in % or points.

    Args:
        accuracy: (condition, seed, task, iteration).
        ends: [task] iterations done when each was learnt.

    Returns:
        Over (condition, seed, after), with `after` tasks learnt: `min_accuracy` and
        `worst_case_accuracy`; `as_learnt` and `in_the_end`, means over earlier tasks of the
        accuracy when each had been learnt, and now. Over (condition, seed, window):
        `windowed_forgetting` and `windowed_plasticity`, means over tasks. `change` (condition,
        seed, since): of the accuracy on earlier tasks so many iterations after a new one began,
        mean over all such pairs.
    """
    found = {
        "accuracy": accuracy,
        "min_accuracy": continual.min_accuracy(accuracy, ends),
        "worst_case_accuracy": continual.worst_case_accuracy(accuracy, ends),
        **_at_ends(accuracy, ends),
        "change": _change(accuracy, ends),
    }
    for name in ("windowed_forgetting", "windowed_plasticity"):
        measure = getattr(continual, name)
        each = [measure(accuracy, w).mean("task", skipna=False) for w in WINDOWS]
        found[name] = xr.concat(each, xr.DataArray(list(WINDOWS), dims="window", name="window"))
    return xr.Dataset(found).transpose("condition", "seed", ...)


def _at_ends(accuracy: xr.DataArray, ends: np.ndarray) -> dict[str, xr.DataArray]:
    """Earlier tasks: when they had been learnt, and after each number of tasks."""
    n_tasks = len(ends)
    r = accuracy.sel(iteration=ends).rename(iteration="after")
    r = r.assign_coords(after=np.arange(1, n_tasks + 1))
    older = r["task"] < r["after"]
    own = continual.plasticity(r)
    return {
        "as_learnt": own.where(older).mean("task"),
        "in_the_end": r.where(older).mean("task"),
    }


def _change(accuracy: xr.DataArray, ends: np.ndarray) -> xr.DataArray:
    """Of the accuracy on earlier tasks since a new one began, over the iterations since."""
    pairs = []
    for start, end in pairwise(ends):
        since = accuracy.sel(iteration=slice(start, end), task=accuracy["task"] <= _n(ends, start))
        moved = since - since.isel(iteration=0, drop=True)
        moved = moved.assign_coords(iteration=since["iteration"] - start)
        pairs += [moved.isel(task=task, drop=True) for task in range(moved.sizes["task"])]
    return xr.concat(pairs, "pair").mean("pair").rename(iteration="since")


def _n(ends: np.ndarray, start: int) -> int:
    """Tasks learnt by then."""
    return int(np.searchsorted(ends, start)) + 1


# ---- what is shown -------------------------------------------------------------------------------


def numbers(results: xr.Dataset) -> pd.DataFrame:
    """Every plotted number, and the worst-case accuracy."""
    tables = [panel_rows(results["accuracy"], "accuracy")]
    tables.append(panel_rows(results["change"], "change since a task began", since="iteration"))
    for name in ("as_learnt", "min_accuracy", "in_the_end", "worst_case_accuracy"):
        tables.append(panel_rows(results[name], name.replace("_", " ")))
    for name in ("windowed_forgetting", "windowed_plasticity"):
        tables.append(panel_rows(results[name], name.replace("_", " ")))
    columns = ["panel", "condition", "seed", "task", "iteration", "after", "window", "value"]
    return pd.concat(tables).reindex(columns=columns).reset_index(drop=True)


def plot(results: xr.Dataset) -> Figure:
    """The course of the first task, the moments after a boundary, and the measures."""
    return stability_gap(results)


EXPERIMENT = Experiment(
    name="stability_gap",
    title="What the first iterations of a new task do to old ones, with and without HLOP",
    presets={
        "quick": Config(),
        "paper": Config(n_tasks=5, every=10, n_seeds=3),
    },
    run=run,
    plot=plot,
    numbers=numbers,
    models=("hlop",),
    people=("mnist",),
    sources=("De Lange, van de Ven & Tuytelaars (2023)", "Xiao et al. (2024)"),
    answers=(
        "De Lange, van de Ven & Tuytelaars (2023): networks lose old tasks at once when a new one "
        "begins, and regain much of them while it is learnt. Here it is asked whether Hebbian "
        "projection (Xiao et al., 2024) has such a gap."
    ),
    agrees=(
        "Quick preset: a plain network at rate .3 has the gap. It falls by 11 to 17 points, most "
        "of it within ten iterations, and regains 2 to 13; at rate .1 it falls by 1.4 to 4.2, of "
        "which .2 to 2.5 come back."
    ),
    disagrees=(
        "HLOP has no gap: at worst it is .8 points below what was learnt (1.8 at rate .3), "
        "slowly, and at most .5 come back. Plain networks at rate .3 are chaotic: where sums are "
        "rounded otherwise they fell by 10 to 40. Three permuted MNIST tasks of three networks; no "
        "published number is beside it."
    ),
    cost={"quick": "two minutes on 2 cores", "paper": "half an hour on 2 cores (not run)"},
    # Between one and two threads a test of a plain network at rate .3 moved by up to 28 points.
    tolerance=30.0,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
