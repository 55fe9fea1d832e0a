"""Sparse codes by competition: how likely they overlap, and the spatial pooler by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from cogmem.models.associative import (
    complete_all,
)
from cogmem.models.sparse_overlap import SpatialPooler, overlap_probability, random_permanences
from tests.models.test_associative import learnt, sparse, standard_error


@pytest.mark.parametrize(
    ("n", "w", "theta", "p", "digits"),
    [
        (2048, 40, 20, 2.491e-26, 4),
        (2048, 40, 10, 1.368e-9, 4),
        (1024, 10, 8, 6.92e-17, 3),
        (384, 24, 12, 2.81e-10, 3),
    ],
)
def test_overlap_probability(n: int, w: int, theta: int, p: float, digits: int) -> None:
    """Section 8, to the digits given there; and scipy's hypergeometric distribution."""
    assert float(f"{overlap_probability(n, w, theta):.{digits - 1}e}") == p
    assert overlap_probability(n, w, theta) == pytest.approx(
        stats.hypergeom.sf(theta - 1, n, w, w), rel=1e-8
    )


def test_overlap_of_random_codes() -> None:
    """The share of pairs that have 4 of 10 among 60 in common, 5.2 %; by simulation."""
    shared = (sparse(20_000, 60, 10, 0) & sparse(20_000, 60, 10, 1)).sum(axis=1)
    p = overlap_probability(60, 10, 4)
    assert abs((shared >= 4).mean() - p) < 4 * standard_error(p, 20_000)
    assert overlap_probability(60, 10, 0) == 1


def test_pooler_by_hand() -> None:
    """Three columns, one winner: overlaps with 110 are 1, 2 and 0."""
    initial = jnp.array([[0.6, 0.4, 0.6], [0.5, 0.95, 0.51], [0.1, 0.1, 0.9]])
    pooler = SpatialPooler(initial, n_winners=1, boost=0.0, period=4.0)
    done = pooler.complete(pooler.begin(), jnp.array([True, True, False]))
    np.testing.assert_array_equal(done.code, [False, True, False])
    np.testing.assert_array_equal(done.pattern, [True, True, False])
    np.testing.assert_allclose(done.familiarity, 1)
    state = learnt(pooler, [[1, 1, 0]])
    # Only the winner moves: +.1 where active, at most 1, and -.02 elsewhere.
    expected = np.asarray(initial).copy()
    expected[1] = [0.6, 1, 0.49]
    np.testing.assert_allclose(state.permanence, expected, rtol=1e-6)
    np.testing.assert_allclose(state.duty, [0, 0.25, 0])


def test_boosting_helps_columns_that_have_not_won() -> None:
    """Overlaps 3 and 2: after one win in a period of 4, 3 exp(-.25 b) < 2 for b > 4 ln 1.5."""
    initial = jnp.array([[0.9, 0.9, 0.9], [0.9, 0.9, 0.1]])
    for boost, winner in ((1.5, 0), (1.8, 1)):
        pooler = SpatialPooler(initial, n_winners=1, boost=boost, period=4.0)
        state = learnt(pooler, [[1, 1, 1]])
        code = pooler.complete(state, jnp.ones(3, bool)).code
        assert int(code.argmax()) == winner


def test_pooler_always_has_k_winners_and_similar_codes_for_similar_inputs() -> None:
    pooler = SpatialPooler(random_permanences(200, 100, key=jax.random.key(3)), n_winners=20)
    item = sparse(1, 100, 20, 0)[0]
    on, off = np.flatnonzero(item), np.flatnonzero(~item)
    probes = np.stack([item] * 6)
    for i, n_changed in enumerate((0, 2, 4, 8, 12, 20)):
        probes[i, on[:n_changed]], probes[i, off[:n_changed]] = False, True
    code = np.asarray(complete_all(pooler, learnt(pooler, [item] * 5), probes).code)
    assert (code.sum(axis=1) == 20).all()
    shared = (code & code[0]).sum(axis=1)
    assert stats.spearmanr(shared, [20, 18, 16, 12, 8, 0]).statistic > 0.9
