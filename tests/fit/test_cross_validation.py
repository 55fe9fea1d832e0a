"""Prediction of lists, conditions and people that were left out of the fit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, UnknownName
from cogmem.fit.cross_validation import (
    by_condition,
    cross_validate,
    cross_validate_people,
    gain_over,
    held_out,
)
from cogmem.fit.multistart import Search, fit
from cogmem.fit.people import People, folds
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout
from cogmem.participants.roster import sitting
from cogmem.participants.sitting import Sitting
from tests.fit.simulated import simulated_people

KEY = jax.random.key(3)
COUNTED = sitting("null")
HELD = Sitting(
    NullParticipant(), Readout(), frozenset(["temperature", "stop_scale", "stop_growth"])
)
MODELS = {"counted": COUNTED, "held": HELD}
"""Both recall at random. One ends as the person does, the other by a rule that knows nobody."""
N_ITEMS, N_LISTS = 8, 24


@cache
def recalled() -> Recalls:
    """24 lists of each of four people, who end after one word, or two, or six."""
    after = np.tile([1, 6, 2, 6, 1, 1], 4)[:, None]
    lists = np.where(np.arange(N_ITEMS) < after, np.arange(1, N_ITEMS + 1), 0)
    return Recalls.from_positions(
        np.tile(lists, (4, 1)), list_length=N_ITEMS, subject=np.repeat([1, 2, 3, 4], N_LISTS)
    )


@cache
def by_lists() -> xr.Dataset:
    return cross_validate(MODELS, recalled(), key=KEY, n_folds=3)


@cache
def by_people() -> xr.Dataset:
    return cross_validate_people(MODELS, recalled(), key=KEY, n_folds=2)


@pytest.mark.parametrize("scores", [by_lists, by_people])
def test_the_model_that_knows_the_person_predicts_better(scores) -> None:
    gain = gain_over(scores(), "held")
    assert (gain["gain"].sel(model="counted") > 0.05).all()
    assert gain["low"].sel(model="counted") > 0
    assert (gain["gain"].sel(model="held") == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("validate", [cross_validate, cross_validate_people])
def test_the_model_that_made_the_lists_predicts_better_than_the_null(validate) -> None:
    """TCM, whose parameters differ from person to person."""
    tcm = sitting("TCM")
    values = {"drift": np.array([0.5, 0.6, 0.7, 0.6]), "temperature": np.full(4, 0.2)}
    made = simulated_people(tcm, values, n_lists=N_LISTS, n_items=N_ITEMS)
    search = Search(n_starts=1, n_steps=50, n_polish=0)
    found = validate({"TCM": tcm, "null": COUNTED}, made, key=KEY, n_folds=2, search=search)
    gain = gain_over(found)
    assert (gain["gain"].sel(model="TCM") > 0.1).all()
    assert gain["low"].sel(model="TCM") > 0
    assert gain["low"].sel(model="TCM") <= gain["mean"].sel(model="TCM")


def test_gain_by_hand() -> None:
    """Two people, 10 and 20 events: (ln 2 x 5) / 10 is half a bit per event."""
    totals = np.log(2) * np.array([[-10.0, -10.0], [-15.0, -30.0]])
    scores = xr.Dataset(
        {"log_likelihood": (("model", "subject"), totals), "n_events": ("subject", [10, 20])},
        {"model": ["better", "null"], "subject": [1, 2]},
    )
    gain = gain_over(scores)
    np.testing.assert_allclose(gain["gain"].sel(model="better"), [0.5, 1.0])
    assert float(gain["mean"].sel(model="better")) == pytest.approx(0.75)


@pytest.mark.parametrize("scores", [by_lists, by_people])
def test_every_event_is_held_out_once(scores) -> None:
    found, people = scores(), People.of(recalled())
    np.testing.assert_array_equal(found["n_events"], people.n_events)
    np.testing.assert_array_equal(found["subject"], people.subjects)
    total = found["log_score"] * found["n_events"]
    np.testing.assert_allclose(total, found["log_likelihood"], rtol=1e-6)


def test_null_by_hand() -> None:
    """Its stopping is counted on the other folds: fit to those lists alone, score the fold."""
    total = np.zeros(4)
    parts = folds(recalled(), 3)
    for part in parts:
        others = recalled()[~np.isin(recalled().list_id, part.list_id)]
        found = fit(COUNTED, others, key=KEY)
        total += found.score(People.of(part), key=KEY).sum(axis=1)
    np.testing.assert_allclose(by_lists()["log_likelihood"].sel(model="counted"), total, rtol=1e-5)


def test_what_is_held_out_has_no_say_in_the_fit() -> None:
    """Empty lists among those to predict leave the prediction of the others as it was."""
    first, second = folds(recalled(), 2)
    empty = replace(second, recalls=np.zeros_like(second.recalls))
    both = Recalls.from_positions(
        np.vstack([second.recalls, empty.recalls]),
        list_length=N_ITEMS,
        subject=np.tile(second.subject, 2),
    )
    alone, rest, together = (
        held_out({"null": COUNTED}, [(first, test)], key=KEY)["log_likelihood"]
        for test in (second, empty, both)
    )
    np.testing.assert_allclose(together, alone + rest, rtol=1e-6)


def test_a_model_is_scored_alike_in_any_company() -> None:
    alone = cross_validate({"held": HELD}, recalled(), key=KEY, n_folds=3)
    np.testing.assert_array_equal(
        alone["log_likelihood"].sel(model="held"), by_lists()["log_likelihood"].sel(model="held")
    )


def test_people_left_out_share_one_fit() -> None:
    """Four identical people: each is predicted as two of them, taken as one, fit themselves."""
    one = recalled().select(subject=1)
    same = Recalls.from_positions(
        np.tile(one.recalls, (4, 1)),
        list_length=N_ITEMS,
        subject=np.repeat([1, 2, 3, 4], len(one)),
    )
    found = cross_validate_people({"null": COUNTED}, same, key=KEY, n_folds=2)
    two = fit(COUNTED, People.of(same.select(subject=[1, 2])).pooled(), key=KEY)
    np.testing.assert_allclose(found["log_likelihood"].values[0], -two.nll[0] / 2, rtol=1e-6)


def conditions() -> Recalls:
    """Person 1 has pure and mixed lists, 2 only pure ones, 3 all three kinds."""
    kind = np.array(["pure", "mixed", "pure", "pure", "mixed", "other"])
    return Recalls.from_positions(
        np.tile([[1, 2, 0]], (6, 1)),
        list_length=3,
        subject=np.array([1, 1, 2, 3, 3, 3]),
        by_list={"kind": kind},
    )


def test_conditions_are_told_apart_and_people_have_both() -> None:
    train, test = by_condition(conditions(), "kind", "pure", "mixed")
    assert train.subject.tolist() == test.subject.tolist() == [1, 3]
    assert set(train.by_list["kind"]) == {"pure"}
    assert set(test.by_list["kind"]) == {"mixed"}
    found = held_out({"null": COUNTED}, [(train, test)], key=KEY)
    assert found["n_events"].values.tolist() == [3, 3]


def test_conditions_that_overlap_or_nobody_has_are_refused() -> None:
    with pytest.raises(InvalidValue, match="different kind"):
        by_condition(conditions(), "kind", "pure", ["pure", "mixed"])
    with pytest.raises(InvalidValue, match="nobody"):
        by_condition(conditions()[np.array([2, 5])], "kind", "pure", "other")


def test_more_folds_than_lists_or_people_are_refused() -> None:
    with pytest.raises(InvalidValue, match="2 to 24"):
        cross_validate(MODELS, recalled(), key=KEY, n_folds=25)
    with pytest.raises(InvalidValue, match="2 to 4"):
        cross_validate_people(MODELS, recalled(), key=KEY, n_folds=5)


def test_unknown_baseline_is_refused() -> None:
    with pytest.raises(UnknownName, match="null"):
        gain_over(by_lists(), "null")
