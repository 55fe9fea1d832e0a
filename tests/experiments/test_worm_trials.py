"""One trial of each task of WorM: what is shown, and what is printed below."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.lab.experiment import Session
from cogmem.tasks.worm import TASKS
from experiments.worm_trials import EXPERIMENT, Config


@pytest.fixture(scope="module")
def trials():
    return EXPERIMENT.run(Config(size=32), Session())


def test_every_identity_has_a_trial(trials) -> None:
    """Phases of short trials; frames after the end are white."""
    assert trials["task"].values.tolist() == list(TASKS)
    words = ["".join(row) for row in trials["phase"].values]
    assert words[0] == "M" * 10 + "P"
    assert words[3] == "MUUUUUUPPP"
    assert words[8] == "MRRP"
    assert words[13] == "MMMRRDRRMMMRRDRRPP"
    assert (trials["frames"].values[8, 4:] == 255).all()


def test_answers_are_printed_where_they_are_due(trials) -> None:
    """Of complex span the judgement or the place, without what tells kinds of answers apart."""
    answers = trials["answer"].sel(task="CS").values
    asked = np.isin(trials["phase"].sel(task="CS").values, ["D", "P"])
    assert (answers[~asked] == "").all()
    assert set(answers[asked].astype(int)) <= set(range(8))
    assert trials["answer"].sel(task="SFR").values[6] == "all red"
    table = EXPERIMENT.numbers(trials)
    assert len(table) == len(TASKS) * 20
    assert EXPERIMENT.plot(trials).axes[0].images
