"""ACT-R's activation by hand, the fan effect beside Anderson (1974), and the sign of spacing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.data import published
from cogmem.models import parameters
from cogmem.models.actr import ACTR


@pytest.fixture(scope="module")
def fan_times():
    location, person = jnp.meshgrid(jnp.arange(1.0, 4), jnp.arange(1.0, 4), indexing="ij")
    return jax.vmap(jax.vmap(ACTR().fact_times))(person, location)


def test_base_level_by_hand():
    """Used 4 s and 1 s ago with d = .5: ln(1/2 + 1). A use to come does not count."""
    uses = jnp.array([0.0, 3.0, 9.0])
    np.testing.assert_allclose(ACTR().base_level(uses, jnp.array(4.0)), np.log(1.5), rtol=1e-6)
    assert ACTR().base_level(uses, jnp.array(0.0)) == -jnp.inf


def test_decay_rises_with_what_is_left():
    """d_1 = a, as nothing was there; d_2 = a + c 4^-a; d_3 = a + c (9^-d_1 + 5^-d_2)."""
    model = ACTR(decay=0.5, decay_scale=0.4)
    second = 0.5 + 0.4 / 2
    third = 0.5 + 0.4 * (1 / 3 + 5**-second)
    found = model.decays(jnp.array([0.0, 4.0, 9.0]))
    np.testing.assert_allclose(found, [0.5, second, third], rtol=1e-6)


def test_retention_is_a_power_law_of_time():
    """One use: the odds of need, e^B, fall as t^-d."""
    t = jnp.array([1.0, 10.0, 100.0])
    levels = jax.vmap(lambda now: ACTR(decay=0.3).base_level(jnp.zeros(1), now))(t)
    np.testing.assert_allclose(jnp.exp(levels), t**-0.3, rtol=1e-5)


def test_massed_practice_wins_soon_and_spaced_practice_later():
    """Pavlik & Anderson (2005), as a sign: gaps of 2 and 100 s, tested 10 s and a day later."""

    def advantage_of_spacing(model, delay):
        massed, spaced = (
            model.base_level(jnp.array([0.0, gap]), jnp.array(gap + delay)) for gap in (2.0, 100.0)
        )
        return float(spaced - massed)

    varying, constant = ACTR(decay=0.3, decay_scale=0.3), ACTR(decay=0.3)
    assert advantage_of_spacing(varying, 10.0) < 0 < advantage_of_spacing(varying, 86400.0)
    # Not with one decay for all: spacing only makes the first use older.
    assert advantage_of_spacing(constant, 10.0) < advantage_of_spacing(constant, 86400.0) < 1e-3


def test_half_is_recalled_at_the_threshold_and_time_falls_with_activation():
    model = ACTR(threshold=-0.5, noise=0.25, latency_factor=2.0)
    np.testing.assert_allclose(model.recall_probability(jnp.array(-0.5)), 0.5)
    expected = 1 / (1 + np.exp(-4))
    np.testing.assert_allclose(model.recall_probability(jnp.array(0.5)), expected, rtol=1e-6)
    np.testing.assert_allclose(model.latency(jnp.log(jnp.array(4.0))), 0.5, rtol=1e-6)


def test_fan_by_hand():
    """Fans of 1: each source also has itself, so A = 1.6 - ln 2 for a target, half for a foil."""
    times = ACTR(intercept=0.0).fact_times(1.0, 1.0)
    np.testing.assert_allclose(times.target, 0.63 * 2 * np.exp(-1.6), rtol=1e-6)
    np.testing.assert_allclose(times.foil, 0.63 * np.sqrt(2) * np.exp(-0.8), rtol=1e-6)


def test_anderson_1974(fan_times):
    """Targets 1.11-1.36 s and foils 1.20-1.47 s: correlation over .8, RMSD under .06 s, and the
    intercept is the best there is."""
    table = published("anderson1974").sort_values(["probe", "location_fan", "person_fan"])
    people = table["value"].to_numpy().reshape(2, 3, 3)[::-1]  # foils come first in the alphabet
    model = np.stack(fan_times)
    error = people - model
    assert np.corrcoef(people.ravel(), model.ravel())[0, 1] > 0.8
    assert np.sqrt((error**2).mean()) < 0.06
    np.testing.assert_allclose(error.mean(), 0, atol=1e-3)


def test_both_fans_slow_targets_and_foils(fan_times):
    for times in fan_times:
        assert (np.diff(times, axis=0) > 0).all()
        assert (np.diff(times, axis=1) > 0).all()
    assert (fan_times.foil > fan_times.target).all()


def test_gradients_are_finite():
    """Also where a use is still to come, and at the bound c = 0."""
    model = jax.tree.map(jnp.asarray, ACTR())
    slope = jax.grad(lambda m: m.base_level(jnp.array([0.0, 5.0, 9.0]), jnp.array(7.0)))(model)
    assert all(np.isfinite(v) for v in parameters.get(slope).values())
    assert slope.decay < 0
    assert slope.decay_scale < 0
