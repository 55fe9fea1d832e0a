"""Joining the roster, and what a sitting fits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.participants import roster as rosters
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout, StoppingCurve
from cogmem.participants.roster import family, join, register, roster, sitting
from cogmem.participants.sitting import Sitting
from cogmem.tasks import FreeRecall


def test_roster_has_the_null_and_retrieved_context() -> None:
    assert {"null", "TCM", "CMR", "CMR (shared readout)"} <= set(roster())


def test_unknown_participant_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'TCM'"):
        sitting("TMC")


@pytest.mark.parametrize("typed", ["CMR", "cmr", "Cmr (Shared Readout)"])
def test_capitals_of_a_participant_do_not_matter(typed: str) -> None:
    assert sitting(typed) is sitting(rosters.spelt(typed))
    assert rosters.spelt(typed).casefold() == typed.casefold()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: roster("free_recall"), "paradigm 'free_recall'. Did you mean 'free recall'"),
        (lambda: roster("Recognition"), "Did you mean 'recognition'"),
        (lambda: sitting("cmrr"), "unknown participant 'cmrr'. Did you mean 'CMR'"),
        (lambda: sitting(None), "unknown participant None"),
    ],
)
def test_names_that_nobody_has(wrong: Callable[[], object], told: str) -> None:
    with pytest.raises(UnknownName) as refused:
        wrong()
    assert told in str(refused.value)


@pytest.fixture
def own_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    roster(None)
    monkeypatch.setattr(rosters, "_ROSTER", dict(rosters._ROSTER))


def test_two_of_one_name_are_refused(own_copy: None) -> None:
    register("TCM", sitting("TCM").participant)  # the same again, as a reload does
    with pytest.raises(InvalidValue, match="two participants are called 'TCM'"):
        register("TCM", sitting("CMR").participant)


@pytest.mark.parametrize("name", ["tcm", "Tcm", "tcm (Shared Readout)", "NULL"])
def test_names_that_differ_in_capitals_alone_are_refused(own_copy: None, name: str) -> None:
    before = set(roster(None))
    with pytest.raises(InvalidValue, match=r"differs from '.+' in capitals alone.*rename one"):
        register(name, NullParticipant())
    assert set(roster(None)) == before


def test_participant_with_a_rule_of_its_own_joins_twice_and_another_once(own_copy: None) -> None:
    before = set(roster())
    register("twin", sitting("TCM").participant)
    register("blank", NullParticipant())
    assert set(roster()) - before == {"twin", "twin (shared readout)", "blank"}
    assert family("twin (shared readout)") == family("twin") == "twin"


def test_sitting_without_a_rule_is_refused() -> None:
    with pytest.raises(InvalidValue, match="NullParticipant has no rule of choice"):
        Sitting(NullParticipant())


def test_shared_readout_stands_in_for_the_own_rules_parameters() -> None:
    own, shared = sitting("CMR").parameters, sitting("CMR (shared readout)").parameters
    assert set(own) - set(shared) == {"choice_sensitivity"}
    assert set(shared) - set(own) == {"temperature"}
    for name in ("stop_scale", "stop_growth"):
        assert "common protocol" in shared[name].source
        assert "common protocol" not in own[name].source


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


BROKEN = """from cogmem.participants.null import NullParticipant
from cogmem.participants.roster import register

register("mine", NullParticipant())
1 / 0
"""


def test_a_file_that_fails_can_be_mended_and_joined(own_copy: None, tmp_path: Path) -> None:
    """What it registered before it failed is forgotten, and so is the half of a module."""
    path, before = tmp_path / "mine.py", set(roster())
    path.write_text(BROKEN)
    with pytest.raises(InvalidValue, match=r"mine\.py, line 5: ZeroDivisionError") as refused:
        join(path)
    assert isinstance(refused.value.__cause__, ZeroDivisionError)
    assert set(roster()) == before
    assert "joined.mine" not in sys.modules
    path.write_text(BROKEN.replace("1 / 0", "1 / 1  # mended"))
    join(path)
    assert set(roster()) - before == {"mine"}


def test_a_refusal_is_told_as_it_is(own_copy: None, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BROKEN.replace('"mine"', '"TCM"'))
    with pytest.raises(InvalidValue, match=r"^two participants are called 'TCM'"):
        join(path)
