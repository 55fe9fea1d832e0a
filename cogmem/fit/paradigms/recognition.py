"""Recognition: was this item in the list? "Old" if its evidence passes the person's criterion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.data import load_trials
from cogmem.fit.paradigms.cells import CellParadigm, Design, counted
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Study, after_study
from cogmem.participants.protocol import Participant
from cogmem.tasks import Recognition
from cogmem.tasks.sparse_items import N_ACTIVE, N_FEATURES, random_items

__all__ = ["PARADIGM", "of_trials"]

LENGTHS = np.arange(1, 6)
"""Of the lists of Donkin & Nosofsky (2012)."""

N_PICTURES, N_BINS = 64, 8
"""Pictures studied by the people of Schwartz et al. (2005), and bins of their serial positions."""


def _probes(
    n_items: int, participant: Participant, key: PRNGKeyArray
) -> Float[Array, " items_and_new"]:
    """Evidence for each item of a list, and for one that was not in it."""
    features = random_items(n_items + 1, N_FEATURES, N_ACTIVE, key=jax.random.fold_in(key, 1))
    task = Recognition(features, jnp.arange(n_items))
    return participant.evidence(after_study(participant, task, key=key), None)


def _pictures(participant: Participant, key: PRNGKeyArray) -> Float[Array, " bins_and_new"]:
    """The same of one picture of each bin, at a random place in it, and of a new one."""
    width, where = N_PICTURES // N_BINS, jax.random.fold_in(key, 2)
    place = jnp.arange(N_BINS) * width + jax.random.randint(where, (N_BINS,), 0, width)
    found = _probes(N_PICTURES, participant, key)
    return jnp.append(found[place], found[-1])


@cache
def _block(n_items: int) -> Block:
    return Block(partial(_probes, n_items), n_items + 1)


_PICTURES = (Block(_pictures, N_BINS + 1),)


def _letters(n_people: int) -> tuple[np.ndarray, ...]:
    """Person, list length, serial position (0 if new) and whether the answer was "old"."""
    table = load_trials("donkin_nosofsky2012").to_dataframe()
    # Two probes stand at a place that their list does not have.
    table = table[table["serial_position"] <= table["set_size"]]
    table = _first_people(table, n_people)
    columns = (table[name].to_numpy() for name in ("subject", "set_size", "serial_position"))
    return *columns, (table["old"] == table["correct"]).to_numpy()


def _first_people(table: pd.DataFrame, n_people: int) -> pd.DataFrame:
    subjects = np.unique(table["subject"])[: n_people or None]
    return table[table["subject"].isin(subjects)]


def _load(data: str, n_people: int) -> Study:
    about = load_trials(data).attrs
    if data == "schwartz2005":
        return _load_pictures(about, n_people)
    subject, n_items, place, old = _letters(n_people)
    return of_trials(data, about, subject, n_items, place, old, LENGTHS)


def of_trials(
    data: str,
    about: Mapping[str, Any],
    subject: np.ndarray,
    n_items: Int[np.ndarray, " trial"],
    place: Int[np.ndarray, " trial"],
    said_old: Bool[np.ndarray, " trial"],
    lengths: Int[np.ndarray, " length"],
) -> Study:
    """Answers counted by list length, and by the serial position of the probe or its being new.

    Args:
        data: what to call the data.
        about: their title and citation.
        subject: [trial] whose.
        n_items: [trial] list length, one of `lengths`.
        place: [trial] 1-based serial position of the probe; 0 if it was new.
        said_old: [trial].
        lengths: of which there are cells, in ascending order.
    """
    blocks = tuple(_block(int(n)) for n in lengths)
    first = np.cumsum([0, *(block.n_cells for block in blocks)])
    cell = first[np.searchsorted(lengths, n_items)] + np.where(place == 0, n_items, place - 1)
    people, answers = counted(subject, cell, said_old, np.ones_like(said_old), int(first[-1]))
    places = [[*range(-n, 0), 0] for n in lengths]
    x = np.concatenate(places)  # from the end: -1 is the last item; 0 the new one
    design = Design(blocks, np.where(x == 0, "new", "old"), x)
    return Study(data, about["title"], about["citation"], people, answers, design)


def _load_pictures(about: dict, n_people: int) -> Study:
    table = _first_people(load_trials("schwartz2005").to_dataframe(), n_people)
    table = table[table["rating"] > 0]  # 0: no answer
    place, old = table["position"].to_numpy(), table["old"].to_numpy()
    cell = np.where(old, (place - 1) * N_BINS // N_PICTURES, N_BINS)
    said = (table["rating"] >= 4).to_numpy()  # 4 to 6 are shades of "old"
    people, answers = counted(
        table["subject"].to_numpy(), cell, said, np.ones_like(said), N_BINS + 1
    )
    x = np.append(np.arange(-N_BINS, 0) * (N_PICTURES // N_BINS), 0)
    design = Design(_PICTURES, np.where(x == 0, "new", "old"), x)
    return Study("schwartz2005", about["title"], about["citation"], people, answers, design)


PARADIGM = CellParadigm(
    name="recognition",
    sets=("donkin_nosofsky2012", "schwartz2005"),
    curves={
        "recognition": CurveAbout("Called old", "Position from the end (0: new)", ("old", "new"))
    },
    load=_load,
)
