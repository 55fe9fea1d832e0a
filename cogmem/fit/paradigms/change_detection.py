"""Change detection: is the probed object as it was? "Same" if evidence passes the criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design, counted
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, after_study
from cogmem.participants.protocol import Participant
from cogmem.tasks.displays import colour_display

__all__ = ["PARADIGM", "of_trials"]

SET_SIZES = (2, 3, 4, 5, 6)
"""Of Adam et al. (2015)."""


def _tests(set_size: int, participant: Participant, key: PRNGKeyArray) -> Float[Array, " 2"]:
    """Evidence for "same" when it is, and when the colour has changed, of one display."""
    # The same key: the same display, probed at the same place.
    same, changed = (
        colour_display(set_size, change, key=jax.random.fold_in(key, 1)) for change in (False, True)
    )
    task = same._replace(tests=jnp.concatenate([same.tests, changed.tests]))
    return participant.evidence(after_study(participant, task, key=key), None)


@cache
def _block(set_size: int) -> Block:
    return Block(partial(_tests, set_size), 2)


def of_trials(
    data: str,
    about: Mapping[str, Any],
    subject: np.ndarray,
    set_size: Int[np.ndarray, " trial"],
    changed: Bool[np.ndarray, " trial"],
    said_changed: Bool[np.ndarray, " trial"],
    sizes: Sequence[int],
) -> Study:
    """Answers counted by set size, and by whether the probed object had changed.

    Args:
        data: what to call the data.
        about: their title and citation.
        subject: [trial] whose.
        set_size: [trial] objects, each one of `sizes`.
        changed, said_changed: [trial].
        sizes: of which there are cells, in ascending order.
    """
    cell = 2 * np.searchsorted(sizes, set_size) + changed
    same = ~said_changed
    people, answers = counted(subject, cell.astype(int), same, np.ones_like(same), 2 * len(sizes))
    blocks = tuple(_block(int(size)) for size in sizes)
    design = Design(blocks, np.tile(["same", "changed"], len(sizes)), np.repeat(sizes, 2))
    return Study(data, about["title"], about["citation"], people, answers, design)


def _load(data: str, n_people: int) -> Study:
    trials = load_trials(data)
    subject, size = trials["subject"].values, trials["set_size"].values
    kept = np.isin(subject, np.unique(subject)[: n_people or None]) & np.isin(size, SET_SIZES)
    changed, said = (trials[name].values[kept].astype(bool) for name in ("change", "said_change"))
    return of_trials(data, trials.attrs, subject[kept], size[kept], changed, said, SET_SIZES)


PARADIGM = CellParadigm(
    name="change detection",
    sets=("adam2015",),
    curves={"change detection": CurveAbout("Called same", "Objects", ("same", "changed"))},
    load=_load,
)
