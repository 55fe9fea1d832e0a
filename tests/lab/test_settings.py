"""Settings: one flat view of a configuration, which text may change and nothing else slips by."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogmem.errors import CogmemError, InvalidValue, UnknownName
from cogmem.lab.settings import (
    Setting,
    canonical,
    override,
    parse_assignments,
    refuse,
    setting,
    settings,
    static_part,
    traced_part,
    with_values,
)
from cogmem.models.parameters import parameter
from cogmem.models.support_cmr import SupportCMR


class Model(eqx.Module):
    """Two parameters, one of which an array may hold, and one word."""

    rule: Literal["dot", "sum"] = eqx.field(static=True, default="dot")
    drift: Any = parameter(0.5, (0, 1), meaning="context drift rate", source="here")
    delay: Any = parameter(2, (0, math.inf), meaning="delay", source="here", unit="s")


class Twin(Model):
    """Another class with the same parameters."""


@dataclass(frozen=True)
class Effort:
    n_steps: int = setting(100, (1, 1000), meaning="gradient steps")
    rate: float = setting(1, (0, 10), meaning="learning rate", unit="1/step")


@dataclass(frozen=True)
class Config:
    model: Model = field(default_factory=Model)
    effort: Effort = Effort()
    data: str = "peers"
    shared: bool = False
    gain: float = 3
    cap: int | None = None
    sizes: tuple[int, ...] = (8, 16)
    weights: Any = None
    measure: Callable[..., Any] = math.sqrt
    twice: float = field(init=False, default=2.0)


def named(value: Any) -> Any:
    return value


PATHS = {
    "model.rule": ("dot", str),
    "model.drift": (0.5, float),
    "model.delay": (2.0, float),
    "effort.n_steps": (100, int),
    "effort.rate": (1.0, float),
    "data": ("peers", str),
    "shared": (False, bool),
    "gain": (3.0, float),
}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("rate", "effort.rate"),
        ("learning_rate", "effort.rate"),
        ("model.learning_rate", "effort.rate"),
        ("steps", "effort.n_steps"),
        ("drift", "model.drift"),
    ],
)
def test_a_word_of_the_same_meaning_is_understood_by_the_hint(given: str, meant: str) -> None:
    with pytest.raises(UnknownName) as refused:
        override(Config(), {given: "1"})
    assert f"unknown setting {given!r}. Did you mean {meant!r}" in str(refused.value)


def test_settings_are_flat_in_order_and_of_the_declared_kind():
    found = settings(Config())
    assert {path: (entry.value, entry.kind) for path, entry in found.items()} == PATHS
    assert list(found) == list(PATHS)
    assert all(type(entry.value) is entry.kind for entry in found.values())


def test_settings_carry_what_parameters_and_fields_declare():
    found = settings(Config())
    assert found["model.delay"] == Setting(2.0, float, (0, math.inf), "s", "delay")
    assert found["effort.rate"] == Setting(1.0, float, (0, 10), "1/step", "learning rate")
    assert found["gain"] == Setting(3.0, float, None, "1", "")
    assert found["model.rule"].choices == ("dot", "sum")


def test_a_number_where_none_was_becomes_a_setting_and_an_array_of_no_axes_is_one():
    found = settings(Config(cap=4, weights=np.float32(0.5), model=Model(drift=jnp.array(0.25))))
    assert found["cap"] == Setting(4, int)
    assert found["weights"] == Setting(0.5, float)
    assert (found["model.drift"].value, found["model.drift"].kind) == (0.25, float)


def test_the_parameters_of_a_real_model_are_settings():
    found = settings(Config(model=SupportCMR()))  # type: ignore[arg-type]
    assert found["model.encoding_drift"].bounds == (0, 1)
    assert found["model.rho"].choices == ("dot", "elementwise")


def test_a_default_outside_its_own_bounds_is_refused():
    with pytest.raises(InvalidValue, match="the default is 3, expected 0 to 1"):
        setting(3, (0, 1))


def test_override_reads_text_by_kind():
    texts = {
        "model.drift": "0.3",
        "effort.n_steps": " 50 ",
        "shared": "True",
        "data": "murdock",
        "gain": "-1",
        "model.rule": "sum",
    }
    changed = override(Config(), texts)
    assert changed == Config(
        model=Model(drift=0.3, rule="sum"),
        effort=Effort(n_steps=50),
        data="murdock",
        shared=True,
        gain=-1.0,
    )
    assert type(changed.gain) is float
    assert Config() == Config(gain=3), "the original is not changed"


@pytest.mark.parametrize("end", ["0", "1"])
def test_bounds_themselves_are_allowed(end):
    assert override(Config(), {"model.drift": end}).model.drift == float(end)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("model.drift", "1.5", r"model\.drift is 1\.5, expected 0 to 1 \(unit 1: context drift"),
        ("model.delay", "-1", r"model\.delay is -1\.0, expected 0 to inf \(unit s: delay\)"),
        ("effort.n_steps", "1001", r"is 1001, expected 1 to 1000 \(unit 1: gradient steps\)"),
        ("effort.n_steps", "3.5", r"is '3\.5', expected a whole number \(int\)"),
        ("effort.n_steps", "1e2", r"a whole number \(int\)"),
        ("gain", "much", r"gain is 'much', expected a finite number \(float\)"),
        ("gain", "nan", r"a finite number"),
        ("gain", "inf", r"a finite number"),
        ("gain", "", r"a finite number"),
        ("shared", "1", r"shared is '1', expected true or false \(bool\)"),
        ("model.rule", "cos", r"model\.rule is 'cos', expected one of dot, sum"),
    ],
)
def test_what_cannot_be_is_refused(name, text, said):
    with pytest.raises(InvalidValue, match=said):
        override(Config(), {name: text})


@pytest.mark.parametrize("name", ["sizes", "cap", "measure", "twice", "model", "drift"])
def test_what_is_no_setting_is_unknown(name):
    with pytest.raises(UnknownName, match=f"unknown setting '{name}'"):
        override(Config(), {name: "1"})


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UnknownName, match=r"'model\.drfit'\. Did you mean 'model\.drift'\?"):
        override(Config(), {"model.drfit": "0.3"})


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidValue, match="there are 2 problems") as caught:
        override(Config(), {"gian": "1", "data": "peers", "model.drift": "7"})
    assert "Did you mean 'gain'" in str(caught.value)
    assert "model.drift is 7.0, expected 0 to 1" in str(caught.value)


def test_refuse_raises_one_problem_as_it_is_and_nothing_for_none():
    refuse([])
    problem = CogmemError("only this")
    with pytest.raises(CogmemError) as caught:
        refuse([problem])
    assert caught.value is problem


def test_assignments_are_split_at_the_first_equals_sign():
    assert parse_assignments(["a.b=3", " c = d=e ", "f="]) == {"a.b": "3", "c": "d=e", "f": ""}
    assert parse_assignments([]) == {}


@pytest.mark.parametrize("text", ["a.b", "=3", ""])
def test_an_assignment_without_name_or_sign_is_refused(text):
    with pytest.raises(InvalidValue, match=f"'{text}' is not an assignment, expected NAME=VALUE"):
        parse_assignments([text])


def test_a_name_given_twice_is_refused():
    with pytest.raises(InvalidValue, match=r"a is given twice \('1' and '2'\)"):
        parse_assignments(["a=1", "b=1", "a=2"])


def test_values_are_replaced_at_any_depth_unchecked():
    changed = with_values(Config(), {"model.drift": 9.0, "effort.rate": 0.5, "cap": 3})
    assert changed == Config(model=Model(drift=9.0), effort=Effort(rate=0.5), cap=3)
    with pytest.raises(UnknownName, match=r"Did you mean 'effort\.rate'"):
        with_values(Config(), {"effort.rates": 1.0})


def test_values_are_replaced_under_jit_and_vmap():
    def product(drift, gain):
        changed = with_values(Config(), {"model.drift": drift, "gain": gain})
        again = with_values(changed, {"effort.rate": 2.0})
        return again.model.drift * again.gain * again.effort.rate

    assert float(jax.jit(product)(0.5, 4.0)) == 4.0
    both = jax.vmap(product)(jnp.array([0.5, 0.25]), jnp.array([2.0, 8.0]))
    assert both.tolist() == [2.0, 4.0]


def test_the_two_parts_hold_every_setting_once():
    assert static_part(Config()) == {
        "model.rule": "dot",
        "effort.n_steps": 100,
        "data": "peers",
        "shared": False,
    }
    assert traced_part(Config()) == {
        "model.drift": 0.5,
        "model.delay": 2.0,
        "effort.rate": 1.0,
        "gain": 3.0,
    }


def test_canonical_is_json_with_sorted_keys():
    text = canonical(Effort())
    assert text == '{"n_steps":100,"rate":1.0}'
    found = json.loads(canonical(Config()))
    assert list(found) == sorted(found)
    assert found["model.drift"] == 0.5
    assert (found["model"], found["sizes"], found["cap"]) == ("Model", [8, 16], None)


@pytest.mark.parametrize(
    "same",
    [
        Config(gain=3.0),
        Config(gain=np.float64(3)),
        Config(model=Model(delay=2.0), effort=Effort(rate=1.0)),
        Config(model=Model(drift=jnp.array(0.5))),
    ],
)
def test_equal_configurations_read_alike(same):
    assert canonical(same) == canonical(Config())


def test_minus_zero_reads_as_zero():
    assert canonical(Config(gain=-0.0)) == canonical(Config(gain=0))
    assert math.copysign(1, override(Config(), {"gain": "-0.0"}).gain) == 1


@pytest.mark.parametrize(
    "other",
    [
        Config(gain=math.nextafter(3, 4)),
        Config(effort=Effort(n_steps=101)),
        Config(model=Model(rule="sum")),
        Config(model=Twin()),
        Config(shared=True),
        Config(cap=1),
        Config(sizes=(8, 17)),
        Config(sizes=(8, 16.0)),  # type: ignore[arg-type]
        Config(weights=np.zeros(2)),
        Config(weights=np.zeros(2, np.float32)),
        Config(weights=np.zeros((2, 1))),
        Config(weights=np.array([0.0, 1.0])),
        Config(weights=(Model(), Twin())),
        Config(weights=(Model(), Model())),
        Config(weights={"a": 1}),
        Config(weights=()),
        Config(measure=named),
    ],
)
def test_unequal_configurations_read_differently(other):
    others = [Config(), Config(weights=np.ones(2)), Config(weights={"a": 2})]
    assert canonical(other) not in [canonical(one) for one in others]


@pytest.mark.parametrize("value", [lambda x: x, object(), np.array([None]), jax.random.key(0)])
def test_what_has_no_lasting_text_is_refused(value):
    with pytest.raises(InvalidValue, match=r"weights is an? .* no lasting name"):
        canonical(Config(weights=value))


@given(st.floats(0, 1), st.integers(1, 1000), st.booleans(), st.floats(-1e300, 1e300))
def test_what_override_is_told_settings_show(drift, n_steps, shared, gain):
    wanted = {
        "model.drift": drift,
        "effort.n_steps": n_steps,
        "shared": shared,
        "gain": gain,
    }
    changed = override(Config(), {path: str(value) for path, value in wanted.items()})
    found = settings(changed)
    assert {path: found[path].value for path in wanted} == wanted
    assert {path for path in found if found[path] != settings(Config())[path]} <= set(wanted)
    assert canonical(changed) == canonical(with_values(Config(), wanted))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_bounds_hold_for_any_number(value):
    allowed = 0 <= value <= 1
    try:
        override(Config(), {"model.drift": repr(value)})
    except InvalidValue:
        assert not allowed
    else:
        assert allowed


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_canonical_tells_floats_apart_exactly(one, other):
    texts = [canonical(dataclasses.replace(Config(), gain=value)) for value in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)
