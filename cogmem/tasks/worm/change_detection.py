"""CD, change detection: is a bar another than before?

Red and green bars, lying or standing, small or large, whole or with a black gap, are shown; after a
blank interval they are shown again, and in half of the trials one feature of one bar has changed
(Sikarwar & Zhang, 2023). In four tasks it is always the same feature; in the fifth (conjunction)
any of the four. All features vary in all tasks.

In official trials a bar whose size changes is 10.5 or 16.5 pixels long, not 9 or 15, its end may be
one pixel outside of the frame, and the interval is drawn by chance. Here sizes are exact, bars have
room, and intervals are crossed with set sizes.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from cogmem.tasks.worm.bar_places import LARGE, SMALL, placed
from cogmem.tasks.worm.pictures import BLACK, FULL, GRAY, GREEN, RED, shrunk
from cogmem.tasks.worm.task import Asked, Conditions, Layer, WormTask
from cogmem.tasks.worm.timeline import N_FRAMES, at_phase, timeline, unasked

__all__ = ["CHANGE_DETECTION", "FEATURES", "Bars", "Symbols"]

FEATURES = ("Color", "Orientation", "Size", "Gap")
NOTHING = len(FEATURES)
N_FEATURES = 9
"""Numbers that tell of a bar, see `look`."""

INTERVALS = (0, 6, 12, 18)
MOST = 12
"""Bars; for more of them there is hardly ever a place."""

_BETWEEN = 1.5  # from the middle of a bar to the end of its gap


class Bars(NamedTuple):
    """Bars of displays; those beyond the set size are not shown.

    Attributes:
        ends: x and y of the first, x and y of the second, in pixels; to the right or downwards.
        red, gap: features.
    """

    ends: Float[np.ndarray, "trial bar 4"]
    red: Bool[np.ndarray, "trial bar"]
    gap: Bool[np.ndarray, "trial bar"]


class Symbols(NamedTuple):
    """What is drawn by chance.

    Attributes:
        set_size, retention: bars, and blank frames between the displays.
        before, after: both displays.
        feature: that has changed, index into `FEATURES`; 4 for none.
    """

    set_size: Int[np.ndarray, " trial"]
    retention: Int[np.ndarray, " trial"]
    before: Bars
    after: Bars
    feature: Int[np.ndarray, " trial"]


# ---- symbols -------------------------------------------------------------------------------------


def sample(
    conditions: Conditions, rng: np.random.Generator, official: bool, feature: int
) -> Symbols:
    """Symbols of trials in which this feature changes; any of them if it is `NOTHING`."""
    size = conditions["set_size"]
    n = len(size)
    retention = conditions.get("retention_interval")
    retention = rng.choice(INTERVALS, n) if retention is None else retention
    start, large = placed(size, rng, official)
    upright, red, gap = rng.random((3, *large.shape)) < 0.5
    before = Bars(_ends(start, np.where(large, LARGE, SMALL), upright), red, gap)
    changing = np.full(n, feature) if feature < NOTHING else rng.integers(0, NOTHING, n)
    changing = np.where(rng.random(n) < 0.5, changing, NOTHING)
    which = (rng.random(n) * size).astype(int)
    return Symbols(size, retention, before, changed(before, which, changing, official), changing)


def _ends(
    start: Int[np.ndarray, "trial bar 2"],
    length: Int[np.ndarray, "trial bar"],
    upright: Bool[np.ndarray, "trial bar"],
) -> Float[np.ndarray, "trial bar 4"]:
    along = np.stack([np.where(upright, 0, length), np.where(upright, length, 0)], axis=2)
    return np.concatenate([start, start + along], axis=2).astype(float)


def changed(
    before: Bars,
    which: Int[np.ndarray, " trial"],
    feature: Int[np.ndarray, " trial"],
    official: bool,
) -> Bars:
    """The display in which a feature of one bar is the other."""
    ends, red, gap = (each.copy() for each in before)
    color, orientation, size, hole = (np.flatnonzero(feature == k) for k in range(NOTHING))
    red[color, which[color]] ^= True
    gap[hole, which[hole]] ^= True
    ends[orientation, which[orientation]] = _turned(ends[orientation, which[orientation]])
    ends[size, which[size]] = _resized(ends[size, which[size]], official)
    return Bars(ends, red, gap)


def _turned(ends: Float[np.ndarray, "bar 4"]) -> Float[np.ndarray, "bar 4"]:
    """About the middle, by a right angle."""
    middle, half = (ends[:, :2] + ends[:, 2:]) / 2, (ends[:, 2:] - ends[:, :2]) / 2
    return np.concatenate([middle - half[:, ::-1], middle + half[:, ::-1]], axis=1)


def _resized(ends: Float[np.ndarray, "bar 4"], official: bool) -> Float[np.ndarray, "bar 4"]:
    """Longer or shorter at both ends; the middle stays."""
    along = ends[:, 2:] - ends[:, :2]
    length = along.max(axis=1, keepdims=True)
    other = np.where(length == SMALL, LARGE, SMALL)
    by = np.where(length == SMALL, LARGE / 4, -SMALL / 4) if official else (other - length) / 2
    out = by * (along > 0)
    return np.concatenate([ends[:, :2] - out, ends[:, 2:] + out], axis=1)


# ---- what is asked and seen ----------------------------------------------------------------------


def ask(symbols: Symbols) -> Asked:
    """Whether anything has changed."""
    once = np.ones_like(symbols.set_size)
    time = timeline({"M": once, "R": symbols.retention, "P": once})
    labels, probed = unasked(time), at_phase(time, "P")
    labels[probed] = symbols.feature < NOTHING
    return Asked(time, labels, probed)


def look(symbols: Symbols) -> dict[str, Layer]:
    """Bars: whether there is one, its ends in heights of the frame, whether it is red, broken.

    Then, for who cannot see it from its ends, whether it stands, and how much longer than a small
    one it is, in lengths by which a large one is.
    """
    time = ask(symbols).time
    shown = np.zeros((*time.phase.shape, MOST, N_FEATURES), np.float32)
    n_bars = symbols.before.red.shape[1]
    there = np.arange(n_bars)[None] < symbols.set_size[:, None]
    for letter, bars in (("M", symbols.before), ("P", symbols.after)):
        trial, frame = np.nonzero(at_phase(time, letter))
        along = bars.ends[..., 2:] - bars.ends[..., :2]
        stands, more = along[..., 1] > along[..., 0], (along.max(axis=2) - SMALL) / (LARGE - SMALL)
        rest = [each[..., None] for each in (bars.red, bars.gap, stands, more)]
        each = [there[..., None], bars.ends / FULL, *rest]
        shown[trial, frame, :n_bars] = np.concatenate(each, axis=2) * there[..., None]
    seen = at_phase(time, "M") | at_phase(time, "P")
    features = shown[seen]
    # A bar that was turned may end between pixels, which nobody sees.
    beyond = np.zeros_like(features)
    beyond[..., 1:5] = features[..., 1:5] - _whole(features[..., 1:5] * FULL) / FULL
    return {"bars": Layer(seen, *(each.reshape(len(each), -1) for each in (features, beyond)))}


def paint(
    on: Float[np.ndarray, "picture feature"], size: int
) -> UInt8[np.ndarray, "picture row column 3"]:
    """Pictures of bars, drawn in full and shrunk."""
    bars = on.reshape(len(on), MOST, N_FEATURES)
    bars = bars[:, : int(bars[..., 0].sum(axis=1).max())]
    there, red, gap = (bars[..., k] > 0.5 for k in (0, 5, 6))
    ends = bars[..., 1:5] * FULL
    middle, along = (ends[..., :2] + ends[..., 2:]) / 2, ends[..., 2:] - ends[..., :2]
    hole = _BETWEEN * (along > along[..., ::-1])
    black = np.concatenate([middle - hole, middle + hole], axis=2)
    hole = _covered(black, there & gap)
    inks = [_covered(ends, there & own) & ~hole for own in (red, ~red)]
    # One ink after the other: all of them at full size would need much memory.
    shares = np.concatenate([shrunk(ink[..., None], size) for ink in (*inks, hole)], axis=3)
    ground = np.asarray(GRAY, np.float32)
    found = ground + shares @ (np.asarray([RED, GREEN, BLACK], np.float32) - ground)
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def _covered(
    ends: Float[np.ndarray, "picture bar 4"], which: Bool[np.ndarray, "picture bar"]
) -> Bool[np.ndarray, "picture row column"]:
    """Pixels of lines that are three pixels wide."""
    pixel = np.arange(FULL, dtype=np.float32)
    lying = (ends[..., 2] > ends[..., 0])[..., None]
    x, y = (
        (pixel >= _whole(ends[..., k])[..., None] - wide)
        & (pixel <= _whole(ends[..., k + 2])[..., None] + wide)
        for k, wide in ((0, ~lying), (1, lying))
    )
    rows = (y & which[..., None]).astype(np.float32)
    return rows.swapaxes(1, 2) @ x.astype(np.float32) > 0


def _whole(at: Float[np.ndarray, "*more"]) -> Float[np.ndarray, "*more"]:
    return np.round(at, 3) // 1


def _task(name: str, feature: int, what: str) -> WormTask:
    return WormTask(
        name=f"CD_{name}",
        title=f"change detection, {what}",
        function="storage",
        domain="visual",
        levels={"set_size": (2, 4, 6, 8, 10, 12), "retention_interval": INTERVALS},
        official_levels={"set_size": (2, 4, 6, 8, 10, 12)},
        allowed={"set_size": range(1, MOST + 1), "retention_interval": range(N_FRAMES - 1)},
        held_out={"set_size": (10, 12), "retention_interval": (18,)},
        n_answers=1,
        sample=partial(sample, feature=feature),
        ask=ask,
        look=look,
        painters={"bars": paint},
        describe=lambda symbols: {
            "retention_interval": symbols.retention,
            "changed_feature": symbols.feature,
            "answer": (symbols.feature < NOTHING).astype(int),
        },
    )


CHANGE_DETECTION = tuple(
    _task(name, k, what)
    for k, (name, what) in enumerate(
        [
            ("Color", "colour"),
            ("Orientation", "orientation"),
            ("Size", "size"),
            ("Gap", "gap"),
            ("Conj", "conjunction"),
        ]
    )
)
"""The five tasks, which share a head."""
