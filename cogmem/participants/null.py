"""The null participant: it remembers that there was a list, and nothing of it."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.participants.protocol import PARADIGMS, Cue, Participant
from cogmem.participants.readout import Readout, StoppingCurve
from cogmem.participants.roster import register

__all__ = ["NullParticipant"]


class NullParticipant(Participant):
    """No evidence for anything: responses are uniform over what is left.

    It sits whatever has `n_candidates`, a person's habits being the business of the readout: how
    often the person answers yes, leaves out or stops.
    """

    paradigms: ClassVar[dict[str, str]] = dict.fromkeys(PARADIGMS, "native")

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Float[Array, " n"]:
        """Zero evidence for each candidate."""
        return jnp.zeros(lists.n_candidates)

    def study(self, state: Any, item: Int[Array, ""]) -> Any:
        """Nothing is learnt."""
        return state

    def rest(self, state: Any, duration: Float[Array, ""] | float) -> Any:
        """Nothing is forgotten."""
        return state

    def evidence(self, state: Any, cue: Cue) -> Float[Array, " n"]:
        """None."""
        return state

    def report(self, state: Any, item: Int[Array, ""]) -> Any:
        """Nothing changes; the rule itself keeps track of what is left."""
        return state


# It stops when the person would, which makes it a stronger null than a fitted rule does. Without
# evidence there is nothing for a temperature to scale.
register("null", NullParticipant(), readout=Readout(stop=StoppingCurve()), fixed=["temperature"])
