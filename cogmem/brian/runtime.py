"""Brian2, imported when it is first asked for, and its global preferences for one run."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cogmem.errors import InvalidValue, MissingExtra, UnknownName

__all__ = ["TARGETS", "brian2_extra", "require", "runtime"]

TARGETS = ("numpy", "cython")
"""Ways to generate code; cython compiles what is new for about a minute."""


def brian2_extra(module: str = "brian2") -> Any:
    """Brian2, or a module of it.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra("brian2", "spiking") from error


def require(name: str, value: float, holds: bool, expected: str) -> None:
    """Refuse a value of a circuit that does not hold.

    Args:
        name, value: what was given.
        holds: whether it may be so.
        expected: what it may be, in words.

    Raises:
        InvalidValue: if it does not hold.
    """
    if not holds:
        raise InvalidValue(f"{name} is {value}, expected {expected}.")


@contextmanager
def runtime(target: str) -> Iterator[Any]:
    """Brian2 with code generation by `target`, in float64; its preferences come back at the end.

    Circuits bring a clock and a network of their own, so that nothing else of Brian2 is global.

    Yields:
        the module brian2.

    Raises:
        InvalidValue: if Brian2 is set to a standalone device.
        MissingExtra: if it is not installed.
        UnknownName: for another target.
    """
    if target not in TARGETS:
        raise UnknownName("target of code generation", target, TARGETS)
    brian, devices = brian2_extra(), brian2_extra("brian2.devices")
    if devices.get_device() is not devices.all_devices["runtime"]:
        raise InvalidValue(
            "Brian2 is set to a standalone device, which cannot run a circuit at once; call "
            "brian2.set_device('runtime') first."
        )
    if target == "cython":
        gc.collect()  # frees the names of earlier circuits, by which compiled code is found again
    ours = {"codegen.target": target, "core.default_float_dtype": np.float64}
    before = {name: brian.prefs[name] for name in ours}
    try:
        _set(brian, ours)
        yield brian
    finally:
        _set(brian, before)


def _set(brian: Any, preferences: dict[str, Any]) -> None:
    for name, value in preferences.items():
        brian.prefs[name] = value
