"""Retrieved-context theory: the machinery that TCM and the versions of CMR share.

Items are one-hot; context has one unit per item and one for the start of the list. Context drifts
by taking in what each item brings to mind, items and context are tied by two Hebbian matrices,
and context is the cue of recall. The models of this family differ only in the strengths of those
ties (`Ties`), in how they choose, and in when they stop.

Source: Howard & Kahana (2002); Polyn, Norman & Kahana (2009).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.models.recall_process import event_log_probs, simulate

__all__ = ["Drifts", "Memory", "RetrievedContext", "Rho", "Ties", "drift", "unit_length"]

Rho = Literal["dot", "elementwise"]
"""Overlap used in rho: the published dot product, or the element-wise product (a vector) that one
public toolkit computes. They agree while items are new and part at recall."""


class Drifts(NamedTuple):
    """How fast context takes in what is studied, the start of the list, and what is recalled."""

    study: Float[Array, ""]
    start: Float[Array, ""]
    recall: Float[Array, ""]


class Ties(NamedTuple):
    """How strongly items and context are tied, before the experiment and by study."""

    item_context_old: Float[Array, ""]  # item -> its own context unit
    item_context_new: Float[Array, ""]  # item -> context at study
    context_item_own: Float[Array, ""]  # context unit -> its own item
    context_item_shared: Float[Array, ""]  # context unit -> every other item
    context_item_new: Float[Array, ""]  # context at study -> item
    primacy_scale: Float[Array, ""]  # added to the former for the first item ...
    primacy_decay: Float[Array, ""]  # ... and falling off exponentially over the list


class Memory(NamedTuple):
    """The state of mind of one person with one list: what is tied to what, and what is in mind."""

    context: Float[Array, " n+1"]
    item_context: Float[Array, "n n+1"]  # M^FC
    context_item: Float[Array, "n n+1"]  # M^CF, one row per item
    similarity: Float[Array, "n n"] | None
    previous: Float[Array, " n"]  # one-hot of the item just recalled; zero before the first
    n_studied: Float[Array, ""]


class RetrievedContext(eqx.Module):
    """A model of this family. Implement the abstract members; study and recall are inherited."""

    rho: Rho = eqx.field(static=True, default="dot")

    norm_floor: ClassVar[float] = 0.0

    @property
    @abstractmethod
    def drifts(self) -> Drifts:
        """Drift rates of context, from the model's own parameters."""

    @property
    @abstractmethod
    def ties(self) -> Ties:
        """Strengths before and by study, from the model's own parameters."""

    @property
    def dtype(self) -> Any:
        """Precision of the parameters, and so of everything computed from them."""
        return jnp.result_type(*jax.tree.leaves(self))

    @abstractmethod
    def evidence(self, memory: Memory) -> Float[Array, " n"]:
        """Evidence for each item, on the scale on which the model's own choice is a softmax."""

    @abstractmethod
    def outcome_log_probs(
        self, evidence: Float[Array, " n"], available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """The model's own rule: log-probability of each item next and, last, of stopping."""

    def begin(self, n_items: int, similarity: Float[Array, "n n"] | None = None) -> Memory:
        """Memory before the list: only the start unit of context is active.

        Args:
            n_items: number of different items.
            similarity: semantic similarity of the items, if the model is to use it.
        """
        ties, dtype = self.ties, self.dtype
        own, start = jnp.eye(n_items, n_items + 1, dtype=dtype), _start_unit(n_items, dtype)
        shared = ties.context_item_shared * (1 - own - start[None, :])
        return Memory(
            context=start,
            item_context=ties.item_context_old * own,
            context_item=ties.context_item_own * own + shared,
            similarity=similarity,
            previous=jnp.zeros(n_items, dtype),
            n_studied=jnp.zeros((), dtype),
        )

    def study(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """Memory after one item was studied: context takes it in, then both ties grow."""
        ties, cue = self.ties, self._cue(memory, item)
        incoming = unit_length(cue @ memory.item_context, self.norm_floor)
        context = self._drift(memory, incoming, self.drifts.study)
        primacy = ties.primacy_scale * jnp.exp(-ties.primacy_decay * memory.n_studied)
        bound = jnp.outer(cue, context)
        return memory._replace(
            context=context,
            item_context=memory.item_context + ties.item_context_new * bound,
            context_item=memory.context_item + (ties.context_item_new + primacy) * bound,
            n_studied=memory.n_studied + 1,
        )

    def begin_recall(self, memory: Memory) -> Memory:
        """The state in which recall begins: the start of the list comes back to mind."""
        start = _start_unit(len(memory.previous), memory.context.dtype)
        start = unit_length(start, self.norm_floor)
        context = self._drift(memory, start, self.drifts.start)
        return memory._replace(context=context, previous=jnp.zeros_like(memory.previous))

    def retrieve(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """The state after an item was recalled: it brings back its context. Nothing is learnt."""
        cue = self._cue(memory, item)
        # All rows, not the one: they are the same for every list of a batch, and so cost nothing.
        incoming = cue @ unit_length(memory.item_context, self.norm_floor)
        context = self._drift(memory, incoming, self.drifts.recall)
        return memory._replace(context=context, previous=cue)

    def log_probs(
        self, memory: Memory, available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Log-probability of each item coming next and, last, of recall ending."""
        return self.outcome_log_probs(self.evidence(memory), available, count)

    def study_list(self, n_items: int, similarity: Float[Array, "n n"] | None = None) -> Memory:
        """Study items 0 .. n-1 once, in order, and turn to recall."""
        memory, _ = jax.lax.scan(
            lambda memory, item: (self.study(memory, item), None),
            self.begin(n_items, similarity),
            jnp.arange(n_items),
        )
        return self.begin_recall(memory)

    def log_likelihood(
        self,
        recalls: Int[Array, " output"],
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
    ) -> Float[Array, ""]:
        """Exact log-likelihood (nats) of one list.

        Args:
            recalls: 1-based positions without repeats and intrusions, 0 = padding.
            n_items: list length.
            similarity: see `begin`.
        """
        memory = self.study_list(n_items, similarity)
        return event_log_probs(self, memory, recalls, n_items).sum()

    def simulate(
        self,
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        key: PRNGKeyArray,
    ) -> Int[Array, " n_items"]:
        """Study one list and recall it: 1-based positions in order of output, 0 = padding."""
        return simulate(self, self.study_list(n_items, similarity), n_items, key=key)

    def _cue(self, memory: Memory, item: Int[Array, ""]) -> Float[Array, " n"]:
        return jax.nn.one_hot(item, len(memory.previous), dtype=memory.previous.dtype)

    def _drift(self, memory: Memory, incoming: Array, rate: Any) -> Float[Array, " n+1"]:
        return drift(memory.context, incoming, rate, rho=self.rho, norm_floor=self.norm_floor)


def drift(
    context: Float[Array, " c"],
    incoming: Float[Array, " c"],
    rate: Float[Array, ""],
    *,
    rho: Rho = "dot",
    norm_floor: float = 0.0,
) -> Float[Array, " c"]:
    """Context after it took in an input of unit length: rho c + rate c_in, of unit length.

    rho is the root that keeps the length at 1 (Howard & Kahana 2002, Eq. 1-3). With
    `rho="elementwise"` the overlap is c * c_in, unit by unit, which makes rho a vector; the result
    is then normalised.
    """
    overlap = context * incoming if rho == "elementwise" else context @ incoming
    # The radicand is 0 at rate 1 without overlap; its root has no gradient there.
    radicand = jnp.maximum(1 + rate**2 * (overlap**2 - 1), jnp.finfo(context.dtype).tiny)
    kept = jnp.sqrt(radicand) - rate * overlap
    return unit_length(kept * context + rate * incoming, norm_floor)


def unit_length(vectors: Float[Array, "... c"], floor: float = 0.0) -> Float[Array, "... c"]:
    """Vectors scaled to length 1 along the last axis; a zero vector stays zero."""
    squared = jnp.sum(vectors**2, axis=-1, keepdims=True) + floor
    return vectors / jnp.sqrt(jnp.where(squared > 0, squared, 1))


def _start_unit(n_items: int, dtype: Any) -> Float[Array, " n+1"]:
    return jax.nn.one_hot(n_items, n_items + 1, dtype=dtype)
