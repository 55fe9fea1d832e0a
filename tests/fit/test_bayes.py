"""Posteriors against quadrature, and chains that do not mix against the verdict."""

from __future__ import annotations

import subprocess
import sys

import jax
import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from cogmem.errors import InvalidValue, MissingExtra
from cogmem.fit import People
from cogmem.fit.bayes import Draws, diagnose, posterior, sample
from cogmem.fit.loo import compare_loo, loo
from cogmem.participants.roster import sitting
from tests.fit.simulated import simulated_people
from tests.fit.toys import CENTRE, SD, binomial, likelihood, posterior_on_grid

arviz = pytest.importorskip("arviz")
pytest.importorskip("numpyro")

N = np.full((3, 8), 5)
K = np.random.default_rng(0).binomial(N, [[0.35], [0.75], [0.5]])
DRAWS = Draws(n_warmup=200, n_draws=4000, block=100)


@pytest.fixture(scope="module")
def alone():
    """Everyone's own posterior."""
    reports = []
    found = sample(
        binomial(K, N), key=jax.random.key(0), draws=DRAWS, progress=lambda n: reports.append(n)
    )
    assert sum(reports) == DRAWS.n_reports(len(K))
    return found


@pytest.fixture(scope="module")
def population():
    """Everyone's posterior as one of a population."""
    return sample(binomial(K, N), key=jax.random.key(1), by="hierarchical", draws=DRAWS)


def error(draws: xr.DataArray) -> np.ndarray:
    """Four Monte Carlo standard errors of the mean."""
    return 4 * arviz.mcse(draws.to_dataset(name="x"))["x"].values


def test_one_persons_posterior_mean_is_that_of_quadrature(alone):
    draws = alone.idata.posterior["rate"]
    grids = [posterior_on_grid(k, n) for k, n in zip(K, N, strict=True)]
    exact = np.array([(expit(z) * weight).sum() for z, weight in grids])
    assert alone.diagnostics["mixed"].all()
    assert (abs(draws.mean(("chain", "draw")).values - exact) < error(draws)).all()


def test_population_and_people_are_those_of_quadrature(population):
    """Mean and sd of the population on a grid, each person integrated out by Gauss-Hermite."""
    mean, spread = np.meshgrid(np.linspace(-4, 4, 161), np.linspace(0.01, 6, 200), indexing="ij")
    node, share = np.polynomial.hermite_e.hermegauss(64)
    z = mean[..., None] + spread[..., None] * node
    each = np.stack([likelihood(k.sum(), n.sum(), z) * share for k, n in zip(K, N, strict=True)])
    given = each.sum(axis=-1)
    prior = np.exp(-(((mean - CENTRE) / SD) ** 2) / 2 - (spread / SD) ** 2 / 2)
    weight = prior * given.prod(axis=0)
    weight /= weight.sum()
    values = population.idata.posterior
    middle = values["rate of the population"]
    assert abs(float(middle.mean()) - (weight * expit(mean)).sum()) < error(middle)
    assert abs(float(values["rate spread"].mean()) - (weight * spread).sum()) < error(
        values["rate spread"]
    )
    people = values["rate"].mean(("chain", "draw")).values
    exact = [(weight * (e * expit(z)).sum(-1) / e.sum(-1)).sum() for e in each]
    assert (abs(people - exact) < error(values["rate"])).all()
    assert list(population.diagnostics["subject"].values) == [0, 1, 2, "population"]


def test_leaving_out_is_that_of_quadrature(alone):
    """PSIS-LOO of every unit within .03 nats of the exact value."""
    exact = np.empty(K.shape)
    for person, unit in np.ndindex(*K.shape):
        others = np.arange(K.shape[1]) != unit
        z, weight = posterior_on_grid(K[person, others], N[person, others])
        left = likelihood(K[person, unit], N[person, unit], z)
        exact[person, unit] = np.log((weight * left).sum())
    found = loo(alone)
    np.testing.assert_allclose(found["elpd_unit"].values, exact, atol=0.03)
    assert float(found["elpd"]) == pytest.approx(exact.sum(), abs=0.1)
    assert found.attrs["unreliable"] == []
    # One parameter per person, shrunk a little by the prior.
    assert 0.5 * len(K) < float(found["p_loo"]) < 1.2 * len(K)


@pytest.mark.slow
def test_a_unit_left_out_in_earnest_is_that_of_quadrature(alone, monkeypatch):
    monkeypatch.setattr("cogmem.fit.loo.HIGHEST_K", -10.0)
    found = loo(alone, refit=1, key=jax.random.key(5))
    assert int(found["exact"].sum()) == 1
    (person,), (unit,) = np.nonzero(found["exact"].values)
    others = np.arange(K.shape[1]) != unit
    z, weight = posterior_on_grid(K[person, others], N[person, others])
    exact = np.log((weight * likelihood(K[person, unit], N[person, unit], z)).sum())
    assert float(found["elpd_unit"][person, unit]) == pytest.approx(exact, abs=0.02)
    assert len(found.attrs["unreliable"]) == K.size - 1


def test_models_are_compared_unit_by_unit(alone):
    better = loo(alone)
    worse = better.assign(elpd_unit=better["elpd_unit"] - np.tile([1.0, 0.0], (3, 4)))
    worse = worse.assign(elpd=worse["elpd_unit"].sum())
    found = compare_loo({"worse": worse, "better": better})
    assert list(found.index) == ["better", "worse"]
    assert found["difference"].tolist() == [0, pytest.approx(-12)]
    # 24 differences of which half are 1: their sd (ddof 1) times the root of 24.
    assert found["se_difference"].tolist() == [0, pytest.approx(np.sqrt(24 * 6 / 23))]
    with pytest.raises(InvalidValue, match="different units"):
        compare_loo({"one": better, "other": better.isel(unit=slice(0, 7))})


def test_intervals_come_from_draws_or_else_from_the_peak(alone):
    """Someone whose chains are declared unmixed is reported by Laplace, with the reason."""
    verdict = alone.diagnostics["mixed"].copy()
    verdict[1] = False
    alone.diagnostics["mixed"], kept = verdict, alone.diagnostics["mixed"]
    found = alone.intervals()
    alone.diagnostics["mixed"] = kept
    assert list(found["method"].values) == ["nuts", "laplace", "nuts"]
    assert str(found["reason"].values[1]).startswith("not mixed: R-hat ")
    for person in range(3):
        z, weight = posterior_on_grid(K[person], N[person])
        exact = expit(np.interp([0.025, 0.975], weight.cumsum(), z))
        ends = [found[end].values[person, 0] for end in ("low", "high")]
        np.testing.assert_allclose(ends, exact, atol=0.02)


def chains(shift: float) -> tuple[xr.Dataset, xr.Dataset]:
    """Four chains of two people; one chain of the second lies apart."""
    x = np.random.default_rng(0).normal(size=(4, 500, 2))
    x[0, :, 1] += shift
    stats = {
        name: (("chain", "draw"), np.zeros((4, 500), int)) for name in ("diverging", "n_steps")
    }
    values = {"x": (("chain", "draw", "subject"), x)}
    return xr.Dataset(values, {"subject": ["a", "b"]}), xr.Dataset(stats)


def test_a_chain_apart_from_the_others_is_seen():
    assert diagnose(*chains(0.0))["mixed"].values.tolist() == [True, True]
    found = diagnose(*chains(1.0))
    assert found["mixed"].values.tolist() == [True, False]
    assert float(found["rhat"].sel(subject="b")) > 1.05


def test_a_single_divergence_is_seen():
    values, stats = chains(0.0)
    stats["diverging"][2, 3] = 1
    stats["n_steps"][0] = 2**10 - 1
    found = diagnose(values, stats)
    assert not found["mixed"].any()
    assert found["divergences"].values.tolist() == [1, 1]
    assert found["at_max_depth"].values.tolist() == [0.25, 0.25]


@pytest.mark.slow
def test_cmr_of_one_person_mixes():
    """28 lists of 16 words recalled by CMR at its default values; the truth is covered."""
    one = sitting("CMR")
    values = {name: np.full(1, entry.default) for name, entry in one.parameters.items()}
    people = People.of(simulated_people(one, values, n_lists=28, n_items=16))
    found = posterior(one, people, key=jax.random.key(0))
    assert found.diagnostics["mixed"].all(), found.intervals()["reason"].values
    ends = found.intervals(0.999)
    for name, value in values.items():
        interval = ends.sel(parameter=name, subject=people.subjects[0])
        assert float(interval["low"]) < value[0] < float(interval["high"]), name


def test_wrong_words_and_missing_packages_are_named(monkeypatch):
    with pytest.raises(InvalidValue, match="'person', expected one of subject, group"):
        sample(binomial(K, N), key=jax.random.key(0), by="person")
    monkeypatch.setitem(sys.modules, "numpyro", None)
    with pytest.raises(MissingExtra, match="cogmem\\[bayes\\]"):
        sample(binomial(K, N), key=jax.random.key(0))


def test_fitting_imports_neither_numpyro_nor_arviz():
    code = (
        "import sys, cogmem.fit, cogmem.fit.bayes; print({'numpyro', 'arviz'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
