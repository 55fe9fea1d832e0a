"""Items and sequences with few active features, and probes that share some of them.

Pure functions of a key, one example each; `jax.vmap` for many.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from cogmem.errors import InvalidValue

__all__ = [
    "N_ACTIVE",
    "N_FEATURES",
    "keeping",
    "ladder",
    "random_item",
    "random_items",
    "random_sequences",
]

N_FEATURES, N_ACTIVE = 144, 12
"""Of words and letters, for participants that see features (`experiments/sparsey_sits`)."""


def random_item(n_features: int, n_active: int, *, key: PRNGKeyArray) -> Bool[Array, " feature"]:
    """`n_active` of `n_features` features, all choices equally likely.

    Raises:
        InvalidValue: if there are not so many features.
    """
    if not 0 <= n_active <= n_features:
        raise InvalidValue(f"{n_active} active features of {n_features}: expected 0 to all.")
    return _highest(jax.random.uniform(key, (n_features,)), jnp.asarray(n_active))


def random_items(
    n_items: int, n_features: int, n_active: int, *, key: PRNGKeyArray
) -> Bool[Array, "item feature"]:
    """Independent random items."""
    keys = jax.random.split(key, n_items)
    return jax.vmap(lambda k: random_item(n_features, n_active, key=k))(keys)


def random_sequences(
    n_sequences: int, n_frames: int, n_features: int, n_active: int, *, key: PRNGKeyArray
) -> Bool[Array, "sequence frame feature"]:
    """Sequences of independent random frames."""
    frames = random_items(n_sequences * n_frames, n_features, n_active, key=key)
    return frames.reshape(n_sequences, n_frames, n_features)


def keeping(
    item: Bool[Array, " feature"],
    n_kept: int | Int[Array, ""],
    *,
    replaced: bool = True,
    key: PRNGKeyArray,
) -> Bool[Array, " feature"]:
    """A probe that keeps `n_kept` of an item's active features, chosen at random.

    Args:
        item: which features are on.
        n_kept: how many of them stay on; all of them at most.
        replaced: whether as many of the other features are turned on as were lost (a similar item),
            or all others if they are fewer; otherwise they are only lost (an occluded one).
        key: of the choice.

    Raises:
        InvalidValue: for a number below 0 or above that of the item; unchecked where traced, and
            then taken as the nearest possible.
    """
    if not isinstance(n_kept, jax.core.Tracer) and not isinstance(item, jax.core.Tracer):
        n_active = int(np.sum(item))
        if not 0 <= n_kept <= n_active:
            raise InvalidValue(f"{n_kept} features kept of {n_active} active: expected 0 to all.")
    lost, gained = jax.random.uniform(key, (2, len(item)))
    kept = _highest(jnp.where(item, lost, -1), jnp.asarray(n_kept)) & item
    if not replaced:
        return kept
    n_gained = item.sum() - kept.sum()
    return kept | (_highest(jnp.where(item, -1, gained), n_gained) & ~item)


def ladder(n_rows: int = 12) -> Bool[np.ndarray, "image feature"]:
    """Images whose overlap with the first falls by one pixel at a time, to none half-way.

    Every image is `n_rows` x `n_rows` with one pixel on in each row. Images 0 to n_rows have that
    many rows in column 1 and the others in column 2; later ones move rows on to column 0.

    Returns:
        bool[2 n_rows + 1, n_rows ** 2]; images k and l share max(0, n_rows - |k - l|) pixels.

    Raises:
        InvalidValue: for fewer than 3 rows, and so columns.
    """
    if n_rows < 3:
        raise InvalidValue(f"a ladder of {n_rows} rows: expected 3 or more, for its three columns.")
    image, row = np.arange(2 * n_rows + 1)[:, None], np.arange(n_rows)[None, :]
    column = np.where(image <= n_rows, 2 - (row < image), 1 - (row < image - n_rows))
    return (column[:, :, None] == np.arange(n_rows)).reshape(2 * n_rows + 1, n_rows**2)


def _highest(values: Array, n: Int[Array, ""]) -> Bool[Array, " feature"]:
    """Which are the n highest, the first of equals."""
    order = jnp.argsort(-values, stable=True)
    return jnp.zeros(len(values), bool).at[order].set(jnp.arange(len(values)) < n)
