"""What holds for every test: no array is silently repeated along an axis that it does not have.

This is JAX's own check, as in equinox's tests. Models and participants are also tested with strict
types (`tests/models/conftest.py`); the measures are not, because they count in several integer
types on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import pytest

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def strict_types() -> Iterator[None]:
    """Arrays of two types do not mix, so that float64 stays float64 and float32 float32."""
    with jax.numpy_dtype_promotion("strict"):
        yield
