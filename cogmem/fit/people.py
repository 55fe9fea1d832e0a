"""`People`: the lists of a data set laid out person by person, as fitting needs them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue

__all__ = ["People", "split_lists"]


@dataclass(frozen=True, eq=False)
class People:
    """Cleaned recalls of several people, the lists of each padded to the same number.

    Attributes:
        subjects: [subject] identities, sorted.
        recalls: int16[subject, list, output] 1-based positions without repeats and intrusions.
        weight: float32[subject, list] 1 for a list, 0 for padding.
        n_items: list length.
    """

    subjects: np.ndarray
    recalls: np.ndarray
    weight: np.ndarray
    n_items: int

    @classmethod
    def of(cls, recalls: Recalls) -> People:
        """Lay out a set of lists of one length.

        Raises:
            MixedListLengths: if there are several list lengths.
            InvalidValue: if there is no list at all.
        """
        if len(recalls) == 0:
            raise InvalidValue("no lists were given; expected at least one.")
        n_items, clean = recalls.length, recalls.cleaned()
        subjects, row = np.unique(clean.subject, return_inverse=True)
        slot = _rank_within(row)
        shape = (len(subjects), int(slot.max()) + 1)
        laid = np.zeros((*shape, clean.recalls.shape[1]), np.int16)
        weight = np.zeros(shape, np.float32)
        laid[row, slot], weight[row, slot] = clean.recalls, 1
        return cls(subjects, laid, weight, n_items)

    def __len__(self) -> int:
        return len(self.subjects)

    def __getitem__(self, rows: slice | np.ndarray) -> People:
        """Some of the people, in the order of `rows`."""
        return People(self.subjects[rows], self.recalls[rows], self.weight[rows], self.n_items)

    @property
    def identities(self) -> np.ndarray:
        """uint32[subject]: a number for each identity, to fold into a random key.

        Randomness then goes with the person, not with the place in a data set.
        """
        return np.array([zlib.crc32(str(subject).encode()) for subject in self.subjects], np.uint32)

    @property
    def n_lists(self) -> np.ndarray:
        """int[subject]: lists per person."""
        return self.weight.sum(axis=1).astype(int)

    @property
    def n_events(self) -> np.ndarray:
        """int[subject]: responses, and one end of recall per list."""
        return (self.recalls > 0).sum(axis=(1, 2)) + self.n_lists


def split_lists(recalls: Recalls) -> tuple[Recalls, Recalls]:
    """Each person's lists in two halves, alternating in order of presentation.

    Returns:
        The first, third, ... list of each person, and the second, fourth, ...
    """
    order = np.lexsort((recalls.list_id, recalls.subject))
    rank = np.empty(len(recalls), int)
    rank[order] = _rank_within(recalls.subject[order])
    return recalls[rank % 2 == 0], recalls[rank % 2 == 1]


def _rank_within(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... within each group, in row order."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(group)])
    rank = np.empty(len(group), int)
    rank[order] = np.arange(len(group)) - np.repeat(starts, sizes)
    return rank
