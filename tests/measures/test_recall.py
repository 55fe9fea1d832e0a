"""Measures on `Recalls` and on simulated arrays: psifr as oracle, invariances, scale."""

from __future__ import annotations

from functools import partial
from random import Random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, MixedListLengths, UnknownName
from cogmem.measures import curves
from tests.measures.oracle import ORACLE_SETS, psifr_counts, random_responses, recalls_and_frame

ALL = ("spc", "pnr", "pfr", "lag_crp", "input_crp", "lag_rank", "intrusions", "repeats", "correct")


# ---- psifr ----------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["pnr", "lag_crp", "input_crp"])
@pytest.mark.parametrize("name", ORACLE_SETS)
def test_counts_are_psifrs(name: str, measure: str) -> None:
    found = getattr(measures, measure)(recalls_and_frame(name)[0])
    for column in ("actual", "possible"):
        expected = psifr_counts(name, measure, column)
        np.testing.assert_array_equal(found[column].values, expected, err_msg=column)
    expected = psifr_counts(name, measure, "prob")
    np.testing.assert_allclose(found.value.values, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ORACLE_SETS)
def test_spc_is_psifrs(name: str) -> None:
    found = measures.spc(recalls_and_frame(name)[0]).value
    np.testing.assert_allclose(found, psifr_counts(name, "spc", "recall"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ORACLE_SETS)
def test_lag_rank_is_psifrs(name: str) -> None:
    found = measures.lag_rank(recalls_and_frame(name)[0]).value
    np.testing.assert_allclose(found, psifr_counts(name, "lag_rank", "rank"), rtol=0, atol=1e-6)


def test_intrusions_are_not_psifrs_duplicated_rows() -> None:
    """psifr's merged frame has 1,160 "intrusion" rows for the 719 intrusions of Morton 2013."""
    recalls, frame = recalls_and_frame("morton2013")
    found = measures.intrusions(recalls).actual
    assert int(found.sum()) == int((recalls.recalls == -1).sum()) == 719
    assert int(frame["intrusion"].sum()) == 1160


# ---- identities -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ORACLE_SETS)
def test_outputs_of_pnr_add_up_to_spc(name: str) -> None:
    recalls = recalls_and_frame(name)[0]
    pnr, spc = measures.pnr(recalls), measures.spc(recalls)
    xr.testing.assert_equal(pnr.actual.sum("output"), spc.actual)
    np.testing.assert_allclose(pnr.value.sel(output=1).sum("serial_position"), 1, atol=1e-12)
    np.testing.assert_array_equal(pnr.value.sel(output=1), measures.pfr(recalls).value)


def test_lag_crp_is_the_diagonal_sum_of_input_crp() -> None:
    recalls = recalls_and_frame("synthetic")[0]
    pairs, crp = measures.input_crp(recalls), measures.lag_crp(recalls)
    for lag in crp.lag.values:
        for column in ("actual", "possible"):
            diagonal = np.trace(pairs[column].values, offset=lag, axis1=1, axis2=2)
            np.testing.assert_array_equal(crp[column].sel(lag=lag), diagonal)


def test_repeats_correct_and_intrusions_are_all_responses() -> None:
    recalls = recalls_and_frame("synthetic")[0]
    parts = [measures.repeats, measures.correct, measures.intrusions]
    assert sum(int(part(recalls).actual.sum()) for part in parts) == recalls.n_out.sum()


def test_random_recall_has_a_flat_lag_crp() -> None:
    """At every lag within 4 SE of (transitions) / (sum of positions possible at each)."""
    rng, length, n_lists = np.random.default_rng(1), 12, 20_000
    order = rng.permuted(np.tile(np.arange(1, length + 1), (n_lists, 1)), axis=1)
    stop = rng.integers(3, length + 1, (n_lists, 1))
    crp = measures.lag_crp(
        Recalls.from_positions(np.where(np.arange(length) < stop, order, 0), list_length=length)
    )
    level = float(crp.actual.sum() / crp.possible.sum())
    made = (stop - 1).sum()
    assert level == made / sum(length - n for s in stop.ravel() for n in range(1, s))
    possible = crp.possible.where(crp.lag != 0, drop=True)
    error = crp.value.where(crp.lag != 0, drop=True) - level
    assert float(np.abs(error / np.sqrt(level * (1 - level) / possible)).max()) < 4


# ---- invariances ----------------------------------------------------------------------------

LENGTH = 5


@st.composite
def behaviour(draw: st.DrawFn) -> Recalls:
    responses = st.integers(-1, LENGTH).filter(bool)
    rows = draw(st.lists(st.lists(responses, max_size=8), min_size=1, max_size=12))
    who = draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    positions = np.array([row + [0] * (8 - len(row)) for row in rows])
    items = np.arange(len(rows) * LENGTH, dtype=np.int32).reshape(-1, LENGTH)
    said = st.lists(
        st.integers(0, items.size + 3), min_size=positions.size, max_size=positions.size
    )
    words = np.reshape(draw(said), positions.shape).astype(np.int32)
    recalls = Recalls.from_positions(positions, list_length=LENGTH, subject=np.array(who))
    columns = {"items": items, "responses": words, "list_id": recalls.list_id}
    return Recalls.from_positions(positions, list_length=LENGTH, subject=np.array(who), **columns)


@settings(max_examples=25, deadline=None)
@given(behaviour(), st.randoms(use_true_random=False))
def test_order_of_lists_does_not_matter(recalls: Recalls, random: Random) -> None:
    order = list(range(len(recalls)))
    random.shuffle(order)
    for name in ALL:
        measure = getattr(measures, name)
        xr.testing.assert_identical(measure(recalls), measure(recalls[order]))


@settings(max_examples=25, deadline=None)
@given(behaviour(), st.permutations(["Ann", "Bo", "Cy", "Di"]))
def test_names_of_subjects_do_not_matter(recalls: Recalls, names: list[str]) -> None:
    columns = {k: getattr(recalls, k) for k in ("items", "responses", "list_id")}
    renamed = Recalls.from_positions(
        recalls.recalls, list_length=LENGTH, subject=np.array(names)[recalls.subject - 1], **columns
    )
    for name in ALL:
        before, after = getattr(measures, name)(recalls), getattr(measures, name)(renamed)
        again = after.sel(subject=[names[who - 1] for who in before.subject.values])
        xr.testing.assert_equal(before.drop_vars("subject"), again.drop_vars("subject"))


# ---- simulated arrays -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_batched_is_looped(name: str) -> None:
    positions = random_responses(3 * 2 * 40, 6, seed=5).reshape(3, 2, 40, -1)
    together = jax.jit(partial(measures.curve, name, list_length=6))(positions)
    each = measures.count_lists(name, positions, 6)
    for i, j in np.ndindex(3, 2):
        alone = measures.curve(name, positions[i, j], 6)
        summed = jax.tree.map(lambda x, i=i, j=j: x[i, j].sum(axis=0), each)
        for counted, one, added in zip(together, alone, summed, strict=True):
            np.testing.assert_array_equal(counted[i, j], one)
            np.testing.assert_array_equal(counted[i, j], added)


def test_curve_may_be_vmapped() -> None:
    positions = jnp.asarray(random_responses(80, 6, seed=5).reshape(4, 20, -1))
    mapped = jax.vmap(lambda lists: measures.curve("lag_crp", lists, 6))(positions)
    jax.tree.map(np.testing.assert_array_equal, mapped, measures.curve("lag_crp", positions, 6))


@pytest.mark.parametrize("n_lists", [1, 2048, 5000])
def test_chunks_lose_no_list(n_lists: int) -> None:
    positions = random_responses(n_lists, 6, seed=7)
    recalls = Recalls.from_positions(positions, list_length=6, subject=np.arange(n_lists) % 7)
    for name in ("spc", "pnr", "lag_rank"):
        counted = measures.curve(name, positions, 6)
        labelled = getattr(measures, name)(recalls)
        np.testing.assert_array_equal(counted.actual, labelled.actual.sum("subject"))
        np.testing.assert_array_equal(counted.possible, labelled.possible.sum("subject"))


def test_ratio_agrees_under_jit() -> None:
    positions = random_responses(50, 6, seed=9)
    recalls = Recalls.from_positions(positions, list_length=6)
    for name in ALL[:-3]:
        inside = jax.jit(lambda x, name=name: measures.ratio(name, measures.curve(name, x, 6)))
        expected = getattr(measures, name)(recalls).value.values[0]
        np.testing.assert_allclose(inside(positions), expected, rtol=1e-6)


def test_data_sets_of_like_size_share_a_compilation() -> None:
    def measure(n_lists: int, width: int) -> None:
        rows = random_responses(n_lists, 9, seed=3)[:, :width]
        measures.lag_crp(Recalls.from_positions(rows, list_length=9, subject=np.arange(n_lists)))

    measure(50, 13)
    compiled = curves._each._cache_size()
    measure(700, 12)
    measure(3000, 11)
    assert curves._each._cache_size() == compiled


# ---- labels, means, errors ------------------------------------------------------------------


def test_dataset_is_labelled_in_the_fields_words() -> None:
    crp = measures.lag_crp(recalls_and_frame("synthetic")[0], max_lag=3)
    assert crp.value.dims == ("subject", "lag")
    assert crp.lag.values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert crp.actual.dtype == crp.possible.dtype == np.int64
    assert crp.value.dtype == np.float64
    assert crp.value.attrs["long_name"] == "Conditional response probability"
    assert crp.value.attrs["units"] == "probability"
    assert "break the chain" in crp.value.attrs["definition"]


@pytest.mark.parametrize("name", ALL)
def test_every_variable_says_what_it_is(name: str) -> None:
    dataset = getattr(measures, name)(recalls_and_frame("synthetic")[0])
    for variable in (*dataset.data_vars.values(), *dataset.coords.values()):
        assert variable.attrs["long_name"]
    assert dataset.value.dims[0] == "subject"


def test_impossible_is_nan_not_zero() -> None:
    rows = np.array([[1, 2, 0], [0, 0, 0], [1, 3, 2]])
    recalls = Recalls.from_positions(rows, list_length=3, subject=np.array([1, 2, 3]))
    crp = measures.lag_crp(recalls).value
    assert np.isnan(crp.sel(lag=0)).all()
    assert np.isnan(crp.sel(subject=2)).all()
    assert np.isnan(measures.pfr(recalls).value.sel(subject=2)).all()
    assert (measures.spc(recalls).value.sel(subject=2) == 0).all()
    assert np.isnan(measures.lag_rank(recalls).value.sel(subject=2))


def test_means_leave_out_subjects_without_a_value() -> None:
    rows = np.array([[1, 2, 0], [0, 0, 0], [1, 3, 2]])
    recalls = Recalls.from_positions(rows, list_length=3, subject=np.array([1, 2, 3]))
    mean = measures.over_subjects(measures.lag_crp(recalls)).sel(lag=[0, -1, 1, 2])
    np.testing.assert_array_equal(mean.n, [0, 1, 2, 2])
    np.testing.assert_array_equal(mean["mean"], [np.nan, 1, 0.5, 0.5])
    np.testing.assert_allclose(mean["sem"], [np.nan, np.nan, 0.5, 0.5])


def test_summary_adds_an_interval() -> None:
    spc = measures.spc(recalls_and_frame("peers")[0])
    found = measures.summary(spc, n_resamples=300, seed=4)
    assert found.low.dims == ("serial_position",)
    assert bool(((found.low < found["mean"]) & (found["mean"] < found.high)).all())
    xr.testing.assert_identical(found, measures.summary(spc, n_resamples=300, seed=4))


def test_summary_of_one_number_per_subject() -> None:
    found = measures.summary(measures.repeats(recalls_and_frame("synthetic")[0]), method="BCa")
    assert found.low.shape == ()
    assert found.low < found["mean"] < found.high


def test_subjects_weigh_alike_however_much_they_recall() -> None:
    """Pooling counts over subjects would give .455 where the mean of subjects is .435."""
    crp = measures.lag_crp(recalls_and_frame("peers")[0]).sel(lag=1)
    assert round(float(measures.over_subjects(crp)["mean"]), 3) == 0.435
    assert round(float(crp.actual.sum() / crp.possible.sum()), 3) == 0.455


@pytest.mark.parametrize("name", ALL)
def test_lists_of_several_lengths_are_refused(name: str) -> None:
    recalls = Recalls.from_positions(np.array([[1], [1]]), list_length=np.array([3, 4]))
    with pytest.raises(MixedListLengths, match="3, 4"):
        getattr(measures, name)(recalls)


def test_errors_name_what_was_given() -> None:
    recalls = recalls_and_frame("synthetic")[0]
    with pytest.raises(InvalidValue, match="max_lag is 9, expected 1 to 6"):
        measures.lag_crp(recalls, max_lag=9)
    with pytest.raises(UnknownName, match="Did you mean 'lag_crp'"):
        measures.curve("lagcrp", np.ones((1, 2), int), 3)
    with pytest.raises(InvalidValue, match=r"float32\[1, 2\], expected integers"):
        measures.curve("spc", np.ones((1, 2), np.float32), 3)
    with pytest.raises(InvalidValue, match=r"\[\.\.\., list, output\]"):
        measures.curve("spc", np.ones(2, int), 3)
