"""Look at a macrocolumn as it fills, and show it probes with fewer features than it expects.

Both are for compiled programs: nothing is checked. `sparsey_memory.py` has the checked functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.models.sparsey import Mac, Memory, Moment

__all__ = ["evenly", "grown", "shown"]


def grown(
    mac: Mac,
    items: Bool[Array, "item feature"],
    ends: Int[Array, " look"],
    look: Callable[[Memory, Int[Array, ""]], Array],
    *,
    key: PRNGKeyArray,
) -> Float[Array, "look ..."]:
    """Store items one by one, and look after some numbers of them.

    Args:
        mac: the macrocolumn.
        items: in the order in which they are stored.
        ends: numbers of items, rising, after which to look.
        look: of the memory and the number of items in it.
        key: of the draws of codes.
    """

    def study(index: Array, memory: Memory) -> Memory:
        of_item = jax.random.fold_in(key, index)
        uniform = jax.random.uniform(of_item, (mac.n_modules,), mac.dtype)
        return mac.study(memory, {"U": mac.bottom_up(items[index])}, uniform)[0]

    def until(memory: Memory, span: tuple[Array, Array]) -> tuple[Memory, Array]:
        memory = jax.lax.fori_loop(*span, study, memory)
        return memory, look(memory, span[1])

    begins = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])
    return jax.lax.scan(until, mac.begin(), (begins, ends))[1]


def evenly(n_items: int | Array, n_tested: int) -> Int[Array, " test"]:
    """Which items are tested, spread over the list; of a short list, some more than once."""
    return jnp.arange(n_tested) * n_items // n_tested


@partial(jax.jit, static_argnums=0)
def shown(
    mac: Mac, memory: Memory, probes: Bool[Array, "probe feature"], *, key: PRNGKeyArray
) -> Moment:
    """As `recognise`, but the macrocolumn responds to however few features are on.

    By its band it would be silent to a probe with fewer features than those it expects.
    """
    uniform = jax.random.uniform(key, (len(probes), mac.n_modules), mac.dtype)

    def one(x: Array, uniform: Array) -> Moment:
        afferents = mac.bottom_up(x)._replace(present=jnp.ones((), bool))
        return mac.recognise(memory, {"U": afferents}, uniform)

    return jax.vmap(one)(probes, uniform)
