"""VIR, visual item recognition: which of two patterns was in the list?

Patterns are shown one by one; after a blank interval a pattern of the list stands beside one that
differs from it in four cells (Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from cogmem.tasks.worm.pictures import RED
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import N_FRAMES, at_phase, timeline, trial_and_place, unasked
from cogmem.tasks.worm.visual_items import (
    HALF,
    N_CELLS,
    changed,
    different,
    item_painters,
    pairs,
)

__all__ = ["DIFFERENT", "VIR", "Symbols"]

DIFFERENT = 4
"""Cells in which the distractor differs from the pattern that was in the list, if no other number
is asked for."""


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        list_length, retention: patterns studied, and blank frames after them.
        items: which cells are on; as many as the longest list has, those beyond are not shown.
        serial_position: of the pattern that is asked for, from 0.
        distractor: which stands beside it.
        side: where the pattern of the list stands, 0 on the left, 1 on the right.
    """

    list_length: Int[np.ndarray, " trial"]
    retention: Int[np.ndarray, " trial"]
    items: Bool[np.ndarray, "trial item cell"]
    serial_position: Int[np.ndarray, " trial"]
    distractor: Bool[np.ndarray, "trial cell"]
    side: Int[np.ndarray, " trial"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; see `WormTask`."""
    length = conditions["list_length"]
    n = len(length)
    items = different(n, int(length.max()), rng)
    position = (rng.random(n) * length).astype(int)
    distractor = changed(items[np.arange(n), position], conditions["difference"], rng)
    side = rng.integers(0, 2, n)
    return Symbols(length, conditions["retention_interval"], items, position, distractor, side)


def ask(symbols: Symbols) -> Asked:
    """The side of the pattern that was in the list."""
    once = np.ones_like(symbols.side)
    time = timeline({"M": symbols.list_length, "R": symbols.retention, "P": once})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.side
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """Studied patterns, and the two of the question."""
    time = ask(symbols).time
    studied, probed = at_phase(time, "M"), at_phase(time, "P")
    shown = symbols.items[trial_and_place(time, studied)]
    target = symbols.items[np.arange(len(symbols.side)), symbols.serial_position]
    return {
        "pattern": Layer(studied, shown, HALF),
        "pair": Layer(probed, pairs(target, symbols.distractor, symbols.side), HALF),
    }


VIR = WormTask(
    name="VIR",
    title="visual item recognition",
    function="storage",
    domain="visual",
    levels={
        "list_length": (4, 6, 8, 10),
        "retention_interval": (0, 2, 4, 5, 6),
        "difference": (DIFFERENT,),
    },
    allowed={
        "list_length": range(1, N_FRAMES),
        "retention_interval": range(N_FRAMES - 1),
        "difference": range(2, N_CELLS + 1, 2),
    },
    held_out={"retention_interval": (5, 6)},
    n_answers=1,
    sample=sample,
    ask=ask,
    look=look,
    painters=item_painters(RED),
    compatible=lambda levels: levels["list_length"] + levels["retention_interval"] < N_FRAMES,
    describe=lambda symbols: {"serial_position": symbols.serial_position, "answer": symbols.side},
)
