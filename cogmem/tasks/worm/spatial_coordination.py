"""SC, spatial coordination: do the cells make a symmetric figure?

Single cells of a 10 x 10 grid light up one after the other. Answered is whether all of them
together are symmetric about the vertical axis (Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from cogmem.tasks.worm.pictures import GREEN, Board, Cells, Colour, board_of_cells, pictures
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import N_FRAMES, at_phase, timeline, trial_and_place, unasked

__all__ = ["OFFSETS", "SC", "Symbols", "grid_board", "two_sides"]

GRID = 10
N_HALF = GRID**2 // 2
OFFSETS = (2, 4, 6, 8)
"""Cells that have no partner in figures that are not symmetric; by chance, if there are so many."""


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        list_length: cells shown.
        cells: in the order in which they are shown; those beyond the list are not.
        symmetric: 1 if the figure is.
        offset: cells without a partner, or that are missing one; 0 in symmetric figures.
    """

    list_length: Int[np.ndarray, " trial"]
    cells: Int[np.ndarray, "trial item"]
    symmetric: Int[np.ndarray, " trial"]
    offset: Int[np.ndarray, " trial"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; the official generator may show a cell twice."""
    length = conditions["list_length"]
    n, half = len(length), length // 2
    symmetric = rng.integers(0, 2, n)
    few = np.minimum(length, max(OFFSETS)) // 2
    offset = np.where(symmetric == 1, 0, 2 * rng.integers(1, few + 1))
    sides = two_sides(offset, int(half.max()), rng, official)
    return Symbols(length, _mixed(sides, half, rng), symmetric, offset)


def two_sides(
    offset: Int[np.ndarray, " trial"], most: int, rng: np.random.Generator, official: bool = False
) -> Int[np.ndarray, "trial 2 cell"]:
    """Cells on the left, and on the right their mirror images but for half of the offset."""
    left, others = _halves(len(offset), most, rng, official)
    right = np.where(np.arange(most)[None] < offset[:, None] // 2, others, left)
    row, column = np.divmod(np.stack([left, right], axis=1), GRID // 2)
    column[:, 1] = GRID - 1 - column[:, 1]
    return row * GRID + column


def _halves(
    n: int, most: int, rng: np.random.Generator, official: bool
) -> tuple[Int[np.ndarray, "trial cell"], Int[np.ndarray, "trial cell"]]:
    """Cells of one half of the grid, and as many that are not among them, in orders by chance."""
    order = rng.random((n, N_HALF)).argsort(axis=1)
    if not official:
        return order[:, :most], order[:, most : 2 * most]
    left = rng.integers(0, N_HALF, (n, most))
    taken = (order[:, :, None] == left[:, None]).any(axis=2)
    free = np.take_along_axis(order, taken.argsort(axis=1, kind="stable"), axis=1)
    return left, free[:, :most]


def _mixed(
    cells: Int[np.ndarray, "trial 2 cell"],
    half: Int[np.ndarray, " trial"],
    rng: np.random.Generator,
) -> Int[np.ndarray, "trial item"]:
    """Those of the list, in an order by chance, before those beyond it."""
    beyond = np.arange(cells.shape[2])[None, None] >= half[:, None, None]
    late = (rng.random(cells.shape) + beyond).reshape(len(cells), -1)
    return np.take_along_axis(cells.reshape(len(cells), -1), late.argsort(axis=1), axis=1)


def ask(symbols: Symbols) -> Asked:
    """Whether the figure is symmetric."""
    time = timeline({"M": symbols.list_length, "P": np.ones_like(symbols.list_length)})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.symmetric
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """One cell of the board; the question is a blank frame."""
    time = ask(symbols).time
    studied = at_phase(time, "M")
    cells = symbols.cells[trial_and_place(time, studied)]
    return {"board": Layer(studied, cells[:, None] == np.arange(GRID**2))}


@cache
def grid_board(colour: Colour, size: int) -> Board:
    """The whole grid, with cells of this colour."""
    cells = Cells(GRID, 9, 3, 3, 2, on=colour)
    return board_of_cells(cells, size)


SC = WormTask(
    name="SC",
    title="spatial coordination",
    function="integration",
    domain="spatial",
    levels={"list_length": (10, 12, 14, 16, 18)},
    allowed={"list_length": range(2, N_FRAMES, 2)},
    held_out={"list_length": (18,)},
    n_answers=1,
    sample=sample,
    ask=ask,
    look=look,
    painters={"board": lambda on, size: pictures(grid_board(GREEN, size), on)},
    describe=lambda symbols: {"offset": symbols.offset, "answer": symbols.symmetric},
)
