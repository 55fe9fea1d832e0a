"""Sparsey on one core: items stored and retrieved per second, in three macrocolumns.

The other is sparseypy (PyTorch, one thread, one item at a time). Its licence forbids copying it, so
that it is not run here: its column is what was measured on another day, the upper end of the range,
and the machine then was a shared one. The ratios are no better than that. cogmem is given 1,000
items in one call: stored one after another, retrieved some at a time, as users would.

A process of its own, bound to one core before JAX starts, does the timing;
`python -m tests.benchmarks.bench_sparsey` is that process, and prints seconds as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_memory import recognise, store
from cogmem.tasks.sparse_items import random_items
from tests.benchmarks.harness import Row, apart, bind, side_by_side

N_ITEMS = 1000


class Setup(NamedTuple):
    """A macrocolumn, what sparseypy is stated to do on one thread, and the target for storing.

    Attributes:
        features, active: N, and how many are on in an item.
        modules, cells: Q and K.
        stored, retrieved: sparseypy's items per second, the upper end of what is stated.
        target: how many times as many should be stored.
    """

    features: int
    active: int
    modules: int
    cells: int
    stored: float
    retrieved: float
    target: float

    @property
    def name(self) -> str:
        """Its sizes."""
        return f"N={self.features} a={self.active} Q={self.modules} K={self.cells}"


SETUPS = (
    Setup(144, 14, 25, 9, stored=440, retrieved=1700, target=100),
    Setup(256, 25, 70, 20, stored=56, retrieved=1280, target=50),
    Setup(784, 78, 70, 20, stored=18, retrieved=730, target=50),
)


def rows() -> Iterator[Row]:
    """Storing, then retrieving, in each macrocolumn."""
    for setup, (storing, retrieving) in zip(SETUPS, apart(__name__), strict=True):
        said = f"{setup.name}, one core; other: stated for sparseypy, not run"
        theirs = N_ITEMS / setup.stored
        yield Row(f"store, {said}", N_ITEMS, storing, theirs, ratio_target=setup.target)
        yield Row(f"retrieve, {said}", N_ITEMS, retrieving, N_ITEMS / setup.retrieved)


def seconds(setup: Setup) -> tuple[float, float]:
    """Median seconds to store and to retrieve the items."""
    mac = Mac(setup.features, setup.modules, setup.cells, band=(1, setup.active))
    key = jax.random.key(0)
    items = np.asarray(random_items(N_ITEMS, setup.features, setup.active, key=key))
    memory, _ = store(mac, items, key=key)
    storing = side_by_side(partial(store, mac, items, key=key))["ours"]
    retrieving = side_by_side(partial(recognise, mac, memory, items, key=key))["ours"]
    return storing, retrieving


if __name__ == "__main__":
    bind()
    print(json.dumps([seconds(setup) for setup in SETUPS]))
