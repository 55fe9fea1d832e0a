"""SIMPLE sits recall: free, in order, and after a delay.

What it knows is how well each moment is told from the others on a logarithmic axis of time. In free
recall the evidence for a word is the logarithm of its probability of recall; the shared readout
makes an order of it, which the model itself does not have. Asked for a position, it confuses the
item there with its neighbours: the evidence for item i is log D_ji, j being the position. It knows
nothing of items that were not studied, beyond that they were not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.simple import FLOOR, MEAN_RECALL, SIMPLE
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.roster import register
from cogmem.tasks import FreeRecall

__all__ = ["SimpleParticipant", "Times"]

SECONDS_PER_ITEM = 1.0


class Times(eqx.Module):
    """When each candidate was studied.

    Attributes:
        ages: [candidate] s since it was studied; infinite if it was not.
        order: [candidate] its serial position, 0-based; -1 if it was not studied.
        n_studied: how many were.
        free: whether recall is free.
    """

    ages: Float[Array, " candidate"]
    order: Int[Array, " candidate"]
    n_studied: Int[Array, ""]
    free: bool = eqx.field(static=True)


class SimpleParticipant(Participant):
    """See the top of the file.

    Attributes:
        model: of discrimination.
    """

    model: SIMPLE = SIMPLE()

    paradigms: ClassVar[dict[str, str]] = {
        "free recall": "native strengths; their order is the shared readout's",
        "serial recall": "native: confusion of positions in time",
        "retention": "native: crowding of moments as they age",
    }
    declines: ClassVar[dict[str, str]] = {
        "recognition": "no account of items that were not studied",
        "paired associates": "no associations, only moments",
        "fact verification": "no associations, only moments",
        "change detection": "objects seen at once share one moment",
        "updating": "a change is no moment of its own item",
    }
    # Seconds per item, and the moment that stands for all of recall.
    n_chosen: ClassVar[int] = 2

    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Times:
        """Nothing was studied yet."""
        n = lists.n_candidates
        never = jnp.full(n, jnp.inf)
        return Times(never, jnp.full(n, -1), jnp.asarray(0), isinstance(lists, FreeRecall))

    def study(self, state: Times, item: Int[Array, ""]) -> Times:
        """The item is new, all others are older by its time."""
        ages = (state.ages + SECONDS_PER_ITEM).at[item].set(SECONDS_PER_ITEM)
        order = state.order.at[item].set(state.n_studied)
        return replace(state, ages=ages, order=order, n_studied=state.n_studied + 1)

    def rest(self, state: Times, duration: Float[Array, ""] | float) -> Times:
        """All grow older, and by the mean time of recall (Murdock & Okada, 1970)."""
        return replace(state, ages=state.ages + duration + MEAN_RECALL)

    def evidence(self, state: Times, cue: Cue) -> Float[Array, " candidate"]:
        """log P of recall, or log D of the position asked for; log 1e-6 if it was not studied."""
        there = state.order >= 0
        # Items never studied are infinitely long ago: they take no part in the crowding.
        told = self.model.discriminability(jnp.where(there, state.ages, 1e30))
        told = jnp.where(there[:, None] & there[None], told, 0)
        told = told / jnp.where(there, told.sum(axis=1), 1)[:, None]
        if state.free:
            excess = self.model.slope * (told - self.model.threshold)
            strength = jnp.minimum(1, jax.nn.sigmoid(excess).sum(axis=1))
        else:
            asked = state.order == (state.n_studied - 1 if cue is None else cue)
            strength = jnp.sum(told * asked[:, None], axis=0)
        return jnp.where(there, jnp.log(jnp.maximum(strength, FLOOR)), jnp.log(FLOOR))

    def report(self, state: Times, item: Int[Array, ""]) -> Times:
        """The same: all of recall is one moment."""
        return state


register("SIMPLE", SimpleParticipant())
