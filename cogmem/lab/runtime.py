"""Settings of the running process that every command shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = [
    "ONE_THREAD",
    "compilation_cache",
    "fresh_results",
    "one_thread",
    "results_folder",
    "threads",
]

ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",  # XLA's own threads, among which it parts sums
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Environment of a process whose sums do not depend on how many cores there are."""


def one_thread() -> None:
    """Compute on one core, unless the environment says otherwise. Call it before JAX is imported.

    Products are summed in an order that depends on the number of threads; learning in spiking and
    other unstable networks makes much of the last digit.
    """
    flag = ONE_THREAD["XLA_FLAGS"]
    given = os.environ.get("XLA_FLAGS", "")
    if flag.partition("=")[0] not in given:
        os.environ["XLA_FLAGS"] = f"{given} {flag}".strip()
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def threads() -> str:
    """ "one", or "many": as many as XLA likes."""
    eigen = ONE_THREAD["XLA_FLAGS"] in os.environ.get("XLA_FLAGS", "")
    return "one" if eigen and os.environ.get("NPROC") == "1" else "many"


@contextmanager
def fresh_results() -> Iterator[None]:
    """Nothing that is stored is used within, nor kept: everything is computed."""
    before = os.environ.get("COGMEM_RESULTS")
    with TemporaryDirectory() as folder:
        os.environ["COGMEM_RESULTS"] = folder
        try:
            yield
        finally:
            del os.environ["COGMEM_RESULTS"]
            if before is not None:
                os.environ["COGMEM_RESULTS"] = before


def compilation_cache() -> None:
    """Keep compiled programs on disk, so that the next process need not compile them again.

    In `JAX_COMPILATION_CACHE_DIR` if it is set, else in the user's cache.
    """
    import jax
    import pooch

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(pooch.os_cache("cogmem") / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


def results_folder() -> Path:
    """Where stores go: `COGMEM_RESULTS`, else `results` in the working folder."""
    return Path(os.environ.get("COGMEM_RESULTS", "results"))
