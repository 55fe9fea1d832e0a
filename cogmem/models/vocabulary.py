"""The vocabulary of a Tensor Brain: one index for every concept, in named groups.

An index keeps its number in every group that it belongs to. Probabilities are local to a group;
what is chosen and what is fed back are global numbers. The two meet here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Int

from cogmem.errors import InvalidValue, UnknownName

__all__ = ["Vocabulary", "check_vocabulary"]


class Vocabulary(eqx.Module):
    """Labels, numbered from 0, and the groups that they form.

    A label that is in two groups, e.g. a class that is an attribute as well, is one index.

    Attributes:
        labels: of each index.
        groups: (name, indices) of each group.
    """

    labels: tuple[str, ...] = eqx.field(static=True)
    groups: tuple[tuple[str, tuple[int, ...]], ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        _refuse_twice("label", self.labels)
        _refuse_twice("group", [name for name, _ in self.groups])
        for name, ids in self.groups:
            self.check(ids, f"the group {name!r}")
            _refuse_twice(f"label in the group {name!r}", self.read(ids))

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> Vocabulary:
        """From the labels of each group, numbered in order of first mention.

        Raises:
            InvalidValue: if a group has a label twice, or is one text.
        """
        for name, given in groups.items():
            if isinstance(given, str):
                raise InvalidValue(
                    f"the group {name!r} is the text {given!r}, expected labels: [{given!r}]."
                )
        listed = {name: tuple(labels) for name, labels in groups.items()}
        labels = tuple(dict.fromkeys(label for each in listed.values() for label in each))
        at = _numbers(labels)
        return cls(labels, tuple((k, tuple(at[label] for label in v)) for k, v in listed.items()))

    def __len__(self) -> int:
        """How many indices there are."""
        return len(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(name for name, _ in self.groups)

    @property
    def nameless(self) -> Vocabulary:
        """The same groups with numbers for labels, so that worlds of one size are one program."""
        return Vocabulary(tuple(map(str, range(len(self)))), self.groups)

    def ids(self, *groups: str) -> Int[np.ndarray, " index"]:
        """Indices of some groups, in order, each once.

        Raises:
            UnknownName: with the nearest group.
        """
        known = dict(self.groups)
        for name in groups:
            if name not in known:
                raise UnknownName("group of the vocabulary", name, known)
        return np.array(list(dict.fromkeys(i for name in groups for i in known[name])), int)

    def find(self, labels: Sequence[str] | str) -> Int[np.ndarray, "*label"]:
        """Indices of labels, or of one label.

        Raises:
            UnknownName: with the nearest label.
        """
        at = _numbers(self.labels)
        wanted = [labels] if isinstance(labels, str) else labels
        for label in wanted:
            if label not in at:
                raise UnknownName("label", str(label), at)
        found = np.array([at[label] for label in wanted], int)
        return found[0] if isinstance(labels, str) else found

    def read(self, ids: Any) -> list[str]:
        """Labels of indices.

        Raises:
            InvalidValue: if an index is out of the vocabulary.
        """
        self.check(ids, "what is to be read")
        return [self.labels[i] for i in np.ravel(np.asarray(ids)).tolist()]

    def check(self, ids: Any, what: str) -> None:
        """Refuse numbers that are no indices; traced ones are not looked at.

        Raises:
            InvalidValue: naming the first that is none.
        """
        if isinstance(ids, jax.core.Tracer):
            return
        given = np.asarray(ids)
        if given.size and given.dtype.kind not in "iu":
            raise InvalidValue(f"{what} has {given.ravel()[0]!r}, expected whole numbers: indices.")
        outside = given[(given < 0) | (given >= len(self.labels))]
        if outside.size:
            raise InvalidValue(
                f"{what} has the index {outside[0]}; the vocabulary has {len(self.labels)} "
                f"indices, 0 to {len(self.labels) - 1}. `find` gives the index of a label."
            )

    def grown(self, group: str, labels: Iterable[str]) -> Vocabulary:
        """With new labels at the end, in one group; weights need as many new rows.

        Raises:
            UnknownName: if there is no such group.
            InvalidValue: if a label is known already.
        """
        new = tuple(labels)
        self.ids(group)
        known = sorted(set(new) & set(self.labels))
        if known:
            raise InvalidValue(f"{known[0]!r} is in the vocabulary already; name it otherwise.")
        own = tuple(range(len(self.labels), len(self.labels) + len(new)))
        groups = tuple((name, ids + own * (name == group)) for name, ids in self.groups)
        return Vocabulary(self.labels + new, groups)


def check_vocabulary(given: Any) -> None:
    """Refuse what is no vocabulary, a list of labels for example.

    Raises:
        InvalidValue: saying how to make one.
    """
    if not isinstance(given, Vocabulary):
        raise InvalidValue(
            f"the vocabulary is a {type(given).__name__}, expected one made by "
            "Vocabulary.of({'entity': [...], 'predicate': [...]})."
        )


@lru_cache(maxsize=16)
def _numbers(labels: tuple[str, ...]) -> dict[str, int]:
    return {label: number for number, label in enumerate(labels)}


def _refuse_twice(what: str, entries: Sequence[Any]) -> None:
    if len(set(entries)) < len(entries):
        twice = next(each for n, each in enumerate(entries) if each in entries[:n])
        raise InvalidValue(f"there is a {what} twice: {twice!r}; each must be given once.")
