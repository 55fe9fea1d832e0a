"""Joining the roster, and what a sitting fits."""

from __future__ import annotations

from dataclasses import replace

import jax
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.participants import roster as rosters
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout, StoppingCurve
from cogmem.participants.roster import register, roster, sitting
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall


def test_roster_has_the_null_and_retrieved_context() -> None:
    assert {"null", "TCM", "CMR", "CMR (shared readout)"} <= set(roster())


def test_unknown_participant_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'TCM'"):
        sitting("TMC")


def test_two_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "_ROSTER", dict(roster()))
    register("null", sitting("null"))  # the same again, as a reload does
    with pytest.raises(InvalidValue, match="two participants are called 'null'"):
        register("null", sitting("TCM"))


def test_sitting_without_a_rule_is_refused() -> None:
    with pytest.raises(InvalidValue, match="NullParticipant has no rule of choice"):
        Sitting(NullParticipant())


def test_shared_readout_stands_in_for_the_own_rules_parameters() -> None:
    own, shared = set(sitting("CMR").parameters), set(sitting("CMR (shared readout)").parameters)
    assert own - shared == {"choice_sensitivity", "stop_scale", "stop_growth"}
    assert shared - own == {"temperature"}


def test_parameters_held_fixed_are_not_fitted() -> None:
    held = replace(sitting("TCM"), fixed=frozenset({"drift"}))
    assert set(sitting("TCM").parameters) - set(held.parameters) == {"drift"}


def test_null_has_nothing_to_fit_and_its_curve_is_counted() -> None:
    assert sitting("null").parameters == {}
    assert sitting("null").counts_stopping
    assert not sitting("TCM").counts_stopping


def test_sitting_with_a_curve_to_count_refuses_to_recall_before() -> None:
    fresh = Sitting(NullParticipant(), Readout(stop=StoppingCurve()))
    with pytest.raises(InvalidValue, match="not counted yet"):
        fresh.free_running(FreeRecall.of_length(3), key=jax.random.key(0))
