"""Reference vectors: `reference("human")` is `human_reference.npz` as a dict of arrays.

The folder is that named by COGMEM_REFERENCE, else `tests/reference`. Another folder with files of
the same layout, with other sizes and parameter sets, must pass unchanged: tests take every size and
name from a file's own keys.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

__all__ = ["folder", "matches", "reference"]


def folder() -> Path:
    """Where reference files are looked for."""
    default = Path(__file__).parents[1] / "reference"
    return Path(os.environ.get("COGMEM_REFERENCE") or default)


@cache
def reference(name: str) -> dict[str, np.ndarray]:
    """All arrays of a system's file. Skips the test, or the module, if the file is missing."""
    path = folder() / f"{name}_reference.npz"
    if not path.exists():
        pytest.skip(f"no {path.name} in {path.parent}", allow_module_level=True)
    with np.load(path) as arrays:
        return dict(arrays)


def matches(name: str, pattern: str) -> list[tuple[str, ...]]:
    """The groups of `pattern` in every key that it matches in full, in order, each once."""
    found = (re.fullmatch(pattern, key) for key in reference(name))
    return sorted({match.groups() for match in found if match})
