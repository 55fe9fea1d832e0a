"""TCM and CMR as participants: free recall is what they are models of."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data.recalls import Recalls
from cogmem.models.cmr2 import CMR2, RecalledSession
from cogmem.models.retrieved_context import Memory, RetrievedContext
from cogmem.models.support_cmr import SupportCMR
from cogmem.models.tcm import TCM
from cogmem.participants.protocol import Cue, Participant, Rule
from cogmem.participants.roster import register
from cogmem.tasks import FreeRecall

__all__ = ["ContextParticipant", "recall_sessions"]


class ContextParticipant(Participant):
    """A retrieved-context model sits free recall natively. It has no account of a filled delay."""

    model: RetrievedContext

    paradigms: ClassVar[dict[str, str]] = {"free recall": "native"}
    own_rule_parameters: ClassVar[frozenset[str]] = frozenset(
        {"choice_sensitivity", "temperature", "stop_scale", "stop_growth"}
    )

    def begin(self, lists: FreeRecall, *, key: PRNGKeyArray) -> Memory:
        """Context at the start of the list; the models are deterministic and ignore the key."""
        return self.model.begin(lists.n_items, lists.similarity)

    def study(self, state: Memory, item: Int[Array, ""]) -> Memory:
        """Context drifts by the item and is bound to it."""
        return self.model.study(state, item)

    def rest(self, state: Memory, duration: Float[Array, ""] | float) -> Memory:
        """The signal to recall brings back the start of the list; time itself does nothing."""
        return self.model.begin_recall(state)

    def evidence(self, state: Memory, cue: Cue) -> Float[Array, " n"]:
        """Support of context for each item, on the scale of the model's own choice."""
        return self.model.evidence(state)

    def report(self, state: Memory, item: Int[Array, ""]) -> Memory:
        """The recalled item brings back its context."""
        return self.model.retrieve(state, item)

    @property
    def own_rule(self) -> Rule:
        """The model's published choice and stopping rules."""
        return self.model.outcome_log_probs


def recall_sessions(
    model: CMR2, items: Int[np.ndarray, "list position"], n_people: int = 1, *, key: PRNGKeyArray
) -> Recalls:
    """What simulated people say who all sit one session: list after list, with intrusions.

    Words that came to mind but were withheld are left out, as people's are.

    Args:
        model: who.
        items: the words of each list as indices into any pool; words may recur.
        n_people: how many, with draws of their own.
        key: person p draws from `key` folded with p.
    """
    n_lists, length = items.shape
    pool, index = np.unique(items, return_inverse=True)
    order = index.reshape(n_lists, length)

    def person(number: Int[Array, ""]) -> RecalledSession:
        own = jax.random.fold_in(key, number)
        return model.simulate_session(jnp.asarray(order), len(pool), key=own)

    session = jax.tree.map(np.asarray, jax.jit(jax.vmap(person))(jnp.arange(n_people)))
    words = _said(session.words.astype(int), session.reported) - 1
    studied = np.tile(order, (n_people, 1))
    return Recalls.from_positions(
        np.where(words < 0, 0, _positions(words, studied)),
        list_length=length,
        subject=np.repeat(np.arange(1, n_people + 1), n_lists),
        items=pool[studied].astype(np.int32),
        responses=np.where(words < 0, -1, pool[words]).astype(np.int32),
    )


def _said(words: np.ndarray, reported: np.ndarray) -> np.ndarray:
    """int[trial, output]: the words reported, moved up, 0 = padding."""
    words, reported = (a.reshape(-1, a.shape[-1]) for a in (words, reported))
    first = np.argsort(~reported, axis=1, kind="stable")
    return np.take_along_axis(np.where(reported, words, 0), first, axis=1)


def _positions(words: np.ndarray, studied: np.ndarray) -> np.ndarray:
    """Where each word was first studied in its list, from 1; -1 if it was not."""
    there = words[:, :, None] == studied[:, None, :]
    return np.where(there.any(axis=2), there.argmax(axis=2) + 1, -1)


register("CMR", ContextParticipant(SupportCMR(rho="dot")))
register("CMR, element-wise rho", ContextParticipant(SupportCMR(rho="elementwise")))
register("TCM", ContextParticipant(TCM()))
