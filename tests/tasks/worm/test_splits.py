"""Trials that are seen again: by nature where there are few, and else never."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from cogmem.tasks.worm import TASKS, draw, render
from cogmem.tasks.worm.splits import SMALL, trial_hashes
from cogmem.tasks.worm.task import Trials, WormTask

ANY_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def few(task: WormTask, trials: Trials) -> np.ndarray:
    """Which trials are of levels at which there are few."""
    found = np.full(len(trials.asked.labels), task.name in SMALL)
    for name, levels in SMALL.get(task.name, {}).items():
        found &= np.isin(trials.conditions[name], levels)
    return found


def seen_before(task: WormTask, trials: Trials, training: Trials) -> np.ndarray:
    """Which trials are also among those of training."""
    return np.isin(trial_hashes(task, trials), trial_hashes(task, training))


def unseen(task: WormTask, n_training: int, n_test: int) -> bool:
    """Whether of large spaces no trial of the test is in training."""
    training = draw(task, n_training, seed=0)
    return all(
        not (seen_before(task, other, training) & ~few(task, other)).any()
        for other in (draw(task, n_test, seed=0, split=split) for split in ("validation", "test"))
    )


@ANY_TASK
def test_no_trial_of_a_test_comes_in_training(task: WormTask) -> None:
    """Of 300, among 1,500."""
    assert unseen(task, 1500, 300)


@pytest.mark.slow
@ANY_TASK
def test_no_trial_of_a_test_comes_in_20000_of_training(task: WormTask) -> None:
    assert unseen(task, 20_000, 2000)


def test_with_one_box_trials_come_again() -> None:
    """So small spaces are declared for a reason: 9 cells, and one arrow of 3 to 8."""
    levels: Mapping[str, tuple[int, ...]] = {"set_size": (1,), "updates_per_box": (1,)}
    training, test = (
        draw(TASKS["SMU"], n, seed=0, split=split, levels=levels)
        for n, split in ((2000, "train"), (200, "test"))
    )
    assert seen_before(TASKS["SMU"], test, training).all()
    assert len(set(trial_hashes(TASKS["SMU"], training))) == 4 * 3 + 4 * 5 + 8


def test_all_small_spaces_are_of_tasks_and_levels() -> None:
    for name, conditions in SMALL.items():
        for condition, levels in conditions.items():
            assert set(levels) <= set(TASKS[name].allowed[condition])


@ANY_TASK
def test_hashes_are_the_same_if_frames_are(task: WormTask) -> None:
    """Of 40 trials twice, the second time in another order."""
    trials = draw(task, 40, seed=3)
    frames = render(task, trials, 32).reshape(40, -1)
    same = (frames[:, None] == frames[None]).all(axis=2)
    hashes = trial_hashes(task, trials)
    np.testing.assert_array_equal(hashes[:, None] == hashes[None], same)


def test_what_is_not_shown_makes_no_other_trial() -> None:
    """Cells that would have turned red after the end of the list."""
    task = TASKS["SFR"]
    trials = draw(task, 40, seed=3, levels={"list_length": (3, 12)})
    targets = trials.symbols.targets.copy()
    short = trials.symbols.list_length == 3
    targets[short, 3:] = targets[short, 3:][:, ::-1]
    other = trials._replace(symbols=trials.symbols._replace(targets=targets))
    np.testing.assert_array_equal(trial_hashes(task, other), trial_hashes(task, trials))
    targets[:, :2] = targets[:, 1::-1]
    other = trials._replace(symbols=trials.symbols._replace(targets=targets))
    assert not (trial_hashes(task, other) == trial_hashes(task, trials)).any()
