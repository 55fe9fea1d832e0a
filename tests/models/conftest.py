"""Models are tested with strict types: dtype follows the parameters, and nothing else."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _strict(strict_types: None) -> None:
    """See `strict_types` in tests/conftest.py."""
