"""Workers on this machine, at a scheduler's address, or under Slurm: the same numbers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from cogmem.errors import InvalidValue, MissingExtra
from cogmem.lab import cluster
from cogmem.lab.store import DONE, Store
from tests.lab.sweeps.conftest import same


def test_two_local_workers_give_the_numbers_of_this_process(plan, swept):
    sweep = plan("walk", "drift=0:1:9", repeats=2)
    alone, _ = swept(sweep)
    with cluster.local_workers(2) as mapper:
        together, tally = swept(sweep, mapper=mapper)
    assert tally.done == 18
    assert same(alone["path"], together["path"])


@contextmanager
def running(*words: str):
    """A Dask command of its own, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_a_worker_killed_in_the_middle_loses_nothing(plan, swept, command, tmp_path):
    address, path = f"tcp://127.0.0.1:{free_port()}", tmp_path / "remote.zarr"
    port = address.rpartition(":")[2]
    with ExitStack() as stack:
        local = ("--host", "127.0.0.1")
        stack.enter_context(running("scheduler", *local, "--port", port, "--no-dashboard"))
        # Without a nanny a killed worker stays dead, as a lost machine does.
        one, _ = (
            stack.enter_context(
                running(
                    "worker", address, *local, "--nthreads", "1", "--no-nanny", "--no-dashboard"
                )
            )
            for _ in range(2)
        )
        words = ("sweep", "slow", "--over", "rate=20:59:40", "--set", "seconds=0.1")
        process = command(*words, "--store", str(path), "--scheduler", address)
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            if path.exists() and _n_done(path) >= 4:
                break
        else:
            pytest.fail(f"no progress was seen: {process.communicate()}")
        one.send_signal(signal.SIGKILL)
        assert _n_done(path) < 40
        assert process.wait() == 0, process.stderr.read()
    alone, _ = swept(plan("slow", "rate=20:59:40", seconds="0.1"))
    table = Store.existing(path).existing_table("cells")
    assert (table.status == DONE).all()
    assert same(table.read()["value"], alone["value"].isel(repeat=0))


def _n_done(path) -> int:
    try:
        return int(Store.existing(path).existing_table("cells").done.sum())
    except (OSError, KeyError, ValueError):  # it is being made
        return 0


def test_a_scheduler_that_is_not_there_is_told():
    with (
        pytest.raises(InvalidValue, match="no Dask scheduler answers"),
        cluster.scheduler(f"tcp://127.0.0.1:{free_port()}", timeout="2s"),
    ):
        pass


def test_the_slurm_job_says_what_the_file_says(tmp_path):
    settings = tmp_path / "jobs.toml"
    settings.write_text(
        'queue = "night"\nwalltime = "02:00:00"\ncores = 1\nmemory = "2GB"\njobs = 0\n'
        'account = "memory-lab"\njob_script_prologue = ["module load python"]\n'
    )
    with cluster.slurm_cluster(settings) as made:
        script = made.job_script()
    for line in (
        "#SBATCH -p night",
        "#SBATCH -t 02:00:00",
        "#SBATCH -A memory-lab",
        "module load python",
        "export OMP_NUM_THREADS=1",
        "--nthreads 1",
    ):
        assert line in script


def test_a_slurm_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InvalidValue, match="cannot be read"), cluster.slurm(tmp_path / "none.toml"):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"cogmem\[cluster\]"), cluster.local_workers(2):
        pass
