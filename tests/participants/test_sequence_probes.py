"""Answers to cues and probes: noise in its own units, softmax, areas and ratings by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.models.networks import Transformer
from cogmem.participants.sequence_probes import (
    d_a,
    noisy,
    old_log_odds,
    p_right,
    rated,
    strengths,
)
from cogmem.participants.sequence_sitting import studied
from cogmem.tasks.word_tokens import WordTokens

KEY = jax.random.key(2)
WORDS = WordTokens(6)
MODEL = BDH(WORDS.n_tokens, width=8, n_heads=2, n_neurons=16, n_layers=2)
WEIGHTS = MODEL.begin(key=jax.random.key(1))
LISTS = jnp.array([[WORDS.list_start, 0, 1, 2], [WORDS.list_start, 5, 4, 3]])


def test_noise_is_in_root_mean_squares_of_what_is_there() -> None:
    """States of 3s and of 0.5s with as many zeros: an sd of 2 is 6 and 1, to 5 %; zeros stay."""
    size = jnp.array([3.0, 0.5])[:, None]
    states = {"s": jnp.concatenate([size * jnp.ones((2, 4000)), jnp.zeros((2, 4000))], axis=1)}
    found = noisy(states | {"n": jnp.array([4, 5])}, 2.0, key=KEY)
    spread = np.asarray(found["s"])[:, :4000].std(axis=1)
    np.testing.assert_allclose(spread, [6, 1], rtol=0.05)
    assert not np.asarray(found["s"])[:, 4000:].any()
    np.testing.assert_array_equal(found["n"], [4, 5])
    np.testing.assert_array_equal(noisy(states, 0.0, key=KEY)["s"], states["s"])
    with pytest.raises(InvalidValue, match="sd is -1"):
        noisy(states, -1.0, key=KEY)


def test_noise_in_units_of_another_state() -> None:
    """What has faded from 3 to .1 is disturbed as if it had not: sd 2 is 6, to 5 %."""
    fresh = jnp.full((1, 4000), 3.0)
    found = np.asarray(noisy(fresh / 30, 2.0, key=KEY, unit=fresh))
    assert found.std() == pytest.approx(6, rel=0.05)
    with pytest.raises(InvalidValue, match="a unit of shapes"):
        noisy(fresh, 1.0, key=KEY, unit=fresh[:, :2])


def test_noise_leaves_a_cache_as_long_as_it_is() -> None:
    model = Transformer(WORDS.n_tokens, width=8, n_heads=2, n_layers=1, n_positions=16)
    states = studied(model, model.begin(key=KEY), LISTS)
    found = noisy(states, 1.0, key=KEY)
    for before, after in zip(jax.tree.leaves(states), jax.tree.leaves(found), strict=True):
        np.testing.assert_array_equal(before == 0, after == 0)


def test_log_odds_are_those_of_reading_at_once() -> None:
    """START and three words, PROBE, a word: to 1e-5."""
    states = studied(MODEL, WEIGHTS, LISTS)
    found = old_log_odds(MODEL, WEIGHTS, WORDS, states, jnp.array([1, 2]))
    for row, probe, value in zip(LISTS, (1, 2), found, strict=True):
        whole = jnp.concatenate([row, jnp.array([WORDS.probe, probe])])
        logits = MODEL.read(WEIGHTS, whole)[0][-1]
        assert value == pytest.approx(float(logits[WORDS.old] - logits[WORDS.new]), abs=1e-5)


def test_strength_is_what_the_probe_reads() -> None:
    """By hand in the first layer: sum over heads of |x' S|^2; 0 from empty synapses."""
    states = studied(MODEL, WEIGHTS, LISTS)
    found = np.asarray(strengths(MODEL, WEIGHTS, states, jnp.array([1, 2])))
    activity, _ = MODEL.watch(WEIGHTS, jnp.array([2]), states[1])
    read = np.einsum("hn,hnd->hd", activity.x[0][:, 0], states[1][0])
    assert found[1, 0] == pytest.approx(np.sqrt((read**2).sum()), rel=1e-4)
    assert found.shape == (2, 2)
    assert not np.asarray(strengths(MODEL, WEIGHTS, 0 * states, jnp.array([1, 2])))[:, 0].any()


def test_probability_of_the_right_word() -> None:
    """Odds of 4 to 1: .8 at temperature 1, 2 to 1 at temperature 2."""
    log_p = np.log([[0.8, 0.2], [0.2, 0.8]])
    found = p_right(log_p, [0, 0], [1.0, 2.0])
    np.testing.assert_allclose(found, [[0.8, 0.2], [2 / 3, 1 / 3]])
    with pytest.raises(InvalidValue, match="above 0"):
        p_right(log_p, [0, 0], [0.0])


def test_sensitivity_is_the_distance_of_normals() -> None:
    """d' of 1.5 with 2,000 of each, within .1; all pairs won of 2 x 3 is (6 + .5) / 7."""
    drawn = np.random.default_rng(1).normal(size=(2, 2000))
    assert d_a(drawn[0] + 1.5, drawn[1]) == pytest.approx(1.5, abs=0.1)
    assert d_a([5, 6], [1, 2, 3]) == pytest.approx(np.sqrt(2) * norm.ppf(6.5 / 7))
    assert d_a([1, 1], [1, 1]) == pytest.approx(0)


def test_ratings_are_equally_frequent() -> None:
    """Six items in three ratings, two of each; old ones are the higher."""
    found = rated([4, 5, 6], [1, 2, 3], 3)
    np.testing.assert_array_equal(found, [[0, 1, 2], [2, 1, 0]])
    assert rated(np.zeros((5, 7)), np.ones((5, 4)), 4).shape == (5, 2, 4)
    with pytest.raises(InvalidValue, match="2 or more"):
        rated([1], [2], 1)
