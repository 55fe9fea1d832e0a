"""VSRec, visual serial recognition: which of two patterns came first, which second, ...?

Patterns are shown one by one. Then, in the same order, each stands beside a distractor, which
differs from it in two to ten cells: the fewer, the more alike they are (Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from cogmem.tasks.worm.pictures import GREEN
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

__all__ = ["DIFFERENCES", "VSREC", "Symbols"]

DIFFERENCES = (2, 4, 6, 8, 10)
"""Cells in which a distractor differs, one number for each trial, by chance."""


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        list_length: patterns studied.
        difference: cells in which all distractors of the trial differ.
        items, distractors: which cells are on; those beyond the list are not shown.
        sides: where each pattern stands, 0 on the left, 1 on the right.
    """

    list_length: Int[np.ndarray, " trial"]
    difference: Int[np.ndarray, " trial"]
    items: Bool[np.ndarray, "trial item cell"]
    distractors: Bool[np.ndarray, "trial item cell"]
    sides: Int[np.ndarray, "trial item"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; see `WormTask`."""
    length, difference = conditions["list_length"], conditions["difference"]
    n, most = len(length), int(length.max())
    items = different(n, most, rng)
    distractors = changed(items, np.broadcast_to(difference[:, None], (n, most)), rng)
    return Symbols(length, difference, items, distractors, rng.integers(0, 2, (n, most)))


def ask(symbols: Symbols) -> Asked:
    """The side of each pattern, in the order of study."""
    time = timeline({"M": symbols.list_length, "P": symbols.list_length})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.sides[trial_and_place(time, probed)]
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """Studied patterns, and pairs."""
    time = ask(symbols).time
    studied, probed = at_phase(time, "M"), at_phase(time, "P")
    asked = trial_and_place(time, probed)
    shown = symbols.items[trial_and_place(time, studied)]
    pair = pairs(symbols.items[asked], symbols.distractors[asked], symbols.sides[asked])
    return {
        "pattern": Layer(studied, shown, HALF),
        "pair": Layer(probed, pair, HALF),
    }


VSREC = WormTask(
    name="VSRec",
    title="visual serial recognition",
    function="storage",
    domain="visual",
    levels={"list_length": tuple(range(2, 10)), "difference": DIFFERENCES},
    allowed={
        "list_length": range(1, N_FRAMES // 2 + 1),
        "difference": range(2, N_CELLS + 1, 2),
    },
    held_out={"list_length": (8, 9)},
    n_answers=1,
    sample=sample,
    ask=ask,
    look=look,
    painters=item_painters(GREEN),
)
