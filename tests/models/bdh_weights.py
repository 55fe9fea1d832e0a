"""Weights of BDH without learning, drawn by NumPy: nothing is compiled for them, whatever sizes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.models.bdh import BDH, Weights


def untrained(model: BDH, scale: float = 1.0, *, seed: int = 1) -> Weights:
    """So many times as large as `begin` draws them, in the floats of the moment."""
    shapes = jax.eval_shape(lambda key: model.begin(key=key), jax.random.key(seed))
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda each: jnp.asarray(rng.normal(0, 0.02 * scale, each.shape)), shapes)
