"""WorM: how many trials a second, as symbols and as pictures of 32 x 32 pixels.

The targets, for every task and on one free core, are 10,000 trials a second as symbols and 1,000 as
pictures; set OMP_NUM_THREADS=1, as products of matrices use all cores otherwise. The official
generator is not run here; it writes pictures to files, which a loader then reads, and was measured
once, one thread, while other work ran. The other column is that measurement: seconds for as many
trials, drawn, written, read and shrunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp

from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_course import Course, network_of
from cogmem.participants.frame_lessons import Lesson, learn
from cogmem.tasks.worm import TASKS, Render, make_batch
from tests.benchmarks.harness import Row, side_by_side

N_TRIALS, BATCH = 512, 64
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
    what = (
        f"a step of learning, GRU of 96 units, {len(TASKS)} identities x {BATCH} trials, symbolic"
    )
    yield Row(f"{what}, drawing left out", 0, side_by_side(step())["ours"], seconds_target=0.15)


def step() -> Callable[[], object]:
    """A step on trials that are drawn before."""
    network = network_of(RecurrentCore(96), tuple(TASKS), "symbolic", 128 + len(TASKS))
    course = Course(network, batch=BATCH, curriculum=False)
    learning = course.begin(key=jax.random.key(0)).learning
    batches = {name: course.trials(name, 0, 0) for name in TASKS}
    lessons = {
        name: Lesson(jnp.asarray(each.frames), jnp.asarray(each.labels), each.targets)
        for name, each in batches.items()
    }
    return lambda: learn(network, learning, lessons, rate=course.rate)[1]


def _official(name: str) -> float:
    """Seconds for a trial."""
    return sum(1 / each for each in OFFICIAL[name.partition("_")[0]])
