"""What the short names of WorM's tasks stand for, for the lines below figures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from cogmem.errors import UnknownName
from cogmem.plots.style import DOUBLE_COLUMN

__all__ = ["TASK_WORDS", "spelt_out", "task_words"]

TASK_WORDS = {
    "SC": "spatial coordination",
    "SFR": "spatial free recall",
    "SI": "spatial integration",
    "SMU": "spatial memory updating",
    "STS": "spatial task switching",
    "VIR": "visual item recognition",
    "VSR": "visual serial recall",
    "VSRec": "visual serial recognition",
    "CD": "change detection",
    "CS": "complex span",
}
"""Words of the ten tasks of WorM (Sikarwar & Zhang 2023, "Decoding the Enigma")."""

CHARACTERS = 22
"""Of the smallest text, in an inch."""


def task_words(name: str) -> str:
    """What a task is called in full; "CD_Gap", one of several of a kind, by its kind.

    Args:
        name: e.g. "SFR".

    Raises:
        UnknownName: if WorM has no such task.
    """
    kind = name.split("_")[0]
    if kind not in TASK_WORDS:
        raise UnknownName("task of WorM", name, TASK_WORDS)
    return TASK_WORDS[kind]


def spelt_out(names: Iterable[str], width: float = DOUBLE_COLUMN) -> str:
    """The short names with their words, e.g. "SFR: spatial free recall; CS: complex span."

    Args:
        names: of tasks, in any number; kinds are told once, in the order in which they come.
        width: of the text in the smallest size, inches; lines are broken there.

    Raises:
        UnknownName: if WorM has no such task.
    """
    words = {name.split("_")[0]: task_words(name) for name in names}
    told = "; ".join(f"{short}: {long}" for short, long in words.items()) + "."
    return textwrap.fill(told, int(CHARACTERS * width))
