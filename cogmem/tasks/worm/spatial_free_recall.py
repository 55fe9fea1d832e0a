"""SFR, spatial free recall: which squares turned red?

Thirty squares are to be seen all the time. One after the other, some of them turn red. At the end
all of these are due, in any order (Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from PIL import Image

from cogmem.tasks.worm.pictures import GRAY, GREEN, RED, Board, Cells, additive, canvas, pictures
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import (
    N_FRAMES,
    SEVERAL,
    at_phase,
    timeline,
    trial_and_place,
    unasked,
)

__all__ = ["N_CELLS", "N_VISIBLE", "SFR", "Symbols"]

GRID = 10
N_CELLS = GRID**2
N_VISIBLE = 30


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        list_length: squares that turn red.
        visible: cells in which there is a square.
        targets: cells that turn red, in their order; those beyond the list do not.
    """

    list_length: Int[np.ndarray, " trial"]
    visible: Bool[np.ndarray, "trial cell"]
    targets: Int[np.ndarray, "trial item"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; see `WormTask`."""
    length = conditions["list_length"]
    order = rng.random((len(length), N_CELLS)).argsort(axis=1)
    visible = np.zeros((len(length), N_CELLS), bool)
    np.put_along_axis(visible, order[:, :N_VISIBLE], True, axis=1)
    return Symbols(length, visible, order[:, : int(length.max())])


def ask(symbols: Symbols) -> Asked:
    """All cells that turned red."""
    time = timeline({"M": symbols.list_length, "P": np.ones_like(symbols.list_length)})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = SEVERAL
    targets = np.zeros((*labels.shape, N_CELLS), bool)
    targets[probed] = _recalled(symbols)
    return Asked(time, labels, probed, targets)


def _recalled(symbols: Symbols) -> Bool[np.ndarray, "trial cell"]:
    there = np.arange(symbols.targets.shape[1])[None] < symbols.list_length[:, None]
    trial, item = np.nonzero(there)
    found = np.zeros((len(there), N_CELLS), bool)
    found[trial, symbols.targets[trial, item]] = True
    return found


def look(symbols: Symbols) -> dict[str, Layer]:
    """Visible squares, and which one is red; the question is a blank frame."""
    time = ask(symbols).time
    studied = at_phase(time, "M")
    trial, item = trial_and_place(time, studied)
    red = symbols.targets[trial, item][:, None] == np.arange(N_CELLS)
    return {"squares": Layer(studied, np.concatenate([symbols.visible[trial], red], axis=1))}


@cache
def memory_board(size: int) -> Board:
    """Squares, each of which is there or not; then that they are red."""

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        shown = [k for k in on if k < N_CELLS]
        if shown:
            cells.draw(image, [k - N_CELLS for k in on if k >= N_CELLS], shown)
        return image

    cells = Cells(GRID, 9, 3, 3, 0, on=RED, off=GREEN, outline=GRAY, width=2)
    parents = {N_CELLS + k: k for k in range(N_CELLS)}
    return additive(drawn, range(2 * N_CELLS), size, parents)


SFR = WormTask(
    name="SFR",
    title="spatial free recall",
    function="storage",
    domain="spatial",
    levels={"list_length": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18)},
    allowed={"list_length": range(1, N_FRAMES)},
    held_out={"list_length": (15, 18)},
    n_answers=N_CELLS,
    sample=sample,
    ask=ask,
    look=look,
    painters={"squares": lambda on, size: pictures(memory_board(size), on)},
)
