"""Pairs and old or new words, as rows of tokens: what is read, what is asked."""

from __future__ import annotations

from functools import cache
from itertools import chain

import jax
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.tasks.word_probes import paired_associates, recognition
from cogmem.tasks.word_rows import by_output
from cogmem.tasks.word_tokens import WordTokens

V = WordTokens(30)
START, RECALL, STOP, FILLER, CUE, PROBE, OLD, NEW = range(30, 38)
KEY = jax.random.key(0)


@cache
def pairs(n_probes: int | None, feedback: bool):
    """Of 2 to 4 pairs, 0 to 2 fillers: one draw for several tests."""
    design = {"n_probes": n_probes, "feedback": feedback}
    return numbers(paired_associates(V, 1000, (2, 4), (0, 2), **design, key=KEY))


@cache
def lists(feedback: bool):
    return numbers(recognition(V, 1000, (2, 4), (0, 2), n_probes=4, feedback=feedback, key=KEY))


def numbers(passages):
    """Looked at one by one, NumPy's are quicker."""
    return jax.tree.map(np.asarray, passages)


def array(row) -> list[int]:
    return np.asarray(row).tolist()


def asked_of(found, i: int) -> tuple[list[int], list[int]]:
    """What stands before each counted target, and the targets."""
    at = np.flatnonzero(found.counted[i])
    return array(found.tokens[i, at]), array(found.targets[i, at])


@pytest.mark.parametrize(("n_probes", "feedback"), [(None, False), (2, True)])
def test_pairs_are_studied_then_cued(n_probes, feedback: bool) -> None:
    found = pairs(n_probes, feedback)
    for i in range(100):
        k, r, probed = int(found.lengths[i]), int(found.fillers[i]), array(found.probed[i])
        studied = array(found.pairs[i, :k])
        assert len(set(np.ravel(studied))) == 2 * k
        probed = probed[: k if n_probes is None else 2]
        assert len(set(probed)) == len(probed)
        cued = [studied[p - 1] for p in probed]
        tests = [[CUE, a, b] if feedback else [CUE, a] for a, b in cued]
        expected = [START, *np.ravel(studied).tolist(), *[FILLER] * r, *chain(*tests)]
        tokens = array(found.tokens[i])
        assert tokens == expected + [STOP] * (len(tokens) - len(expected))
        assert asked_of(found, i) == tuple(map(list, zip(*cued, strict=True)))
        assert array(found.output[i][found.counted[i] > 0]) == list(range(1, len(probed) + 1))
    table = np.asarray(by_output(found.targets, found))[:, 0]
    answers = np.take_along_axis(found.pairs[:, :, 1], np.maximum(found.probed - 1, 0), axis=1)
    np.testing.assert_array_equal(table, np.where(found.probed > 0, answers, np.nan))


@pytest.mark.parametrize("feedback", [False, True])
def test_half_of_the_probes_are_old(feedback: bool) -> None:
    found = lists(feedback)
    for i in range(100):
        k, r = int(found.lengths[i]), int(found.fillers[i])
        words, probes = array(found.words[i, :k]), array(found.probes[i])
        assert len(set(words)) == k
        assert len(set(probes)) == 4
        assert [p in words for p in probes] == [p > 0 for p in array(found.probed[i])]
        assert sum(p in words for p in probes) == 2
        assert [words[p - 1] for p in array(found.probed[i]) if p] == [
            p for p in probes if p in words
        ]
        answers = [OLD if p in words else NEW for p in probes]
        tests = zip([PROBE] * 4, probes, answers, strict=True)
        expected = [START, *words, *[FILLER] * r]
        expected += chain(*(t if feedback else t[:2] for t in tests))
        tokens = array(found.tokens[i])
        assert tokens == expected + [STOP] * (len(tokens) - len(expected))
        assert asked_of(found, i) == (probes, answers)


def test_what_is_probed_and_when_is_random() -> None:
    """Of four studied, two are probed, all equally often; old comes first as often as new: within 5
    standard errors.
    """
    old, cued = lists(False), pairs(2, True)
    for found in (old, cued):
        four = found.probed[found.lengths == 4]
        n = np.bincount(np.ravel(four), minlength=5)[1:]
        assert n.sum() == 2 * len(four) > 400
        assert np.abs(n - len(four) / 2).max() < 5 * np.sqrt(len(four) / 4)
    assert abs((old.probed[:, 0] > 0).sum() - 500) < 5 * np.sqrt(1000 / 4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_probes": 3}, "an even number up to 4"),
        ({"n_probes": 6}, "an even number up to 4"),
        ({"n_probes": 0}, "n_probes is 0"),
        ({"lengths": (2, 30)}, "a pool of 30 words, expected 31"),
    ],
)
def test_impossible_probes_of_lists_are_refused(change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        recognition(V, **{"n": 1, "lengths": (2, 3), "key": KEY, **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_probes": 3}, "3 probes, expected at most 2"),
        ({"n_probes": 0}, "n_probes is 0"),
        ({"lengths": (2, 16)}, "a pool of 30 words, expected 32"),
        ({"n": -1}, "n is -1"),
    ],
)
def test_impossible_probes_of_pairs_are_refused(change, said) -> None:
    with pytest.raises(InvalidValue, match=said):
        paired_associates(V, **{"n": 1, "lengths": (2, 3), "key": KEY, **change})
