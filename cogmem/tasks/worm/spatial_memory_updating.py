"""SMU, spatial memory updating: where has the mark gone in each box?

Each of some boxes shows a mark in one of nine cells. Then arrows, one at a time, tell that the mark
of a box moves by a cell; the mark itself is not shown. At the end the cell of each mark is due
(Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, UInt8
from PIL import Image, ImageDraw

from cogmem.tasks.worm.pictures import (
    GREEN,
    INK,
    RED,
    WHITE,
    Board,
    arrow,
    canvas,
    levels,
    pictures,
)
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import (
    N_FRAMES,
    Timeline,
    at_phase,
    timeline,
    trial_and_place,
    unasked,
)

__all__ = ["DIRECTIONS", "MOST", "SMU", "Symbols"]

MOST = 8
"""Boxes, and updates of all boxes together in the official task."""

DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Rows and columns by which a mark moves: right, left, down, up, and the diagonals."""

N_CELLS, N_WAYS = 9, len(DIRECTIONS)
SIDE, CELL, RADIUS, CENTRE = 15, 5, 35, 48


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        set_size: boxes.
        n_updates: of all boxes together; update u is of box u modulo the set size.
        first, last: cell of each mark before and after all updates, row by row.
        moves: index into `DIRECTIONS` of each update.
        order: in which boxes are asked for.
    """

    set_size: Int[np.ndarray, " trial"]
    n_updates: Int[np.ndarray, " trial"]
    first: Int[np.ndarray, "trial box"]
    last: Int[np.ndarray, "trial box"]
    moves: Int[np.ndarray, "trial update"]
    order: Int[np.ndarray, "trial box"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Marks take every move with equal chance that keeps them in their box."""
    size, each = conditions["set_size"], conditions["updates_per_box"]
    n, n_updates = len(size), np.where(each == 0, MOST, size * each)
    first = rng.integers(0, N_CELLS, (n, MOST))
    now, moves = first.copy(), np.zeros((n, int(n_updates.max())), int)
    for update in range(moves.shape[1]):
        going = np.flatnonzero(update < n_updates)
        box = update % size[going]
        way = _allowed(now[going, box], rng)
        moves[going, update] = way
        now[going, box] = moved(now[going, box], way)
    beyond = np.arange(MOST)[None] >= size[:, None]
    return Symbols(size, n_updates, first, now, moves, (rng.random((n, MOST)) + beyond).argsort(1))


def n_frames(set_size: int, updates_per_box: int) -> int:
    """Marks, updates and questions."""
    return 1 + (set_size * updates_per_box or MOST) + set_size


def moved(
    cells: Int[np.ndarray, " mark"], ways: Int[np.ndarray, " mark"]
) -> Int[np.ndarray, " mark"]:
    """Cells after these moves; -1 if a mark left its box."""
    row, column = np.divmod(cells, 3)
    by = np.array(DIRECTIONS)[ways]
    row, column = row + by[..., 0], column + by[..., 1]
    inside = (np.minimum(row, column) >= 0) & (np.maximum(row, column) < 3)
    return np.where(inside, 3 * row + column, -1)


def _allowed(cells: Int[np.ndarray, " mark"], rng: np.random.Generator) -> Int[np.ndarray, " mark"]:
    ways = np.broadcast_to(np.arange(N_WAYS), (len(cells), N_WAYS))
    stays = moved(np.broadcast_to(cells[:, None], ways.shape), ways) >= 0
    return np.where(stays, rng.random(stays.shape), -1).argmax(axis=1)


def ask(symbols: Symbols) -> Asked:
    """The last cell of each box, in the order in which they are asked for."""
    time = timeline({"M": _ones(symbols), "U": symbols.n_updates, "P": symbols.set_size})
    labels, probed = unasked(time), at_phase(time, "P")
    trial, box = _probes(symbols, time)
    labels[probed] = symbols.last[trial, box]
    own = np.zeros_like(labels)
    own[probed] = _updates_of(symbols, trial, box)
    return Asked(time, labels, probed, about={"updates_of_box": own})


def _ones(symbols: Symbols) -> Int[np.ndarray, " trial"]:
    return np.ones_like(symbols.set_size)


def _probes(symbols: Symbols, time: Timeline) -> tuple[np.ndarray, np.ndarray]:
    trial, place = trial_and_place(time, at_phase(time, "P"))
    return trial, symbols.order[trial, place]


def _updates_of(symbols: Symbols, trial: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Updates of a box: those u with u modulo the set size equal to it."""
    return (symbols.n_updates[trial] - 1 - box) // symbols.set_size[trial] + 1


def look(symbols: Symbols) -> dict[str, Layer]:
    """Which boxes there are; marks of all, or the arrow of one, or which one is asked for."""
    time = ask(symbols).time
    shown = np.zeros((*time.phase.shape, MOST, 1 + N_CELLS + N_WAYS + 1), bool)
    there = np.arange(MOST)[None] < symbols.set_size[:, None]
    shown[..., 0] = there[:, None]
    trial, box = np.nonzero(there)
    shown[trial, 0, box, 1 + symbols.first[trial, box]] = True
    trial, frame = np.nonzero(at_phase(time, "U"))
    update = time.place[trial, frame]
    box, way = update % symbols.set_size[trial], symbols.moves[trial, update]
    shown[trial, frame, box, 1 + N_CELLS + way] = True
    _, frame = np.nonzero(at_phase(time, "P"))
    trial, box = _probes(symbols, time)
    shown[trial, frame, box, -1] = True
    seen = np.arange(N_FRAMES)[None] < time.length[:, None]
    return {"boxes": Layer(seen, shown[seen].reshape(int(seen.sum()), -1))}


# ---- pictures ------------------------------------------------------------------------------------


def paint(
    on: Bool[np.ndarray, "picture feature"], size: int
) -> UInt8[np.ndarray, "picture row column 3"]:
    """Pictures of as many boxes as there are in each."""
    features = on.reshape(len(on), MOST, -1)
    n_boxes = features[..., 0].sum(axis=1)
    found = np.empty((len(on), size, size, 3), np.uint8)
    for n in np.unique(n_boxes):
        here = n_boxes == n
        own = features[here, :n, 1:].reshape(int(here.sum()), -1)
        found[here] = pictures(boxes(int(n), size), own)
    return found


@cache
def boxes(n: int, size: int) -> Board:
    """So many boxes on a circle; of each its nine marks, its eight arrows, and that it is red."""
    empty = levels(_drawn(n), size)
    shown = [
        levels(_drawn(n, box, what), size)
        for box in range(n)
        for what in range(N_CELLS + N_WAYS + 1)
    ]
    return Board(empty, np.stack(shown) - empty)


def _drawn(n: int, which: int = -1, what: int = -1) -> Image.Image:
    """All boxes, and something in one of them."""
    image = canvas()
    for box in range(n):
        x, y = _centre(box, n)
        red = box == which and what == N_CELLS + N_WAYS
        _square(image, x, y, SIDE, RED if red else GREEN, WHITE)
        if box == which and what < N_CELLS:
            row, column = divmod(what, 3)
            _square(image, x + CELL * (column - 1), y + CELL * (row - 1), 3, RED)
        elif box == which and not red:
            down, right = DIRECTIONS[what - N_CELLS]
            by_x, by_y = 0.3 * SIDE * right, 0.3 * SIDE * down
            arrow(image, (x - by_x, y - by_y), (x + by_x, y + by_y), INK)
    return image


def _centre(box: int, n: int) -> tuple[float, float]:
    if n == 1:
        return CENTRE, CENTRE
    angle = 2 * math.pi * box / n
    return CENTRE + RADIUS * math.cos(angle), CENTRE + RADIUS * math.sin(angle)


def _square(
    image: Image.Image,
    x: float,
    y: float,
    side: int,
    fill: tuple[int, int, int],
    outline: tuple[int, int, int] | None = None,
) -> None:
    half = side / 2
    corners = tuple(int(at) for at in (x - half, y - half, x + half, y + half))
    ImageDraw.Draw(image).rectangle(corners, fill=fill, outline=outline)


SMU = WormTask(
    name="SMU",
    title="spatial memory updating",
    function="updating",
    domain="spatial",
    levels={"set_size": tuple(range(1, MOST + 1)), "updates_per_box": (1, 2, 3)},
    official_levels={"set_size": tuple(range(1, MOST + 1)), "updates_per_box": (0,)},
    allowed={"set_size": range(1, MOST + 1), "updates_per_box": range(N_FRAMES - 1)},
    held_out={"set_size": (7, 8)},
    n_answers=N_CELLS,
    sample=sample,
    ask=ask,
    look=look,
    painters={"boxes": paint},
    compatible=lambda levels: n_frames(levels["set_size"], levels["updates_per_box"]) <= N_FRAMES,
)
