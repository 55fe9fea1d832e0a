"""VSR, visual serial recall: where does the first pattern stand now, where the second, ...?

Patterns are shown one by one; then all of them stand in a 3 x 3 array, at places by chance, for as
many frames as there are patterns. At the k-th of these the place of the k-th pattern is due
(Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image, ImageDraw

from cogmem.tasks.worm.pictures import (
    BLACK,
    FULL,
    GREEN,
    Board,
    Cells,
    additive,
    canvas,
    pictures,
)
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import at_phase, timeline, trial_and_place, unasked
from cogmem.tasks.worm.visual_items import GRID, HALF, N_CELLS, different, memory_board

__all__ = ["N_PLACES", "VSR", "Symbols"]

N_PLACES = 9
"""Of the array; the longest list has as many patterns."""


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        list_length: patterns studied.
        items: which cells are on; those beyond the list are not shown.
        places: of each pattern in the array, row by row.
        n_foils: patterns of the array that were not studied; those after the list.
    """

    list_length: Int[np.ndarray, " trial"]
    items: Bool[np.ndarray, "trial item cell"]
    places: Int[np.ndarray, "trial item"]
    n_foils: Int[np.ndarray, " trial"] | int = 0

    @property
    def n_shown(self) -> Int[np.ndarray, " trial"]:
        """Patterns in the array."""
        return self.list_length + self.n_foils


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; see `WormTask`."""
    length, n_foils = conditions["list_length"], conditions["n_foils"]
    n, most = len(length), int((length + n_foils).max())
    places = rng.random((n, N_PLACES)).argsort(axis=1)[:, :most]
    return Symbols(length, different(n, most, rng), places, n_foils)


def ask(symbols: Symbols) -> Asked:
    """The place of each pattern, in the order of study."""
    time = timeline({"M": symbols.list_length, "P": symbols.list_length})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.places[trial_and_place(time, probed)]
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """Studied patterns, and the array."""
    time = ask(symbols).time
    studied, probed = at_phase(time, "M"), at_phase(time, "P")
    shown = symbols.items[trial_and_place(time, studied)]
    arrays = _arrays(symbols)[np.nonzero(probed)[0]]
    return {
        "pattern": Layer(studied, shown, HALF),
        "array": Layer(probed, arrays, _chance(arrays)),
    }


def _chance(arrays: Bool[np.ndarray, "picture feature"]) -> Float[np.ndarray, "picture feature"]:
    """Of cells of places that are taken."""
    taken = np.repeat(arrays[:, :N_PLACES], N_CELLS, axis=1)
    return np.concatenate([np.zeros((len(arrays), N_PLACES)), HALF * taken], axis=1)


def _arrays(symbols: Symbols) -> Bool[np.ndarray, "trial feature"]:
    """Of each place whether it is taken, and then the cells of all of them."""
    n, most = symbols.places.shape
    there = np.arange(most)[None] < symbols.n_shown[:, None]
    trial, item = np.nonzero(there)
    place = symbols.places[trial, item]
    taken = np.zeros((n, N_PLACES), bool)
    cells = np.zeros((n, N_PLACES, N_CELLS), bool)
    taken[trial, place] = True
    cells[trial, place] = symbols.items[trial, item]
    return np.concatenate([taken, cells.reshape(n, -1)], axis=1)


@cache
def array_board(size: int) -> Board:
    """Nine small grids, each of which is there or not; then the cells of each."""

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        for place in range(N_PLACES):
            first = N_PLACES + place * N_CELLS
            cells = [k - first for k in on if first <= k < first + N_CELLS]
            if place in on:
                _grid(place).draw(image, cells)
        _lines(image)
        return image

    parents = {k: (k - N_PLACES) // N_CELLS for k in range(N_PLACES, N_PLACES * (1 + N_CELLS))}
    return additive(drawn, range(N_PLACES * (1 + N_CELLS)), size, parents)


def _grid(place: int) -> Cells:
    row, column = divmod(place, 3)
    return Cells(GRID, 4, 32 * column + 2, 32 * row + 2, 0, on=GREEN)


def _lines(image: Image.Image) -> None:
    pen = ImageDraw.Draw(image)
    for at in (32, 64):
        pen.line((at, 0, at, FULL), fill=BLACK, width=1)
        pen.line((0, at, FULL, at), fill=BLACK, width=1)


VSR = WormTask(
    name="VSR",
    title="visual serial recall",
    function="storage",
    domain="visual",
    levels={"list_length": tuple(range(2, N_PLACES + 1)), "n_foils": (0,)},
    allowed={"list_length": range(1, N_PLACES + 1), "n_foils": range(N_PLACES)},
    compatible=lambda levels: levels["list_length"] + levels["n_foils"] <= N_PLACES,
    held_out={"list_length": (8, 9)},
    n_answers=N_PLACES,
    sample=sample,
    ask=ask,
    look=look,
    painters={
        "pattern": lambda on, size: pictures(memory_board(GREEN, size), on),
        "array": lambda on, size: pictures(array_board(size), on),
    },
)
