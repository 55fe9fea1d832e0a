"""Interpolated learning: signs and laws by hand, and P4 to P6 of the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.measures.proportions import proportions
from cogmem.measures.replicates import mean_and_interval

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("interpolated_learning")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def rising(names: dict[str, Any], slope: float) -> np.ndarray:
    """RI that grows with the degree, by so much per trial, and not after overlearning."""
    degrees = slope * np.array(names["DEGREES"], float)
    noise = RNG.normal(0, 1e-3, (1, 2, 30, 2, len(degrees)))
    return noise + np.stack([degrees, np.zeros_like(degrees)])[None, None, None]


def test_signs_by_hand(names) -> None:
    """RI of .01 a trial: up with interpolated, down with original learning; none for none."""
    found = names["signs"](rising(names, 0.01), ["some"])["sign"]
    assert found.sel(who="some").values.tolist() == [1, 1, 1, -1, 1]
    none = names["signs"](np.zeros_like(rising(names, 0.0)), ["none"])["sign"]
    assert none.sel(who="none").values.tolist() == [0] * 5
    assert found.sel(who="people").values.tolist() == [1, 0, 1, 0, 1]  # the published ones


def test_laws_find_the_exponential_that_made_the_counts(names) -> None:
    """a = .9, b = .3 in 10,000 tests each: the exponential to .01, the power law is off by more."""
    p = 0.9 * np.exp(-0.3 * np.arange(5))
    n = np.full(5, 10_000)
    people = proportions(np.round(n * p), n, after=np.arange(5)).expand_dims(who=["people"])
    fitted = names["laws"](people)
    exponential = fitted["estimate"].sel(who="people", law="exponential").values
    np.testing.assert_allclose(exponential[:2], [0.9, 0.3], atol=0.01)
    rmse = fitted["rmse"].sel(who="people")
    assert float(rmse.sel(law="exponential")) < 0.002 < float(rmse.sel(law="power"))


def test_figure_and_numbers_of_made_up_results(names, experiment) -> None:
    networks, most = ["plain", "fitted", "HLOP"], names["MOST"]
    axes = {"network": networks, "following": ["A-C", "D-C"], "learner": None}
    axes |= {"original": list(names["ORIGINAL"])}
    sat = np.sort(RNG.uniform(size=(3, 2, 5, 2, most + 1)), axis=-1)[..., ::-1]
    ri = 1 - sat[..., list(names["DEGREES"])] / sat[..., :1]
    who = [*networks, *(f"{name}, own contexts" for name in networks)]
    lists = mean_and_interval(
        RNG.uniform(size=(6, 5, 5)), {"who": who, "learner": None, "after": np.arange(5)}
    )
    lists = lists.assign(n_recalled=(50 * lists["mean"]).round(), n_tested=0 * lists["mean"] + 50)
    people = names["riefer_batchelder"]().drop_vars("words").expand_dims(who=["people"])
    lists = xr.concat([people, lists], "who")
    nodes = {
        "course": mean_and_interval(sat, axes | {"trial": np.arange(most + 1)}),
        "ri": mean_and_interval(ri, axes | {"degree": list(names["DEGREES"])}),
        "signs": names["signs"](ri, networks),
        "lists": lists,
        "laws": names["laws"](lists),
    }
    tree = xr.DataTree.from_dict(nodes)
    table = experiment.numbers(tree)
    assert not table[table["node"] == "ri"]["mean"].isna().any()
    figure = experiment.plot(tree)
    assert [ax.get_title() for ax in figure.axes][3] == "Signs of effects on RI"
    assert "nothing decays" in figure.texts[0].get_text()


@pytest.mark.slow
def test_the_predictions(experiment) -> None:
    """P4: the plain network loses most after A-C, some after D-C; HLOP, little after either.

    P5: RI grows with the degree of interpolated learning. P6: over lists with one context the
    plain network collapses (below .05 from the third list on), HLOP keeps all; with contexts of
    their own lists do not interfere.
    """
    tree = experiment.run(experiment.default, Session())
    ri = tree["ri"]["mean"].sel(original="criterion")
    at = ri.sel(degree=20)
    plain = at.sel(network="plain")
    assert float(plain.sel(following="A-C")) > 0.5 > float(plain.sel(following="D-C")) > 0.05
    assert (at.sel(network="HLOP") < 0.15).all()
    for network in ("plain", "fitted"):
        assert (np.diff(ri.sel(network=network, following="A-C")) > 0).all()
    lists = tree["lists"]["mean"]
    assert (lists.sel(who="plain", after=slice(2, None)) < 0.05).all()
    assert (lists.sel(who="HLOP") > 0.98).all()
    assert (lists.sel(who="plain, own contexts") > 0.98).all()
