"""From easy trials of WorM to all of them, for networks that cannot wait.

Comparisons of what was seen with what is seen are not learnt from full trials in the time that a
processor has: nothing is gained until much is understood. A curriculum begins with trials so short
that the comparison is all that is to be found. It is ours; the published networks had none, and a
million updates.
"""

from __future__ import annotations

from cogmem.tasks.worm import TASKS
from cogmem.tasks.worm.task import Levels

__all__ = ["STAGES", "levels_at", "taught_levels"]

_CHANGES: tuple[Levels, ...] = (
    {"set_size": (1,), "retention_interval": (0,)},
    {"set_size": (1, 2), "retention_interval": (0,)},
    {"set_size": (1, 2, 4), "retention_interval": (0, 6)},
    {"set_size": (2, 4, 6), "retention_interval": (0, 6, 12, 18)},
)


def _spans(items: tuple[int, ...], options: tuple[int, ...], slots: tuple[int, ...]) -> Levels:
    """Complex spans without distractors."""
    return {"n_items": items, "n_options": options, "n_slots": slots, "n_distractors": (0,)}


STAGES: dict[str, tuple[Levels, ...]] = {
    "SC": tuple({"list_length": (*range(2, most + 2, 2),)} for most in (2, 4, 6, 8, 12)),
    "SFR": tuple({"list_length": (*range(1, most + 1),)} for most in (1, 2, 4, 8)),
    "SI": ({"part_size": (12,)}, {"part_size": (6, 12)}, {"part_size": (3, 4, 6, 12)}),
    "SMU": (
        {"set_size": (1,), "updates_per_box": (1,)},
        {"set_size": (1, 2), "updates_per_box": (1, 2)},
        {"set_size": (1, 2, 3), "updates_per_box": (1, 2, 3)},
        {"set_size": (1, 2, 3, 4, 5), "updates_per_box": (1, 2, 3)},
    ),
    "STS": (),
    "VIR": (
        {"list_length": (1,), "retention_interval": (0,), "difference": (12, 18)},
        {"list_length": (1,), "retention_interval": (0, 1), "difference": (6, 8, 10)},
        {"list_length": (1, 2), "retention_interval": (0, 2), "difference": (4, 6, 8)},
        {"list_length": (2, 4), "retention_interval": (0, 2, 4), "difference": (4, 6)},
    ),
    "VSR": (
        {"list_length": (1,), "n_foils": (1,)},
        {"list_length": (1,), "n_foils": (1, 2)},
        {"list_length": (1, 2), "n_foils": (0, 1)},
        {"list_length": (2,)},
        {"list_length": (2, 3)},
        {"list_length": (2, 3, 4, 5)},
    ),
    "VSRec": (
        {"list_length": (1,), "difference": (10,)},
        {"list_length": (1, 2), "difference": (8, 10)},
        {"list_length": (2, 3, 4), "difference": (4, 6, 8, 10)},
        {"list_length": (2, 3, 4, 5, 6), "difference": (2, 4, 6, 8, 10)},
    ),
    **{f"CD_{name}": _CHANGES for name in ("Color", "Orientation", "Size", "Gap", "Conj")},
    "CS": (
        _spans(items=(1,), options=(2,), slots=(0,)),
        _spans(items=(1,), options=(2, 3), slots=(0, 1)),
        _spans(items=(1, 2), options=(2, 4), slots=(0,)),
        _spans(items=(2,), options=(3, 5), slots=(0, 1, 2)),
        _spans(items=(2,), options=(4, 6, 8), slots=(2, 3)),
        {"n_distractors": (0,)},
        {"n_distractors": (0, 1, 3)},
    ),
}
"""By task, what comes before all levels of the task, the easiest first."""


def taught_levels(name: str, levels: Levels | None = None) -> Levels:
    """Those levels, or all of the task, but for those that may be held out."""
    held, levels = TASKS[name].held_out, TASKS[name].levels if levels is None else levels
    return {
        key: tuple(each for each in own if each not in held.get(key, ()))
        for key, own in levels.items()
    }


def levels_at(name: str, stage: int) -> Levels | None:
    """Levels of a stage; None, which is all of them, after the last one."""
    stages = STAGES[name]
    return stages[stage] if stage < len(stages) else None
