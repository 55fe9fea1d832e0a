"""Updating: numbers are held and changed by sums; is the last value of each known?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design, counted
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, after_study, lead
from cogmem.participants.protocol import Participant
from cogmem.tasks.updating import updating_trial

__all__ = ["PARADIGM", "of_trials"]

SET_SIZES = (1, 2, 3, 4, 5, 6)
N_STEPS = 8
"""Changes of a trial, whatever the numbers held: chosen, as the data file does not tell it."""

UNLIMITED = 6.0
"""s per step in the file: shown as long as wanted."""


def _numbers(n_places: int, participant: Participant, key: PRNGKeyArray) -> Float[Array, " 1"]:
    task = updating_trial(n_places, N_STEPS, key=jax.random.fold_in(key, 1))
    state = after_study(participant, task, key=key)
    evidence = jax.vmap(lambda place: participant.evidence(state, place))(jnp.arange(n_places))
    return jax.vmap(lead)(evidence, task.answers).mean()[None]


@cache
def _block(n_places: int) -> Block:
    return Block(partial(_numbers, n_places))


def of_trials(
    data: str,
    about: Mapping[str, Any],
    subject: np.ndarray,
    set_size: Int[np.ndarray, " trial"],
    right: Int[np.ndarray, " trial"],
    sizes: Sequence[int],
) -> Study:
    """Numbers that were right, counted by how many were held.

    Args:
        data: what to call the data.
        about: their title and citation.
        subject: [trial] whose.
        set_size: [trial] numbers held, each one of `sizes`.
        right: [trial] how many of them were right in the end.
        sizes: of which there are cells, in ascending order.
    """
    cell = np.searchsorted(sizes, set_size)
    people, answers = counted(subject, cell, right, set_size, len(sizes))
    blocks = tuple(_block(int(size)) for size in sizes)
    design = Design(blocks, np.full(len(sizes), "right"), np.array(sizes))
    return Study(data, about["title"], about["citation"], people, answers, design)


def _load(data: str, n_people: int) -> Study:
    """Young people who took their time: what is left is how many numbers fit.

    Experiment 1 had 1 to 4 numbers and Experiment 2 had 4 to 6. Its people are taken for others, as
    it is not told who sat both.
    """
    trials = load_trials(data)
    kept = (trials["group"] == "young") & (trials["presentation"] == UNLIMITED)
    kept &= trials["set_size"].isin(SET_SIZES)
    chosen = trials.isel(trial=np.flatnonzero(kept.values))
    subject = chosen["subject"].values + 1000 * chosen["experiment"].values
    some = np.isin(subject, np.unique(subject)[: n_people or None])
    size = chosen["set_size"].values[some].astype(int)
    right = np.rint(chosen["correct"].values[some] * size)
    return of_trials(data, trials.attrs, subject[some], size, right, SET_SIZES)


PARADIGM = CellParadigm(
    name="updating",
    sets=("oberauer_kliegl2006",),
    curves={"updating": CurveAbout("Right", "Numbers held")},
    load=_load,
)
