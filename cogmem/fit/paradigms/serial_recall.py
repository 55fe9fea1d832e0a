"""Serial recall: which item is said at each output, where outputs may be left empty."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cogmem.data import load_trials
from cogmem.errors import InvalidValue
from cogmem.fit.paradigms.protocol import CurveAbout, Curves
from cogmem.fit.paradigms.recall import Heard, RecallParadigm
from cogmem.measures import serial
from cogmem.tasks import SerialRecall
from cogmem.tasks.sparse_items import random_items

__all__ = ["PARADIGM"]

N_FEATURES, N_ACTIVE = 144, 12
"""What items look like to participants that see features: `experiments/sparsey_sits`."""


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
    order = np.argsort(row, kind="stable")
    slot = np.empty(len(row), int)
    slot[order] = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    shape = (len(subjects), int(slot.max()) + 1)
    n_items = trials.sizes["output"]
    responses, half = np.zeros((*shape, n_items), np.int16), np.zeros(shape, np.int8)
    responses[row, slot], half[row, slot] = trials["responses"].values, 1 + slot % 2
    kept = slice(0, n_people or None)
    heard = Heard(responses[kept], half[kept], n_items, subjects[kept])
    return heard, f"{trials.attrs['title']} ({condition})", trials.attrs["citation"]


def _read(said: np.ndarray, subject: np.ndarray, n_items: int) -> Curves:
    place = serial.accuracy(said, subject)["value"].rename(serial_position="x")
    moved = serial.transposition_gradient(said, subject)["value"].rename(distance="x")
    return {"in place": _curve(place), "transpositions": _curve(moved)}


def _curve(value: xr.DataArray) -> xr.Dataset:
    return value.expand_dims(line=["all"], axis=1).to_dataset(name="value")


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
