"""CMR2: free recall of list after list, with intrusions from the lists before.

A wrapper around any model of the family (`CMR`, `SupportCMR`, ...), which does all of the studying,
drifting and choosing. What CMR2 adds is that life goes on: context is carried over from list to
list, all ties are kept, every word seen so far competes for recall, and a word that comes to mind
is said only if the context that it brings back is like the context of now.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.models.card import Card
from cogmem.models.cmr import CMR
from cogmem.models.parameters import check_indices, check_values, parameter, replace
from cogmem.models.recall_process import recall_period
from cogmem.models.retrieved_context import (
    Learning,
    Memory,
    RetrievedContext,
    bind,
    break_unit,
)

__all__ = ["CARD", "CMR2", "RecalledSession"]

CARD = Card(
    name="cmr2",
    title="CMR2: a session of lists, with intrusions from prior lists",
    paper="Lohnas, Polyn & Kahana (2015)",
    equations="those of the wrapped model, and: drift between lists towards a unit that belongs to "
    "no item; ties kept over the session; a retrieved word is reported if c_in . c, with the "
    "context before it was taken in, is at least the threshold, and moves context either way "
    "(chosen where paper and programs differ or the wrapped model decides, and so uncertain: words "
    "are bound to context after its update, as in cmr; a word comes to mind once per recall period "
    "at most, reported or not; the stopping rule counts what comes to mind; all words seen "
    "compete, not the strongest 4 lists' worth; learning at recall is off, and if on binds "
    "reported words only)",
    left_out="competing accumulators and their times: choice and stopping are the wrapped model's; "
    "a likelihood: words withheld leave no trace in the data, and a sum over all that may have "
    "come to mind is out of reach",
    vectors="none published; equals cmr list by list, key for key, without carry-over",
    reproduced=(
        "recency of prior-list intrusions, and fewer at a higher threshold, qualitatively",
    ),
    not_reproduced=(
        "the published parameter estimates: not refitted",
        "the rate of prior-list intrusions, which hangs on list length: with the default values "
        "0.2 per list of 16 words, 0.3 of 24, and 1 of 12; people make 0.06 (PEERS, 16 words) and "
        "0.22 (Morton et al. 2013, 24 words)",
        "how recent they are: a quarter (16 words, ninth list on) come from the list just before; "
        "of people's, 0.39 (PEERS) and 0.54 (Morton et al. 2013) of all do",
    ),
    bibtex="""@article{lohnas2015expanding,
  author = {Lohnas, Lynn J. and Polyn, Sean M. and Kahana, Michael J.},
  title = {Expanding the scope of memory search: {M}odeling intralist and interlist effects in
    free recall},
  journal = {Psychological Review}, volume = {122}, number = {2}, pages = {337--363}, year = {2015}
}""",
)

_SOURCE = "Lohnas, Polyn & Kahana (2015); values of a public program for Kahana et al. (2002)"
_OPTION = "learning at recall: an option of the public programs, off in the paper"

_WRAPPED = replace(
    CMR(),
    {
        "encoding_drift": 0.52,
        "start_drift": 0.0,
        "recall_drift": 0.63,
        "item_context_learning": 0.43,
        "context_item_learning": 0.9,
        "primacy_scale": 1.26,
        "primacy_decay": 0.99,
        "temperature": 0.1,
    },
)
"""Drift, learning and primacy of the same program (its primacy, 1.41, is relative to L_CF). The
temperature and the stopping rule, which it has not, are chosen."""


class RecalledSession(NamedTuple):
    """What came to mind after each list, in order.

    Attributes:
        words: 1-based indices of words of the session, 0 = padding.
        reported: whether each was said; the others were withheld.
    """

    words: Int[Array, "list attempt"]
    reported: Bool[Array, "list attempt"]


class _Mind(NamedTuple):
    """A person's state within a session."""

    memory: Memory
    seen: Bool[Array, " n"]  # words that compete for recall
    withheld: Bool[Array, " n"]  # words that came to mind in this recall period and were not said


class CMR2(eqx.Module):
    """CMR over a session of lists (Lohnas et al. 2015).

    Attributes:
        model: what studies, drifts and chooses.
        carry_over: if false, memory begins anew with each list: the wrapped model, list by list.
    """

    model: RetrievedContext = _WRAPPED
    between_list_drift: Float[Array, ""] = parameter(
        0.8, (0, 1), meaning="context drift between lists (B_rec_post)", source=_SOURCE
    )
    accept_threshold: Float[Array, ""] = parameter(
        0.074, (0, 1), meaning="least match of context for a word to be said", source=_SOURCE
    )
    recall_item_context_learning: Float[Array, ""] = parameter(
        0.0, (0, 1), meaning="new item-to-context ties at recall", source=_OPTION
    )
    recall_context_item_learning: Float[Array, ""] = parameter(
        0.0, (0, 1), meaning="new context-to-item ties at recall", source=_OPTION
    )
    carry_over: bool = eqx.field(static=True, default=True)

    def __check_init__(self) -> None:
        check_values(self)

    def simulate_session(
        self,
        order: Int[Array, "list position"],
        n_words: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        n_attempts: int | None = None,
        key: PRNGKeyArray,
    ) -> RecalledSession:
        """Study and recall one list after another.

        Args:
            order: 0-based word of the session at each position of each list; words may recur
                within and between lists.
            n_words: number of different words in the session.
            similarity: of all words of the session.
            n_attempts: words that may come to mind after one list; twice the list length if None.
            key: one list draws from `key` folded with its number, from 0.

        Raises:
            InvalidValue: if a word of the order is none of the session, unless it is traced.
        """
        check_indices("order", order, 0, n_words - 1)
        n_lists, length = order.shape
        n_attempts = 2 * length if n_attempts is None else n_attempts
        fresh = self._begin(n_words, n_lists, similarity)

        def one_list(mind: _Mind, now: tuple[Array, Array]) -> tuple[_Mind, RecalledSession]:
            number, words = now
            mind = self._study(self._next_list(mind, fresh, number), words)
            draws = jax.random.fold_in(key, number)
            mind, recalled = recall_period(self, mind, n_words, n_attempts, key=draws)
            said = (recalled > 0) & ~mind.withheld[recalled.astype(int) - 1]
            return mind, RecalledSession(recalled, said)

        return jax.lax.scan(one_list, fresh, (jnp.arange(n_lists), order))[1]

    def log_probs(
        self, state: _Mind, available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """What comes to mind next, see `RecallProcess`: any word seen so far."""
        return self.model.log_probs(state.memory, available & state.seen, count)

    def retrieve(self, state: _Mind, item: Int[Array, ""]) -> _Mind:
        """The state after a word came to mind, whether or not it was said."""
        cue = jax.nn.one_hot(item, len(state.seen), dtype=state.memory.context.dtype)
        match = self.model.brought_back(state.memory, cue) @ state.memory.context
        said = match >= self.accept_threshold
        memory = self._learn(self.model.retrieve(state.memory, item), cue, said)
        withheld = state.withheld | (~said & (jnp.arange(len(state.seen)) == item))
        return state._replace(memory=memory, withheld=withheld)

    def _learn(self, memory: Memory, cue: Float[Array, " n"], said: Bool[Array, ""]) -> Memory:
        """Memory after a word that was said was tied to its context anew."""
        rates = self.recall_item_context_learning, self.recall_context_item_learning
        return bind(memory, cue, Learning(*(jnp.where(said, r, jnp.zeros_like(r)) for r in rates)))

    def _begin(self, n_words: int, n_lists: int, similarity: Any) -> _Mind:
        nothing = jnp.zeros(n_words, bool)
        return _Mind(self.model.begin(n_words, similarity, n_breaks=n_lists - 1), nothing, nothing)

    def _next_list(self, mind: _Mind, fresh: _Mind, number: Int[Array, ""]) -> _Mind:
        """The mind when a list begins: context has drifted towards a unit of the list's own."""
        if not self.carry_over:
            return fresh
        memory = mind.memory
        start = jnp.where(number > 0, break_unit(memory, 1), memory.start)
        moved = self.model.take_in(memory, start, self.between_list_drift)
        memory = memory._replace(
            context=jnp.where(number > 0, moved.context, memory.context),
            start=start,
            n_studied=jnp.zeros_like(memory.n_studied),
        )
        return mind._replace(memory=memory, withheld=jnp.zeros_like(mind.withheld))

    def _study(self, mind: _Mind, words: Int[Array, " position"]) -> _Mind:
        memory = self.model.study_all(mind.memory, words)
        return mind._replace(memory=memory, seen=mind.seen.at[words].set(True))
