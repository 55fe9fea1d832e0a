"""How the words of a list go together: by a label that they share, or by a table of distances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.measures.labelled import check_recalls

__all__ = ["allowed_pairs", "distances_in_lists", "same_label"]


def same_label(recalls: Recalls, column: str) -> np.ndarray:
    """Which words of each list have the same label, e.g. belong to one category.

    Args:
        recalls: lists of one length.
        column: of `recalls.by_position`, with one label per studied word, e.g. "category".

    Returns:
        bool[trial, position, position].

    Raises:
        UnknownName: if there is no such column.
        InvalidValue: if a studied word has no label.
        MixedListLengths: if the lists have several lengths.
    """
    if column not in check_recalls(recalls).by_position:
        raise UnknownName("column of the studied words", column, recalls.by_position)
    labels = recalls.by_position[column][:, : recalls.length]
    if missing := np.flatnonzero(pd.isna(labels).any(axis=1)).tolist():
        raise InvalidValue(
            f"words in {len(missing)} lists, first row {missing[0]}, have no {column}; expected a "
            "label for every studied word. Select the lists that have one."
        )
    return labels[:, :, None] == labels[:, None, :]


def distances_in_lists(recalls: Recalls, words: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Distances between the words of each list, from a table for all words.

    Args:
        recalls: lists of one length, with known words (`items` and `pool`).
        words: [word] the words of the table.
        distances: [word, word] the table.

    Returns:
        [trial, position, position] of the type of `distances`.

    Raises:
        InvalidValue: if a studied word is not in the table, or the table is not square.
        MixedListLengths: if the lists have several lengths.
    """
    distances, length = np.asarray(distances), check_recalls(recalls).length
    if distances.shape != (len(words), len(words)):
        raise InvalidValue(f"distances has shape {distances.shape}, expected 2 x {len(words)}.")
    place = pd.Index(words).get_indexer(recalls.pool)
    studied = recalls.items[:, :length]
    rows = np.where(studied >= 0, place[studied], -1) if len(place) else np.full(studied.shape, -1)
    if (rows < 0).any():
        unknown = int(np.count_nonzero((rows < 0).any(axis=1)))
        raise InvalidValue(f"{unknown} lists hold words that are not in the table of distances.")
    return distances[rows[:, :, None], rows[:, None, :]]


def allowed_pairs(recalls: Recalls, within: str | None, across: str | None) -> np.ndarray | None:
    """Pairs of words with the same label `within` and different labels `across`; None if all.

    Returns:
        bool[trial, position, position], or None if neither is given.

    Raises:
        UnknownName, InvalidValue, MixedListLengths: see `same_label`.
    """
    pairs = [same_label(recalls, within)] if within else []
    pairs += [~same_label(recalls, across)] if across else []
    return np.logical_and.reduce(pairs) if pairs else None
