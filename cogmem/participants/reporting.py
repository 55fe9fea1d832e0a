"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Report", "silent"]

Report = Callable[[float, str], None]
"""(steps done since the last call, what is being done now)"""


def silent(steps: float, doing: str) -> None:
    """Tells nobody: a `Report` for work that is not watched."""
