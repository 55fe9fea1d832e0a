"""Parameters: one declaration, read by fits, sweeps, documentation and error messages."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models import parameters, retention
from cogmem.models.actr import ACTR
from cogmem.models.bdh import BDH
from cogmem.models.cmr import CMR
from cogmem.models.cmr2 import CMR2
from cogmem.models.parameters import Parameter
from cogmem.models.recurrent_network import RecurrentNetwork
from cogmem.models.signal_detection import SignalDetection
from cogmem.models.simple import SIMPLE
from cogmem.models.source_cmr import SourceCMR
from cogmem.models.support_cmr import SupportCMR
from cogmem.models.tcm import TCM
from cogmem.models.transformer import Transformer
from cogmem.participants.roster import roster
from tests.models.cases import MODELS

INTERVALS = {
    "logit": (0.01, 10.0),
    "log": (2.0, float("inf")),
    "identity": (-float("inf"), float("inf")),
}


def entry(bounds: tuple[float, float]) -> Parameter:
    return Parameter(3.0, bounds, (3.0, 4.0), "s", "here", "a time")


@pytest.mark.parametrize("transform", INTERVALS)
@settings(deadline=None)
@given(share=st.floats(0.001, 0.999))
def test_constrain_inverts_unconstrain(transform: str, share: float) -> None:
    parameter = entry(INTERVALS[transform])
    assert parameter.transform == transform
    value = 2.0 + 7 * share
    with jax.enable_x64(True):
        back = parameter.constrain(parameter.unconstrain(jnp.asarray(value)))
    np.testing.assert_allclose(back, value, rtol=1e-12)


@pytest.mark.parametrize("transform", ["logit", "log"])
@settings(deadline=None)
@given(raw=st.floats(-80, 80))
def test_any_raw_value_is_within_bounds(transform: str, raw: float) -> None:
    low, high = INTERVALS[transform]
    value = entry((low, high)).constrain(jnp.asarray(raw))
    assert np.float32(low) <= value <= np.float32(high)


def test_a_value_on_its_bound_has_a_finite_raw_value() -> None:
    for value in (0.01, 10.0):
        assert np.isfinite(entry(INTERVALS["logit"]).unconstrain(jnp.asarray(value)))


@pytest.mark.parametrize("name", MODELS)
def test_vectors_and_trees_of_a_model_are_inverses(name: str) -> None:
    model = MODELS[name]
    entries, values = parameters.table(model), parameters.get(model)
    back = parameters.constrain(entries, parameters.unconstrain(entries, values))
    assert list(back) == list(entries) == list(values)
    # A default on its bound (no similarity) is moved just inside.
    np.testing.assert_allclose(list(back.values()), list(values.values()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_says_what_it_is_and_starts_within_its_bounds(name: str) -> None:
    for key, one in parameters.table(MODELS[name]).items():
        assert one.meaning, key
        assert one.source, key
        low, high = one.bounds
        assert low <= one.start[0] < one.start[1] <= high, key
        assert low <= one.default <= high, key


def test_replace_changes_nothing_else() -> None:
    model = MODELS["TCM"]
    changed = parameters.get(parameters.replace(model, {"drift": 0.25}))
    assert changed == parameters.get(model) | {"drift": 0.25}


def test_replace_reaches_modules_inside() -> None:
    entrant = parameters.replace(roster()["TCM"], {"drift": 0.125})
    assert entrant.participant.model.drift == 0.125


def test_replace_refuses_an_unknown_name_and_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"'encodng_drift'.*Did you mean 'encoding_drift'"):
        parameters.replace(MODELS["CMR"], {"encodng_drift": 0.5})


@pytest.mark.parametrize("value", [1.5, 2, np.float64(1.5), float("nan")])
def test_replace_refuses_a_value_out_of_range_and_names_the_range(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"encoding_drift is .*expected 0 to 1"):
        parameters.replace(MODELS["CMR"], {"encoding_drift": value})


def test_replace_takes_traced_values() -> None:
    moved = jax.jit(lambda v: parameters.replace(MODELS["CMR"], {"encoding_drift": v}))(0.25)
    assert moved.encoding_drift == 0.25


@pytest.mark.parametrize("size", [2.5, math.nan, True, "2", 0])
def test_sizes_are_whole_numbers_from_1(size: object) -> None:
    """Whoever has them says so when it is made."""
    makers = {"n_layers": lambda n: BDH(5, 4, 2, 8, n_layers=n)}
    makers["n_heads"] = lambda n: Transformer(5, width=4, n_heads=n)
    makers["width"] = lambda n: RecurrentNetwork(5, width=n)
    for name, make in makers.items():
        with pytest.raises(InvalidValue, match=f"{name} is {size!r}, expected .*1 or more"):
            make(size)


LAWS = [each for each in vars(retention).values() if isinstance(each, type)]
LAWS = [
    each for each in LAWS if issubclass(each, retention.RetentionLaw) and parameters.table(each)
]


@pytest.mark.parametrize(
    ("model", "name", "value", "told"),
    [
        (CMR, "encoding_drift", 2.0, "encoding_drift is 2, expected 0 to 1 .*context drift rate"),
        (CMR, "encoding_drift", "a", "encoding_drift is 'a', expected a number"),
        (CMR, "encoding_drift", math.nan, "encoding_drift is nan, expected 0 to 1"),
        (CMR, "temperature", 0, "temperature is 0, expected 1e-06 to inf"),
        (SourceCMR, "source_drift", -0.1, "source_drift is -0.1, expected 0 to 1"),
        (SupportCMR, "item_support", -1, "item_support is -1, expected 0 to inf"),
        (TCM, "drift", np.float32(1.5), "drift is 1.5, expected 0 to 1"),
        (CMR2, "accept_threshold", 3, "accept_threshold is 3, expected 0 to 1"),
        (ACTR, "latency_factor", -1, r"latency_factor is -1, expected 0 to inf \(unit s"),
        (SIMPLE, "distinctiveness", -1, "distinctiveness is -1, expected 0 to inf"),
        (SignalDetection, "sd", -2, "sd is -2, expected 0 to inf"),
        *((law, "a", -1, "a is -1, expected 0 to ") for law in sorted(LAWS, key=str)),
    ],
)
def test_a_model_refuses_a_value_that_means_nothing(model, name, value, told):
    with pytest.raises(InvalidValue, match=told):
        model(**{name: value})


def test_a_model_takes_what_is_outside_of_its_search_but_means_something():
    assert CMR(temperature=10.0).temperature == 10  # one of the reference sets
    with pytest.raises(InvalidValue, match=r"temperature is 10, expected 0\.01 to 1"):
        parameters.replace(CMR(), {"temperature": 10.0})


def test_rounding_to_float32_takes_no_value_out_of_its_bounds():
    assert float(np.float32(0.01)) < 0.01
    entry((0.01, 1.0)).check("x", float(np.float32(0.01)))
    with pytest.raises(InvalidValue, match=r"x is 0\.0099, expected 0\.01 to 1"):
        entry((0.01, 1.0)).check("x", 0.0099)


def test_values_that_are_traced_or_batched_are_not_looked_at():
    drifts = jnp.array([0.5, 2.0])
    traced = jax.vmap(lambda drift: CMR(encoding_drift=drift).encoding_drift)
    np.testing.assert_array_equal(traced(drifts), drifts)
    np.testing.assert_array_equal(CMR(encoding_drift=drifts).encoding_drift, drifts)
