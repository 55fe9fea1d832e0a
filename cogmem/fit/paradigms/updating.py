"""Updating: numbers are held and changed by sums; is the last value of each known?"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design, counted
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, lead, studied
from cogmem.participants.protocol import Participant
from cogmem.tasks.updating import updating_trial

__all__ = ["PARADIGM"]

SET_SIZES = (1, 2, 3, 4)
N_STEPS = 8
"""Changes of a trial, whatever the numbers held: chosen, as the data file does not tell it."""

UNLIMITED = 6.0
"""s per step in the file: shown as long as wanted."""


def _numbers(n_places: int, participant: Participant, key: PRNGKeyArray) -> Float[Array, " 1"]:
    task = updating_trial(n_places, N_STEPS, key=jax.random.fold_in(key, 1))
    state = studied(participant, task, key)
    evidence = jax.vmap(lambda place: participant.evidence(state, place))(jnp.arange(n_places))
    return jax.vmap(lead)(evidence, task.answers).mean()[None]


_BLOCKS = tuple(Block(partial(_numbers, n)) for n in SET_SIZES)


def _load(data: str, n_people: int) -> Study:
    """Young people of Experiment 1 who took their time: what is left is how many numbers fit."""
    trials = load_trials(data)
    kept = (trials["experiment"] == 1) & (trials["group"] == "young")
    kept &= (trials["presentation"] == UNLIMITED) & trials["set_size"].isin(SET_SIZES)
    chosen = trials.isel(trial=np.flatnonzero(kept.values))
    subject = chosen["subject"].values
    some = np.isin(subject, np.unique(subject)[: n_people or None])
    size = chosen["set_size"].values[some].astype(int)
    right = np.rint(chosen["correct"].values[some] * size)
    people, answers = counted(
        subject[some], np.searchsorted(SET_SIZES, size), right, size, len(SET_SIZES)
    )
    design = Design(_BLOCKS, np.full(len(SET_SIZES), "right"), np.array(SET_SIZES))
    about = trials.attrs
    return Study(data, about["title"], about["citation"], people, answers, design)


PARADIGM = CellParadigm(
    name="updating",
    sets=("oberauer_kliegl2006",),
    curves={"updating": CurveAbout("Right", "Numbers held")},
    load=_load,
)
