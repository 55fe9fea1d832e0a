"""A-B, A-C: summaries by hand, a fit that finds what made the counts, and the key prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.measures.replicates import mean_and_interval

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("interference")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_trials_to_criterion_by_hand(names) -> None:
    """Perfect after the second trial, after the first, and never in three."""
    shares = np.array([[0.5, 1.0, 0.9], [1.0, 1.0, 1.0], [0.9, 0.9, 0.9]])
    assert names["trials_to_criterion"](shares).tolist() == [2, 1, 4]


def test_people_of_riefer_and_batchelder(names) -> None:
    """97 of 150 pairs without another list; 66.9, 46.9, 40.3, 36.0 and 38.1 % of all words."""
    people = names["riefer_batchelder"]()
    assert people["n_recalled"].values.tolist() == [97, 71, 55, 51, 54]
    assert (people["n_tested"] == 150).all()
    np.testing.assert_allclose(people["words"], [0.669, 0.469, 0.403, 0.360, 0.381], atol=6e-4)
    assert (people["low"] < people["mean"]).all()
    assert (people["mean"] < people["high"]).all()


def model(protections: np.ndarray) -> xr.DataArray:
    """A first list that is left as 1 - (1 - g) t / 5 after t others."""
    after = np.arange(5)
    left = 1 - (1 - protections[:, None]) * after / 5
    return xr.DataArray(left, {"protection": protections, "after": after}, ("protection", "after"))


def test_fit_finds_the_protection_that_made_the_counts(names) -> None:
    """g = .4 and level .8, 1,000,000 tests each: to .005, with a deviance of chi2(3)."""
    n = 1_000_000
    p = 0.8 * model(np.array([0.4])).values[0]
    k = RNG.binomial(n, p)
    columns = {"mean": k / n, "n_recalled": k, "n_tested": np.full(5, n)}
    people = xr.Dataset({name: ("after", each) for name, each in columns.items()})
    people = people.assign_coords(after=np.arange(5))
    fit = names["fit_protection"](model(np.linspace(0, 1, 11)), people, 10**6)
    assert fit.attrs["g"] == pytest.approx(0.4, abs=0.005)
    assert fit.attrs["g_least_squares"] == pytest.approx(0.4, abs=0.005)
    assert fit.attrs["low"] <= 0.4 <= fit.attrs["high"]
    assert float(fit["level"].sel(g=fit.attrs["g"])) == pytest.approx(0.8, abs=0.002)
    assert fit.attrs["deviance"] < 16.3  # chi2(3), 99.9 %
    assert fit.attrs["freedom"] == 3


def made_up(names) -> xr.DataTree:
    """All nodes from random proportions, without a network."""
    n_trials = names["INTERPOLATED"] + 1
    sat = RNG.uniform(size=(len(names["SHARES"]), 2, 4, 2, n_trials, 2))
    protections = np.linspace(0, 1, 3)
    nodes = names["contexts"](sat) | names["graded"](sat[:3, 0, :, 0], protections)
    people = names["riefer_batchelder"]()
    lists = mean_and_interval(
        np.sort(RNG.uniform(size=(3, 4, 5, 2)), axis=2)[:, :, ::-1],
        {"protection": protections, "learner": None, "after": np.arange(5)}
        | {"list": ["first", "last"]},
    )
    fit = names["fit_protection"](lists["mean"].sel(list="first"), people, 4)
    return xr.DataTree.from_dict(nodes | {"lists": lists, "people": people, "fit": fit})


def test_figure_and_numbers_of_made_up_results(names, experiment) -> None:
    tree = made_up(names)
    table = experiment.numbers(tree)
    course = table[table["node"] == "course"]
    assert sorted(set(course["trial"])) == [0, 1, 5, 10, 20]
    assert not course["mean"].isna().any()
    means = tree["graded"]["mean"].sel(list="A-B", trial=[1, 20], protection=0.5).values
    rmse = np.sqrt(np.mean((means - [6.7 / 8, 4.1 / 8]) ** 2))
    assert float(tree["underwood_fit"]["rmse"].sel(protection=0.5)) == pytest.approx(rmse)
    figure = experiment.plot(tree)
    assert [ax.get_xlabel() for ax in figure.axes].count("Trials of A-C") == 2
    assert "never checked" in figure.texts[0].get_text()  # what the open marks are


@pytest.mark.slow
def test_the_key_prediction(experiment) -> None:
    """Section 8.2 of the specification, P1 and P2, with the quick preset.

    Without context and with A-B overlearned, HLOP keeps all of A-B and learns nothing of A-C in 60
    trials; the plain network loses all of A-B. With context HLOP keeps A-B (above .85) and learns
    A-C, in more trials than the plain network. Retention does not fall with g.
    """
    tree = experiment.run(experiment.default, Session())
    course = tree["course"]["mean"].sel(original="overlearned", context_share=0)
    assert (course.sel(protection=1, list="A-B") == 1).all()
    assert (course.sel(protection=1, list="A-C") == 0).all()
    assert float(course.sel(protection=0, list="A-B", trial=20)) == 0
    learning = tree["learning"].to_dataset().sel(original="criterion", context_share=0.5)
    kept, trials = learning["kept_mean"].values, learning["median"].values
    assert kept[1] > 0.85 > 0.5 > kept[0]
    assert trials[1] > 1.5 * trials[0]
    assert (learning["reached"] > 0.8).all()
    by_g = tree["graded"]["mean"].sel(list="A-B", trial=20).values
    assert (np.diff(by_g) > -0.05).all()
    captured = tree["choice"]["captured"].sel(layer="cue")
    assert (captured.sel(learning_rate=[0.01, 0.02]) >= 0.95).all()
    assert (captured.sel(learning_rate=[0.05, 0.1]) < 0.95).all()
