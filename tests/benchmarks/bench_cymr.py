"""cymr's CMR likelihood, timed in an environment of its own: it needs old NumPy and pandas.

`cymr_speeds()` gives its lists per second to other benchmarks;
`python -m tests.benchmarks.bench_cymr` prints them as JSON. The environment is kept in the folder
COGMEM_BENCH_CACHE, else in one under the system's temporary folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import REPEATS, Row, Unavailable

REQUIREMENTS = ("cymr==0.14.3", "numpy==1.26.*", "pandas==2.1.*", "setuptools==65.*")
SCRIPT = Path(__file__).with_name("cymr_script.py")


def rows() -> Iterator[Row]:
    """cymr alone; cogmem's own CMR is laid beside it in `bench_fit`."""
    speeds = cymr_speeds()
    for units in ("units_768", "units_24"):
        n_lists = speeds[units]["n_lists"]
        for kind, rate in speeds[units]["lists_per_second"].items():
            name = f"cymr likelihood, context of {units.removeprefix('units_')}, {kind}"
            yield Row(name, n_lists, theirs=n_lists / rate)


@cache
def cymr_speeds() -> dict[str, Any]:
    """What `cymr_script.py` prints: per context size, lists_per_second, log_likelihood, n_lists.

    Raises:
        Unavailable: if cymr cannot be installed or does not run.
    """
    return json.loads(_run([_environment(), str(SCRIPT), str(REPEATS)], "cymr does not run"))


def _environment() -> str:
    """The Python of cymr's environment, which is made if it is not there."""
    default = Path(tempfile.gettempdir()) / "cogmem-bench"
    folder = Path(os.environ.get("COGMEM_BENCH_CACHE") or default) / "cymr-0.14.3"
    python, done = str(folder / "bin" / "python"), folder / "installed"
    if not done.exists():
        _run([_python_311(), "-m", "venv", "--clear", str(folder)], "no environment for cymr")
        _run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], "cymr does not install")
        done.touch()
    return python


def _python_311() -> str:
    if os.environ.get("COGMEM_OFFLINE") == "1":
        raise Unavailable("cymr is not installed, and COGMEM_OFFLINE=1 forbids the network")
    found = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")
    if found is None:
        raise Unavailable("cymr needs Python 3.11, and there is none on the path")
    return found


def _run(command: list[str], complaint: str) -> str:
    """The last line that a command prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        raise Unavailable(f"{complaint}: {said.splitlines()[-1]}") from error
    return (done.stdout.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    print(json.dumps(cymr_speeds(), indent=2))
