"""Ranks and scores of the table of minds, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.fit.arena import Arena
from cogmem.fit.simulators import Budget
from cogmem.lab.minds import Terms, find
from cogmem.lab.minds_tree import assembled, mean_ranks, ranks
from cogmem.lab.store import Store
from cogmem.participants.null import NullParticipant
from tests.fit.small_arena import (
    Favourite,
    Firm,
    any_rank,  # noqa: F401
    mind,
    recall_study,
)

NAN = np.nan
FREE, SERIAL = "free recall", "serial recall"


# ---- ranks ---------------------------------------------------------------------------------------


def test_ranks_by_hand_and_ties_share_theirs() -> None:
    np.testing.assert_array_equal(ranks(np.array([0.2, 0.5, 0.1])), [2, 1, 3])
    np.testing.assert_array_equal(ranks(np.array([0.0, 0.5, 0.0, -1.0])), [2.5, 1, 2.5, 4])
    np.testing.assert_array_equal(ranks(np.zeros(3)), [2, 2, 2])


def test_every_resample_is_ranked_by_itself() -> None:
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    np.testing.assert_array_equal(ranks(values), [[1, 3], [3, 1], [2, 2]])


def test_mean_ranks_by_hand() -> None:
    """Three sit the first paradigm, two the second, one the third, which ranks nobody."""
    each = np.array([[1.0, NAN, NAN], [2.0, 2.0, 1.0], [3.0, 1.0, NAN], [NAN, NAN, NAN]])
    np.testing.assert_allclose(mean_ranks(each), [0, (0.5 + 1) / 2, (1 + 0) / 2, NAN])


def test_who_sits_one_paradigm_alone_has_no_mean_rank() -> None:
    assert np.isnan(mean_ranks(np.array([[1.0], [NAN]]))).all()


# ---- the tree ------------------------------------------------------------------------------------

LAST_FIRST = np.array(
    [[[6, 5, 4, 3, 2, 1]] * 6, [[6, 5, 4, 0, 0, 0]] * 6, [[6, 5, 3, 4, 2, 1]] * 6]
)
FIVE = np.array([[[1, 2, 3, 4, 5]] * 4] * 3)
STUDIES = {FREE: recall_study(LAST_FIRST), SERIAL: recall_study(FIVE, SERIAL)}
MINDS = {
    "null": mind(NullParticipant(), "null"),
    "copy": mind(NullParticipant(), "copy"),
    "last": mind(Favourite(0.9), "last"),
    "firm": mind(Firm(0.9, 6), "firm"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory, any_rank) -> xr.DataTree:  # noqa: F811
    folder: Path = tmp_path_factory.mktemp("tree")
    here, terms = Arena(STUDIES, n_draws=2), Terms(Budget(1, 4), n_copies=1, unseen=True)
    store = Store.open(folder / "minds.zarr", {"config_hash": "0" * 16})
    found = {
        name: find(here, each, terms, store, lambda steps, doing: None)
        for name, each in MINDS.items()
    }
    return assembled(here, MINDS, found, {"seed": 0})


def test_the_null_gains_nothing_and_shares_its_rank_with_who_knows_as_little(tree) -> None:
    gain = tree["gain"].sel(model=["null", "copy"])
    np.testing.assert_array_equal(gain.sel(paradigm=FREE), [0, 0])
    rank = tree["rank"].sel(paradigm=FREE)
    assert rank.sel(model="null") == rank.sel(model="copy") == 3.5


def test_who_remembers_is_above_the_null_by_an_interval(tree: xr.DataTree) -> None:
    last = tree.ds.sel(model="last", paradigm=FREE)
    assert 0 < last["gain_low"] <= last["gain"] <= last["gain_high"]
    assert last["rank_high"] < 3.5


def test_every_rank_lies_within_its_interval(tree: xr.DataTree) -> None:
    known = tree["rank"].notnull()
    assert (tree["rank_low"] <= tree["rank"]).where(known, True).all()
    assert (tree["rank"] <= tree["rank_high"]).where(known, True).all()
    assert tree["rank"].sum("model").values.tolist() == [1 + 2 + 3 + 4, 1 + 2 + 3]


def test_a_refusal_is_a_blank_with_its_reason(tree: xr.DataTree) -> None:
    cell = tree.ds.sel(model="firm", paradigm=SERIAL)
    assert not cell["sits"]
    assert "5 items" in str(cell["how"].values)
    for name in ("gain", "gain_low", "refit", "unseen", "rank"):
        assert np.isnan(cell[name])


def test_every_blank_has_a_reason_and_every_cell_that_is_sat_a_gain(tree: xr.DataTree) -> None:
    np.testing.assert_array_equal(tree["gain"].notnull(), tree["sits"])
    assert (tree["how"].str.len() > 0).all()


def test_mean_ranks_are_of_the_ranks_of_the_table(tree: xr.DataTree) -> None:
    np.testing.assert_allclose(tree["mean_rank"], mean_ranks(tree["rank"].values))


def test_other_people_foretell_more_than_the_null(tree: xr.DataTree) -> None:
    assert (tree["people_gain"] > 0).all()
    assert (tree["people_low"] <= tree["people_gain"] + 1e-9).all()


def test_responses_people_and_parameters_are_counted(tree: xr.DataTree) -> None:
    """Three held-out lists of each: six words or three, and the end; two of five outputs."""
    assert tree["n_people"].values.tolist() == [3, 3]
    assert tree["n_responses"].values.tolist() == [3 * (7 + 4 + 7), 3 * 2 * 5]
    counts = tree["n_fitted"]
    assert counts.sel(model=["null", "last", "firm"]).values.tolist() == [0, 1 + 2, 1 + 1]


def test_curves_hold_people_and_those_who_sit(tree: xr.DataTree) -> None:
    curve = tree["curves/in place"]
    assert curve["source"].values.tolist() == ["people", "null", "copy", "last"]
    np.testing.assert_array_equal(curve["mean"].sel(source="people").values.ravel(), np.ones(5))
    assert np.isnan(tree["rmsd"].sel(model="firm", curve="in place"))
    assert tree["ceiling95"].sel(curve="in place") == 0
