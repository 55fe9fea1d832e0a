"""Networks that were taught WorM; each is taught once, and all experiments ask the same ones.

    networks = graduates(config, ("VSR", "VIR"), session)
    table = answers(networks, {"VSR": {"list_length": (5,)}}, n_trials=960)

A network has a store of its own, named by what it was taught and how, in which its progress is
written; so several may be taught at the same time by several processes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import pandas as pd

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.lab.settings import setting
from cogmem.models.checkpoint import load_state
from cogmem.models.frame_network import NetworkWeights, SmallPictures
from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_course import Course, Progress, examined, follow, network_of
from cogmem.tasks.worm import TASKS, Render
from cogmem.tasks.worm.task import Levels

__all__ = ["Graduate", "Networks", "Schooling", "answers", "graduates"]

LOOKS: tuple[Render, ...] = ("symbolic",)


@dataclass(frozen=True)
class Networks:
    """What is taught, for how long, to how many networks, and how much is asked."""

    all_tasks: bool = setting(False, meaning="all fourteen identities, not only those asked for")
    width: int = setting(96, (1, 4096), meaning="gated recurrent units")
    n_steps: int = setting(800, (10, 10_000_000), meaning="steps of learning")
    batch: int = setting(64, (1, 4096), meaning="trials of each task in a step")
    rate: float = setting(3e-3, (0.0, 1.0), meaning="of Adam; a tenth of it at the end")
    n_subjects: int = setting(2, (2, 1000), meaning="networks")
    n_trials: int = setting(960, (12, 1_000_000), meaning="trials of each task at test")
    seed: int = setting(0, (0, 2**31 - 1), meaning="of everything random")


@dataclass(frozen=True)
class Schooling:
    """How one network is taught, by a curriculum, with symbols or pictures."""

    tasks: tuple[str, ...]
    width: int
    n_steps: int
    batch: int
    rate: float
    seed: int
    look: Render = "symbolic"

    @property
    def course(self) -> Course:
        """As a course."""
        n_inputs = 128 + len(self.tasks)
        core, encoder = RecurrentCore(self.width), SmallPictures()
        network = network_of(core, self.tasks, self.look, n_inputs, encoder)
        how: Any = {"batch": self.batch, "n_steps": self.n_steps, "rate": self.rate}
        return Course(network, look=self.look, seed=self.seed, **how)

    @property
    def milestones(self) -> tuple[int, ...]:
        """Steps after which weights are kept, to see what is learnt first."""
        return (self.n_steps // 10, self.n_steps // 3)


class Graduate(NamedTuple):
    """A network that was taught.

    Attributes:
        course: how.
        progress: at the end.
        earlier: weights at the milestones, by step.
    """

    course: Course
    progress: Progress
    earlier: dict[int, NetworkWeights]

    @property
    def weights(self) -> NetworkWeights:
        """Those that were best in full tests."""
        return self.progress.best


def graduates(
    config: Networks, tasks: tuple[str, ...], session: Session, looks: Sequence[Render] = LOOKS
) -> list[Graduate]:
    """Networks that were taught these tasks, or all; what was learnt before is not taught again.

    Args:
        config: how many, and how.
        tasks: which, if not all.
        session: told of progress; in its folder the networks are kept.
        looks: how frames look; as many networks are taught with each.

    Raises:
        StoreBusy: if another process teaches one of them.
    """
    chosen = tuple(k for k in TASKS if config.all_tasks or k in tasks)
    report = session.begin(config.n_subjects * config.n_steps * len(looks))
    how = (config.width, config.n_steps, config.batch, config.rate)
    return [
        _taught(Schooling(chosen, *how, config.seed + place, look), session, report)
        for look in looks
        for place in range(config.n_subjects)
    ]


def _taught(schooling: Schooling, session: Session, report: Any) -> Graduate:
    course, store = schooling.course, session.store("worm_network", schooling)
    path, fresh = store.path / "progress", course.begin(key=jax.random.key(course.seed))
    with nullcontext() if _finished(course, path, fresh) else store.writing():
        kept = dict(_milestones(schooling, course, path, fresh, report))
        progress = follow(course, path, report=report)
    return Graduate(course, progress, kept)


def _finished(course: Course, path: Path, fresh: Progress) -> bool:
    """Whether nothing is to be written, so that many may read at once."""
    return path.is_file() and int(load_state(path, course, fresh).step) == course.n_steps


def _milestones(
    schooling: Schooling, course: Course, path: Path, fresh: Progress, report: Any
) -> Iterator[tuple[int, NetworkWeights]]:
    """Weights by step; a copy of the progress is kept of each."""
    for step in schooling.milestones:
        kept = path.with_name(f"progress-{step}")
        if not kept.is_file():
            reached = int(follow(course, path, until=step, report=report).step)
            if reached > step:
                raise InvalidValue(
                    f"{path} is at step {reached}, but {kept.name} is missing, expected both. "
                    f"Delete {path.parent} to teach this network again."
                )
            partial = path.with_name(f".{kept.name}")
            shutil.copyfile(path, partial)
            os.replace(partial, kept)
        yield step, load_state(kept, course, fresh).learning.weights


def answers(
    networks: Sequence[Graduate],
    exams: Mapping[str, Levels | None],
    n_trials: int,
    *,
    step: int | None = None,
) -> pd.DataFrame:
    """What all networks answer, see `examined`, with a column `subject`.

    Args:
        networks: who is asked.
        exams: levels by task, None for all.
        n_trials: of each task.
        step: milestone at which they are asked; None for the end.
    """
    tables = []
    for place, each in enumerate(networks):
        weights = each.weights if step is None else each.earlier[step]
        table = examined(each.course, weights, n_trials, levels=exams)
        tables.append(table.assign(subject=place))
    return pd.concat(tables, ignore_index=True)
