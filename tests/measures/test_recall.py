"""Measures on `Recalls` and on simulated arrays: psifr as oracle, invariances, scale."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from psifr import fr
from psifr.maskers import transitions_masker

from cogmem import measures
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue, MixedListLengths, UnknownName
from cogmem.measures import curves, labelled
from tests.measures.every import EVERY, EXTRAS, as_recalls
from tests.measures.oracle import (
    CATEGORY_SETS,
    ORACLE_SETS,
    psifr_counts,
    psifr_table,
    random_responses,
    recalls_and_frame,
)

# ---- psifr ----------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["pnr", "lag_crp", "lag_crp_compound", "input_crp"])
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
    """Of some subjects, because psifr is slow; the conformance tests have the others."""
    recalls, frame = recalls_and_frame(name)
    some = recalls.subjects[:12]
    cells = fr.lag_rank(frame[frame["subject"].isin(some)])
    found = measures.lag_rank(recalls.select(subject=some)).value
    np.testing.assert_allclose(found, psifr_table(cells, "lag_rank", "rank"), rtol=0, atol=1e-12)


@pytest.mark.parametrize("which", ["within", "across"])
@pytest.mark.parametrize(
    ("name", "measure"),
    [("morton2013", "lag_crp"), ("synthetic", "lag_crp"), ("synthetic", "lag_crp_compound")],
)
def test_lags_by_category_are_psifrs(name: str, measure: str, which: str) -> None:
    recalls, frame = recalls_and_frame(name)
    same = np.equal if which == "within" else np.not_equal
    cells = getattr(fr, measure)(
        frame, test_key="category", test=lambda a, b: same(a, np.asarray(b, object))
    )
    found = getattr(measures, measure)(recalls, **{which: "category"})
    for column in ("actual", "possible"):
        expected = psifr_table(cells, measure, column)
        np.testing.assert_array_equal(found[column].values, expected, err_msg=column)


@pytest.mark.parametrize("name", ORACLE_SETS)
def test_lags_after_the_first_outputs_are_psifrs(name: str) -> None:
    """psifr has no such measure; its transitions say at which response they start."""
    recalls, skip = recalls_and_frame(name)[0], 3
    lists = recalls[:: max(1, len(recalls) // 150)]
    found = measures.lag_crp(lists, skip=skip)
    pool, lags = list(range(1, lists.length + 1)), found.lag.values
    expected = np.zeros((2, len(lags)), int)
    for row in lists.recalls:
        said = [int(p) if p > 0 else np.nan for p in row if p]
        for output, start, end, left in transitions_masker(pool, said, pool, said):
            if output > skip:
                expected[0] += lags == end - start
                expected[1] += np.isin(lags, left - start)
    counted = [found.actual.sum("subject"), found.possible.sum("subject")]
    np.testing.assert_array_equal(counted, expected)


@pytest.mark.parametrize("name", ["peers", "synthetic"])
def test_intrusion_lags_are_psifrs(name: str) -> None:
    """Hardly a word recurs there, so that psifr's duplicated rows do no harm."""
    recalls, frame = recalls_and_frame(name)
    cells = fr.pli_list_lag(frame, 3)
    found = measures.intrusion_lags(recalls, max_lag=3)
    expected = psifr_table(cells, "pli_list_lag", "count")
    np.testing.assert_array_equal(found.actual.values, expected)
    expected = psifr_table(cells, "pli_list_lag", "per_list")
    np.testing.assert_allclose(found.value.values, expected, rtol=0, atol=1e-12)


def test_intrusions_are_not_psifrs_duplicated_rows() -> None:
    """psifr's merged frame has 1,160 "intrusion" rows for the 719 intrusions of Morton 2013."""
    recalls, frame = recalls_and_frame("morton2013")
    found = measures.intrusions(recalls).actual
    assert int(found.sum()) == int((recalls.recalls == -1).sum()) == 719
    assert int(frame["intrusion"].sum()) == 1160


def test_intrusions_are_counted_at_the_most_recent_list_once() -> None:
    """Of the 719 intrusions of Morton 2013, 231 came from the list before (specs, 6.7)."""
    recalls = recalls_and_frame("morton2013")[0]
    found = measures.intrusion_lags(recalls, max_lag=47).actual.sum("subject")
    late = recalls.list_id[:, None] > 47
    assert int(found.sum()) == int((recalls.prior_lag * late > 0).sum())
    assert int(measures.intrusion_lags(recalls, max_lag=1).actual.sum()) == 231


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


def test_stopping_tells_how_many_were_recalled() -> None:
    recalls = recalls_and_frame("peers")[0]
    stop, correct = measures.stopping(recalls), measures.correct(recalls)
    words = (stop.actual * stop.recalled).sum("recalled")
    np.testing.assert_array_equal(words, correct.actual)
    np.testing.assert_array_equal(stop.possible.sel(recalled=0), correct.possible)
    survived = (1 - stop.value.fillna(0)).cumprod("recalled").isel(recalled=slice(-1))
    np.testing.assert_allclose(survived.sum("recalled"), correct.value, rtol=1e-12)


def test_start_at_end_is_the_end_of_pfr() -> None:
    recalls = recalls_and_frame("peers")[0]
    ends = measures.pfr(recalls).value.isel(serial_position=slice(-4, None)).sum("serial_position")
    np.testing.assert_allclose(measures.start_at_end(recalls, last=4).value, ends, atol=1e-12)
    assert (measures.start_at_end(recalls, last=recalls.length).value == 1).all()


@pytest.mark.parametrize("name", CATEGORY_SETS)
def test_lags_within_and_across_make_all_lags(name: str) -> None:
    recalls = recalls_and_frame(name)[0]
    within, across = (measures.lag_crp(recalls, **{k: "category"}) for k in ("within", "across"))
    both = within.actual + across.actual
    np.testing.assert_array_equal(both, measures.lag_crp(recalls).actual)


def test_previous_lags_of_compound_lags_add_up() -> None:
    """Every counted transition but the first of its chain has a previous lag."""
    rows = np.array([[6, 2, 3, 6, 1, 4, 5]])
    compound = measures.lag_crp_compound(Recalls.from_positions(rows, list_length=6))
    made = compound.actual.squeeze("subject").stack(pair=("previous_lag", "lag"))
    assert made[made > 0].pair.values.tolist() == [(-4, 1), (3, 1)]


@st.composite
def behaviour(draw: st.DrawFn) -> Recalls:
    responses = st.integers(-1, LENGTH).filter(bool)
    rows = draw(st.lists(st.lists(responses, max_size=8), min_size=1, max_size=12))
    who = draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    positions = np.array([row + [0] * (8 - len(row)) for row in rows])
    n_words = len(rows) * LENGTH
    said = st.lists(st.integers(0, n_words + 3), min_size=positions.size, max_size=positions.size)
    words = np.reshape(draw(said), positions.shape).astype(np.int32)
    return as_recalls(positions, LENGTH, subject=np.array(who), responses=words)


@settings(max_examples=8, deadline=None)
@given(behaviour(), st.randoms(use_true_random=False))
def test_order_of_lists_does_not_matter(recalls: Recalls, random: Random) -> None:
    order = list(range(len(recalls)))
    random.shuffle(order)
    for measure in EVERY.values():
        xr.testing.assert_allclose(measure(recalls), measure(recalls[order]), rtol=1e-12)


@settings(max_examples=8, deadline=None)
@given(behaviour(), st.permutations(["Ann", "Bo", "Cy", "Di"]))
def test_names_of_subjects_do_not_matter(recalls: Recalls, names: list[str]) -> None:
    renamed = replace(recalls, subject=np.array(names)[recalls.subject - 1])
    for measure in EVERY.values():
        before, after = measure(recalls), measure(renamed)
        again = after.sel(subject=[names[who - 1] for who in before.subject.values])
        xr.testing.assert_equal(before.drop_vars("subject"), again.drop_vars("subject"))


# ---- simulated arrays -----------------------------------------------------------------------


@pytest.mark.parametrize("name", measures.CURVES)
def test_batched_is_looped(name: str) -> None:
    positions = random_responses(3 * 2 * 40, 6, seed=5)
    options = EXTRAS.get(name, lambda recalls: {})(as_recalls(positions, 6))
    axes = measures.CURVES[name].covariates
    arrays = {key: np.asarray(options[key]) for key in axes if key in options}
    batch = {key: values.reshape(3, 2, 40, *values.shape[1:]) for key, values in arrays.items()}
    sizes = {key: value for key, value in options.items() if key not in axes}
    positions = positions.reshape(3, 2, 40, -1)
    count = jax.jit(partial(measures.curve, name, list_length=6, **sizes))
    together = count(positions, **batch)
    each = measures.count_lists(name, positions, 6, **batch, **sizes)
    for i, j in np.ndindex(3, 2):
        of_batch = {key: values[i, j] for key, values in batch.items()}
        alone = measures.curve(name, positions[i, j], 6, **of_batch, **sizes)
        for counted, one in zip(together, alone, strict=True):
            np.testing.assert_allclose(counted[i, j], one, rtol=1e-6)
        if not measures.CURVES[name].per_list:
            for counted, listed in zip(together, each, strict=True):
                np.testing.assert_allclose(counted[i, j], listed[i, j].sum(axis=0), rtol=1e-6)


@pytest.mark.parametrize("name", EXTRAS)
def test_simulated_lists_count_as_peoples_do(name: str) -> None:
    """All lists of one person, given as bare arrays with what is known of each list."""
    recalls = as_recalls(random_responses(90, 6, seed=8), 6)
    options = EXTRAS[name](recalls)
    found = measures.curve(name, recalls.recalls, 6, **options)
    expected = labelled.measure(name, recalls, **options)
    for counted, column in zip(found, ("actual", "possible"), strict=True):
        np.testing.assert_allclose(counted, expected[column].values[0], rtol=1e-5)
    value = expected.value.values[0]
    np.testing.assert_allclose(measures.ratio(name, found), value, rtol=1e-5, atol=1e-6)


def test_seeds_may_share_what_is_known_of_the_lists() -> None:
    recalls = as_recalls(random_responses(20, 6, seed=8), 6)
    same = measures.same_label(recalls, "category")
    seeds = np.stack([recalls.recalls, recalls.recalls[::-1]])
    shared = measures.curve("arc", seeds, 6, same=same)
    alone = [measures.curve("arc", lists, 6, same=same) for lists in seeds]
    np.testing.assert_allclose(shared.actual, [found.actual for found in alone], rtol=1e-6)


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
    for name in ("spc", "pnr", "pfr", "lag_crp", "input_crp", "lag_rank"):
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


@pytest.mark.parametrize("name", EVERY)
def test_every_variable_says_what_it_is(name: str) -> None:
    dataset = EVERY[name](as_recalls(random_responses(30, 5, seed=1), 5))
    for variable in (*dataset.data_vars.values(), *dataset.coords.values()):
        assert variable.attrs["long_name"]
    assert dataset.value.dims[0] == "subject"
    assert all(variable.attrs["units"] for variable in dataset.data_vars.values())


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


@pytest.mark.parametrize("name", EVERY)
def test_lists_of_several_lengths_are_refused(name: str) -> None:
    recalls = replace(as_recalls(np.array([[1], [1]]), 4), list_length=np.array([3, 4]))
    with pytest.raises(MixedListLengths, match="3, 4"):
        EVERY[name](recalls)


def test_errors_name_what_was_given() -> None:
    recalls = recalls_and_frame("synthetic")[0]
    with pytest.raises(InvalidValue, match="max_lag is 9, expected 1 to 6"):
        measures.lag_crp(recalls, max_lag=9)
    with pytest.raises(InvalidValue, match="skip is -1"):
        measures.lag_crp(recalls, skip=-1)
    with pytest.raises(InvalidValue, match="last is 8, expected 1 to 7"):
        measures.start_at_end(recalls, last=8)
    with pytest.raises(InvalidValue, match="max_lag is 0"):
        measures.intrusion_lags(recalls, max_lag=0)
    with pytest.raises(UnknownName, match=r"'skipp'\. Did you mean 'skip'"):
        measures.curve("lag_crp", np.ones((1, 2), int), 3, skipp=1)
    with pytest.raises(InvalidValue, match="'arc' needs same"):
        measures.curve("arc", np.ones((1, 2), int), 3)
    with pytest.raises(InvalidValue, match=r"expected \[5, position, position\]"):
        measures.curve("arc", np.ones((5, 2), int), 3, same=np.ones((4, 3, 3), bool))
    with pytest.raises(UnknownName, match="Did you mean 'lag_crp'"):
        measures.curve("lagcrp", np.ones((1, 2), int), 3)
    with pytest.raises(InvalidValue, match=r"float32\[1, 2\], expected integers"):
        measures.curve("spc", np.ones((1, 2), np.float32), 3)
    with pytest.raises(InvalidValue, match=r"\[\.\.\., list, output\]"):
        measures.curve("spc", np.ones(2, int), 3)
