"""Lateral circuits of several kinds that watch one network learn, and do not touch it.

In a first task nothing is protected yet, so that what a network does depends on no lateral circuit:
circuits that differ, by their rate or by spikes of their neurons, can learn from the very same
activity, side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.continual_learner import ContinualLearner, Knowledge
from cogmem.models.hlop import LateralCircuit, Subspace
from cogmem.models.spiking_training import Signals

__all__ = ["Watched", "Watching"]


class Watched(NamedTuple):
    """A network, and what the circuits that watch it have learnt.

    Attributes:
        known: the network.
        subspaces: [kind][layer].
    """

    known: Knowledge
    subspaces: tuple[tuple[Subspace, ...], ...]


class Watching(eqx.Module):
    """A network without protection, and lateral circuits of several kinds.

    Attributes:
        network: who learns; its circuits are None, and its rows are those of one task.
        circuits: [kind][layer].
    """

    network: ContinualLearner
    circuits: tuple[tuple[LateralCircuit, ...], ...]

    def __check_init__(self) -> None:
        protected = any(own is not None for own in self.network.circuits)
        n_layers = len(self.network.circuits)
        if protected or any(len(kind) != n_layers for kind in self.circuits):
            raise InvalidValue(
                f"the network has circuits {self.network.circuits}, and those that watch are for "
                f"{[len(kind) for kind in self.circuits]} layers; expected None, and {n_layers}."
            )

    def begin(self, *, key: PRNGKeyArray) -> Watched:
        """Random weights, the task begun; circuits of a layer begin with the same rows."""
        of_weights, of_task, of_rows = jax.random.split(key, 3)
        known = self.network.begin_task(self.network.begin(key=of_weights), key=of_task)

        def rows(circuit: LateralCircuit, layer: int) -> Subspace:
            n_rows, own = self.network.rows[0][layer], jax.random.fold_in(of_rows, layer)
            empty = circuit.begin(self.network.sizes[layer], n_old=0, n_new=n_rows)
            return circuit.add_rows(empty, n_rows, key=own)

        return Watched(
            known,
            tuple(
                tuple(rows(circuit, layer) for layer, circuit in enumerate(kind))
                for kind in self.circuits
            ),
        )

    def seen(
        self, known: Knowledge, x: Float[Array, "item pixel"], labels: Int[Array, " item"]
    ) -> tuple[Float[Array, "moment row input"], ...]:
        """What the circuits of each layer learn from, one batch of rows after the other."""
        signals: Signals = jax.vmap(self.network.method.signals, (None, 0, 0))(
            known.weights, x, labels
        )
        moments = (each.swapaxes(0, 1) for each in signals.seen)
        return tuple(each.reshape(len(each), -1, each.shape[-1]) for each in moments)

    def learn(
        self, state: Watched, x: Float[Array, "item pixel"], labels: Int[Array, " item"]
    ) -> Watched:
        """One batch: every circuit learns from it, and so does the network."""
        seen = self.seen(state.known, x, labels)
        subspaces = tuple(
            tuple(map(_learnt, kind, each, seen))
            for kind, each in zip(self.circuits, state.subspaces, strict=True)
        )
        return Watched(self.network.learn(state.known, x, labels)[0], subspaces)

    @eqx.filter_jit
    def learn_all(
        self,
        state: Watched,
        x: Float[Array, "batch item pixel"],
        labels: Int[Array, "batch item"],
    ) -> Watched:
        """One batch after the other."""

        def step(state: Watched, batch: tuple[Array, Array]) -> tuple[Watched, None]:
            return self.learn(state, *batch), None

        return jax.lax.scan(step, state, (x, labels))[0]


def _learnt(
    circuit: LateralCircuit, subspace: Subspace, moments: Float[Array, "moment row input"]
) -> Subspace:
    def step(subspace: Subspace, rows: Array) -> tuple[Subspace, None]:
        return circuit.learn(subspace, rows), None

    return jax.lax.scan(step, subspace, moments)[0]
