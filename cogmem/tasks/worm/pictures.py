"""Frames of WorM, drawn once and put together by addition.

All boards have the property that a frame is that of the empty board plus, for each cell that is on,
what this cell changes, exactly. So each board is drawn cell by cell once, by Pillow, and frames of
many trials are one product of matrices. At 32 x 32 the empty board and the changes are shrunk, as
floats, before they are added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from PIL import Image, ImageDraw

__all__ = [
    "BLACK",
    "FULL",
    "GRAY",
    "GREEN",
    "INK",
    "RED",
    "WHITE",
    "Board",
    "Cells",
    "additive",
    "arrow",
    "blank",
    "canvas",
    "levels",
    "pictures",
    "shrunk",
]

Colour = tuple[int, int, int]

GRAY, RED, GREEN = (0xD6, 0xD6, 0xD6), (0xEE, 0x1D, 0x23), (0x3A, 0xB5, 0x4A)
WHITE, BLACK, INK = (255, 255, 255), (0, 0, 0), (30, 30, 30)
"""Of the official generators; gray is the background, ink is for arrows."""

FULL = 96
"""Pixels on each side in which everything is drawn; only shrunk pictures have others."""


class Board(NamedTuple):
    """A picture whose parts can be switched on.

    Attributes:
        base: with nothing on, levels of red, green and blue.
        parts: what each part changes.
    """

    base: Float[np.ndarray, "row column 3"]
    parts: Float[np.ndarray, "part row column 3"]


class Cells(NamedTuple):
    """A square grid of cells, numbered row by row. Neighbours share a line of one pixel.

    Attributes:
        grid: cells on a side.
        cell: pixels from a cell to the next.
        left, top: where the first one begins.
        radius: of its corners.
        on, off, outline: colours; `width` of the outline in pixels.
    """

    grid: int
    cell: int
    left: int
    top: int
    radius: int
    on: Colour
    off: Colour = WHITE
    outline: Colour = BLACK
    width: int = 1

    def draw(self, image: Image.Image, on: Collection[int], shown: Collection[int] = ()) -> None:
        """Cells in their order, as later ones cover borders; only some if `shown` names them."""
        pen = ImageDraw.Draw(image)
        for index in range(self.grid**2):
            if shown and index not in shown:
                continue
            fill = self.on if index in on else self.off
            pen.rounded_rectangle(
                self.box(index), self.radius, fill=fill, outline=self.outline, width=self.width
            )

    def box(self, index: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a cell, all of them inside."""
        row, column = divmod(index, self.grid)
        x, y = self.left + column * self.cell, self.top + row * self.cell
        return x, y, x + self.cell, y + self.cell


def canvas() -> Image.Image:
    """Plain gray."""
    return Image.new("RGB", (FULL, FULL), GRAY)


def additive(
    draw: Callable[[Collection[int]], Image.Image],
    parts: Sequence[int],
    size: int,
    parents: Mapping[int, int] | None = None,
) -> Board:
    """A board from a function that draws it with any parts on.

    Args:
        draw: given the numbers of those that are on.
        parts: their numbers.
        size: pixels on a side.
        parents: of parts that are only seen if another one is on.
    """
    parents = parents or {}
    before: dict[tuple[int, ...], np.ndarray] = {(): levels(draw(()))}
    changes = []
    for part in parts:
        others = (parents[part],) if part in parents else ()
        if others not in before:
            before[others] = levels(draw(others))
        changes.append(levels(draw((*others, part))) - before[others])
    return Board(shrunk(before[()], size), shrunk(np.stack(changes), size))


def board_of_cells(cells: Cells, size: int) -> Board:
    """A board that shows nothing but a grid of cells, each a part.

    Args:
        cells: of the grid.
        size: pixels on a side.
    """

    def drawn(on: Collection[int]) -> Image.Image:
        image = canvas()
        cells.draw(image, on)
        return image

    return additive(drawn, range(cells.grid**2), size)


def levels(image: Image.Image, size: int = FULL) -> Float[np.ndarray, "row column 3"]:
    """Of red, green and blue, shrunk to `size` pixels on a side."""
    return shrunk(np.asarray(image, np.float32), size)


def shrunk(
    pictures: Float[np.ndarray, "*more row column colour"], size: int
) -> Float[np.ndarray, "*more row column colour"]:
    """Pictures with `size` pixels on a side: bilinear and antialiased, as Pillow shrinks them."""
    return pictures if size == FULL else _shrunk(pictures, size)


def _shrunk(pictures: np.ndarray, size: int) -> np.ndarray:
    by = _weights(size)
    each = by @ np.moveaxis(pictures, -1, -3).astype(np.float32) @ by.T
    return np.moveaxis(each, -3, -1)


@cache
def _weights(size: int) -> Float[np.ndarray, "pixel full"]:
    """What each pixel on a side has of each in full: triangles as wide as the scale."""
    scale = FULL / size
    centres = (np.arange(size) + 0.5) * scale
    away = np.abs(np.arange(FULL)[None] + 0.5 - centres[:, None]) / scale
    weights = np.maximum(0, 1 - away)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


@cache
def blank(size: int) -> UInt8[np.ndarray, "row column 3"]:
    """The background alone."""
    return np.broadcast_to(np.asarray(GRAY, np.uint8), (size, size, 3))


def pictures(
    board: Board, on: Shaped[np.ndarray, "picture part"]
) -> UInt8[np.ndarray, "picture row column 3"]:
    """A board with these parts on, many times; of what is between 0 and 1, part of a change."""
    parts = board.parts.reshape(len(board.parts), -1)
    found = board.base.reshape(1, -1) + on.astype(np.float32) @ parts
    return np.clip(np.rint(found), 0, 255).astype(np.uint8).reshape(-1, *board.base.shape)


def arrow(
    image: Image.Image,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: Colour,
    width: int = 1,
    tip: float = 0.4,
) -> None:
    """An arrow from whole pixel to whole pixel, drawn into a picture.

    Args:
        image: where.
        start, end: (x, y) in pixels.
        colour: of all its lines.
        width: of the lines, pixels.
        tip: how long each of the two lines of its tip is, as a share of the arrow.
    """
    (x, y), (to_x, to_y) = (tuple(map(int, at)) for at in (start, end))
    pen, length = ImageDraw.Draw(image), tip * math.hypot(x - to_x, y - to_y)
    back = math.atan2(y - to_y, x - to_x)
    ends = [(x, y)]
    for side in (math.pi / 4, -math.pi / 4):
        turn = back + side
        ends.append((round(to_x + length * math.cos(turn)), round(to_y + length * math.sin(turn))))
    for at in ends:
        pen.line((*at, to_x, to_y), fill=colour, width=width)
        if width > 1:  # round ends
            for x, y in (at, (to_x, to_y)):
                pen.line((x - 1, y, x + 1, y), fill=colour)
                pen.line((x, y - 1, x, y + 1), fill=colour)
