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
from tests.benchmarks.harness import Call, Row, side_by_side

SETS = {"peers": "peers_notask", "morton2013": "Morton2013"}
RATIO_TARGETS = {"spc": None, "pnr": 10, "lag_crp": 10, "lag_crp_compound": 10, "lag_rank": 25}
SIMULATED = (100, 100, 16)  # seeds, lists, words


def rows() -> Iterator[Row]:
    """Each measure on each data set, then on 10,000 simulated lists."""
    for name in SETS:
        yield from _against_psifr(name)
    yield from _by_meaning()
    yield from _simulated()


def _against_psifr(name: str) -> Iterator[Row]:
    recalls = data.load(name)
    frame = fr.merge_free_recall(fr.sample_data(SETS[name]))
    for measure, target in RATIO_TARGETS.items():
        ours = partial(getattr(measures, measure), recalls)
        theirs = partial(getattr(fr, measure), frame)
        seconds = side_by_side(ours, theirs)
        yield Row(f"{measure}, {name}", len(recalls), ratio_target=target, **seconds)


def _by_meaning() -> Iterator[Row]:
    """Measures of category and distance, on the lists of several categories."""
    recalls = data.load("morton2013").select(list_type="mixed")
    raw = fr.sample_data("Morton2013").query("list_type == 'mixed'")
    frame = fr.merge_free_recall(raw, study_keys=["category"])
    words, distances = fr.sample_distances("Morton2013")
    frame["word"] = fr.pool_index(frame["item"], words)
    edges = np.quantile(distances[distances > 0], np.linspace(0.01, 0.99, 10))
    apart = measures.distances_in_lists(recalls, words, distances)

    def both() -> None:
        measures.lbc(recalls)
        measures.arc(recalls)

    pairs: dict[str, tuple[Call, Call, float | None]] = {
        "lag_crp within category": (
            lambda: measures.lag_crp(recalls, within="category"),
            lambda: fr.lag_crp(frame, test_key="category", test=lambda a, b: a == b),
            10,
        ),
        "category_crp": (
            lambda: measures.category_crp(recalls),
            lambda: fr.category_crp(frame, "category"),
            10,
        ),
        "lbc and arc": (both, lambda: fr.category_clustering(frame, "category"), None),
        "distance_crp": (
            lambda: measures.distance_crp(recalls, apart, edges),
            lambda: fr.distance_crp(frame, "word", distances, edges),
            10,
        ),
        "distance_rank": (
            lambda: measures.distance_rank(recalls, apart),
            lambda: fr.distance_rank(frame, "word", distances),
            25,
        ),
    }
    for measure, (ours, theirs, target) in pairs.items():
        seconds = side_by_side(ours, theirs)
        name = f"{measure}, morton2013 mixed"
        yield Row(name, len(recalls), ratio_target=target, **seconds)


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
