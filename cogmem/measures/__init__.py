"""What is read off behaviour, of people and of models alike.

    from cogmem import data, measures

    curve = measures.lag_crp(data.load("peers"), max_lag=5)   # Dataset (subject, lag)
    measures.summary(curve)                                   # mean, sem, n, low, high

`curve` and `ratio` do the same for bare arrays of simulated responses, under `jax.jit` and `vmap`.
"""

from cogmem.measures import retention
from cogmem.measures.bootstrap import Interval, NoiseCeiling, interval, noise_ceiling, rmsd
from cogmem.measures.counts import Counts
from cogmem.measures.curves import CURVES, count_lists, curve, ratio
from cogmem.measures.recall import (
    correct,
    input_crp,
    intrusions,
    lag_crp,
    lag_rank,
    over_subjects,
    pfr,
    pnr,
    repeats,
    spc,
    summary,
)

__all__ = [
    "CURVES",
    "Counts",
    "Interval",
    "NoiseCeiling",
    "correct",
    "count_lists",
    "curve",
    "input_crp",
    "interval",
    "intrusions",
    "lag_crp",
    "lag_rank",
    "noise_ceiling",
    "over_subjects",
    "pfr",
    "pnr",
    "ratio",
    "repeats",
    "retention",
    "rmsd",
    "spc",
    "summary",
]
