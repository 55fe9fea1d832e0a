"""Serial recall: which item is said at each output, where outputs may be left empty."""

from __future__ import annotations

import numpy as np

from cogmem.data import load_trials
from cogmem.errors import InvalidValue
from cogmem.fit.paradigms.protocol import CurveAbout, Curves
from cogmem.fit.paradigms.recall import Heard, RecallParadigm, one_line
from cogmem.fit.people import rank_within
from cogmem.measures import serial
from cogmem.tasks import SerialRecall
from cogmem.tasks.sparse_items import N_ACTIVE, N_FEATURES, random_items

__all__ = ["PARADIGM"]


def _heard(data: str, n_people: int) -> tuple[Heard, str, str]:
    """Farrell & Lewandowsky (2004), in quiet or, as "...:suppression", under suppression."""
    name, _, condition = data.partition(":")
    trials = load_trials(name)
    known = sorted(set(trials["condition"].values.tolist()))
    condition = condition or "quiet"
    if condition not in known:
        raise InvalidValue(f"the condition is {condition!r}, expected one of {', '.join(known)}.")
    trials = trials.isel(trial=trials["condition"].values == condition)
    subjects, row = np.unique(trials["subject"].values, return_inverse=True)
    slot = rank_within(row)
    shape = (len(subjects), int(slot.max()) + 1)
    n_items = trials.sizes["output"]
    responses, half = np.zeros((*shape, n_items), np.int16), np.zeros(shape, np.int8)
    responses[row, slot], half[row, slot] = trials["responses"].values, 1 + slot % 2
    kept = slice(0, n_people or None)
    heard = Heard(responses[kept], half[kept], n_items, subjects[kept])
    return heard, f"{trials.attrs['title']} ({condition})", trials.attrs["citation"]


def _read(said: np.ndarray, subject: np.ndarray, n_items: int) -> Curves:
    return {
        "in place": one_line(serial.accuracy(said, subject)),
        "transpositions": one_line(serial.transposition_gradient(said, subject)),
    }


PARADIGM = RecallParadigm(
    name="serial recall",
    sets=("farrell_lewandowsky2004", "farrell_lewandowsky2004:suppression"),
    curves={
        "in place": CurveAbout("Recalled in place", "Serial position"),
        "transpositions": CurveAbout("Said there", "Distance from its place"),
    },
    heard=_heard,
    task=lambda n_items, key: SerialRecall(random_items(n_items, N_FEATURES, N_ACTIVE, key=key)),
    in_places=True,
    read=_read,
)
