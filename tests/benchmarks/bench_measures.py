"""Measures against psifr on both of its data sets, and on simulated lists.

psifr is timed on its merged frame; the merge (0.1 s) is left out. cogmem is timed from `Recalls` to
the labelled Dataset.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import jax
import numpy as np
from psifr import fr

from cogmem import data, measures
from tests.benchmarks.harness import Row, side_by_side

SETS = {"peers": "peers_notask", "morton2013": "Morton2013"}
RATIO_TARGETS = {"spc": None, "pnr": 10, "lag_crp": 10, "lag_rank": 25}
SIMULATED = (100, 100, 16)  # seeds, lists, words


def rows() -> Iterator[Row]:
    """Each measure on each data set, then on 10,000 simulated lists."""
    for name in SETS:
        yield from _against_psifr(name)
    yield from _simulated()


def _against_psifr(name: str) -> Iterator[Row]:
    recalls = data.load(name)
    frame = fr.merge_free_recall(fr.sample_data(SETS[name]))
    for measure, target in RATIO_TARGETS.items():
        ours = partial(getattr(measures, measure), recalls)
        theirs = partial(getattr(fr, measure), frame)
        seconds = side_by_side(ours, theirs)
        yield Row(f"{measure}, {name}", len(recalls), ratio_target=target, **seconds)


def _simulated() -> Iterator[Row]:
    n_seeds, n_lists, length = SIMULATED
    rng = np.random.default_rng(0)
    order = rng.permuted(np.broadcast_to(np.arange(1, length + 1), SIMULATED), axis=-1)
    stop = rng.integers(4, length + 1, (n_seeds, n_lists, 1))
    positions = jax.device_put(np.where(np.arange(length) < stop, order, 0).astype(np.int16))
    for measure in RATIO_TARGETS:
        seconds = side_by_side(partial(measures.curve, measure, positions, length))
        name = f"{measure}, {n_seeds} seeds x {n_lists} simulated lists"
        yield Row(name, n_seeds * n_lists, seconds_target=1.0, **seconds)
