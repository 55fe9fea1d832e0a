"""Every measure of free recall as a function of `Recalls` alone, and behaviour that suits them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from cogmem import measures
from cogmem.data.recalls import Recalls

__all__ = ["EVERY", "EXTRAS", "as_recalls", "distances"]

PLAIN = ("spc", "pnr", "pfr", "input_crp", "lag_rank", "repeats", "correct")


def as_recalls(
    positions: np.ndarray, list_length: int, subject: Any = 1, **columns: Any
) -> Recalls:
    """Recalls with a category and a number for every word, and a time for most responses."""
    n_lists = len(positions)
    items = np.arange(n_lists * list_length, dtype=np.int32).reshape(n_lists, list_length)
    rng = np.random.default_rng(n_lists)
    times = np.cumsum(rng.uniform(0.5, 4, positions.shape), axis=1).astype(np.float32)
    times[rng.uniform(size=times.shape) < 0.1] = np.nan
    given: dict[str, Any] = {
        "items": items,
        "times": times,
        "by_position": {"category": items * 7 % 5 % 3},
        **columns,
    }
    return Recalls.from_positions(positions, list_length=list_length, subject=subject, **given)


def distances(recalls: Recalls) -> np.ndarray:
    """[trial, position, position], some alike, that go with the words."""
    items = recalls.items
    return np.abs(items[:, :, None] * 5 % 7 - items[:, None, :] * 5 % 7).astype(float)


EVERY: Mapping[str, Callable[[Recalls], xr.Dataset]] = {
    **{name: getattr(measures, name) for name in PLAIN},
    "intrusions": measures.intrusions,
    "intrusion_lags": partial(measures.intrusion_lags, max_lag=2),
    "lag_crp": measures.lag_crp,
    "lag_crp, same category": partial(measures.lag_crp, within="category"),
    "lag_crp, other category": partial(measures.lag_crp, across="category"),
    "lag_crp, later outputs": partial(measures.lag_crp, skip=2),
    "lag_crp_compound": measures.lag_crp_compound,
    "start_at_end": partial(measures.start_at_end, last=2),
    "stopping": measures.stopping,
    "category_crp": measures.category_crp,
    "lbc": measures.lbc,
    "arc": measures.arc,
    "distance_crp": lambda recalls: measures.distance_crp(recalls, distances(recalls), [0, 2, 5]),
    "distance_rank": lambda recalls: measures.distance_rank(recalls, distances(recalls)),
    "irt": partial(measures.irt, max_responses=6),
    "latency_by_lag": measures.latency_by_lag,
}


def _same(recalls: Recalls) -> dict[str, Any]:
    return {"same": measures.same_label(recalls, "category")}


def _times(recalls: Recalls) -> dict[str, Any]:
    return {"times": recalls.times}


EXTRAS: Mapping[str, Callable[[Recalls], dict[str, Any]]] = {
    "lag_crp": lambda recalls: {"skip": 2, "allowed": _same(recalls)["same"]},
    "category_crp": _same,
    "lbc": _same,
    "arc": _same,
    "distance_crp": lambda recalls: {
        "bins": measures.distance_bins(distances(recalls), [0, 2, 5]),
        "n_bins": 2,
    },
    "distance_rank": lambda recalls: {"distances": distances(recalls)},
    "start_at_end": lambda recalls: {"last": 2},
    "intrusion_lags": lambda recalls: {
        "list_lag": np.where(recalls.recalls == -1, recalls.recalls.cumsum(1) % 3, 0),
        "index": recalls.list_id,
        "max_lag": 2,
    },
    "irt": lambda recalls: {**_times(recalls), "n_outputs": 6, "only_correct": True},
    "latency_by_lag": _times,
}
"""What `measures.curve` has to be given besides responses and list length."""
