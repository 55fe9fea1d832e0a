"""Fairness: where answers say nothing of the lists, nobody is better than the null.

People's answers are shuffled: every list's items renamed, or answers given to other cells. Whatever
is then gained on held-out answers would have leaked from them, or come from the scoring itself. On
the true answers the same minds gain a lot.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest

from cogmem.errors import DataNotFound
from cogmem.fit.arena import Arena, gain_by_unit
from cogmem.fit.paradigms import Study, find_paradigm, paradigms
from cogmem.fit.responses import Choices
from cogmem.participants.roster import Mind, minds
from tests.fit.small_arena import any_rank  # noqa: F401

N_PEOPLE, N_DRAWS = 6, 8
ERRORS = 4.0
"""Standard errors by which a mean gain may exceed 0, of many cells that are looked at."""

QUICK = [
    ("CMR", "free recall"),
    ("TCM", "serial recall"),
    ("SIMPLE", "retention"),
    ("CMR", "recognition"),
]
PAIRS = [
    (name, paradigm)
    for name, mind in minds().items()
    for paradigm in paradigms()
    if mind.sitting(paradigm) is not None and paradigm != "fact verification"
]


@cache
def people(name: str) -> Study:
    paradigm = find_paradigm(name)
    try:
        return paradigm.study(paradigm.sets[0], N_PEOPLE)
    except DataNotFound as error:
        pytest.skip(str(error))


def held_out(mind: Mind, name: str, study: Study, z: jax.Array | None = None) -> np.ndarray:
    """Bits per held-out response of each person, as the model was published."""
    here = Arena({name: study}, n_draws=N_DRAWS, seed=1)
    z = here.evidence(mind, name) if z is None else z
    reading = here.read(name, z, here.sensitivity(name, z))
    return gain_by_unit(study, reading, here.null(name))


def on_shuffled(mind: Mind, name: str) -> np.ndarray:
    """Mean gain of each of several shuffles."""
    study = people(name)
    walked = isinstance(study.answers, Choices)
    here = Arena({name: study}, n_draws=N_DRAWS, seed=1)
    # Of cells the evidence is the same whatever people answer.
    z = None if walked else here.evidence(mind, name)
    gains = []
    for shuffle in range(6 if walked else 40):
        made = find_paradigm(name).shuffled(study, key=jax.random.key(shuffle))
        made = replace(made, data=f"shuffle {shuffle}")
        gains.append(held_out(mind, name, made, z).mean())
    return np.array(gains)


def no_better_than_the_null(mind: Mind, name: str) -> None:
    gains = on_shuffled(mind, name)
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    assert gains.mean() <= ERRORS * error + 1e-6, (gains.mean(), error)


@pytest.mark.parametrize(("name", "paradigm"), QUICK)
def test_on_shuffled_answers_nobody_beats_the_null(name: str, paradigm: str) -> None:
    no_better_than_the_null(minds()[name], paradigm)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "paradigm"), PAIRS)
def test_on_shuffled_answers_no_registered_mind_beats_the_null(name: str, paradigm: str) -> None:
    no_better_than_the_null(minds()[name], paradigm)


@pytest.mark.parametrize(
    ("name", "paradigm", "least"), [("CMR", "free recall", 0.2), ("SIMPLE", "retention", 0.05)]
)
def test_on_true_answers_memory_is_far_above_the_null(name, paradigm, least) -> None:
    """In bits per response, and in standard errors over people, beside what shuffling leaves."""
    gain = held_out(minds()[name], paradigm, people(paradigm))
    assert gain.mean() > least
    assert gain.mean() > ERRORS * gain.std(ddof=1) / np.sqrt(len(gain))
    assert gain.mean() > 10 * abs(on_shuffled(minds()[name], paradigm).mean())


@pytest.mark.slow
def test_on_true_answers_sparsey_recognises() -> None:
    gain = held_out(minds()["Sparsey"], "recognition", people("recognition"))
    assert gain.mean() > 0.05
    assert gain.mean() > ERRORS * gain.std(ddof=1) / np.sqrt(len(gain))


def test_shuffled_lists_are_as_long_and_shuffled_cells_hold_the_same_answers() -> None:
    for name in ("free recall", "recognition"):
        study = people(name)
        made = find_paradigm(name).shuffled(study, key=jax.random.key(0))
        if isinstance(study.answers, Choices):
            before, after = (s.answers.n_events(s.answers.test) for s in (study, made))
        else:
            before, after = (np.stack(s.answers).sum(axis=3) for s in (study, made))
        np.testing.assert_array_equal(before, after)
