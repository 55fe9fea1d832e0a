"""How a network that watches frames is taught tasks one after the other, and what it keeps.

    sequence = Sequence(network_of(SpikingCore(96), names, "symbolic", 256), levels, n_steps)
    taught = begin(sequence)
    for name in sequence.names:
        taught = teach(sequence, taught, name)
        shares = [share_right(sequence, taught.weights, each) for each in sequence.names]

Trials and losses are those of `frame_lessons`, of one task at a time; the optimiser begins anew
with each. With Hebbian orthogonal projection (Xiao et al., 2024) lateral circuits (`models.hlop`)
learn, when a task is finished, what it sends into the weights that later tasks share, and later
changes of these weights are taken off that subspace: of the core's two matrices, and of heads that
several tasks have. Maps of symbols, codes, and heads of single tasks belong to their task alone.

It is the step of Adam that is projected, since its scaling would turn a projected gradient back
into what is to be kept. Biases of the core and of shared heads learn with the first task that has
them only: their input is the same in all tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from cogmem.errors import InvalidValue
from cogmem.measures.subspaces import residual_energy
from cogmem.models.frame_network import FrameNetwork, NetworkWeights
from cogmem.models.hlop import LateralCircuit, Subspace
from cogmem.models.memory_cores import GatedWeights, RecurrentCore
from cogmem.models.parameters import check_sizes
from cogmem.models.spiking_core import SpikingCore
from cogmem.participants.frame_lessons import (
    Learning,
    Lesson,
    losses,
    optimiser,
    right,
    said_of_task,
)
from cogmem.tasks.worm import Batch, Split, make_batch
from cogmem.tasks.worm.task import Levels

__all__ = [
    "Protection",
    "Sequence",
    "Taught",
    "activity",
    "begin",
    "energy_left",
    "share_right",
    "teach",
]

APART = 10**6
"""First block of those trials from which circuits learn, and weights do not."""

Activity = dict[str, Float[np.ndarray, "row input"]]
"""What goes into weights that tasks share: "inputs", "units", and by name of a head."""


@dataclass(frozen=True)
class Protection:
    """Hebbian orthogonal projection.

    Attributes:
        inputs, units, heads: rows that each task adds to the circuit of the core's inputs, to that
            of its units, and to that of each head that it shares.
        n_batches, n_rows: from how many samples of so many moments circuits learn.
        rate, n_iterations: see `LateralCircuit`; activity is scaled to a mean energy of 1, so that
            the rate is that of the largest eigenvalue or less.
        length: of new rows. They begin short, so that those that find nothing to learn protect
            nothing, whatever random direction they have.
    """

    inputs: int = 16
    units: int = 8
    heads: int = 8
    n_batches: int = 30
    n_rows: int = 512
    rate: float = 0.3
    n_iterations: int = 50
    length: float = 0.1

    def __post_init__(self) -> None:
        check_sizes(self, "inputs", "units", "heads", "n_batches", "n_rows", "n_iterations")

    @property
    def circuit(self) -> LateralCircuit:
        """How circuits learn."""
        return LateralCircuit(rate=jnp.asarray(self.rate), n_iterations=self.n_iterations)


@dataclass(frozen=True)
class Sequence:
    """What is taught, and how.

    Attributes:
        network: its tasks are those of the sequence, in their order; it sees symbols.
        n_steps: of learning, by task, or the same for all.
        levels: of trials, by task; all levels where none are given.
        batch: trials of a step.
        rate: of Adam; in the last third of a task it falls to a tenth.
        clip: longest gradient.
        protection: None for a network that learns as if there were no other tasks.
        seed: of first weights and trials.
    """

    network: FrameNetwork
    n_steps: int | Mapping[str, int]
    levels: Mapping[str, Levels] = field(default_factory=dict)
    batch: int = 64
    rate: float = 4e-3
    clip: float = 1.0
    protection: Protection | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_sizes(self, "batch")
        if any(self.steps_of(name) < 1 for name in self.names):
            raise InvalidValue(f"n_steps is {self.n_steps}, expected 1 or more for each task.")
        core = self.network.core
        if self.protection and not isinstance(core, RecurrentCore | SpikingCore):
            raise InvalidValue(
                f"a {type(core).__name__} cannot be protected; give a RecurrentCore or a "
                "SpikingCore, or no protection."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of tasks, in the order in which they are to be taught."""
        return tuple(name for name, _, _ in self.network.tasks)

    @property
    def heads(self) -> dict[str, str]:
        """The head of each task."""
        return {name: head for name, head, _ in self.network.tasks}

    def steps_of(self, name: str) -> int:
        """How long a task is taught."""
        return self.n_steps if isinstance(self.n_steps, int) else self.n_steps.get(name, 0)

    def rate_at(self, name: str, step: int) -> float:
        """Of Adam."""
        n = self.steps_of(name)
        return self.rate * (0.1 + 0.9 * min(1.0, (n - step) / (n / 3)))

    def shared(self) -> tuple[str, ...]:
        """Heads that several tasks have."""
        heads = list(self.heads.values())
        return tuple(head for head in dict.fromkeys(heads) if heads.count(head) > 1)


class Taught(NamedTuple):
    """A network between two tasks.

    Attributes:
        weights: of the network.
        circuits: of what goes into shared weights, see `Activity`; none without protection.
        finished: tasks, in their order.
    """

    weights: NetworkWeights
    circuits: dict[str, Subspace]
    finished: tuple[str, ...] = ()


# ---- learning ------------------------------------------------------------------------------------


def begin(sequence: Sequence) -> Taught:
    """Before the first task."""
    weights = sequence.network.begin(key=jax.random.key(sequence.seed))
    core = sequence.network.core
    if not isinstance(core, RecurrentCore | SpikingCore):
        return Taught(weights, {})
    most, protection = len(sequence.names), sequence.protection or Protection()
    width, rows = core.width, protection
    sizes = {"inputs": (sequence.network.n_inputs, rows.inputs), "units": (width, rows.units)}
    sizes |= dict.fromkeys(sequence.shared(), (width, rows.heads))
    empty = {k: rows.circuit.begin(n, n_old=most * m, n_new=m) for k, (n, m) in sizes.items()}
    return Taught(weights, empty)


def teach(sequence: Sequence, taught: Taught, name: str) -> Taught:
    """All steps of a task; then, with protection, the lateral learning of what it uses.

    Raises:
        InvalidValue: if the task was taught before, or is not of this sequence.
    """
    if name in taught.finished or name not in sequence.names:
        raise InvalidValue(
            f"{name} cannot be taught after {', '.join(taught.finished) or 'nothing'}; choose "
            f"another one of {', '.join(sequence.names)}."
        )
    own = _own(sequence, taught.weights, name)
    learning = Learning(own, optimiser(sequence.rate, sequence.clip).init(own))
    old, free = _old(taught, own), _free(sequence, taught, name)
    longest = _longest(sequence, name)
    for block in range(sequence.steps_of(name)):
        learning, _ = _step(
            sequence.network,
            learning,
            {name: _lesson(_trials(sequence, name, block), longest)},
            old,
            free,
            rate=jnp.asarray(sequence.rate_at(name, block)),
            clip=sequence.clip,
        )
    weights = _joined(taught.weights, learning.weights)
    taught = Taught(weights, taught.circuits, (*taught.finished, name))
    return _protect(sequence, taught, name) if sequence.protection else taught


def _own(sequence: Sequence, weights: NetworkWeights, name: str) -> NetworkWeights:
    """Without maps and heads of other tasks, which do not learn."""
    head = sequence.heads[name]
    heads = {head: weights.heads[head]}
    return weights._replace(encoder={name: weights.encoder[name]}, heads=heads)


def _joined(weights: NetworkWeights, own: NetworkWeights) -> NetworkWeights:
    return own._replace(
        encoder=weights.encoder | own.encoder, heads=dict(weights.heads) | own.heads
    )


def _old(taught: Taught, own: NetworkWeights) -> dict[str, Float[Array, "row input"]]:
    """Rows of finished tasks that are in force."""
    used = {"inputs", "units", *own.heads}
    return {key: each.old for key, each in taught.circuits.items() if key in used}


def _free(sequence: Sequence, taught: Taught, name: str) -> dict[str, Array]:
    """1 for biases that may learn: always without protection, else once."""
    heads = {sequence.heads[each] for each in taught.finished}
    fresh = {"core": not taught.finished} | {head: head not in heads for head in sequence.shared()}
    return {k: jnp.asarray(float(new or not sequence.protection)) for k, new in fresh.items()}


@eqx.filter_jit
def _step(
    network: FrameNetwork,
    learning: Learning,
    lessons: dict[str, Lesson],
    old: dict[str, Float[Array, "row input"]],
    free: dict[str, Float[Array, ""]],
    *,
    rate: Float[Array, ""],
    clip: float,
) -> tuple[Learning, Float[Array, ""]]:
    def total(weights: NetworkWeights) -> Array:
        return sum(losses(network, weights, lessons).values())  # type: ignore[return-value]

    loss, slope = jax.value_and_grad(total)(learning.weights)
    change, moments = optimiser(rate, clip).update(slope, learning.moments)
    change = _projected(change, old, free) if old else change
    return Learning(optax.apply_updates(learning.weights, change), moments), loss


def _projected(
    change: NetworkWeights, old: dict[str, Array], free: dict[str, Array]
) -> NetworkWeights:
    """Without what would change answers to activity within old rows."""

    def taken_off(matrix: Array, rows: Array) -> Array:
        return matrix - (matrix @ rows.T) @ rows

    core = change.core._replace(
        from_input=taken_off(change.core.from_input, old["inputs"]),
        from_units=taken_off(change.core.from_units, old["units"]),
    )
    if isinstance(core, GatedWeights):
        biases = {k: free["core"] * getattr(core, k) for k in ("bias_input", "bias_units")}
        core = core._replace(**biases)
    heads = dict(change.heads)
    for name in set(heads) & set(old):
        weight, bias = taken_off(heads[name].weight, old[name]), free[name] * heads[name].bias
        heads[name] = heads[name]._replace(weight=weight, bias=bias)
    return change._replace(core=core, heads=heads)


# ---- lateral circuits ----------------------------------------------------------------------------


def _protect(sequence: Sequence, taught: Taught, name: str) -> Taught:
    """What a task uses becomes old."""
    protection, circuits = sequence.protection or Protection(), dict(taught.circuits)
    circuit, key = protection.circuit, jax.random.key(sequence.seed)
    key = jax.random.fold_in(key, len(taught.finished))
    used = [each for each in circuits if each in ("inputs", "units", sequence.heads[name])]
    for place, each in enumerate(used):
        own = circuit.add_rows(
            circuits[each], len(circuits[each].new), key=jax.random.fold_in(key, place)
        )
        circuits[each] = own._replace(new=protection.length * own.new)
    for block in range(protection.n_batches):
        seen = activity(sequence, taught.weights, name, APART + block)
        rng = np.random.default_rng([sequence.seed, len(taught.finished), block])
        for each in used:
            rows = seen[each][rng.integers(len(seen[each]), size=protection.n_rows)]
            circuits[each] = _lateral(circuit, circuits[each], jnp.asarray(rows))
    circuits |= {each: circuit.freeze(circuits[each]) for each in used}
    return taught._replace(circuits=circuits)


@eqx.filter_jit
def _lateral(
    circuit: LateralCircuit, subspace: Subspace, rows: Float[Array, "row input"]
) -> Subspace:
    """From what old rows leave, scaled to a mean energy of 1."""
    left = circuit.perpendicular(subspace, rows)
    size = jnp.sqrt(jnp.sum(left**2) / len(left))
    return circuit.learn(subspace, left / jnp.maximum(size, 1e-6))


def activity(
    sequence: Sequence, weights: NetworkWeights, name: str, block: int, split: Split = "train"
) -> Activity:
    """What goes into shared weights in trials of a task: inputs, traces of units, hidden units.

    Rows are moments: frames, or steps of spiking neurons, and for a shared head the frames at
    which something is asked.
    """
    batch, longest = _trials(sequence, name, block, split), _longest(sequence, name)
    inputs, units, outputs = _watched(
        sequence.network, weights, name, jnp.asarray(batch.frames[:, :longest])
    )
    found = {"inputs": inputs, "units": units}
    seen = {key: np.asarray(each).reshape(-1, each.shape[-1]) for key, each in found.items()}
    head = sequence.heads[name]
    if head in sequence.shared():
        seen[head] = np.asarray(outputs)[batch.labels[:, :longest] != -1]
    return seen


@eqx.filter_jit
def _watched(
    network: FrameNetwork, weights: NetworkWeights, name: str, frames: Array
) -> tuple[Array, Array, Array]:
    inputs = jax.vmap(lambda each: network.inputs(weights, name, each))(frames)
    core: Any = network.core
    if isinstance(core, SpikingCore):
        traces = jax.vmap(lambda xs: core.traces(weights.core, xs))(inputs)
        steps = traces.reshape(len(traces), -1, traces.shape[-1])
        return inputs, steps[:, :-1], traces[:, :, -1]
    outputs = jax.vmap(lambda xs: core.run(weights.core, xs))(inputs)
    return inputs, outputs[:, :-1], outputs


def energy_left(sequence: Sequence, taught: Taught, name: str) -> dict[str, float]:
    """Share of the energy of a task's activity that is outside the rows of finished tasks.

    Nothing is told of what is silent.
    """
    seen = activity(sequence, taught.weights, name, 0, "validation")
    return {
        each: float(residual_energy(rows, taught.circuits[each].old))
        for each, rows in seen.items()
        if each in taught.circuits and rows.any()
    }


# ---- trials --------------------------------------------------------------------------------------


def share_right(
    sequence: Sequence, weights: NetworkWeights, name: str, n_trials: int = 256
) -> float:
    """Share of right answers where they count, to trials of the test split."""
    batch, longest = _trials(sequence, name, 0, "test", n_trials), _longest(sequence, name)
    lesson = _lesson(batch, longest)
    answers = said_of_task(sequence.network, weights, name, lesson.frames)
    return float(np.asarray(right(answers, lesson))[batch.scored[:, :longest]].mean())


def _trials(
    sequence: Sequence, name: str, block: int, split: Split = "train", n_trials: int | None = None
) -> Batch:
    how: Any = {"seed": sequence.seed, "levels": sequence.levels.get(name), "look": "symbolic"}
    return make_batch(name, n_trials or sequence.batch, block=block, split=split, **how)


def _longest(sequence: Sequence, name: str) -> int:
    """Frames of the longest trial of a task; those after it are not shown."""
    return int(_trials(sequence, name, 0, "validation", 512).length.max())


def _lesson(batch: Batch, longest: int) -> Lesson:
    targets = None if batch.targets is None else jnp.asarray(batch.targets[:, :longest])
    frames, labels = batch.frames[:, :longest], batch.labels[:, :longest]
    return Lesson(jnp.asarray(frames), jnp.asarray(labels), targets)
