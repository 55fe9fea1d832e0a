"""Paired associates, A-B and then A-C: is each of both responses to a stimulus recalled?

People are the 60 of DaPolito's experiment (Riefer & Batchelder, 1988, Table 1), of whom only counts
of the group were published: A-B pairs were shown once, twice or three times, A-C pairs once, and
both responses were asked for, twice. The first test is trained on, the second is held out. How many
pairs a list had was not read: six here, two for each number of presentations.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data import published
from cogmem.fit.paradigms.cells import CellParadigm, Design
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, after_study, lead
from cogmem.fit.responses import YesCounts
from cogmem.participants.protocol import Participant
from cogmem.tasks.paired_associates import PairedAssociates, ab_ac

__all__ = ["PARADIGM", "ab_ac_lists"]

PRESENTATIONS = (1, 2, 3)
N_PAIRS = 6
TABLE = "riefer_batchelder1988_abac"


def ab_ac_lists(*, key: PRNGKeyArray) -> PairedAssociates:
    """Pair k of the first list is studied 1 + k mod 3 times, every pair of the second once."""
    task = ab_ac(N_PAIRS, key=jax.random.fold_in(key, 1))
    orders = jax.random.split(jax.random.fold_in(key, 2))
    events = jnp.asarray(np.repeat(np.arange(N_PAIRS), 1 + np.arange(N_PAIRS) % 3))
    first = jax.random.permutation(orders[0], events)
    second = jax.random.permutation(orders[1], task.second)
    return task._replace(studied=jnp.concatenate([first, second]))


def _leads(participant: Participant, key: PRNGKeyArray) -> Float[Array, " cell"]:
    """Mean lead of the right response, of B after 1, 2, 3 presentations, then of C."""
    task = ab_ac_lists(key=key)
    state = after_study(participant, task, key=key)

    def of_pair(pair: Int[Array, ""]) -> Float[Array, ""]:
        return lead(participant.evidence(state, pair), task.responses[pair])

    each = jax.vmap(of_pair)(jnp.arange(2 * N_PAIRS))
    return each.reshape(2, N_PAIRS // 3, 3).mean(axis=1).ravel()


_BLOCKS = (Block(_leads, 2 * len(PRESENTATIONS)),)


def _load(data: str, n_people: int) -> Study:
    counts = published(data)
    n_cells = 2 * len(PRESENTATIONS)
    yes, n = np.zeros((2, 1, n_cells), np.float32), np.zeros((2, 1, n_cells), np.float32)
    for _, row in counts.iterrows():
        half, times = int(row["test"]) - 1, int(row["ab_presentations"]) - 1
        for side, alone in enumerate(("B only", "C only")):
            cell = side * len(PRESENTATIONS) + times
            yes[half, 0, cell] += row["value"] * (row["recalled"] in ("B and C", alone))
            n[half, 0, cell] += row["value"]
    design = Design(_BLOCKS, np.repeat(["B", "C"], len(PRESENTATIONS)), np.tile(PRESENTATIONS, 2))
    citation = (
        "Riefer, D. M. & Batchelder, W. H. (1988). Multinomial modeling and the measurement of "
        "cognitive processes. Psychological Review 95, 318-339, Table 1."
    )
    title = "A-B, A-C (DaPolito; Riefer & Batchelder 1988), counts of a group of 60"
    return Study(data, title, citation, np.array(["all"]), YesCounts(yes, n), design)


PARADIGM = CellParadigm(
    name="paired associates",
    sets=(TABLE,),
    curves={"paired associates": CurveAbout("Recalled", "Presentations of A-B", ("B", "C"))},
    load=_load,
)
