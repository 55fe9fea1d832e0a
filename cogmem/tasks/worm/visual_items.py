"""Visual patterns of WorM: half of the cells of a 6 x 6 grid are filled.

Three tasks use them: visual item recognition, serial recall and serial recognition. A distractor is
made of a pattern by moving some of its cells.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
from jaxtyping import Bool, Int
from PIL import Image, ImageDraw

from cogmem.tasks.worm.pictures import (
    BLACK,
    Board,
    Cells,
    Colour,
    additive,
    board_of_cells,
    canvas,
    pictures,
)
from cogmem.tasks.worm.task import Painter

__all__ = [
    "GRID",
    "HALF",
    "N_CELLS",
    "changed",
    "different",
    "item_painters",
    "memory_board",
    "pairs",
    "patterns",
    "two_boards",
]

GRID = 6
N_CELLS = GRID**2
HALF = 0.5
"""Share of the cells of a pattern that are on."""


def patterns(
    shape: tuple[int, ...],
    rng: np.random.Generator,
    n_cells: int = N_CELLS,
    n_on: int = N_CELLS // 2,
) -> Bool[np.ndarray, "*shape cell"]:
    """Patterns with so many cells on, any of them."""
    ranks = rng.random((*shape, n_cells)).argsort(axis=-1)
    return ranks < n_on


def different(
    n_trials: int, n_items: int, rng: np.random.Generator
) -> Bool[np.ndarray, "trial item cell"]:
    """Patterns of which no two of a trial are the same."""
    items = patterns((n_trials, n_items), rng)
    while (twice := _twice(items)).any():
        items[twice] = patterns((int(twice.sum()), n_items), rng)
    return items


def _twice(items: Bool[np.ndarray, "trial item cell"]) -> Bool[np.ndarray, " trial"]:
    same = (items[:, :, None] == items[:, None]).all(axis=-1)
    return same.sum(axis=(1, 2)) > items.shape[1]


def changed(
    items: Bool[np.ndarray, "*shape cell"],
    n_different: Int[np.ndarray, "*shape"] | int,
    rng: np.random.Generator,
) -> Bool[np.ndarray, "*shape cell"]:
    """Each pattern with half as many cells off, and as many others on, as are to be different."""
    half = np.broadcast_to(np.asarray(n_different) // 2, items.shape[:-1])[..., None]
    drawn = rng.random(items.shape)
    # Those that are on come first, in an order by chance; then those that are off.
    on_first = np.where(items, drawn, 1 + drawn).argsort(axis=-1).argsort(axis=-1)
    off_first = np.where(items, 1 + drawn, drawn).argsort(axis=-1).argsort(axis=-1)
    return items & (on_first >= half) | ~items & (off_first < half)


def pairs(
    targets: Bool[np.ndarray, "picture cell"],
    distractors: Bool[np.ndarray, "picture cell"],
    sides: Int[np.ndarray, " picture"],
) -> Bool[np.ndarray, "picture feature"]:
    """Cells of the left pattern, then of the right; targets on the right where the side is 1."""
    both = np.stack([targets, distractors], axis=1)
    both = np.where(sides[:, None, None] == 0, both, both[:, ::-1])
    return both.reshape(len(both), -1)


@cache
def memory_board(colour: Colour, size: int) -> Board:
    """A pattern that fills the frame."""
    cells = Cells(GRID, 13, 9, 9, 3, on=colour)
    return board_of_cells(cells, size)


@cache
def two_boards(colour: Colour, size: int) -> Board:
    """Two patterns side by side, cells of the left one first."""
    left, right = (Cells(GRID, 6, x, 28, 1, on=colour) for x in (4, 52))

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        left.draw(image, [k for k in on if k < N_CELLS])
        right.draw(image, [k - N_CELLS for k in on if k >= N_CELLS])
        ImageDraw.Draw(image).line((46, 20, 46, 76), fill=BLACK, width=1)
        return image

    return additive(drawn, range(2 * N_CELLS), size)


def item_painters(colour: Colour) -> dict[str, Painter]:
    """Of a pattern that is studied, and of a pair that is asked for."""
    return {
        "pattern": lambda on, size: pictures(memory_board(colour, size), on),
        "pair": lambda on, size: pictures(two_boards(colour, size), on),
    }
