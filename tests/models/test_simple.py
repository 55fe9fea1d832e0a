"""SIMPLE: by hand for two items, scale invariance, and what crowding does."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue
from cogmem.measures.maximum_likelihood import maximise
from cogmem.models import parameters
from cogmem.models.simple import MEAN_RECALL, SIMPLE, PositionCounts, ages

MURDOCK = ages(20, 1.0, MEAN_RECALL)


def test_ages_count_from_each_onset():
    np.testing.assert_array_equal(ages(3, 2.0, 5.0), [11, 9, 7])
    with pytest.raises(InvalidValue, match="0 items"):
        ages(0, 1.0, 1.0)


def test_two_items_by_hand():
    """Ages 1 and 4 with c = 1/2: eta = exp(-ln(4)/2) = 1/2, so D is 2/3 and 1/3."""
    model = SIMPLE(distinctiveness=0.5, threshold=0.5, slope=6.0)
    when = jnp.array([4.0, 1.0])
    third = 1 / 3
    np.testing.assert_allclose(
        model.discriminability(when), [[2 * third, third], [third, 2 * third]], rtol=1e-6
    )
    # r = logistic(+-1), which add up to 1.
    np.testing.assert_allclose(model.recall(when), 1.0, rtol=1e-6)
    high = SIMPLE(distinctiveness=0.5, threshold=2 * third, slope=6.0).recall(when)
    np.testing.assert_allclose(high, 0.5 + 1 / (1 + np.exp(2)), rtol=1e-6)


def test_recall_is_one_at_most():
    assert SIMPLE(distinctiveness=0.1, threshold=0.0, slope=1.0).recall(MURDOCK).max() == 1.0


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(1e-3, 1e4), c=st.floats(0.5, 40), t=st.floats(0.1, 0.9))
def test_only_ratios_of_time_matter(factor, c, t):
    """Brown et al.: all times multiplied by a constant change nothing."""
    with jax.enable_x64(True):
        model = SIMPLE(distinctiveness=c, threshold=t, slope=10.0)
        once, scaled = (model.recall(jnp.asarray(when)) for when in (MURDOCK, factor * MURDOCK))
    np.testing.assert_allclose(scaled, once, atol=1e-12)


def test_crowding_gives_recency_and_a_little_primacy():
    curve = SIMPLE().recall(MURDOCK)
    assert curve[-1] > curve[-4] > curve[10]
    assert curve[0] > curve[5]


def test_a_pause_before_the_test_takes_recency_away():
    """The ratio of the last two ages goes to 1: nothing has decayed, yet recency is lost."""
    soon, late = (SIMPLE().recall(ages(20, 1.0, MEAN_RECALL + pause)) for pause in (0, 60))
    assert soon[-1] - soon[10] > 5 * (late[-1] - late[10])


def test_isolation_in_time_helps():
    """An item with a gap before and after it is recalled better than in an even list."""
    even, gap = jnp.arange(8.0, 0, -1) + 5, jnp.array([14, 13, 12, 9, 6, 5, 4, 3.0]) + 3
    assert SIMPLE().recall(gap)[3] > SIMPLE().recall(even)[3]


def test_likelihood_by_hand_and_its_gradient():
    """Three of four lists at probability 1 - 1e-6, at both positions."""
    model, when = SIMPLE(distinctiveness=0.1, threshold=0.0, slope=1.0), jnp.array([2.0, 1.0])
    counts = PositionCounts(when, jnp.full(2, 3.0), jnp.full(2, 4.0))
    expected = 2 * (3 * np.log1p(-1e-6) + np.log(1e-6))
    np.testing.assert_allclose(model.log_likelihood(counts), expected, rtol=1e-3)
    counts = PositionCounts(jnp.asarray(MURDOCK), jnp.full(20, 30.0), jnp.full(20, 80.0))
    slope = jax.grad(lambda m: m.log_likelihood(counts))(jax.tree.map(jnp.asarray, SIMPLE()))
    assert all(np.isfinite(v) and v != 0 for v in parameters.get(slope).values())


def test_parameters_are_found_again():
    """From 4,000 simulated lists of 20: each within 5 % of the truth."""
    truth = SIMPLE(distinctiveness=12.0, threshold=0.6, slope=9.0)
    p = np.asarray(truth.recall(jnp.asarray(MURDOCK)), float)
    n_lists = np.full(20, 4000.0)
    counts = PositionCounts(MURDOCK, np.random.default_rng(0).binomial(4000, p) * 1.0, n_lists)
    one = PositionCounts(*(np.asarray(x)[None] for x in counts))
    found = maximise(SIMPLE(), SIMPLE.log_likelihood, one, n_starts=2)
    for name, value in parameters.get(truth).items():
        np.testing.assert_allclose(found.values[name][0], value, rtol=0.05)
