"""What goes wrong is said, recorded, and costs nothing that was done."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.errors import InvalidValue
from cogmem.lab.execute import Options, SweepFailed
from cogmem.lab.experiment import find_experiment
from cogmem.lab.results import open_results
from cogmem.lab.store import DONE, FAILED, Store, StoreBusy, StoreCorrupt, StoreMismatch, Table


def call(*words: str):
    return CliRunner().invoke(app, words)


def test_a_cell_that_raises_is_recorded_and_the_rest_is_done(plan, swept):
    results, tally = swept(plan("slow", "rate=12,13,14"))
    assert (tally.done, tally.failed) == (2, 1)
    assert tally.messages == ["rate=13, repeat=0: ArithmeticError: thirteen is refused"]
    assert results["status"].values.ravel().tolist() == [DONE, FAILED, DONE]
    assert np.isnan(results["value"].sel(rate=13)).all()


def test_nan_where_it_is_forbidden_is_a_failure(plan, swept):
    results, tally = swept(plan("walk", "drift=-6,0,1"))
    assert tally.messages == ["drift=-6, repeat=0: end is not finite"]
    assert results["status"].values.ravel().tolist() == [FAILED, DONE, DONE]


def test_the_command_names_failed_cells_and_exits_with_an_error():
    result = call("sweep", "slow", "--over", "rate=12,13,14")
    assert result.exit_code == 1
    assert "2 cells done, 1 failed" in result.output
    assert "rate=13, repeat=0: ArithmeticError: thirteen is refused" in result.output


def test_failed_cells_are_left_alone_unless_asked(plan, swept, monkeypatch):
    sweep = plan("slow", "rate=12,13,14")
    swept(sweep, "kept.zarr")
    assert swept(sweep, "kept.zarr")[1].failed == 1
    monkeypatch.setenv("MENDED", "yes")
    again, tally = swept(sweep, "kept.zarr", options=Options(retry_failed=True))
    assert (tally.done, tally.failed) == (3, 0)
    assert np.isfinite(again["value"]).all()


def test_fail_fast_stops_at_the_first_failure(plan, swept, tmp_path):
    sweep = plan("slow", "rate=10,11,12,13,14,15")
    with pytest.raises(SweepFailed, match=r"rate=13.*thirteen"):
        swept(sweep, "fast.zarr", options=Options(fail_fast=True))
    status = Store.existing(tmp_path / "fast.zarr").existing_table("cells").status
    assert status.tolist() == [DONE, DONE, DONE, FAILED, 0, 0]


def test_the_store_of_another_sweep_is_refused_and_kept(plan, swept):
    first, _ = swept(plan("walk", "drift=0,1"), "mine.zarr")
    with pytest.raises(StoreMismatch, match="another configuration"):
        swept(plan("walk", "drift=0,2"), "mine.zarr")
    again, _ = swept(plan("walk", "drift=0,1"), "mine.zarr")
    assert again["path"].equals(first["path"])


def test_a_corrupt_chunk_is_told_and_repaired(plan, swept, tmp_path):
    sweep = plan("walk", "drift=0:1:9")
    whole, _ = swept(sweep, "torn.zarr")
    chunk = tmp_path / "torn.zarr" / "cells" / "path" / "c" / "1" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-4])
    with pytest.raises(StoreCorrupt, match="--repair"):
        Store.existing(tmp_path / "torn.zarr").existing_table("cells").read()
    mended, tally = swept(sweep, "torn.zarr", options=Options(repair=True))
    assert tally.done == 9
    assert mended.drop_vars("status").equals(whole.drop_vars("status"))


def test_a_full_disk_is_told_and_what_was_done_stays(monkeypatch, tmp_path):
    path, write = tmp_path / "full.zarr", Table.write

    def fills_up(table, rows, *rest):
        if rows.start >= 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(table, rows, *rest)

    words = ("sweep", "slow", "--over", "rate=20:29:10", "--store", str(path))
    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", fills_up)
        result = call(*words)
    assert result.exit_code == 2
    assert "the disk is full" in result.output
    assert Store.existing(path).existing_table("cells").done.tolist() == [True] * 4 + [False] * 6
    assert call(*words).exit_code == 0


def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("cogmem.lab.store.zarr.open_group", refused)
    result = call("sweep", "walk", "--store", str(tmp_path / "refused.zarr"))
    assert result.exit_code == 2
    assert "cannot be written to" in result.output


def test_a_second_process_is_refused(plan, swept, tmp_path):
    sweep = plan("walk", "drift=0,1")
    swept(sweep, "busy.zarr")
    with (
        Store.existing(tmp_path / "busy.zarr").writing(),
        pytest.raises(StoreBusy, match="--shard 1/2"),
    ):
        swept(sweep, "busy.zarr")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--set", "drft=1"), "Did you mean 'drift'?"),
        (("--set", "drift=11"), "-10 to 10"),
        (("--set", "drift=1"), "is an axis of the sweep"),
        (("--over", "n_steps=0,1"), "1 to 100"),
        (("--shard", "3/2"), "expected i/n"),
        (("--workers", "2", "--scheduler", "tcp://x"), "give one of"),
        (("--repeats", "0"), "expected 1 or more"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_runs(words, told, tmp_path):
    result = call("sweep", "walk", *words)
    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "results").exists()


def test_an_experiment_without_cells_cannot_be_swept(plan):
    sweep = plan("walk", "drift=0,1")
    with pytest.raises(InvalidValue, match="cannot be swept"):
        type(sweep)(
            type(sweep.experiment)(**{**vars(sweep.experiment), "cell": None}),
            sweep.config,
            sweep.axes,
        )


def test_ctrl_c_leaves_a_store_to_go_on_with(monkeypatch, tmp_path):
    path, write = tmp_path / "stopped.zarr", Table.write

    def stops(table, rows, *rest):
        if rows.start >= 4:
            raise KeyboardInterrupt
        write(table, rows, *rest)

    words = ("sweep", "slow", "--over", "rate=20:29:10", "--store", str(path))
    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", stops)
        result = call(*words)
    assert result.exit_code == 130
    assert "goes on from there" in result.output
    assert call(*words).exit_code == 0
    assert np.isfinite(open_results(path)["value"]).all()


def test_a_run_of_which_every_cell_failed_draws_nothing_and_says_why(tmp_path):
    result = call("run", "slow", "--set", "rate=13", "--out", str(tmp_path / "figures"))
    assert result.exit_code == 2
    assert "all 1 cells failed. The first: " in result.output
    assert "thirteen is refused" in result.output
    assert not list((tmp_path / "figures").glob("*"))


def test_a_run_tries_again_what_failed_before(tmp_path, monkeypatch):
    words = ("run", "slow", "--set", "rate=13", "--out", str(tmp_path / "figures"))
    assert call(*words).exit_code == 2
    monkeypatch.setenv("MENDED", "1")
    assert "failed" not in call(*words).output


def test_a_run_of_which_some_cells_failed_draws_the_others_and_exits_with_an_error(
    tmp_path, monkeypatch
):
    walk = find_experiment("walk")
    monkeypatch.setitem(walk.over, "quick", ("drift=-6:0:3",))
    result = call("run", "walk", "--out", str(tmp_path))
    assert result.exit_code == 1
    assert (tmp_path / "walk.png").exists()
    assert "failed: drift=-6" in result.output
