"""Recognition, serial recall and change detection, for participants that see features.

Each is one list or display: what is shown, what is asked, and which candidates there are.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

__all__ = ["ChangeDetection", "Recognition", "SerialRecall"]


class Recognition(NamedTuple):
    """Was this item shown? The candidates are all items, studied and new.

    Attributes:
        features: [item, feature] of every item that is studied or tested.
        studied: [position] items in order of study.
        delay: s between the last item and the test.
    """

    features: Bool[Array, "item feature"]
    studied: Int[Array, " position"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def n_candidates(self) -> int:
        """Items, studied and new."""
        return self.features.shape[0]


class SerialRecall(NamedTuple):
    """One list to be recalled in order, its first item given. The candidates are its items.

    Attributes:
        features: [position, feature] of the items in order of study.
        delay: s between the last item and recall.
    """

    features: Bool[Array, "position feature"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def n_items(self) -> int:
        """List length."""
        return self.features.shape[0]

    @property
    def n_candidates(self) -> int:
        """Its items."""
        return self.n_items

    @property
    def studied(self) -> Int[Array, " position"]:
        """Items in order of study."""
        return jnp.arange(self.n_items)


class ChangeDetection(NamedTuple):
    """Is the second display the same as the first? The candidates are second displays.

    Attributes:
        features: [object, feature] of the objects of the first display.
        tests: [display, feature] features of possible second displays.
        delay: s between the displays.
    """

    features: Bool[Array, "object feature"]
    tests: Bool[Array, "display feature"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def studied(self) -> Int[Array, " object"]:
        """All objects; they are shown at once."""
        return jnp.arange(self.features.shape[0])

    @property
    def n_candidates(self) -> int:
        """Second displays."""
        return self.tests.shape[0]
