"""Who can be compared: every participant registered by the files of this folder, or by plug-ins.

A file of this folder, or a package with an entry point in the group `cogmem.participants`, calls
`register` when it is imported. Nothing else needs to be edited to join.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

import cogmem.participants
from cogmem.errors import InvalidValue, UnknownName
from cogmem.participants.sitting import Sitting

__all__ = ["register", "roster", "sitting"]

_ROSTER: dict[str, Sitting] = {}


def register(name: str, entrant: Sitting) -> None:
    """Let a participant, with its rule, take part in comparisons.

    Raises:
        InvalidValue: if another one has that name.
    """
    if name in _ROSTER and repr(_ROSTER[name]) != repr(entrant):
        raise InvalidValue(f"two participants are called {name!r}; rename one.")
    _ROSTER[name] = entrant


def roster() -> dict[str, Sitting]:
    """All registered participants by name, in alphabetical order of their files."""
    for module in pkgutil.iter_modules(cogmem.participants.__path__):
        importlib.import_module(f"cogmem.participants.{module.name}")
    for plug_in in entry_points(group="cogmem.participants"):
        plug_in.load()
    return dict(_ROSTER)


def sitting(name: str) -> Sitting:
    """One registered participant.

    Raises:
        UnknownName: with the nearest name.
    """
    known = roster()
    if name not in known:
        raise UnknownName("participant", name, known)
    return known[name]
