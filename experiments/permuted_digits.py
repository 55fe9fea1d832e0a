"""Does a spiking network that learns ten tasks one after another keep the first of them?

Method, after Xiao et al. (2024). The tasks are MNIST, its pixels in another order in each (the
permutations of the official code; the first task is permuted too). A network of 784-800-800-10
leaky integrate-and-fire neurons, without biases, one read-out for all tasks, is shown the
normalised image as a constant current for 20 steps and trained by differentiation on spike
representation, by plain gradient descent (rate .1, batches of 64). Every training image is seen
once. With HLOP a lateral circuit at the input of each layer learns what a task brings (80, 200 and
100 rows in the first task, ever fewer later; rates .001, .01, .01), and later tasks learn from what
is left of the traces. Plain is the same network without circuits, from the same weights, with the
same batches. After each task all tasks so far are tested: R[t, j], on the test images, no circuit
taking part.

The small preset has 200 neurons in each hidden layer, 5 tasks, the first 12,800 training and 4,000
test images and fewer rows. There it is also done with circuits that are broken on purpose (no rows;
rows that do not learn; the new rows project instead of the old; rows that are never frozen).

Panels. A, B: R. C: R[t, 1], with an exponential and a power law of the number of tasks learnt
since, fitted by binomial likelihood to all networks together. D, E: ACC, the mean of the last row
of R, and BWT, the mean of R[T, j] - R[j, j], beside what others got. F: R[t, t], how well each task
was learnt. The laws are those of human retention, but what counts here is what was learnt in
between: nothing decays, and a delay without learning would leave the network as it was.

Outcome, full size (one network). HLOP: ACC 95.3 %, BWT -1.3 points; the first task falls from 96.4
to 94.4 %. Plain: 68.1 %, -31.7; 96.4 to 25.6 %. The paper's table, quoted from memory and not
checked, has 95.2, -1.3 and 70.6, -28.9 (and 96.7 for all tasks at once). HLOP pays little for it:
R[t, t] is 96.5 % on average, against 96.6 %.

Outcome, small preset (three networks, range). HLOP: ACC 88.0 to 88.6 %, BWT -1.6 to -1.1; plain:
82.4 to 84.5 %, -9.7 to -7.5; the official code had 88.1, -1.5 and 83.4, -7.8 in one network.
R[1, 1] is the same to the bit. Broken circuits (three networks, means): without rows R is that of
plain, to the bit. Rows that do not learn: ACC 82.9, BWT -8.5. New rows project: 68.4, -24.3, and
the first task is learnt worse (80 %). Rows never frozen: 83.5, -5.3; this is the one that comes
nearest, and it also learns ever less of each new task (86 % of the last).

The first task's loss in a plain network has the form of neither law: it is small at first and then
grows with every task, while people lose most at first. Left-out points of R[t, 1] at full size are
missed by 12 (exponential) and 19 points (power) without HLOP; with it the loss is so slow (exponent
.002 per task) that both do (.2 and .5 points).

The same seed gives the same bits with the same number of threads. With another number sums are
rounded otherwise, and networks part by it: HLOP's ACC and BWT moved by less than .1 point between
one and two threads, plain's by up to 2.2. The numbers above are of one thread.

Run: `cogmem run permuted_digits`, `--preset paper` for full size, or with `--set source=generated`
where MNIST is not at hand. A run that was stopped goes on after the last task that was finished;
`--set n_seeds=5` adds networks to those that there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from cogmem.errors import InvalidValue
from cogmem.lab.artefacts import panel_rows
from cogmem.lab.experiment import Experiment, Session
from cogmem.lab.settings import setting
from cogmem.lab.store import Column, Store, Table
from cogmem.measures import continual, retention
from cogmem.models.continual_learner import ContinualLearner, Examples, Knowledge, learn_stream
from cogmem.models.hlop import LateralCircuit
from cogmem.models.hlop_controls import CONTROLS
from cogmem.models.retention import LAWS
from cogmem.models.spiking_training import DSR
from cogmem.participants.class_streams import digit_stream, examples
from cogmem.participants.reporting import Report
from cogmem.plots.permuted_digits import permuted_digits

N_CLASSES = 10
RATES = (0.001, 0.01, 0.01)
"""Learning rate of the lateral weights of each layer's input."""

SMALL_ROWS = ((80, 60, 60), *[(70, 20, 20)] * 2, *[(65, 15, 15)] * 2)
FULL_ROWS = ((80, 200, 100), *[(70,) * 3] * 2, *[(50,) * 3] * 3, *[(30,) * 3] * 3, (10,) * 3)
"""Subspace neurons that each task adds to the input of each layer, as in the official code."""

FITTED_LAWS = ("exponential", "power")


@dataclass(frozen=True)
class Config:
    """Sizes of the network, the stream and the sets.

    Attributes:
        rows: [task][layer] subspace neurons that each task adds to the input of each layer.
    """

    source: Literal["mnist", "generated"] = setting("mnist", meaning="which images")
    n_tasks: int = setting(5, (2, 1000), meaning="tasks of the stream, at most as many as rows")
    rows: tuple[tuple[int, ...], ...] = SMALL_ROWS
    n_hidden: int = setting(200, (1, 100_000), meaning="neurons of each of the two hidden layers")
    n_train: int = setting(12_800, (10, 60_000), meaning="training images, the first so many")
    n_test: int = setting(4000, (1, 10_000), meaning="test images, the first so many")
    n_features: int = setting(784, (10, 100_000), meaning="pixels of a generated image")
    batch_size: int = setting(64, (1, 10_000), meaning="images of an iteration")
    learning_rate: float = setting(0.1, (0.0, 10.0), meaning="of the weights")
    n_seeds: int = setting(3, (1, 1000), meaning="networks, each with its own weights and orders")
    n_control_seeds: int = setting(1, (0, 1000), meaning="networks of each broken circuit")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of the first network")


PRESETS = {
    "quick": Config(),
    "paper": Config(
        n_tasks=10,
        rows=FULL_ROWS,
        n_hidden=800,
        n_train=60_000,
        n_test=10_000,
        n_seeds=1,
        n_control_seeds=0,
    ),
}


class Reference(NamedTuple):
    """What others got with these settings: ACC, %, and BWT, points, by condition."""

    said: str
    values: dict[str, tuple[float, float]]


REFERENCES = {
    "quick": Reference(
        "official code, one network", {"HLOP": (88.09, -1.45), "plain": (83.42, -7.83)}
    ),
    "paper": Reference(
        "Xiao et al. (2024), quoted from memory, not checked",
        {"HLOP": (95.15, -1.30), "plain": (70.6, -28.9)},
    ),
}


# ---- the stream ----------------------------------------------------------------------------------


# ---- the networks --------------------------------------------------------------------------------


def conditions(config: Config) -> dict[str, Callable[[Any], LateralCircuit] | None]:
    """What makes the lateral circuit of a layer from its learning rate; None for a plain net."""
    controls = CONTROLS if config.n_control_seeds else {}
    return {"HLOP": LateralCircuit, "plain": None, **controls}


def learner(config: Config, name: str, n_pixels: int) -> ContinualLearner:
    """The network of a condition.

    Raises:
        InvalidValue: if rows are planned for fewer tasks than there are.
    """
    if config.n_tasks > len(config.rows):
        given = f"{config.n_tasks} tasks, and rows for {len(config.rows)}"
        raise InvalidValue(f"{given}: choose fewer tasks, or give rows for each.")
    make = conditions(config)[name]
    # Arrays, so that circuits which differ only in their rates share one compiled program.
    circuits = tuple(make(rate=jnp.asarray(rate)) if make else None for rate in RATES)
    sizes = (n_pixels, config.n_hidden, config.n_hidden, N_CLASSES)
    return ContinualLearner(sizes, config.rows, circuits, DSR(), config.learning_rate)


# ---- learning ------------------------------------------------------------------------------------


class Network(NamedTuple):
    """One network and what it learns."""

    learner: ContinualLearner
    train: list[Examples]
    test: list[Examples]
    batch_size: int
    seed: int


def run(config: Config, session: Session) -> xr.DataTree:
    """Learn the stream in every condition, and test after each task; what is stored is not redone.

    Returns:
        `learning`: `accuracy` (condition, seed, after, task), %, and what
        `measures.continual.summary` reads off it; NaN for seeds that a condition has not.
        `retention`: laws of R[t, 1]. `reference`: what others got. Attributes: `source`, `n_test`,
        `n_hidden`, and `seconds`, the median over tasks by condition.
    """
    stream = digit_stream(config)
    accuracy, seconds = learnt(config, examples(stream), session)
    took = seconds.median(["seed", "after"]).round(2)
    about = {"source": stream.name, "n_test": config.n_test, "n_hidden": config.n_hidden}
    about["seconds"] = {name: took.sel(condition=name).item() for name in conditions(config)}
    kept = [_laws(accuracy.sel(condition=name), config.n_test) for name in ("HLOP", "plain")]
    laws = xr.concat(kept, "condition").assign_coords(condition=["HLOP", "plain"])
    learning = continual.summary(accuracy).assign(accuracy=accuracy)
    nodes = {"learning": learning, "retention": laws, "reference": reference(config)}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=about), **nodes})


def learnt(
    config: Config, parts: tuple[list[Examples], list[Examples]], session: Session
) -> tuple[xr.DataArray, xr.DataArray]:
    """All networks of all conditions, going on from what the store holds.

    Returns:
        Accuracies (condition, seed, after, task), %; seconds (condition, seed, after).
    """
    counts = {name: n_networks(config, name) for name in conditions(config)}
    # A network is the same however many there are: more of them are added to the same store.
    store = session.store("permuted_digits", replace(config, n_seeds=1, n_control_seeds=0))
    report = session.begin(sum(counts.values()) * config.n_tasks)
    found = np.full((len(counts), config.n_seeds, config.n_tasks, 1 + config.n_tasks), np.nan)
    with store.writing():
        for at, (name, n) in enumerate(counts.items()):
            own = learner(config, name, len(parts[0][0].pixels))
            for number in range(n):
                network = Network(own, *parts, config.batch_size, config.seed + number)
                found[at, number] = one(network, name, store, report)
    where = {"condition": list(counts), "seed": config.seed + np.arange(config.n_seeds)}
    accuracy = continual.matrix(100 * found[..., 1:], units="%", **where)
    seconds = xr.DataArray(found[..., 0], where, ("condition", "seed", "after"))
    return accuracy, seconds


def n_networks(config: Config, name: str) -> int:
    """How many networks a condition has."""
    return min(config.n_control_seeds, config.n_seeds) if name in CONTROLS else config.n_seeds


def one(
    network: Network, name: str, store: Store, report: Report
) -> Float[np.ndarray, "after column"]:
    """Seconds of each task, then accuracies after it on all tasks, NaN for those to come."""
    n_tasks, label = len(network.test), f"{name}, seed {network.seed}"
    columns = {"accuracy": Column((n_tasks,), np.float64, ("task",)), "seconds": Column((), float)}
    table = store.table(label, columns, n_tasks, 1)
    if table.done.all():
        report(n_tasks, name)
    else:
        states = States.of(network, label, store)
        report(states.n_tasks, name)
        for after, row in _steps(network, states):
            table.write(slice(after, after + 1), row)
            report(1, name)
    values = table.read()
    return np.column_stack([values["seconds"], values["accuracy"]])


def _steps(network: Network, states: States) -> Iterator[tuple[int, dict[str, Any]]]:
    """What each task leaves in a table; its state is kept once that has been written."""
    began, key = time.perf_counter(), jax.random.key(network.seed)
    how = {"knowledge": states.last(), "batch_size": network.batch_size, "key": key}
    for after, finished in enumerate(learn_stream(*network[:3], **how), states.n_tasks):
        accuracies = np.full(len(network.test), np.nan)
        accuracies[: after + 1] = finished.accuracies
        yield after, {"accuracy": accuracies[None], "seconds": [time.perf_counter() - began]}
        states.keep(finished.knowledge)
        began = time.perf_counter()


@dataclass(frozen=True)
class States:
    """What a network knew after its last two tasks: one stays whole while the other is written.

    Attributes:
        table: two rows, a column for each array.
        like: a state of the same shapes.
    """

    table: Table
    like: Knowledge

    @classmethod
    def of(cls, network: Network, label: str, store: Store) -> States:
        """Those of a network, made or reopened."""
        like = network.learner.begin(key=jax.random.key(0))
        columns = {name: Column(x.shape[1:], x.dtype) for name, x in _columns(like).items()}
        return cls(store.table(f"{label}, state", columns, 2, 1), like)

    @property
    def n_tasks(self) -> int:
        """Tasks learnt in the later one; 0 if there is none."""
        return int(np.max(self.table.read()["n_tasks"], where=self.table.done, initial=0))

    def last(self) -> Knowledge | None:
        """The later one; None if no task was finished."""
        n_tasks, values = self.n_tasks, self.table.read()
        if n_tasks == 0:
            return None
        form, arrays = jax.tree.structure(self.like), range(len(values) - 1)
        return form.unflatten([jnp.asarray(values[f"array_{i}"][n_tasks % 2]) for i in arrays])

    def keep(self, known: Knowledge) -> None:
        """Write a state over the earlier one."""
        row = int(known.n_tasks) % 2
        self.table.reset(np.array([row]))
        self.table.write(slice(row, row + 1), _columns(known))


def _columns(known: Knowledge) -> dict[str, np.ndarray]:
    """The arrays of a state, [1, ...] each."""
    arrays = {f"array_{i}": np.asarray(leaf)[None] for i, leaf in enumerate(jax.tree.leaves(known))}
    return {"n_tasks": np.asarray(known.n_tasks)[None], **arrays}


# ---- what is read off ----------------------------------------------------------------------------


def reference(config: Config) -> xr.Dataset:
    """What others got with the settings of a preset, whatever the networks; else empty."""
    networks = {name: getattr(config, name) for name in ("n_seeds", "n_control_seeds", "seed")}
    alike = (name for name, preset in PRESETS.items() if replace(preset, **networks) == config)
    name = next(alike, None)
    if name is None:
        return xr.Dataset()
    found = REFERENCES[name]
    acc, bwt = zip(*found.values.values(), strict=True)
    variables = {"average_accuracy": acc, "backward_transfer": bwt}
    named = {which: ("condition", list(values)) for which, values in variables.items()}
    return xr.Dataset(named, {"condition": list(found.values)}, attrs={"said": found.said})


def _laws(accuracy: xr.DataArray, n_test: int) -> xr.Dataset:
    """Laws of R[t, 1] over the number of interpolated tasks, t - 1, for each seed and for all.

    The same images are tested after each task, so that their numbers are not independent: weights
    of evidence and standard errors of such a fit say too much, and are left out.
    """
    first = accuracy.sel(task=1).transpose("seed", "after").values
    right = np.round(first / 100 * n_test)
    laws = {name: LAWS[name] for name in FITTED_LAWS}
    interpolated = np.arange(first.shape[1])
    people = accuracy["seed"].values
    fitted = retention.fit(
        interpolated, right, np.full_like(right, n_test), laws=laws, people=people
    )
    kept = fitted[["estimate", "probability", "held_out_rmse", "at_bound"]]
    return kept.rename(person="network", delay="interpolated")


# ---- what is shown -------------------------------------------------------------------------------


def numbers(tree: xr.DataTree) -> pd.DataFrame:
    """Every plotted number: panel, condition, network, then after which task, and on which."""
    learning = tree["learning"].to_dataset()
    tables = [
        panel_rows(learning["accuracy"], "R", seed="network"),
        panel_rows(learning["average_accuracy"], "ACC", seed="network"),
        panel_rows(learning["backward_transfer"], "BWT", seed="network"),
    ]
    for name, law in tree["retention"].to_dataset().groupby("law"):
        own = law.sel(law=name)
        curve = 100 * own["probability"].assign_coords(interpolated=own["interpolated"] + 1)
        tables.append(panel_rows(curve, f"{name}, fitted", interpolated="after"))
        tables.append(panel_rows(100 * own["held_out_rmse"], f"{name}, error of tasks left out"))
        tables.append(panel_rows(own["estimate"].sel(parameter="b"), f"{name}, b"))
    for which, values in tree["reference"].to_dataset().items():
        tables.append(panel_rows(values, f"{which}, {tree['reference'].attrs['said']}"))
    columns = ["panel", "condition", "network", "after", "task", "value"]
    return pd.concat(tables).reindex(columns=columns).reset_index(drop=True)


def plot(tree: xr.DataTree) -> Figure:
    """R, R[t, 1] with laws, ACC, BWT and forward accuracy."""
    return permuted_digits(tree)


EXPERIMENT = Experiment(
    name="permuted_digits",
    title="A spiking network that learns permuted digits, task after task, with and without HLOP",
    presets=PRESETS,
    run=run,
    plot=plot,
    numbers=numbers,
    models=("hlop", "retention"),
    people=("mnist",),
    sources=("Xiao et al. (2024)", "Lopez-Paz & Ranzato (2017)"),
    answers=(
        "The table of Xiao et al. (2024) for ten tasks of permuted MNIST: accuracy in the end "
        "95.2 % and backward transfer -1.3 points with HLOP, 70.6 and -28.9 without; quoted from "
        "memory, unverified."
    ),
    agrees=(
        "Full size, one network: HLOP 95.3 % and -1.3 points, plain 68.1 % and -31.7. The first "
        "task falls from 96.4 to 94.4 % with HLOP and to 25.6 % without; tasks are learnt as well"
        " (96.5 and 96.6 %)."
    ),
    disagrees=(
        "It is one network, so without a spread, and plain is worse than quoted by 2 to 3 points;"
        " another number of threads moves it by up to 2.2. The first task's loss has the form of "
        "neither law of retention: it grows, where people lose most at first. Nothing decays with"
        " time; other sets of tasks are not in it."
    ),
    cost={
        "quick": "two minutes on 2 cores",
        "paper": "37 minutes on 1 core of a busy machine, a network in both conditions",
    },
    # Plain networks part between machines and numbers of threads (4 points in an entry of R).
    tolerance=5.0,
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
