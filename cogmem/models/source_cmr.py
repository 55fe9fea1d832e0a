"""CMR with a source region of context: what was done with an item is part of its context.

Context has two regions, each with its own drift rate and its own unit length. The temporal region
is that of `CMR` (cmr.py). The source region takes in the task of each presentation, and an item
that is recalled brings its task back, so that items of one task come in clusters. Where the task
shifts, the temporal region is disrupted: it drifts towards a unit that belongs to no item.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.card import Card
from cogmem.models.cmr import CMR
from cogmem.models.parameters import check_indices, parameter
from cogmem.models.retrieved_context import (
    Memory,
    Patterns,
    Source,
    bind,
    break_unit,
    unit_length,
)

__all__ = ["CARD", "SourceCMR"]

CARD = Card(
    name="source_cmr",
    title="CMR with a source region of context, disrupted where the task shifts",
    paper="Polyn, Norman & Kahana (2009)",
    equations="those of cmr for the temporal region, and again for the source region, with its own "
    "drift rate and unit length; support from both, the source's scaled by L_CF_source; primacy "
    "scales both (uncertain, after the authors' programs: source context is empty before the first "
    "word, has one drift rate at study and recall, and is not reset at recall; each shift has a "
    "disruption unit of its own; items learn their source at rate L_FC)",
    left_out="competing accumulators: choice is the softmax of cmr; prior-list intrusions",
    vectors="none published; equals cmr, per list, to 1e-12 with L_CF_source = 0 and d = 0",
    reproduced=(
        "clustering by task and fewer transitions across a shift: curves near people's, 133 nats "
        "better than cmr on the 1,394 lists of the paper, with three more parameters",
    ),
    not_reproduced=("the published parameter estimates: not refitted",),
    bibtex="""@article{polyn2009source,
  author = {Polyn, Sean M. and Norman, Kenneth A. and Kahana, Michael J.},
  title = {A context maintenance and retrieval model of organizational processes in free recall},
  journal = {Psychological Review}, volume = {116}, number = {1}, pages = {129--156}, year = {2009}
}""",
)

_SOURCE = "Polyn, Norman & Kahana (2009), Table 1, full model; values of the authors' programs"


class SourceCMR(CMR):
    """CMR with temporal and source context (Polyn et al. 2009).

    Attributes:
        n_sources: number of different tasks, or other sources.
    """

    source_drift: Float[Array, ""] = parameter(
        0.59, (0, 1), meaning="drift rate of source context (B_source)", source=_SOURCE
    )
    source_scale: Float[Array, ""] = parameter(
        0.129,
        (0, 10),
        start=(0.01, 1),
        valid=(0, np.inf),
        meaning="strength of ties from source context to items (L_CF_source)",
        source=_SOURCE,
    )
    shift_drift: Float[Array, ""] = parameter(
        0.77, (0, 1), meaning="disruption of temporal context at a shift (d)", source=_SOURCE
    )
    n_sources: int = eqx.field(static=True, default=2)

    def begin(
        self,
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        patterns: Patterns | None = None,
        n_breaks: int = 0,
        tasks: Int[Array, " position"] | None = None,
    ) -> Memory:
        """Memory before the list: no source is in mind.

        Args:
            n_items, similarity, patterns, n_breaks: see `RetrievedContext.begin`.
            tasks: task of each presentation, 0 to n_sources - 1; without tasks the model is `CMR`.

        Raises:
            InvalidValue: if breaks are asked for beside those at the shifts of task, or if a task
                is none of the sources, unless it is traced.
        """
        if tasks is None:
            return super().begin(n_items, similarity, patterns=patterns, n_breaks=n_breaks)
        if n_breaks:
            raise InvalidValue(f"n_breaks={n_breaks}: shifts of task are this model's breaks.")
        check_indices("tasks", tasks, 0, self.n_sources - 1)
        memory = super().begin(n_items, similarity, patterns=patterns, n_breaks=len(tasks) - 1)
        untied = jnp.zeros((n_items, self.n_sources), self.dtype)
        features = jax.nn.one_hot(tasks, self.n_sources, dtype=self.dtype)
        nothing = jnp.zeros(self.n_sources, self.dtype)
        return memory._replace(source=Source(nothing, untied, untied, features))

    def study_all(self, memory: Memory, order: Int[Array, " position"]) -> Memory:
        """Study items one after another, each with its task, and turn to recall.

        Raises:
            InvalidValue: if there are not as many tasks as presentations.
        """
        if memory.source is not None and len(memory.source.features) != len(order):
            given = f"{len(memory.source.features)} tasks for {len(order)} presentations"
            raise InvalidValue(f"{given}; expected one task for each.")
        return super().study_all(memory, order)

    def study(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """Memory after one item was studied with its task, and the shift before it, if any."""
        if memory.source is None:
            return super().study(memory, item)
        source = self._study_source(memory, memory.source, item)
        return super().study(self._shift(memory, memory.source), item)._replace(source=source)

    def retrieve(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """The state after an item was recalled: both regions of its context come back."""
        source = memory.source
        if source is not None:
            incoming = self.brought_back(source, self._cue(memory, item))
            memory = memory._replace(source=self.take_in(source, incoming, self.source_drift))
        return super().retrieve(memory, item)

    def support(self, memory: Memory) -> Float[Array, " n"]:
        """How strongly both regions of context together call up each item."""
        temporal = super().support(memory)
        if memory.source is None:
            return temporal
        return temporal + self.source_scale * (memory.source.context_item @ memory.source.context)

    def _shift(self, memory: Memory, source: Source) -> Memory:
        """Temporal context drifts away where the task is not that of the word before."""
        now = memory.n_studied.astype(int)
        same = jnp.all(source.features[now] == source.features[now - 1])
        away = self.take_in(memory, break_unit(memory, now), self.shift_drift)
        return memory._replace(context=jnp.where((now == 0) | same, memory.context, away.context))

    def _study_source(self, memory: Memory, source: Source, item: Int[Array, ""]) -> Source:
        """The source region takes in the task, with what the item was studied with before."""
        cue, task = self._cue(memory, item), source.features[memory.n_studied.astype(int)]
        old = self.ties.item_context_old * task
        incoming = unit_length(old + cue @ source.item_context, self.norm_floor)
        source = self.take_in(source, incoming, self.source_drift)
        return bind(source, cue, self.learning(memory))
