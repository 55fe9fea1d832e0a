"""Help and listings are instant: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = ("jax", "equinox", "optax", "pandas", "scipy", "xarray", "matplotlib", "brian2", "zarr")
COMMAND = Path(sys.executable).with_name("cogmem")


def imported_by(code: str) -> set[str]:
    """The heavy packages that a fresh Python has imported after some code."""
    asked = f"{code}\nimport sys; print('\\n' + ' '.join(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["cogmem", "cogmem.errors", "cogmem.cli", "cogmem.data"])
def test_import_pulls_in_nothing_heavy(module: str) -> None:
    assert imported_by(f"import {module}") == set()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["list", "tcm"], ["cite", "cmr"], ["data"]]
)
def test_help_and_listings_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom cogmem.cli import app\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    app()\nexcept SystemExit as end:\n    assert end.code in (0, None), end.code"
    )
    found = imported_by(code)
    assert found == set()


@pytest.mark.slow
def test_help_takes_less_than_half_a_second() -> None:
    """Best of five: a busy machine only ever makes it longer."""

    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([COMMAND, "--help"], capture_output=True, check=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5
