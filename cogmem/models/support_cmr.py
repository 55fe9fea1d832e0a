"""CMR with pre-experimental support and power-law choice.

The version that Healey & Kahana's (2014) free-recall data are fitted with by the public JAX CMR
toolkit. It differs from `CMR` (cmr.py) in its choice rule, and in pre-experimental context-to-item
ties that also reach other items (`shared_support`).
"""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from cogmem.models.card import Card
from cogmem.models.parameters import parameter
from cogmem.models.recall_process import exponential_stop
from cogmem.models.retrieved_context import Drifts, Memory, RetrievedContext, Ties

__all__ = ["CARD", "SupportCMR"]

CARD = Card(
    name="support_cmr",
    title="CMR with pre-experimental support and power-law choice",
    paper="Healey & Kahana (2014)",
    equations="context and ties as in Polyn et al. (2009); choice by activation to a power, scaled "
    "by the largest activation of the whole list and floored at 1.2e-7; exponential stopping rule",
    left_out="the source region of context, semantic ties, the final-recall decision; prior-list "
    "intrusions (cmr2 can wrap it)",
    vectors="every hk2014_* subject of human_reference.npz: dot rho to 1e-6, element-wise rho "
    "within 5e-4 of the published log-likelihood",
    reproduced=("published log-likelihoods of the PEERS no-task fits, only with element-wise rho",),
    not_reproduced=(
        "published fits as optima: multi-start gradients find better ones for most people",
        "repeated words in mixed lists (Lohnas & Kahana 2014): recalled too often, as with cmr",
    ),
    bibtex="""@article{healey2014memory,
  author = {Healey, M. Karl and Kahana, Michael J.},
  title = {Is memory search governed by universal principles or idiosyncratic strategies?},
  journal = {Journal of Experimental Psychology: General},
  volume = {143}, number = {2}, pages = {575--596}, year = {2014}
}""",
)

_SOURCE = "Healey & Kahana (2014); bounds of the public JAX CMR toolkit's published fits"

_POSITIVE = (0.0, np.inf)

# float32 machine epsilon. Part of the published convention, and so the same in float64.
_EPSILON = 1.1920929e-07


class SupportCMR(RetrievedContext):
    """CMR with power-law choice (Healey & Kahana 2014), eleven parameters.

    `rho="dot"` is the published equation. `rho="elementwise"` is what the public toolkit computes,
    and with it all published fits of this version: use it only to compare with those.

    The default values are a maximum-likelihood fit to all lists of the PEERS no-task data taken as
    one person's (negative log-likelihood 78,267), so that they go together.
    """

    encoding_drift: Float[Array, ""] = parameter(
        0.841, (0, 1), start=(0.3, 0.95), meaning="context drift rate at study", source=_SOURCE
    )
    start_drift: Float[Array, ""] = parameter(
        0.255,
        (0, 1),
        start=(0.01, 0.6),
        meaning="return of the start-of-list context",
        source=_SOURCE,
    )
    recall_drift: Float[Array, ""] = parameter(
        0.794, (0, 1), start=(0.3, 0.95), meaning="context drift rate at recall", source=_SOURCE
    )
    shared_support: Float[Array, ""] = parameter(
        0.363,
        (0, 100),
        start=(0.01, 5),
        valid=_POSITIVE,
        meaning="old ties to other items",
        source=_SOURCE,
    )
    item_support: Float[Array, ""] = parameter(
        0.0705,
        (0, 100),
        start=(0.1, 20),
        valid=_POSITIVE,
        meaning="old ties to the own item",
        source=_SOURCE,
    )
    learning_rate: Float[Array, ""] = parameter(
        0.718,
        (0, 1),
        start=(0.05, 0.8),
        meaning="share of new ties to context",
        source=_SOURCE,
    )
    primacy_scale: Float[Array, ""] = parameter(
        1.44,
        (0, 100),
        start=(0.5, 30),
        valid=_POSITIVE,
        meaning="extra learning of the first item",
        source=_SOURCE,
    )
    primacy_decay: Float[Array, ""] = parameter(
        1.24,
        (0, 100),
        start=(0.2, 5),
        valid=_POSITIVE,
        meaning="fall of that extra over positions",
        source=_SOURCE,
    )
    stop_scale: Float[Array, ""] = parameter(
        0.00777, (0, 1), start=(0.001, 0.05), meaning="P(stop) before any recall", source=_SOURCE
    )
    stop_growth: Float[Array, ""] = parameter(
        0.29,
        (0, 10),
        start=(0.1, 0.6),
        valid=_POSITIVE,
        meaning="growth of P(stop) per recall",
        source=_SOURCE,
    )
    choice_sensitivity: Float[Array, ""] = parameter(
        5.2,
        (0, 100),
        start=(1, 10),
        valid=_POSITIVE,
        meaning="power of activation in choice (tau)",
        source=_SOURCE,
    )

    norm_floor: ClassVar[float] = _EPSILON

    @property
    def drifts(self) -> Drifts:
        """See `Drifts`."""
        return Drifts(self.encoding_drift, self.start_drift, self.recall_drift)

    @property
    def ties(self) -> Ties:
        """See `Ties`. The start unit of context supports no item before study."""
        new = self.learning_rate
        return Ties(
            item_context_old=1 - new,
            item_context_new=new,
            context_item_own=self.item_support,
            context_item_shared=self.shared_support,
            context_item_new=jnp.ones_like(new),
            primacy_scale=self.primacy_scale,
            primacy_decay=self.primacy_decay,
        )

    def evidence(self, memory: Memory) -> Float[Array, " n"]:
        """tau log(activation): a softmax of it is the power-law choice."""
        activation = self.support(memory)
        return self.choice_sensitivity * jnp.log(jnp.maximum(activation, 1e-30))

    def outcome_log_probs(
        self, evidence: Float[Array, " n"], available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Stop first; else activation^tau over the items left, each floored at 1.2e-7.

        The scale is the strongest item of the list, recalled or not, as in the published fits: it
        decides how much the floor matters.
        """
        n_left = available.sum().astype(evidence.dtype)
        left = n_left > 0
        stop = exponential_stop(self.stop_scale, self.stop_growth, count)
        stop = jnp.clip(stop, 1e-30, 1 - _EPSILON * n_left)
        strength = jnp.exp(evidence - evidence.max()) + _EPSILON
        total = jnp.where(left, jnp.sum(strength, where=available), 1)
        # Both branches of each `where` stay finite, or gradients would not be.
        items = jnp.log1p(-jnp.where(left, stop, 0)) + jnp.log(strength / total)
        return jnp.append(
            jnp.where(available, items, -jnp.inf), jnp.where(left, jnp.log(stop), 0.0)
        )
