"""Clustering by category and by distance: psifr as oracle, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from psifr import fr

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from tests.measures.every import as_recalls
from tests.measures.oracle import (
    CATEGORY_SETS,
    ORACLE_SETS,
    psifr_table,
    random_distances,
    recalls_and_frame,
)


def mixed(name: str) -> tuple[Recalls, pd.DataFrame]:
    """Lists of several categories: all but the pure lists of Morton 2013."""
    recalls, frame = recalls_and_frame(name)
    if "list_type" not in frame:
        return recalls, frame
    return recalls.select(list_type="mixed"), frame.query("list_type == 'mixed'")


@pytest.mark.parametrize("name", CATEGORY_SETS)
def test_category_crp_is_psifrs(name: str) -> None:
    recalls, frame = mixed(name)
    cells, found = fr.category_crp(frame, "category"), measures.category_crp(recalls)
    for column, ours in (("actual", "actual"), ("possible", "possible"), ("prob", "value")):
        expected = psifr_table(cells, "category_crp", column)
        np.testing.assert_allclose(found[ours], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CATEGORY_SETS)
def test_clustering_scores_are_psifrs(name: str) -> None:
    """In lists with a correct recall; psifr 0.10.1 has an LBC of (m - 1) / (L - 1) in others."""
    recalls, frame = mixed(name)
    some = frame.query("study and recall").groupby(["subject", "list"]).size().rename("correct")
    cells = fr.category_clustering(frame.join(some, ["subject", "list"], "inner"), "category")
    for score in ("lbc", "arc"):
        found = getattr(measures, score)(recalls).value
        expected = psifr_table(cells, "category_clustering", score)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CATEGORY_SETS)
def test_distance_crp_is_psifrs(name: str) -> None:
    recalls, frame = recalls_and_frame(name)
    words, distances = random_distances(name)
    edges = np.array([0.1, 0.3, 0.5, 0.7, 0.95])
    frame = frame.assign(index_of_word=fr.pool_index(frame["item"], words))
    cells = fr.distance_crp(frame, "index_of_word", distances, edges, drop_bin=True)
    in_lists = measures.distances_in_lists(recalls, words, distances)
    found = measures.distance_crp(recalls, in_lists, edges)
    for column in ("actual", "possible"):
        expected = psifr_table(cells, "distance_crp", column)
        np.testing.assert_array_equal(found[column], expected, err_msg=column)
    np.testing.assert_allclose(found.distance, (edges[1:] + edges[:-1]) / 2)


@pytest.mark.parametrize("name", ORACLE_SETS)
def test_distance_rank_is_psifrs(name: str) -> None:
    recalls, frame = recalls_and_frame(name)
    some = recalls.subjects[:8]
    words, distances = random_distances(name)
    recalls, frame = recalls.select(subject=some), frame[frame["subject"].isin(some)]
    frame = frame.assign(index_of_word=fr.pool_index(frame["item"], words))
    cells = fr.distance_rank(frame, "index_of_word", distances)
    in_lists = measures.distances_in_lists(recalls, words, distances)
    expected = psifr_table(cells, "distance_rank", "rank")
    found = measures.distance_rank(recalls, in_lists).value
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_rank_of_distance_in_the_list_is_the_lag_rank() -> None:
    recalls = recalls_and_frame("synthetic")[0]
    place = np.arange(recalls.length)
    lags = np.broadcast_to(np.abs(place[:, None] - place), (len(recalls), *2 * place.shape))
    found = measures.distance_rank(recalls, lags).value
    np.testing.assert_array_equal(found, measures.lag_rank(recalls).value)


def test_distances_that_differ_in_the_last_bit_are_not_tied() -> None:
    """To 32 bits they are one and the same."""
    far = np.ones((1, 3, 3))
    far[0, 0, 1] = np.nextafter(1, 0)
    recalls = Recalls.from_positions(np.array([[1, 2]]), list_length=3)
    assert measures.distance_rank(recalls, far).value == 1


def test_a_bin_holds_its_upper_edge() -> None:
    found = measures.distance_bins(np.array([0.0, 0.1, 1.0, 1.5, 2.0, 2.1, -1]), [0, 1, 2])
    assert found.tolist() == [-1, 0, 0, 1, 1, -1, -1]


def test_arc_of_perfect_and_random_clustering() -> None:
    """Category by category scores 1; the mean over random orders is near 0, as for LBC."""
    order = np.random.default_rng(2).permuted(np.tile(np.arange(1, 13), (2000, 1)), axis=1)
    category = {"category": np.tile(np.repeat([0, 1, 2], 4), (2000, 1))}
    random = as_recalls(order[:, :8], 12, by_position=category)
    assert abs(measures.arc(random).value.item()) < 0.02
    assert abs(measures.lbc(random).value.item()) < 0.05
    tidy = replace(random, recalls=np.sort(random.recalls, axis=1))
    assert measures.arc(tidy).value == 1


def test_words_without_category_or_distance_are_refused() -> None:
    recalls = as_recalls(np.array([[1, 2], [2, 1]]), 3)
    with pytest.raises(UnknownName, match=r"'task'\. Known: category"):
        measures.lag_crp(recalls, within="task")
    labels = np.array([["a", "a", "b"], ["a", None, "b"]], object)
    with pytest.raises(InvalidValue, match="1 lists, first row 1, have no category"):
        measures.category_crp(replace(recalls, by_position={"category": labels}))
    with pytest.raises(InvalidValue, match="2 lists hold words that are not in the table"):
        measures.distances_in_lists(recalls, np.array(["no"]), np.zeros((1, 1)))
    with pytest.raises(InvalidValue, match=r"shape \(3, 3\), expected \(2, 3, 3\)"):
        measures.distance_rank(recalls, np.zeros((3, 3)))
    with pytest.raises(InvalidValue, match="each above the last"):
        measures.distance_crp(recalls, np.zeros((2, 3, 3)), [1, 0])
