"""NumPy's random numbers where JAX's would have to be compiled.

A `key` is JAX's, a `seed` is NumPy's; `generator` makes NumPy's numbers of a key.
"""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

__all__ = ["generator", "standard_normal"]


def generator(key: PRNGKeyArray) -> np.random.Generator:
    """NumPy's random numbers by a key of JAX: nothing has to be compiled for a draw."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).tolist())


def standard_normal(random: np.random.Generator, *shape: int) -> Float[np.ndarray, "*shape"]:
    """Independent standard normal numbers, float32."""
    return random.standard_normal(shape, np.float32)
