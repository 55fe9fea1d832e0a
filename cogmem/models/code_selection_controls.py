"""Broken code selection, kept to show what a test must catch.

Each of these stores items and recognises them without error, and none of them keeps similarity:
accuracy cannot tell them from the real algorithm, the overlap of codes can.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cogmem.models.code_selection import CodeSelection

__all__ = ["CONTROLS", "FirstBest", "FullExpansivity", "RandomCodes"]


class RandomCodes(CodeSelection):
    """Every code is random, whatever the familiarity: eta is always 1."""

    def expansivity(self, familiarity: Float[Array, ""], n_cells: int) -> Float[Array, ""]:
        """1."""
        return jnp.ones_like(familiarity)


class FullExpansivity(CodeSelection):
    """eta is always at its maximum: novelty brings no noise."""

    def expansivity(self, familiarity: Float[Array, ""], n_cells: int) -> Float[Array, ""]:
        """1 + chi K."""
        return super().expansivity(jnp.ones_like(familiarity), n_cells)


class FirstBest(CodeSelection):
    """The best supported cell wins in learning too, the first of equals: one code for all."""

    def likelihood(
        self,
        support: Float[Array, "module cell"],
        expansivity: Float[Array, ""],
        ratchet: Float[Array, " 2"] | None,
    ) -> Float[Array, "module cell"]:
        """1 for that cell, 0 for the others."""
        return jax.nn.one_hot(support.argmax(axis=1), support.shape[1], dtype=support.dtype)


CONTROLS: dict[str, CodeSelection] = {
    "random codes": RandomCodes(),
    "first of the best": FirstBest(),
    "full expansivity": FullExpansivity(),
}
"""The controls of the similarity experiment, with the constants of the default preset."""
