"""TCM and CMR as participants: free recall is what they are models of."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.retrieved_context import Memory, RetrievedContext
from cogmem.models.support_cmr import SupportCMR
from cogmem.models.tcm import TCM
from cogmem.participants.protocol import Cue, Participant, Rule
from cogmem.participants.roster import register
from cogmem.tasks import FreeRecall

__all__ = ["ContextParticipant"]


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


register("CMR", ContextParticipant(SupportCMR(rho="dot")))
register("CMR, element-wise rho", ContextParticipant(SupportCMR(rho="elementwise")))
register("TCM", ContextParticipant(TCM()))
