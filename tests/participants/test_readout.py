"""The shared readout: standardised evidence, softmax, a stopping rule."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmem.errors import InvalidValue
from cogmem.participants.readout import ExponentialStop, Readout, StoppingCurve, standardised

N = 6
evidences = st.lists(st.integers(-50, 50), min_size=N, max_size=N).map(np.array)
masks = st.lists(st.booleans(), min_size=N, max_size=N).filter(any).map(np.array)


def read(evidence: np.ndarray, available: np.ndarray, **how: float) -> np.ndarray:
    """Probabilities in float64."""
    with jax.enable_x64(True):
        values = jnp.asarray(evidence, "float64")
        readout = Readout(**how)
        return np.exp(readout(values, jnp.asarray(available), jnp.array(2)))


@settings(deadline=None)
@given(evidences, masks)
def test_probabilities_sum_to_one_over_what_is_available(
    evidence: np.ndarray, available: np.ndarray
) -> None:
    probability = read(evidence, available)
    np.testing.assert_allclose(probability.sum(), 1, rtol=0, atol=1e-12)
    assert (probability[:-1][~available] == 0).all()
    assert (probability[:-1][available] > 0).all()


@pytest.mark.parametrize("level", [0.0, 1e-30, -7.3, 1e6, 12345.678])
def test_equal_evidence_is_uniform(level: float) -> None:
    """Also in float32, where the mean of equal numbers need not be that number."""
    available = jnp.arange(N) != 2
    log_p = Readout()(jnp.full(N, level), available, jnp.array(1))
    items = np.asarray(log_p)[:-1]
    assert len(set(items[available])) == 1
    assert np.isneginf(items[2])


@settings(deadline=None)
@given(evidences, masks, st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_units_and_origin_of_evidence_do_not_matter(
    evidence: np.ndarray, available: np.ndarray, scale: float, shift: float
) -> None:
    np.testing.assert_allclose(
        read(scale * evidence + shift, available), read(evidence, available), rtol=1e-7
    )


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1e9, 1e30])
def test_no_unit_is_too_small_or_too_large(scale: float) -> None:
    """In float32: firing rates in Hz and weights in S are evidence alike."""
    evidence, available = jnp.arange(N, dtype="float32"), jnp.ones(N, bool)
    found = Readout()(scale * evidence, available, jnp.array(0))
    np.testing.assert_allclose(found, Readout()(evidence, available, jnp.array(0)), rtol=1e-5)


@settings(deadline=None)
@given(evidences, masks)
def test_evidence_for_what_is_gone_does_not_matter(
    evidence: np.ndarray, available: np.ndarray
) -> None:
    other = np.where(available, evidence, 1e20 * (1 + evidence[::-1] ** 2))
    np.testing.assert_allclose(read(other, available), read(evidence, available), rtol=1e-10)


def test_more_evidence_is_likelier_and_temperature_flattens() -> None:
    evidence, available = np.arange(N), np.ones(N, bool)
    sharp, flat = (read(evidence, available, temperature=t)[:-1] for t in (0.3, 3.0))
    assert (np.diff(sharp) > 0).all()
    assert sharp[-1] > flat[-1] > 1 / N


def test_standardised_by_hand() -> None:
    """Of 1, 2, 3 (4 is gone): mean 2, SD sqrt(2/3)."""
    found = standardised(jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([True, True, True, False]))
    np.testing.assert_allclose(found[:3], np.array([-1, 0, 1]) / np.sqrt(2 / 3), rtol=1e-6)


@pytest.mark.parametrize(
    "evidence", [np.zeros(N), np.full(N, 1e-20), np.arange(N) * 1e-12, np.eye(N)[0]]
)
def test_gradient_is_finite_where_evidence_hardly_differs(evidence: np.ndarray) -> None:
    def loss(values: jnp.ndarray) -> jnp.ndarray:
        return Readout()(values, jnp.ones(N, bool), jnp.array(0))[:-1].sum()

    assert np.isfinite(jax.grad(loss)(jnp.asarray(evidence, "float32"))).all()


# ---- the stopping curve ---------------------------------------------------------------------


def test_stopping_curve_by_hand() -> None:
    """Three lists end after 0, 2, 2 words: (ended + 1/2) / (reached + 1)."""
    lists = jnp.array([[0, 0, 0], [1, 3, 0], [2, 1, 0], [1, 2, 3]])
    weight = jnp.array([1.0, 1.0, 1.0, 0.0])  # the last is padding
    found = StoppingCurve().counted(lists, weight, 3).curve
    np.testing.assert_allclose(found, [1.5 / 4, 0.5 / 3, 2.5 / 3, 0.5 / 1], rtol=1e-6)


def test_stopping_is_possible_and_uncertain_where_it_was_never_seen() -> None:
    found = StoppingCurve().counted(jnp.array([[1, 2, 3, 4]]), jnp.ones(1), 5).curve
    assert ((found > 0) & (found < 1)).all()


def test_curve_that_was_not_counted_is_refused() -> None:
    with pytest.raises(InvalidValue, match="not counted yet"):
        Readout(stop=StoppingCurve())(jnp.zeros(N), jnp.ones(N, bool), jnp.array(0))


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(InvalidValue, match=rf"temperature is {temperature:g}, expected 1e-06 to"):
        Readout(temperature=temperature)


def test_a_probability_to_stop_above_one_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"stop_scale is 1\.5, expected 0 to 1"):
        ExponentialStop(stop_scale=1.5)
