"""Retention over a filled delay: is a letter still recalled at its place?

The evidence of a delay is the lead of the right letter over all others of the alphabet, the mean
over positions, each after the right letters before it were said.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, lead, studied
from cogmem.fit.responses import Counts
from cogmem.participants.protocol import Participant
from cogmem.tasks.retention import Retention
from cogmem.tasks.sparse_items import random_items

__all__ = ["PARADIGM"]

N_LETTERS, LENGTH = 20, 3
"""Consonants, and those of a trial (Floden, Stuss & Craik, 2000)."""

N_FEATURES, N_ACTIVE = 144, 12
DELAYS = (0.0, 3.0, 18.0, 36.0, 60.0)
SPLIT_SEED = 2000


def _after(delay: float, participant: Participant, key: PRNGKeyArray) -> Float[Array, " 1"]:
    looks, letters = jax.random.split(jax.random.fold_in(key, 1))
    features = random_items(N_LETTERS, N_FEATURES, N_ACTIVE, key=looks)
    said = jax.random.permutation(letters, N_LETTERS)[:LENGTH]
    state = studied(participant, Retention(features, said, delay), key)

    def step(state: Any, asked: tuple[Array, Array]) -> tuple[Any, Array]:
        place, letter = asked
        ahead = lead(participant.evidence(state, place), letter)
        return participant.report(state, letter), ahead

    return jax.lax.scan(step, state, (jnp.arange(LENGTH), said))[1].mean()[None]


_BLOCKS = tuple(Block(partial(_after, delay)) for delay in DELAYS)


def _load(data: str, n_people: int) -> Study:
    """Counts by person and delay; which trials were right was not published, so that half of each
    person's trials are drawn for training, by a seed of its own."""
    trials = load_trials(data)
    kept = slice(0, n_people or None)
    n = trials["n_tested"].transpose("subject", "delay").values[kept].astype(int)
    right = trials["n_recalled"].transpose("subject", "delay").values[kept].astype(int)
    random = np.random.default_rng(SPLIT_SEED)
    first = random.hypergeometric(right, n - right, n // 2)
    answers = Counts(
        np.stack([first, right - first]).astype(np.float32),
        np.stack([n // 2, n - n // 2]).astype(np.float32),
    )
    delays = trials["delay"].values.astype(float)
    assert delays.tolist() == list(DELAYS)
    design = Design(_BLOCKS, np.full(len(delays), "right"), delays)
    subjects = trials["subject"].values[kept]
    about = trials.attrs
    return Study(data, about["title"], about["citation"], subjects, answers, design)


PARADIGM = CellParadigm(
    name="retention",
    sets=("floden2000",),
    curves={"retention": CurveAbout("Recalled", "Filled delay (s)")},
    load=_load,
)
