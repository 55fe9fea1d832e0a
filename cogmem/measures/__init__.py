"""What is read off behaviour, of people and of models alike.

    from cogmem import data, measures

    curve = measures.lag_crp(data.load("peers"), max_lag=5)   # Dataset (subject, lag)
    measures.summary(curve)                                   # mean, sem, n, low, high

`curve` and `ratio` do the same for bare arrays of simulated responses, under `jax.jit` and `vmap`.
Functions of the same names in `counts` read one list of arrays, those here all lists of `Recalls`.
"""

from cogmem.measures import (
    angles,
    continual,
    curve_indices,
    link_prediction,
    recognition,
    retention,
    serial,
    subspaces,
    working_memory,
)
from cogmem.measures.bootstrap import Interval, NoiseCeiling, interval, noise_ceiling, rmsd
from cogmem.measures.clustering import (
    arc,
    category_crp,
    distance_bins,
    distance_crp,
    distance_rank,
    lbc,
)
from cogmem.measures.counts import Counts
from cogmem.measures.curves import CURVES, count_lists, curve, ratio
from cogmem.measures.recall import (
    correct,
    input_crp,
    intrusion_lags,
    intrusions,
    lag_crp,
    lag_crp_compound,
    lag_rank,
    over_subjects,
    pfr,
    pnr,
    repeats,
    spc,
    start_at_end,
    stopping,
    summary,
)
from cogmem.measures.timing import irt, latency_by_lag
from cogmem.measures.words import distances_in_lists, same_label

__all__ = [
    "CURVES",
    "Counts",
    "Interval",
    "NoiseCeiling",
    "angles",
    "arc",
    "category_crp",
    "continual",
    "correct",
    "count_lists",
    "curve",
    "curve_indices",
    "distance_bins",
    "distance_crp",
    "distance_rank",
    "distances_in_lists",
    "input_crp",
    "interval",
    "intrusion_lags",
    "intrusions",
    "irt",
    "lag_crp",
    "lag_crp_compound",
    "lag_rank",
    "latency_by_lag",
    "lbc",
    "link_prediction",
    "noise_ceiling",
    "over_subjects",
    "pfr",
    "pnr",
    "ratio",
    "recognition",
    "repeats",
    "retention",
    "rmsd",
    "same_label",
    "serial",
    "spc",
    "start_at_end",
    "stopping",
    "subspaces",
    "summary",
    "working_memory",
]
