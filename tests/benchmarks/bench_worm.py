"""WorM: how many trials a second, as symbols and as pictures of 32 x 32 pixels.

The targets, for every task and on one free core, are 10,000 trials a second as symbols and 1,000 as
pictures; set OMP_NUM_THREADS=1, as products of matrices use all cores otherwise. The official
generator is not run here; it writes pictures to files, which a loader then reads, and was measured
once, one thread, while other work ran. The other column is that measurement: seconds for as many
trials, drawn, written, read and shrunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cogmem.tasks.worm import TASKS, Render, make_batch
from tests.benchmarks.harness import Row, side_by_side

N_TRIALS = 512
TARGETS: dict[Render, int] = {"symbolic": 10_000, "rgb32": 1000}

OFFICIAL = {
    "SC": (19, 127),
    "SFR": (243, 211),
    "SI": (376, 332),
    "SMU": (96, 145),
    "STS": (79, 110),
    "VIR": (65, 182),
    "VSR": (80, 188),
    "VSRec": (42, 214),
    "CD": (104, 242),
    "CS": (55, 117),
}
"""Trials a second that the official generator draws and writes, and that its loader reads and
shrinks; the faster of two runs of each."""


def rows() -> Iterator[Row]:
    """Each identity as symbols, then as pictures beside the official chain."""
    for look, target in TARGETS.items():
        for name in TASKS:
            call = partial(make_batch, name, N_TRIALS, seed=0, look=look)
            seconds = side_by_side(call)["ours"]
            theirs = None if look == "symbolic" else N_TRIALS * _official(name)
            what = f"{name}, {N_TRIALS} trials, {look}"
            yield Row(what, N_TRIALS, seconds, theirs, seconds_target=N_TRIALS / target)


def _official(name: str) -> float:
    """Seconds for a trial."""
    return sum(1 / each for each in OFFICIAL[name.partition("_")[0]])
