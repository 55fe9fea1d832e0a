"""Human free recall against `human_reference.npz` (specs: human data, sections 6, 12, 13)."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

from cogmem import data, measures
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound
from tests.conformance.reference import matches, reference

HUMAN = reference("human")


@cache
def recalls_of(prefix: str) -> Recalls:
    """The data set behind the keys of a prefix; skips the test where its file cannot be had."""
    try:
        return data.load({"morton": "morton2013"}.get(prefix, prefix))
    except DataNotFound as missing:
        pytest.skip(str(missing))


# ---------------------------------------------------------------------------------------------
# Measures
# ---------------------------------------------------------------------------------------------

SETS = [prefix for (prefix,) in matches("human", r"(.+)_lagrank")]
PER_LIST = {
    "correct": {},
    "repeats": {},
    "pli": {"kind": "prior_list"},
    "xli": {"kind": "extra_list"},
}


@cache
def measured(prefix: str, name: str) -> xr.Dataset:
    """A measure of the subjects that the file lists, in its order."""
    wanted = HUMAN[f"{prefix}_subjects"]
    recalls = recalls_of(prefix)
    return getattr(measures, name)(recalls.select(subject=wanted)).sel(subject=wanted)


def at_lags(prefix: str, dataset: xr.Dataset) -> xr.Dataset:
    return dataset.sel(lag=HUMAN[f"{prefix}_lags"])


def same(found: xr.DataArray, key: str, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(found.values, HUMAN[key], rtol=0, atol=tolerance, err_msg=key)


@pytest.mark.parametrize("prefix", SETS)
def test_lists_are_all_there(prefix: str) -> None:
    same(measured(prefix, "spc").possible.max("serial_position"), f"{prefix}_n_lists", 0)


@pytest.mark.parametrize("prefix", SETS)
def test_recall_by_serial_position(prefix: str) -> None:
    same(measured(prefix, "spc").value, f"{prefix}_spc")
    same(measured(prefix, "pfr").value, f"{prefix}_pfr")


@pytest.mark.parametrize("prefix", SETS)
def test_probability_of_nth_recall(prefix: str) -> None:
    pnr = measured(prefix, "pnr")
    same(pnr.actual.sum("subject"), f"{prefix}_pnr_actual", 0)
    same(pnr.possible.sum("subject"), f"{prefix}_pnr_possible", 0)
    same(pnr.value.sel(output=1), f"{prefix}_pfr")
    same(pnr.value.sel(output=2), f"{prefix}_psr")


@pytest.mark.parametrize("prefix", SETS)
def test_lag_crp(prefix: str) -> None:
    crp = at_lags(prefix, measured(prefix, "lag_crp"))
    same(crp.actual, f"{prefix}_lagcrp_actual", 0)
    same(crp.possible, f"{prefix}_lagcrp_possible", 0)
    same(crp.value, f"{prefix}_lagcrp_prob")


@pytest.mark.parametrize("prefix", SETS)
def test_lag_rank(prefix: str) -> None:
    same(measured(prefix, "lag_rank").value, f"{prefix}_lagrank", 1e-6)


@pytest.mark.parametrize("kind", PER_LIST)
@pytest.mark.parametrize("prefix", SETS)
def test_responses_per_list(prefix: str, kind: str) -> None:
    measure = "intrusions" if PER_LIST[kind] else kind
    found = measured(prefix, measure).value.sel(PER_LIST[kind])
    same(found, f"{prefix}_{kind}_per_list")


MEASURE_OF_KEY = {
    "spc": "spc",
    "pfr": "pfr",
    "lagcrp_prob": "lag_crp",
    "lagrank": "lag_rank",
    "correct_per_list": "correct",
}


@pytest.mark.parametrize(("prefix", "key"), matches("human", rf"({'|'.join(SETS)})_(.+)_sem"))
def test_mean_and_sem_over_subjects(prefix: str, key: str) -> None:
    found = measures.over_subjects(measured(prefix, MEASURE_OF_KEY[key]))
    if "lag" in found.dims:
        found = at_lags(prefix, found)
    same(found["mean"], f"{prefix}_{key}_mean")
    same(found["sem"], f"{prefix}_{key}_sem")


@pytest.mark.parametrize(("prefix", "key"), matches("human", r"(.+)_([^_]+)_noise"))
def test_noise_ceiling(prefix: str, key: str) -> None:
    """Within 10 %: over 40 seeds one number of 2,000 resamples varied by 1-2.7 % (1 SD)."""
    curve, max_lag = key.rstrip("0123456789"), key.lstrip("abcdefghijklmnopqrstuvwxyz")
    values = measured(prefix, {"lagcrp": "lag_crp"}.get(curve, curve)).value
    if max_lag:
        values = values.sel(lag=slice(-int(max_lag), int(max_lag)))
    found = measures.noise_ceiling(values, n_resamples=20_000, seed=1)
    np.testing.assert_allclose(found, HUMAN[f"{prefix}_{key}_noise"], rtol=0.1)


@pytest.mark.parametrize(("prefix", "length", "name"), matches("human", r"(.+)_LL(\d+)_(spc|pfr)"))
def test_curves_by_list_length(prefix: str, length: str, name: str) -> None:
    recalls = recalls_of(prefix).select(list_length=int(length))
    same(getattr(measures, name)(recalls).value, f"{prefix}_LL{length}_{name}")
