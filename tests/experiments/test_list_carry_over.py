"""Lists one after the other: intrusions by hand, states kept and emptied, people, a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.models.networks import RecurrentNetwork

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("list_carry_over")


@pytest.fixture(scope="module")
def names(experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_intrusions_by_hand(names) -> None:
    """A row of six lists, in which the fifth brings a word of the fourth and one of the first.

    The sixth brings a stranger; all else is silence but for two words of the second list.
    """
    stop = names["VOCABULARY"].stop
    words = np.arange(24).reshape(1, 6, 4)
    tokens = np.full((1, 6, names["N_OUTPUTS"]), stop)
    tokens[0, 1, :2] = [4, 7]
    tokens[0, 4, :2] = [12, 3]
    tokens[0, 5, 0] = 30
    found = names["counted"](names["told"](words, tokens))
    assert found["recalled"].tolist() == [0, 2, 0, 0, 0, 0]
    assert found["prior"].tolist() == [0, 0, 0, 0, 2, 0]
    assert found["extra"].tolist() == [0, 0, 0, 0, 0, 1]
    assert found["lags"].tolist() == [1 / 2, 0, 0, 1 / 2]  # of the fifth and sixth list


def test_an_emptied_state_forgets_the_lists_before(names) -> None:
    """What is said of the first list is the same; of a later one it is not, with any weights."""
    model = RecurrentNetwork(names["VOCABULARY"].n_tokens, width=8, n_layers=1)
    weights = jax.tree.map(lambda leaf: 5 * leaf, model.begin(key=KEY))
    words = np.arange(24).reshape(1, 6, 4).repeat(8, axis=0)
    kept, emptied = (names["sat"](model, weights, words, kept, key=KEY) for kept in (True, False))
    np.testing.assert_array_equal(kept[:, 0], emptied[:, 0])
    assert (kept[:, 1:] != emptied[:, 1:]).any()


def test_people_intrude_from_the_list_before_most(names) -> None:
    """PEERS: .020 intrusions per list from the one before, .004 from each before that (1e-3)."""
    try:
        lags = names["people"]()["lags_people"]["mean"]
    except DataNotFound:
        pytest.skip("psifr is not installed")
    peers = lags.sel(set="peers").values
    np.testing.assert_allclose(peers, [0.020, 0.004, 0.004, 0.004], atol=1e-3)
    assert (lags.sel(list_lag=1) > 2 * lags.sel(list_lag=2)).all()


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tmp_path) -> None:
    """A second run is alike; what is kept costs nothing in the first list."""
    config = replace(experiment.default, width=8, n_neurons=16, n_steps=3, rows=1, n_rows=2)
    tree = experiment.run(config, Session(results=tmp_path))
    again = experiment.run(config, Session(results=tmp_path))
    assert again["recalled"].to_dataset().equals(tree["recalled"].to_dataset())
    assert (tree["cost"]["mean"].sel(list=1) == 0).all()
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")
