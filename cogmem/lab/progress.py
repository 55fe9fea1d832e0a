"""Progress of long work: a bar in a terminal or notebook, a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["Report", "progress_bar"]

Report = Callable[[int, str], None]
"""(steps done since the last call, what is being done now)"""

SECONDS_BETWEEN_LINES = 30.0


@contextmanager
def progress_bar(total: int, console: Console | None = None) -> Iterator[Report]:
    """Show progress while the block runs.

    Args:
        total: number of steps.
        console: where to; standard error if None.

    Yields:
        A function to call with the steps just done and a word on what is being done.
    """
    console = console or Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield _lines(total, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)
        yield lambda steps, doing: bar.update(task, advance=steps, description=doing)


def _lines(total: int, console: Console) -> Report:
    began = last = time.monotonic()
    done = 0

    def report(steps: int, doing: str) -> None:
        nonlocal done, last
        done += steps
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES or done == total:
            last, rate = now, done / max(now - began, 1e-9)
            left = (total - done) / max(rate, 1e-9)
            console.print(f"{done}/{total} ({rate:.2g}/s, {left:.0f} s left) {doing}")

    return report
