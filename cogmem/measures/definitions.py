"""The table of measures: what is counted in one list, along which axes, and the rule for the ratio.

`cogmem.measures.curves` applies an entry to arrays, `cogmem.measures.labelled` to `Recalls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.measures import counts
from cogmem.measures.counts import Counts

__all__ = ["AXES", "CURVES", "Axis", "Curve", "divide", "each_by_itself"]


@dataclass(frozen=True)
class Axis:
    """The labels along one axis of a measure, given the list length and the measure's sizes."""

    labels: Callable[..., np.ndarray]
    long_name: str
    units: str = "1"


@dataclass(frozen=True)
class Curve:
    """One measure.

    Attributes:
        count: counts in one list, given its responses, its length, and the options it names:
            arrays in `covariates`, and static numbers.
        axes: names of its axes in `AXES`.
        long_name: what an axis title says.
        units: of the value.
        actual, possible: what the two counts are of.
        actual_units: of `actual`.
        covariates: arrays of one list that `count` takes by name, with their axes.
        per_list: whether the value is the mean over lists of actual / possible, lists with nothing
            possible left out, and not the ratio of their sums. `actual` is then the sum of these.
        collapse: the ratio, if it is not actual / possible.
        value_axes: axes left after `collapse`.
        definition: of the value, if it is not actual / possible.
    """

    count: Callable[..., Counts]
    axes: tuple[str, ...]
    long_name: str
    units: str
    actual: str
    possible: str
    collapse: Callable[[Counts], Any] | None = None
    value_axes: tuple[str, ...] | None = None
    definition: str = ""
    actual_units: str = "count"
    covariates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    per_list: bool = False


def _from_one(length: int, **sizes: int) -> np.ndarray:
    return np.arange(1, length + 1)


def _lags(length: int, **sizes: int) -> np.ndarray:
    return np.arange(1 - length, length)


def _up_to(size: str) -> Callable[..., np.ndarray]:
    """1, 2, 3 ... to a size that the measure was given."""
    return lambda length, **sizes: np.arange(1, sizes[size] + 1)


AXES: Mapping[str, Axis] = {
    "serial_position": Axis(_from_one, "Serial position"),
    "output": Axis(_from_one, "Output position"),
    "recalled": Axis(lambda length, **sizes: np.arange(length + 1), "Words recalled so far"),
    "lag": Axis(_lags, "Lag"),
    "previous_lag": Axis(_lags, "Lag of the previous transition"),
    "absolute_lag": Axis(lambda length, **sizes: np.arange(1, length), "|Lag|"),
    "previous": Axis(_from_one, "Serial position of the previous recall"),
    "current": Axis(_from_one, "Serial position of the current recall"),
    "available": Axis(
        lambda length, **sizes: np.arange(1, length), "Positions possible at a transition"
    ),
    "kind": Axis(
        lambda length, **sizes: np.array(["prior_list", "extra_list"]), "Kind of intrusion"
    ),
    "bin": Axis(_up_to("n_bins"), "Bin of distance, from the nearest"),
    "list_lag": Axis(_up_to("max_lag"), "Lists since the word was last studied"),
    "n_responses": Axis(_up_to("n_outputs"), "Responses in the list"),
    "response": Axis(_up_to("n_outputs"), "Output position, all responses numbered"),
}


def each_by_itself(each: Counts) -> Counts:
    """Counts of lists as scores: actual / possible, and whether there is one. Floats, and bools."""
    xp = _namespace(each)
    scored = each.possible > 0
    return Counts(xp.where(scored, divide(*each), 0), scored)


def divide(actual: Any, possible: Any) -> Any:
    """actual / possible, NaN where nothing was possible."""
    xp = _namespace((actual, possible))
    quotient = xp.asarray(actual, dtype=float) / xp.asarray(xp.maximum(possible, 1), dtype=float)
    return xp.where(possible > 0, quotient, np.nan)


def _namespace(arrays: tuple[Any, ...]) -> Any:
    """JAX's NumPy if any of the arrays is JAX's, else NumPy."""
    return jnp if any(isinstance(array, jax.Array) for array in arrays) else np


def _mean_percentile(total: Counts) -> Any:
    """Mean over all transitions of (rank - 1) / (m - 1); m = 1 has none."""
    xp = _namespace(total)
    scale = xp.asarray(1 / (2 * np.arange(1, total.actual.shape[-1])), dtype=float)
    scored = xp.asarray(total.actual[..., 1:], dtype=float) @ scale
    return divide(scored, total.possible[..., 1:].sum(axis=-1))


_OF_LISTS = "lists studied"
_PAIR = ("position", "position")
_SAME = {"same": _PAIR}
_ALLOWED = {"allowed": _PAIR}
_TIMES = {"times": ("output",)}

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
        covariates=_ALLOWED,
    ),
    "lag_crp_compound": Curve(
        counts.lag_crp_compound,
        ("previous_lag", "lag"),
        "Conditional response probability",
        "probability",
        "transitions made at the lag right after one at the previous lag",
        "transitions right after one at the previous lag at which a position at the lag was still "
        "to be recalled, once per position",
        covariates=_ALLOWED,
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
    "distance_rank": Curve(
        counts.distance_rank,
        ("available",),
        "Distance rank (semantic factor)",
        "percentile rank / 100",
        "sum of twice (rank of distance - 1), 1 being the farthest of m, ties averaged",
        "transitions with m words possible; m = 1 has no rank and is left out",
        _mean_percentile,
        (),
        "mean over all transitions of a subject of (rank - 1) / (m - 1)",
        covariates={"distances": _PAIR, **_ALLOWED},
    ),
    "distance_crp": Curve(
        counts.distance_crp,
        ("bin",),
        "Conditional response probability",
        "probability",
        "transitions made to a word at a distance in the bin",
        "transitions at which a word at a distance in the bin was still to be recalled, once per "
        "word",
        covariates={"bins": _PAIR},
    ),
    "category_crp": Curve(
        counts.category_crp,
        (),
        "P(next recall of the same category)",
        "probability",
        "transitions to a word of the same category",
        "transitions at which a word of the same category was still to be recalled",
        covariates=_SAME,
    ),
    "lbc": Curve(
        counts.lbc,
        (),
        "List-based clustering",
        "words of the same category in a row, above chance",
        "sum over lists of (same-category neighbours in recall - those expected)",
        "lists with a correct recall",
        definition="mean over lists of observed - (R - 1)(m - 1) / (L - 1), of R correct recalls, "
        "L words studied and m of each category; repeats and intrusions left out",
        actual_units="1",
        covariates=_SAME,
        per_list=True,
    ),
    "arc": Curve(
        counts.arc,
        (),
        "Adjusted ratio of clustering",
        "1",
        "sum over lists of (observed - expected) / (maximum - expected)",
        "lists in which more than the expected was possible",
        definition="mean over lists of (observed - E) / (R - c - E), of R correct recalls in c "
        "categories, E = sum n (n - 1) / R over the n of each; repeats and intrusions left out",
        actual_units="1",
        covariates=_SAME,
        per_list=True,
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
    "intrusion_lags": Curve(
        counts.intrusion_lags,
        ("list_lag",),
        "Prior-list intrusions per list",
        "responses per list",
        "intrusions whose word was last studied so many lists ago, each response once",
        "lists with an index above the longest list lag",
        covariates={"list_lag": ("output",), "index": ()},
    ),
    "start_at_end": Curve(
        counts.start_at_end,
        (),
        "P(first recall among the last)",
        "probability",
        "lists whose first correct recall is one of the last positions",
        "lists with at least one correct recall",
    ),
    "stopping": Curve(
        counts.stopping,
        ("recalled",),
        "Probability of stopping",
        "probability",
        "lists that end after so many correct recalls, repeats and intrusions not numbered",
        "lists that reach so many correct recalls",
    ),
    "irt": Curve(
        counts.irt,
        ("n_responses", "response"),
        "Inter-response time",
        "s",
        "sum of times from the response before; at output 1 from the recall signal",
        "responses with a known time, in lists with so many responses",
        actual_units="s",
        covariates=_TIMES,
    ),
    "latency_by_lag": Curve(
        counts.latency_by_lag,
        ("absolute_lag",),
        "Conditional response latency",
        "s",
        "sum of times of the transitions at the |lag|; repeats and intrusions break the chain",
        "transitions at the |lag| with known times",
        actual_units="s",
        covariates=_TIMES,
    ),
}
