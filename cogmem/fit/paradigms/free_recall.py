"""Free recall: which word is said next, of those of the list that were not said yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from cogmem import measures
from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit.paradigms.protocol import CurveAbout, Curves
from cogmem.fit.paradigms.recall import Heard, RecallParadigm, one_line
from cogmem.fit.people import rank_within
from cogmem.tasks import FreeRecall

__all__ = ["PARADIGM", "heard"]

MAX_LAG = 5

_MEASURES: dict[str, Callable[[Recalls], xr.Dataset]] = {
    "serial position": measures.spc,
    "first recall": measures.pfr,
    "lag-CRP": partial(measures.lag_crp, max_lag=MAX_LAG),
}


def heard(data: str, n_people: int) -> tuple[Heard, str, str]:
    """Lists of one length of a data set, those of each person in two halves that alternate.

    A name may end in a list length, as in "murdock1962:20".

    Raises:
        InvalidValue: if there are lists of several lengths and none was named.
    """
    name, _, length = data.partition(":")
    recalls = load(name)
    if length:
        recalls = recalls.select(list_length=int(length))
    if n_people:
        recalls = recalls.select(subject=recalls.subjects[:n_people])
    return (
        of_recalls(recalls),
        str(recalls.attrs.get("title", data)),
        str(recalls.attrs.get("citation", "")),
    )


def of_recalls(recalls: Recalls) -> Heard:
    """Laid out person by person, lists in order of presentation.

    Raises:
        InvalidValue: if lists have several lengths.
    """
    lengths = np.unique(recalls.list_length)
    if len(lengths) != 1:
        raise InvalidValue(f"list lengths are {lengths.tolist()}, expected one: name it, data:20.")
    order = np.lexsort((recalls.list_id, recalls.subject))
    # Without repeats and intrusions, as everywhere where free recall has a likelihood.
    said, who = recalls.cleaned().recalls[order], recalls.subject[order]
    subjects, row = np.unique(who, return_inverse=True)
    slot = rank_within(row)
    shape = (len(subjects), int(slot.max()) + 1)
    responses = np.zeros((*shape, said.shape[1]), np.int16)
    half = np.zeros(shape, np.int8)
    strangers = np.zeros(shape, np.int16)
    responses[row, slot], half[row, slot] = said, 1 + slot % 2
    # Words that were in no list are not of the pool, and are not counted.
    pool = np.unique(recalls.items[recalls.items >= 0])
    of_pool = (recalls.recalls == -1) & np.isin(recalls.responses, pool)
    strangers[row, slot] = of_pool.sum(axis=1)[order]
    return Heard(responses, half, int(lengths[0]), subjects, strangers, len(pool))


def _read(said: np.ndarray, subject: np.ndarray, n_items: int) -> Curves:
    recalls = Recalls.from_positions(said, list_length=n_items, subject=subject)
    return {name: one_line(of(recalls)) for name, of in _MEASURES.items()}


PARADIGM = RecallParadigm(
    name="free recall",
    sets=("peers", "morton2013", "murdock1962:20"),
    curves={
        "serial position": CurveAbout("Recalled", "Serial position"),
        "first recall": CurveAbout("Recalled first", "Serial position"),
        "lag-CRP": CurveAbout("Next recall", "Lag"),
    },
    heard=heard,
    task=lambda n_items, key: FreeRecall.of_length(n_items),
    in_places=False,
    read=_read,
)
