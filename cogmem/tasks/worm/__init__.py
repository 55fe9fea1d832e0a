"""WorM: ten working-memory tasks in fourteen identities (Sikarwar & Zhang, NeurIPS 2023).

| id | identity | asks |
|---|---|---|
| 0 | SC | whether cells seen one by one are symmetric |
| 1 | SFR | which squares turned red, in any order |
| 2 | SI | whether parts of a line make that line |
| 3 | SMU | where marks went, by arrows |
| 4 | STS | up or down, left or right, by the last cue |
| 5 | VIR | which of two patterns was in the list |
| 6 | VSR | where the first pattern stands, where the second, ... |
| 7 | VSRec | which of two patterns came first, which second, ... |
| 8-12 | CD_Color, CD_Orientation, CD_Size, CD_Gap, CD_Conj | whether a bar has changed |
| 13 | CS | two items, between which other things are judged |

Written anew from the description of tasks; nothing is read from files. Each sample is a function of
task, number of trials, seed, split, block and levels:

    batch = make_batch("VIR", 512, seed=0)
    batch.frames        # [512, 20, 32, 32, 3], uint8
    batch.labels        # [512, 20], -1 where nothing is asked
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Int, Int8, Int16, Shaped

from cogmem.errors import InvalidValue, UnknownName
from cogmem.tasks.worm.change_detection import CHANGE_DETECTION
from cogmem.tasks.worm.complex_span import CS
from cogmem.tasks.worm.spatial_coordination import SC
from cogmem.tasks.worm.spatial_free_recall import SFR
from cogmem.tasks.worm.spatial_integration import SI
from cogmem.tasks.worm.spatial_memory_updating import SMU
from cogmem.tasks.worm.spatial_task_switching import STS
from cogmem.tasks.worm.task import (
    Asked,
    Levels,
    Split,
    Trials,
    WormTask,
    draw,
    render,
    symbolic,
)
from cogmem.tasks.worm.timeline import N_FRAMES, NO_LABEL, PHASES, SEVERAL, Timeline
from cogmem.tasks.worm.visual_item_recognition import VIR
from cogmem.tasks.worm.visual_serial_recall import VSR
from cogmem.tasks.worm.visual_serial_recognition import VSREC

__all__ = [
    "NO_LABEL",
    "N_FRAMES",
    "PHASES",
    "SEVERAL",
    "TASKS",
    "Asked",
    "Batch",
    "Render",
    "Timeline",
    "Trials",
    "WormTask",
    "draw",
    "make_batch",
    "render",
    "symbolic",
    "task_of",
]

TASKS: dict[str, WormTask] = {
    task.name: task for task in (SC, SFR, SI, SMU, STS, VIR, VSR, VSREC, *CHANGE_DETECTION, CS)
}
"""By identity, in the order of their ids."""

Render = Literal["rgb32", "rgb96", "symbolic"]
_SIZES = {"rgb32": 32, "rgb96": 96}


class Batch(NamedTuple):
    """Trials of a task, ready for a network.

    Attributes:
        frames: [trial, frame, row, column, 3] uint8, or [trial, frame, feature] float32.
        labels: right answers; -1 nothing is asked, -2 several, see `targets`.
        scored: where answers count.
        phase: index into `PHASES`.
        length: frames before the end.
        conditions: by name, [trial].
        about: by name, [trial, frame]; see `Asked`.
        targets: [trial, frame, answer], of free recall only.
        symbols: what was drawn by chance.
    """

    frames: Shaped[np.ndarray, "trial frame *picture"]
    labels: Int16[np.ndarray, "trial frame"]
    scored: Bool[np.ndarray, "trial frame"]
    phase: Int8[np.ndarray, "trial frame"]
    length: Int16[np.ndarray, " trial"]
    conditions: dict[str, Int[np.ndarray, " trial"]]
    about: dict[str, Int[np.ndarray, "trial frame"]]
    targets: Bool[np.ndarray, "trial frame answer"] | None
    symbols: Any


def task_of(name: str) -> WormTask:
    """The task of this identity.

    Raises:
        UnknownName: if there is none.
    """
    if name not in TASKS:
        raise UnknownName("task of WorM", str(name), TASKS)
    return TASKS[name]


def make_batch(
    name: str,
    n_trials: int,
    *,
    seed: int,
    block: int = 0,
    split: Split = "train",
    levels: Levels | None = None,
    look: Render = "rgb32",
    official: bool = False,
) -> Batch:
    """Trials of a task, drawn.

    Args:
        name: identity of the task.
        n_trials, seed, block, split, levels: see `draw`.
        look: pictures of 32 or 96 pixels on a side, or symbols, see `symbolic`.
        official: with all quirks of the official generator, and black frames after the end.

    Raises:
        UnknownName: for a task that there is not.
        InvalidValue: for another look; see also `draw`.
    """
    task = task_of(name)
    if look not in get_args(Render):
        raise InvalidValue(f"look is {look!r}, expected one of {', '.join(get_args(Render))}.")
    how: Any = {"seed": seed, "block": block, "split": split, "levels": levels}
    trials = draw(task, n_trials, **how, official=official)
    frames = (
        symbolic(task, trials)
        if look == "symbolic"
        else render(task, trials, _SIZES[look], official=official)
    )
    asked = trials.asked
    time = asked.time
    return Batch(
        frames,
        asked.labels,
        asked.scored,
        time.phase,
        time.length,
        trials.conditions,
        dict(asked.about),
        asked.targets,
        trials.symbols,
    )
