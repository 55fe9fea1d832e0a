"""When responses came: published inter-response times, and what is left as it was."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from tests.measures.every import as_recalls
from tests.measures.oracle import random_responses, recalls_and_frame


def test_times_are_read_and_not_written() -> None:
    recalls = as_recalls(random_responses(40, 6, seed=1), 6, subject=np.arange(40) % 3)
    before = recalls.times.copy()
    measures.irt(recalls)
    measures.latency_by_lag(recalls)
    np.testing.assert_array_equal(recalls.times, before)


def test_times_add_up_to_the_last_response() -> None:
    """Where all times are known, the gaps of a list sum to the time of its last response."""
    rows = random_responses(60, 6, seed=3)
    times = np.cumsum(np.random.default_rng(0).uniform(0.5, 4, rows.shape), axis=1)
    recalls = as_recalls(rows, 6, times=times.astype(np.float32))
    last = [t[n - 1] for t, n in zip(recalls.times, recalls.n_out, strict=True) if n]
    found = measures.irt(recalls)
    assert float(found.actual.sum()) == pytest.approx(np.sum(last, dtype=float), rel=1e-6)
    assert int(found.possible.sum()) == recalls.n_out.sum()


def test_constant_pace_has_a_constant_latency() -> None:
    rows = random_responses(60, 6, seed=3)
    times = np.tile(np.arange(rows.shape[1]) * 1.5, (60, 1)).astype(np.float32)
    recalls = Recalls.from_positions(rows, list_length=6, times=times)
    found = measures.latency_by_lag(recalls)
    np.testing.assert_array_equal(found.value, 1.5 * np.ones((1, 5)))
    crp = measures.lag_crp(recalls).actual.squeeze("subject")
    both = [int(crp.sel(lag=lag) + crp.sel(lag=-lag)) for lag in range(1, 6)]
    assert found.possible.values[0].tolist() == both


def test_data_without_times_are_refused() -> None:
    with pytest.raises(InvalidValue, match="no time of any response is known in peers"):
        measures.irt(recalls_and_frame("peers")[0])
    with pytest.raises(InvalidValue, match="max_responses is 0"):
        measures.irt(as_recalls(np.array([[1]]), 2), max_responses=0)
