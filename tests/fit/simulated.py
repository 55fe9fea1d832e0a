"""People whose parameters are known, because they are simulated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.data.recalls import Recalls
from cogmem.models import parameters
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall

__all__ = ["simulated_people"]


def simulated_people(
    sitting: Sitting, values: Mapping[str, np.ndarray], n_lists: int, n_items: int, seed: int = 0
) -> Recalls:
    """Free recall of as many people as each parameter has values.

    Args:
        sitting: who recalls.
        values: [subject] by name; the other parameters keep their defaults.
        n_lists: lists per person.
        n_items: words per list.
        seed: of the choices.
    """
    task = FreeRecall.of_length(n_items)

    @jax.jit
    @partial(jax.vmap, in_axes=(0, 0))
    def recall(values: dict[str, jax.Array], keys: jax.Array) -> jax.Array:
        person = parameters.replace(sitting, values)
        return jax.vmap(lambda key: person.free_running(task, key=key))(keys)

    n_people = len(next(iter(values.values())))
    keys = jax.random.split(jax.random.key(seed), (n_people, n_lists))
    positions = recall({k: jnp.asarray(v, "float32") for k, v in values.items()}, keys)
    return Recalls.from_positions(
        np.asarray(positions).reshape(-1, n_items),
        list_length=n_items,
        subject=np.repeat(np.arange(1, n_people + 1), n_lists),
    )
