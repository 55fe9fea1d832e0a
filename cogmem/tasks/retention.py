"""Retention: study letters in order, do something else for a while, then say them in order."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Bool, Float, Int

__all__ = ["Retention"]


class Retention(NamedTuple):
    """One trial. The candidates are all letters of the alphabet, studied or not.

    After Brown (1958) and Peterson & Peterson (1959): the delay is filled with another task, such
    as counting backwards, so that nothing is rehearsed.

    Attributes:
        features: [letter, feature] of the whole alphabet.
        studied: [position] letters in order of study.
        delay: s between the last letter and recall, filled with another task.
    """

    features: Bool[Array, "letter feature"]
    studied: Int[Array, " position"]
    delay: Float[Array, ""] | float = 0.0

    @property
    def n_items(self) -> int:
        """Letters that are studied."""
        return self.studied.shape[0]

    @property
    def n_candidates(self) -> int:
        """All letters."""
        return self.features.shape[0]
