"""The CMR sweep: its three summaries by hand, and what they must do."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import find_experiment
from cogmem.lab.settings import with_values


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("cmr_sweep")


def test_summaries_by_hand(experiment):
    spc = jnp.array([0.9, 0.8, 0.4, 0.5, 0.6, 0.5, 0.7, 1.0])
    lag_crp = jnp.array([*[0.1] * 7, jnp.nan, 0.4, 0.1, 0.2, 0.1, 0.2, 0.3, 0.3])
    found = experiment.cell.__globals__["summaries"](spc, lag_crp)
    assert found["primacy"] == pytest.approx(0.9 - 0.5)  # middle: positions 3 to 6
    assert found["recency"] == pytest.approx(1.0 - 0.5)
    assert found["contiguity"] == pytest.approx(0.4 - 0.15)  # lags +2 to +5


def test_primacy_grows_with_the_learning_of_the_first_items(experiment):
    """400 lists: the standard error of a difference of two proportions is under .035."""
    primacy = []
    for scale in (0.0, 10.0):
        values = {"model.primacy_scale": scale, "n_lists": 400}
        config = with_values(experiment.default, values)
        primacy.append(float(experiment.cell(config, key=jax.random.key(0))["primacy"]))
    assert primacy[1] - primacy[0] > 0.15


def test_labels_fit_the_outputs(experiment):
    config = with_values(experiment.default, {"n_lists": 5})
    outputs = experiment.cell(config, key=jax.random.key(0))
    labels = experiment.labels(config)
    for name, dims in experiment.outputs.items():
        assert np.shape(outputs[name]) == tuple(len(labels[dim]) for dim in dims)
