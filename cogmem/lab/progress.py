"""Progress of long work: a bar in a terminal or notebook, a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

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

from cogmem.participants.reporting import Report

__all__ = ["Bar", "Report", "progress_bar", "step_of"]

Bar = Callable[[int], AbstractContextManager[Report]]
"""Number of steps -> a context that shows them, as `progress_bar` does."""

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


@contextmanager
def step_of(report: Report, doing: str) -> Iterator[Bar]:
    """One step of a bar that is long work itself, with bars of its own.

    Args:
        report: of the bar that it is a step of.
        doing: what the step is, shown before what is being done in it.

    Yields:
        Stands for `progress_bar` within the step: its steps move the bar by fractions of one. The
        step is whole when the block ends without an error.
    """
    left = 1.0

    @contextmanager
    def bar(total: int) -> Iterator[Report]:
        def part(steps: float, what: str) -> None:
            nonlocal left
            share = min(steps / max(total, 1), left)
            left -= share
            report(share, f"{doing}: {what}" if what else doing)

        yield part

    report(0, doing)
    yield bar
    report(left, doing)


def _lines(total: int, console: Console) -> Report:
    began = last = time.monotonic()
    done = 0.0

    def report(steps: float, doing: str) -> None:
        nonlocal done, last
        done += steps
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES or (steps and done > total - 1e-6):
            last, rate = now, done / max(now - began, 1e-9)
            left = (total - done) / max(rate, 1e-9)
            console.print(f"{done:.4g}/{total} ({rate:.2g}/s, {left:.0f} s left) {doing}")

    return report
