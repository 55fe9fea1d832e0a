"""Retention over a filled delay: is a letter still recalled at its place?

The evidence of a delay is the lead of the right letter over all others of the alphabet, the mean
over positions, each after the right letters before it were said.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, after_study, lead
from cogmem.fit.responses import YesCounts
from cogmem.participants.protocol import Participant
from cogmem.tasks.retention import Retention
from cogmem.tasks.sparse_items import N_ACTIVE, N_FEATURES, random_items

__all__ = ["PARADIGM", "of_counts", "of_halves"]

N_LETTERS, LENGTH = 20, 3
"""Consonants, and those of a trial (Floden, Stuss & Craik, 2000)."""

SPLIT_SEED = 2000


def _after(participant: Participant, key: PRNGKeyArray, delay: float | Array) -> Float[Array, " 1"]:
    looks, letters = jax.random.split(jax.random.fold_in(key, 1))
    features = random_items(N_LETTERS, N_FEATURES, N_ACTIVE, key=looks)
    said = jax.random.permutation(letters, N_LETTERS)[:LENGTH]
    state = after_study(participant, Retention(features, said, delay), key=key)

    def step(state: Any, asked: tuple[Array, Array]) -> tuple[Any, Array]:
        place, letter = asked
        ahead = lead(participant.evidence(state, place), letter)
        return participant.report(state, letter), ahead

    return jax.lax.scan(step, state, (jnp.arange(LENGTH), said))[1].mean()[None]


@cache
def _block(delay: float) -> Block:
    return Block(_after, given=(delay,))


def of_counts(
    data: str,
    about: Mapping[str, Any],
    subjects: np.ndarray,
    delays: Float[np.ndarray, " delay"],
    right: Int[np.ndarray, "subject delay"],
    n: Int[np.ndarray, "subject delay"],
) -> Study:
    """Counts by person and delay, where which trials were right is not known.

    Half of each person's trials are drawn for training, by a seed of its own.

    Args:
        data: what to call the data.
        about: their title and citation.
        subjects: [subject] identities.
        delays: s, filled.
        right: how many letters, or trials, were right.
        n: of how many.
    """
    random = np.random.default_rng(SPLIT_SEED)
    first = random.hypergeometric(right, n - right, n // 2)
    answers = YesCounts(
        np.stack([first, right - first]).astype(np.float32),
        np.stack([n // 2, n - n // 2]).astype(np.float32),
    )
    return of_halves(data, about, subjects, delays, answers)


def of_halves(
    data: str,
    about: Mapping[str, Any],
    subjects: np.ndarray,
    delays: Float[np.ndarray, " delay"],
    answers: YesCounts,
) -> Study:
    """Answers that are counted already, a cell for each delay; arguments as `of_counts`."""
    blocks = tuple(_block(float(delay)) for delay in delays)
    design = Design(blocks, np.full(len(delays), "right"), delays)
    return Study(data, about["title"], about["citation"], subjects, answers, design)


def _load(data: str, n_people: int) -> Study:
    """Letters right by person and delay; trial by trial they were not published."""
    trials = load_trials(data)
    kept = slice(0, n_people or None)
    n, right = (
        trials[name].transpose("subject", "delay").values[kept].astype(int)
        for name in ("n_tested", "n_recalled")
    )
    delays, subjects = trials["delay"].values.astype(float), trials["subject"].values[kept]
    return of_counts(data, trials.attrs, subjects, delays, right, n)


PARADIGM = CellParadigm(
    name="retention",
    sets=("floden2000",),
    curves={"retention": CurveAbout("Recalled", "Filled delay (s)")},
    load=_load,
)
