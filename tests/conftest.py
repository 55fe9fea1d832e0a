"""What holds for every test: no array is silently repeated along an axis that it does not have.

This is JAX's own check, as in equinox's tests. Models and participants are also tested with strict
types (`tests/models/conftest.py`); the measures are not, because they count in several integer
types on purpose.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax
import psutil
import pytest

# No test fetches anything: what is neither in COGMEM_DATA nor in a package is skipped.
os.environ.setdefault("COGMEM_OFFLINE", "1")
jax.config.update("jax_numpy_rank_promotion", "raise")
# Test processes share what they compile: most of their time would go into compiling it again.
jax.config.update(
    "jax_compilation_cache_dir", str(Path(tempfile.gettempdir()) / "cogmem-tests-xla")
)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest begin first, so that no worker is left alone with one at the end."""
    first = ["notebooks", "fit", "lab", "experiments", "conformance"]
    ranks = {name: rank for rank, name in enumerate(first)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(first)))


MUCH = 2.5e9
"""Bytes of a test process from which on it lets go of what it has compiled."""


@pytest.fixture(autouse=True, scope="module")
def _forget_programs() -> Iterator[None]:
    """A thousand compiled programs fill the memory; to compile all of them anew takes long."""
    yield
    if psutil.Process().memory_info().rss > MUCH:
        jax.clear_caches()


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """A command that asks for one thread asks for its own process, not for those after it."""
    names = ("XLA_FLAGS", "NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture
def strict_types() -> Iterator[None]:
    """Arrays of two types do not mix, so that float64 stays float64 and float32 float32."""
    with jax.numpy_dtype_promotion("strict"):
        yield
