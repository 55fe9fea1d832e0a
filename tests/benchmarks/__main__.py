"""Find the benchmarks, run them, print a table and write it to RESULTS.md.

Each benchmark has a section with the conditions of its own run; a run of some leaves the others.
"""

from __future__ import annotations

import pkgutil
import platform
import re
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
RESULTS = HERE / "RESULTS.md"
HEADER = ("what", "cogmem", "other", "ratio", "target", "met")


def main(wanted: Sequence[str]) -> None:
    """Run the modules named, or all, and write their sections."""
    found = sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name.startswith("bench_"))
    console = Console()
    console.print(conditions())
    for name in wanted or found:
        kept = sections(RESULTS.read_text()) if RESULTS.exists() else {}
        kept[name] = as_section(*run(name, console))
        RESULTS.write_text(as_markdown({n: kept[n] for n in sorted(kept) if n in found}))


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


def as_section(rows: list[Row], reason: str) -> str:
    lines = [f"{conditions()}.", *(["", reason] if reason else [])]
    if rows:
        cells = [HEADER, ("---",) * len(HEADER), *(row.cells for row in rows)]
        lines += ["", *(f"| {' | '.join(line)} |" for line in cells)]
    return "\n".join(lines)


def as_markdown(written: dict[str, str]) -> str:
    lines = [
        "# Speeds",
        "",
        "Written by `python -m tests.benchmarks` (`make bench`); with names, of",
    ]
    lines += ["these alone. Times are for the whole data set, speeds in lists or items per second."]
    for name, section in written.items():
        lines += ["", f"## {name}", "", section]
    return "\n".join(lines) + "\n"


def sections(text: str) -> dict[str, str]:
    """The sections of RESULTS.md by name, in which a benchmark that is not run again stays."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


if __name__ == "__main__":
    main(sys.argv[1:])
