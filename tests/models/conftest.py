"""Models are tested with strict types: dtype follows the parameters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def _strict(strict_types: None) -> None:
    """See `strict_types` in tests/conftest.py."""


@pytest.fixture
def double() -> Iterator[None]:
    """Arrays are of float64."""
    with jax.enable_x64(True):
        yield
