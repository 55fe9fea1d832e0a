"""HLOP on one core: time of an iteration of permuted MNIST at full size, and of a whole task.

784-800-800-10, batches of 64, the rows of the published run; random images stand in for digits, as
time does not depend on them. Iterations are those of whole calls of `learn_task`, without
compilation.

The other is the official PyTorch code. If the environment variable COGMEM_HLOP names the folder of
a checkout of pkuxmq/HLOP-SNN, and COGMEM_HLOP_PYTHON an interpreter with torch, it is run in turn
with ours, on the same core, in one thread. Else its column is what was measured with one thread on
another machine and another day, and the ratios are no better than that.

Run side by side, both are close to what the core can do in matrix products, so that the ratio is
one of operations and of what surrounds them: in task 1, BPTT needs 4.5 billion operations an
iteration here, and 5.9 billion there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from cogmem.models.continual_learner import ContinualLearner, Examples, Knowledge, learn_task
from cogmem.models.hlop import LateralCircuit
from cogmem.models.spiking_training import BPTT, DSR, OTTT, Method
from tests.benchmarks.harness import OfficialCode, Row, apart, bind, side_by_side

SCRIPT = Path(__file__).with_name("hlop_script.py")
SIZES = (784, 800, 800, 10)
ROWS = (
    (80, 200, 100),
    *((70, 70, 70),) * 2,
    *((50, 50, 50),) * 3,
    *((30, 30, 30),) * 3,
    (10, 10, 10),
)
RATES = (0.001, 0.01, 0.01)
BATCH, N_ITERATIONS = 64, 16
METHODS: dict[str, Method] = {"DSR": DSR(), "BPTT": BPTT(), "OTTT": OTTT()}

CASES = [
    # method, with lateral circuits, task from 1, stated ms of the official code, target
    ("DSR", True, 1, 194, 2.5),
    ("DSR", True, 2, 247, 3.5),
    ("DSR", True, 10, 442, 6.0),
    ("DSR", False, 1, 173, None),
    ("BPTT", True, 1, 124, 2.0),
    ("BPTT", True, 2, 184, 2.0),
    ("BPTT", False, 1, 53, None),
    ("OTTT", True, 1, 284, None),
    ("OTTT", True, 2, 431, None),
    ("OTTT", False, 1, 75, None),
]


def rows() -> Iterator[Row]:
    """One iteration of each case, as a call of so many."""
    measured = apart(__name__)
    run = f"official code run in turn, torch {measured['torch']}"
    for case, seconds in zip(CASES, measured["seconds"], strict=True):
        method, lateral, task, stated, target = case
        kind = f"{method}{' + HLOP' if lateral else ', plain'}, task {task}"
        other = run if "theirs" in seconds else "stated, not run"
        name = f"{N_ITERATIONS} iterations, {kind}, one core; other: {other}"
        theirs = seconds.get("theirs", N_ITERATIONS * stated / 1000)
        yield Row(name, N_ITERATIONS, seconds["ours"], theirs, ratio_target=target)


def in_task(method: str, lateral: bool, task: int) -> tuple[ContinualLearner, Knowledge]:
    """A learner at the beginning of a task, its old rows in use."""
    circuits = tuple(LateralCircuit(rate=rate) if lateral else None for rate in RATES)
    learner = ContinualLearner(SIZES, ROWS, circuits, METHODS[method])
    knowledge = learner.begin(key=jax.random.key(0))
    for begun in range(task):
        knowledge = learner.begin_task(knowledge, key=jax.random.key(begun))
    return learner, knowledge


def seconds(peer: Official | None, method: str, lateral: bool, task: int) -> dict[str, float]:
    """Median seconds of a call, and of the same number of iterations of the official code."""
    n_items = BATCH * N_ITERATIONS
    inputs = jax.random.normal(jax.random.key(1), (n_items, SIZES[0]))
    examples = Examples(inputs, jnp.arange(n_items) % SIZES[-1], jnp.arange(SIZES[0]))
    learner, knowledge = in_task(method, lateral, task)
    key = jax.random.key(2)
    call = partial(learn_task, learner, knowledge, examples, batch_size=BATCH, key=key)
    if peer is None:
        return side_by_side(call)
    peer.prepare(method=method, lateral=lateral, task=task)
    return side_by_side(call, peer.run)


class Official(OfficialCode):
    """That of HLOP."""

    def prepare(self, **case: Any) -> None:
        """Make a network at the beginning of a task."""
        sizes = {"hidden": SIZES[1], "batch": BATCH, "n_iterations": N_ITERATIONS}
        self.tell(json.dumps({**case, **sizes, "rows": ROWS}))

    def run(self) -> None:
        """Its iterations."""
        self.tell("run")


def official() -> Official | None:
    """The official code, if the environment says where it is."""
    folder = os.environ.get("COGMEM_HLOP")
    python = os.environ.get("COGMEM_HLOP_PYTHON", sys.executable)
    return Official("HLOP", SCRIPT, python, folder) if folder else None


if __name__ == "__main__":
    bind()
    other = official()
    found = [seconds(other, *case[:3]) for case in CASES]
    print(json.dumps({"torch": other and other.torch, "seconds": found}))
