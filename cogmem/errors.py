"""Named errors. Each message says what was given, what was expected, and what to do."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

__all__ = [
    "CogmemError",
    "DataCorrupted",
    "DataNotFound",
    "InvalidTable",
    "InvalidValue",
    "MissingExtra",
    "MixedListLengths",
    "NoRecallRows",
    "UnknownName",
    "UnreadableTable",
    "plain_warnings",
]


class CogmemError(Exception):
    """Base of every error that cogmem raises on purpose."""


class UnknownName(CogmemError, KeyError):
    """A name that is not in a catalogue; the message offers the nearest ones.

    Capitals do not count for nearness. A short catalogue is told in full; of a long one, the
    nearest names, and the command that lists it.

    Args:
        kind: what it would be the name of, in words.
        given: what was given.
        known: the catalogue.
        same: names in the catalogue that mean the same, offered before those that look alike.
    """

    def __init__(
        self, kind: str, given: object, known: Iterable[str], same: Iterable[str] = ()
    ) -> None:
        known = sorted(known)
        near = list(dict.fromkeys([*same, *_nearest(str(given), known)]))
        if len(known) <= _FEW:
            told = _hint(near[:1]), f" Known: {', '.join(known)}."
        else:
            told = _hint(near[:3]), _listing(kind, known, bool(near))
        super().__init__(f"unknown {kind} {given!r}.{''.join(told)}")

    __str__ = Exception.__str__  # KeyError would print the message in quotes


_FEW, _MANY = 20, 100
"""Names that are told in full beside a hint, and without one: more would bury the message."""

_LISTINGS = {
    "data set": "`cogmem data`",
    "experiment": "`cogmem list experiments`",
    "model": "`cogmem list`",
    "model, participant, experiment or data set": "`cogmem list`, `cogmem list experiments` and "
    "`cogmem data`",
    "published table": "`cogmem data`",
}
"""Commands that list a catalogue, by its kind."""


def _nearest(given: str, known: Sequence[str]) -> list[str]:
    """The nearest name, and up to two others that look much alike."""
    folded: dict[str, str] = {}
    for name in known:  # of names that differ in capitals, the one written as it was given
        other = folded.setdefault(name.casefold(), name)
        folded[name.casefold()] = max(other, name, key=partial(_likeness, given))
    if (whole := folded.get(given.casefold())) is not None:
        return [whole]
    near = difflib.get_close_matches(given.casefold(), folded, n=3, cutoff=0.4)
    alike = [each for each in near[1:] if _likeness(given.casefold(), each) >= _ALIKE]
    return [folded[each] for each in [*near[:1], *alike]]


_ALIKE = 0.7


def _likeness(given: str, name: str) -> float:
    return difflib.SequenceMatcher(None, name, given).ratio()


def _hint(near: Sequence[str]) -> str:
    named = [repr(name) for name in near]
    if not named:
        return ""
    return f" Did you mean {' or '.join([', '.join(named[:-1]), named[-1]][len(named) < 2 :])}?"


def _listing(kind: str, known: Sequence[str], hinted: bool) -> str:
    """Where a long catalogue is told; all of it here if there is no hint and no such place."""
    if kind in _LISTINGS:
        return f" All {len(known)} are listed by {_LISTINGS[kind]}."
    if hinted:
        return ""
    if len(known) > _MANY:
        return f" None of the {len(known)} that are known is like it."
    return f" Known: {', '.join(known)}."


class InvalidValue(CogmemError, ValueError):
    """A value out of its range or of the wrong kind."""


class InvalidTable(CogmemError, ValueError):
    """A recall table with faults; `faults` lists every one by row and column.

    Args:
        faults: every one.
        kinds: the lines to tell, by kind of fault; if None, each fault is a kind of its own.
        shown: so many kinds are told at most.
    """

    def __init__(
        self, faults: Sequence[str], kinds: Sequence[Sequence[str]] | None = None, shown: int = 20
    ) -> None:
        self.faults = list(faults)
        told = [[fault] for fault in self.faults] if kinds is None else list(kinds)
        lines = [f"  - {line}" for kind in told[:shown] for line in kind]
        if (more := len(told) - shown) > 0:
            lines.append(f"  ... and {more} more" + " kinds of fault" * (kinds is not None))
        super().__init__(f"the table has {len(self.faults)} fault(s):\n" + "\n".join(lines))


class UnreadableTable(InvalidTable):
    """A file that cannot be read as a table at all; its one fault is told in a sentence."""

    def __init__(self, fault: str) -> None:
        super().__init__([fault])
        self.args = (fault,)


class NoRecallRows(UserWarning):
    """Lists of a file were studied and have no recall rows: read as nothing recalled."""


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Meanwhile warnings of `NoRecallRows` are told as a command tells things: in a plain line."""
    usual = warnings.formatwarning

    def told(message: Warning | str, category: type[Warning], *args: Any, **options: Any) -> str:
        if issubclass(category, NoRecallRows):
            return f"warning: {message}\n"
        return usual(message, category, *args, **options)

    warnings.formatwarning = told
    try:
        yield
    finally:
        warnings.formatwarning = usual


class MixedListLengths(CogmemError, ValueError):
    """A measure was asked of lists of several lengths at once."""

    def __init__(self, lengths: Iterable[int]) -> None:
        found = ", ".join(str(length) for length in sorted(set(lengths)))
        super().__init__(
            f"the lists have different lengths ({found}), and positions of unlike lists are never "
            "pooled. Choose one, e.g. recalls.select(list_length=...)."
        )


class DataNotFound(CogmemError, FileNotFoundError):
    """A data file that is in none of the places where cogmem looks."""


class DataCorrupted(CogmemError, OSError):
    """A data file whose SHA-256 is not the published one."""


class MissingExtra(CogmemError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Run: pip install 'cogmem[{extra}]'")
