"""Settings of the running process that every command shares."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["compilation_cache", "results_folder"]


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
