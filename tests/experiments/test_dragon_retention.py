"""Retention by fading synapses: dampings, silence, laws of made-up counts, people, a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.measures.retention import power_against_exponential
from cogmem.models.bdh import BDH

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("dragon_retention")


@pytest.fixture(scope="module")
def names(experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_a_spread_has_the_geometric_mean_of_the_single_gamma(names) -> None:
    """Time constants of 1 to 90 tokens: their geometric mean is that of .9, 9.5 (to 1 %)."""
    gamma = names["spread"](64)
    assert gamma.shape == (2, 32)
    np.testing.assert_array_equal(gamma[:, :16], gamma[:, 16:])  # the two neurons of a pair
    constants = -1 / np.log(gamma[0, :16].astype(float))
    assert constants.min() == pytest.approx(1, rel=1e-3)
    assert constants.max() == pytest.approx(names["SLOWEST"], rel=1e-3)
    single = -1 / np.log(names["SINGLE"])
    assert np.exp(np.log(constants).mean()) == pytest.approx(single, rel=0.01)


def test_silence_fades_a_single_gamma_exponentially(names) -> None:
    """Without turning, |x' S| after t tokens of silence is gamma^t of that at once (1e-4)."""
    tokens = names["VOCABULARY"].n_tokens
    model = BDH(tokens, 8, 1, 16, 1, rotary=False, damping=0.9)
    words = names["some_words"](names["VOCABULARY"], 3, key=KEY)[:, : names["LENGTH"]]
    found = names["faded"](model, model.begin(key=KEY), words)
    np.testing.assert_allclose(found, 0.9 ** np.array(names["RESTS"]), rtol=1e-4)


def test_verdicts_on_counts_made_by_each_law(names) -> None:
    """Of 4000 tests at each delay: exact counts of an exponential, then of a power law."""
    t, n = np.array(names["DELAYS"]), 4000
    for kept, sign in ((0.9 * np.exp(-0.1 * t), 1), (0.9 * (1 + t) ** -0.5, -1)):
        each, fitted = power_against_exponential(
            t, np.round(n * kept)[None], n, laws=names["COMPARED"]
        )
        assert (sign * each > 100).all()
        right = fitted["estimate"].isel(person=0).sel(law="exponential" if sign > 0 else "power")
        assert float(right.sel(parameter="a")) == pytest.approx(0.9, abs=0.01)


def test_delays_are_those_of_people_and_of_lessons(names) -> None:
    """0 to 60 s at 3 s a token; no test has more fillers than lessons had."""
    assert max(r[1] for _, r in names["_ranges"]) == max(names["DELAYS"])
    try:
        times, right, tested = names["brown_peterson"]("young")
    except DataNotFound:
        pytest.skip("people's file is not here; COGMEM_DATA may name its folder")
    np.testing.assert_allclose(times, [0, 1, 6, 12, 20])
    assert set(times) <= set(names["DELAYS"])
    assert (right / tested)[:, 0].mean() == pytest.approx(0.98, abs=0.005)


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tmp_path) -> None:
    """A second run is alike; silence is nothing to a Transformer and a GRU."""
    config = replace(experiment.default, width=8, n_neurons=16, n_steps=3, rows=1, n_lists=3)
    try:
        tree = experiment.run(config, Session(results=tmp_path))
    except DataNotFound:
        pytest.skip("people's file is not here; COGMEM_DATA may name its folder")
    again = experiment.run(config, Session(results=tmp_path))
    assert again["recall"].to_dataset().equals(tree["recall"].to_dataset())
    silent = tree["recall"]["mean"].sel(condition="silence")
    assert silent.sel(model=["Transformer", "GRU"]).isnull().all()
    assert silent.sel(model="BDH, gamma .9").notnull().all()
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")
