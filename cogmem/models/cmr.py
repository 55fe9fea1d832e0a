"""CMR: the context maintenance and retrieval model of free recall.

This is the list version with softmax choice. `SupportCMR` (support_cmr.py) is the version with
power-law choice and pre-experimental support; `TCM` (tcm.py) is the ancestor of both.
"""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from cogmem.models.card import Card
from cogmem.models.parameters import parameter
from cogmem.models.recall_process import exponential_stop
from cogmem.models.retrieved_context import Drifts, Memory, RetrievedContext, Ties

__all__ = ["CARD", "CMR"]

CARD = Card(
    name="cmr",
    title="CMR, list version with softmax choice",
    paper="Polyn, Norman & Kahana (2009)",
    equations="Polyn et al. Eq. 1-4 in the conventions of Morton & Polyn (2016): factor 2 in the "
    "softmax, primacy on context-to-item learning, exponential stopping rule, event floor 1e-5",
    left_out="the source region of context (source_cmr), prior-list intrusions (cmr2)",
    vectors="every cymr_* parameter set of human_reference.npz, per list, to 1e-9 (float64)",
    reproduced=("log-likelihoods of an independent implementation on Morton et al. (2013)",),
    not_reproduced=(
        "the published parameter estimates: not refitted",
        "repeated words in mixed lists (Lohnas & Kahana 2014): they gain with spacing, as people's "
        "do, but are recalled too often, massed ones above all",
    ),
    bibtex="""@article{polyn2009context,
  author = {Polyn, Sean M. and Norman, Kenneth A. and Kahana, Michael J.},
  title = {A context maintenance and retrieval model of organizational processes in free recall},
  journal = {Psychological Review}, volume = {116}, number = {1}, pages = {129--156}, year = {2009}
}""",
)

_SOURCE = "Polyn, Norman & Kahana (2009); Morton & Polyn (2016)"


class CMR(RetrievedContext):
    """CMR with one-hot items and softmax choice (Polyn et al. 2009; Morton & Polyn 2016)."""

    encoding_drift: Float[Array, ""] = parameter(
        0.7, (0, 1), meaning="context drift rate at study (B_enc)", source=_SOURCE
    )
    start_drift: Float[Array, ""] = parameter(
        0.2, (0, 1), meaning="return of the start-of-list context (B_start)", source=_SOURCE
    )
    recall_drift: Float[Array, ""] = parameter(
        0.8, (0, 1), meaning="context drift rate at recall (B_rec)", source=_SOURCE
    )
    item_context_learning: Float[Array, ""] = parameter(
        0.4, (0, 1), meaning="share of new item-to-context ties (L_FC)", source=_SOURCE
    )
    context_item_learning: Float[Array, ""] = parameter(
        0.3, (0, 1), meaning="share of new context-to-item ties (L_CF)", source=_SOURCE
    )
    primacy_scale: Float[Array, ""] = parameter(
        2.0,
        (0, 10),
        valid=(0, np.inf),
        meaning="extra learning of the first item (P1)",
        source=_SOURCE,
    )
    primacy_decay: Float[Array, ""] = parameter(
        1.0,
        (0, 5),
        valid=(0, np.inf),
        meaning="fall of that extra over positions (P2)",
        source=_SOURCE,
    )
    temperature: Float[Array, ""] = parameter(
        0.35,
        (0.01, 1),
        valid=(1e-6, np.inf),
        meaning="noise of the softmax choice (T)",
        source=_SOURCE,
    )
    stop_scale: Float[Array, ""] = parameter(
        0.005,
        (0, 0.5),
        start=(0.001, 0.1),
        valid=(0, 1),
        meaning="P(stop) at first (X1)",
        source=_SOURCE,
    )
    stop_growth: Float[Array, ""] = parameter(
        0.3,
        (0, 1),
        valid=(0, np.inf),
        meaning="growth of P(stop) per recall (X2)",
        source=_SOURCE,
    )
    similarity_weight: Float[Array, ""] = parameter(
        0.0,
        (0, 10),
        start=(0.01, 1),
        valid=(0, np.inf),
        meaning="weight of semantic similarity (s)",
        source=_SOURCE,
    )

    support_floor: ClassVar[float] = 1e-6
    event_floor: ClassVar[float] = 1e-5

    @property
    def drifts(self) -> Drifts:
        """See `Drifts`."""
        return Drifts(self.encoding_drift, self.start_drift, self.recall_drift)

    @property
    def ties(self) -> Ties:
        """See `Ties`."""
        new_fc, new_cf = self.item_context_learning, self.context_item_learning
        return Ties(
            item_context_old=1 - new_fc,
            item_context_new=new_fc,
            context_item_own=1 - new_cf,
            context_item_shared=jnp.zeros_like(new_cf),
            context_item_new=new_cf,
            primacy_scale=self.primacy_scale,
            primacy_decay=self.primacy_decay,
        )

    def evidence(self, memory: Memory) -> Float[Array, " n"]:
        """Support of each item, f = M^CF c + s similarity to the last item, times 2."""
        support = self.support(memory)
        if memory.similarity is not None:
            support = support + self.similarity_weight * (memory.previous @ memory.similarity)
        return 2 * jnp.maximum(support, self.support_floor)

    def outcome_log_probs(
        self, evidence: Float[Array, " n"], available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Stop first with X1 exp(X2 j); else softmax over the items left. Floored at 1e-5."""
        left = available.any()
        stop = jnp.clip(exponential_stop(self.stop_scale, self.stop_growth, count), 1e-6, 1 - 1e-6)
        stop = jnp.where(left, stop, 1.0)
        scaled = evidence / jnp.maximum(self.temperature, 1e-6)
        chosen = jax.nn.softmax(scaled, where=available | ~left)
        items, ended = (1 - stop) * jnp.where(available, chosen, 0), stop
        items, ended = (jnp.log(jnp.clip(p, self.event_floor, 1)) for p in (items, ended))
        # The floor is for unlikely events: a word that is gone stays impossible.
        return jnp.append(jnp.where(available, items, -jnp.inf), ended)
