"""A sweep killed at any point: what was done is kept bit for bit, and the rest is done later."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from cogmem.errors import CogmemError
from cogmem.lab.results import open_results
from cogmem.lab.store import DONE, Store

N_CELLS = 40
SWEEP = ("sweep", "slow", "--over", f"rate=20:59:{N_CELLS}", "--set", "seconds=0.02")


def wait_for(path: Path, n_done: int, process: subprocess.Popen) -> np.ndarray:
    """Status of the rows as soon as `n_done` are seen to be done."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            status = Store.existing(path).existing_table("cells").status
        except (CogmemError, OSError, KeyError):  # it is being made
            continue
        if (status == DONE).sum() >= n_done:
            return status
    pytest.fail(f"{n_done} cells were never seen to be done: {process.communicate()}")


def chunks(path: Path) -> dict[str, tuple[int, int]]:
    """Every chunk file, with its inode and time: a chunk written again has others."""
    files = (f for f in (path / "cells").rglob("c/*") if f.is_file())
    return {str(f): (f.stat().st_ino, f.stat().st_mtime_ns) for f in files}


# Each kill costs ten seconds: a few points always, the others in the slow run.
ALWAYS, AT_LENGTH = (1, 13, 26, 35), (3, 5, 9, 17, 21, 31)
KILLS = (*ALWAYS, *(pytest.param(n, marks=pytest.mark.slow) for n in AT_LENGTH))


@pytest.mark.parametrize("n_done", KILLS)
def test_killed_at_any_progress_nothing_done_is_lost_or_done_again(
    command, swept, plan, tmp_path, n_done
):
    path = tmp_path / "killed.zarr"
    process = command(*SWEEP, "--store", str(path))
    wait_for(path, n_done, process)
    process.send_signal(signal.SIGKILL)
    process.wait()

    before = Store.existing(path).existing_table("cells")
    done = before.status == DONE
    assert n_done <= done.sum() < N_CELLS

    kept, held = before.read()["value"][done], chunks(path)
    sweep = plan("slow", f"rate=20:59:{N_CELLS}", seconds="0.02")
    whole, _ = swept(sweep)
    assert np.array_equal(kept, whole["value"].isel(repeat=0).values[done[:N_CELLS]])

    resumed = command(*SWEEP, "--store", str(path))
    assert resumed.wait() == 0, resumed.stderr.read()
    assert np.array_equal(open_results(path)["value"].values, whole["value"].values)
    of_done = [
        f for f in held if int(Path(f).relative_to(path).parts[3]) in np.flatnonzero(done) // 2
    ]
    assert of_done
    assert all(chunks(path)[f] == held[f] for f in of_done)
