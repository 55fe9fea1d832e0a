"""Fits of retention: simulated parameters, published fits, and the trap of averaging."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.data import published
from cogmem.errors import InvalidValue
from cogmem.measures import retention
from cogmem.models.retention import LAWS, Exponential, Power

DELAYS = np.array([0.0, 1, 3, 7, 15, 40])
TWO = {name: LAWS[name] for name in ("exponential", "power")}


def counts(law, n_people, n_tested, seed=0):
    """Simulated counts [person, delay] of people who all follow one law."""
    p = np.broadcast_to(np.asarray(law.probability(jnp.asarray(DELAYS))), (n_people, DELAYS.size))
    return np.random.default_rng(seed).binomial(n_tested, p), np.full(p.shape, n_tested)


def test_savings():
    np.testing.assert_allclose(retention.savings([1000, 800], [250, 1000]), [0.75, -0.25])
    with pytest.raises(InvalidValue, match="expected more than 0"):
        retention.savings(0, 1)


def test_ebbinghaus_follows_a_power_law():
    """Specification 3 and 13.9: a .825, b .131, RMSE, and the order of the laws by AIC."""
    table = published("ebbinghaus1885")
    found = retention.fit_least_squares(table["minutes"], table["value"] / 100, n_starts=1)
    power = found.sel(law="pure power")
    np.testing.assert_allclose(power["estimate"][:2], [0.8247, 0.1311], atol=5e-5)
    logarithm = found["estimate"].sel(law="pure logarithm")[:2]
    np.testing.assert_allclose(logarithm, [0.6661, 0.0454], atol=5e-5)
    order = ["pure power", "pure logarithm", "exponential of the root", "exponential"]
    np.testing.assert_allclose(
        found["rmse"].sel(law=order), [0.0191, 0.0297, 0.0653, 0.0910], atol=5e-5
    )
    assert list(found.sortby("aic")["law"].values) == order
    # n = 7 delays, k = 3: AICc = n ln(RMSE^2) + 6 + 24 / 3.
    aicc = 14 * np.log(found["rmse"]) + 14
    np.testing.assert_allclose(found["aicc"], aicc, rtol=1e-9)
    np.testing.assert_allclose(found["weight"].sum(), 1)
    assert (found["held_out_rmse"] > found["rmse"]).all()


def test_carpenter_follows_wickelgrens_law():
    """Specification 3: a .948, b .132, c .582, RMSE .0262."""
    law = {"Wickelgren": LAWS["Wickelgren"]}
    table = published("carpenter2008")
    found = retention.fit_least_squares(table["days"], table["value"], laws=law, n_starts=1)
    np.testing.assert_allclose(found["estimate"][0], [0.948, 0.132, 0.582], atol=5e-4)
    np.testing.assert_allclose(found["rmse"], 0.0262, atol=5e-5)


@pytest.mark.parametrize(
    ("name", "law"), [("exponential", Exponential(0.9, 0.06)), ("power", Power(0.9, 0.4))]
)
def test_simulated_parameters_are_found_within_their_standard_errors(name, law):
    """Specification 13.9. 60 people, 100 tests per delay: the mean estimate lies within four
    standard errors of the truth, and the stated errors are the scatter that there is (to four
    standard errors of a standard deviation, 37 %)."""
    found = retention.fit(
        DELAYS, *counts(law, 60, 100), laws={name: law}, n_starts=1, leave_out=False
    )
    each = found.sel(law=name, person=found["person"] != retention.GROUP, parameter=["a", "b"])
    estimate, stated = each["estimate"].values, each["standard_error"].values
    z = (estimate.mean(0) - [law.a, law.b]) / (estimate.std(0, ddof=1) / np.sqrt(60))
    assert (np.abs(z) < 4).all()
    np.testing.assert_allclose(stated.mean(0) / estimate.std(0, ddof=1), 1, atol=0.37)
    group = found.sel(law=name, person=retention.GROUP, parameter=["a", "b"])
    z = (group["estimate"] - [law.a, law.b]) / group["standard_error"]
    assert (np.abs(z) < 4).all()


def test_the_law_that_made_the_counts_wins_by_every_criterion():
    found = retention.fit(DELAYS, *counts(Power(0.9, 0.5), 1, 2000), laws=TWO, n_starts=1)
    power, exponential = found.sel(law="power"), found.sel(law="exponential")
    assert (power["aicc"] < exponential["aicc"]).all()
    assert (power["bic"] < exponential["bic"]).all()
    assert (power["weight"] > 0.99).all()
    assert (power["held_out"] > exponential["held_out"]).all()
    np.testing.assert_allclose(found["weight"].sum("law"), 1)


def test_criteria_by_hand():
    """One delay at 0, 3 of 4 retained: p = 3/4; n = 4 tests and k = 2."""
    law = {"power": Power()}
    found = retention.fit([0.0], [[3]], [[4]], laws=law, n_starts=1).sel(person="1", law="power")
    nats = 3 * np.log(0.75) + np.log(0.25)
    np.testing.assert_allclose(found["log_likelihood"], nats, rtol=1e-9)
    np.testing.assert_allclose(found["aicc"], -2 * nats + 4 + 12, rtol=1e-9)
    np.testing.assert_allclose(found["bic"], -2 * nats + 2 * np.log(4), rtol=1e-9)
    assert not np.isfinite(found["standard_error"]).any()


def test_a_delay_left_out_is_predicted_by_the_others():
    """Without the first delay the fit is as if it had never been tested; its counts are then
    scored by that law."""
    right, tested = counts(Exponential(0.9, 0.05), 1, 50)
    law = {"exponential": LAWS["exponential"]}
    whole = retention.fit(DELAYS, right, tested, laws=law, n_starts=1)
    score = 0.0
    for out in range(DELAYS.size):
        kept = np.arange(DELAYS.size) != out
        less = retention.fit(
            DELAYS, right * kept, tested * kept, laws=law, n_starts=1, leave_out=False
        )
        p = float(less["probability"].sel(person="1", law="exponential")[out])
        score += right[0, out] * np.log(p) + (50 - right[0, out]) * np.log1p(-p)
    np.testing.assert_allclose(whole["held_out"].sel(person="1"), score / tested.sum(), rtol=1e-5)


def test_the_mean_of_exponentials_passes_for_a_power_law():
    """Anderson & Tweney (1997): everyone forgets exponentially, and fits say so; the group's
    counts, of the same people, prefer the power law."""
    rates = np.geomspace(0.005, 2, 12)
    p = np.stack([np.asarray(Exponential(0.95, b).probability(jnp.asarray(DELAYS))) for b in rates])
    found = retention.fit(
        DELAYS, 400 * p, np.full(p.shape, 400), laws=TWO, n_starts=1, leave_out=False
    )
    each = found["weight"].sel(law="exponential")
    assert (each[:-1] > 0.5).all()
    assert each.sel(person=retention.GROUP) < 1e-6


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(InvalidValue, match="lies outside"):
        retention.fit([0, 1], [[3, 5]], [[4, 4]])
    with pytest.raises(InvalidValue, match="person, delay"):
        retention.fit([0, 1, 2], [[3, 4]], [[4, 4]])
    with pytest.raises(InvalidValue, match="use a law in 1"):
        retention.fit_least_squares([0, 1], [0.9, 0.5])
