"""What a fit refuses before anything is computed, and what it says of it."""

from __future__ import annotations

import dataclasses
import re

import jax
import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.fit import (
    cross_validate,
    cross_validate_people,
    fit,
    held_out,
    predictive_check,
    simulate,
    split_lists,
)
from cogmem.fit.multistart import Search
from cogmem.fit.nuts import Draws
from cogmem.fit.simulators import Budget
from cogmem.lab.explore import Simulator
from cogmem.participants.roster import sitting

KEY = jax.random.key(0)
LISTS = Recalls.from_positions([[1, 2, 0], [3, 1, 0]], list_length=3, subject=[1, 1])


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("HLOP", "HLOP does not sit free recall: no candidates without a cue. Those that do: BDH,"),
        (sitting("HLOP"), "HLOP does not sit free recall: no candidates without a cue."),
        (3, "got 3, expected the name of a participant, such as 'CMR', or a Sitting("),
    ],
)
def test_who_does_not_sit_free_recall_is_told_of_by_name(who, told) -> None:
    with pytest.raises(InvalidValue, match=re.escape(told)):
        fit(who, LISTS, key=KEY)
    with pytest.raises(InvalidValue, match=re.escape(told)):
        Simulator(who, LISTS)


def test_a_name_that_nobody_has_is_told_of_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown participant 'CMRR'\. Did you mean 'CMR'"):
        fit("CMRR", LISTS, key=KEY)


def test_a_name_stands_for_its_sitting() -> None:
    by_name, by_sitting = (fit(who, LISTS, key=KEY) for who in ("null", sitting("null")))
    np.testing.assert_array_equal(by_name.nll, by_sitting.nll)


@pytest.mark.parametrize("people", ["peers", None, [[1, 2, 0]]])
def test_what_is_no_recalls_is_refused(people) -> None:
    told = f"got a {type(people).__name__}, expected Recalls, such as cogmem.data.load('peers')"
    with pytest.raises(InvalidValue, match=re.escape(told)):
        fit("CMR", people, key=KEY)


@pytest.mark.parametrize(
    "call",
    [
        lambda key: fit("CMR", LISTS, key=key),
        lambda key: simulate(None, 2, key=key),
        lambda key: cross_validate({}, LISTS, key=key),
        lambda key: cross_validate_people({}, LISTS, key=key),
        lambda key: held_out({}, [], key=key),
        lambda key: predictive_check(None, LISTS, key=key),
    ],
)
def test_a_seed_is_no_key(call) -> None:
    told = "key is 7, expected a key: jax.random.key(7)."
    with pytest.raises(InvalidValue, match=re.escape(told)):
        call(7)


@pytest.mark.parametrize(
    ("settings", "name", "value", "told"),
    [
        (Search, "n_starts", 0, "n_starts is 0, expected 1 or more"),
        (Search, "n_steps", -5, "n_steps is -5, expected 1 or more"),
        (Search, "n_steps", 2.5, "n_steps is 2.5, expected a whole number"),
        (Search, "block", 0, "block is 0, expected 1 or more"),
        (Search, "n_polish", -1, "n_polish is -1, expected 0 or more"),
        (Search, "learning_rate", 0, "learning_rate is 0, expected above 0"),
        (Budget, "n_generations", 0, "n_generations is 0, expected 1 or more"),
        (Budget, "population", 3, "population is 3 and width 0.5, expected 4 or more"),
        (Budget, "width", 0.0, "population is 8 and width 0.0, expected 4 or more and above 0"),
        (Draws, "n_draws", 0, "n_draws is 0, expected 1 or more"),
        (Draws, "target_accept", 95, "target_accept is 95, expected above 0 and below 1"),
    ],
)
def test_settings_of_a_search_that_would_do_nothing_are_refused(settings, name, value, told):
    with pytest.raises(InvalidValue, match=re.escape(told)):
        dataclasses.replace(settings(), **{name: value})


def test_one_list_has_no_halves() -> None:
    with pytest.raises(InvalidValue, match="nobody has more lists than 1, expected 2, one for"):
        split_lists(LISTS[:1])
