"""NumPy's random numbers by a key of JAX."""

from __future__ import annotations

import jax
import numpy as np

from cogmem.tasks.randomness import generator, standard_normal


def test_the_key_decides() -> None:
    same, again, other = (generator(jax.random.key(n)).random(5) for n in (1, 1, 2))
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)


def test_normal_numbers_are_of_single_precision() -> None:
    found = standard_normal(generator(jax.random.key(0)), 4, 1000)
    assert found.shape == (4, 1000)
    assert found.dtype == np.float32
    assert abs(found.mean()) < 4 / np.sqrt(found.size)
