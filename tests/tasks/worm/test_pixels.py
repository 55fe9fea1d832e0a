"""Labels of WorM against what can be read off its pictures, and pictures against what is asked."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cogmem.tasks.worm import TASKS, draw, render
from cogmem.tasks.worm.task import Asked, Trials, WormTask
from tests.tasks.worm.pixels import GRAY, READERS

ANY_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
WITH_RETENTION = [name for name, task in TASKS.items() if "retention_interval" in task.levels]


def wrong(task: WormTask, trials: Trials) -> list[int]:
    """Trials whose labels are not those of their pictures."""
    frames, asked = render(task, trials, 96), trials.asked
    return [k for k, own in enumerate(frames) if list(READERS[task.name](own)) != said(asked, k)]


def said(asked: Asked, trial: int) -> list[object]:
    """Labels; where several answers are right, all of them."""
    labels, targets = asked.labels[trial].tolist(), asked.targets
    if targets is None:
        return labels
    sets = [set(np.flatnonzero(each).tolist()) for each in targets[trial]]
    return [several if label == -2 else label for label, several in zip(labels, sets, strict=True)]


@ANY_TASK
def test_labels_are_those_of_pictures(task: WormTask) -> None:
    """In each of 24 trials."""
    assert wrong(task, draw(task, 24, seed=5)) == []


@pytest.mark.parametrize("name", ["SC", "SI", "SMU", "CD_Size"])
def test_labels_of_official_trials_are_those_of_pictures(name: str) -> None:
    """Cells shown twice, lines drawn again, eight updates, bars of other lengths."""
    assert wrong(TASKS[name], draw(TASKS[name], 12, seed=5, official=True)) == []


@pytest.mark.slow
@ANY_TASK
@pytest.mark.parametrize("block", range(5))
def test_labels_are_those_of_pictures_in_500_trials(task: WormTask, block: int) -> None:
    assert wrong(task, draw(task, 100, seed=6, block=block)) == []


@pytest.mark.parametrize("name", TASKS)
def test_readers_see_a_wrong_label(name: str) -> None:
    """With answers of other trials some are wrong, so that the test above can fail."""
    task = TASKS[name]
    trials = draw(task, 6, seed=5)
    asked = trials.asked
    targets = None if asked.targets is None else asked.targets[::-1]
    other = asked._replace(labels=asked.labels[::-1], targets=targets)
    assert wrong(task, trials._replace(asked=other))


@ANY_TASK
def test_blank_frames_are_plain_gray_and_others_are_not(task: WormTask) -> None:
    """Retention, what comes after the end, and the questions of SC and SFR."""
    trials = draw(task, 8, seed=7)
    frames, time = render(task, trials, 96), trials.asked.time
    plain = (frames == np.array(GRAY)).all(axis=(2, 3, 4))
    letters = [word + "-" * (20 - len(word)) for word in time.letters()]
    without = "-RP" if task.name in ("SC", "SFR") else "-R"
    expected = [[letter in without for letter in word] for word in letters]
    np.testing.assert_array_equal(plain, expected)


@pytest.mark.parametrize("name", WITH_RETENTION)
def test_an_interval_changes_neither_study_nor_question(name: str) -> None:
    """The same symbols with intervals given to other trials: all other pictures are the same."""
    task = TASKS[name]
    trials = draw(task, 12, seed=8)
    symbols = trials.symbols
    other = symbols._replace(retention=(symbols.retention + 3) % 7)
    changed = trials._replace(symbols=other, asked=task.ask(other))
    assert (other.retention != symbols.retention).any()
    for before, after in zip(shown(task, trials), shown(task, changed), strict=True):
        np.testing.assert_array_equal(before, after)


def shown(task: WormTask, trials: Trials) -> list[np.ndarray]:
    """Frames of each trial but the blank ones."""
    frames, words = render(task, trials, 96), trials.asked.time.letters()
    return [
        own[[k for k, letter in enumerate(word) if letter != "R"]]
        for own, word in zip(frames, words, strict=True)
    ]


@ANY_TASK
def test_small_pictures_are_those_that_pillow_shrinks(task: WormTask) -> None:
    """Within one level, as those of Pillow are rounded before they are shrunk and after."""
    trials = draw(task, 2, seed=9)
    full, small = (render(task, trials, size) for size in (96, 32))
    pictures = [Image.fromarray(frame) for frame in full.reshape(-1, 96, 96, 3)]
    by_pillow = [np.asarray(each.resize((32, 32), Image.Resampling.BILINEAR)) for each in pictures]
    away = np.abs(small.reshape(-1, 32, 32, 3).astype(int) - np.stack(by_pillow))
    assert away.max() <= 2
    assert (away <= 1).mean() >= 0.99
