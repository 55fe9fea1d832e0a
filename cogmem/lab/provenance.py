"""Where a number comes from: configuration, versions, commit, machine."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cogmem

__all__ = ["commit", "config_hash", "provenance", "versions"]

_PACKAGES = ("cogmem", "numpy", "jax", "jaxlib", "equinox", "optax", "scipy", "xarray", "psifr")
_CODE = ("cogmem", "experiments")
"""What numbers come from, in a checkout: figures made anew are no change of it."""


def config_hash(config: Any) -> str:
    """Sixteen hex digits that change when any value of a configuration (a dataclass) does."""
    text = json.dumps(asdict(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def provenance(config: Any) -> dict[str, Any]:
    """What a result needs to be repeated. Floats and strings only: it is stored as JSON."""
    import jax

    return {
        "config": asdict(config),
        "config_hash": config_hash(config),
        "versions": versions(),
        "commit": commit(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": jax.devices()[0].device_kind,
    }


def describe(mapping: Mapping[str, Any]) -> str:
    """One line of `name=value` for people."""
    return ", ".join(f"{name}={value}" for name, value in mapping.items())


def commit() -> str:
    """The commit of a checkout, marked if its code was changed since; "unknown" outside one."""
    root = Path(cogmem.__file__).parents[1]
    top = _git(root, "rev-parse", "--show-toplevel")
    # An environment may lie within somebody else's repository, whose commit says nothing of this.
    if top is None or Path(top).resolve() != root.resolve():
        return "unknown"
    changed = _git(root, "status", "--porcelain", "-uno", "--", *_CODE)
    return f"{_git(root, 'rev-parse', 'HEAD')}{' (changed)' if changed else ''}"


def _git(root: Path, *words: str) -> str | None:
    """What git says; None if there is no git, or nothing that it knows."""
    try:
        said = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return said.stdout.strip() if said.returncode == 0 else None
