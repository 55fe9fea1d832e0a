"""Watching a lateral circuit learn: the same numbers as the model's, under the reader's hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.lateral_view import LateralView, inputs, turning
from cogmem.models.hlop import LateralCircuit

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def view() -> LateralView:
    pytest.importorskip("ipywidgets")
    return LateralView()


def test_rows_turn_into_the_plane_and_become_orthonormal() -> None:
    """From far off to < 10 degrees in 300 batches; rows within it then reach the unit circle."""
    course = turning(LateralCircuit(rate=0.03), jnp.asarray(inputs(0.0)), key=KEY)
    assert course["angle"][0].max() > 45
    assert course["angle"][-1].max() < 10
    last = course["row"][-1].values
    np.testing.assert_allclose(last @ last.T, np.eye(2), atol=0.05)
    assert float(course["captured"][-1]) == pytest.approx(course.attrs["optimum"], abs=0.005)


def test_it_does_the_same_as_the_model() -> None:
    """Captured energy after the first batch equals that of one call of the circuit."""
    circuit, x = LateralCircuit(rate=0.03), jnp.asarray(inputs(0.0))
    course = turning(circuit, x, key=KEY)
    subspace = circuit.add_rows(circuit.begin(20, n_old=0, n_new=2), 2, key=KEY)
    rows = np.asarray(circuit.learn(subspace, x[0]).new, float)
    samples = np.asarray(x, float).reshape(-1, 20)[::15]
    left = samples - samples @ rows.T @ rows
    expected = 1 - (left**2).sum() / (samples**2).sum()
    assert float(course["captured"][1]) == pytest.approx(expected, abs=1e-5)


def test_the_mean_of_inputs_counts(view: LateralView) -> None:
    """With a mean of 3 the third direction carries 9.3 of the energy, and takes one of two rows."""
    plain, moved = (view.dataset(view.values | {"mean": mean}) for mean in (0.0, 3.0))
    energy = np.array([3, 1.5, 0.3 + 9])
    noise = 20 * 0.1**2
    assert moved.attrs["optimum"] == pytest.approx((9.3 + 3) / (energy.sum() + noise), abs=0.01)
    assert plain.attrs["optimum"] == pytest.approx(4.5 / (4.8 + noise), abs=0.01)


def test_sliders_move_the_picture(view: LateralView) -> None:
    before = view.picture(view.values)
    assert view.update(batch=20) > 0
    assert view.dataset(view.values).attrs["shown"] == 20
    assert view.picture(view.values) != before
    assert "image/png" in view._repr_mimebundle_()


def test_rates_at_which_rows_burst_are_drawn_too(view: LateralView) -> None:
    """Without a crash; angles stay within 0 to 90 degrees."""
    course = view.dataset(view.values | {"rate": 1.0, "momentum": 0.0})
    assert course["angle"].max() <= 90
    assert view.picture(view.values | {"rate": 1.0, "momentum": 0.0})


def test_unknown_and_impossible_values_are_refused(view: LateralView) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'rate'"):
        view.update(rat=3)
    with pytest.raises(InvalidValue, match="batch is 301"):
        view.update(batch=301)
