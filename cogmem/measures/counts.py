"""What is counted in one list: how often something happened, and how often it could have.

Every function takes the responses of ONE list and its length and returns whole numbers, so that
counts can be added over lists before anything is divided. `jax.vmap` them over lists, subjects,
models and seeds; `list_length` is a static size.

Responses are 1-based serial positions; 0 is padding, -1 an intrusion, -2 (`PRIOR_LIST`) an
intrusion known to come from an earlier list. Raw sequences are what is wanted: repeats and
intrusions are part of the definitions.

All of it follows from one vector, *when* each position was first recalled:

- p -> q is a counted transition iff q was first recalled at the very response after p's first
  recall. A repeat or an intrusion in between leaves no such pair: it breaks the chain.
- q was possible at that transition iff it was not recalled up to then.

These L x L tables are the sums over responses of (first recall of p) x (first recall of q next)
and (first recall of p) x (q still available), without the products being formed.

Definitions: Kahana (1996), Memory & Cognition 24, 103-109; Howard & Kahana (1999), JEP:LMC 25,
923-941 (probability of n-th recall); Polyn, Norman & Kahana (2009), Psychological Review 116,
129-156 (temporal factor, here lag rank).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

__all__ = [
    "PRIOR_LIST",
    "Counts",
    "correct",
    "input_crp",
    "intrusions",
    "lag_crp",
    "lag_rank",
    "pfr",
    "pnr",
    "repeats",
    "spc",
]

PRIOR_LIST = -2

Responses = Int[Array, " output"]
Integers = Int[Array | np.ndarray, "*shape"]


class Counts(NamedTuple):
    """How often something happened and how often it could have, as integers of one shape."""

    actual: Integers
    possible: Integers


def spc(recalls: Responses, list_length: int) -> Counts:
    """Whether each position was recalled, of one list studied.

    Returns:
        Counts [position].
    """
    recalled = _when(recalls, list_length) < recalls.size
    return _counts(recalled, jnp.ones_like(recalled))


def pnr(recalls: Responses, list_length: int) -> Counts:
    """Which position was the n-th recalled, intrusions and repeats not being numbered.

    Returns:
        Counts [output, position]; possible where an n-th recall was made while the position was
        still to be recalled.
    """
    when = _when(recalls, list_length)
    recalled = when < recalls.size
    number = _sum(when[None, :] <= when[:, None], axis=1)
    number = jnp.where(recalled, number, list_length + 1)[None, :]
    nth = _positions(list_length)[:, None]
    return _counts(nth == number, (nth <= _sum(recalled)) & (nth <= number))


def pfr(recalls: Responses, list_length: int) -> Counts:
    """Which position was recalled first; possible in lists with at least one correct recall.

    Returns:
        Counts [position], the first row of `pnr`.
    """
    every = pnr(recalls, list_length)
    return Counts(every.actual[0], every.possible[0])


def input_crp(recalls: Responses, list_length: int) -> Counts:
    """Transitions made and possible between every two positions.

    Returns:
        Counts [from position, to position].
    """
    return _counts(*_transitions(recalls, list_length))


def lag_crp(recalls: Responses, list_length: int) -> Counts:
    """Transitions made and possible at every lag, to-position minus from-position.

    Returns:
        Counts [lag], from -(list_length - 1) to list_length - 1. Lag 0 is never possible.
    """
    made, possible = input_crp(recalls, list_length)
    return Counts(_sum_diagonals(made), _sum_diagonals(possible))


def lag_rank(recalls: Responses, list_length: int) -> Counts:
    """Ranks of |lag| at the transitions, kept apart by the number m of possible positions.

    A transition with rank k (1 = farthest, ties averaged) has the percentile (k - 1) / (m - 1).
    Twice k - 1 is whole, so that means over any number of transitions can be exact.

    Returns:
        Counts [m - 1], m from 1 to list_length - 1: actual is the sum of 2 (k - 1), possible the
        number of transitions. m = 1 has no percentile.
    """
    made, possible = _transitions(recalls, list_length)
    position = _positions(list_length)
    distance = jnp.abs(position[:, None] - position[None, :])
    chosen = _sum(jnp.where(made, distance, 0), axis=1)[:, None]
    farther = _sum(possible & (distance > chosen), axis=1)
    as_far = _sum(possible & (distance >= chosen), axis=1)
    of_size = _sum(possible, axis=1)[:, None] == position[None, :-1]
    twice = _sum(jnp.where(of_size, (farther + as_far - 1)[:, None], 0), axis=0)
    return _counts(twice, _sum(of_size, axis=0))


def correct(recalls: Responses, list_length: int) -> Counts:
    """Positions recalled in one list. Scalar counts."""
    recalled = _when(recalls, list_length) < recalls.size
    return _counts(_sum(recalled), jnp.array(1))


def repeats(recalls: Responses, list_length: int) -> Counts:
    """Responses that name a position again, in one list. Scalar counts."""
    recalled = _when(recalls, list_length) < recalls.size
    return _counts(_sum(recalls > 0) - _sum(recalled), jnp.array(1))


def intrusions(recalls: Responses, list_length: int) -> Counts:
    """Responses from earlier lists (-2) and from none (-1), in one list.

    Returns:
        Counts [kind], prior-list then extra-list.
    """
    kinds = jnp.array([PRIOR_LIST, -1], recalls.dtype)
    count = _sum(recalls[:, None] == kinds[None, :], axis=0)
    return _counts(count, jnp.ones_like(count))


def _when(recalls: Responses, list_length: int) -> Int[Array, " position"]:
    """Index of the response that first names each position; two past the last if none does."""
    named = recalls.astype(jnp.int32)[:, None] == _positions(list_length)[None, :]
    # Two past, not one: else the last response would seem to be followed by every position left.
    never = recalls.size + 1
    response = jnp.arange(recalls.size, dtype=jnp.int32)[:, None]
    return jnp.where(named, response, never).min(axis=0, initial=never)


def _transitions(
    recalls: Responses, list_length: int
) -> tuple[Bool[Array, "start end"], Bool[Array, "start end"]]:
    """Transitions made, and those possible wherever one was made."""
    when = _when(recalls, list_length)
    made = when[None, :] == when[:, None] + 1
    later = when[None, :] > when[:, None]
    return made, later & made.any(axis=1, keepdims=True)


def _sum_diagonals(table: Integers) -> Int[Array, " lag"]:
    """Sums of a square table along end - start, from lowest to highest."""
    size = len(table)
    # Row by row, shifted into place: XLA fuses it into one pass, 3x a reshape at 24 words.
    rows = (jnp.pad(table[p], (size - 1 - p, p)) for p in range(size))
    return sum(rows, start=jnp.zeros(2 * size - 1, jnp.int32))


def _positions(list_length: int) -> Int[Array, " position"]:
    return jnp.arange(1, list_length + 1, dtype=jnp.int32)


def _sum(values: Array, axis: int | None = None) -> Int[Array, "*rest"]:
    return jnp.sum(values, axis=axis, dtype=jnp.int32)


def _counts(actual: Array, possible: Array) -> Counts:
    return Counts(actual.astype(jnp.int32), possible.astype(jnp.int32))
