"""Short names of WorM's tasks, in words: the tasks' own, each once, in lines that fit."""

from __future__ import annotations

import pytest

from cogmem.errors import UnknownName
from cogmem.plots.worm_tasks import TASK_WORDS, spelt_out, task_words
from cogmem.tasks.worm import TASKS


def test_words_are_those_of_the_tasks() -> None:
    assert {name.split("_")[0] for name in TASKS} == TASK_WORDS.keys()
    for name, task in TASKS.items():
        assert task.title.startswith(task_words(name))


def test_kinds_are_told_once_in_their_order() -> None:
    told = spelt_out(["SMU", "CD_Gap", "CD_Size"])
    assert told == "SMU: spatial memory updating; CD: change detection."


def test_lines_are_no_longer_than_the_figure_is_wide() -> None:
    assert max(map(len, spelt_out(TASK_WORDS, 3.0).splitlines())) <= 66
    assert len(spelt_out(TASK_WORDS, 3.0).splitlines()) > 1


def test_a_task_that_worm_does_not_have() -> None:
    with pytest.raises(UnknownName, match="SFX"):
        spelt_out(["SFX"])
