"""Free recall as a process: at each attempt an item is chosen among those left, or recall ends.

Any model that gives the probabilities of the next event and a state after each response gets an
exact likelihood and a simulator from here. Both work on one list; `jax.vmap` them over lists,
parameter sets and seeds.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.models.parameters import check_indices

__all__ = [
    "RecallProcess",
    "event_log_probs",
    "exponential_stop",
    "recall_period",
    "simulate",
    "stop_or_choose",
]

State = TypeVar("State")


class RecallProcess(Protocol):
    """What `event_log_probs` and `simulate` need of a model."""

    def log_probs(
        self, state: Any, available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """Log-probability of each item coming next, and last, of recall ending here.

        Args:
            state: whatever `retrieve` returns.
            available: the items not yet recalled.
            count: number of items recalled so far.
        """

    def retrieve(self, state: Any, item: Int[Array, ""]) -> Any:
        """The state after the item with this 0-based index was recalled."""


class _Attempt(NamedTuple):
    """Where recall of one list stands."""

    state: Any
    available: Bool[Array, " n"]
    n_recalled: Int[Array, ""]
    active: Bool[Array, ""]


def event_log_probs(
    process: RecallProcess, state: State, recalls: Int[Array, " output"], n_items: int
) -> Float[Array, " output+1"]:
    """Log-probability of every event of one list: each response, then the end of recall.

    Args:
        process: the model.
        state: its state when recall begins.
        recalls: 1-based positions without repeats or intrusions (`Recalls.cleaned`), 0 = padding.
        n_items: number of candidates.

    Returns:
        One value per event, 0 after the end; the sum is the log-likelihood of the list.

    Raises:
        InvalidValue: if what was recalled is no candidate, unless it is traced.
    """
    check_indices("recalls", recalls, 0, n_items, also="padding")

    def step(now: _Attempt, response: Int[Array, ""]) -> tuple[_Attempt, Float[Array, ""]]:
        log_p = process.log_probs(now.state, now.available, now.n_recalled)
        chosen = jnp.where(response > 0, response - 1, n_items)
        # A masked sum instead of indexing: its gradient is a product, not a scatter.
        event = jnp.sum(log_p, where=now.active & (jnp.arange(n_items + 1) == chosen))
        return _after(process, now, chosen), event

    responses = jnp.append(recalls.astype(int), 0)
    return jax.lax.scan(step, _first_attempt(state, n_items), responses)[1]


def simulate(
    process: RecallProcess, state: State, n_items: int, *, key: PRNGKeyArray
) -> Int[Array, " n_items"]:
    """Recall one list freely.

    Args:
        process: who recalls.
        state: after study.
        n_items: of the list.
        key: of all choices.

    Returns:
        int16 1-based positions in order of output, 0 = padding.
    """
    return recall_period(process, state, n_items, n_items, key=key)[1]


def recall_period(
    process: RecallProcess, state: State, n_items: int, n_attempts: int, *, key: PRNGKeyArray
) -> tuple[State, Int[Array, " attempt"]]:
    """Recall freely, `n_attempts` items at most.

    Args:
        process: who recalls.
        state: after study.
        n_items: that can be recalled.
        n_attempts: items recalled at most.
        key: of all choices.

    Returns:
        The state in which recall ended, for models that live on, and int16 1-based items in order
        of retrieval, 0 = padding.
    """

    def step(now: _Attempt, key: PRNGKeyArray) -> tuple[_Attempt, Int[Array, ""]]:
        log_p = process.log_probs(now.state, now.available, now.n_recalled)
        chosen = jnp.where(now.active, jax.random.categorical(key, log_p), n_items)
        response = jnp.where(chosen < n_items, chosen + 1, 0).astype(jnp.int16)
        after = _after(process, now, chosen)
        return after._replace(state=_kept(now.state, after.state, after.active)), response

    keys = jax.random.split(key, n_attempts)
    last, responses = jax.lax.scan(step, _first_attempt(state, n_items), keys)
    return last.state, responses


def _kept(before: State, after: State, active: Bool[Array, ""]) -> State:
    """The state after a response; the one before where recall has ended."""

    def choose(old: Array, new: Array) -> Array:
        # What a response leaves alone stays one array for all lists of a batch.
        return old if new is old else jnp.where(active, new, old)

    return jax.tree.map(choose, before, after)


def _first_attempt(state: Any, n_items: int) -> _Attempt:
    return _Attempt(state, jnp.ones(n_items, bool), jnp.array(0), jnp.array(True))


def _after(process: RecallProcess, now: _Attempt, chosen: Int[Array, ""]) -> _Attempt:
    """Where recall stands after `chosen`; index n means that it has ended."""
    n_items = len(now.available)
    return _Attempt(
        # After the end the state is never read again: any valid index will do.
        state=process.retrieve(now.state, jnp.minimum(chosen, n_items - 1)),
        available=now.available & (jnp.arange(n_items) != chosen),
        n_recalled=now.n_recalled + 1,
        active=now.active & (chosen < n_items),
    )


def exponential_stop(
    scale: Float[Array, ""], growth: Float[Array, ""], count: Int[Array, ""]
) -> Float[Array, ""]:
    """Probability that recall ends after `count` items: scale * exp(growth * count), unclipped.

    The exponent is held below 50 so that float32 gradients stay finite.
    Source: Polyn, Norman & Kahana (2009).
    """
    n_recalled = count.astype(jnp.result_type(growth))
    return scale * jnp.exp(jnp.minimum(growth * n_recalled, 50))


def stop_or_choose(
    stop: Float[Array, ""], logits: Float[Array, " n"], available: Bool[Array, " n"]
) -> Float[Array, " n+1"]:
    """Log-probabilities of recall that ends with probability `stop`, or else goes on by softmax.

    `stop` is clipped to [1e-6, 1 - 1e-6]; with nothing left, recall ends for certain.
    """
    left = available.any()
    stop = jnp.clip(stop, 1e-6, 1 - 1e-6)
    # A softmax over nothing has no gradient: with nothing left, take it over everything.
    items = jnp.log1p(-stop) + jax.nn.log_softmax(logits, where=available | ~left)
    ended = jnp.where(left, jnp.log(stop), 0.0)
    return jnp.append(jnp.where(available, items, -jnp.inf), ended)
