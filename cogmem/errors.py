"""Named errors. Each message says what was given, what was expected, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "CogmemError",
    "DataCorrupted",
    "DataNotFound",
    "InvalidTable",
    "InvalidValue",
    "MissingExtra",
    "MixedListLengths",
    "UnknownName",
]


class CogmemError(Exception):
    """Base of every error that cogmem raises on purpose."""


class UnknownName(CogmemError, KeyError):
    """A name that is not in a catalogue; the message offers the nearest one."""

    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(given, known, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"unknown {kind} {given!r}.{hint} Known: {', '.join(known)}.")

    __str__ = Exception.__str__  # KeyError would print the message in quotes


class InvalidValue(CogmemError, ValueError):
    """A value out of its range or of the wrong kind."""


class InvalidTable(CogmemError, ValueError):
    """A recall table with faults; `faults` lists every one by row and column."""

    def __init__(self, faults: Sequence[str], shown: int = 20) -> None:
        self.faults = list(faults)
        lines = [f"  - {fault}" for fault in self.faults[:shown]]
        if len(self.faults) > shown:
            lines.append(f"  ... and {len(self.faults) - shown} more (see .faults)")
        super().__init__(f"the table has {len(self.faults)} fault(s):\n" + "\n".join(lines))


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
