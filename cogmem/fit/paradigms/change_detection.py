"""Change detection: is the probed object as it was? "Same" if evidence passes the criterion."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design, counted
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, studied
from cogmem.participants.protocol import Participant
from cogmem.tasks.displays import colour_display

__all__ = ["PARADIGM"]

SET_SIZES = (2, 3, 4, 5, 6)
"""Of Adam et al. (2015)."""


def _tests(set_size: int, participant: Participant, key: PRNGKeyArray) -> Float[Array, " 2"]:
    """Evidence for "same" when it is, and when the colour has changed, of one display."""
    # The same key: the same display, probed at the same place.
    same, changed = (
        colour_display(set_size, change, key=jax.random.fold_in(key, 1)) for change in (False, True)
    )
    task = same._replace(tests=jnp.concatenate([same.tests, changed.tests]))
    return participant.evidence(studied(participant, task, key), None)


_BLOCKS = tuple(Block(partial(_tests, n), 2) for n in SET_SIZES)


def _load(data: str, n_people: int) -> Study:
    trials = load_trials(data)
    subject, size, changed = (trials[n].values for n in ("subject", "set_size", "change"))
    kept = np.isin(subject, np.unique(subject)[: n_people or None]) & np.isin(size, SET_SIZES)
    cell = 2 * np.searchsorted(SET_SIZES, size[kept]) + changed[kept]
    same = ~trials["said_change"].values[kept].astype(bool)
    people, answers = counted(
        subject[kept], cell.astype(int), same, np.ones_like(same), 2 * len(SET_SIZES)
    )
    x = np.repeat(SET_SIZES, 2)
    design = Design(_BLOCKS, np.tile(["same", "changed"], len(SET_SIZES)), x)
    about = trials.attrs
    return Study(data, about["title"], about["citation"], people, answers, design)


PARADIGM = CellParadigm(
    name="change detection",
    sets=("adam2015",),
    curves={"change detection": CurveAbout("Called same", "Objects", ("same", "changed"))},
    load=_load,
)
