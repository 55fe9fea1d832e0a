"""The table of measures, and their use on simulated responses under `jit` and `vmap`.

A measure is a function that counts in one list, an axis, and a rule for the ratio. Everything else
(batching, sums over lists, labels) is the same for all of them and is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from cogmem.errors import InvalidValue, UnknownName
from cogmem.measures import counts
from cogmem.measures.counts import Counts, Integers

__all__ = ["AXES", "CURVES", "Axis", "Curve", "count_lists", "curve", "ratio"]

LISTS_AT_ONCE = 2048  # bounds memory: the tables of one list take up to 8 length^2 bytes


@dataclass(frozen=True)
class Axis:
    """The labels along one axis of a measure, given the list length."""

    labels: Callable[[int], np.ndarray]
    long_name: str


@dataclass(frozen=True)
class Curve:
    """One measure.

    Attributes:
        count: counts in one list, given its responses and its length.
        axes: names of its axes in `AXES`.
        long_name: what an axis title says.
        units: of the value.
        actual, possible: what the two counts are of.
        collapse: the ratio, if it is not actual / possible.
        value_axes: axes left after `collapse`.
        definition: of the value, if it is not actual / possible.
    """

    count: Callable[[Int[Array, " output"], int], Counts]
    axes: tuple[str, ...]
    long_name: str
    units: str
    actual: str
    possible: str
    collapse: Callable[[Counts], Any] | None = None
    value_axes: tuple[str, ...] | None = None
    definition: str = ""


def _from_one(length: int) -> np.ndarray:
    return np.arange(1, length + 1)


AXES: Mapping[str, Axis] = {
    "serial_position": Axis(_from_one, "Serial position"),
    "output": Axis(_from_one, "Output position"),
    "lag": Axis(lambda length: np.arange(1 - length, length), "Lag"),
    "previous": Axis(_from_one, "Serial position of the previous recall"),
    "current": Axis(_from_one, "Serial position of the current recall"),
    "available": Axis(lambda length: np.arange(1, length), "Positions possible at a transition"),
    "kind": Axis(lambda length: np.array(["prior_list", "extra_list"]), "Kind of intrusion"),
}


def _mean_percentile(total: Counts) -> Any:
    """Mean over all transitions of (rank - 1) / (m - 1); m = 1 has none."""
    xp = _namespace(total)
    scale = xp.asarray(1 / (2 * np.arange(1, total.actual.shape[-1])), dtype=float)
    scored = xp.asarray(total.actual[..., 1:], dtype=float) @ scale
    return _divide(scored, total.possible[..., 1:].sum(axis=-1))


def _divide(actual: Any, possible: Any) -> Any:
    """actual / possible, NaN where nothing was possible."""
    xp = _namespace((actual, possible))
    quotient = xp.asarray(actual, dtype=float) / xp.asarray(xp.maximum(possible, 1), dtype=float)
    return xp.where(possible > 0, quotient, np.nan)


def _namespace(arrays: tuple[Any, ...]) -> Any:
    """JAX's NumPy if any of the arrays is JAX's, else NumPy."""
    return jnp if any(isinstance(array, jax.Array) for array in arrays) else np


_OF_LISTS = "lists studied"

CURVES: Mapping[str, Curve] = {
    "spc": Curve(
        counts.spc,
        ("serial_position",),
        "Recall probability",
        "probability",
        "lists in which the position was recalled",
        _OF_LISTS,
    ),
    "pnr": Curve(
        counts.pnr,
        ("output", "serial_position"),
        "Probability of n-th recall",
        "probability",
        "lists whose n-th correct recall, repeats and intrusions not numbered, is the position",
        "lists with an n-th correct recall before which the position was not recalled",
    ),
    "pfr": Curve(
        counts.pfr,
        ("serial_position",),
        "Probability of first recall",
        "probability",
        "lists whose first correct recall is the position",
        "lists with at least one correct recall (some authors divide by all lists)",
    ),
    "lag_crp": Curve(
        counts.lag_crp,
        ("lag",),
        "Conditional response probability",
        "probability",
        "transitions made at the lag; repeats and intrusions break the chain",
        "transitions at which a position at the lag was still to be recalled, once per position",
    ),
    "input_crp": Curve(
        counts.input_crp,
        ("previous", "current"),
        "Conditional response probability",
        "probability",
        "transitions made between the two positions",
        "transitions from the previous position with the current one still to be recalled",
    ),
    "lag_rank": Curve(
        counts.lag_rank,
        ("available",),
        "Lag rank (temporal factor)",
        "percentile rank / 100",
        "sum of twice (rank of |lag| - 1), 1 being the farthest of m, ties averaged",
        "transitions with m positions possible; m = 1 has no rank and is left out",
        _mean_percentile,
        (),
        "mean over all transitions of a subject of (rank - 1) / (m - 1)",
    ),
    "intrusions": Curve(
        counts.intrusions,
        ("kind",),
        "Intrusions per list",
        "responses per list",
        "responses never studied in this list: prior_list if studied by the subject in an earlier "
        "list of any session, else extra_list",
        _OF_LISTS,
    ),
    "repeats": Curve(
        counts.repeats,
        (),
        "Repeats per list",
        "responses per list",
        "responses that name a word of the list again",
        _OF_LISTS,
    ),
    "correct": Curve(
        counts.correct,
        (),
        "Words recalled per list",
        "words per list",
        "words of the list recalled at least once",
        _OF_LISTS,
    ),
}


def curve(name: str, positions: Integers, list_length: int) -> Counts:
    """Counts of a measure, added over lists; usable under `jax.jit` and `jax.vmap`.

    Args:
        name: a measure in `CURVES`.
        positions: integers [*batch, list, output], 1-based serial positions, 0 = padding, -1 =
            intrusion, -2 = intrusion from a prior list. Leading axes (models, parameter sets,
            seeds, subjects) are kept.
        list_length: words studied, a static integer, the same for all lists.

    Returns:
        Integer counts [*batch, *axes of the measure]; `ratio` turns them into the curve.

    Raises:
        UnknownName: if there is no such measure.
        InvalidValue: if `positions` has no list and output axis or is not of integers.
    """
    return _total(name, list_length, _checked(name, positions, ("list", "output")))


def count_lists(name: str, positions: Integers, list_length: int) -> Counts:
    """Counts of a measure in each list by itself: [*batch, *axes]. See `curve`."""
    return _each(name, list_length, _checked(name, positions, ("output",)))


def ratio(name: str, total: Counts) -> Any:
    """The curve from its counts: actual / possible, NaN where nothing was possible.

    Args:
        name: a measure in `CURVES`.
        total: counts [..., *axes], of NumPy (then in float64) or JAX (then in JAX's default).

    Returns:
        [..., *axes]; for `lag_rank` [...], the mean percentile over all transitions.
    """
    collapse = _curve(name).collapse
    return collapse(total) if collapse else _divide(*total)


def _curve(name: str) -> Curve:
    if name not in CURVES:
        raise UnknownName("measure", name, CURVES)
    return CURVES[name]


def _checked(name: str, positions: Integers, axes: tuple[str, ...]) -> Array:
    _curve(name)
    checked = jnp.asarray(positions)
    if checked.ndim < len(axes) or not jnp.issubdtype(checked.dtype, jnp.integer):
        raise InvalidValue(
            f"positions is {checked.dtype}{list(checked.shape)}, expected integers with the axes "
            f"[..., {', '.join(axes)}]."
        )
    return checked


@partial(jax.jit, static_argnums=(0, 1))
def _each(name: str, list_length: int, positions: Int[Array, "*batch output"]) -> Counts:
    def count(recalls: Int[Array, " output"]) -> Counts:
        return CURVES[name].count(recalls, list_length)

    for _ in positions.shape[:-1]:
        count = jax.vmap(count)
    return count(positions)


@partial(jax.jit, static_argnums=(0, 1))
def _total(name: str, list_length: int, positions: Int[Array, "*batch list output"]) -> Counts:
    *batch, n_lists, n_outputs = positions.shape
    lists = jnp.moveaxis(positions, -2, 0).reshape(n_lists, -1, n_outputs)
    at_once = max(1, LISTS_AT_ONCE // max(lists.shape[1], 1))
    n_whole = n_lists // at_once

    def add(total: Counts, chunk: Array) -> tuple[Counts, None]:
        return jax.tree.map(jnp.add, total, over_lists(chunk)), None

    def over_lists(chunk: Array) -> Counts:
        each = _each(name, list_length, chunk)
        return jax.tree.map(lambda counted: counted.sum(axis=0, dtype=jnp.int32), each)

    whole, rest = jnp.split(lists, [n_whole * at_once])
    chunks = whole.reshape(n_whole, at_once, *lists.shape[1:])
    total, _ = jax.lax.scan(add, over_lists(rest), chunks)
    return jax.tree.map(lambda t: t.reshape(*batch, *t.shape[1:]), total)
