"""What is right in WorM without memory: the shares that accuracies must be compared with."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Bool

from cogmem.errors import UnknownName
from cogmem.tasks.worm import Batch, make_batch, task_of

__all__ = ["base_rate", "base_rates_by"]

_N_CELLS, _N_OPTIONS = 100, 8


def base_rate(name: str) -> float:
    """The best that is known from the present frame alone, over answers to trials of all levels.

    One of two sides or answers: .5. SFR: any cell of 100. VSR: any place that is taken. SMU: the
    cell that is most frequent. STS: a mark whose rule is not known. CS: any of eight options.

    Raises:
        UnknownName: for no identity of WorM.
    """
    task_of(name)
    batch = _trials(name)
    return _right(name, batch, batch.scored)


def base_rates_by(name: str, condition: str) -> dict[int, float]:
    """`base_rate` at each level of a condition of trials.

    Raises:
        UnknownName: for no identity of WorM, or no such condition of its trials.
    """
    task_of(name)
    batch = _trials(name)
    if condition not in batch.conditions:
        raise UnknownName(f"condition of {name}", condition, batch.conditions)
    level = batch.conditions[condition]
    return {
        int(each): _right(name, batch, batch.scored & (level == each)[:, None])
        for each in np.unique(level)
    }


@cache
def _trials(name: str) -> Batch:
    """Enough of them; few of those whose base is plain."""
    n = 9_600 if name in ("SFR", "SMU", "STS", "VSR") else 48
    return make_batch(name, n, seed=0, split="test", look="symbolic")


def _right(name: str, batch: Batch, which: Bool[np.ndarray, "trial frame"]) -> float:
    """Of some answers."""
    if name == "SFR":
        return float(batch.conditions["list_length"][which.any(axis=1)].mean() / _N_CELLS)
    if name == "VSR":
        lengths = np.broadcast_to(batch.conditions["list_length"][:, None], which.shape)
        return float((1 / lengths[which]).mean())
    if name == "STS":
        return float(0.5 + batch.about["congruent"][which].mean() / 2)
    if name == "SMU":
        return float(np.bincount(batch.labels[which]).max() / which.sum())
    return 1 / _N_OPTIONS if name == "CS" else 1 / 2
