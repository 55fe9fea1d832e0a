"""Predictive checks: a model's own lists pass, and lists of another kind do not."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit import Fit, People
from cogmem.fit.predictive import STATISTICS, predictive_check
from cogmem.models import parameters
from cogmem.participants.roster import sitting
from tests.fit.simulated import simulated_people

KEY = jax.random.key(2)
N_ITEMS = 8
SOME = {name: STATISTICS[name] for name in ("spc", "lag_crp", "stopping")}


def lists(drift: float, seed: int) -> Recalls:
    return simulated_people(sitting("TCM"), {"drift": np.full(6, drift)}, 30, N_ITEMS, seed)


def truth(drift: float) -> Fit:
    """As if everybody had been fitted perfectly."""
    people = People.of(lists(drift, seed=0))
    entrant = sitting("TCM")
    values = parameters.get(entrant) | {"drift": drift}
    raw = parameters.unconstrain(entrant.parameters, {k: values[k] for k in entrant.parameters})
    return Fit(entrant, people, np.tile(np.asarray(raw, np.float32), (6, 1)), np.zeros(6))


@pytest.fixture(scope="module")
def own() -> xr.DataTree:
    return predictive_check(truth(0.7), lists(0.7, seed=1), n_copies=60, statistics=SOME, key=KEY)


def test_a_models_own_lists_lie_within_its_bands(own: xr.DataTree) -> None:
    """27 points and 95 % bands: .05 outside by chance, standard error .042; tails of all sizes."""
    outside = np.concatenate([own[name]["outside"].values for name in SOME])
    assert np.nanmean(outside) < 0.05 + 3 * 0.042
    assert float(own["spc/tail"].mean()) > 0.2


def test_lists_of_another_kind_do_not(own: xr.DataTree) -> None:
    """Slow drift makes neighbours less special than fast drift does."""
    other = predictive_check(truth(0.7), lists(0.2, seed=1), n_copies=60, statistics=SOME, key=KEY)
    assert float(other["share_outside"].sel(statistic="lag_crp")) > 0.5


def test_bands_hold_their_median_and_have_the_measures_axes(own: xr.DataTree) -> None:
    spc = own["spc"].to_dataset()
    assert spc["people"].dims == ("serial_position",)
    assert ((spc["low"] <= spc["median"]) & (spc["median"] <= spc["high"])).all()
    assert own["lag_crp/tail"].sel(lag=0).isnull()
    assert own.attrs["n_copies"] == 60


def test_people_with_fewer_lists_are_copied_with_as_many() -> None:
    """Person 1 has ten lists of thirty: copies have the same number."""
    kept = np.r_[0:10, 30:180]
    few = lists(0.7, seed=0)[kept]
    fit = truth(0.7)
    fit = Fit(fit.sitting, People.of(few), fit.raw, fit.nll)
    seen: list[np.ndarray] = []

    def count(recalls: Recalls) -> xr.Dataset:
        seen.append(np.unique(recalls.subject, return_counts=True)[1])
        return STATISTICS["spc"](recalls)

    predictive_check(fit, few, n_copies=2, statistics={"spc": count}, key=KEY)
    assert seen[0].tolist() == [10, 30, 30, 30, 30, 30]
    assert seen[1].tolist() == [10, 30, 30, 30, 30, 30] * 2


def test_other_people_are_refused() -> None:
    with pytest.raises(InvalidValue, match="not the people fitted"):
        predictive_check(truth(0.7), lists(0.7, seed=1).select(subject=[1, 2]), key=KEY)
