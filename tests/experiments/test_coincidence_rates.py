"""Spikes against rates: slopes by hand, units of the networks; a run; errors fall as K^(-1/2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.lab.experiment import Experiment, Session, find_experiment

pytest.importorskip("brian2")
# Brian2 uses older names of pyparsing's.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("coincidence_rates")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def tiny(experiment: Experiment) -> Any:
    return replace(experiment.default, n_networks=2, n_copies=2, n_neurons=6, n_channels=2)


@pytest.fixture(scope="module")
def networks(names, tiny) -> Any:
    return names["draw_networks"](tiny)


def test_substeps_are_powers_up_to_the_largest(experiment: Experiment) -> None:
    config = replace(experiment.default, largest=1000, factor=10)
    assert config.substeps.tolist() == [1, 10, 100, 1000]
    assert replace(config, largest=999).substeps.tolist() == [1, 10, 100]


def test_slopes_by_hand(names) -> None:
    """2 K^-1/2 and 5 K^-1, exactly."""
    k = np.array([4.0, 16, 64])
    error = np.stack([2 * k**-0.5, 5 / k], axis=1)[:, :, None]
    np.testing.assert_allclose(names["slopes"](k, error)[:, 0], [-0.5, -1])


def test_networks_are_in_their_units(names, networks) -> None:
    """The largest input and synapse are 1; two Y or more; X and Y as their equations say."""
    np.testing.assert_allclose(networks.y_in.max(axis=1), 1)
    np.testing.assert_allclose(networks.sigma.max(axis=1), 1, rtol=1e-6)
    assert ((networks.y > 0).sum(axis=1) >= 2).all()
    assert networks.x.max() <= 1 + 1e-6
    product = networks.y_in[:, :, None] * networks.x[:, None]
    np.testing.assert_allclose(networks.increment, product.reshape(2, -1), atol=1e-5)
    scales = names["bounds"](
        names["spiking_graphs"](networks, 1), networks.y_in.ravel(), networks.sigma.ravel()
    )
    np.testing.assert_allclose([scales.y, scales.x, scales.gate, scales.sigma], 1, rtol=1e-5)


def test_error_and_bias_by_hand(names) -> None:
    """Rates 3 and 4 (RMS sqrt 12.5); copies off by 1, 1 and by -1, 3."""
    found = np.array([4.0, 5, 2, 7])
    error, bias = names["_error_and_bias"](found, np.array([[3.0, 4]]), 2)
    np.testing.assert_allclose(error * np.sqrt(12.5), np.sqrt(12 / 4))
    np.testing.assert_allclose(bias * np.sqrt(12.5), 1)


def test_a_run_is_stored_labelled_and_drawn(experiment, names, tiny, tmp_path, monkeypatch) -> None:
    """All K of a short run; signals fire in rounds of their own; a second run is alike."""
    monkeypatch.setitem(names, "FIT_FROM", 4)
    monkeypatch.setattr(type(tiny), "substeps", np.array([1, 4, 16]))
    session = Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    error = tree["error"].to_dataset()["mean"]
    assert error.dims == ("substeps", "quantity")
    assert not error.isnull().any()
    fired = tree["events"].to_dataset()
    y = fired["substep"].values[fired["signal"].values == "y"]
    assert set(np.unique(y // names["SHOWN"])) <= {0, 2}
    assert fired["neuron"].values.max() < 6
    assert experiment.run(tiny, session)["error"].to_dataset().equals(tree["error"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_errors_fall_as_the_root_of_substeps(experiment, tmp_path) -> None:
    """The quick preset: slopes of -0.5 within .1 at given rates, within .15 in a layer; errors at
    given rates are those of binomial counts, to 15 %.
    """
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    slope = tree["slope"].to_dataset()["mean"]
    given = [name for name in slope["quantity"].values if name.startswith("given")]
    assert abs(slope.sel(quantity=given) + 0.5).max() < 0.1
    assert abs(slope + 0.5).max() < 0.15
    error = tree["error"].to_dataset()["mean"].sel(quantity=given)
    expected = tree["binomial"].to_dataset()["error"]
    np.testing.assert_allclose(error.transpose(*expected.dims), expected, rtol=0.15)
