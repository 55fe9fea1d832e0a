"""Paired associates: published counts in their cells, and what a participant studies."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.data import published
from cogmem.fit.paradigms.cells import cell_evidence
from cogmem.fit.paradigms.paired_associates import N_PAIRS, PARADIGM, TABLE, ab_ac_lists
from cogmem.fit.responses import YesCounts
from tests.fit.small_arena import Favourite, any_rank  # noqa: F401

STUDY = PARADIGM.study(TABLE, 0)


def test_b_and_c_of_the_first_test_by_hand() -> None:
    """180 tests of each kind of pair; both responses count for either."""
    answers = STUDY.answers
    assert isinstance(answers, YesCounts)
    np.testing.assert_array_equal(answers.n[0, 0], np.full(6, 180))
    b = [24 + 65, 40 + 91, 50 + 98]
    c = [24 + 30, 40 + 12, 50 + 7]
    np.testing.assert_array_equal(answers.yes[0, 0], [*b, *c])


def test_the_second_test_is_held_out() -> None:
    """That of pairs shown twice is not in the table: its cells hold nothing."""
    table = published(TABLE)
    both = table[(table["test"] == 2) & table["recalled"].isin(["B and C", "C only"])]
    of_c = both.groupby("ab_presentations")["value"].sum()
    np.testing.assert_array_equal(STUDY.answers.yes[1, 0, 3:], [of_c[1], 0, of_c[3]])
    np.testing.assert_array_equal(STUDY.answers.n[1, 0], [180, 0, 180] * 2)


def test_lines_and_points_of_the_curve() -> None:
    assert STUDY.design.line.tolist() == ["B"] * 3 + ["C"] * 3
    assert STUDY.design.x.tolist() == [1, 2, 3] * 2
    curve = PARADIGM.people(STUDY)["paired associates"]["value"]
    share = np.where(STUDY.answers.n[1, 0] > 0, STUDY.answers.yes[1, 0] / 180, np.nan)
    np.testing.assert_allclose(curve.values.ravel(), share, rtol=1e-6)


def test_pairs_of_the_first_list_come_once_twice_and_thrice_before_those_of_the_second() -> None:
    task = ab_ac_lists(key=jax.random.key(4))
    n_first = N_PAIRS // 3 * (1 + 2 + 3)
    first, second = np.split(np.asarray(task.studied), [n_first])
    np.testing.assert_array_equal(np.bincount(first, minlength=N_PAIRS), 1 + np.arange(N_PAIRS) % 3)
    np.testing.assert_array_equal(np.sort(second), N_PAIRS + np.arange(N_PAIRS))


class Counting(Favourite):
    """Knows how often each pair was studied, and brings its response to mind so strongly."""

    paradigms: ClassVar[dict[str, str]] = {"paired associates": "native"}

    def begin(self, lists, *, key):
        return jnp.zeros(lists.n_candidates), lists.responses

    def study(self, state, item):
        strength, responses = state
        return strength.at[responses[item]].add(1.0), responses

    def evidence(self, state, cue):
        strength, responses = state
        return jnp.where(jnp.arange(len(strength)) == responses[cue], strength, 0.0)


def test_evidence_of_a_cell_is_the_lead_of_its_pairs() -> None:
    """1, 2, 3 presentations of B, then C once: in SD of 1, 2, 3, 1, 1, 1."""
    z = cell_evidence(Counting(), STUDY.design, n_draws=3, key=jax.random.key(0))
    lead = np.array([1, 2, 3, 1, 1, 1])
    expected = (lead - lead.mean()) / lead.std()
    np.testing.assert_allclose(z, np.tile(expected, (3, 1)).T, atol=1e-5)
