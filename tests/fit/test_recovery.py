"""Recovery of models and of parameters, from behaviour whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
import xarray as xr

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit.multistart import Fit, Search, fit
from cogmem.fit.people import People
from cogmem.fit.recovery import (
    badness,
    confusion,
    model_recovery,
    parameter_recovery,
    simulated_sets,
)
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout
from cogmem.participants.roster import sitting
from cogmem.participants.sitting import Sitting
from tests.fit.simulated import simulated_people

KEY = jax.random.key(5)
SEARCH = Search(n_starts=1, n_steps=50, n_polish=0)
N_SETS, N_LISTS, N_ITEMS = 3, 40, 8
COUNTED = sitting("null")
SMOOTH = Sitting(NullParticipant(), Readout(), frozenset(["temperature"]))
"""At random like the null, but ends by the rule of two parameters that models share."""
HELD = replace(SMOOTH, fixed=frozenset(SMOOTH.parameters) | SMOOTH.fixed)
"""With these two at their defaults."""


def people_who_end(after: np.ndarray) -> People:
    """Four people who recall the first so many words of each list."""
    recalls = np.where(np.arange(N_ITEMS) < after[:, None], np.arange(1, N_ITEMS + 1), 0)
    each = Recalls.from_positions(
        np.tile(recalls, (4, 1)), list_length=N_ITEMS, subject=np.repeat([1, 2, 3, 4], len(after))
    )
    return People.of(each)


@cache
def fits() -> dict[str, Fit]:
    """Fitted to people who end after one word, or six: the other rule never does."""
    people = people_who_end(np.tile([1, 6], N_LISTS // 2))
    return {
        "counted": fit(COUNTED, people, key=KEY),
        "held": fit(HELD, people, key=KEY),
    }


@cache
def recovered() -> xr.Dataset:
    return model_recovery(fits(), n_sets=N_SETS, key=KEY)


def test_models_far_apart_are_told_apart() -> None:
    """Each row sums to the number of sets, and all of it lies on the diagonal.

    The held rule is the worse on the people themselves. On what it made it wins by BIC, because its
    rival counts eight numbers.
    """
    assert recovered()["count"].values.tolist() == [[N_SETS, 0], [0, N_SETS]]
    assert (recovered()["margin"] > 0).all()


@pytest.mark.slow
def test_memory_is_told_from_none() -> None:
    """TCM and a null that ends by the same rule."""
    tcm = sitting("TCM")
    true = {"drift": np.array([0.5, 0.6, 0.7]), "temperature": np.array([0.1, 0.2, 0.1])}
    people = People.of(simulated_people(tcm, true, n_lists=N_LISTS, n_items=N_ITEMS))
    both = {
        name: fit(model, people, search=SEARCH, key=KEY)
        for name, model in {"TCM": tcm, "null": SMOOTH}.items()
    }
    found = model_recovery(both, n_sets=N_SETS, search=SEARCH, key=KEY)
    assert found["count"].values.tolist() == [[N_SETS, 0], [0, N_SETS]]


def test_simulated_sets_are_of_the_size_asked_for() -> None:
    some = simulated_sets(fits()["counted"], 6, 5, key=KEY)
    assert some.subjects.tolist() == [0, 1, 2, 3, 4, 5]
    assert some.n_lists.tolist() == [5] * 6
    assert some.n_items == N_ITEMS


def test_copies_of_one_person_differ() -> None:
    """Six of four people: somebody is drawn twice, and recalls anew."""
    some = simulated_sets(fits()["counted"], 6, key=KEY)
    flat = some.recalls.reshape(6, -1)
    assert len(np.unique(flat, axis=0)) == 6


def test_sets_keep_the_parameters_of_people() -> None:
    """The counted rule's sets end after one word or six, as its people do, in nearly all lists."""
    some = simulated_sets(fits()["counted"], 2, 500, key=KEY)
    ended = np.bincount((some.recalls > 0).sum(axis=2).ravel(), minlength=N_ITEMS + 1) / 1000
    np.testing.assert_allclose(ended[[1, 6]], 0.5, atol=0.1)


def test_held_out_choice_is_by_lists_that_were_not_fitted() -> None:
    people = fits()["counted"].people
    sittings = {"null": COUNTED}
    found = badness(sittings, people, criterion="held_out", key=KEY)
    odd = np.arange(N_LISTS) % 2 == 0
    own = fit(sittings["null"], people.keeping(odd), key=KEY)
    np.testing.assert_allclose(
        found[0], -own.score(people.keeping(~odd), key=KEY).sum(axis=1), rtol=1e-6
    )


def test_information_criteria_count_what_the_null_counted() -> None:
    """2 NLL + 2 k and 2 NLL + k ln n, where k is the stopping curve's one number per word."""
    null, sittings = fits()["counted"], {"null": COUNTED}
    aic = badness(sittings, null.people, criterion="aic", key=KEY)[0]
    bic = badness(sittings, null.people, criterion="bic", key=KEY)[0]
    np.testing.assert_allclose(aic, 2 * null.nll + 2 * N_ITEMS, rtol=1e-6)
    np.testing.assert_allclose(
        bic, 2 * null.nll + N_ITEMS * np.log(null.people.n_events), rtol=1e-6
    )


def test_unknown_criterion_and_no_sets_are_refused() -> None:
    with pytest.raises(InvalidValue, match="waic"):
        badness({}, fits()["counted"].people, criterion="waic", key=KEY)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="n_sets is 0"):
        simulated_sets(fits()["counted"], 0, key=KEY)


def test_confusion_by_hand() -> None:
    """Two sets of each of two models: the second set of "b" looks more like "a"."""
    scores = np.array([[[1.0, 2.0], [3.0, 5.0]], [[4.0, 1.0], [2.0, 3.0]]])
    found = confusion(scores, ["a", "b"])
    assert found["count"].values.tolist() == [[2, 0], [1, 1]]
    assert found["margin"].values.tolist() == [[2, 3], [2, -2]]


def test_parameter_recovery_by_hand() -> None:
    truth = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    estimate = np.array([[1.0, 1.0], [1.0, 2.0], [4.0, 0.0]])
    low, high = estimate - 0.5, estimate + 1
    low[2, 1] = np.nan
    found = parameter_recovery(truth, estimate, ["a", "b"], low=low, high=high)
    np.testing.assert_allclose(found["correlation"], [np.sqrt(3) / 2, np.nan])
    np.testing.assert_allclose(found["bias"], [1, 0])
    np.testing.assert_allclose(found["rmse"], [np.sqrt(5 / 3), np.sqrt(2 / 3)])
    np.testing.assert_allclose(found["coverage"], [1 / 3, 1 / 2])
    assert found["n_intervals"].values.tolist() == [3, 2]


def test_parameter_recovery_needs_arrays_of_one_shape_and_both_ends() -> None:
    truth = np.zeros((3, 2))
    with pytest.raises(InvalidValue, match="both ends"):
        parameter_recovery(truth, truth, ["a", "b"], low=truth)
    with pytest.raises(InvalidValue, match="person, 3"):
        parameter_recovery(truth, truth, ["a", "b", "c"])
