"""Paradigms of the table of minds: one file each, found by its `PARADIGM`."""

from __future__ import annotations

import importlib
import pkgutil

from cogmem.errors import UnknownName
from cogmem.fit.paradigms.protocol import Paradigm, Study
from cogmem.participants.protocol import PARADIGMS

__all__ = ["Paradigm", "Study", "find_paradigm", "paradigms"]


def paradigms() -> dict[str, Paradigm]:
    """All paradigms by name, those of `PARADIGMS` first and in its order."""
    modules = (
        importlib.import_module(f"{__name__}.{each.name}")
        for each in pkgutil.iter_modules(__path__)
    )
    found = {m.PARADIGM.name: m.PARADIGM for m in modules if hasattr(m, "PARADIGM")}
    names = [name for name in PARADIGMS if name in found]
    return {name: found[name] for name in [*names, *(n for n in found if n not in names)]}


def find_paradigm(name: str) -> Paradigm:
    """One paradigm.

    Raises:
        UnknownName: with the nearest name.
    """
    known = paradigms()
    if name not in known:
        raise UnknownName("paradigm", name, known)
    return known[name]
