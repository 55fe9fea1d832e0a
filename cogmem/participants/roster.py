"""Who can be compared: every participant registered by the files of this folder, or by plug-ins.

A file of this folder, or a package with an entry point in the group `cogmem.participants`, calls
`register` when it is imported. Nothing else needs to be edited to join.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from importlib.metadata import entry_points

import cogmem.participants
from cogmem.errors import InvalidValue, UnknownName
from cogmem.participants.protocol import Participant
from cogmem.participants.readout import Readout
from cogmem.participants.sitting import Sitting

__all__ = ["SHARED", "family", "register", "roster", "sitting"]

SHARED = " (shared readout)"

_ROSTER: dict[str, Sitting] = {}


def register(
    family: str,
    participant: Participant,
    *,
    readout: Readout | None = None,
    fixed: Iterable[str] = (),
) -> None:
    """Let a participant take part in comparisons, by its own rule if it has one and by the shared.

    Args:
        family: what to call it.
        participant: who.
        readout: the shared readout; `Readout()` for all but the null.
        fixed: parameters that are not fitted.

    Raises:
        InvalidValue: if another participant has that name.
    """
    shared = Sitting(participant, readout or Readout(), frozenset(fixed))
    if participant.own_rule is None:
        _add(family, shared)
    else:
        _add(family, Sitting(participant, None, frozenset(fixed)))
        _add(family + SHARED, shared)


def family(name: str) -> str:
    """The participant's name without its rule: "CMR (shared readout)" is of the family "CMR"."""
    return name.removesuffix(SHARED)


def roster(paradigm: str | None = "free recall") -> dict[str, Sitting]:
    """The registered participants that sit a paradigm, by name, in alphabetical order of files.

    Args:
        paradigm: as in `Participant.paradigms`; None for all participants.
    """
    for module in pkgutil.iter_modules(cogmem.participants.__path__):
        importlib.import_module(f"cogmem.participants.{module.name}")
    for plug_in in entry_points(group="cogmem.participants"):
        plug_in.load()
    sits = {name: paradigm in entrant.participant.paradigms for name, entrant in _ROSTER.items()}
    return {name: _ROSTER[name] for name in _ROSTER if paradigm is None or sits[name]}


def sitting(name: str) -> Sitting:
    """One registered participant.

    Raises:
        UnknownName: with the nearest name.
    """
    known = roster(None)
    if name not in known:
        raise UnknownName("participant", name, known)
    return known[name]


def _add(name: str, entrant: Sitting) -> None:
    if name in _ROSTER and repr(_ROSTER[name]) != repr(entrant):
        raise InvalidValue(f"two participants are called {name!r}; rename one.")
    _ROSTER[name] = entrant
