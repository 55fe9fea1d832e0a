"""Sweeps: cells of CMR per second by one process and by workers, and the opening of a store.

A cell simulates 200 lists of 16 and measures them; speeds are of those lists. Times are those of
the whole command, with imports, compilation and the start of workers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cogmem.lab.results import open_results
from tests.benchmarks.harness import Row

LISTS = 200
SMALL = ("--over", "model.encoding_drift=0.05:0.95:25", "--over", "model.recall_drift=0.05:0.95:40")
LARGE = (*SMALL, "--over", "model.learning_rate=0.1:0.9:10")


def rows() -> Iterator[Row]:
    """1,000 cells by this process, 2 and 4 workers; 10,000 by 4; and opening those."""
    with tempfile.TemporaryDirectory() as folder:
        for workers in (0, 1, 2, 4):
            seconds = _sweep(Path(folder) / f"small{workers}.zarr", workers, *SMALL)
            who = f"{workers} workers" if workers else "one process, all threads"
            yield Row(f"1,000 cells, {who}", 1000 * LISTS, seconds)
        large = Path(folder) / "large.zarr"
        seconds = _sweep(large, 4, *LARGE)
        yield Row("10,000 cells, 4 workers", 10_000 * LISTS, seconds, seconds_target=300)
        start = time.perf_counter()
        open_results(large)
        yield Row("opening 10,000 cells", 0, time.perf_counter() - start, seconds_target=2)


def _sweep(store: Path, workers: int, *over: str) -> float:
    code = "from cogmem.cli import app; app()"
    words = ["sweep", "cmr_sweep", *over, "--store", str(store), "--workers", str(workers)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *words], env=os.environ, check=True, capture_output=True
    )
    return time.perf_counter() - start
