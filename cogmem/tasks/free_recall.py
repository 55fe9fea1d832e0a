"""Free recall: study a list of words once each, in order; then say them in any order."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

__all__ = ["FreeRecall"]


class FreeRecall(NamedTuple):
    """One list. Its words are the candidates of every later choice, in order of study.

    Attributes:
        items: [n] index of each word in the pool; models without item features ignore it.
        delay: s between the last word and the signal to recall.
        similarity: how alike the words are in meaning, for participants that can use it; None if
            that is not known. A participant that reads it is told more than the others.
    """

    items: Int[Array, " n"]
    delay: Float[Array, ""] | float = 0.0
    similarity: Float[Array, "n n"] | None = None

    @property
    def n_items(self) -> int:
        """List length."""
        return self.items.shape[-1]

    @property
    def n_candidates(self) -> int:
        """Its words."""
        return self.n_items

    @property
    def studied(self) -> Int[Array, " n"]:
        """Words in order of study."""
        return jnp.arange(self.n_items)

    @classmethod
    def of_length(cls, n_items: int) -> FreeRecall:
        """A list of words that no other list shares."""
        return cls(jnp.asarray(np.arange(n_items)))
