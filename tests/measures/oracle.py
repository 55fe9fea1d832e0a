"""psifr as the oracle, and random responses to put to it. psifr is imported, never copied."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from psifr import fr

from cogmem import data
from cogmem.data.recalls import Recalls

__all__ = [
    "CATEGORY_SETS",
    "ORACLE_SETS",
    "psifr_counts",
    "psifr_table",
    "random_distances",
    "random_responses",
    "recalls_and_frame",
]

ORACLE_SETS = ("morton2013", "peers", "synthetic")
CATEGORY_SETS = ("morton2013", "synthetic")
_PSIFR_NAME = {"morton2013": "Morton2013", "peers": "peers_notask"}


def random_responses(n_lists: int, list_length: int, seed: int) -> np.ndarray:
    """Positions [list, output] with repeats and intrusions; some lists empty, some full."""
    rng = np.random.default_rng(seed)
    width = list_length + 4
    rows = np.zeros((n_lists, width), np.int16)
    for row in rows:
        kind = rng.integers(10)
        if kind == 0:
            row[:list_length] = rng.permutation(list_length) + 1
        elif kind > 1:
            n = rng.integers(1, width + 1)
            row[:n] = rng.choice([-1, *range(1, list_length + 1)], size=n)
    return rows


@cache
def recalls_and_frame(name: str) -> tuple[Recalls, pd.DataFrame]:
    """A data set, once as `Recalls` and once as psifr's merged frame.

    The frame of a set with categories has them, and that of Morton 2013 the type of each list.
    """
    raw = _synthetic() if name == "synthetic" else fr.sample_data(_PSIFR_NAME[name])
    recalls = data.from_table(raw) if name == "synthetic" else data.load(name)
    study = [key for key in ("category",) if key in raw]
    lists = [key for key in ("list_type",) if key in raw]
    return recalls, fr.merge_free_recall(raw, study_keys=study, list_keys=lists)


@cache
def random_distances(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Distances with ties between all words of a data set: [word], [word, word]."""
    words = recalls_and_frame(name)[0].pool
    drawn = np.random.default_rng(3).integers(1, 40, (len(words),) * 2) / 39
    return words, np.maximum(drawn, drawn.T)


def _synthetic(n_lists: int = 200, list_length: int = 7, n_subjects: int = 5) -> pd.DataFrame:
    events: list[dict[str, Any]] = []
    rng = np.random.default_rng(4)
    for i, row in enumerate(random_responses(n_lists, list_length, seed=2)):
        words = [f"word{i}.{p}" for p in range(1, list_length + 1)]
        said = [words[p - 1] if p > 0 else f"never{i}.{n}" for n, p in enumerate(row) if p]
        category = dict(zip(words, rng.permutation(list("aaabbcc")), strict=True))
        event = {"subject": i % n_subjects + 1, "list": i // n_subjects + 1}
        for kind, items in (("study", words), ("recall", said)):
            for n, word in enumerate(items, start=1):
                what = {"trial_type": kind, "position": n, "item": word}
                events.append(event | what | {"category": category.get(word)})
    return pd.DataFrame(events)


def psifr_counts(name: str, measure: str, column: str) -> np.ndarray:
    """A column of psifr's `pnr` [subject, output, input], `lag_crp` [subject, lag], `input_crp`
    [subject, previous, current], `spc` [subject, input] and so on, see `_PSIFR_AXES`."""
    return psifr_table(_psifr(name, measure), measure, column)


def psifr_table(cells: pd.DataFrame, measure: str, column: str) -> np.ndarray:
    """A column of what psifr gives for a measure, with the axes of `psifr_counts`."""
    axes = ["subject", *_PSIFR_AXES[measure]]
    cells = cells.reset_index().sort_values(axes)
    return cells[column].to_numpy().reshape([cells[axis].nunique() for axis in axes])


_PSIFR_AXES = {
    "spc": ["input"],
    "pnr": ["output", "input"],
    "lag_crp": ["lag"],
    "lag_crp_compound": ["previous", "current"],
    "distance_crp": ["center"],
    "distance_rank": [],
    "category_crp": [],
    "category_clustering": [],
    "pli_list_lag": ["list_lag"],
    # psifr 0.10.1 has these two labels the wrong way round: a -> b of the list a b c d comes out as
    # previous 2, current 1.
    "input_crp": ["current", "previous"],
    "lag_rank": [],
}


@cache
def _psifr(name: str, measure: str) -> pd.DataFrame:
    return getattr(fr, measure)(recalls_and_frame(name)[1])
