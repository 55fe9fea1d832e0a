"""Laplace intervals: exact where they should be, absent where there is no peak."""

from __future__ import annotations

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from cogmem.errors import InvalidValue
from cogmem.fit.bayes import Posterior
from cogmem.fit.laplace import around, find_peaks, laplace, laplace_at, laplace_of
from cogmem.fit.predictive import predictive_check
from cogmem.fit.problem import Problem
from cogmem.models.parameters import parameter
from cogmem.models.retention import Power


class Mean(eqx.Module):
    """Of a normal distribution with sd 1; the prior has mean 2 and sd 5."""

    mean: float = parameter(2.0, (-np.inf, np.inf), start=(-8, 12), meaning="mean", source="toy")


def normal(model, data):
    """Log density, up to a constant."""
    return -((data - model.mean) ** 2) / 2


Y = np.random.default_rng(0).normal([[0.0], [3.0]], 1, size=(2, 7))


def test_it_is_exact_for_a_normal_posterior():
    found = laplace_of(Problem.of_module(Mean(), normal, Y), np.zeros((2, 1)), prior=True)
    precision = 7 + 1 / 25
    mean = (Y.sum(axis=1) + 2 / 25) / precision
    reach = norm.ppf(0.975) / np.sqrt(precision)
    np.testing.assert_allclose(found["mode"][:, 0], mean, rtol=1e-6)
    np.testing.assert_allclose(found["low"][:, 0], mean - reach, rtol=1e-6)
    np.testing.assert_allclose(found["high"][:, 0], mean + reach, rtol=1e-6)


def test_without_a_prior_it_is_around_the_maximum_of_the_likelihood():
    problem = Problem.of_module(Mean(), normal, Y)
    found = laplace_of(problem, np.zeros((2, 1)))
    np.testing.assert_allclose(found["mode"][:, 0], Y.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found["sd"][:, 0], 1 / np.sqrt(7), rtol=1e-6)
    gained = 7 * Y.mean(axis=1) ** 2 / 2  # over the start, a mean of 0
    np.testing.assert_allclose(found["gain"], gained, rtol=1e-6)
    half = laplace_at(problem, found, 0.5)
    width = (half["high"] - half["low"])[:, 0]
    np.testing.assert_allclose(width, 2 * norm.ppf(0.75) / np.sqrt(7), rtol=1e-6)


def test_padding_is_no_datum():
    weight = np.ones((2, 7))
    weight[:, 5:] = 0
    problem = Problem.of_module(Mean(), normal, Y, weight=weight)
    found = laplace_of(problem, np.zeros((2, 1)))
    np.testing.assert_allclose(found["mode"][:, 0], Y[:, :5].mean(axis=1), rtol=1e-6)


class Product(eqx.Module):
    """Two numbers of which only the product matters, and one that is known."""

    a: float = parameter(1.0, (0, np.inf), start=(0.1, 10), meaning="one", source="toy")
    b: float = parameter(1.0, (0, np.inf), start=(0.1, 10), meaning="other", source="toy")
    c: float = parameter(1.0, (-np.inf, np.inf), start=(-1, 1), meaning="known", source="toy")


def ridge(model, y):
    return -((y - model.a * model.b) ** 2) / 2 - (y - model.c) ** 2 / 2


def test_along_a_ridge_there_is_no_interval_until_a_prior_gives_one():
    problem = Problem.of_module(Product(), ridge, abs(Y) + 1)
    found = laplace_of(problem, np.zeros((2, 3)))
    assert not found["positive_definite"].any()
    np.testing.assert_allclose(found["smallest_eigenvalue"], 0, atol=1e-6)
    assert set(found["flattest"].values) <= {"a", "b"}
    lost = found[["low", "high", "sd"]].sel(parameter=["a", "b"]).to_array()
    assert lost.isnull().all()
    np.testing.assert_allclose(found["sd"].sel(parameter="c"), 1 / np.sqrt(7), rtol=1e-6)
    assert laplace_of(problem, np.zeros((2, 3)), prior=True)["positive_definite"].all()


def test_at_a_saddle_there_is_no_interval_at_all():
    problem = Problem.of_module(Product(), lambda m, y: y * m.c**2 - (m.a - 1) ** 2 * y, abs(Y) + 1)
    peaks = find_peaks(problem, problem.density(prior=False), np.zeros((2, 3)), n_steps=0)
    found = around(problem, problem.density(prior=False), peaks)
    assert not found["positive_definite"].any()
    assert found["sd"].isnull().all()


def test_on_a_corner_there_is_no_interval():
    """A likelihood that rises steeply up to the observed value, and falls from there."""
    y = Y[:, :1]
    found = laplace_of(
        Problem.of_module(Mean(), lambda m, y: -5 * abs(m.mean - y) - (m.mean - y) ** 2, y),
        np.zeros((2, 1)),
    )
    np.testing.assert_allclose(found["mode"], y, atol=1e-3)
    assert found["corner"].all()
    assert found["sd"].isnull().all()


class Supports(eqx.Module):
    """Two parameters of which one is taken relative to the other."""

    shared_support: float = parameter(1.0, (0, np.inf), start=(1, 4), meaning="b", source="toy")
    item_support: float = parameter(1.0, (0, np.inf), start=(1, 9), meaning="a", source="toy")


def test_ratios_are_reported_and_hold_the_prior():
    """No datum says anything, so the posterior is the prior: of b, and of a / b."""
    problem = Problem.of_module(Supports(), lambda m, y: 0 * y * m.item_support, Y)
    found = laplace_of(problem, np.zeros((2, 2)), prior=True).isel(subject=0)
    assert list(found["parameter"].values) == [*problem.names, "item_support/shared_support"]
    shared, item = np.log(4) / 4, np.log(9) / 4
    np.testing.assert_allclose(found["mode"], [2, 3, 1.5], rtol=1e-5)
    np.testing.assert_allclose(found["sd"], [shared, np.hypot(shared, item), item], rtol=1e-5)


def test_intervals_cover_the_truth_as_often_as_they_say():
    """95 % intervals of a power law of forgetting, 120 people of 5 delays with 100 trials each."""
    t, n_people, n = np.array([0.0, 1, 4, 16, 64]), 120, 100
    true = {"a": 0.9, "b": 0.3}
    successes = np.random.default_rng(1).binomial(n, 0.9 * (1 + t) ** -0.3, (n_people, 5))

    def counts(law, k):
        p = law.probability(jnp.asarray(t))
        return k * jnp.log(p) + (n - k) * jnp.log1p(-p)

    problem = Problem.of_module(Power(), counts, successes.astype(float))
    start = np.array(
        [[float(e.unconstrain(jnp.asarray(true[k]))) for k, e in problem.entries.items()]]
    )
    found = laplace_of(problem, np.tile(start, (n_people, 1)))
    assert found["positive_definite"].all()
    for name, value in true.items():
        one = found.sel(parameter=name)
        covered = float(((one["low"] < value) & (value < one["high"])).mean())
        assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / n_people), (name, covered)


def test_a_prior_needs_a_finite_interval_of_typical_values():
    class Anything(eqx.Module):
        x: float = parameter(0.0, (-np.inf, np.inf), meaning="any", source="toy")

    problem = Problem.of_module(Anything(), lambda m, y: -((y - m.x) ** 2), Y)
    with pytest.raises(InvalidValue, match="x has no finite interval"):
        problem.prior()


def test_a_model_without_free_parameters_has_no_posterior():
    from cogmem.fit import People
    from cogmem.participants.roster import sitting

    nobody = People(np.array([1]), np.zeros((1, 1, 4), np.int16), np.ones((1, 1)), 4)
    with pytest.raises(InvalidValue, match="no free parameter"):
        Problem.of_sitting(sitting("null"), nobody, key=jax.random.key(0))


@pytest.mark.parametrize("level", [95, 0, 1, -0.5, float("nan"), "95"])
def test_a_level_that_is_none_is_refused_before_anything_is_computed(level) -> None:
    told = f"level is {level!r}, expected above 0 and below 1, e.g. 0.95"
    problem = Problem.of_module(Mean(), normal, Y)
    for intervals in (
        lambda: laplace_of(problem, np.zeros((2, 1)), level=level),
        lambda: laplace_at(problem, None, level),
        lambda: laplace(None, level=level),
        lambda: Posterior(*[None] * 6).intervals(level),
        lambda: predictive_check(None, None, level=level, key=jax.random.key(0)),
    ):
        with pytest.raises(InvalidValue, match=re.escape(told)):
            intervals()
