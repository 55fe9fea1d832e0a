"""Five lists of pairs, after Riefer & Batchelder (1988): what people recall of the first, and HLOP.

People were 15 in each group, with 0 to 4 lists after the first; a list was 10 related pairs and 5
single words, and all was recalled freely in the end. HLOP learns lists of 10 unrelated pairs one
after the other, each for a fixed number of trials, and is tested after each on the first list and
on that one, every pair with its own cue.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data import published
from cogmem.measures.proportions import proportions
from cogmem.models.hlop import LateralCircuit
from cogmem.participants.hlop import HLOP
from cogmem.participants.list_learning import learn_lists
from cogmem.tasks.interpolated_lists import orders_of_lists
from cogmem.tasks.paired_associates import PairedAssociates

__all__ = ["N_LISTS", "PAIRS_PER_LIST", "TRIALS_PER_LIST", "five_lists", "riefer_batchelder"]

N_LISTS, PAIRS_PER_LIST, TRIALS_PER_LIST = 5, 10, 8

LATERAL_ENERGY = 0.18
"""Lateral rate x squared norm of a cue: .01 x 18, as with two lists."""


@jax.jit
@partial(jax.vmap, in_axes=(0, 0, None, None))
def five_lists(
    key: PRNGKeyArray,
    task: PairedAssociates,
    protection: float | Float[Array, ""],
    rate: float | Float[Array, ""],
) -> Float[Array, "after list"]:
    """Proportions of the first and of the last list that HLOP recalls after each list.

    Of many learners at once: keys and tasks have an axis `learner` before all others, and so has
    what is returned.

    Args:
        key: of each learner.
        task: lists for each, as of `unrelated_lists(N_LISTS, PAIRS_PER_LIST)`.
        protection: g, of all.
        rate: of learning, of all.
    """
    mind, order = jax.random.split(jax.random.fold_in(key, 1))
    sits = HLOP(
        LateralCircuit(rate=LATERAL_ENERGY / task.cues.shape[1], protection=protection),
        learning_rate=rate,
        hidden=(100,),
        rows=(PAIRS_PER_LIST, 16),
        n_lists=N_LISTS,
    )
    orders = orders_of_lists(N_LISTS, PAIRS_PER_LIST, TRIALS_PER_LIST, key=order)
    _, first, last = learn_lists(sits, sits.begin(task, key=mind), task, orders)
    return jnp.stack([first.mean(axis=1), last.mean(axis=1)], axis=1)


def riefer_batchelder() -> xr.Dataset:
    """People's recall of the first list after 0 to 4 others (Riefer & Batchelder, 1988, Table 3).

    Returns:
        (after): `mean`, `low`, `high`, `n_recalled` and `n_tested`, of pairs recalled together, as
        of `proportions`; `words`, the proportion of all words, of pairs and single ones.
    """
    counts = published("riefer_batchelder1988_lists")
    counts = counts.pivot_table(index="interpolated_lists", columns="outcome", values="value")
    together = counts["pair recalled together"].to_numpy(int)
    pairs = counts.filter(like="pair").sum(axis=1).to_numpy(int)
    single = counts.filter(like="single").sum(axis=1).to_numpy(int)
    apart = counts["pair recalled apart"] + counts["one word of a pair"] / 2
    words = 2 * (together + apart) + counts["single word recalled"]
    found = proportions(together, pairs, after=counts.index.to_numpy())
    return found.assign(words=("after", words.to_numpy() / (2 * pairs + single)))
