"""TCM: the temporal context model, the ancestor of CMR (cmr.py, support_cmr.py).

One drift rate for study and recall, no return of the start of the list, no primacy, no
pre-experimental ties from context to items.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from cogmem.models.card import Card
from cogmem.models.parameters import parameter
from cogmem.models.recall_process import exponential_stop, stop_or_choose
from cogmem.models.retrieved_context import Drifts, Memory, RetrievedContext, Ties

__all__ = ["CARD", "TCM"]

CARD = Card(
    name="tcm",
    title="TCM, the temporal context model",
    paper="Howard & Kahana (2002)",
    equations="context drift (Eq. 1-3), Hebbian context-to-item ties, retrieved context as the mix "
    "of old (1 - gamma) and new (gamma) ties, Luce choice softmax(2 a / tau)",
    left_out="continual distraction; the paper has no stopping rule, so CMR's is added (declared)",
    vectors="none published; equals CMR with L_CF = 1, P1 = 0, B_start = 0, B_enc = B_rec, to 1e-5",
    reproduced=("recency and forward-asymmetric contiguity, qualitatively",),
    not_reproduced=("primacy: the model has none, and people do",),
    bibtex="""@article{howard2002distributed,
  author = {Howard, Marc W. and Kahana, Michael J.},
  title = {A distributed representation of temporal context},
  journal = {Journal of Mathematical Psychology},
  volume = {46}, number = {3}, pages = {269--299}, year = {2002}
}""",
)

_SOURCE = "Howard & Kahana (2002)"
_ADDED = "stopping rule of Polyn, Norman & Kahana (2009), added here"


class TCM(RetrievedContext):
    """The temporal context model of free recall (Howard & Kahana 2002).

    The default values are a maximum-likelihood fit to all lists of the PEERS no-task data taken as
    one person's.
    """

    drift: Float[Array, ""] = parameter(
        0.814, (0, 1), start=(0.2, 0.9), meaning="context drift rate (beta)", source=_SOURCE
    )
    learning_rate: Float[Array, ""] = parameter(
        0.748, (0, 1), start=(0.1, 0.8), meaning="share of new ties to context", source=_SOURCE
    )
    temperature: Float[Array, ""] = parameter(
        0.479,
        (0.01, 10),
        start=(0.05, 1),
        valid=(1e-6, np.inf),
        meaning="noise of the Luce choice (tau)",
        source=_SOURCE,
    )
    stop_scale: Float[Array, ""] = parameter(
        0.00778, (0, 1), start=(0.001, 0.05), meaning="P(stop) before any recall", source=_ADDED
    )
    stop_growth: Float[Array, ""] = parameter(
        0.29,
        (0, 10),
        start=(0.1, 0.6),
        valid=(0, np.inf),
        meaning="growth of P(stop) per recall",
        source=_ADDED,
    )

    @property
    def drifts(self) -> Drifts:
        """One rate at study and recall; recall begins in the context in which study ended."""
        return Drifts(study=self.drift, start=jnp.zeros_like(self.drift), recall=self.drift)

    @property
    def ties(self) -> Ties:
        """See `Ties`: context reaches items by study only, alike for all positions."""
        new = self.learning_rate
        none, full = jnp.zeros_like(new), jnp.ones_like(new)
        return Ties(1 - new, new, none, none, full, primacy_scale=none, primacy_decay=none)

    def evidence(self, memory: Memory) -> Float[Array, " n"]:
        """Retrieval strength a = M^TF t (Howard & Kahana 2002, Eq. 4)."""
        return self.support(memory)

    def outcome_log_probs(
        self, evidence: Float[Array, " n"], available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """softmax(2 a / tau) over the items left, after the (added) stopping rule."""
        stop = exponential_stop(self.stop_scale, self.stop_growth, count)
        return stop_or_choose(stop, 2 * evidence / self.temperature, available)
