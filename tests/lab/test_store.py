"""The store: what was written is found again, and nothing else is taken for done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.store import Store, StoreMismatch

COLUMNS = {"value": ((3,), np.float64), "count": ((), np.int16)}


@dataclass(frozen=True)
class Config:
    rate: float = 0.5
    size: int = 4


def test_a_block_written_is_found_by_the_next_process(tmp_path):
    table = Store.open(tmp_path, "demo", Config()).table("cmr", COLUMNS, n_rows=5, block=2)
    table.write(slice(2, 4), {"value": np.arange(6.0).reshape(2, 3), "count": [7, 8]})

    again = Store.open(tmp_path, "demo", Config()).table("cmr", COLUMNS, n_rows=5, block=2)
    assert again.done.tolist() == [False, False, True, True, False]
    assert again.read()["count"].tolist() == [0, 0, 7, 8, 0]
    np.testing.assert_array_equal(again.read()["value"][3], [3.0, 4.0, 5.0])


def test_the_last_block_may_be_short(tmp_path):
    table = Store.open(tmp_path, "demo", Config()).table("cmr", COLUMNS, n_rows=5, block=2)
    table.write(slice(4, 5), {"value": np.ones((1, 3)), "count": [1]})
    assert table.done.tolist() == [False, False, False, False, True]


@pytest.mark.parametrize("values", [{"count": [1], "value": np.ones((1, 4))}, {"count": [1]}])
def test_a_block_that_does_not_fit_is_refused_and_not_done(tmp_path, values):
    table = Store.open(tmp_path, "demo", Config()).table("cmr", COLUMNS, n_rows=2, block=1)
    with pytest.raises(InvalidValue, match=r"'value': \(1, 3\)"):
        table.write(slice(0, 1), values)
    assert not table.done.any()
    assert table.read()["count"].tolist() == [0, 0]


def test_another_configuration_gets_another_store(tmp_path):
    one = Store.open(tmp_path, "demo", Config(rate=0.5))
    other = Store.open(tmp_path, "demo", Config(rate=0.25))
    assert one.path != other.path
    assert one.root.attrs["config"] == {"rate": 0.5, "size": 4}


def test_a_store_of_another_configuration_is_refused(tmp_path):
    store = Store.open(tmp_path, "demo", Config(rate=0.5))
    store.root.attrs["config_hash"] = "0" * 16
    with pytest.raises(StoreMismatch, match=r"rate=0\.5, size=4.*move it away"):
        Store.open(tmp_path, "demo", Config(rate=0.5))
