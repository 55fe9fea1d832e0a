"""TCM and CMR as participants: free recall is what they are models of.

They sit serial recall by the same steps, without any knowledge of positions: the start of the list
comes back to mind, and each response brings the context of the next. In recognition a probe brings
back its context, which is compared with that of the moment (as in the accounts of recognition by
context, Healey & Kahana, 2016, Psychological Review 123, 23-69); an item that was not studied
brings back none but its own. Time without study is nothing to them: what would move context
during a delay is not part of these models.
"""

from __future__ import annotations

from typing import Any, ClassVar

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

__all__ = ["ContextParticipant", "ContextRecognition", "recall_sessions"]

_DECLINES = {
    "paired associates": "cued recall of pairs is left out of its card",
    "fact verification": "no account of times and fans",
    "retention": "what moves context in a filled delay is not part of it",
    "change detection": "items come one after the other, not in a display",
    "updating": "no account of items that change",
}


class ContextParticipant(Participant):
    """A retrieved-context model sits free recall natively. It has no account of a filled delay."""

    model: RetrievedContext

    paradigms: ClassVar[dict[str, str]] = {
        "free recall": "native",
        "serial recall": "from the start of the list; no knowledge of positions",
    }
    declines: ClassVar[dict[str, str]] = _DECLINES
    own_rule_parameters: ClassVar[frozenset[str]] = frozenset(
        {"choice_sensitivity", "temperature", "stop_scale", "stop_growth"}
    )

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Memory:
        """Context at the start of the list; the models are deterministic and ignore the key."""
        similarity = lists.similarity if isinstance(lists, FreeRecall) else None
        return self.model.begin(lists.n_candidates, similarity)

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
    def own_rule(self) -> Rule | None:
        """The model's published choice and stopping rules."""
        return self.model.outcome_log_probs


class ContextRecognition(ContextParticipant):
    """The same model asked what it has seen: the match of contexts, without any choice."""

    paradigms: ClassVar[dict[str, str]] = {
        "recognition": "match of the context that a probe brings back"
    }

    def rest(self, state: Memory, duration: Float[Array, ""] | float) -> Memory:
        """Nothing: probes come unannounced, the start of the list is not called back."""
        return state

    def evidence(self, state: Memory, cue: Cue) -> Float[Array, " n"]:
        """Cosine of the context that each candidate brings back with the present one."""
        each = jnp.eye(len(state.previous), dtype=state.previous.dtype)
        brought = jax.vmap(self.model.brought_back, (None, 0))(state, each)
        return brought @ state.context

    @property
    def own_rule(self) -> None:
        """None: saying yes is the shared readout's work."""
        return None


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


for _name, _model in {
    "CMR": SupportCMR(rho="dot"),
    "CMR, element-wise rho": SupportCMR(rho="elementwise"),
    "TCM": TCM(),
}.items():
    register(_name, ContextParticipant(_model))
    register(_name, ContextRecognition(_model))
