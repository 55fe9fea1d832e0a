"""What is right in WorM without memory: the shares that accuracies must be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from jaxtyping import Bool

from cogmem.errors import UnknownName
from cogmem.tasks.worm import Batch, make_batch, task_of
from cogmem.tasks.worm.bar_places import LARGE, SMALL, start_range
from cogmem.tasks.worm.change_detection import Symbols

__all__ = ["base_rate", "base_rates_by"]

_N_CELLS, _STRAIGHT = 100, 3 / 16


def base_rate(name: str) -> float:
    """The best that is known from the present frame alone, over answers to trials of all levels.

    One of two sides or answers: .5. SFR: any cell of 100. VSR: any place that is taken. SMU: the
    cell that is most frequent. STS: a mark whose rule is not known. CS: of patterns any of eight
    options, of paths a straight way, which is thrice as frequent as a diagonal one. CD: a bar that
    stands where none is put is one that has changed; else "same". SI: .5, though lines whose end
    was replaced avoid their old vertices, from which .54 can be told.

    Raises:
        UnknownName: for no identity of WorM.
    """
    task_of(name)
    batch = _trials(name)
    return _right(name, batch, batch.scored)


def base_rates_by(
    name: str, condition: str, which: Mapping[str, int] | None = None
) -> dict[int, float]:
    """`base_rate` at each level of a condition of trials.

    Args:
        name: of an identity.
        condition: whose levels.
        which: values that other conditions must have.

    Raises:
        UnknownName: for no identity of WorM, or no such condition of its trials.
    """
    task_of(name)
    batch = _trials(name)
    if condition not in batch.conditions:
        raise UnknownName(f"condition of {name}", condition, batch.conditions)
    level, asked = batch.conditions[condition], batch.scored
    for other, value in (which or {}).items():
        asked = asked & (batch.conditions[other] == value)[:, None]
    return {
        int(each): _right(name, batch, asked & (level == each)[:, None])
        for each in np.unique(level[asked.any(axis=1)])
    }


@cache
def _trials(name: str) -> Batch:
    """Enough of them; few of those whose base is plain."""
    n = 48 if name in ("SC", "SI", "VIR", "VSRec") else 9_600 if name[:2] != "CD" else 2_400
    return make_batch(name, n, seed=0, split="test", look="symbolic")


def _right(name: str, batch: Batch, which: Bool[np.ndarray, "trial frame"]) -> float:
    """Of some answers."""
    trials = which.any(axis=1)
    if name == "SFR":
        return float(batch.conditions["list_length"][trials].mean() / _N_CELLS)
    if name == "VSR":
        lengths = np.broadcast_to(batch.conditions["list_length"][:, None], which.shape)
        return float((1 / lengths[which]).mean())
    if name == "STS":
        return float(0.5 + batch.about["congruent"][which].mean() / 2)
    if name == "SMU":
        return float(np.bincount(batch.labels[which]).max() / which.sum())
    if name == "CS":
        return float(np.where(batch.conditions["variation"] < 2, _STRAIGHT, 1 / 8)[trials].mean())
    if name.startswith("CD_"):
        changed = trials & (batch.conditions["answer"] == 1)
        return float(0.5 + _out_of_place(batch.symbols)[changed].mean() / 2)
    return 1 / 2


def _out_of_place(symbols: Symbols) -> Bool[np.ndarray, " trial"]:
    """Whether a bar of the question starts where none of its length is put: it was changed."""
    ends = np.floor(symbols.after.ends)
    length = (ends[..., 2:] - ends[..., :2]).max(axis=2)
    there = np.arange(ends.shape[1])[None] < symbols.set_size[:, None]
    out = np.zeros_like(there)
    for each in (SMALL, LARGE):
        low, high = start_range(each, official=False)
        beyond = (ends[..., :2] < low) | (ends[..., :2] > high)
        out |= (length == each) & beyond.any(axis=2)
    return np.any(out & there, axis=1)
