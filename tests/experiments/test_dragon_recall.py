"""Free and serial recall by sequence models: scoring by hand; a run; the list is in the state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.participants.sequence_pupils import Said
from cogmem.tasks.word_tokens import WordTokens

STOP = WordTokens(26).stop


@pytest.fixture(scope="module")
def free() -> Experiment:
    return find_experiment("dragon_free_recall")


@pytest.fixture(scope="module")
def serial() -> Experiment:
    return find_experiment("dragon_serial_recall")


def said(words: list[list[int]], tokens: list[list[int]]) -> Said:
    """Of one subject."""
    read, answered = np.array([words]), np.array([tokens])
    n = len(words)
    return Said(read, answered, np.zeros(answered.shape), np.zeros((1, n, 2, 1)))


# ---- by hand -------------------------------------------------------------------------------------


def test_effects_by_hand(free) -> None:
    """Words 1, 2, 3 and 10 of ten: primacy 1, recency 1/3. Words 5, 6, 4: a lag of +1 was possible
    twice and done once, one of -1 possible once (4 after 5; 5 after 6 is gone) and not done.
    """
    recalls = Recalls.from_positions(np.array([[1, 2, 3, 10]]), list_length=10)
    found = free.run.__globals__["effects"](recalls)["value"].sel(subject=1)
    assert found.sel(effect="primacy") == pytest.approx(1)
    assert found.sel(effect="recency") == pytest.approx(1 / 3)
    three = Recalls.from_positions(np.array([[5, 6, 4]]), list_length=10)
    found = free.run.__globals__["effects"](three)["value"].sel(subject=1)
    assert found.sel(effect="forward") == pytest.approx(1 / 2 - 0)


def test_serial_scoring_by_hand(serial) -> None:
    """A list of six; STOP after five words: the last is left out, one is moved, one a stranger.
    What is said beyond the sixth place is not scored.
    """
    words = [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]]
    tokens = [[0, 1, 3, 9, 4, STOP, -1], [0, 1, 2, 3, 4, 5, 6]]
    names = serial.run.__globals__
    responses, subject = names["in_order"](WordTokens(26), said(words, tokens))
    assert responses.tolist() == [[1, 2, 4, -1, 5, 0], [1, 2, 3, 4, 5, 6]]
    kinds = names["kinds"](responses[:1], subject[:1])["value"].sel(subject=1)
    expected = {"transposition": 1 / 6, "repetition": 0, "omission": 1 / 6, "intrusion": 1 / 6}
    assert {str(k): float(kinds.sel(kind=k)) for k in expected} == pytest.approx(expected)
    assert names["in_place"](WordTokens(26), said(words, tokens)).item() == pytest.approx(9 / 12)


def test_exams_are_within_what_is_taught(free, serial) -> None:
    """No list and no delay is longer than those of the last lessons."""
    for experiment in (free, serial):
        names = experiment.run.__globals__
        vocabulary = WordTokens(experiment.default.n_words)
        how = names["school"](experiment.default, vocabulary).lessons[-1][0].keywords
        exams = names["exams"]()
        assert max(exam.length for exam in exams) <= how["lengths"][1]
        assert min(exam.length for exam in exams) >= how["lengths"][0]
        assert max(exam.fillers for exam in exams) <= how.get("fillers", (0, 0))[1]


# ---- runs ----------------------------------------------------------------------------------------


def a_run(experiment: Experiment, folder: Any) -> Any:
    tiny = {"width": 8, "n_neurons": 16, "n_heads": 1, "n_steps": 11, "n_lists": 4}
    config = replace(experiment.default, **tiny)
    try:
        return config, experiment.run(config, Session(results=folder))
    except DataNotFound:
        pytest.skip("people's files are not here; COGMEM_DATA may name their folder")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dragon_free_recall", "dragon_serial_recall"])
def test_a_run_is_stored_labelled_and_drawn(name, tmp_path) -> None:
    """A second run is alike; people are those of the data; RMSDs are of every model and curve."""
    experiment = find_experiment(name)
    config, tree = a_run(experiment, tmp_path)
    again = experiment.run(config, Session(results=tmp_path))
    assert again["reset"].to_dataset().equals(tree["reset"].to_dataset())
    rmsd = tree["rmsd"].to_dataset()["rmsd"]
    kept = [name for name in rmsd["curve"].values if not name.startswith("anticipation")]
    assert rmsd.sel(curve=kept).notnull().all()  # these models may anticipate nothing
    assert set(rmsd["source"].values) == set(tree.attrs["n_weights"])
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_people_are_those_of_the_data(free, tmp_path) -> None:
    """PEERS: 126 people; their first words are recalled more often than those in the middle."""
    _, tree = a_run(free, tmp_path)
    people = tree["peers/spc"].to_dataset().sel(source="people")
    assert (people["n"] == len(load("peers").subjects)).all()
    effects = tree["effects"].to_dataset()["low"].sel(source="people")
    assert (effects > 0).all()
