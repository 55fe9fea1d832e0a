"""Find the benchmarks, run them, print a table and write it to RESULTS.md."""

from __future__ import annotations

import pkgutil
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import jax
from rich.console import Console
from rich.table import Table

from tests.benchmarks.harness import REPEATS, Row, Unavailable, threads

HERE = Path(__file__).parent
HEADER = ("what", "cogmem", "other", "ratio", "target", "met")


def main(wanted: Sequence[str]) -> None:
    """Run the modules named, or all; only a full run is written down."""
    found = sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name.startswith("bench_"))
    console = Console()
    console.print(conditions())
    results = {name: run(name, console) for name in wanted or found}
    if not wanted:
        (HERE / "RESULTS.md").write_text(as_markdown(results))


def run(name: str, console: Console) -> tuple[list[Row], str]:
    """The rows of one module and, if it stopped, why."""
    rows: list[Row] = []
    reason = ""
    with console.status(f"{name} ..."):
        try:
            rows.extend(import_module(f"tests.benchmarks.{name}").rows())
        except Unavailable as unavailable:
            reason = f"left out: {unavailable}"
    table = Table(*HEADER, title=name, caption=reason or None)
    for row in rows:
        table.add_row(*row.cells)
    console.print(table)
    return rows, reason


def conditions() -> str:
    """Threads, versions and date, without which a time means little."""
    packages = ", ".join(f"{p} {version(p)}" for p in ("jax", "numpy", "psifr"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, "
        f"{jax.default_backend()}, {threads()} threads (psifr and cymr use one), "
        f"Python {platform.python_version()}, {packages}; medians of {REPEATS} after a warm-up"
    )


def as_markdown(results: dict[str, tuple[list[Row], str]]) -> str:
    lines = ["# Speeds", "", "Written by `python -m tests.benchmarks` (`make bench`).", ""]
    lines += [f"{conditions()}.", "", "Times are for the whole data set, speeds in lists/s."]
    for name, (rows, reason) in results.items():
        lines += ["", f"## {name}", "", *([reason, ""] if reason else [])]
        if rows:
            cells = [HEADER, ("---",) * len(HEADER), *(row.cells for row in rows)]
            lines += [f"| {' | '.join(line)} |" for line in cells]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
