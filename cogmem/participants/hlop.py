"""HLOP sits paired associates: a spiking network that protects the list before from the next.

It is told where a list ends: when the pair studied is of another list than the last one, the rows
that its lateral circuits have learnt are frozen, and new ones are added. People need no such
signal; it is one bit for each boundary, counted nowhere else. It is never told which list a test is
of, but for what the cue says of it, and no lateral circuit takes part in a test.

Time alone changes nothing, for nothing in it decays: of delays without learning it says nothing.
Nor does a test change anything, so that it cannot tell study from practice at retrieval. It does
not sit free recall, having no candidates without a cue.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.continual_learner import ContinualLearner, Knowledge
from cogmem.models.hlop import LateralCircuit
from cogmem.models.parameters import check_values, parameter
from cogmem.models.spiking_training import DSR, Method
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.roster import register
from cogmem.tasks.paired_associates import PairedAssociates

__all__ = ["HLOP", "HLOPState"]

_SOURCE = "Xiao et al. (2024), official code"


class HLOPState(NamedTuple):
    """HLOP in the middle of a task.

    Attributes:
        knowledge: weights and lateral circuits.
        last: list of the pair studied last; -1 before the first.
        drawn: [list, row, input] by layer: lateral weights with which each list will begin.
        currents: [pair, feature] of the cues; part of the task, not of memory, like the next two.
        responses: [pair] the correct one.
        lists: [pair] of which list each pair is.
    """

    knowledge: Knowledge
    last: Int[Array, ""]
    drawn: tuple[Float[Array, "list row input"], ...]
    currents: Float[Array, "pair feature"]
    responses: Int[Array, " pair"]
    lists: Int[Array, " pair"]


class HLOP(Participant):
    """Cue in, response out: one iteration of gradient descent for each pair that is studied.

    Learning is pair by pair, without batches, and so that the lateral circuits need time to follow:
    with the learning rate of the official code, .1, a list is known before they have learnt what is
    to be protected. With .02 they hold 97 % of the energy of eight cues when the list is known
    (experiment `interference`). All other rates are those of the official code; the sizes of the
    network are this package's choice. The lateral circuits are stable while their rate times the
    squared norm of currents stays below about 0.3: with more features, lower one or the other.

    Attributes:
        circuit: lateral circuit of the input of every layer. Its `protection` g makes the
            difference between HLOP (1) and the same network without it (0); between them, between
            the two.
        method: of training.
        learning_rate: of the weights, see above.
        current: root mean square of a cue's currents, if its norm is 1; 1 as for the images of the
            paper, which are normalised.
        hidden: neurons of each hidden layer.
        rows: subspace neurons that each list adds to the input of each layer. The cues of a list
            need as many rows in the first layer as it has pairs.
        n_lists: that there is room for. A list that is taken up again counts again.
    """

    circuit: LateralCircuit = LateralCircuit()
    method: Method = DSR()
    learning_rate: float | Float[Array, ""] = parameter(
        0.02, (0, 10), start=(0.005, 0.2), meaning="learning rate of weights", source="cogmem"
    )
    current: float | Float[Array, ""] = parameter(
        1.0, (0, 100), start=(0.5, 2), meaning="root mean square current of a cue", source=_SOURCE
    )
    hidden: tuple[int, ...] = eqx.field(static=True, default=(40,))
    rows: tuple[int, ...] = eqx.field(static=True, default=(8, 16))
    n_lists: int = eqx.field(static=True, default=2)

    paradigms: ClassVar[dict[str, str]] = {"paired associates": "native: retroactive interference"}
    declines: ClassVar[dict[str, str]] = {
        "free recall": "no candidates without a cue",
        "serial recall": "nothing in it chains or counts",
        "recognition": "a classifier: it has no response for what is new",
        "fact verification": "a classifier: it has no response for what is new",
        "retention": "nothing in it decays over time",
        "change detection": "one item at a time, one response each",
        "updating": "weights learn too slowly to follow single changes",
    }
    # Sizes: hidden neurons, rows of two layers. Learning: rate of weights; rate, momentum, clip and
    # iterations of lateral ones; g. Neurons: steps, threshold, trigger, time constant. The current.
    n_chosen: ClassVar[int] = 14

    def __check_init__(self) -> None:
        check_values(self)
        if len(self.rows) != len(self.hidden) + 1 or self.n_lists < 1:
            raise InvalidValue(
                f"{len(self.hidden)} hidden layers, rows {self.rows} and {self.n_lists} lists: "
                "expected rows for the input of each layer, the read-out too, and 1 list or more."
            )

    def begin(self, lists: PairedAssociates, *, key: PRNGKeyArray) -> HLOPState:
        """Random weights, and sight of the task.

        Raises:
            InvalidValue: for another task, more lists than there is room for, and more rows than
                inputs.
        """
        if not isinstance(lists, PairedAssociates):
            raise InvalidValue(f"got a {type(lists).__name__}, expected PairedAssociates.")
        self._has_room(lists)
        n_features = lists.cues.shape[-1]
        learner = self._learner((n_features, *self.hidden, lists.n_responses))
        weights, rows = jax.random.split(key)
        fresh = learner.begin(key=weights)
        return HLOPState(
            fresh,
            jnp.asarray(-1),
            self._rows_to_come(learner, fresh, rows),
            lists.cues * (self.current * n_features**0.5),
            lists.responses,
            lists.lists,
        )

    def _has_room(self, task: PairedAssociates) -> None:
        if any(isinstance(each, jax.core.Tracer) for each in (task.lists, task.studied)):
            return
        visited = np.asarray(task.lists)[np.asarray(task.studied)]
        n_visits = int(len(visited) and 1 + np.count_nonzero(np.diff(visited)))
        n_visits = max(n_visits, len(np.unique(np.asarray(task.lists))))
        if n_visits > self.n_lists:
            raise InvalidValue(
                f"the task changes lists so that {n_visits} are begun, and there is room for "
                f"{self.n_lists}; make the participant with n_lists={n_visits}."
            )

    def _learner(self, sizes: tuple[int, ...]) -> ContinualLearner:
        """The network, with room for all lists."""
        plan = (self.rows,) * self.n_lists
        circuits = (self.circuit,) * len(self.rows)
        return ContinualLearner(sizes, plan, circuits, self.method, self.learning_rate)

    def _rows_to_come(
        self, learner: ContinualLearner, fresh: Knowledge, key: PRNGKeyArray
    ) -> tuple[Float[Array, "list row input"], ...]:
        """Drawn beforehand: in a `vmap` both ways of a condition are gone, at every pair."""

        def begun(at: Int[Array, ""]) -> tuple[Float[Array, "row input"], ...]:
            known = learner.begin_task(fresh, key=jax.random.fold_in(key, at))
            return tuple(s.new for s in known.subspaces if s is not None)

        return jax.lax.map(begun, jnp.arange(self.n_lists))

    def study(self, state: HLOPState, item: Int[Array, ""]) -> HLOPState:
        """One iteration on a pair, after the boundary if it is of another list than the last.

        What is studied in another order than `studied`, as by the drivers of list learning, cannot
        be counted beforehand: lists beyond `n_lists` are learnt, but their rows have no room.
        """
        new_list = state.lists[item] != state.last
        knowledge = jax.lax.cond(
            new_list, lambda known: self._turned(known, state.drawn), lambda known: known, state[0]
        )
        sizes = (state.currents.shape[-1], *(len(w) for w in state.knowledge.weights.layers))
        x, label = state.currents[item][None], state.responses[item][None]
        knowledge, _ = self._learner(sizes).learn(knowledge, x, label)
        return state._replace(knowledge=knowledge, last=state.lists[item].astype(state.last.dtype))

    def _turned(self, known: Knowledge, drawn: tuple[Array, ...]) -> Knowledge:
        """A list ends: its rows join those that protect, and the next ones begin."""
        frozen = [self.circuit.freeze(s) for s in known.subspaces if s is not None]
        subspaces = tuple(
            s._replace(new=rows[known.n_tasks]) for s, rows in zip(frozen, drawn, strict=True)
        )
        return known._replace(subspaces=subspaces, n_tasks=known.n_tasks + 1)

    def rest(self, state: HLOPState, duration: Float[Array, ""] | float) -> HLOPState:
        """The same: nothing decays, so that no claim about delays can be made."""
        return state

    def evidence(self, state: HLOPState, cue: Cue) -> Float[Array, " response"]:
        """The network's logit of each response to the cue of a pair.

        Raises:
            InvalidValue: without a cue.
        """
        if cue is None:
            raise InvalidValue(
                "HLOP recalls by a cue, and there is none: give the index of a pair."
            )
        return self.method.logits(state.knowledge.weights, state.currents[cue])

    def report(self, state: HLOPState, item: Any) -> HLOPState:
        """The same: tests teach nothing."""
        return state

    def captured(self, state: HLOPState, pairs: Int[Array, " n"]) -> Float[Array, " layer"]:
        """How far the input of each layer is spanned by its rows, old and new: what is protected.

        Returns:
            1 - sum |x - H'H x|^2 / sum |x|^2 over the activities x that cues of these pairs evoke.
        """
        weights = state.knowledge.weights
        signals = jax.vmap(self.method.signals, (None, 0, 0))(
            weights, state.currents[pairs], state.responses[pairs]
        )
        shares = []
        for seen, subspace in zip(signals.seen, state.knowledge.subspaces, strict=True):
            x, rows = seen.reshape(-1, seen.shape[-1]), subspace.rows  # type: ignore[union-attr]
            shares.append(1 - jnp.sum((x - (x @ rows.T) @ rows) ** 2) / jnp.sum(x**2))
        return jnp.stack(shares)


# The lateral circuits are those of the official code; how fast weights learn and how much is
# protected is open.
register("HLOP", HLOP(), fixed=("rate", "momentum", "clip", "current"))
