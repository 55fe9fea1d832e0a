"""Timing two ways of doing one thing, side by side in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import jax

__all__ = ["OfficialCode", "Row", "Unavailable", "apart", "bind", "side_by_side", "threads"]

Call = Callable[[], Any]
REPEATS = 5


class Unavailable(Exception):
    """What a benchmark compares with is not here; the message says why."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what was done.
        lists: how many lists it was done to; 0 where a speed would mean nothing.
        ours, theirs: median seconds; None where there is nothing to time.
        ratio_target: theirs / ours should be at least this.
        seconds_target: ours should be at most this.
    """

    name: str
    lists: int
    ours: float | None = None
    theirs: float | None = None
    ratio_target: float | None = None
    seconds_target: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times faster ours is."""
        return self.theirs / self.ours if self.ours and self.theirs else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target or without both times."""
        if self.ratio_target and self.ratio:
            return self.ratio >= self.ratio_target
        if self.seconds_target and self.ours:
            return self.ours <= self.seconds_target
        return None

    @property
    def cells(self) -> tuple[str, ...]:
        """Name, lists/s of ours and theirs, ratio, target, whether met."""
        target = f">= {self.ratio_target:g}x" if self.ratio_target else ""
        target = f"< {self.seconds_target:g} s" if self.seconds_target else target
        ratio = f"{self.ratio:,.{1 if self.ratio < 10 else 0}f}x" if self.ratio else ""
        met = {None: "", True: "yes", False: "NO"}[self.met]
        return (self.name, *map(self._speed, (self.ours, self.theirs)), ratio, target, met)

    def _speed(self, seconds: float | None) -> str:
        if not seconds:
            return ""
        rate = f" = {self.lists / seconds:,.0f}/s" if self.lists else ""
        return f"{1e3 * seconds:,.1f} ms{rate}"


def side_by_side(ours: Call, theirs: Call | None = None, repeats: int = REPEATS) -> dict[str, Any]:
    """Median seconds of each, taken in turn so that a busy machine slows both.

    Each is called once before, to compile and to fill caches.
    """
    calls = {name: call for name, call in (("ours", ours), ("theirs", theirs)) if call}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        jax.block_until_ready(call())
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            jax.block_until_ready(call())
            seconds[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}


def threads() -> int:
    """Cores that this process may use; JAX uses all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def apart(module: str, *arguments: str) -> Any:
    """What a benchmark's own process prints, as JSON, in its last line.

    Run as a program, the module calls `bind` before JAX's first computation.

    Raises:
        Unavailable: if it fails, or takes longer than 30 minutes.
    """
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        raise Unavailable(f"the timing process failed: {said.splitlines()[-1]}") from error
    return json.loads(done.stdout.strip().splitlines()[-1])


def bind(n_cores: int = 1) -> None:
    """Use so many cores from here on; JAX then starts as many threads."""
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit("this system cannot bind a process to cores")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-n_cores:])


class OfficialCode:
    """The official code of a model, in a process of its own that waits while ours is timed.

    Attributes:
        torch: the version that runs it, as it says itself.
    """

    def __init__(self, model: str, script: Path, python: str, folder: str) -> None:
        self.model, pipe = model, subprocess.PIPE
        command = [python, str(script), folder]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.torch = self._answer()

    def tell(self, line: str) -> None:
        """Have it do what a line says, and wait until it is done."""
        print(line, file=self.process.stdin, flush=True)
        self._answer()

    def _answer(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"the official code of {self.model} does not run")
        return line.strip()
