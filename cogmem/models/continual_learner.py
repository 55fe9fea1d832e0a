"""A network that learns one task after the other, its old knowledge protected by lateral circuits.

Plain stochastic gradient descent, one batch per iteration: a preconditioned step, or momentum that
outlives a task, would leave the complement of what is protected. Thresholds learn in the first
task only. The whole of a task is one compiled program, which serves all tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.hlop import LateralCircuit, Subspace
from cogmem.models.parameters import check_choice, check_values, parameter
from cogmem.models.spiking_training import Method, Signals, Weights, random_head
from cogmem.models.task_boundaries import ReadOut, add_rows, answering, make_room, stored

__all__ = [
    "ContinualLearner",
    "Course",
    "Examples",
    "Finished",
    "Heads",
    "Knowledge",
    "accuracy",
    "check_room",
    "learn_stream",
    "learn_task",
]

Heads = Literal["shared", "per task"]
"""One read-out for all tasks, or one for each."""

EVALUATED_AT_ONCE = 250
"""Examples of a test that are worked on together, to bound memory."""


class Knowledge(NamedTuple):
    """The state of a learner.

    Attributes:
        weights: of the network; its read-out is that of the present task.
        subspaces: of the input of each layer; None where nothing is protected.
        n_tasks: tasks begun.
        heads: [task, class, hidden] read-outs of all tasks, if each has its own; else of length 0.
        biases: [task, class] likewise.
    """

    weights: Weights
    subspaces: tuple[Subspace | None, ...]
    n_tasks: Int[Array, ""]
    heads: Float[Array, "task class hidden"]
    biases: Float[Array, "task class"]


class Examples(NamedTuple):
    """What is learnt or tested in a task.

    Attributes:
        inputs: [item, pixel] currents, normalised.
        labels: [item] classes.
        pixels: [pixel] the order in which a task has them.
    """

    inputs: Float[Array, "item pixel"]
    labels: Int[Array, " item"]
    pixels: Int[Array, " pixel"]


class Course(NamedTuple):
    """How learning went, per iteration.

    Attributes:
        loss: mean of the batch before its update, nats.
        correct: proportion of the batch before its update.
        probed: [iteration, probe] accuracy before the update; NaN where it was not asked for.
    """

    loss: Float[Array, " iteration"]
    correct: Float[Array, " iteration"]
    probed: Float[Array, "iteration probe"]


class Finished(NamedTuple):
    """A learner at the end of a task.

    Attributes:
        knowledge: then.
        course: how learning went.
        accuracies: of every task so far, the present one last.
    """

    knowledge: Knowledge
    course: Course
    accuracies: list[float]


class ContinualLearner(eqx.Module):
    """Weights learn from modified traces; lateral circuits learn what later tasks must not touch.

    Attributes:
        sizes: units of each layer, from the input to the classes.
        rows: [task][layer] subspace neurons that each task adds to the input of each layer.
        circuits: lateral circuit of the input of each layer; None leaves it unprotected.
        method: of training.
        learning_rate: of the weights and, in the first task, of thresholds.
        heads: one read-out for all tasks, or one with a bias per task, told at test. A bias learns
            in the first task only, as in the official code.
    """

    sizes: tuple[int, ...] = eqx.field(static=True)
    rows: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    circuits: tuple[LateralCircuit | None, ...]
    method: Method
    learning_rate: float | Float[Array, ""] = parameter(
        0.1, (0, 10), meaning="learning rate of weights", source="Xiao et al. (2024), official code"
    )
    heads: Heads = eqx.field(static=True, default="shared")

    def __check_init__(self) -> None:
        check_values(self)
        check_choice("heads", self.heads, Heads)
        if not isinstance(self.method, Method):
            raise InvalidValue(
                f"method is {self.method!r}, expected a method of training, such as DSR() of "
                "cogmem.models.spiking_training."
            )
        n_layers = len(self.sizes) - 1
        if len(self.circuits) != n_layers or any(len(task) != n_layers for task in self.rows):
            raise InvalidValue(
                f"there are {len(self.circuits)} circuits and, by task, "
                f"{[len(task) for task in self.rows]} numbers of rows; expected one for each of "
                f"the {n_layers} layers."
            )
        if self.heads == "per task" and self.circuits[-1] is not None:
            raise InvalidValue("read-outs of single tasks need no lateral circuit; give None.")

    @property
    def n_tasks(self) -> int:
        """Most tasks that it has room for."""
        return len(self.rows)

    def begin(self, *, key: PRNGKeyArray) -> Knowledge:
        """Random weights, and no task begun.

        Raises:
            InvalidValue: as `LateralCircuit.begin` and `random_weights`.
        """
        weights = self.method.begin(self.sizes, key=key)
        n_heads = self.n_tasks if self.heads == "per task" else 0
        heads = jnp.zeros((n_heads, *weights.layers[-1].shape))
        subspaces = tuple(map(make_room, self.circuits, self.sizes, zip(*self.rows, strict=True)))
        return Knowledge(weights, subspaces, jnp.asarray(0), heads, jnp.zeros(heads.shape[:2]))

    def begin_task(self, knowledge: Knowledge, *, key: PRNGKeyArray) -> Knowledge:
        """What was learnt so far becomes old, and rows are added for what comes.

        Raises:
            InvalidValue: if there is no room for another task.
        """
        check_room(knowledge.n_tasks, self.n_tasks)
        return _begin_task(self, knowledge, key)

    def _with_rows(self, knowledge: Knowledge, key: PRNGKeyArray) -> Knowledge:
        counts = jnp.asarray(self.rows)[knowledge.n_tasks]
        *keys, of_head = (jax.random.fold_in(key, i) for i in range(len(self.circuits) + 1))
        each = zip(self.circuits, knowledge.subspaces, counts, keys, strict=True)
        subspaces = tuple(add_rows(*circuit, key=own) for *circuit, own in each)
        known = knowledge._replace(subspaces=subspaces, n_tasks=knowledge.n_tasks + 1)
        return self._new_head(known, of_head)

    def _new_head(self, knowledge: Knowledge, key: PRNGKeyArray) -> Knowledge:
        if self.heads == "shared":
            return knowledge
        *hidden, head = knowledge.weights.layers
        fresh = random_head(*head.shape, key=key).astype(head.dtype)
        head = jnp.where(knowledge.n_tasks == 1, head, fresh)
        weights = knowledge.weights._replace(
            layers=(*hidden, head), bias=jnp.zeros_like(knowledge.weights.bias)
        )
        return knowledge._replace(weights=weights)

    def with_head(self, knowledge: Knowledge, task: int | Int[Array, ""]) -> Weights:
        """The network as it answers in a task, from 0."""
        weights = knowledge.weights
        if self.heads == "shared":
            return weights
        own = answering(*_read_outs(knowledge), knowledge.n_tasks, task)
        return weights._replace(layers=(*weights.layers[:-1], own.head), bias=own.bias)

    def learn(
        self, knowledge: Knowledge, x: Float[Array, "item input"], labels: Int[Array, " item"]
    ) -> tuple[Knowledge, tuple[Float[Array, ""], Float[Array, ""]]]:
        """One batch: weights learn with the old rows in force, then the lateral circuits learn.

        Returns:
            What is known after it; mean loss and proportion correct before it.
        """
        quantised = any(c is not None and c.quantiser is not None for c in self.circuits)
        signals: Signals = jax.vmap(
            partial(self.method.signals, every_step=quantised), (None, 0, 0)
        )(knowledge.weights, x, labels)
        # Compiled apart from what follows, so that the same network learns its first task to the
        # same bits with and without lateral circuits.
        signals = jax.lax.optimization_barrier(signals)
        weights = self._descend(knowledge, signals)
        subspaces = tuple(map(_watch, self.circuits, knowledge.subspaces, signals.seen))
        right = jnp.argmax(signals.logits, axis=-1) == labels
        correct = right.mean(dtype=weights.bias.dtype)
        known = knowledge._replace(weights=weights, subspaces=subspaces)
        return self._store_head(known), (
            signals.loss.mean(),
            correct.mean(dtype=weights.bias.dtype),
        )

    def gradients(
        self, knowledge: Knowledge, signals: Signals
    ) -> tuple[Float[Array, "post pre"], ...]:
        """Gradients of the mean loss by the weights of each layer, projected where protected.

        Args:
            knowledge: whose old rows project.
            signals: of every example, along a first axis.
        """
        n_items = len(signals.loss)

        def layer(circuit: LateralCircuit | None, subspace: Subspace | None, *rows: Array) -> Array:
            errors, traces = (each.reshape(-1, each.shape[-1]) for each in rows)
            if circuit is None or subspace is None:
                return errors.T @ traces / n_items
            return circuit.gradient(subspace, errors, traces) / n_items

        found = map(layer, self.circuits, knowledge.subspaces, signals.errors, signals.traces)
        return tuple(found)

    def _descend(self, knowledge: Knowledge, signals: Signals) -> Weights:
        weights, rate = knowledge.weights, self.learning_rate
        found = zip(weights.layers, self.gradients(knowledge, signals), strict=True)
        layers = tuple(layer - rate * gradient for layer, gradient in found)
        early = jnp.where(knowledge.n_tasks <= 1, rate, 0)
        thresholds = weights.thresholds - early * signals.thresholds.mean(axis=0)
        by_bias = signals.errors[-1].sum(axis=1).mean(axis=0)
        bias = weights.bias - early * by_bias if self.heads == "per task" else weights.bias
        return weights._replace(layers=layers, thresholds=thresholds, bias=bias)

    def _store_head(self, knowledge: Knowledge) -> Knowledge:
        if self.heads == "shared":
            return knowledge
        kept = stored(*_read_outs(knowledge), knowledge.n_tasks)
        return knowledge._replace(heads=kept.head, biases=kept.bias)


def _read_outs(knowledge: Knowledge) -> tuple[ReadOut, ReadOut]:
    """Of the present task, and those stored."""
    weights = knowledge.weights
    return ReadOut(weights.layers[-1], weights.bias), ReadOut(knowledge.heads, knowledge.biases)


def check_room(begun: Int[Array, ""], n_tasks: int) -> None:
    """Refuse to begin a task beyond those that rows are planned for; not under `jax.jit`.

    Raises:
        InvalidValue: if there is no room for another task.
    """
    if not isinstance(begun, jax.core.Tracer) and np.any(np.asarray(begun) >= n_tasks):
        raise InvalidValue(
            f"{int(np.max(begun))} tasks were begun, and rows are planned for {n_tasks}; make the "
            "learner with more."
        )


@eqx.filter_jit
def _begin_task(learner: ContinualLearner, knowledge: Knowledge, key: PRNGKeyArray) -> Knowledge:
    """In one program instead of some sixty small ones."""
    return learner._with_rows(knowledge, key)


def _watch(
    circuit: LateralCircuit | None,
    subspace: Subspace | None,
    seen: Float[Array, "item moment row pre"],
) -> Subspace | None:
    """A lateral circuit learns from what a batch did, moment after moment."""
    if circuit is None or subspace is None:
        return subspace
    moments = jnp.moveaxis(seen, 1, 0)
    moments = moments.reshape(len(moments), -1, seen.shape[-1])
    learnt = (circuit.learn(subspace, moments[0]), None)
    if len(moments) > 1:
        learnt = jax.lax.scan(lambda s, x: (circuit.learn(s, x), None), subspace, moments)
    return learnt[0]


# ---- whole tasks ---------------------------------------------------------------------------------


def learn_stream(
    learner: ContinualLearner,
    train: Sequence[Examples],
    test: Sequence[Examples],
    *,
    knowledge: Knowledge | None = None,
    n_probe: int = 0,
    probe_at: tuple[int, ...] = (),
    batch_size: int = 64,
    n_epochs: int = 1,
    key: PRNGKeyArray,
) -> Iterator[Finished]:
    """Learn tasks one after the other, and test all tasks so far after each.

    Args:
        learner: who.
        train, test: examples of each task; arrays that tasks share are kept once.
        knowledge: where to go on, as it was after one of these tasks; None to begin.
        n_probe: test examples, from the first, that probes use.
        probe_at, batch_size, n_epochs: as in `learn_task`; probes are of all tasks of the stream.
        key: of weights, rows and orders; each task has its own, so that going on changes nothing.

    Yields:
        What is known and how well it is known, after each task.

    Raises:
        InvalidValue: as `learn_task` and `ContinualLearner.begin_task`, before anything is learnt.
    """
    if len(test) < len(train):
        raise InvalidValue(f"{len(train)} tasks have {len(test)} tests; give one for each.")
    for examples in (*train, *test):
        _check(learner, examples)
    start = jax.random.fold_in(key, len(learner.rows))
    knowledge = learner.begin(key=start) if knowledge is None else knowledge
    probes = tuple(Examples(t.inputs[:n_probe], t.labels[:n_probe], t.pixels) for t in test)
    for task in range(int(knowledge.n_tasks), len(train)):
        rows, order = jax.random.split(jax.random.fold_in(key, task))
        knowledge = learner.begin_task(knowledge, key=rows)
        knowledge, course = learn_task(
            learner,
            knowledge,
            train[task],
            batch_size=batch_size,
            n_epochs=n_epochs,
            probes=probes if n_probe else (),
            probe_at=probe_at,
            key=order,
        )
        found = [
            float(accuracy(learner, knowledge, jnp.asarray(j), test[j])) for j in range(task + 1)
        ]
        yield Finished(knowledge, course, found)


def learn_task(
    learner: ContinualLearner,
    knowledge: Knowledge,
    examples: Examples,
    *,
    batch_size: int = 64,
    n_epochs: int = 1,
    probes: tuple[Examples, ...] = (),
    probe_at: tuple[int, ...] = (),
    key: PRNGKeyArray,
) -> tuple[Knowledge, Course]:
    """Learn a task that was begun, in a random order.

    Args:
        learner: who.
        knowledge: after `begin_task`.
        examples: of the task.
        batch_size: examples of an iteration; a last, smaller batch takes what is left of an epoch.
        n_epochs: times that every example is seen.
        probes: examples of tasks 0, 1, ... to test on the way, of the same number.
        probe_at: iterations before which to test, from 0.
        key: of the order.

    Returns:
        What is known then, and how learning went.

    Raises:
        InvalidValue: if inputs, labels and the order of pixels do not go together, no task was
            begun, or there are no batches to learn.
    """
    _check(learner, examples)
    if batch_size < 1 or n_epochs < 1:
        raise InvalidValue(f"batches of {batch_size}, {n_epochs} epochs: expected 1 or more.")
    if not isinstance(knowledge.n_tasks, jax.core.Tracer) and np.any(knowledge.n_tasks < 1):
        raise InvalidValue("no task was begun; call begin_task first.")
    wanted = np.zeros(n_epochs * -(-len(examples.labels) // batch_size), bool)
    wanted[[at for at in probe_at if at < len(wanted)]] = True
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *probes) if probes else None
    courses, start = [], 0
    for epoch in range(n_epochs):
        order = jax.random.permutation(jax.random.fold_in(key, epoch), len(examples.labels))
        for batches in _batches(order, batch_size):
            asked = jnp.asarray(wanted[start : start + len(batches)])
            knowledge, course = _learn(learner, knowledge, examples, batches, stacked, asked)
            courses.append(course)
            start += len(batches)
    return knowledge, jax.tree.map(lambda *each: jnp.concatenate(each), *courses)


def _batches(order: Int[Array, " item"], size: int) -> list[Int[Array, "batch item"]]:
    """Whole batches, then one of what is left."""
    whole = len(order) // size * size
    parts = [order[:whole].reshape(-1, size), order[None, whole:]]
    return [part for part in parts if part.size]


def _check(learner: ContinualLearner, examples: Examples) -> None:
    n_inputs, n_classes = learner.sizes[0], learner.sizes[-1]
    inputs, labels, pixels = examples
    if inputs.ndim != 2 or len(pixels) != n_inputs or len(inputs) != len(labels):
        raise InvalidValue(
            f"there are inputs of shape {inputs.shape}, {len(labels)} labels and {len(pixels)} "
            f"pixels, expected [item, pixel], a label for each and {n_inputs} pixels."
        )
    if not jnp.issubdtype(inputs.dtype, jnp.floating):
        raise InvalidValue(
            f"inputs are {inputs.dtype}, expected floating-point currents; normalise them first."
        )
    if np.min(pixels) < 0 or np.max(pixels) >= inputs.shape[1]:
        raise InvalidValue(f"pixels must be 0 to {inputs.shape[1] - 1}, places of the inputs.")
    if len(labels) == 0 or np.min(labels) < 0 or np.max(labels) >= n_classes:
        raise InvalidValue(f"labels must be 0 to {n_classes - 1}, and at least one.")


@eqx.filter_jit
def _learn(
    learner: ContinualLearner,
    knowledge: Knowledge,
    examples: Examples,
    batches: Int[Array, "batch item"],
    probes: Examples | None,
    asked: Bool[Array, " batch"],
) -> tuple[Knowledge, Course]:
    n_probes = 0 if probes is None else len(probes.labels)

    def probed(known: Knowledge) -> Array:
        each = [jax.tree.map(lambda a, at=at: a[at], probes) for at in range(n_probes)]
        return jnp.stack([_accuracy(learner, known, task, p) for task, p in enumerate(each)])

    def skipped(known: Knowledge) -> Array:
        return jnp.full(n_probes, jnp.nan, known.weights.bias.dtype)

    def iteration(known: Knowledge, now: tuple[Array, Array]) -> tuple[Knowledge, Course]:
        batch, ask = now
        found = jax.lax.cond(ask, probed, skipped, known) if n_probes else skipped(known)
        x = examples.inputs[batch][:, examples.pixels]
        known, (loss, correct) = learner.learn(known, x, examples.labels[batch])
        return known, Course(loss, correct, found)

    return jax.lax.scan(iteration, knowledge, (batches, asked))


@eqx.filter_jit
def accuracy(
    learner: ContinualLearner,
    knowledge: Knowledge,
    task: int | Int[Array, ""],
    examples: Examples,
) -> Float[Array, ""]:
    """Proportion correct in a task, from 0; no lateral circuit takes part."""
    return _accuracy(learner, knowledge, task, examples)


def _accuracy(
    learner: ContinualLearner,
    knowledge: Knowledge,
    task: int | Int[Array, ""],
    examples: Examples,
) -> Float[Array, ""]:
    weights = learner.with_head(knowledge, task)

    def correct(item: Int[Array, ""]) -> Bool[Array, ""]:
        logits = learner.method.logits(weights, examples.inputs[item][examples.pixels])
        return jnp.argmax(logits) == examples.labels[item]

    items = jnp.arange(len(examples.labels))
    right = jax.lax.map(correct, items, batch_size=EVALUATED_AT_ONCE)
    return right.mean(dtype=weights.bias.dtype)
