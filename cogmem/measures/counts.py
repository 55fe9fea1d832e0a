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

Some functions need to know more of the list: which words are alike (`same`), how far apart they
are in meaning (`distances`, `bins`), when each response came (`times`), which list it was
(`index`). These are arrays of the one list too, and batched like its responses.

Definitions: Kahana (1996), Memory & Cognition 24, 103-109; Howard & Kahana (1999), JEP:LMC 25,
923-941 (probability of n-th recall; transitions after the first outputs); Polyn, Norman & Kahana
(2009), Psychological Review 116, 129-156 (temporal and semantic factors, here lag rank and distance
rank); Roenker, Thompson & Brown (1971), Psychological Bulletin 76, 45-48 (ARC); Stricker, Brown,
Wixted, Baldo & Delis (2002), J. Int. Neuropsychological Society 8, 425-435 (LBC); Murdock & Okada
(1970), J. Exp. Psychology 86, 263-267 (inter-response times).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

__all__ = [
    "PRIOR_LIST",
    "Counts",
    "arc",
    "category_crp",
    "correct",
    "distance_crp",
    "distance_rank",
    "input_crp",
    "intrusion_lags",
    "intrusions",
    "irt",
    "lag_crp",
    "lag_crp_compound",
    "lag_rank",
    "latency_by_lag",
    "lbc",
    "pfr",
    "pnr",
    "repeats",
    "spc",
    "start_at_end",
    "stopping",
]

PRIOR_LIST = -2

Responses = Int[Array, " output"]
Pairs = Bool[Array, "start end"]
Integers = Int[Array | np.ndarray, "*shape"]


class Counts(NamedTuple):
    """How often something happened and how often it could have, as integers of one shape.

    Of times, `actual` is a sum of seconds; of scores that each list has by itself, a sum of scores.
    """

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
    number = _number(recalls, list_length)[None, :]
    nth = _positions(list_length)[:, None]
    n_correct = _sum(number <= list_length)
    return _counts(nth == number, (nth <= n_correct) & (nth <= number))


def pfr(recalls: Responses, list_length: int) -> Counts:
    """Which position was recalled first; possible in lists with at least one correct recall.

    Returns:
        Counts [position], the first row of `pnr`.
    """
    every = pnr(recalls, list_length)
    return Counts(every.actual[0], every.possible[0])


def start_at_end(recalls: Responses, list_length: int, last: int) -> Counts:
    """Whether the first correct recall is one of the `last` positions. Scalar counts."""
    first = _number(recalls, list_length) == 1
    return _counts(first[-last:].any(), first.any())


def stopping(recalls: Responses, list_length: int) -> Counts:
    """After how many correct recalls recall ended, and which numbers it reached.

    Returns:
        Counts [recalled], from 0 to list_length. Intrusions and repeats are not numbered.
    """
    number = jnp.arange(list_length + 1)
    n_correct = correct(recalls, list_length).actual
    return _counts(number == n_correct, number <= n_correct)


def input_crp(recalls: Responses, list_length: int) -> Counts:
    """Transitions made and possible between every two positions.

    Returns:
        Counts [from position, to position].
    """
    return _counts(*_transitions(recalls, list_length))


def lag_crp(
    recalls: Responses, list_length: int, allowed: Pairs | None = None, skip: int = 0
) -> Counts:
    """Transitions made and possible at every lag, to-position minus from-position.

    Args:
        recalls, list_length: the list.
        allowed: [position, position] transitions to look at, made or possible; all if None.
        skip: leave out transitions that start at one of the first so many responses.

    Returns:
        Counts [lag], from -(list_length - 1) to list_length - 1. Lag 0 is never possible.
    """
    tables = _counts(*_transitions(recalls, list_length, allowed, skip))
    return Counts(*map(_sum_diagonals, tables))


def lag_crp_compound(
    recalls: Responses, list_length: int, allowed: Pairs | None = None, skip: int = 0
) -> Counts:
    """Transitions made and possible at every lag, by the lag of the transition just before.

    Both transitions are counted ones: a repeat or an intrusion within the three responses leaves
    nothing. For the arguments see `lag_crp`.

    Returns:
        Counts [previous lag, current lag].
    """
    made, possible = _transitions(recalls, list_length, allowed, skip)
    # Row p, column lag: p was reached, left, could have been left with that lag. Products of 0 and
    # 1 and sums up to list_length are exact in floats, and faster.
    tables = (made.T, made, possible)
    reached, left, leavable = (jnp.stack(_lag_rows(table.astype(float))) for table in tables)
    return _counts(reached[:, ::-1].T @ left, reached[:, ::-1].T @ leavable)


def lag_rank(recalls: Responses, list_length: int) -> Counts:
    """Ranks of |lag| at the transitions, kept apart by the number m of possible positions.

    A transition with rank k (1 = farthest, ties averaged) has the percentile (k - 1) / (m - 1).
    Twice k - 1 is whole, so that means over any number of transitions can be exact.

    Returns:
        Counts [m - 1], m from 1 to list_length - 1: actual is the sum of 2 (k - 1), possible the
        number of transitions. m = 1 has no percentile.
    """
    position = _positions(list_length)
    return distance_rank(recalls, list_length, jnp.abs(position[:, None] - position[None, :]))


def distance_rank(
    recalls: Responses, list_length: int, distances: Array, allowed: Pairs | None = None
) -> Counts:
    """Ranks of any distance between words at the transitions; see `lag_rank`.

    Args:
        recalls, list_length: the list.
        distances: [position, position] between its words; only their order matters.
        allowed: see `lag_crp`.
    """
    made, possible = _transitions(recalls, list_length, allowed)
    # One distance is picked per row, by maximum: a sum might round.
    lowest = distances.min(initial=0)
    chosen = jnp.where(made, distances, lowest).max(axis=1)[:, None]
    farther = _sum(possible & (distances > chosen), axis=1)
    as_far = _sum(possible & (distances >= chosen), axis=1)
    of_size = _sum(possible, axis=1)[:, None] == _positions(list_length)[None, :-1]
    twice = _sum(jnp.where(of_size, (farther + as_far - 1)[:, None], 0), axis=0)
    return _counts(twice, _sum(of_size, axis=0))


def distance_crp(
    recalls: Responses, list_length: int, bins: Int[Array, "start end"], n_bins: int
) -> Counts:
    """Transitions made and possible in every bin of distance.

    Args:
        recalls, list_length: the list.
        bins: [position, position] bin of the distance between two words, from 0; others are left
            out.
        n_bins: how many.

    Returns:
        Counts [bin].
    """
    made, possible = _transitions(recalls, list_length)
    of_bin = bins[None] == jnp.arange(n_bins)[:, None, None]
    return _counts(*(_sum(of_bin & table[None], axis=(1, 2)) for table in (made, possible)))


def category_crp(recalls: Responses, list_length: int, same: Pairs) -> Counts:
    """Transitions within a category, and those at which one was possible.

    Args:
        recalls, list_length: the list.
        same: [position, position] whether two words are of one category.

    Returns:
        Scalar counts. Several words possible at a transition count once.
    """
    made, possible = _transitions(recalls, list_length)
    return _counts(_sum(made & same), _sum((possible & same).any(axis=1)))


def lbc(recalls: Responses, list_length: int, same: Pairs) -> Counts:
    """List-based clustering: same-category neighbours in recall, less those expected.

    Of R words recalled, intrusions and repeats left out, from a list of L words with m of each of
    c = L / m categories, (R - 1)(m - 1) / (L - 1) are expected. Where categories are not of one
    size, m is the mean size.

    Args:
        recalls, list_length: the list.
        same: [position, position] whether two words are of one category; each with itself is.

    Returns:
        Scalars whose ratio is the score; possible is 0 in a list without correct recall.
    """
    observed, n_correct = _neighbours(recalls, list_length, same), _n_correct(recalls, list_length)
    n_categories = _n_groups(jnp.ones(list_length, bool), same)
    scale = n_categories * (list_length - 1)
    expected = (n_correct - 1) * (list_length - n_categories)
    any_recall = n_correct > 0
    return _counts(jnp.where(any_recall, observed * scale - expected, 0), scale * any_recall)


def arc(recalls: Responses, list_length: int, same: Pairs) -> Counts:
    """Adjusted ratio of clustering: (observed - E) / (maximum - E).

    Of R words recalled, intrusions and repeats left out, n_i of category i, E = sum n_i (n_i - 1)
    / R same-category neighbours are expected, and R - (categories recalled) are the most possible.

    Args:
        recalls, list_length: the list.
        same: [position, position] whether two words are of one category; each with itself is.

    Returns:
        Scalars whose ratio is the score; possible is 0 where the most possible are expected.
    """
    recalled = _when(recalls, list_length) < recalls.size
    n_correct = _sum(recalled)
    pairs = _sum(same & recalled[:, None] & recalled[None, :]) - n_correct
    observed = _neighbours(recalls, list_length, same)
    most = n_correct - _n_groups(recalled, same)
    room = most * n_correct - pairs
    return _counts(jnp.where(room > 0, observed * n_correct - pairs, 0), room)


def irt(
    recalls: Responses,
    list_length: int,
    times: Float[Array, " output"],
    n_outputs: int,
    only_correct: bool = False,
) -> Counts:
    """Seconds from one response to the next, by their number in the list and by output.

    Args:
        recalls, list_length: the list.
        times: s from the recall signal to each response; NaN where unknown.
        n_outputs: lists with more responses are left out.
        only_correct: leave out lists with an intrusion or a repeat.

    Returns:
        Counts [responses in the list, output]: sums of seconds, and how many were added. All
        responses are numbered. At output 1 it is the time from the signal.
    """
    total = _sum(recalls != 0)
    kept = (total == correct(recalls, list_length).actual) | (not only_correct)
    gaps = jnp.diff(times, prepend=0.0)
    gaps = jnp.where(recalls != 0, gaps, jnp.nan)
    gaps = jnp.pad(gaps, (0, max(0, n_outputs - gaps.size)), constant_values=jnp.nan)[:n_outputs]
    of_total = (total == _positions(n_outputs)) & kept
    return _seconds(gaps[None, :], of_total[:, None])


def latency_by_lag(recalls: Responses, list_length: int, times: Float[Array, " output"]) -> Counts:
    """Seconds that transitions took, by their |lag|.

    Args:
        recalls, list_length: the list.
        times: s from the recall signal to each response; NaN where unknown.

    Returns:
        Counts [|lag|], from 1 to list_length - 1: sums of seconds, and how many were added. The
        transitions are those of `lag_crp`.
    """
    made, _ = _transitions(recalls, list_length)
    onset = jnp.take(times, _when(recalls, list_length), mode="fill", fill_value=jnp.nan)
    timed = _seconds(onset[None, :] - onset[:, None], made)
    by_lag = map(_sum_diagonals, timed)
    return Counts(*(x[list_length:] + x[: list_length - 1][::-1] for x in by_lag))


def correct(recalls: Responses, list_length: int) -> Counts:
    """Positions recalled in one list. Scalar counts."""
    return _counts(_n_correct(recalls, list_length), jnp.array(1))


def repeats(recalls: Responses, list_length: int) -> Counts:
    """Responses that name a position again, in one list. Scalar counts."""
    n_correct = _n_correct(recalls, list_length)
    return _counts(_sum(recalls > 0) - n_correct, jnp.array(1))


def intrusions(recalls: Responses, list_length: int) -> Counts:
    """Responses from earlier lists (-2) and from none (-1), in one list.

    Returns:
        Counts [kind], prior-list then extra-list.
    """
    kinds = jnp.array([PRIOR_LIST, -1], recalls.dtype)
    count = _sum(recalls[:, None] == kinds[None, :], axis=0)
    return _counts(count, jnp.ones_like(count))


def intrusion_lags(
    recalls: Responses,
    list_length: int,
    list_lag: Int[Array, " output"],
    index: Int[Array, ""],
    max_lag: int,
) -> Counts:
    """Prior-list intrusions by how many lists ago their word was last studied.

    Args:
        recalls, list_length: the list.
        list_lag: of each response; 0 if it is no intrusion from a prior list.
        index: number of the list within its subject, from 1.
        max_lag: the longest list lag. Only lists with a higher index are looked at, so that every
            lag is possible in each.

    Returns:
        Counts [list lag], from 1 to max_lag.
    """
    lag = jnp.where(recalls < 0, list_lag, 0)
    number = _sum(lag[:, None] == _positions(max_lag)[None, :], axis=0)
    late = index > max_lag
    return _counts(number * late, jnp.ones_like(number) * late)


def _when(recalls: Responses, list_length: int) -> Int[Array, " position"]:
    """Index of the response that first names each position; two past the last if none does."""
    named = recalls.astype(jnp.int32)[:, None] == _positions(list_length)[None, :]
    # Two past, not one: else the last response would seem to be followed by every position left.
    never = recalls.size + 1
    response = jnp.arange(recalls.size, dtype=jnp.int32)[:, None]
    return jnp.where(named, response, never).min(axis=0, initial=never)


def _number(recalls: Responses, list_length: int) -> Int[Array, " position"]:
    """Which correct recall each position is, from 1; list_length + 1 if it is none."""
    when = _when(recalls, list_length)
    number = _sum(when[None, :] <= when[:, None], axis=1)
    return jnp.where(when < recalls.size, number, list_length + 1)


def _n_correct(recalls: Responses, list_length: int) -> Int[Array, ""]:
    return _sum(_when(recalls, list_length) < recalls.size)


def _transitions(
    recalls: Responses, list_length: int, allowed: Pairs | None = None, skip: int = 0
) -> tuple[Pairs, Pairs]:
    """Transitions made, and those possible wherever one was made."""
    when = _when(recalls, list_length)
    made = (when[None, :] == when[:, None] + 1) & (when >= skip)[:, None]
    later = when[None, :] > when[:, None]
    if allowed is not None:
        made, later = made & allowed, later & allowed
    return made, later & made.any(axis=1, keepdims=True)


def _neighbours(recalls: Responses, list_length: int, same: Pairs) -> Int[Array, ""]:
    """Correct recalls that follow one of their own category; see `_number`."""
    number = _number(recalls, list_length)
    recalled = number <= list_length
    follows = (number[None, :] == number[:, None] + 1) & recalled[None, :]
    return _sum(follows & same)


def _n_groups(members: Bool[Array, " position"], same: Pairs) -> Int[Array, ""]:
    """Categories among the positions of `members`: those with none of their own before them."""
    before = jnp.tril(same & members[None, :], -1).any(axis=1)
    return _sum(members & ~before)


def _sum_diagonals(table: Integers) -> Array:
    """Sums of a square table along end - start, from lowest to highest."""
    rows = _lag_rows(table)
    return sum(rows[1:], start=rows[0])


def _lag_rows(table: Integers) -> list[Array]:
    """Each row of a square table, shifted so that end - start runs from lowest to highest."""
    size = len(table)
    # Row by row: XLA fuses it into one pass, 3x a reshape at 24 words.
    return [jnp.pad(table[p], (size - 1 - p, p)) for p in range(size)]


def _seconds(gaps: Array, chosen: Bool[Array, "*shape"]) -> Counts:
    """The chosen gaps that are known, elsewhere 0, and which they are."""
    known = chosen & jnp.isfinite(gaps)
    return Counts(jnp.where(known, gaps, 0), known.astype(jnp.int32))


def _positions(list_length: int) -> Int[Array, " position"]:
    return jnp.arange(1, list_length + 1, dtype=jnp.int32)


def _sum(values: Array, axis: int | tuple[int, ...] | None = None) -> Int[Array, "*rest"]:
    return jnp.sum(values, axis=axis, dtype=jnp.int32)


def _counts(actual: Array, possible: Array) -> Counts:
    return Counts(actual.astype(jnp.int32), possible.astype(jnp.int32))
