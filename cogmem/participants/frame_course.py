"""A course in working memory: a network is taught all tasks of WorM together, and may pause.

    network = network_of(RecurrentCore(96), tuple(TASKS), "symbolic", 142)
    course = Course(network, n_steps=12_000)
    progress = follow(course, path="gru.ckpt")
    table = examined(course, progress.learning.weights)

Trials of each step depend on the seed and the number of the step alone, so that a course that was
stopped goes on as if it had not been. With a curriculum a task begins with its easiest trials and
goes on to the next stage whenever trials of another sample are answered well enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.frame_network import (
    FrameNetwork,
    NetworkWeights,
    Pictures,
    SmallPictures,
    Symbols,
)
from cogmem.models.memory_cores import Core
from cogmem.models.parameters import check_sizes
from cogmem.participants import frame_lessons
from cogmem.participants.frame_lessons import Learning, Lesson, learn, right, said_of_task
from cogmem.participants.reporting import Report, silent
from cogmem.tasks.worm import TASKS, Batch, Render, make_batch
from cogmem.tasks.worm.curriculum import STAGES, levels_at, taught_levels
from cogmem.tasks.worm.task import Levels

__all__ = [
    "Course",
    "Progress",
    "examined",
    "first_recalled",
    "follow",
    "free_recalled",
    "network_of",
    "probabilities_by",
]

WEIGHT_OF_CELLS = 10.0
"""Of spatial free recall, whose loss is a mean over 100 cells most of which are never right."""


class Progress(NamedTuple):
    """Where a course is.

    Attributes:
        learning: weights, and what the optimiser remembers.
        step: that comes next.
        stages: of the curriculum, by task.
        history: shares of right answers to trials of all levels, at each full test; NaN before it.
        best: weights at that full test whose mean over tasks was highest.
    """

    learning: Learning
    step: Int[Array, ""]
    stages: Int[Array, " task"]
    history: Float[Array, "test task"]
    best: NetworkWeights


class Course(eqx.Module):
    """What is taught, and how.

    Attributes:
        network: who is taught; its tasks are those of the course.
        look: pictures or symbols.
        batch: trials of each task in a step.
        n_steps: of the whole course.
        rate: of Adam; in the last third it falls to a tenth of that.
        clip: longest gradient.
        curriculum: whether tasks begin with easy trials.
        enough: share of right answers that leads to the next stage.
        every: steps between tests at the stages, after which progress is written to disk.
        full_every: steps between full tests, of all levels.
        n_tested: trials of each task in a full test; they are always the same.
        patience: full tests without a better one after which the course ends early; 0 for never.
        whole: whether all levels are taught, or without those that are held out for later tests.
        seed: of trials and first weights.
    """

    network: FrameNetwork
    look: Render = eqx.field(static=True, default="symbolic")
    batch: int = eqx.field(static=True, default=64)
    n_steps: int = eqx.field(static=True, default=10_000)
    rate: float = eqx.field(static=True, default=1.5e-3)
    clip: float = eqx.field(static=True, default=1.0)
    curriculum: bool = eqx.field(static=True, default=True)
    enough: float = eqx.field(static=True, default=0.8)
    every: int = eqx.field(static=True, default=50)
    full_every: int = eqx.field(static=True, default=250)
    n_tested: int = eqx.field(static=True, default=128)
    patience: int = eqx.field(static=True, default=0)
    whole: bool = eqx.field(static=True, default=True)
    seed: int = eqx.field(static=True, default=0)

    def __check_init__(self) -> None:
        check_sizes(self, "batch", "n_steps", "every", "full_every", "n_tested")
        if self.full_every % self.every:
            raise InvalidValue(
                f"full tests every {self.full_every} steps, expected a multiple of {self.every}, "
                "the steps between others."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of tasks."""
        return tuple(name for name, _, _ in self.network.tasks)

    def rate_at(self, step: int) -> float:
        """Of Adam."""
        left = (self.n_steps - step) / (self.n_steps / 3)
        return self.rate * (0.1 + 0.9 * min(1.0, left))

    def begin(self, *, key: PRNGKeyArray) -> Progress:
        """Before the first step."""
        learning = frame_lessons.begin(self.network, rate=self.rate, clip=self.clip, key=key)
        at, n_tests = jnp.asarray(0), -(-self.n_steps // self.full_every)
        stages = jnp.zeros(len(self.names), at.dtype)
        history = jnp.full((n_tests, len(self.names)), jnp.nan)
        return Progress(learning, at, stages, history, learning.weights)

    def trials(self, name: str, block: int, stage: int, split: str = "train") -> Batch:
        """Trials of a task at a stage; without a curriculum all are of the last one."""
        levels = levels_at(name, stage) if self.curriculum else None
        levels = levels if self.whole else taught_levels(name, levels)
        how = {"seed": self.seed, "block": block, "split": split, "levels": levels}
        return make_batch(name, self.batch, look=self.look, **how)  # type: ignore[arg-type]


def network_of(
    core: Core,
    names: tuple[str, ...],
    look: Render,
    n_inputs: int,
    encoder: Pictures | SmallPictures | None = None,
) -> FrameNetwork:
    """A network for tasks of WorM, with one head for all kinds of change detection.

    Args:
        core: what remembers.
        names: of tasks.
        look: pictures or symbols.
        n_inputs: of the core, the task code among them.
        encoder: of pictures, the official one if none is given; symbols have their own.
    """
    heads = tuple((k, "CD" if k.startswith("CD_") else k, TASKS[k].n_answers) for k in names)
    if look != "symbolic":
        return FrameNetwork(core, encoder or Pictures(), heads, n_inputs)
    widths = ((k, make_batch(k, 1, seed=0, look=look).frames.shape[2]) for k in names)
    return FrameNetwork(core, Symbols(tuple(widths)), heads, n_inputs)


def follow(
    course: Course,
    path: str | Path | None = None,
    *,
    until: int | None = None,
    report: Report = silent,
) -> Progress:
    """Take a course, from where it was left.

    Args:
        course: which.
        path: file of the progress; None to keep none.
        until: step before which to stop; None for the end.
        report: told the number of steps done, and stages and shares of right answers.

    Raises:
        InvalidValue: if the file is of another course.
    """
    progress = _left(course, path)
    end = course.n_steps if until is None else min(until, course.n_steps)
    told, shares = int(progress.step), dict.fromkeys(course.names, float("nan"))
    for step in range(int(progress.step), end):
        if _gave_up(course, progress):
            break
        progress = _one_step(course, progress)
        at_test = (step + 1) % course.every == 0 or step + 1 == course.n_steps
        if at_test:
            progress, shares = _tested(course, progress)
            if (step + 1) % course.full_every == 0 or step + 1 == course.n_steps:
                progress = _fully_tested(course, progress)
        if at_test or step + 1 == end:
            if path is not None:
                save_state(path, course, progress)
            report(step + 1 - told, _told(course, progress, shares))
            told = step + 1
    return progress


def _left(course: Course, path: str | Path | None) -> Progress:
    fresh = course.begin(key=jax.random.key(course.seed))
    return load_state(path, course, fresh) if path is not None and Path(path).is_file() else fresh


def _one_step(course: Course, progress: Progress) -> Progress:
    step, stages = int(progress.step), np.asarray(progress.stages)
    lessons = {
        name: _lesson(course.trials(name, step, int(stage)))
        for name, stage in zip(course.names, stages, strict=True)
    }
    learning, _ = learn(
        course.network,
        progress.learning,
        lessons,
        rate=jnp.asarray(course.rate_at(step)),
        clip=course.clip,
        weigh={"SFR": WEIGHT_OF_CELLS},
    )
    return progress._replace(learning=learning, step=progress.step + 1)


def _lesson(batch: Batch) -> Lesson:
    targets = None if batch.targets is None else jnp.asarray(batch.targets)
    return Lesson(jnp.asarray(batch.frames), jnp.asarray(batch.labels), targets)


def _tested(course: Course, progress: Progress) -> tuple[Progress, dict[str, float]]:
    """Shares of right answers at the stage of each task, and the stages after that."""
    stages, shares = np.asarray(progress.stages).copy(), {}
    for place, name in enumerate(course.names):
        batch = course.trials(name, int(progress.step), int(stages[place]), "validation")
        hits = _hits(course, progress.learning.weights, name, batch)
        shares[name] = float(hits[batch.scored].mean())
        if course.curriculum and shares[name] > course.enough:
            stages[place] = min(stages[place] + 1, len(STAGES[name]))
    return progress._replace(stages=jnp.asarray(stages, progress.stages.dtype)), shares


def _fully_tested(course: Course, progress: Progress) -> Progress:
    """Shares of right answers to trials of all that is taught, and the best weights so far."""
    weights, shares = progress.learning.weights, []
    for name in course.names:
        levels = None if course.whole else taught_levels(name)
        how = {"seed": course.seed, "split": "validation", "look": course.look, "levels": levels}
        batch = make_batch(name, course.n_tested, **how)  # type: ignore[arg-type]
        shares.append(_hits(course, weights, name, batch)[batch.scored].mean())
    before = progress.history
    place = -(-int(progress.step) // course.full_every) - 1
    history = before.at[place].set(jnp.asarray(shares, before.dtype))
    means = np.asarray(history.mean(axis=1))
    best = weights if np.nanargmax(means) == place else progress.best
    return progress._replace(history=history, best=best)


def _gave_up(course: Course, progress: Progress) -> bool:
    """Whether there was no better full test for too long."""
    means = np.asarray(progress.history.mean(axis=1))
    n = int((~np.isnan(means)).sum())
    return bool(0 < course.patience < n - np.nanargmax(means)) if n else False


def _hits(
    course: Course, weights: NetworkWeights, name: str, batch: Batch
) -> Float[np.ndarray, "trial frame"]:
    lesson = _lesson(batch)
    return np.asarray(right(said_of_task(course.network, weights, name, lesson.frames), lesson))


def _told(course: Course, progress: Progress, shares: dict[str, float]) -> str:
    each = zip(course.names, np.asarray(progress.stages), strict=True)
    rows = (f"{k} {stage}/{len(STAGES[k])} {shares[k]:.2f}" for k, stage in each)
    return f"{int(progress.step)} of {course.n_steps}: {', '.join(rows)}"


# ---- examination ---------------------------------------------------------------------------------


def examined(
    course: Course,
    weights: NetworkWeights,
    n_trials: int = 512,
    split: str = "test",
    *,
    levels: Mapping[str, Levels | None] | None = None,
) -> pd.DataFrame:
    """All answers that count.

    Args:
        course: whose network it is.
        weights: what the network has learnt.
        n_trials: of each task.
        split: of trials.
        levels: of the tasks that are asked for, None for all of a task; all tasks if not given.

    Returns:
        A row for each: `task`, `trial`, `frame`, `right` (of several answers the share that was
        named), and every condition of the trial and of the frame.
    """
    tables = []
    for name, own in (levels or dict.fromkeys(course.names)).items():
        how = {"seed": course.seed, "split": split, "look": course.look, "levels": own}
        batch = make_batch(name, n_trials, **how)  # type: ignore[arg-type]
        hits = _hits(course, weights, name, batch)
        trial, frame = np.nonzero(batch.scored)
        columns = {"task": name, "trial": trial, "frame": frame, "right": hits[trial, frame]}
        columns |= {key: values[trial] for key, values in batch.conditions.items()}
        columns |= {key: values[trial, frame] for key, values in batch.about.items()}
        columns["place"] = _places(batch)[trial, frame]
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _places(batch: Batch) -> Int[np.ndarray, "trial frame"]:
    """Which of the questions of its trial, from 0."""
    return batch.scored.cumsum(axis=1) - 1


def free_recalled(
    course: Course, weights: NetworkWeights, list_length: int, n_trials: int = 512
) -> Bool[np.ndarray, "trial position"]:
    """Whether each item of spatial free recall is among as many likeliest cells as were studied.

    Raises:
        UnknownName: if free recall is not among the tasks of the course.
    """
    return _ranks(course, weights, list_length, n_trials) < list_length


def first_recalled(
    course: Course, weights: NetworkWeights, list_length: int, n_trials: int = 512
) -> Int[np.ndarray, " trial"]:
    """Serial position, from 1, of the likeliest cell of all; 0 if it was not in the list.

    Raises:
        UnknownName: if free recall is not among the tasks of the course.
    """
    likeliest = _ranks(course, weights, list_length, n_trials) == 0
    return np.where(likeliest.any(axis=1), likeliest.argmax(axis=1) + 1, 0)


def _ranks(
    course: Course, weights: NetworkWeights, list_length: int, n_trials: int
) -> Int[np.ndarray, "trial position"]:
    """Of the cells of a list among all, the likeliest being 0."""
    levels = {"list_length": (list_length,)}
    how = {"seed": course.seed, "split": "test", "look": course.look, "levels": levels}
    batch = make_batch("SFR", n_trials, **how)  # type: ignore[arg-type]
    answers = said_of_task(course.network, weights, "SFR", jnp.asarray(batch.frames))
    due = np.asarray(answers)[:, list_length]  # after the list
    ranks = (-due).argsort(axis=1).argsort(axis=1)
    return np.take_along_axis(ranks, batch.symbols.targets[:, :list_length], axis=1)


def probabilities_by(table: pd.DataFrame, task: str, *conditions: str) -> pd.Series:
    """Shares of right answers of a task by conditions.

    Raises:
        InvalidValue: for a condition that the task does not have.
    """
    own = table[table["task"] == task].dropna(axis=1, how="all")
    unknown = [name for name in conditions if name not in own]
    if unknown or not len(own):
        known = ", ".join(sorted(set(map(str, own)) - {"task", "trial", "right"}))
        raise InvalidValue(f"{task} by {', '.join(unknown)}: expected some of {known}.")
    return own.groupby(list(conditions))["right"].mean()
