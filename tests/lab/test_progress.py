"""Progress: a bar for people, a line now and then for logs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cogmem.lab import progress
from cogmem.lab.progress import progress_bar, step_of


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_every_thirty_seconds_and_one_at_the_end(clock):
    log = io.StringIO()
    with progress_bar(10, Console(file=log, width=100)) as report:
        for step in range(10):
            clock[0] += 11
            report(1, "2 failed" if step > 4 else "cells")
    lines = log.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == "3/10 (0.091/s, 77 s left) cells"
    assert lines[-1] == "10/10 (0.091/s, 0 s left) 2 failed"


def test_a_terminal_gets_a_bar_with_steps_and_words():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with progress_bar(4, console) as report:
        report(1, "1 failed")
        report(3, "1 failed")
    shown = screen.getvalue()
    assert "4/4" in shown
    assert "1 failed" in shown


def test_long_steps_of_a_bar_move_it_by_fractions():
    told = []
    with step_of(lambda steps, doing: told.append((steps, doing)), "cmr") as bar:
        with bar(4) as report:
            report(1, "cells")
            report(2, "")
        with bar(0) as report:  # a second bar of the same step: no more than what is left
            report(9, "drawing")
    assert told == [
        (0, "cmr"),
        (0.25, "cmr: cells"),
        (0.5, "cmr"),
        (0.25, "cmr: drawing"),
        (0.0, "cmr"),
    ]
