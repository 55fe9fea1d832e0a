"""STS, spatial task switching: up or down? left or right?

A red square stands in one of four quadrants. A cue says whether up or down matters, or left or
right, until the next cue (Sikarwar & Zhang, 2023).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from PIL import Image, ImageDraw

from cogmem.tasks.worm.pictures import BLACK, RED, WHITE, Board, Cells, canvas, levels, pictures
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import N_FRAMES, PHASES, Timeline, of_phases

__all__ = ["CUE", "P_SWITCH", "STS", "Symbols"]

P_SWITCH = 0.2
"""That a cue follows a frame that is none."""

CUE = 2
"""The answer to a cue; the others are 0, up or left, and 1, down or right."""


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        cue: which frames are cues.
        rule: 0 while up or down matters, 1 while left or right does.
        quadrant: of the square, row by row; of no meaning where there is a cue.
    """

    cue: Bool[np.ndarray, "trial frame"]
    rule: Int[np.ndarray, "trial frame"]
    quadrant: Int[np.ndarray, "trial frame"]


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """The answer is drawn first, and then one of the two quadrants that fit."""
    alternate = conditions["alternating"] == 1
    n = len(alternate)
    cue = _cues(n, rng) & ~alternate[:, None]
    cue[:, 0] = True
    turns = np.where(alternate[:, None], np.arange(N_FRAMES)[None] - 1, cue.cumsum(axis=1) - 1)
    rule = (rng.integers(0, 2, (n, 1)) + np.maximum(turns, 0)) % 2
    answer, other = rng.integers(0, 2, (2, n, N_FRAMES))
    return Symbols(cue, rule, np.where(rule == 0, 2 * answer + other, 2 * other + answer))


def _cues(n: int, rng: np.random.Generator) -> Bool[np.ndarray, "trial frame"]:
    """Never two in a row, and none at the end."""
    wanted = rng.random((n, N_FRAMES)) < P_SWITCH
    cue = np.zeros((n, N_FRAMES), bool)
    cue[:, 0] = True
    for frame in range(1, N_FRAMES - 1):
        cue[:, frame] = wanted[:, frame] & ~cue[:, frame - 1]
    return cue


def ask(symbols: Symbols) -> Asked:
    """The answer by the rule of the moment; cues are no score."""
    by_row, by_column = np.divmod(symbols.quadrant, 2)
    answer = np.where(symbols.rule == 0, by_row, by_column)
    labels = np.where(symbols.cue, CUE, answer).astype(np.int16)
    frames = np.arange(N_FRAMES)[None]
    last = np.maximum.accumulate(np.where(symbols.cue, frames, 0), axis=1)
    about = {
        "rule": symbols.rule,
        "congruent": (by_row == by_column).astype(int),
        "since_cue": frames - last,
    }
    return Asked(_time(symbols), labels, ~symbols.cue, about=about)


def _time(symbols: Symbols) -> Timeline:
    """All frames that are no cue ask for an answer."""
    cue, other = PHASES.index("C"), PHASES.index("P")
    return of_phases(np.where(symbols.cue, cue, other).astype(np.int8))


def look(symbols: Symbols) -> dict[str, Layer]:
    """The quadrant of the square, or which of the cues."""
    shown = np.where(symbols.cue, 4 + symbols.rule, symbols.quadrant).reshape(-1, 1)
    return {"window": Layer(np.ones_like(symbols.cue), shown == np.arange(6))}


@cache
def window(size: int) -> Board:
    """Four quadrants; a square in one of them, or two ticks."""
    empty = levels(_window(), size)
    seen = [levels(_window(square=k), size) for k in range(4)]
    seen += [levels(_window(ticks=ticks), size) for ticks in TICKS]
    return Board(empty, np.stack(seen) - empty)


TICKS = (((48, 4, 48, 16), (48, 80, 48, 92)), ((4, 48, 16, 48), (80, 48, 92, 48)))


def _window(square: int | None = None, ticks: tuple[tuple[int, ...], ...] = ()) -> Image.Image:
    image, cells = canvas(), Cells(2, 28, 20, 20, 1, on=WHITE, width=2)
    cells.draw(image, ())
    pen = ImageDraw.Draw(image)
    for tick in ticks:
        pen.line(tick, fill=BLACK, width=3)
    if square is not None:
        left, top, right, bottom = cells.box(square)
        pen.rounded_rectangle((left + 8, top + 8, right - 8, bottom - 8), 1, fill=RED)
    return image


STS = WormTask(
    name="STS",
    title="spatial task switching",
    function="executive control",
    domain="spatial",
    levels={"alternating": (0,)},
    allowed={"alternating": (0, 1)},
    held_out={},
    n_answers=3,
    sample=sample,
    ask=ask,
    look=look,
    painters={"window": lambda on, size: pictures(window(size), on)},
)
