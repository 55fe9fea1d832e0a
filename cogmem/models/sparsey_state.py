"""What a macrocolumn keeps, and what it is at a moment."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Float, Int

from cogmem.models.permanence import Bundle

__all__ = ["Memory", "Moment"]


class Memory(NamedTuple):
    """All that a macrocolumn keeps.

    Attributes:
        bundles: synapses by kind.
        step: frames learnt so far.
        ratchet: state of the sigmoid of `Ratchet`.
        made_for: Q, K and the largest weight of the macrocolumn it belongs to.
    """

    bundles: dict[str, Bundle]
    step: Int[Array, ""]
    ratchet: Float[Array, " 2"]
    made_for: Float[Array, " 3"]


class Moment(NamedTuple):
    """A macrocolumn at one frame.

    Attributes:
        code: [module] winning cell of each module; -1 where the macrocolumn is silent.
        familiarity: G; NaN where it is silent.
        hypotheses: zeta, how many stored codes are equally well supported.
        by_version: [version] G by each of `Mac.versions`; NaN where its evidence is missing.
    """

    code: Int[Array, " module"]
    familiarity: Float[Array, ""]
    hypotheses: Int[Array, ""]
    by_version: Float[Array, " version"]
