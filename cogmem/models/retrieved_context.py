"""Retrieved-context theory: the machinery that TCM and the versions of CMR share.

Context has a unit for each item and one for the start of the list; or, where items have features
(`Patterns`), a unit for each feature. It drifts by taking in what each item brings to mind, items
and context are tied by two Hebbian matrices, and context is the cue of recall. The models of this
family differ in the strengths of those ties (`Ties`), in how they choose, in when they stop, and
in what else moves context: a shift of task (source_cmr.py), the end of a list (cmr2.py).

Source: Howard & Kahana (2002); Polyn, Norman & Kahana (2009); Morton & Polyn (2016).
"""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_indices, check_values
from cogmem.models.recall_process import event_log_probs, simulate

__all__ = [
    "Drifts",
    "Learning",
    "Memory",
    "Patterns",
    "RetrievedContext",
    "Rho",
    "Source",
    "Ties",
    "bind",
    "break_unit",
    "drift",
    "unit_length",
]

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


class Learning(NamedTuple):
    """How much one experience adds to the two ties."""

    item_context: Float[Array, ""]
    context_item: Float[Array, ""]


class Patterns(NamedTuple):
    """What items share before the experiment: features, each with a unit of context of its own.

    Rows are items. One-hot rows make items unrelated. Rows of unit length keep the strengths of
    `Ties` comparable between items; the way from item to context is normalised anyway. Either way
    may have features while the other is one-hot.

    Source: Morton & Polyn (2016), distributed representations.
    """

    item_context: Float[Array, "n f"]  # in place of the identity in M^FC
    context_item: Float[Array, "n f"]  # in place of the identity in M^CF

    @classmethod
    def one_hot(cls, n_items: int, dtype: Any) -> Patterns:
        """Unrelated items: feature k is item k."""
        identity = jnp.eye(n_items, dtype=dtype)
        return cls(identity, identity)


class Source(NamedTuple):
    """The region of context that holds the source, or task, of what is studied."""

    context: Float[Array, " s"]
    item_context: Float[Array, "n s"]
    context_item: Float[Array, "n s"]
    features: Float[Array, "position s"]  # one-hot task of each presentation


class Memory(NamedTuple):
    """The state of mind of one person with one list: what is tied to what, and what is in mind.

    The c units of context are one for each feature, one for the start of the (first) list, and one
    for each break, see `RetrievedContext.begin`.
    """

    context: Float[Array, " c"]
    item_context: Float[Array, "n c"]  # M^FC
    context_item: Float[Array, "n c"]  # M^CF, one row per item
    start: Float[Array, " c"]  # what comes back to mind when recall begins
    similarity: Float[Array, "n n"] | None
    previous: Float[Array, " n"]  # one-hot of the item just recalled; zero before the first
    n_studied: Float[Array, ""]  # presentations, repetitions included
    source: Source | None = None


Layer = TypeVar("Layer", Memory, Source)


class RetrievedContext(eqx.Module):
    """A model of this family. Implement the abstract members; study and recall are inherited."""

    rho: Rho = eqx.field(static=True, default="dot")

    norm_floor: ClassVar[float] = 0.0

    def __check_init__(self) -> None:
        check_values(self)

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

    def begin(
        self,
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        patterns: Patterns | None = None,
        n_breaks: int = 0,
    ) -> Memory:
        """Memory before the list: only the start unit of context is active.

        Args:
            n_items: number of different items.
            similarity: semantic similarity of the items, if the model is to use it.
            patterns: features of the items; one-hot if None. Shared support (`Ties`) then comes
                from features in so far as the item lacks them.
            n_breaks: units of context for events that are no item, see `break_unit`.

        Raises:
            InvalidValue: if there is no item, or what is told of the items is of another number.
        """
        ties, dtype = self.ties, self.dtype
        _check_items(n_items, similarity, patterns)
        if patterns is None:
            patterns = Patterns.one_hot(n_items, dtype)
        n_features = patterns.item_context.shape[-1]
        shared = ties.context_item_shared * (1 - patterns.context_item)
        before = ties.context_item_own * patterns.context_item + shared
        others = ((0, 0), (0, 1 + n_breaks))  # the start and the breaks are tied to no item yet
        start = jax.nn.one_hot(n_features, n_features + 1 + n_breaks, dtype=dtype)
        return Memory(
            context=start,
            item_context=jnp.pad(ties.item_context_old * patterns.item_context, others),
            context_item=jnp.pad(before, others),
            start=start,
            similarity=similarity,
            previous=jnp.zeros(n_items, dtype),
            n_studied=jnp.zeros((), dtype),
        )

    def study(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """Memory after one item was studied: context takes it in, then both ties grow.

        An item that was studied before brings back the context of then, mixed with its own units,
        and is bound again, now to what has become of context.

        Raises:
            InvalidValue: if there is no such item, unless it is traced.
        """
        check_indices("item", item, 0, len(memory.previous) - 1)
        cue = self._cue(memory, item)
        incoming = unit_length(cue @ memory.item_context, self.norm_floor)
        memory = self.take_in(memory, incoming, self.drifts.study)
        memory = bind(memory, cue, self.learning(memory))
        return memory._replace(n_studied=memory.n_studied + 1)

    def learning(self, memory: Memory) -> Learning:
        """What the next presentation adds to the ties; primacy acts on those from context."""
        ties = self.ties
        primacy = ties.primacy_scale * jnp.exp(-ties.primacy_decay * memory.n_studied)
        return Learning(ties.item_context_new, ties.context_item_new + primacy)

    def begin_recall(self, memory: Memory) -> Memory:
        """The state in which recall begins: the start of the list comes back to mind."""
        start = unit_length(memory.start, self.norm_floor)
        memory = self.take_in(memory, start, self.drifts.start)
        return memory._replace(previous=jnp.zeros_like(memory.previous))

    def support(self, memory: Memory) -> Float[Array, " n"]:
        """How strongly context calls up each item, M^CF c."""
        return memory.context_item @ memory.context

    def retrieve(self, memory: Memory, item: Int[Array, ""]) -> Memory:
        """The state after an item was recalled: it brings back its context. Nothing is learnt."""
        cue = self._cue(memory, item)
        memory = self.take_in(memory, self.brought_back(memory, cue), self.drifts.recall)
        return memory._replace(previous=cue)

    def brought_back(self, layer: Layer, cue: Float[Array, " n"]) -> Float[Array, " c"]:
        """The context, of unit length, that an item brings back to mind at recall."""
        # All rows, not the one: they are the same for every list of a batch, and so cost nothing.
        return cue @ unit_length(layer.item_context, self.norm_floor)

    def take_in(self, layer: Layer, incoming: Float[Array, " c"], rate: Any) -> Layer:
        """The layer after its context drifted towards an input of unit length."""
        how: dict[str, Any] = {"rho": self.rho, "norm_floor": self.norm_floor}
        return layer._replace(context=drift(layer.context, incoming, rate, **how))

    def log_probs(
        self, memory: Memory, available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Log-probability of each item coming next and, last, of recall ending."""
        return self.outcome_log_probs(self.evidence(memory), available, count)

    def study_list(
        self,
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        order: Int[Array, " position"] | None = None,
        **about: Any,
    ) -> Memory:
        """Study one list and turn to recall.

        Args:
            n_items: number of different items.
            similarity: see `begin`.
            order: 0-based item at each position, repetitions allowed; if None, items 0 .. n-1 once.
            **about: what else `begin` is told of the items, such as `patterns`.
        """
        memory = self.begin(n_items, similarity, **about)
        return self.study_all(memory, jnp.arange(n_items) if order is None else order)

    def study_all(self, memory: Memory, order: Int[Array, " position"]) -> Memory:
        """Study items one after another, and turn to recall.

        Raises:
            InvalidValue: if there is no such item, unless the order is traced.
        """
        check_indices("order", order, 0, len(memory.previous) - 1)
        memory, _ = jax.lax.scan(
            lambda memory, item: (self.study(memory, item), None), memory, order
        )
        return self.begin_recall(memory)

    def log_likelihood(
        self,
        recalls: Int[Array, " output"],
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        **study: Any,
    ) -> Float[Array, ""]:
        """Exact log-likelihood (nats) of one list.

        Args:
            recalls: 1-based items without repeats and intrusions, 0 = padding. Where each item is
                studied once and in order, items are serial positions.
            n_items: number of different items.
            similarity: see `begin`.
            **study: further arguments of `study_list`.

        Raises:
            InvalidValue: if what was studied or recalled is no item of the list, unless it is
                traced; see also `begin`.
        """
        memory = self.study_list(n_items, similarity, **study)
        return event_log_probs(self, memory, recalls, n_items).sum()

    def simulate(
        self,
        n_items: int,
        similarity: Float[Array, "n n"] | None = None,
        *,
        key: PRNGKeyArray,
        **study: Any,
    ) -> Int[Array, " n_items"]:
        """Study one list and recall it: 1-based items in order of output, 0 = padding."""
        memory = self.study_list(n_items, similarity, **study)
        return simulate(self, memory, n_items, key=key)

    def _cue(self, memory: Memory, item: Int[Array, ""]) -> Float[Array, " n"]:
        return jax.nn.one_hot(item, len(memory.previous), dtype=memory.previous.dtype)


def _check_items(n_items: int, similarity: Array | None, patterns: Patterns | None) -> None:
    if not isinstance(n_items, Integral) or n_items < 1:
        raise InvalidValue(f"n_items is {n_items!r}, expected a whole number, 1 or more.")
    if similarity is not None and jnp.shape(similarity) != (n_items, n_items):
        given, wanted = list(jnp.shape(similarity)), [n_items, n_items]
        raise InvalidValue(f"similarity is of shape {given}, expected {wanted}: item by item.")
    for name, rows in {} if patterns is None else patterns._asdict().items():
        if jnp.ndim(rows) != 2 or len(rows) != n_items:
            given = list(jnp.shape(rows))
            raise InvalidValue(f"{name} of the patterns is {given}, expected {n_items} rows.")


def bind(layer: Layer, cue: Float[Array, " n"], learning: Learning) -> Layer:
    """The layer after an item and its context of now were tied, both ways (Hebb's rule)."""
    bound = jnp.outer(cue, layer.context)
    return layer._replace(
        item_context=layer.item_context + learning.item_context * bound,
        context_item=layer.context_item + learning.context_item * bound,
    )


def break_unit(memory: Memory, number: Int[Array, ""] | int) -> Float[Array, " c"]:
    """The unit of context of the `number`-th break, from 1, after the start of this list.

    A break is an event that is like no item: something else to do, or the end of a list.
    """
    return jnp.roll(memory.start, number)


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

    Args:
        context: c, before.
        incoming: c_in, of unit length.
        rate: of drift, 0 to 1.
        rho: how the overlap is taken.
        norm_floor: added to the squared length before its root is taken.
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
