"""SI, spatial integration: do the parts make this figure?

A line of twelve segments on a 5 x 5 lattice is cut into parts, which are shown in an order by
chance. Then a whole line stands in a red frame: is it the one that the parts make, or does it end
otherwise (Sikarwar & Zhang, 2023)?

The official generator draws a trial anew, its answer too, where it finds no other end in 50 tries;
therefore .587 of its lines are the same (6,000 trials). Here the answer is drawn once. If it is
drawn as there (`official`), .573 are: our search for another end, of which the paper says little,
finds three or four other vertices a little more often.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import ImageDraw

from cogmem.tasks.worm.pictures import FULL, GRAY, GREEN, RED, blank, canvas, levels, shrunk
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import at_phase, timeline, trial_and_place, unasked

__all__ = ["DIFFERENT", "N_SEGMENTS", "SI", "Symbols"]

SIDE = 5
N_VERTICES, N_SEGMENTS = SIDE**2, 12
DIFFERENT = (1, 2, 3, 4)
"""Vertices in which the other line ends differently; by chance."""

_TRIES = 50
_PLACES = np.stack(np.divmod(np.arange(N_VERTICES), SIDE), axis=1)
_NEAR = np.abs(_PLACES[:, None] - _PLACES[None]).max(axis=2) == 1
EDGES = np.array([(a, b) for a, b in np.argwhere(_NEAR) if a < b])
"""[edge, end] vertices, row by row, of all segments there can be: 72."""

_EDGE = np.full((N_VERTICES, N_VERTICES), -1)
_EDGE[EDGES[:, 0], EDGES[:, 1]] = _EDGE[EDGES[:, 1], EDGES[:, 0]] = np.arange(len(EDGES))


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        part_size: segments of a part.
        line: vertices in their order, row by row.
        shown: the line of the question.
        order: in which parts are shown; those there are come first.
        same: 1 if the lines are.
        different: vertices in which they differ, at the end; 0 if they are the same.
    """

    part_size: Int[np.ndarray, " trial"]
    line: Int[np.ndarray, "trial vertex"]
    shown: Int[np.ndarray, "trial vertex"]
    order: Int[np.ndarray, "trial part"]
    same: Int[np.ndarray, " trial"]
    different: Int[np.ndarray, " trial"]


# ---- symbols -------------------------------------------------------------------------------------


def sample(conditions: Conditions, rng: np.random.Generator, official: bool) -> Symbols:
    """Symbols of trials; the answer is drawn again with the line only if `official`."""
    part = conditions["part_size"]
    n = len(part)
    same, different = rng.integers(0, 2, n), rng.choice(DIFFERENT, n)
    line = np.zeros((n, N_SEGMENTS + 1), int)
    shown, left = line.copy(), np.arange(n)
    while len(left):
        if official:
            same[left], different[left] = (
                rng.integers(0, 2, len(left)),
                rng.choice(DIFFERENT, len(left)),
            )
        line[left] = lines(len(left), rng)
        ends = np.where(same[left] == 1, 0, different[left])
        shown[left], found = other_ends(line[left], ends, rng)
        left = left[~found]
    beyond = np.arange(N_SEGMENTS)[None] >= (N_SEGMENTS // part)[:, None]
    order = (rng.random((n, N_SEGMENTS)) + beyond).argsort(axis=1)
    return Symbols(part, line, shown, order, same, np.where(same == 1, 0, different))


def lines(n: int, rng: np.random.Generator) -> Int[np.ndarray, "trial vertex"]:
    """Walks from vertex to neighbouring vertex that never come back; segments may cross."""
    found = np.zeros((0, N_SEGMENTS + 1), int)
    while len(found) < n:
        start = rng.integers(0, N_VERTICES, (n - len(found), 1))
        free = np.ones((len(start), N_VERTICES), bool)
        walks, good = _walked(start, free, N_SEGMENTS, rng)
        found = np.concatenate([found, walks[good]])
    return found


def _walked(
    start: Int[np.ndarray, "trial vertex"],
    free: Bool[np.ndarray, "trial vertex"],
    n_steps: int,
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, "trial vertex"], Bool[np.ndarray, " trial"]]:
    """Walks that go on by so many steps over free vertices, and which of them could."""
    walk, free = list(start.T), free.copy()
    trial, good = np.arange(len(start)), np.ones(len(start), bool)
    for before in walk:
        free[trial, before] = False
    for _ in range(n_steps):
        ways = free & _NEAR[walk[-1]]
        good &= ways.any(axis=1)
        step = np.where(ways, rng.random(ways.shape), -1).argmax(axis=1)
        free[trial, step] = False
        walk.append(step)
    return np.stack(walk, axis=1), good


def other_ends(
    line: Int[np.ndarray, "trial vertex"],
    different: Int[np.ndarray, " trial"],
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, "trial vertex"], Bool[np.ndarray, " trial"]]:
    """Lines whose last vertices are none of the old ones, and whether one was found in 50 tries."""
    shown, found = line.copy(), different == 0
    for n_tries, n in itertools.product((5, _TRIES - 5), DIFFERENT):
        left = np.flatnonzero(~found & (different == n))
        free = np.ones((len(left), N_VERTICES), bool)
        np.put_along_axis(free, line[left], False, axis=1)
        start = line[left, : N_SEGMENTS + 1 - n]
        walks, good = _walked(
            np.repeat(start, n_tries, axis=0), np.repeat(free, n_tries, axis=0), n, rng
        )
        good, walks = good.reshape(-1, n_tries), walks.reshape(-1, n_tries, N_SEGMENTS + 1)
        shown[left] = walks[np.arange(len(left)), good.argmax(axis=1)]
        found[left] = good.any(axis=1)
    return shown, found


# ---- what is asked and seen ----------------------------------------------------------------------


def ask(symbols: Symbols) -> Asked:
    """Whether the lines are the same."""
    once = np.ones_like(symbols.same)
    time = timeline({"M": N_SEGMENTS // symbols.part_size, "P": once})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.same
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """Segments of a part, and of the line of the question."""
    time = ask(symbols).time
    studied, probed = at_phase(time, "M"), at_phase(time, "P")
    trial, place = trial_and_place(time, studied)
    part = symbols.order[trial, place]
    segment = np.arange(N_SEGMENTS)[None] // symbols.part_size[trial, None]
    parts = _segments(symbols.line[trial], segment == part[:, None])
    whole = _segments(symbols.shown, np.ones((len(symbols.shown), N_SEGMENTS), bool))
    return {"part": Layer(studied, parts), "line": Layer(probed, whole)}


def _segments(
    line: Int[np.ndarray, "picture vertex"], there: Bool[np.ndarray, "picture segment"]
) -> Bool[np.ndarray, "picture edge"]:
    found = np.zeros((len(line), len(EDGES)), bool)
    picture, segment = np.nonzero(there)
    found[picture, _EDGE[line[picture, segment], line[picture, segment + 1]]] = True
    return found


# ---- pictures ------------------------------------------------------------------------------------


@cache
def _covered(first: int, step: int) -> Float[np.ndarray, "edge pixel"]:
    """Pixels of each segment, 1 or 0."""
    masks = []
    for ends in EDGES:
        image = canvas()
        at = [first + step * int(k) for end in ends for k in _PLACES[end][::-1]]
        ImageDraw.Draw(image).line(at, fill=GREEN, width=3)
        masks.append((np.asarray(image) == GREEN).all(axis=2).ravel())
    return np.asarray(masks, np.float32)


def _paint(
    on: Bool[np.ndarray, "picture edge"],
    size: int,
    covered: Float[np.ndarray, "edge pixel"],
    ground: Float[np.ndarray, "row column 3"],
) -> UInt8[np.ndarray, "picture row column 3"]:
    """Segments overlap; so it is pixels covered by any of them that are shrunk."""
    ink = np.minimum(on.astype(np.float32) @ covered, 1).reshape(-1, FULL, FULL, 1)
    colour = np.asarray(GREEN, np.float32) - np.asarray(GRAY, np.float32)
    found = ground + shrunk(ink, size) * colour
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


@cache
def _frame(size: int) -> Float[np.ndarray, "row column 3"]:
    image = canvas()
    ImageDraw.Draw(image).rectangle((5, 5, 91, 91), outline=RED, width=3)
    return levels(image, size)


SI = WormTask(
    name="SI",
    title="spatial integration",
    function="integration",
    domain="spatial",
    levels={"part_size": (1, 2, 3, 4, 6, 12)},
    allowed={"part_size": (1, 2, 3, 4, 6, 12)},
    held_out={"part_size": (4,)},
    n_answers=1,
    sample=sample,
    ask=ask,
    look=look,
    painters={
        "part": lambda on, size: _paint(on, size, _covered(10, 19), blank(size)),
        "line": lambda on, size: _paint(on, size, _covered(15, 16), _frame(size)),
    },
    describe=lambda symbols: {"different": symbols.different, "answer": symbols.same},
)
