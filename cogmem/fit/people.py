"""`People`: the lists of a data set laid out person by person, as fitting needs them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue

__all__ = ["Lists", "People", "folds", "rank_within", "split_lists"]


class Lists(NamedTuple):
    """One person's lists, or several people's with a leading axis; see `People`."""

    recalls: Int[Array, "*person list output"]
    weight: Float[Array, "*person list"]
    similarity: Float[Array, "*person list n n"] | None = None


@dataclass(frozen=True, eq=False)
class People:
    """Cleaned recalls of several people, the lists of each padded to the same number.

    Attributes:
        subjects: [subject] identities, sorted.
        recalls: int16[subject, list, output] 1-based positions without repeats and intrusions.
        weight: float32[subject, list] 1 for a list, 0 for padding.
        n_items: list length.
        similarity: float32[subject, list, n_items, n_items] of the words of each list, if
            participants are to know it (`FreeRecall.similarity`).
    """

    subjects: np.ndarray
    recalls: np.ndarray
    weight: np.ndarray
    n_items: int
    similarity: np.ndarray | None = None

    @classmethod
    def of(cls, recalls: Recalls, similarity: np.ndarray | None = None) -> People:
        """Lay out a set of lists of one length.

        Args:
            recalls: the lists.
            similarity: [trial, n, n] of the words of each, see the class.

        Raises:
            MixedListLengths: if there are several list lengths.
            InvalidValue: if these are no `Recalls`, there is no list at all, or `similarity` has
                another shape.
        """
        if not isinstance(recalls, Recalls):
            raise InvalidValue(
                f"got a {type(recalls).__name__}, expected Recalls, such as "
                "cogmem.data.load('peers')."
            )
        if len(recalls) == 0:
            raise InvalidValue("no lists were given; expected at least one.")
        n_items, clean = recalls.length, recalls.cleaned()
        subjects, row = np.unique(clean.subject, return_inverse=True)
        slot = rank_within(row)
        shape = (len(subjects), int(slot.max()) + 1)
        laid = np.zeros((*shape, clean.recalls.shape[1]), np.int16)
        weight = np.zeros(shape, np.float32)
        laid[row, slot], weight[row, slot] = clean.recalls, 1
        if similarity is None:
            return cls(subjects, laid, weight, n_items)
        alike = np.zeros((*shape, n_items, n_items), np.float32)
        alike[row, slot] = _of_shape(similarity, (len(recalls), n_items, n_items))
        return cls(subjects, laid, weight, n_items, alike)

    def __len__(self) -> int:
        return len(self.subjects)

    def __getitem__(self, rows: slice | np.ndarray) -> People:
        """Some of the people, in the order of `rows`."""
        alike = None if self.similarity is None else self.similarity[rows]
        kept = self.subjects[rows], self.recalls[rows], self.weight[rows]
        return People(*kept, self.n_items, alike)

    def keeping(self, lists: np.ndarray) -> People:
        """The same people with some of their lists; the others become padding.

        Shapes stay, so that one compiled program serves any choice.

        Args:
            lists: bool[subject, list], or [list] for all people alike.
        """
        kept = np.broadcast_to(lists, self.weight.shape)
        return replace(
            self, recalls=self.recalls * kept[:, :, None], weight=np.where(kept, self.weight, 0)
        )

    def pooled(self) -> People:
        """All lists as those of one person, "all": person after person, padding included."""
        alike = self.similarity
        return People(
            np.array(["all"]),
            self.recalls.reshape(1, -1, self.recalls.shape[-1]),
            self.weight.reshape(1, -1),
            self.n_items,
            None if alike is None else alike.reshape(1, -1, *alike.shape[2:]),
        )

    @property
    def lists(self) -> Lists:
        """What likelihoods read, as JAX arrays with a leading [subject] axis."""
        alike = None if self.similarity is None else jnp.asarray(self.similarity)
        return Lists(jnp.asarray(self.recalls), jnp.asarray(self.weight), alike)

    def lists_of(self, person: int) -> Lists:
        """The lists of the person in this row."""
        return jax.tree.map(lambda leaf: leaf[person], self.lists)

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


def folds(recalls: Recalls, n: int = 4) -> tuple[Recalls, ...]:
    """Each person's lists in `n` parts: in order of presentation, dealt out in turn.

    So every part spans the whole experiment, and a person's parts differ by one list at most.

    Raises:
        InvalidValue: if n is below 2, or nobody has so many lists.
    """
    if n < 2:
        raise InvalidValue(f"n is {n}, expected 2 folds or more.")
    most = int(np.unique(recalls.subject, return_counts=True)[1].max(initial=0))
    if most < n:
        raise InvalidValue(f"nobody has more lists than {most}, expected {n}, one for each fold.")
    order = np.lexsort((recalls.list_id, recalls.subject))
    rank = np.empty(len(recalls), int)
    rank[order] = rank_within(recalls.subject[order])
    return tuple(recalls[rank % n == part] for part in range(n))


def split_lists(recalls: Recalls) -> tuple[Recalls, Recalls]:
    """Each person's lists in two halves, alternating in order of presentation: two `folds`.

    Returns:
        The first, third, ... list of each person, and the second, fourth, ...

    Raises:
        InvalidValue: if nobody has two lists.
    """
    first, second = folds(recalls, 2)
    return first, second


def _of_shape(similarity: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if np.shape(similarity) != shape:
        raise InvalidValue(f"similarity has shape {np.shape(similarity)}, expected {shape}.")
    return np.asarray(similarity, np.float32)


def rank_within(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... within each group, in row order."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(group)])
    rank = np.empty(len(group), int)
    rank[order] = np.arange(len(group)) - np.repeat(starts, sizes)
    return rank
