"""The laws against values worked out by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models import parameters
from cogmem.models.retention import (
    FLOOR,
    LAWS,
    LAWS_WITHOUT_ZERO,
    Exponential,
    ExponentialRoot,
    Logarithm,
    ParetoAsymptote,
    Power,
    PureLogarithm,
    PurePower,
    Wickelgren,
)

ALL = {**LAWS, **LAWS_WITHOUT_ZERO}


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (Exponential(a=0.8, b=0.5), 0.8 * np.exp(-2)),
        (ExponentialRoot(a=0.8, b=0.5), 0.8 * np.exp(-1)),
        (Power(a=0.8, b=0.5), 0.8 / np.sqrt(5)),
        (PurePower(a=0.8, b=0.5), 0.4),
        (Logarithm(a=0.8, b=0.1), 0.8 - 0.1 * np.log(5)),
        (PureLogarithm(a=0.8, b=0.1), 0.8 - 0.1 * np.log(4)),
        (Wickelgren(a=0.8, b=2.0, c=0.5), 0.8 / 3),
        (ParetoAsymptote(a=0.8, b=0.5, c=0.25), 0.2 + 0.6 / np.sqrt(5)),
    ],
)
def test_what_is_left_after_four_units_of_time(law, expected):
    np.testing.assert_allclose(law.retained(jnp.array(4.0)), expected, rtol=1e-6)


@pytest.mark.parametrize("name", LAWS)
def test_nothing_is_lost_at_once(name):
    np.testing.assert_allclose(LAWS[name].retained(jnp.array(0.0)), LAWS[name].a)


@pytest.mark.parametrize("name", ALL)
def test_what_is_left_only_falls(name):
    left = ALL[name].retained(jnp.geomspace(0.01, 100, 50))
    assert (jnp.diff(left) < 0).all()


def test_laws_that_contain_others():
    """Wickelgren with b = 1 and the asymptote of 0 are both the power law."""
    t, power = jnp.linspace(0, 50, 11), Power(a=0.9, b=0.3)
    np.testing.assert_allclose(Wickelgren(a=0.9, b=1.0, c=0.3).retained(t), power.retained(t))
    np.testing.assert_allclose(ParetoAsymptote(a=0.9, b=0.3, c=0.0).retained(t), power.retained(t))


def test_probabilities_stay_off_zero_and_one():
    steep = Logarithm(a=1.0, b=1.0).probability(jnp.array([0.0, 100.0]))
    np.testing.assert_allclose(steep, [1 - FLOOR, FLOOR], rtol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_every_parameter_has_a_gradient_and_a_table_entry(name):
    law = ALL[name]
    slope = jax.grad(lambda v: parameters.replace(law, v).probability(jnp.array(3.0)))(
        {k: jnp.asarray(v) for k, v in parameters.get(law).items()}
    )
    assert all(np.isfinite(v) and v != 0 for v in slope.values())
    assert all(entry.source and entry.unit for entry in parameters.table(law).values())
