"""Features that are on or off."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from cogmem.errors import InvalidValue

__all__ = ["binary"]


def binary(values: Any) -> Any:
    """Values as bool; traced arrays are taken as they are.

    Raises:
        InvalidValue: for others than 0 and 1.
    """
    if isinstance(values, jax.core.Tracer):
        return values.astype(bool)
    values = np.asarray(values)
    if values.dtype != bool and not np.isin(values, (0, 1)).all():
        given = np.unique(values[~np.isin(values, (0, 1))])[:3].tolist()
        raise InvalidValue(f"features are 0 or 1; found {given}. Binarise them first.")
    return values.astype(bool)
