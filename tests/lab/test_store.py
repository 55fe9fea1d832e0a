"""The store: what was written is found again, and nothing else is taken for done."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.store import (
    DONE,
    FAILED,
    TO_DO,
    Column,
    OutdatedResults,
    Store,
    StoreBusy,
    StoreCorrupt,
    StoreMismatch,
)

COLUMNS = {"value": Column((3,), np.float64), "count": Column((), np.int16)}
ABOUT = {"config_hash": "a" * 16, "config": {"rate": 0.5}}


def open_table(path, n_rows=5, block=2):
    return Store.open(path / "demo.zarr", ABOUT).table("cells", COLUMNS, n_rows, block)


def test_a_block_written_is_found_by_the_next_process(tmp_path):
    open_table(tmp_path).write(
        slice(2, 4), {"value": np.arange(6.0).reshape(2, 3), "count": [7, 8]}
    )

    again = open_table(tmp_path)
    assert again.done.tolist() == [False, False, True, True, False]
    assert again.read()["count"].tolist() == [0, 0, 7, 8, 0]
    np.testing.assert_array_equal(again.read()["value"][3], [3.0, 4.0, 5.0])
    assert np.isnan(again.read()["value"][0]).all()


def test_the_last_block_may_be_short(tmp_path):
    table = open_table(tmp_path)
    table.write(slice(4, 5), {"value": np.ones((1, 3)), "count": [1]})
    assert table.done.tolist() == [False, False, False, False, True]


def test_failed_rows_keep_their_message(tmp_path):
    table = open_table(tmp_path)
    table.write(slice(0, 2), {"value": np.ones((2, 3)), "count": [1, 2]}, {1: "é is not finite"})
    assert table.status.tolist() == [DONE, FAILED, TO_DO, TO_DO, TO_DO]
    assert table.messages == ["", "é is not finite", "", "", ""]


@pytest.mark.parametrize("values", [{"count": [1], "value": np.ones((1, 4))}, {"count": [1]}])
def test_a_block_that_does_not_fit_is_refused_and_not_done(tmp_path, values):
    table = open_table(tmp_path)
    with pytest.raises(InvalidValue, match=r"'value': \(1, 3\)"):
        table.write(slice(0, 1), values)
    assert not table.done.any()
    assert table.read()["count"].tolist() == [0, 0, 0, 0, 0]


def test_a_store_of_another_configuration_is_refused_and_kept(tmp_path):
    open_table(tmp_path).write(slice(0, 2), {"value": np.ones((2, 3)), "count": [1, 2]})
    with pytest.raises(StoreMismatch, match=r"'rate': 0\.5.*'rate': 0\.7"):
        Store.open(tmp_path / "demo.zarr", {"config_hash": "b" * 16, "config": {"rate": 0.7}})
    assert open_table(tmp_path).done[:2].all()


def test_results_of_another_version_of_the_script_are_used_and_told_of(tmp_path):
    path, about = tmp_path / "a.zarr", {"config_hash": "1", "script": "3.11:old"}
    Store.open(path, about)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Store.open(path, about)
        Store.open(path, {"config_hash": "1"})  # nobody watches
        Store.open(path, about | {"script": "3.13:new"})  # which reads the same code otherwise
    with pytest.warns(OutdatedResults, match="delete it to compute everything anew"):
        Store.open(path, about | {"script": "3.11:new"})
    assert Store.existing(path).root.attrs["script"] == "3.11:old"


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="not a store"):
        Store.existing(tmp_path / "nothing.zarr")


def test_only_one_process_writes_at_a_time(tmp_path):
    store = Store.open(tmp_path / "demo.zarr", ABOUT)
    with (
        store.writing(),
        pytest.raises(StoreBusy, match=r"process \d+ .*--shard 1/2"),
        store.writing(),
    ):
        pass
    with store.writing():
        pass


def test_parts_are_written_side_by_side_but_not_twice(tmp_path):
    store = Store.open(tmp_path / "demo.zarr", ABOUT)
    with store.writing("1/2"), store.writing("2/2"):
        for part in ("1/2", "all"):
            with pytest.raises(StoreBusy), store.writing(part):
                pass


def test_a_corrupt_chunk_is_named_and_can_be_computed_again(tmp_path):
    table = open_table(tmp_path)
    for rows in (slice(0, 2), slice(2, 4)):
        table.write(rows, {"value": np.ones((2, 3)), "count": [1, 2]})
    chunk = tmp_path / "demo.zarr" / "cells" / "value" / "c" / "1" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    with pytest.raises(StoreCorrupt, match=r"value.*--repair"):
        table.read()
    lost = table.unreadable()
    assert lost.tolist() == [False, False, True, True, False]
    table.rewrite(lost)
    assert table.done.tolist() == [True, True, False, False, False]
    np.testing.assert_array_equal(table.read()["value"][:2], 1.0)
