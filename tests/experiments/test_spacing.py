"""Spacing: what counts as repeated, recalled and followed, on lists checked by hand."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from cogmem.data import load
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound, UnknownName
from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.cmr import CMR

# Words by place. Mixed: 7 is massed, 9 has one word in between, 5 and 4 come once.
MIXED = [7, 7, 9, 5, 9, 4]
# Pure: 1 and 2 have three words in between, 3 is massed.
PURE = [1, 2, 3, 3, 1, 2]


@pytest.fixture(scope="module")
def names():
    return find_experiment("spacing").run.__globals__


def said(recalls: list[list[int]], items: list[list[int]], subject: list[int]) -> Recalls:
    return Recalls.from_positions(
        np.array(recalls), list_length=6, subject=np.array(subject), items=np.array(items)
    )


def test_presentations_by_hand(names) -> None:
    shown = names["Presentations"].of(np.array([MIXED, PURE]))
    assert shown.word.tolist() == [[0, 0, 1, 2, 1, 3], [0, 1, 2, 2, 0, 1]]
    assert shown.between.tolist() == [[0, 0, 1, -1, 1, -1], [3, 3, 0, 0, 3, 3]]
    assert shown.first.tolist() == [[1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]]
    assert shown.mixed.tolist() == [True, False]


def test_recall_by_kind_by_hand(names) -> None:
    """A word counts once, whichever of its places the response names."""
    recalls = said([[1, 4, 0], [6, 0, 0], [5, 3, 0]], [MIXED, MIXED, PURE], [1, 1, 2])
    found = names["recall_by_kind"](recalls)["value"]
    mixed = found.sel(subject=1, list="mixed")
    assert mixed.sel(kind=["once", "massed", "1-2"]).values.tolist() == [0.5, 0.5, 0.0]
    pure = found.sel(subject=2, list="pure")
    assert pure.sel(kind=["massed", "3-5"]).values.tolist() == [1.0, 0.5]
    assert np.isnan(found.sel(subject=2, list="mixed")).all()


def test_independent_encodings_by_hand(names) -> None:
    """Words once at places 1 and 2 come back with 1/2 and 1/4, so a massed word with 5/8.

    Four lists have a massed word at places 3 and 4; the fifth has one at places 1 and 2, and its
    words at places 3 and 4, presented once, are not recalled.
    """
    items = [[10 + n, 20 + n, 30 + n, 30 + n, 40 + n, 50 + n] for n in range(4)]
    recalls = said([[1, 2], [1, 0], [6, 0], [0, 0], [0, 0]], [*items, [1, 1, 2, 3, 4, 5]], [1] * 5)
    found = names["independent"](recalls)["value"].sel(list="mixed", subject=1)
    np.testing.assert_allclose(found.sel(kind="massed"), (4 * 0 + 5 / 8) / 5)


def test_transitions_by_hand(names) -> None:
    """Word 1, at places 1 and 5, is followed by word 2, at places 2 and 6: one ahead of either."""
    recalls = said([[1, 2, 3, 0]], [PURE], [1])
    found = names["transitions"](recalls)["value"].sel(subject=1)
    # From word 1: ahead of place 1 are 2 (made), 3, 3; behind place 5 are 3, 3, 2; ahead 2 (made).
    # From word 2: behind place 2 is 1, already said; ahead of it 3, 3 (both made), then 1, said.
    first = found.sel(presentation="first")
    np.testing.assert_allclose(first.sel(lag=[1, 2, 3]), [1.0, 0.5, 0.0])
    assert np.isnan(first.sel(lag=[-1, -2, -3])).all()
    second = found.sel(presentation="second")
    np.testing.assert_allclose(second.sel(lag=[1, -1, -2, -3]), [1.0, 0.0, 0.5, 1.0])


def test_cmr_sits_the_lists_word_for_word(names) -> None:
    people = said([[1, 0], [2, 0]], [MIXED, PURE], [3, 8])
    found = names["sit"](CMR(), people, 200, key=jax.random.key(0))
    assert len(found) == 400
    assert (found.items[::2] == MIXED).all()
    assert set(found.subject[1::2]) == {8}
    shown = names["Presentations"].of(found.items)
    trial, output = np.nonzero(found.recalls)
    assert shown.first[trial, found.recalls[trial, output] - 1].all()
    kinds = names["recall_by_kind"](found)["value"].sel(subject=3, list="mixed")
    assert kinds.sel(kind="massed") > kinds.sel(kind="once")


@pytest.fixture(scope="module")
def people() -> Recalls:
    try:
        return load("lohnas_kahana2014")
    except (DataNotFound, UnknownName) as error:
        pytest.skip(str(error).splitlines()[0])


def test_people_recall_spaced_words_better_than_massed(names, people) -> None:
    """Means over the 35 people of Lohnas & Kahana (2014), counted from the public file."""
    found = names["recall_by_kind"](people)["value"].mean("subject").sel(list="mixed")
    expected = [0.3728, 0.4393, 0.4768, 0.5571, 0.5786]
    np.testing.assert_allclose(found, expected, atol=5e-5)


@pytest.mark.slow
def test_quick_run_has_a_number_for_every_point(people) -> None:
    experiment = find_experiment("spacing")
    tree = experiment.run(replace(experiment.default, n_copies=1), Session())
    table = experiment.numbers(tree)
    assert len(table) == 4 * 2 * 5 + 3 * 2 * 6
    assert len(experiment.plot(tree).axes) == 4
