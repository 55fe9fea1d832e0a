"""Who is fitted, and to whom: what is no participant, or no people, is refused by name."""

from __future__ import annotations

from typing import Any

from cogmem.errors import InvalidValue
from cogmem.participants.roster import family, roster, sitting
from cogmem.participants.sitting import Sitting

__all__ = ["free_recall_sitting"]


def free_recall_sitting(model: str | Sitting) -> Sitting:
    """A sitting of free recall.

    Args:
        model: a sitting, or the name of a registered participant.

    Raises:
        UnknownName: if no participant has that name.
        InvalidValue: if it is neither, or its participant does not sit free recall.
    """
    given: Any = sitting(model) if isinstance(model, str) else model
    if not isinstance(given, Sitting):
        raise InvalidValue(
            f"got {given!r}, expected the name of a participant, such as 'CMR', or "
            "a Sitting(participant, Readout())."
        )
    one = given.participant
    if "free recall" not in one.paradigms:
        name = model if isinstance(model, str) else type(one).__name__
        why = one.declines.get("free recall", "not declared by its author")
        others = ", ".join(sorted(set(map(family, roster()))))
        raise InvalidValue(f"{name} does not sit free recall: {why}. Those that do: {others}.")
    return given
