"""Sources of tokens of which everything is known: what comes next, and how uncertain that is.

A source is in one of finitely many states. The state says how probable each token is, and state and
token together say what the state is next. So who has read from the start on always knows the state,
and the entropies here are sums over states, not estimates (Shannon, 1948, Bell System Technical
Journal 27, 379-423, section 7). All are in nats per token.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = [
    "Source",
    "draw_tokens",
    "entropy_profile",
    "entropy_rate",
    "log_probability",
    "make_source",
    "next_probabilities",
    "ngram_entropy",
    "stationary",
]


class Source(NamedTuple):
    """Made by `make_source`, which checks it. NumPy arrays, as sums are to be exact in float64.

    Attributes:
        probabilities: of each token in each state; rows sum to 1.
        following: state after each token in each state; -1 where that token is impossible.
        start: state before the first token.
    """

    probabilities: Float[np.ndarray, "state token"]
    following: Int[np.ndarray, "state token"]
    start: int = 0

    @property
    def n_tokens(self) -> int:
        """Tokens, possible or not."""
        return self.probabilities.shape[1]


def make_source(
    probabilities: Float[np.ndarray, "state token"],
    following: Int[np.ndarray, "state token"],
    start: int = 0,
) -> Source:
    """A source that is one.

    Raises:
        InvalidValue: for rows that are no distributions, and for states that are none.
    """
    p, following = np.asarray(probabilities, float), np.asarray(following)
    if p.ndim != 2 or p.shape != following.shape:
        raise InvalidValue(f"probabilities {p.shape}, following {following.shape}: expected alike.")
    off = ~((p >= 0).all(axis=1) & (np.abs(p.sum(axis=1) - 1) < 1e-9))
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise InvalidValue(
            f"probabilities of state {row} are {p[row]}, expected 0 or more, and a sum of 1."
        )
    reached = np.append(following[p > 0], start)
    if reached.min() < 0 or reached.max() >= len(p):
        raise InvalidValue(
            f"states {reached.min()} to {reached.max()} can be reached, expected 0 to {len(p) - 1}."
        )
    return Source(p, np.where(p > 0, following, -1), start)


# ---- entropies ----------------------------------------------------------------------------------


def entropy_rate(source: Source) -> float:
    """Entropy of the next token for who knows the source and has read for long: no loss is lower.

    Raises:
        InvalidValue: as `stationary`.
    """
    return float(stationary(source) @ _entropies(source.probabilities))


def entropy_profile(source: Source, length: int) -> Float[np.ndarray, " time"]:
    """Entropy of each of the first tokens, given all before it: the lowest loss there."""
    at, moves, found = np.eye(len(source.probabilities))[source.start], _moves(source), []
    entropies = _entropies(source.probabilities)
    for _ in range(length):
        found.append(at @ entropies)
        at = at @ moves
    return np.array(found)


def ngram_entropy(source: Source, n: int) -> float:
    """Entropy of a token given the n - 1 before it only: no n-gram model has a lower loss.

    With n = 1 that of the frequencies of tokens, with n = 2 that of a bigram model. It takes memory
    for n_tokens^(n - 1) contexts in every state.

    Raises:
        InvalidValue: for n < 1, and as `stationary`.
    """
    if n < 1:
        raise InvalidValue(f"n is {n}, expected 1 or more.")
    # How probable each context together with each state is; contexts that never occur are dropped.
    weights = stationary(source)[None]
    for _ in range(n - 1):
        weights = _extended(source, weights)
    joint = weights @ source.probabilities
    return float(_entropies(joint).sum() - _entropies(weights.sum(axis=1)[None])[0])


def stationary(source: Source) -> Float[np.ndarray, " state"]:
    """How much of a long text each state has.

    Raises:
        InvalidValue: if that depends on what came first: the states fall apart.
    """
    n = len(source.probabilities)
    equations = np.concatenate([_moves(source).T - np.eye(n), np.ones((1, n))])
    found, _, rank, _ = np.linalg.lstsq(equations, np.eye(n + 1)[n], rcond=None)
    if rank < n:
        raise InvalidValue(
            "the states of this source fall into parts that do not lead to each other; expected "
            "one part that is never left, as else there is no one entropy rate."
        )
    return np.maximum(found, 0) / np.maximum(found, 0).sum()


def _entropies(p: Float[np.ndarray, "row token"]) -> Float[np.ndarray, " row"]:
    """Of each row; a row of a joint distribution gives its part of the whole."""
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=1)


def _moves(source: Source) -> Float[np.ndarray, "state state"]:
    """Probabilities from state to state."""
    moves = np.zeros((len(source.probabilities),) * 2)
    state, token = np.nonzero(source.following >= 0)
    np.add.at(moves, (state, source.following[state, token]), source.probabilities[state, token])
    return moves


def _extended(
    source: Source, weights: Float[np.ndarray, "context state"]
) -> Float[np.ndarray, "context state"]:
    """Every context, made longer by each token that may follow it."""
    longer = np.zeros((len(weights), source.n_tokens, weights.shape[1]))
    for state, token in np.argwhere(source.following >= 0):
        after = source.following[state, token]
        longer[:, token, after] += weights[:, state] * source.probabilities[state, token]
    contexts = longer.reshape(-1, weights.shape[1])
    return contexts[contexts.any(axis=1)]


# ---- texts --------------------------------------------------------------------------------------


def draw_tokens(
    source: Source, n: int, length: int, *, key: PRNGKeyArray
) -> Int[Array, "n length"]:
    """Texts from the start on, independent of each other.

    Raises:
        InvalidValue: for sizes below 1.
    """
    for name, size in (("n", n), ("length", length)):
        if size < 1:
            raise InvalidValue(f"{name} is {size}, expected 1 or more.")
    with np.errstate(divide="ignore"):
        logits = jnp.asarray(np.log(source.probabilities), float)
    start = jnp.full(n, source.start)
    return _draw(logits, jnp.asarray(source.following), start, jax.random.split(key, length))


@jax.jit
def _draw(logits: Array, following: Array, start: Array, keys: PRNGKeyArray) -> Array:
    def say(state: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
        token = jax.random.categorical(key, logits[state])
        return following[state, token], token

    return jax.lax.scan(say, start, keys)[1].T


def log_probability(
    source: Source, tokens: Int[Array, "*batch time"]
) -> Float[np.ndarray, "*batch time"]:
    """Logarithm of the probability of each token, given all before it, from the start on.

    -inf for a token that is impossible, and NaN after it, where nothing is defined any more.

    Raises:
        InvalidValue: for tokens that the source does not have.
    """
    said = np.asarray(tokens)
    states = _states(source, said)[..., :-1]
    with np.errstate(divide="ignore"):
        found = np.log(source.probabilities[np.maximum(states, 0), said])
    return np.where(states < 0, np.nan, found)


def next_probabilities(
    source: Source, tokens: Int[Array, "*batch time"]
) -> Float[np.ndarray, "*batch time token"]:
    """The distribution of what follows each token, given it and all before it, from the start on.

    NaN from a token on that is impossible.

    Raises:
        InvalidValue: for tokens that the source does not have.
    """
    states = _states(source, np.asarray(tokens))[..., 1:]
    known = source.probabilities[np.maximum(states, 0)]
    return np.where((states < 0)[..., None], np.nan, known)


def _states(
    source: Source, tokens: Int[np.ndarray, "*batch time"]
) -> Int[np.ndarray, "*batch time+1"]:
    """The state before each token, and after the last; -1 once something impossible was said."""
    if tokens.min(initial=0) < 0 or tokens.max(initial=0) >= source.n_tokens:
        raise InvalidValue(
            f"tokens from {tokens.min()} to {tokens.max()}, expected 0 to {source.n_tokens - 1}."
        )
    states = np.full((*tokens.shape[:-1], tokens.shape[-1] + 1), source.start)
    for t in range(tokens.shape[-1]):
        now = states[..., t]
        states[..., t + 1] = np.where(now < 0, -1, source.following[now, tokens[..., t]])
    return states
