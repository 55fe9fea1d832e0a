"""The free-recall models that every test of the family is put to, and the lists they are given."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from cogmem.models import parameters
from cogmem.models.cmr import CMR
from cogmem.models.retrieved_context import RetrievedContext
from cogmem.models.support_cmr import SupportCMR
from cogmem.models.tcm import TCM

# With T = 1 no probability is near CMR's floor of 1e-5, which would break the sums below.
MODELS: dict[str, RetrievedContext] = {
    "CMR": CMR(temperature=1.0),
    "CMR with similarity": CMR(temperature=1.0, similarity_weight=0.5),
    "SupportCMR": SupportCMR(),
    "SupportCMR, element-wise rho": SupportCMR(rho="elementwise"),
    "TCM": TCM(),
}


def cast(model: RetrievedContext, dtype: str) -> RetrievedContext:
    """The model with its parameters as arrays of a precision."""
    return jax.tree.map(lambda value: jnp.asarray(value, dtype), model)


def similarity_for(name: str, n_items: int, dtype: str) -> Array | None:
    """Two interleaved categories where the case has similarity, else nothing."""
    if "similarity" not in name:
        return None
    category = np.arange(n_items) % 2
    return jnp.asarray(category[:, None] == category, dtype)


def all_sequences(n_items: int) -> np.ndarray:
    """Every way to recall a list: int[sequence, n_items] 1-based, 0 = padding."""
    ways = [p for n in range(n_items + 1) for p in permutations(range(1, n_items + 1), n)]
    return np.array([[*way, *[0] * (n_items - len(way))] for way in ways])


def some_lists(n_items: int, n_lists: int = 12, seed: int = 0) -> np.ndarray:
    """Random recalls; the first list has none and the second has all words."""
    rng = np.random.default_rng(seed)
    order = rng.permuted(np.tile(np.arange(1, n_items + 1), (n_lists, 1)), axis=1)
    ends = np.array([0, n_items, *rng.integers(1, n_items + 1, n_lists - 2)])
    return np.where(np.arange(n_items) < ends[:, None], order, 0)


def with_raw(model: RetrievedContext, raw: Any) -> RetrievedContext:
    """The model with all of its parameters set from the real line."""
    return parameters.replace(model, parameters.constrain(parameters.table(model), raw))


def raw_of(model: RetrievedContext) -> Array:
    """A model's parameters on the real line."""
    return parameters.unconstrain(parameters.table(model), parameters.get(model))
