"""CS, complex span: two things are to be remembered while others are judged.

An item is shown in three frames, then come five slots for distractors, then the other item, five
slots again, and two questions. Items are paths of a disc (spatial) or patterns (visual);
distractors are boards that are symmetric or not (spatial) or squares that are red or blue (visual),
which are judged at once. Names of the four variations say what is stored and then what is judged
(Sikarwar & Zhang, 2023).

All frames have an answer, also "nothing is asked", which alone is right in 64 % of frames; the
score is recall.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int8
from PIL import Image, ImageDraw

from cogmem.tasks.worm.pictures import (
    BLACK,
    GREEN,
    INK,
    RED,
    Board,
    Cells,
    additive,
    arrow,
    board_of_cells,
    canvas,
    levels,
    pictures,
)
from cogmem.tasks.worm.spatial_coordination import grid_board, two_sides
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import (
    N_FRAMES,
    PHASES,
    Timeline,
    at_phase,
    of_phases,
    trial_and_place,
)
from cogmem.tasks.worm.visual_items import changed, patterns

__all__ = ["CS", "IDLE", "PATHS", "SQUARES", "VARIATIONS", "Symbols"]

VARIATIONS = ("spatial-spatial", "spatial-visual", "visual-spatial", "visual-visual")
SLOTS = {0: "RRRRR", 1: "RRDRR", 3: "DRDRD", 5: "DDDDD"}
"""By distractors after an item."""

JUDGE_SQUARE, JUDGE_BOARD, RECALL_PATH, RECALL_PATTERN, IDLE = 0, 2, 4, 12, 20
"""First answer of each kind."""

WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Rows and columns by which a disc goes on; parallel paths are one answer."""

_LINES = [*np.arange(9).reshape(3, 3), *np.arange(9).reshape(3, 3).T, (0, 4, 8), (2, 4, 6)]
PATHS = np.array([way for line in _LINES for way in (tuple(line), tuple(line)[::-1])])
"""[path, frame] cells of a 3 x 3 grid, row by row."""

_STEPS = np.stack(np.divmod(PATHS[:, 1], 3), 1) - np.stack(np.divmod(PATHS[:, 0], 3), 1)
WAY_OF = np.array([WAYS.index((int(row), int(column))) for row, column in _STEPS])

REDS = ("880808", "EE4B2B", "C41E3A", "D2042D", "DC143C", "8B0000", "800000")
BLUES = ("0000FF", "0096FF", "0047AB", "1C05B3", "00008B", "3F00FF", "0437F2")
SQUARES = REDS + BLUES
N_OPTIONS, N_ITEMS, N_SLOTS, GRID = 8, 2, 5, 4
_ON, _DIFFERENT, _CELLS, _OFFSET = 8, 6, GRID**2, 4
_SHARE = _ON / _CELLS


class Symbols(NamedTuple):
    """What is drawn by chance; of both kinds, though only one is shown.

    Attributes:
        variation: index into `VARIATIONS`.
        n_distractors: after each item.
        paths: index into `PATHS` of each item.
        patterns: of each item, the options of its question, at their places.
        ways: index into `WAYS` of the options of each question, at their places.
        places: of the right option of each question.
        squares: index into `SQUARES` of each slot; the second half of them is blue.
        boards: cells that are on, in each slot.
        symmetric: 1 if a board is.
        shown: which options of a question there are; all if nothing is said.
        n_slots: after each item, five in the published task; fewer are always blank.
        n_items: two in the published task; if it is one, that is asked once.
    """

    variation: Int[np.ndarray, " trial"]
    n_distractors: Int[np.ndarray, " trial"]
    paths: Int[np.ndarray, "trial item"]
    patterns: Bool[np.ndarray, "trial item option cell"]
    ways: Int[np.ndarray, "trial item option"]
    places: Int[np.ndarray, "trial item"]
    squares: Int[np.ndarray, "trial slot"]
    boards: Bool[np.ndarray, "trial slot cell"]
    symmetric: Int[np.ndarray, "trial slot"]
    shown: Bool[np.ndarray, "trial item option"] | bool = True
    n_slots: Int[np.ndarray, " trial"] | int = N_SLOTS
    n_items: Int[np.ndarray, " trial"] | int = N_ITEMS


# ---- symbols -------------------------------------------------------------------------------------


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; see `WormTask`."""
    n, slots = len(conditions["variation"]), N_ITEMS * N_SLOTS
    paths = rng.integers(0, len(PATHS), (n, N_ITEMS))
    ways = rng.random((n, N_ITEMS, N_OPTIONS)).argsort(axis=2)
    spatial = conditions["variation"] < 2
    where = (ways == WAY_OF[paths][..., None]).argmax(axis=2)
    places = np.where(spatial[:, None], where, rng.integers(0, N_OPTIONS, (n, N_ITEMS)))
    symmetric = rng.integers(0, 2, (n, slots))
    return Symbols(
        conditions["variation"],
        conditions["n_distractors"],
        paths,
        _options(places, rng),
        ways,
        places,
        rng.integers(0, len(SQUARES), (n, slots)),
        _boards(symmetric, rng),
        symmetric,
        _shown(places, conditions["n_options"], rng),
        conditions["n_slots"],
        conditions["n_items"],
    )


def _shown(
    places: Int[np.ndarray, "trial item"],
    n_options: Int[np.ndarray, " trial"],
    rng: np.random.Generator,
) -> Bool[np.ndarray, "trial item option"]:
    """The right option and some others by chance."""
    order = rng.random((*places.shape, N_OPTIONS))
    np.put_along_axis(order, places[..., None], -1, axis=2)
    return order.argsort(axis=2).argsort(axis=2) < n_options[:, None, None]


def _options(
    places: Int[np.ndarray, "trial item"], rng: np.random.Generator
) -> Bool[np.ndarray, "trial item option cell"]:
    """The pattern of each item at its place, among others made of it, no two of them the same."""
    right = patterns(places.shape, rng, _CELLS, _ON)
    found = np.zeros((*places.shape, N_OPTIONS, _CELLS), bool)
    left = np.ones(places.shape, bool)
    while left.any():
        copies = np.repeat(right[left][:, None], N_OPTIONS, axis=1)
        found[left] = changed(copies, _DIFFERENT, rng)
        same = (found[:, :, :, None] == found[:, :, None]).all(axis=-1)
        left = same.sum(axis=(2, 3)) > N_OPTIONS
    np.put_along_axis(found, places[..., None, None], right[:, :, None], axis=2)
    return found


def _boards(
    symmetric: Int[np.ndarray, "trial slot"], rng: np.random.Generator
) -> Bool[np.ndarray, "trial slot cell"]:
    """Ten cells of the left half, and their mirror images but for two."""
    offset = np.where(symmetric == 1, 0, _OFFSET).ravel()
    cells = two_sides(offset, 10, rng).reshape(len(offset), -1)
    found = np.zeros((len(offset), 100), bool)
    np.put_along_axis(found, cells, True, axis=1)
    return found.reshape(*symmetric.shape, -1)


# ---- what is asked -------------------------------------------------------------------------------


def ask(symbols: Symbols) -> Asked:
    """Judgements of distractors as they come, and recall of both items."""
    time = _time(symbols)
    labels = np.where(time.phase > 0, IDLE, -1).astype(np.int16)
    stored_visual, judged_visual = np.divmod(symbols.variation, 2)
    probed, distracting = at_phase(time, "P"), at_phase(time, "D")
    trial, item = trial_and_place(time, probed)
    first = np.where(stored_visual[trial] == 1, RECALL_PATTERN, RECALL_PATH)
    labels[probed] = first + symbols.places[trial, item]
    trial, slot = _shown_slots(time)
    blue = symbols.squares[trial, slot] >= len(REDS)
    board = JUDGE_BOARD + symbols.symmetric[trial, slot]
    labels[distracting] = np.where(judged_visual[trial] == 1, JUDGE_SQUARE + blue, board)
    return Asked(time, labels, probed)


def _time(symbols: Symbols) -> Timeline:
    return of_phases(_phases()[symbols.n_items, symbols.n_distractors, symbols.n_slots])


@cache
def _phases() -> Int8[np.ndarray, "n_items n_distractors n_slots frame"]:
    found = np.zeros((N_ITEMS + 1, max(SLOTS) + 1, N_SLOTS + 1, N_FRAMES), np.int8)
    for items, n, slots in itertools.product((1, 2), SLOTS, range(N_SLOTS + 1)):
        word = items * ("MMM" + SLOTS[n][:slots]) + items * "P"
        found[items, n, slots, : len(word)] = [PHASES.index(letter) for letter in word]
    return found


def _shown_slots(time: Timeline) -> tuple[np.ndarray, np.ndarray]:
    """Trial, and which of all distractors that it shows, of each frame of distraction."""
    distracting = at_phase(time, "D")
    return trial_and_place(time, distracting)


# ---- what is seen --------------------------------------------------------------------------------


def look(symbols: Symbols) -> dict[str, Layer]:
    """Discs and patterns; squares and boards; arrows and small patterns."""
    time = _time(symbols)
    stored_visual, judged_visual = (each[:, None] == 1 for each in np.divmod(symbols.variation, 2))
    memory, probe, other = (at_phase(time, letter) for letter in "MPD")

    def layer(where: np.ndarray, features: np.ndarray, chance: Any = 0.0) -> Layer:
        """Of features of all such frames, those where the trial is of this kind."""
        flat = (len(features), math.prod(features.shape[1:]))
        chance = np.broadcast_to(chance, features.shape)
        return Layer(where, features.reshape(flat), chance.reshape(flat))

    discs, seen = memory & ~stored_visual, memory & stored_visual
    trial, frame = trial_and_place(time, discs)
    cells = PATHS[symbols.paths[trial, frame // 3], frame % 3]
    found = {"disc": layer(discs, cells[:, None] == np.arange(9))}
    trial, frame = trial_and_place(time, seen)
    right = symbols.patterns[trial, frame // 3, symbols.places[trial, frame // 3]]
    found["pattern"] = layer(seen, right, _SHARE)
    there = np.broadcast_to(symbols.shown, symbols.ways.shape)[..., None]
    for name, where, shown, chance in (
        ("square", other & judged_visual, symbols.squares[..., None] == np.arange(14), 0),
        ("board", other & ~judged_visual, symbols.boards, 0),
        ("arrows", probe & ~stored_visual, there & (symbols.ways[..., None] == np.arange(8)), 0),
        ("patterns", probe & stored_visual, there & symbols.patterns, there * _SHARE),
    ):
        at = trial_and_place(time, where)
        found[name] = layer(where, shown[at], np.broadcast_to(chance, shown.shape)[at])
    return found


@cache
def disc_board(size: int) -> Board:
    """A disc in one of nine cells, in a frame."""
    cells = Cells(3, 26, 9, 9, 0, on=RED)

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        pen = ImageDraw.Draw(image)
        pen.rectangle((6, 6, 90, 90), outline=GREEN, width=2)
        for cell in on:
            left, top, right, bottom = cells.box(cell)
            pen.ellipse((left + 6, top + 6, right - 6, bottom - 6), fill=RED)
        return image

    return additive(drawn, range(9), size)


@cache
def pattern_board(size: int) -> Board:
    """A pattern of 4 x 4 cells that fills the frame."""
    cells = Cells(GRID, 19, 9, 9, 3, on=RED)
    return board_of_cells(cells, size)


@cache
def square_board(size: int) -> Board:
    """A square in one of fourteen colours."""
    empty = levels(canvas(), size)
    return Board(empty, np.stack([levels(_square(name), size) - empty for name in SQUARES]))


def _square(name: str) -> Image.Image:
    image = canvas()
    fill = tuple(bytes.fromhex(name))
    ImageDraw.Draw(image).rectangle((6, 6, 90, 90), fill=fill, outline=BLACK, width=2)
    return image


def _corner(place: int) -> tuple[int, int]:
    """Of an option, in rows of three, three and two."""
    row, column = divmod(place, 3)
    return 32 * column + (19 if row == 2 else 3), 32 * row + 3


@cache
def arrow_board(size: int) -> Board:
    """Each of eight arrows at each of eight places, place by place."""
    empty = levels(canvas(), size)
    tiles = [levels(_tile(place, way), size) - empty for place in range(N_OPTIONS) for way in WAYS]
    return Board(empty, np.stack(tiles))


def _tile(place: int, way: tuple[int, int]) -> Image.Image:
    """From the middle of the first cell of a path to that of the last."""
    image, (left, top), (down, right) = canvas(), _corner(place), way
    ImageDraw.Draw(image).rectangle((left, top, left + 24, top + 24), fill=RED)
    x, y, by = left + 12.5, top + 12.5, 25 / 3
    ends = (x - by * right, y - by * down), (x + by * right, y + by * down)
    arrow(image, *ends, INK, width=3)
    return image


@cache
def small_patterns(size: int) -> Board:
    """Eight patterns, cell by cell."""

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        for place in range(N_OPTIONS):
            first = place * _CELLS
            cells = Cells(GRID, 6, *_corner(place), 0, on=RED)
            cells.draw(image, [k - first for k in on if first <= k < first + _CELLS])
        return image

    return additive(drawn, range(N_OPTIONS * _CELLS), size)


CS = WormTask(
    name="CS",
    title="complex span",
    function="executive control",
    domain="visuo-spatial",
    levels={
        "variation": tuple(range(len(VARIATIONS))),
        "n_distractors": tuple(SLOTS),
        "n_options": (N_OPTIONS,),
        "n_slots": (N_SLOTS,),
        "n_items": (N_ITEMS,),
    },
    allowed={
        "variation": range(len(VARIATIONS)),
        "n_distractors": tuple(SLOTS),
        "n_options": range(2, N_OPTIONS + 1),
        "n_slots": range(N_SLOTS + 1),
        "n_items": (1, N_ITEMS),
    },
    held_out={"n_distractors": (5,)},
    compatible=lambda levels: levels["n_distractors"] == 0 or levels["n_slots"] == N_SLOTS,
    n_answers=21,
    sample=sample,
    ask=ask,
    look=look,
    painters={
        "disc": lambda on, size: pictures(disc_board(size), on),
        "pattern": lambda on, size: pictures(pattern_board(size), on),
        "square": lambda on, size: pictures(square_board(size), on),
        "board": lambda on, size: pictures(grid_board(RED, size), on),
        "arrows": lambda on, size: pictures(arrow_board(size), on),
        "patterns": lambda on, size: pictures(small_patterns(size), on),
    },
)
