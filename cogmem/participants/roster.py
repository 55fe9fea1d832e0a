"""Who can be compared: every participant registered by the files of this folder, or by plug-ins.

A file of this folder, a file named on the command line (`cogmem compare --model mine.py`), or a
package with an entry point in the group `cogmem.participants`, registers when it is imported.
Nothing else needs to be edited to join.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

import cogmem.participants
from cogmem.errors import CogmemError, InvalidValue, UnknownName
from cogmem.models.parameters import Parameter, replace, table
from cogmem.participants.protocol import PARADIGMS, Participant
from cogmem.participants.readout import Readout
from cogmem.participants.sitting import Sitting

__all__ = [
    "SHARED",
    "Mind",
    "enter",
    "family",
    "join",
    "minds",
    "register",
    "roster",
    "script_error",
    "sitting",
    "spelt",
]

SHARED = " (shared readout)"

_ROSTER: dict[str, tuple[Sitting, ...]] = {}

_Class = TypeVar("_Class", bound=type[Participant])


@dataclass(frozen=True)
class Mind:
    """One model of memory: all its participants, under one set of parameters.

    Attributes:
        name: the family.
        participants: those that share a name, no two for one paradigm.
        fixed: parameters that are not fitted.
    """

    name: str
    participants: tuple[Participant, ...]
    fixed: frozenset[str] = frozenset()

    def sitting(self, paradigm: str) -> Participant | None:
        """Who sits this paradigm; None if nobody does."""
        return next((one for one in self.participants if paradigm in one.paradigms), None)

    def how(self, paradigm: str) -> str:
        """How it sits a paradigm, or why it does not."""
        one = self.sitting(paradigm)
        if one is not None:
            return one.paradigms[paradigm]
        reasons = (p.declines[paradigm] for p in self.participants if paradigm in p.declines)
        return next(reasons, "not declared by its author")

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What is fitted, but for the readout: those of its participants, by name."""
        entries: dict[str, Parameter] = {}
        for one in self.participants:
            unused = one.own_rule_parameters | self.fixed
            entries |= {name: entry for name, entry in table(one).items() if name not in unused}
        return entries

    def with_values(self, values: dict[str, object]) -> Mind:
        """With parameters changed in every participant that has them."""
        changed = []
        for one in self.participants:
            own = {name: value for name, value in values.items() if name in table(one)}
            changed.append(replace(one, own) if own else one)
        return Mind(self.name, tuple(changed), self.fixed)

    @property
    def n_chosen(self) -> int:
        """Numbers fixed by hand or by search on other data, of all its participants."""
        return sum(one.n_chosen for one in self.participants)

    @property
    def n_learnt(self) -> int:
        """Weights learnt before the experiments, of all its participants."""
        return sum(one.n_learnt for one in self.participants)


def register(
    family: str,
    participant: Participant,
    *,
    readout: Readout | None = None,
    fixed: Iterable[str] = (),
) -> None:
    """Let a participant take part in comparisons, by its own rule if it has one and by the shared.

    A family may have several participants, each for paradigms of its own.

    Args:
        family: what to call it.
        participant: who.
        readout: the shared readout; `Readout()` for all but the null.
        fixed: parameters that are not fitted.

    Raises:
        InvalidValue: if another participant of that name sits one of its paradigms, or another
            family's name differs from it in capitals alone.
    """
    shared = Sitting(participant, readout or Readout(), frozenset(fixed))
    if participant.own_rule is None:
        _add(family, shared)
    else:
        _add(family, Sitting(participant, None, frozenset(fixed)))
        _add(family + SHARED, shared)


def enter(family: str, *, fixed: Iterable[str] = ()) -> Callable[[_Class], _Class]:
    """Class decorator: `register` the participant that the class makes without arguments."""

    def entered(cls: _Class) -> _Class:
        register(family, cls(), fixed=fixed)
        return cls

    return entered


def join(path: Path) -> None:
    """Import a file whose participants register themselves.

    What a file registers that fails is forgotten again, so that it can be mended and joined.

    Raises:
        InvalidValue: if there is no such file, it fails when it is run, with the line, or nobody
            registers in it.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidValue(f"{path} is no file; expected one that registers a participant.")
    roster(None)  # the names that are taken
    before = dict(_ROSTER)
    try:
        _run(path)
    except BaseException:
        _ROSTER.clear()
        _ROSTER.update(before)
        raise
    if len(_entrants()) == sum(map(len, before.values())):
        raise InvalidValue(
            f"nobody registers in {path}: decorate the participant with "
            "@cogmem.participants.roster.enter(NAME), or call register(NAME, participant)."
        )


def _run(path: Path) -> None:
    """Execute a file as a module of its own.

    Raises:
        InvalidValue: if it fails.
    """
    spec = importlib.util.spec_from_file_location(f"joined.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InvalidValue(f"{path} is no Python file; expected one ending in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[spec.name]  # half a module would be taken for a whole one
        if isinstance(error, CogmemError) or not isinstance(error, Exception):
            raise
        raise script_error(path, error) from error


def script_error(path: Path, error: Exception) -> InvalidValue:
    """What to raise, from the error, when a user's own file fails as it is run.

    Args:
        path: of the file.
        error: what running it raised.

    Returns:
        An error that says the file, the line and what was raised, in one line.
    """
    return InvalidValue(f"{path}{_line_of(error, path)}: {type(error).__name__}: {error}")


def _line_of(error: Exception, path: Path) -> str:
    """Where in a file an error arose, or what the file called in the end."""
    if isinstance(error, SyntaxError):  # its own text says the line
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path.absolute()]
    return f", line {lines[-1]}" if lines else ""


def family(name: str) -> str:
    """The participant's name without its rule: "CMR (shared readout)" is of the family "CMR"."""
    return name.removesuffix(SHARED)


def roster(paradigm: str | None = "free recall") -> dict[str, Sitting]:
    """The registered participants that sit a paradigm, by name, in alphabetical order of files.

    Args:
        paradigm: as in `Participant.paradigms`; None for all names, each with its first one.

    Raises:
        UnknownName: if it is no paradigm, with the nearest name.
    """
    _import_all()
    known = {*PARADIGMS, *(each for one in _entrants() for each in _sat(one))}
    if paradigm is not None and paradigm not in known:
        raise UnknownName("paradigm", paradigm, known)
    found = {}
    for name, entrants in _ROSTER.items():
        sits = [one for one in entrants if paradigm is None or paradigm in _sat(one)]
        if sits:
            found[name] = sits[0]
    return found


def minds() -> dict[str, Mind]:
    """Every registered model, the null first."""
    _import_all()
    entrants = {name: each for name, each in _ROSTER.items() if not name.endswith(SHARED)}
    found = {
        name: Mind(
            name,
            tuple(one.participant for one in each),
            frozenset().union(*(one.fixed for one in each)) - {"temperature"},
        )
        for name, each in entrants.items()
    }
    return {"null": found.pop("null"), **dict(sorted(found.items()))}


def sitting(name: str) -> Sitting:
    """One registered participant, of several of a family the one of free recall or the first.

    Args:
        name: as in `roster`; capitals do not matter.

    Raises:
        UnknownName: with the nearest name.
    """
    return (roster(None) | roster())[spelt(name)]


def spelt(name: str) -> str:
    """The name of a registered participant as it is written, however capitals were given.

    Raises:
        UnknownName: with the nearest name.
    """
    known = roster(None)
    folded = {each.casefold(): each for each in known}
    found = name if name in known else folded.get(str(name).casefold())
    if found is None:
        raise UnknownName("participant", name, known)
    return found


def _import_all() -> None:
    for module in pkgutil.iter_modules(cogmem.participants.__path__):
        importlib.import_module(f"cogmem.participants.{module.name}")
    for plug_in in entry_points(group="cogmem.participants"):
        plug_in.load()


def _sat(entrant: Sitting) -> set[str]:
    return set(entrant.participant.paradigms)


def _entrants() -> list[Sitting]:
    return [one for each in _ROSTER.values() for one in each]


def _add(name: str, entrant: Sitting) -> None:
    for other in _ROSTER:
        if other != name and other.casefold() == name.casefold():
            raise InvalidValue(
                f"participant {name!r} differs from {other!r} in capitals alone, which do not "
                "matter in names; rename one."
            )
    before = _ROSTER.get(name, ())
    if any(repr(one) == repr(entrant) for one in before):
        return  # the same again, as a reload does
    for one in before:
        if both := sorted(_sat(one) & _sat(entrant)):
            raise InvalidValue(
                f"two participants are called {name!r} and sit {both[0]}; rename one."
            )
    _ROSTER[name] = (*before, entrant)
