"""Where bars of change detection are put, so that none is near another.

One bar after the other is put anywhere, up to 100 times if it is refused; then the whole display
begins anew. Twelve bars seldom find a place, so most of this file is about giving up early.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int8, UInt64

from cogmem.tasks.worm.pictures import FULL

__all__ = ["LARGE", "SMALL", "placed", "start_range"]

SMALL, LARGE = 9, 15
"""Pixels from one end of a bar to the other."""

_MARGIN, _APART, _TRIES = 3, 11, 100
_AT_ONCE = 8192
_COMPLETE = (1, 1, 1, 1, 0.97, 0.87, 0.67, 0.43, 0.24, 0.09, 0.022, 0.0025)
"""Share of displays of so many bars that are completed; only for speed."""


def placed(
    size: Int[np.ndarray, " trial"], rng: np.random.Generator, official: bool
) -> tuple[Int[np.ndarray, "trial bar 2"], Bool[np.ndarray, "trial bar"]]:
    """Where bars start, and whether they are large; none near another.

    A bar is refused if both coordinates are within its length + 11 pixels of those of a bar that is
    there; after 100 refusals a display begins anew. Of twelve bars one display in four hundred is
    complete, so very many are begun at once.
    """
    start = np.zeros((len(size), int(size.max()), 2), int)
    large = np.zeros(start.shape[:2], bool)
    for n in np.unique(size):
        wanted = np.flatnonzero(size == n)
        start[wanted, :n], large[wanted, :n] = _displays(int(n), len(wanted), rng, official)
    return start, large


def _displays(
    n_bars: int, n_trials: int, rng: np.random.Generator, official: bool
) -> tuple[Int[np.ndarray, "trial bar 2"], Bool[np.ndarray, "trial bar"]]:
    """As many complete displays as are wanted."""
    starts, sizes, found = [], [], 0
    while found < n_trials:
        n = min(_AT_ONCE, 16 + int(1.1 * (n_trials - found) / _COMPLETE[n_bars - 1]))
        large = rng.random((n, n_bars)) < 0.5
        at = _begun(large, rng, official)
        good = at[:, -1, 0] >= 0
        starts.append(at[good])
        sizes.append(large[good])
        found += int(good.sum())
    return np.concatenate(starts)[:n_trials], np.concatenate(sizes)[:n_trials]


def _begun(
    large: Bool[np.ndarray, "trial bar"], rng: np.random.Generator, official: bool
) -> Int8[np.ndarray, "trial bar 2"]:
    """Bars one after the other; -1 from the one on that found no place, or soon before it."""
    at = np.full((*large.shape, 2), -1, np.int8)
    alive, refused = np.arange(len(large)), np.zeros((2, len(large)), np.uint64)
    for bar in range(large.shape[1]):
        length = np.where(large[alive, bar], LARGE, SMALL).astype(np.int8)
        found = _free_place(at[alive, :bar].transpose(2, 1, 0), length, rng, official)
        at[alive, bar] = found
        alive, found = (each[found[:, 0] >= 0] for each in (alive, found))
        small, big = (_blocks(each, official) for each in (SMALL, LARGE))
        refused[0, alive] |= small.refused_by(found)
        refused[1, alive] |= big.refused_by(found)
        wanted = large[alive, bar + 1 :]
        has_room = small.room(refused[0, alive]) >= wanted.shape[1]
        alive = alive[has_room & (big.room(refused[1, alive]) >= wanted.sum(axis=1))]
    return at


class _Blocks(NamedTuple):
    """Blocks of places of which each has room for one bar.

    Bars of a length are refused where both coordinates are within `length + 11` of those of another
    bar; so no two of them start in a block that is as wide, and none in one that is near a bar as a
    whole. Hence no more can follow than there are other blocks, in whichever way the places are cut
    into blocks. A display to which more are to come need not be tried to its end. This changes no
    display that is complete, nor how often it is drawn.

    Attributes:
        by_x, by_y: blocks, as bits, whose columns or rows are all near a bar that starts there.
        cuts: bits of each way to cut.
        n: blocks of a cut.
    """

    by_x: UInt64[np.ndarray, " pixel"]
    by_y: UInt64[np.ndarray, " pixel"]
    cuts: UInt64[np.ndarray, " cut"]
    n: int

    def refused_by(self, at: Int8[np.ndarray, "trial 2"]) -> UInt64[np.ndarray, " trial"]:
        """Blocks that bars that start there leave no place in."""
        return self.by_x[at[:, 0]] & self.by_y[at[:, 1]]

    def room(self, refused: UInt64[np.ndarray, " trial"]) -> Int[np.ndarray, " trial"]:
        """How many bars can follow at most."""
        return self.n - np.max([np.bitwise_count(refused & cut) for cut in self.cuts], axis=0)


@cache
def _blocks(length: int, official: bool) -> _Blocks:
    """Of bars that are at least so long, cut in as many ways as 64 bits can tell."""
    wide, (low, high) = length + _APART, start_range(length, official)
    n_side = -(-(high - low + 1) // wide)
    most = n_side * wide - (high - low + 1)
    shifts = ((0, 0), (4, 4), (0, 4), (4, 0), (2, 2), (1, 3), (3, 1))[: 64 // n_side**2]
    by = np.zeros((2, FULL), np.uint64)
    for cut, shift in enumerate(shifts):
        for k, block in np.ndindex(2, n_side**2):
            first = low + wide * divmod(block, n_side)[1 - k] - most * shift[k] // 4
            last = min(first + wide - 1, high)
            near = slice(max(last - wide + 1, 0), max(first, low) + wide)
            by[k, near] |= np.uint64(1 << cut * n_side**2 + block)
    bits = (1 << n_side**2) - 1
    cuts = [np.uint64(bits << cut * n_side**2) for cut in range(len(shifts))]
    return _Blocks(by[0], by[1], np.array(cuts), n_side**2)


def _free_place(
    there: Int8[np.ndarray, "2 bar trial"],
    length: Int8[np.ndarray, " trial"],
    rng: np.random.Generator,
    official: bool,
) -> Int8[np.ndarray, "trial 2"]:
    """The first of 100 places that is not refused; -1 if all are."""
    at = np.full((len(length), 2), -1, np.int8)
    left = np.arange(len(length))
    for n_tries in (1, 4, 15, _TRIES - 20):
        own = length[left]
        tries = _places(n_tries, own, rng, official)
        fits = np.ones(tries.shape[1:], bool)
        for x, y in there[:, :, left].swapaxes(0, 1):
            fits &= (np.abs(tries[0] - x) >= own + _APART) | (np.abs(tries[1] - y) >= own + _APART)
        found = np.flatnonzero(fits.any(axis=0))
        first = fits[:, found].argmax(axis=0)
        at[left[found]] = tries[:, first, found].T
        left = np.delete(left, found)
    return at


def _places(
    n: int, length: Int8[np.ndarray, " trial"], rng: np.random.Generator, official: bool
) -> Int8[np.ndarray, "2 try trial"]:
    """Any that keep a bar in the frame."""
    (low, high), (low_large, high_large) = (start_range(each, official) for each in (SMALL, LARGE))
    large = length == LARGE
    span = np.where(large, high_large - low_large + 1, high - low + 1).astype(np.uint32)
    drawn = np.frombuffer(rng.bytes(2 * 2 * n * len(length)), np.uint16).reshape(2, n, -1)
    return np.where(large, low_large, low).astype(np.int8) + (drawn * span >> 16).astype(np.int8)


def start_range(length: int, official: bool) -> tuple[int, int]:
    """First and last place at which a bar stays in the frame if it is turned; if larger, too.

    Official bars do not when they grow; as many places are left here.
    """
    low, high = length // 2 + _MARGIN, FULL - _MARGIN - length
    beyond = 0 if official else max(0, high + (LARGE + length) // 2 - FULL + 1)
    return low - beyond, high - beyond
