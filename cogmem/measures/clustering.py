"""Measures of semantic organisation: does recall go by meaning and category?

Like those of `cogmem.measures.recall`, they take `Recalls` and give a Dataset. Categories are a
column of the studied words, e.g. `recalls.by_position["category"]`; distances are given for the
words of each list, e.g. by `distances_in_lists`. For simulated responses on known lists, pass the
same arrays to `measures.curve`: `same=same_label(...)`, `bins=distance_bins(...)`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.measures.labelled import check_recalls, measure
from cogmem.measures.words import allowed_pairs, same_label

__all__ = ["arc", "category_crp", "distance_bins", "distance_crp", "distance_rank", "lbc"]


def category_crp(recalls: Recalls, category: str = "category") -> xr.Dataset:
    """Probability that the next word is of the same category, where one was left.

    The transitions are those of `lag_crp`: repeats and intrusions break the chain.

    Args:
        recalls: the behaviour.
        category: column of the studied words with their categories.

    Returns:
        Dataset (subject).

    Raises:
        MixedListLengths: if the lists have several lengths.
        UnknownName, InvalidValue: if there is no such column, or a word has no category.
    """
    return measure("category_crp", recalls, same=same_label(recalls, category))


def lbc(recalls: Recalls, category: str = "category") -> xr.Dataset:
    """List-based clustering (Stricker et al. 2002): same-category neighbours above chance.

    Of each list, the neighbours in recall that share a category, repeats and intrusions left out,
    less those expected if it were in random order: (R - 1)(m - 1) / (L - 1) of R words recalled
    from L with m of each category (the mean, if sizes differ). 0 is chance. A list without a
    correct recall has no score (psifr 0.10.1 gives it (m - 1) / (L - 1)).

    Args:
        recalls: the behaviour.
        category: column of the studied words with their categories.

    Returns:
        Dataset (subject): `value` is the mean over lists with a correct recall.

    Raises:
        MixedListLengths: if the lists have several lengths.
        UnknownName, InvalidValue: if there is no such column, or a word has no category.
    """
    return measure("lbc", recalls, same=same_label(recalls, category))


def arc(recalls: Recalls, category: str = "category") -> xr.Dataset:
    """Adjusted ratio of clustering (Roenker, Thompson & Brown 1971).

    Of each list, (observed - E) / (R - c - E): same-category neighbours in recall, repeats and
    intrusions left out; expected E = sum n (n - 1) / R over the n words recalled of each category;
    at most R - c of R words of c categories. 1 is perfect, 0 chance. Undefined, and left out, where
    the most is what is expected, e.g. in recall of one category.

    Args:
        recalls: the behaviour.
        category: column of the studied words with their categories.

    Returns:
        Dataset (subject): `value` is the mean over lists where it is defined.

    Raises:
        MixedListLengths: if the lists have several lengths.
        UnknownName, InvalidValue: if there is no such column, or a word has no category.
    """
    return measure("arc", recalls, same=same_label(recalls, category))


def distance_bins(distances: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """In which bin each distance falls, from 0; -1 outside all.

    Args:
        distances: any array.
        edges: [bin + 1] rising edges; a bin holds its upper edge and not its lower.

    Raises:
        InvalidValue: if the edges do not rise.
    """
    edges = np.asarray(edges, float)
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise InvalidValue(f"edges are {edges}, expected two or more numbers, each above the last.")
    found = np.searchsorted(edges, distances, side="left") - 1
    return np.where(found < len(edges) - 1, found, -1).astype(np.int16)


def distance_crp(recalls: Recalls, distances: np.ndarray, edges: np.ndarray) -> xr.Dataset:
    """Conditional response probability by distance in meaning (semantic CRP).

    Args:
        recalls: the behaviour.
        distances: [trial, position, position] between the words of each list.
        edges: [bin + 1] rising edges of the bins, fixed for all, e.g. percentiles over the pool of
            words. A bin holds its upper edge; distances outside all bins are left out.

    Returns:
        Dataset (subject, bin) with the coordinate `distance`, the middle of each bin.

    Raises:
        MixedListLengths: if the lists have several lengths.
        InvalidValue: if the edges do not rise or `distances` has another shape.
    """
    edges = np.asarray(edges, float)
    bins = distance_bins(_in_lists(recalls, distances), edges)
    dataset = measure("distance_crp", recalls, bins=bins, n_bins=len(edges) - 1)
    middle = xr.Variable("bin", (edges[1:] + edges[:-1]) / 2, {"long_name": "Distance"})
    return dataset.assign_coords(distance=middle)


def distance_rank(
    recalls: Recalls,
    distances: np.ndarray,
    *,
    within: str | None = None,
    across: str | None = None,
) -> xr.Dataset:
    """Semantic clustering: mean percentile rank of the distance of each transition.

    Like `lag_rank`, with any distance instead of |lag|: 1 = always the nearest of the words
    possible, 0.5 = chance.

    Args:
        recalls: the behaviour.
        distances: [trial, position, position] between the words of each list.
        within, across: columns of the studied words that restrict transitions, see `lag_crp`.

    Returns:
        Dataset with value (subject) and the counts (subject, available), as `lag_rank`.

    Raises:
        MixedListLengths: if the lists have several lengths.
        UnknownName: if there is no such column.
        InvalidValue: if `distances` has another shape.
    """
    found = _in_lists(recalls, distances)
    # Only the order matters: whole numbers keep it exactly, 32-bit floats might not.
    _, order = np.unique(found, return_inverse=True)
    allowed = allowed_pairs(recalls, within, across)
    return measure(
        "distance_rank",
        recalls,
        distances=order.reshape(found.shape).astype(np.int32),
        allowed=allowed,
    )


def _in_lists(recalls: Recalls, distances: np.ndarray) -> np.ndarray:
    length = check_recalls(recalls).length
    expected = (len(recalls), length, length)
    if np.shape(distances) != expected:
        raise InvalidValue(f"distances has shape {np.shape(distances)}, expected {expected}.")
    return np.asarray(distances)
