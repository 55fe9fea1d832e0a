"""Human free recall against `human_reference.npz` (specs: human data, sections 6, 12, 13)."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from jaxtyping import Array

from cogmem import data, measures
from cogmem.data.recalls import Recalls
from cogmem.errors import DataNotFound, UnknownName
from cogmem.fit.multistart import fit
from cogmem.fit.people import People
from cogmem.models.cmr import CMR
from cogmem.models.parameters import table
from cogmem.models.retrieved_context import Rho
from cogmem.models.support_cmr import SupportCMR
from cogmem.participants.roster import sitting
from tests.conformance.reference import matches, reference

HUMAN = reference("human")


@cache
def recalls_of(prefix: str) -> Recalls:
    """The data set behind the keys of a prefix; skips the test where its file is not here."""
    name = {"morton": "morton2013"}.get(prefix, prefix)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COGMEM_OFFLINE", "1")  # tests fetch nothing
        try:
            return data.load(name)
        except (DataNotFound, UnknownName):
            pytest.skip(f"the file of {name} is not here; COGMEM_DATA may name its folder")


# ---------------------------------------------------------------------------------------------
# Measures
# ---------------------------------------------------------------------------------------------

SETS = [prefix for (prefix,) in matches("human", r"(.+)_lagrank")]
PER_LIST = {
    "correct": {},
    "repeats": {},
    "pli": {"kind": "prior_list"},
    "xli": {"kind": "extra_list"},
}


@cache
def measured(prefix: str, name: str) -> xr.Dataset:
    """A measure of the subjects that the file lists, in its order."""
    wanted = HUMAN[f"{prefix}_subjects"]
    recalls = recalls_of(prefix)
    return getattr(measures, name)(recalls.select(subject=wanted)).sel(subject=wanted)


@cache
def measured_mixed(prefix: str, name: str, **options: str) -> xr.Dataset:
    """A measure of the lists of several categories of the same subjects."""
    wanted = HUMAN[f"{prefix}_subjects"]
    recalls = recalls_of(prefix).select(subject=wanted, list_type="mixed")
    return getattr(measures, name)(recalls, **options).sel(subject=wanted)


def at_lags(prefix: str, dataset: xr.Dataset) -> xr.Dataset:
    return dataset.sel(lag=HUMAN[f"{prefix}_lags"])


def same(found: xr.DataArray, key: str, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(found.values, HUMAN[key], rtol=0, atol=tolerance, err_msg=key)


@pytest.mark.parametrize("prefix", SETS)
def test_lists_are_all_there(prefix: str) -> None:
    same(measured(prefix, "spc").possible.max("serial_position"), f"{prefix}_n_lists", 0)


@pytest.mark.parametrize("prefix", SETS)
def test_recall_by_serial_position(prefix: str) -> None:
    same(measured(prefix, "spc").value, f"{prefix}_spc")
    same(measured(prefix, "pfr").value, f"{prefix}_pfr")


@pytest.mark.parametrize("prefix", SETS)
def test_probability_of_nth_recall(prefix: str) -> None:
    pnr = measured(prefix, "pnr")
    same(pnr.actual.sum("subject"), f"{prefix}_pnr_actual", 0)
    same(pnr.possible.sum("subject"), f"{prefix}_pnr_possible", 0)
    same(pnr.value.sel(output=1), f"{prefix}_pfr")
    same(pnr.value.sel(output=2), f"{prefix}_psr")


@pytest.mark.parametrize("prefix", SETS)
def test_lag_crp(prefix: str) -> None:
    crp = at_lags(prefix, measured(prefix, "lag_crp"))
    same(crp.actual, f"{prefix}_lagcrp_actual", 0)
    same(crp.possible, f"{prefix}_lagcrp_possible", 0)
    same(crp.value, f"{prefix}_lagcrp_prob")


@pytest.mark.parametrize("prefix", SETS)
def test_lag_rank(prefix: str) -> None:
    same(measured(prefix, "lag_rank").value, f"{prefix}_lagrank", 1e-6)


@pytest.mark.parametrize(("prefix", "column"), matches("human", r"(.+)_mixed_catcrp_(.+)"))
def test_category_crp(prefix: str, column: str) -> None:
    found = measured_mixed(prefix, "category_crp")[{"prob": "value"}.get(column, column)]
    same(found, f"{prefix}_mixed_catcrp_{column}", 1e-12 if column == "prob" else 0)


@pytest.mark.parametrize(("prefix", "score"), matches("human", r"(.+)_mixed_catclust_(.+)"))
def test_category_clustering(prefix: str, score: str) -> None:
    same(measured_mixed(prefix, score).value, f"{prefix}_mixed_catclust_{score}")


@pytest.mark.parametrize(("prefix", "which"), matches("human", r"(.+)_mixed_lagcrp_(.+)_prob"))
def test_lag_crp_by_category(prefix: str, which: str) -> None:
    crp = at_lags(prefix, measured_mixed(prefix, "lag_crp", **{which: "category"}))
    same(crp.value, f"{prefix}_mixed_lagcrp_{which}_prob")


@pytest.mark.parametrize("kind", PER_LIST)
@pytest.mark.parametrize("prefix", SETS)
def test_responses_per_list(prefix: str, kind: str) -> None:
    measure = "intrusions" if PER_LIST[kind] else kind
    found = measured(prefix, measure).value.sel(PER_LIST[kind])
    same(found, f"{prefix}_{kind}_per_list")


MEASURE_OF_KEY = {
    "spc": "spc",
    "pfr": "pfr",
    "lagcrp_prob": "lag_crp",
    "lagrank": "lag_rank",
    "correct_per_list": "correct",
}


@pytest.mark.parametrize(("prefix", "key"), matches("human", rf"({'|'.join(SETS)})_(.+)_sem"))
def test_mean_and_sem_over_subjects(prefix: str, key: str) -> None:
    found = measures.over_subjects(measured(prefix, MEASURE_OF_KEY[key]))
    if "lag" in found.dims:
        found = at_lags(prefix, found)
    same(found["mean"], f"{prefix}_{key}_mean")
    same(found["sem"], f"{prefix}_{key}_sem")


@pytest.mark.parametrize(("prefix", "key"), matches("human", r"(.+)_([^_]+)_noise"))
def test_noise_ceiling(prefix: str, key: str) -> None:
    """Within 10 %: over 40 seeds one number of 2,000 resamples varied by 1-2.7 % (1 SD)."""
    curve, max_lag = key.rstrip("0123456789"), key.lstrip("abcdefghijklmnopqrstuvwxyz")
    values = measured(prefix, {"lagcrp": "lag_crp"}.get(curve, curve)).value
    if max_lag:
        values = values.sel(lag=slice(-int(max_lag), int(max_lag)))
    found = measures.noise_ceiling(values, n_resamples=20_000, seed=1)
    np.testing.assert_allclose(found, HUMAN[f"{prefix}_{key}_noise"], rtol=0.1)


@pytest.mark.parametrize(("prefix", "length", "name"), matches("human", r"(.+)_LL(\d+)_(spc|pfr)"))
def test_curves_by_list_length(prefix: str, length: str, name: str) -> None:
    recalls = recalls_of(prefix).select(list_length=int(length))
    same(getattr(measures, name)(recalls).value, f"{prefix}_LL{length}_{name}")


# Inter-response times by output, in s (specs: human data, section 2.1). They are means over lists.
MURDOCK_OKADA = {
    5: [1.49, 0.83, 1.12, 3.63, 10.13],
    7: [1.42, 0.54, 0.94, 1.83, 3.25, 6.52, 10.89],
    9: [1.25, 0.50, 0.76, 1.30, 1.85, 3.19, 5.23, 8.44, 11.48],
}


@pytest.mark.parametrize("n_responses", MURDOCK_OKADA)
def test_inter_response_times(n_responses: int) -> None:
    found = measures.irt(recalls_of("murdock_okada1970")).sel(n_responses=n_responses)
    seconds, number = found.actual.sum("subject"), found.possible.sum("subject").values
    mean = (seconds / np.maximum(number, 1)).values
    expected = MURDOCK_OKADA[n_responses]
    np.testing.assert_allclose(mean[:n_responses], expected, rtol=0, atol=0.005 + 1e-6)
    assert number[:n_responses].min() == number[:n_responses].max() > 0
    assert not number[n_responses:].any()


# ---------------------------------------------------------------------------------------------
# Models
# ---------------------------------------------------------------------------------------------

CMR_NAMES = {
    "B_enc": "encoding_drift",
    "B_start": "start_drift",
    "B_rec": "recall_drift",
    "Lfc": "item_context_learning",
    "Lcf": "context_item_learning",
    "P1": "primacy_scale",
    "P2": "primacy_decay",
    "T": "temperature",
    "X1": "stop_scale",
    "X2": "stop_growth",
    "s_cat": "similarity_weight",
}
SUPPORT_NAMES = {
    "encoding_drift_rate": "encoding_drift",
    "start_drift_rate": "start_drift",
    "recall_drift_rate": "recall_drift",
    "shared_support": "shared_support",
    "item_support": "item_support",
    "learning_rate": "learning_rate",
    "primacy_scale": "primacy_scale",
    "primacy_decay": "primacy_decay",
    "stop_probability_scale": "stop_scale",
    "stop_probability_growth": "stop_growth",
    "choice_sensitivity": "choice_sensitivity",
}
CMR_SETS = [name for (name,) in matches("human", r"cymr_logl_(.+)")]
CMR_TOTALS = [name for (name,) in matches("human", r"cymr_total_logl_(.+)")]
FIRST_RECALLS = [name for (name,) in matches("human", r"cymr_first_recall_prob_(.+)")]


def cmr(name: str) -> CMR:
    """The model with a parameter set of the file, in the precision that is on."""
    ours = [CMR_NAMES[theirs] for theirs in HUMAN["cymr_param_names"]]
    given = dict(zip(ours, map(jnp.asarray, HUMAN[f"cymr_param_{name}"]), strict=True))
    assert set(table(CMR)) - set(given) <= {"similarity_weight"}, "a parameter has no value"
    return CMR(**given)


@partial(jax.jit, static_argnums=3)
def likelihoods(model: Any, recalls: Array, similarity: Array | None, n_items: int) -> Array:
    """Log-likelihood of each list, of positions without repeats and intrusions."""
    one = partial(model.log_likelihood, n_items=n_items)
    if similarity is None:
        return jax.vmap(one)(recalls)
    return jax.vmap(lambda lists, alike: one(lists, similarity=alike))(recalls, similarity)


def same_category(category: np.ndarray) -> np.ndarray:
    """[list, item, item]: 1 where two words of a list are of one category, else 0."""
    return (category[:, :, None] == category[:, None, :]).astype(float)


def cmr_likelihoods(name: str, recalls: np.ndarray, category: np.ndarray) -> np.ndarray:
    alike = jnp.asarray(same_category(category))
    return np.asarray(likelihoods(cmr(name), jnp.asarray(recalls), alike, category.shape[1]))


@pytest.mark.parametrize(("bits", "tolerance"), [(64, 1e-9), (32, 1e-3)])
@pytest.mark.parametrize("name", CMR_SETS)
def test_cmr_log_likelihood_of_each_list(name: str, bits: int, tolerance: float) -> None:
    with jax.enable_x64(bits == 64):
        found = cmr_likelihoods(name, HUMAN["cymr_recalls"], HUMAN["cymr_item_category"])
    assert found.dtype == f"float{bits}"
    np.testing.assert_allclose(found, HUMAN[f"cymr_logl_{name}"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", CMR_SETS)
def test_cmr_events_are_the_responses_and_one_end_of_recall(name: str) -> None:
    n_lists, n_items = HUMAN["cymr_item_category"].shape
    positions, row = HUMAN["cymr_recalls"], np.arange(n_lists)
    recalls = Recalls.from_positions(positions, subject=row, list_length=n_items)
    np.testing.assert_array_equal(People.of(recalls).n_events, HUMAN[f"cymr_n_{name}"])


@pytest.mark.parametrize("name", FIRST_RECALLS)
def test_cmr_first_recall_distribution(name: str) -> None:
    """P(item) / (1 - P(stop)), each item floored at 1e-5, so that the sum may exceed 1."""
    expected = HUMAN[f"cymr_first_recall_prob_{name}"]
    with jax.enable_x64(True):
        state = cmr(name).study_list(len(expected))
        everything = jnp.ones(len(expected), bool)
        *items, stop = jnp.exp(cmr(name).log_probs(state, everything, jnp.array(0)))
        found = np.array(items) / (1 - stop)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@cache
def mixed_lists(name: str) -> Recalls:
    """The mixed lists of the subjects behind the totals, who are known by their order alone.

    cymr's sample is a subset, in order, of psifr's subjects. Their numbers of events (the file's
    `cymr_total_n`) single them out if just one subset in order has these numbers; the likelihoods
    have no part in the choice.
    """
    mixed = recalls_of("morton").select(list_type="mixed").cleaned()
    events = {who: int((mixed.select(subject=who).recalls > 0).sum()) for who in mixed.subjects}
    events = {who: n + int((mixed.subject == who).sum()) for who, n in events.items()}
    subsets = [()]
    wanted = HUMAN[f"cymr_total_n_{name}"].tolist()
    for who, n in events.items():
        subsets += [(*s, who) for s in subsets if len(s) < len(wanted) and wanted[len(s)] == n]
    found = [subset for subset in subsets if len(subset) == len(wanted)]
    if len(found) != 1:
        pytest.skip(f"{len(found)} subsets of psifr's subjects have these numbers of events")
    return mixed.select(subject=found[0])


@pytest.mark.parametrize("name", CMR_TOTALS)
def test_cmr_total_of_each_subject(name: str) -> None:
    recalls = mixed_lists(name)
    with jax.enable_x64(True):
        found = cmr_likelihoods(name, recalls.recalls, recalls.by_position["category"])
    totals = [found[recalls.subject == who].sum() for who in recalls.subjects]
    np.testing.assert_allclose(totals, HUMAN[f"cymr_total_logl_{name}"], rtol=0, atol=1e-8)


SUPPORT_SUBJECTS = HUMAN["hk2014_subject"].tolist()


@cache
def support_cmr_nll(row: int, rho: Rho) -> np.ndarray:
    """float64[list] of the subject in a row of the file, at the published parameters."""
    ours = [SUPPORT_NAMES[theirs] for theirs in HUMAN["hk2014_param_names"]]
    recalls = recalls_of("peers").select(subject=SUPPORT_SUBJECTS[row])
    recalls = recalls[np.argsort(recalls.list_id)].cleaned()
    with jax.enable_x64(True):
        given = dict(zip(ours, map(jnp.asarray, HUMAN["hk2014_param"][row]), strict=True))
        assert set(given) == set(table(SupportCMR)), "a parameter has no value"
        model = SupportCMR(rho=rho, **given)
        lists = np.zeros((len(recalls), recalls.length), np.int16)
        lists[:, : recalls.recalls.shape[1]] = recalls.recalls
        return -np.asarray(likelihoods(model, jnp.asarray(lists), None, recalls.length))


@pytest.mark.parametrize("row", range(len(SUPPORT_SUBJECTS)), ids=SUPPORT_SUBJECTS)
def test_support_cmr_with_elementwise_rho_is_the_published_fit(row: int) -> None:
    found = support_cmr_nll(row, "elementwise").sum()
    np.testing.assert_allclose(found, HUMAN["hk2014_published_nll"][row], rtol=0, atol=5e-4)
    np.testing.assert_allclose(found, HUMAN["hk2014_nll_elementwise_rho"][row], rtol=0, atol=1e-6)


@pytest.mark.parametrize("row", range(len(SUPPORT_SUBJECTS)), ids=SUPPORT_SUBJECTS)
def test_support_cmr_with_dot_rho(row: int) -> None:
    found = support_cmr_nll(row, "dot")
    expected = HUMAN["hk2014_nll_dot_rho_per_list"][row]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.sum(), HUMAN["hk2014_nll_dot_rho"][row], rtol=0, atol=1e-6)


def test_file_names_each_published_subject_once() -> None:
    """The six subjects in full are among the 126, with the same published likelihoods."""
    published = dict(
        zip(HUMAN["hk2014_all_subjects"], HUMAN["hk2014_all_published_nll"], strict=True)
    )
    found = [published[who] for who in SUPPORT_SUBJECTS]
    np.testing.assert_array_equal(found, HUMAN["hk2014_published_nll"])


def test_null_of_the_peers_data() -> None:
    """Uniform choice and each person's own stopping curve, in sample: 93,079 (specs, 7.4)."""
    found = fit(sitting("null"), recalls_of("peers"), key=jax.random.key(0))
    assert round(found.nll.sum()) == 93_079
    assert found.people.n_events.sum() == 41_031
