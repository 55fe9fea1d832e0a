"""Published numbers small enough to be typed in, each with its source and how far it was checked.

Verification of a row: "read" in the paper, or in a text or program that reports the number and is
named in `source`; "secondary", in a text about the paper; "unverified", quoted from memory.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogmem.errors import InvalidValue, UnknownName

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERIFICATIONS", "VERIFIED", "published", "published_catalogue"]

VERIFICATIONS = ("read", "secondary", "unverified")
VERIFIED = frozenset({"read"})

_FOLDER = Path(__file__).parent / "tables"


def published(name: str, *, verified: bool = True) -> pd.DataFrame:
    """A published table, one row per number.

    Args:
        name: one of `published_catalogue()`, e.g. "ebbinghaus1885".
        verified: whether to leave out the rows that were not read at a source. Figures and tests
            use verified rows only.

    Returns:
        DataFrame: the table's own columns, then value, unit, source and verification.

    Raises:
        UnknownName: with the nearest known name.
        InvalidValue: if no row is verified and only those are wanted.
    """
    table = _read(name)
    kept = table[table["verification"].isin(VERIFIED)] if verified else table
    if kept.empty:
        raise InvalidValue(
            f"no number of {name} was read at its source. Look at them with "
            f"published({name!r}, verified=False), and check them before you use them."
        )
    return kept.reset_index(drop=True)


def published_catalogue() -> list[dict[str, Any]]:
    """One row per table: name, numbers, how many of them are verified, sources."""
    return [_row(path) for path in sorted(_FOLDER.glob("*.csv"))]


def _row(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))  # not pandas: a listing must be quick
    return {
        "name": path.stem,
        "numbers": len(rows),
        "verified": sum(row["verification"] in VERIFIED for row in rows),
        "source": " | ".join(dict.fromkeys(row["source"] for row in rows)),
    }


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    known = [path.stem for path in _FOLDER.glob("*.csv")]
    if name not in known:
        raise UnknownName("published table", name, known)
    return pd.read_csv(_FOLDER / f"{name}.csv")
