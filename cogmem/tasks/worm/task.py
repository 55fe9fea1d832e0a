"""The one form of all tasks of WorM: symbols first, then what is asked of them, then pictures.

    trials = draw(VIR, 512, seed=0)        # symbols, labels, conditions
    frames = render(VIR, trials, 32)       # or `symbolic(VIR, trials)`

A sample of trials is a function of the task, how many they are, the seed, the split, the number of
its block and the levels, and of nothing else; so two samples of 64 trials are not one of 128.
Labels come from symbols; nothing is read off pictures.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float, Int, Int16, Shaped, UInt8

from cogmem.errors import InvalidValue, UnknownName
from cogmem.tasks.worm.pictures import FULL, blank
from cogmem.tasks.worm.timeline import N_FRAMES, Timeline

__all__ = [
    "Asked",
    "Layer",
    "Levels",
    "Painter",
    "Split",
    "Trials",
    "WormTask",
    "draw",
    "render",
    "symbolic",
]

Split = Literal["train", "validation", "test"]
Levels = Mapping[str, tuple[int, ...]]
Conditions = dict[str, Int[np.ndarray, " trial"]]
Painter = Callable[[np.ndarray, int], UInt8[np.ndarray, "picture row column 3"]]
"""Pictures from descriptions [picture, feature], with so many pixels on a side."""


class Asked(NamedTuple):
    """What a trial asks.

    Attributes:
        time: phases.
        labels: right answer at each frame, -1 where there is none.
        scored: where answers count in the task's own score; idle frames never do.
        targets: of those tasks in which several answers are right at once.
        about: what accuracy may depend on, by frame, e.g. the serial position that is asked for.
    """

    time: Timeline
    labels: Int16[np.ndarray, "trial frame"]
    scored: Bool[np.ndarray, "trial frame"]
    targets: Bool[np.ndarray, "trial frame answer"] | None = None
    about: Mapping[str, Int[np.ndarray, "trial frame"]] = MappingProxyType({})


class Layer(NamedTuple):
    """Frames that look alike but for some features.

    Attributes:
        where: which frames.
        features: of each of them, in their order.
        chance: what is taken away in symbols: how often a cell is on by chance, as what half of all
            patterns share tells nothing and is all that is learnt from at first; and what is
            smaller than a pixel.
    """

    where: Bool[np.ndarray, "trial frame"]
    features: Shaped[np.ndarray, "picture feature"]
    chance: float | Float[np.ndarray, "picture feature"] = 0.0


class Trials(NamedTuple):
    """Some trials of a task.

    Attributes:
        symbols: what was drawn by chance; of each task its own, all arrays with trials first.
        asked: labels.
        conditions: by name, [trial].
    """

    symbols: Any
    asked: Asked
    conditions: Conditions


@dataclass(frozen=True)
class WormTask:
    """A task, or one of the five variants of change detection.

    Attributes:
        name: its identity, by which it is known in WorM.
        title: in words.
        function: storage, integration, updating or executive control.
        domain: visual, spatial or visuo-spatial.
        levels: that trials are crossed of, by condition.
        allowed: all levels that can be asked for.
        held_out: levels that may be kept from training, to be tested later (our choice).
        n_answers: outputs of its head.
        sample: symbols of trials with given conditions; `official` with the quirks of the official
            generator.
        ask: labels of symbols.
        look: layers of symbols, by name; other frames are blank.
        painters: of each layer.
        describe: further conditions that can be told from symbols.
        compatible: whether levels may be combined.
        official_levels: those of the official generator, if they are others.
    """

    name: str
    title: str
    function: str
    domain: str
    levels: Levels
    allowed: Mapping[str, Collection[int]]
    held_out: Levels
    n_answers: int
    sample: Callable[[Conditions, np.random.Generator, bool], Any]
    ask: Callable[[Any], Asked]
    look: Callable[[Any], dict[str, Layer]]
    painters: Mapping[str, Painter]
    describe: Callable[[Any], Conditions] = field(default=lambda symbols: {})
    compatible: Callable[[dict[str, int]], bool] = field(default=lambda levels: True)
    official_levels: Levels | None = None


def draw(
    task: WormTask,
    n_trials: int,
    *,
    seed: int,
    block: int = 0,
    split: Split = "train",
    levels: Levels | None = None,
    official: bool = False,
) -> Trials:
    """Trials in which each combination of levels is as frequent as the others.

    Args:
        task: which.
        n_trials: how many; if no multiple of the number of combinations, the first ones are once
            more frequent.
        seed: of the run.
        block: which of the many samples of this seed.
        split: samples of different splits have nothing in common but chance.
        levels: others than the task's, all of them or some; combinations that take more than 20
            frames are left out.
        official: with the quirks of the official generator.

    Raises:
        UnknownName: for conditions that the task does not have.
        InvalidValue: for fewer than 1 trial, levels that cannot be drawn, an unknown split, or
            negative numbers.
    """
    _check(n_trials, seed, block, split)
    conditions = crossed(task, n_trials, levels_of(task, levels or {}), official)
    symbols = task.sample(conditions, _generator(task, seed, block, split), official)
    return Trials(symbols, task.ask(symbols), conditions | task.describe(symbols))


def levels_of(task: WormTask, given: Mapping[str, Iterable[int]]) -> Levels:
    """Levels as they were given, all of which can be drawn.

    Raises:
        UnknownName: for conditions that the task does not have.
        InvalidValue: for other levels.
    """
    found = {}
    for name, wanted in given.items():
        if name not in task.levels:
            raise UnknownName(f"condition of {task.name}", str(name), task.levels)
        levels = tuple(wanted) if isinstance(wanted, Iterable) else ()
        whole = all(isinstance(level, int | np.integer) for level in levels)
        if not levels or not whole or not set(levels) <= set(task.allowed[name]):
            raise InvalidValue(
                f"levels of {name} are {wanted!r}; {task.name} can have "
                f"{', '.join(map(str, task.allowed[name]))}: give one or more of these, e.g. "
                f"levels={{{name!r}: {task.levels[name]!r}}}."
            )
        found[name] = tuple(int(level) for level in levels)
    return found


def crossed(task: WormTask, n_trials: int, levels: Levels, official: bool) -> Conditions:
    """The levels of each trial: in turn all combinations that take no more than 20 frames.

    Raises:
        InvalidValue: if a level that was asked for is in none of them.
    """
    usual = task.official_levels if official else None
    chosen = {**(usual or task.levels), **levels}
    rows = [dict(zip(chosen, row, strict=True)) for row in itertools.product(*chosen.values())]
    rows = [row for row in rows if task.compatible(row)]
    for name in levels:
        lost = sorted(set(chosen[name]) - {row[name] for row in rows})
        if lost:
            raise InvalidValue(
                f"trials of {task.name} whose {name} is {', '.join(map(str, lost))} take more than "
                f"{N_FRAMES} frames, or have no place for what is to be shown, beside these "
                f"levels: {chosen}. Choose others."
            )
    places = np.arange(n_trials) % len(rows)
    return {name: np.array([row[name] for row in rows])[places] for name in chosen}


def _generator(task: WormTask, seed: int, block: int, split: Split) -> np.random.Generator:
    """By name, not by place, so that it does not matter which other tasks there are."""
    own = int.from_bytes(task.name.encode(), "little")
    sequence = np.random.SeedSequence([seed, own, get_args(Split).index(split), block])
    return np.random.Generator(np.random.Philox(sequence))


def render(
    task: WormTask, trials: Trials, size: int = 32, *, official: bool = False
) -> UInt8[np.ndarray, "trial frame row column 3"]:
    """Frames of `size` pixels on a side, levels of red, green and blue.

    After its end a trial shows the background, or black as in the official data.

    Raises:
        InvalidValue: for fewer than 1 pixel, or more than 96, in which everything is drawn.
    """
    if not isinstance(size, int | np.integer) or not 1 <= size <= FULL:
        raise InvalidValue(f"size is {size!r}, expected 1 to {FULL} pixels on a side, e.g. 32.")
    n = len(trials.asked.labels)
    frames = np.broadcast_to(blank(size), (n, N_FRAMES, size, size, 3)).copy()
    for name, layer in task.look(trials.symbols).items():
        paint, places = task.painters[name], np.nonzero(layer.where)
        for rows in _blocks(len(places[0])):
            frames[places[0][rows], places[1][rows]] = paint(layer.features[rows], size)
    if official:
        frames[np.arange(N_FRAMES)[None] >= trials.asked.time.length[:, None]] = 0
    return frames


def _blocks(n: int, most: int = 512) -> Iterator[slice]:
    """So few pictures at a time that what is computed of them needs little memory."""
    return (slice(start, start + most) for start in range(0, n, most))


def symbolic(task: WormTask, trials: Trials) -> Float[np.ndarray, "trial frame feature"]:
    """What frames show, as numbers: of each layer whether it is seen, and its features.

    Cells of patterns are .5 if they are on and -.5 if not; others 1 or 0, see `Layer`. Where a
    frame is blank all are 0; nothing is told that is not to be seen.
    """
    shape = trials.asked.labels.shape
    columns = []
    for layer in task.look(trials.symbols).values():
        shown = np.zeros((*shape, 1 + layer.features.shape[1]), np.float32)
        shown[layer.where, 0] = 1
        shown[layer.where, 1:] = layer.features - layer.chance
        columns.append(shown)
    return np.concatenate(columns, axis=2)


def _check(n_trials: int, seed: int, block: int, split: str) -> None:
    for what, given, least in (("n_trials", n_trials, 1), ("seed", seed, 0), ("block", block, 0)):
        if not isinstance(given, int | np.integer) or given < least:
            raise InvalidValue(f"{what} is {given!r}, expected a whole number of {least} or more.")
    if split not in get_args(Split):
        raise InvalidValue(f"split is {split!r}, expected one of {', '.join(get_args(Split))}.")
