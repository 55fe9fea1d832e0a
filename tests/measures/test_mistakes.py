"""What is given to a measure of free recall instead of `Recalls`, and what it is answered with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue

POSITIONS = [[2, 1, 0], [3, 0, 0]]
INSTEAD = {
    "the name of a data set": ("peers", r"got a str, .*cogmem\.data\.load\('peers'\)"),
    "a table": (pd.DataFrame({"subject": [1]}), r"got a DataFrame, .*from_table\(frame\)"),
    "an array": (np.array(POSITIONS), r"got a ndarray, .*Recalls\.from_positions\(array,"),
    "a list": (POSITIONS, r"got a list, .*Recalls\.from_positions\("),
    "nothing": (None, r"got a NoneType, expected Recalls: see cogmem\.data\.Recalls"),
}
MEASURES = {
    "spc": measures.spc,
    "lag_crp": measures.lag_crp,
    "lag_crp up to a lag": lambda recalls: measures.lag_crp(recalls, max_lag=2),
    "start_at_end": measures.start_at_end,
    "intrusions": measures.intrusions,
    "intrusion_lags": measures.intrusion_lags,
    "irt": measures.irt,
    "latency_by_lag": measures.latency_by_lag,
    "lbc": measures.lbc,
    "distance_rank": lambda recalls: measures.distance_rank(recalls, np.zeros((2, 3, 3))),
    "distances_in_lists": lambda recalls: measures.distances_in_lists(recalls, [], np.eye(0)),
}


@pytest.mark.parametrize("instead", INSTEAD)
@pytest.mark.parametrize("name", MEASURES)
def test_what_is_not_recalls_is_told_how_to_become_it(name: str, instead: str) -> None:
    given, told = INSTEAD[instead]
    with pytest.raises(InvalidValue, match=told):
        MEASURES[name](given)


@pytest.mark.parametrize("name", ["spc", "lag_crp", "lag_crp up to a lag", "start_at_end"])
def test_no_list_is_told_as_such(name: str) -> None:
    nobody = Recalls.from_positions(POSITIONS, list_length=3)[:0]
    with pytest.raises(InvalidValue, match="there is no list in"):
        MEASURES[name](nobody)


@pytest.mark.parametrize("lag", [2.5, 0, 3])
def test_a_lag_that_no_list_has(lag: float) -> None:
    recalls = Recalls.from_positions(POSITIONS, list_length=3)
    with pytest.raises(InvalidValue, match=f"max_lag is {lag}, expected 1 to 2, a whole number"):
        measures.lag_crp(recalls, max_lag=lag)


@pytest.mark.parametrize(
    "given",
    [
        Recalls.from_positions(POSITIONS, list_length=3),
        xr.Dataset({"mean": 1.0}),
        xr.Dataset({"value": 1.0}),
        None,
    ],
    ids=["recalls", "another dataset", "no subjects", "nothing"],
)
def test_a_summary_is_of_what_a_measure_returns(given: object) -> None:
    with pytest.raises(InvalidValue, match=r"expected what a measure returns, e\.g\."):
        measures.summary(given)
