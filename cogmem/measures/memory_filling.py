"""What an associative memory still knows of its items as it fills, whatever memory it is.

At each look old items are asked for by cues, and told from new ones; see `filled`.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from cogmem.measures.completion import auc, dice
from cogmem.models.associative import AssociativeMemory, complete_all
from cogmem.models.equal_bits import N_ACTIVE, Member
from cogmem.tasks.sparse_items import keeping, random_items

__all__ = [
    "KEPT",
    "MEASURES",
    "N_STORED",
    "SHARED",
    "cues",
    "examined",
    "filled",
    "probes",
    "shown",
    "similar_items",
    "stimuli",
]

N_FAMILIES, N_COMMON = 40, 8
"""Of items in families, and active features that an item shares with its family."""

KEPT = 0.75
"""Share of the active features that a cue keeps."""

N_STORED = (
    *(1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 30, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500),
    *(550, 600, 650, 700, 750, 800, 850, 900, 1000, 1200),
)
"""Items stored at each look."""

SHARED = np.arange(N_ACTIVE + 1)

MEASURES = ("exact", "part", "replaced", "perfect", "auc")
"""F1 from the three cues, answers to part cues without error, and old against new."""


def filled(
    member: Member, n_probes: int, *, families: bool = False, keys: PRNGKeyArray
) -> dict[str, Float[np.ndarray, "look network"]]:
    """The measures at each look, of one network for each key."""
    each = []
    for key in keys:
        of_memory, of_items, of_probes, of_looks = jax.random.split(key, 4)
        items = stimuli(member, N_STORED[-1] + n_probes, families=families, key=of_items)
        asked = probes(items, n_probes, key=of_probes)
        memory = jax.tree.map(jnp.asarray, member.make(of_memory))
        each.append(_filled(memory, member.n_exposures, items, asked, of_looks))
    return {name: np.stack([one[name] for one in each], axis=-1) for name in MEASURES}


def stimuli(
    member: Member, n_items: int, *, families: bool, key: PRNGKeyArray
) -> Bool[Array, "item feature"]:
    """Random items, or members of families in turn."""
    if not families:
        return random_items(n_items, member.n_features, member.n_active, key=key)
    of_prototypes, of_items = jax.random.split(key)
    prototypes = random_items(N_FAMILIES, member.n_features, member.n_active, key=of_prototypes)
    own = prototypes[jnp.arange(n_items) % N_FAMILIES]
    return _similar(own, jnp.asarray(N_COMMON), of_items)


@jax.jit
def _similar(
    items: Bool[Array, "item feature"], n_kept: Array, key: PRNGKeyArray
) -> Bool[Array, "item feature"]:
    """For each item another one that shares so many of its active features."""
    keys = jax.random.split(key, len(items))
    return jax.vmap(lambda x, key: keeping(x, n_kept, key=key))(items, keys)


@eqx.filter_jit
def probes(
    items: Bool[Array, "item feature"], n_probes: int, *, key: PRNGKeyArray
) -> Bool[Array, "look kind probe feature"]:
    """What is asked at each look: old items, both cues of each, and new items.

    Old items are drawn from those stored by then; new ones are the last of `items`.
    """

    def at(given: Any) -> Bool[Array, "kind probe feature"]:
        n_stored, key = given
        of_probes, of_cues = jax.random.split(key)
        old = items[jax.random.randint(of_probes, (n_probes,), 0, n_stored)]
        keys = jax.random.split(of_cues, n_probes)
        part, replaced = jax.vmap(lambda item, own: cues(item, key=own))(old, keys)
        return jnp.stack([old, part, replaced, items[-n_probes:]])

    stored = jnp.asarray(N_STORED)
    return jax.lax.map(at, (stored, jax.random.split(key, len(stored))))


def cues(
    item: Bool[Array, " feature"], *, key: PRNGKeyArray
) -> tuple[Bool[Array, " feature"], Bool[Array, " feature"]]:
    """The item with `KEPT` of its active features, without and with others in place of the lost."""
    replaced = keeping(item, jnp.rint(KEPT * item.sum()).astype(jnp.int32), key=key)
    return replaced & item, replaced


@eqx.filter_jit
def _filled(
    memory: AssociativeMemory[Any],
    n_exposures: int,
    items: Bool[Array, "item feature"],
    asked: Bool[Array, "look kind probe feature"],
    key: PRNGKeyArray,
) -> dict[str, Float[Array, " look"]]:
    def look(state: Any, given: Any) -> tuple[Any, dict[str, Array]]:
        first, last, asked, key = given
        of_codes, of_answers = jax.random.split(key)
        state = shown(memory, n_exposures, state, items, (first, last), key=of_codes)
        return state, examined(memory, state, asked, key=of_answers)

    last = jnp.asarray(N_STORED)
    looks = (jnp.roll(last, 1).at[0].set(0), last, asked, jax.random.split(key, len(last)))
    return jax.lax.scan(look, memory.begin(), looks)[1]


def shown(
    memory: AssociativeMemory[Any],
    n_exposures: int,
    state: Any,
    items: Bool[Array, "item feature"],
    which: tuple[Array | int, Array | int],
    *,
    key: PRNGKeyArray,
) -> Any:
    """The state after items were stored one by one.

    Args:
        memory: whose.
        n_exposures: how often each is stored.
        state: before.
        items: all there are.
        which: the first of those that are stored now, and the first that is not.
        key: of the draws of codes.
    """
    first, last = which

    def one(i: Array, state: Any) -> Any:
        return memory.store(state, items[i // n_exposures], key=jax.random.fold_in(key, i))

    return jax.lax.fori_loop(first * n_exposures, last * n_exposures, one, state)


def examined(
    memory: AssociativeMemory[Any],
    state: Any,
    asked: Bool[Array, "kind probe feature"],
    *,
    key: PRNGKeyArray,
) -> dict[str, Float[Array, ""]]:
    """Every measure in one state; those of completion are NaN where there is none."""
    n_kinds, n_probes, n_features = asked.shape
    answers = complete_all(memory, state, asked.reshape(-1, n_features), key=key)
    patterns = answers.pattern.reshape(asked.shape)
    familiar = answers.familiarity.reshape(n_kinds, n_probes)
    right = dice(patterns[:3], asked[:1]).mean(axis=1)
    perfect = (patterns[1] == asked[0]).all(axis=1).mean()
    found = dict(zip(MEASURES, [*right, perfect], strict=False))
    if not memory.completes:
        found = {name: jnp.full_like(value, jnp.nan) for name, value in found.items()}
    return found | {"auc": auc(familiar[0], familiar[3])}


@jax.jit
def similar_items(
    items: Bool[Array, "item feature"], *, key: PRNGKeyArray
) -> Bool[Array, "shared item feature"]:
    """Of each item, one that shares so many features with it, for each number in `SHARED`."""
    keys = jax.random.split(key, len(SHARED))
    return jax.lax.map(lambda given: _similar(items, *given), (jnp.asarray(SHARED), keys))
