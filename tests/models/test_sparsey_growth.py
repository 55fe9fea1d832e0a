"""Macrocolumns looked at as they fill, and shown probes that are out of their band."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_growth import evenly, grown, shown
from cogmem.models.sparsey_memory import recognise, store
from cogmem.tasks.sparse_items import random_items


def test_those_tested_are_spread_over_the_list() -> None:
    assert evenly(10, 5).tolist() == [0, 2, 4, 6, 8]
    assert evenly(2, 4).tolist() == [0, 0, 1, 1]


def test_looks_come_after_so_many_items() -> None:
    mac = Mac(30, 4, 5)
    items = random_items(9, 30, 5, key=jax.random.key(0))
    ends = jnp.array([2, 3, 9])
    look = lambda memory, n: jnp.stack([memory.step, n])  # noqa: E731
    found = grown(mac, items, ends, look, key=jax.random.key(1))
    assert found.tolist() == [[2, 2], [3, 3], [9, 9]]


def test_within_its_band_the_macrocolumn_would_be_silent() -> None:
    """The fixed denominator is the lower end of the band, so that an occluded item is out of it."""
    mac = Mac(144, 24, 16, normaliser="pi", band=(12, 12))
    items = random_items(3, 144, 12, key=jax.random.key(0))
    memory, _ = store(mac, items, key=jax.random.key(1))
    hidden = items & (jnp.cumsum(items, axis=1) <= 9)
    answer = recognise(mac, memory, hidden, key=jax.random.key(2)).familiarity
    assert np.isnan(answer).all()
    waived = shown(mac, memory, hidden, key=jax.random.key(2)).familiarity
    assert waived == pytest.approx(np.full(3, (9 / 12) ** 2))
