"""The fan effect: a line through times, each cell foretold by the others."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.fit.arena import Arena
from cogmem.fit.paradigms.fact_verification import FANS, PARADIGM, line_through
from cogmem.participants.null import NullParticipant
from tests.fit.small_arena import Favourite, any_rank, mind  # noqa: F401

STUDY = PARADIGM.study(PARADIGM.sets[0], 0)
Z = np.random.default_rng(0).normal(size=18)
TARGET = np.arange(18) < 9


def test_times_on_a_line_are_foretold_to_the_last_digit() -> None:
    """More evidence, sooner for targets and later for foils."""
    times = np.where(TARGET, 1.2 - 0.3 * Z, 1.5 + 0.3 * Z)
    np.testing.assert_allclose(line_through(Z, times), times, atol=1e-9)


def test_evidence_of_the_wrong_sign_is_none() -> None:
    times = np.where(TARGET, 1.2 + 0.3 * Z, 1.5 - 0.3 * Z)
    np.testing.assert_allclose(line_through(Z, times), line_through(np.zeros(18), times))


def test_without_evidence_a_cell_is_the_mean_of_the_others_of_its_kind() -> None:
    times = np.arange(18.0)
    expected = [(times[TARGET].sum() - times[0]) / 8, (times[~TARGET].sum() - times[17]) / 8]
    np.testing.assert_allclose(line_through(np.zeros(18), times)[[0, 17]], expected)


def test_no_cell_is_foretold_by_itself() -> None:
    times = np.where(TARGET, 1.2 - 0.3 * Z, 1.5 + 0.3 * Z)
    changed = times.copy()
    changed[[4]] += 5
    assert line_through(Z, changed)[4] == pytest.approx(line_through(Z, times)[4])
    assert (np.delete(line_through(Z, changed), 4) != np.delete(times, 4)).all()


def test_scale_and_level_of_evidence_do_not_matter() -> None:
    times = np.random.default_rng(1).normal(1.2, 0.1, 18)
    np.testing.assert_allclose(line_through(Z, times), line_through(7 * Z + 3, times), atol=1e-9)


def test_cells_are_eighteen_with_targets_first() -> None:
    design, times = STUDY.design
    assert STUDY.answers is None
    assert STUDY.why_no_bits
    assert design.line.tolist() == ["targets"] * 9 + ["foils"] * 9
    assert design.x[:9].tolist() == [a * b for a in FANS for b in FANS]
    assert (times > 0.5).all()
    assert (times < 3).all()


class Decided(Favourite):
    """Evidence for the right answer, by the person's fan alone, of targets and foils."""

    paradigms: ClassVar[dict[str, str]] = {"fact verification": "native"}
    decides = True

    def begin(self, lists, *, key):
        return -jnp.asarray(lists.fans[:, 0], float)


class Undecided(Decided):
    """The same taken for evidence that the fact was studied."""

    decides = False


def test_evidence_for_a_no_is_turned_round() -> None:
    decided, undecided = (
        np.asarray(PARADIGM.evidence(each(), STUDY, n_draws=2, key=jax.random.key(0)))[0, :, 0]
        for each in (Decided, Undecided)
    )
    np.testing.assert_allclose(decided[TARGET], undecided[TARGET], atol=1e-6)
    np.testing.assert_allclose(decided[~TARGET], -undecided[~TARGET], atol=1e-6)
    # Of either kind, by person's fan 1, 2, 3: more fans, less evidence.
    assert (np.diff(undecided.reshape(2, 3, 3), axis=2) < 0).all()


def test_who_decides_foretells_the_fan_effect_and_the_null_does_not() -> None:
    here = Arena({PARADIGM.name: STUDY}, n_draws=2)
    gains = {
        name: -here.loss(mind(each), [PARADIGM.name], {})
        for name, each in {"fan": Decided(), "null": NullParticipant()}.items()
    }
    assert gains["null"] == 0
    assert gains["fan"] > 0.1


def test_a_gain_of_times_is_half_the_logarithm_of_the_ratio_of_squared_errors() -> None:
    design, _ = STUDY.design
    times = np.where(TARGET, 1.2 - 0.3 * Z, 1.5 + 0.3 * Z) + np.tile([0.1, -0.1], 9)
    here = Arena({PARADIGM.name: replace(STUDY, design=(design, times))})
    null, own = (((line_through(z, times) - times) ** 2).sum() for z in (0 * Z, Z))
    gain = here.training_gain(PARADIGM.name, jnp.asarray(Z)[None, :, None], np.ones(2))
    np.testing.assert_allclose(gain, np.log2(np.sqrt(null / own)), rtol=1e-4)
