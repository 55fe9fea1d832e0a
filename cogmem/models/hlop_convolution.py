"""Hebbian orthogonal projection in convolutional networks (Xiao et al., 2024, ICLR).

Each block has one lateral circuit, which learns from the patches of its represented input as if
they were examples. Old rows modify what kernels learn from: either their gradient is projected,
[post, patch], or every patch of every step is. With linear lateral neurons the two are the same,
and the first is far cheaper.

In the first task everything learns. From the second on only kernels and read-out do: scales, shifts
and thresholds are fixed, and batch normalisation uses its running statistics. Each task has a
read-out of its own, unprotected, and is told at test (task-incremental); its bias learns in the
first task only. Or all share one without bias, with a lateral circuit too (domain-incremental). The
weights move by gradient descent with momentum, which starts anew in each task: a sum of projected
gradients is as far from what is protected as each of them.

The verbs are those of `continual_learner`, whose `learn_stream`, `learn_task` and `accuracy` serve
this learner as they are.

Not tried: split CIFAR-100, miniImageNet and 5-Datasets at their full epochs. One batch of the
published network for the first (64-128-256 channels, 20 steps) takes about 4 s of one core, and
there are some 150,000 of them. Of the published networks there is the plain convolutional one
only, no residual one.
"""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.continual_learner import Heads, check_room
from cogmem.models.hlop import LateralCircuit, Subspace
from cogmem.models.parameters import check_choice, check_values, parameter
from cogmem.models.spiking_convolution import (
    ConvWeights,
    Normalisation,
    Protection,
    Ran,
    SpikingConvNet,
    patches,
)
from cogmem.models.task_boundaries import ReadOut, add_rows, answering, make_room, stored

__all__ = ["ConvKnowledge", "ConvolutionalLearner", "WarmUpCosine", "projected"]

_SOURCE = "Xiao et al. (2024), official code"


class WarmUpCosine(eqx.Module):
    """The learning rate of a task, epoch by epoch: a linear rise, then half a cosine.

    Attributes:
        epoch_length: iterations of an epoch.
        n_epochs: epochs of a task.
        n_warm_up: of them, those of the rise; the last of these has the full rate.
    """

    epoch_length: int = eqx.field(static=True)
    n_epochs: int = eqx.field(static=True)
    n_warm_up: int = eqx.field(static=True, default=5)

    def __check_init__(self) -> None:
        if self.epoch_length < 1 or not 1 <= self.n_warm_up <= self.n_epochs:
            raise InvalidValue(
                f"{self.n_epochs} epochs of {self.epoch_length} iterations, the rate rising in "
                f"{self.n_warm_up}: expected 1 or more of each, and no more that rise than there "
                "are."
            )

    def __call__(self, iteration: int | Int[Array, ""]) -> Float[Array, ""]:
        """Share of the full rate, from 0 to 1, in an iteration of the task, counted from 0."""
        rise = optax.linear_schedule(1 / self.n_warm_up, 1.0, self.n_warm_up - 1)
        fall = optax.cosine_decay_schedule(1.0, max(self.n_epochs - self.n_warm_up, 1))
        both = optax.join_schedules([rise, fall], [self.n_warm_up])
        return both(jnp.asarray(iteration // self.epoch_length, float))


Projected = Literal["gradients", "patches"]
"""What old rows are taken off."""


class ConvKnowledge(NamedTuple):
    """The state of a learner.

    Attributes:
        weights: of the network; its read-out is that of the present task.
        subspaces: of the input of each block and of the read-out; None where nothing is protected.
        n_tasks: tasks begun.
        heads: [task, class, feature] read-outs of all tasks, if each has its own; else of length 0.
        biases: [task, class] likewise.
        optimiser: momentum, and iterations of the present task.
    """

    weights: ConvWeights
    subspaces: tuple[Subspace | None, ...]
    n_tasks: Int[Array, ""]
    heads: Float[Array, "task class feature"]
    biases: Float[Array, "task class"]
    optimiser: optax.OptState


class ConvolutionalLearner(eqx.Module):
    """Kernels learn from modified patches; lateral circuits learn what later tasks must not touch.

    Attributes:
        network: of spiking neurons.
        rows: [task][layer] subspace neurons that each task adds to the input of each block and of
            the read-out.
        circuits: lateral circuits of these inputs; None leaves one unprotected.
        learning_rate: of everything that learns.
        momentum: share of the past in a change, of which it is not the mean but the sum.
        schedule: of the learning rate in a task; constant if None.
        heads: one read-out per task, told at test, or a shared one.
        projected: what old rows are taken off; "patches" is what the circuit does, "gradients" the
            same for linear lateral neurons, and cheaper. A read-out's gradient is always projected.
    """

    network: SpikingConvNet
    rows: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    circuits: tuple[LateralCircuit | None, ...]
    learning_rate: float | Float[Array, ""] = parameter(
        0.01, (0, 10), meaning="learning rate of weights", source=_SOURCE
    )
    momentum: float | Float[Array, ""] = parameter(
        0.9, (0, 1), meaning="share of the past in the change of weights", source=_SOURCE
    )
    schedule: WarmUpCosine | None = None
    heads: Heads = eqx.field(static=True, default="per task")
    projected: Projected = eqx.field(static=True, default="gradients")

    def __check_init__(self) -> None:
        check_values(self)
        check_choice("heads", self.heads, Heads)
        check_choice("projected", self.projected, Projected)
        n_layers = len(self.network.n_traced)
        if len(self.circuits) != n_layers or any(len(task) != n_layers for task in self.rows):
            raise InvalidValue(
                f"there are {len(self.circuits)} circuits and, by task, "
                f"{[len(task) for task in self.rows]} numbers of rows; expected one for each of "
                f"the {n_layers - 1} blocks, and one for the read-out."
            )
        if self.heads == "per task" and self.circuits[-1] is not None:
            raise InvalidValue("read-outs of single tasks need no lateral circuit; give None.")
        spiking = [c is not None and c.quantiser is not None for c in self.circuits]
        if spiking[-1] or (any(spiking) and self.projected == "gradients"):
            raise InvalidValue(
                "lateral neurons that spike cannot project gradients, which are smaller than one "
                "of their levels: use projected='patches', and linear ones for the read-out."
            )

    @property
    def n_tasks(self) -> int:
        """Most tasks that it has room for."""
        return len(self.rows)

    @property
    def sizes(self) -> tuple[int, int]:
        """Pixels and classes."""
        return self.network.n_inputs, self.network.n_classes

    @property
    def method(self) -> SpikingConvNet:
        """What `continual_learner.accuracy` asks for answers."""
        return self.network

    # ---- tasks -----------------------------------------------------------------------------------

    def begin(self, *, key: PRNGKeyArray) -> ConvKnowledge:
        """Random weights, and no task begun.

        Raises:
            InvalidValue: as `LateralCircuit.begin`.
        """
        weights = self.network.begin(key=key)
        n_heads = self.n_tasks if self.heads == "per task" else 0
        heads = jnp.zeros((n_heads, *weights.head.shape))
        rows = zip(*self.rows, strict=True)
        subspaces = tuple(map(make_room, self.circuits, self.network.n_traced, rows))
        biases = jnp.zeros(heads.shape[:2])
        start = self._optimiser().init(weights)
        return ConvKnowledge(weights, subspaces, jnp.asarray(0), heads, biases, start)

    def begin_task(self, knowledge: ConvKnowledge, *, key: PRNGKeyArray) -> ConvKnowledge:
        """What was learnt so far becomes old, rows are added for what comes; momentum is at 0.

        Raises:
            InvalidValue: if there is no room for another task.
        """
        check_room(knowledge.n_tasks, self.n_tasks)
        counts = jnp.asarray(self.rows)[knowledge.n_tasks]
        keys = jax.random.split(key, len(self.circuits) + 1)
        each = zip(self.circuits, knowledge.subspaces, counts, keys[:-1], strict=True)
        grown = [add_rows(*circuit, key=own) for *circuit, own in each]
        weights = self._new_head(knowledge, keys[-1])
        return knowledge._replace(
            weights=weights,
            subspaces=tuple(grown),
            n_tasks=knowledge.n_tasks + 1,
            optimiser=self._optimiser().init(weights),
        )

    def _new_head(self, knowledge: ConvKnowledge, key: PRNGKeyArray) -> ConvWeights:
        weights = knowledge.weights
        if self.heads == "shared":
            return weights
        fresh = self.network.new_head(key=key).astype(weights.head.dtype)
        head = jnp.where(knowledge.n_tasks == 0, weights.head, fresh)
        return weights._replace(head=head, bias=jnp.zeros_like(weights.bias))

    def with_head(self, knowledge: ConvKnowledge, task: int | Int[Array, ""]) -> ConvWeights:
        """The network as it answers in a task, from 0."""
        weights = knowledge.weights
        if self.heads == "shared":
            return weights
        own = answering(*_read_outs(knowledge), knowledge.n_tasks, task)
        return weights._replace(head=own.head, bias=own.bias)

    # ---- a batch ---------------------------------------------------------------------------------

    def learn(
        self, knowledge: ConvKnowledge, x: Float[Array, "item pixel"], labels: Int[Array, " item"]
    ) -> tuple[ConvKnowledge, tuple[Float[Array, ""], Float[Array, ""]]]:
        """One batch: weights learn with the old rows in force, then the lateral circuits learn.

        Returns:
            What is known after it; mean loss and proportion correct before it.
        """
        loss, ran, gradients = self.gradients(knowledge, x, labels)
        weights, optimiser = self._descend(knowledge, gradients)
        weights = weights._replace(normalisations=_moved(weights, ran))
        subspaces = tuple(map(self._watch, self.circuits, knowledge.subspaces, ran.seen))
        correct = jnp.argmax(ran.logits, axis=-1) == labels
        known = knowledge._replace(weights=weights, subspaces=subspaces, optimiser=optimiser)
        return self._store_head(known), (loss, correct.mean(dtype=x.dtype))

    def gradients(
        self, knowledge: ConvKnowledge, x: Float[Array, "item pixel"], labels: Int[Array, " item"]
    ) -> tuple[Float[Array, ""], Ran, ConvWeights]:
        """Of the mean loss by what learns, projected where protected; 0 for what does not learn.

        Returns:
            Mean loss, nats; what the network did; gradients in the form of weights.
        """
        protections = tuple(map(_protection, self.circuits, knowledge.subspaces))
        first = knowledge.n_tasks <= 1
        by_patches = self.projected == "patches"

        def found(by_batch: bool, weights: ConvWeights) -> tuple[tuple[Array, Ran], ConvWeights]:
            own = protections[:-1] if by_patches else None
            loss = partial(self._loss, x=x, labels=labels, by_batch=by_batch, protections=own)
            return jax.value_and_grad(loss, has_aux=True)(weights)

        (loss, ran), gradients = jax.lax.cond(
            first, partial(found, True), partial(found, False), knowledge.weights
        )
        gradients = jax.tree.map(
            lambda g: g if g.ndim > 1 else jnp.where(first, g, jnp.zeros_like(g)), gradients
        )
        if self.heads == "shared":
            gradients = gradients._replace(bias=jnp.zeros_like(gradients.bias))
        head = projected(protections[-1], gradients.head)
        kernels = gradients.kernels
        if not by_patches:
            kernels = tuple(map(projected, protections[:-1], kernels))
        return loss, ran, gradients._replace(kernels=kernels, head=head)

    def _loss(
        self,
        weights: ConvWeights,
        *,
        x: Array,
        labels: Array,
        by_batch: bool,
        protections: tuple[Protection, ...] | None,
    ) -> tuple[Array, Ran]:
        ran = self.network.run(weights, x, by_batch=by_batch, protections=protections)
        losses = optax.softmax_cross_entropy_with_integer_labels(ran.logits, labels)
        return losses.mean(), jax.lax.stop_gradient(ran)

    def _optimiser(self) -> optax.GradientTransformation:
        def rate(iteration: Array) -> Array:
            share = jnp.ones(()) if self.schedule is None else self.schedule(iteration)
            return -self.learning_rate * share

        return optax.chain(optax.trace(self.momentum), optax.scale_by_schedule(rate))

    def _descend(
        self, knowledge: ConvKnowledge, gradients: ConvWeights
    ) -> tuple[ConvWeights, optax.OptState]:
        changes, optimiser = self._optimiser().update(gradients, knowledge.optimiser)
        return jax.tree.map(jnp.add, knowledge.weights, changes), optimiser

    def _watch(
        self, circuit: LateralCircuit | None, subspace: Subspace | None, seen: Array
    ) -> Subspace | None:
        """A lateral circuit learns from what a batch did: all patches, or features."""
        if circuit is None or subspace is None:
            return subspace
        rows = patches(seen, self.network.size) if seen.ndim == 4 else seen
        return circuit.learn(subspace, rows.reshape(-1, rows.shape[-1]))

    def _store_head(self, knowledge: ConvKnowledge) -> ConvKnowledge:
        if self.heads == "shared":
            return knowledge
        kept = stored(*_read_outs(knowledge), knowledge.n_tasks)
        return knowledge._replace(heads=kept.head, biases=kept.bias)


def _read_outs(knowledge: ConvKnowledge) -> tuple[ReadOut, ReadOut]:
    """Of the present task, and those stored."""
    weights = knowledge.weights
    return ReadOut(weights.head, weights.bias), ReadOut(knowledge.heads, knowledge.biases)


def _protection(circuit: LateralCircuit | None, subspace: Subspace | None) -> Protection:
    return None if circuit is None or subspace is None else (circuit, subspace)


def projected(
    protection: Protection, gradient: Float[Array, "post ..."]
) -> Float[Array, "post ..."]:
    """A gradient less its part along old rows: for linear lateral neurons, that of modified traces.

    Args:
        protection: of the input.
        gradient: of kernels, whose patches have the order of `patches`, or of a read-out.
    """
    if protection is None:
        return gradient
    circuit, subspace = protection
    rows = gradient.reshape(len(gradient), -1)
    return circuit.perpendicular(subspace, rows).reshape(gradient.shape)


def _moved(weights: ConvWeights, ran: Ran) -> tuple[Normalisation, ...]:
    """Scales and shifts as they were changed, statistics as they ran on."""
    pairs = zip(weights.normalisations, ran.normalisations, strict=True)
    return tuple(own._replace(mean=new.mean, variance=new.variance) for own, new in pairs)
