"""List length and rate: people's published numbers, SIMPLE's fits, and what is left blank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.data import load
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment
from cogmem.models import parameters
from cogmem.models.simple import SIMPLE


@pytest.fixture(scope="module")
def experiment():
    try:
        load("murdock1962")
    except DataNotFound as error:
        pytest.skip(str(error).splitlines()[0])
    return find_experiment("murdock_lists")


def someone(n_items):
    """The lists of one person."""
    lists = load("murdock1962").select(list_length=n_items)
    return lists.select(subject=lists.subjects[0])


@pytest.fixture(scope="module")
def tree(experiment):
    """All but CMR: a person stands in for its recall, and its fit is tested below."""
    names = experiment.run.__globals__
    row = xr.Dataset(
        {"estimate": ("parameter", [0.8]), "log_likelihood": 0.0, "at_bound": False},
        {"fit": "CMR, all", "parameter": ["encoding_drift"]},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "fit_cmr", lambda people, config: (None, row))
        patch.setitem(names, "simulate", lambda cmr, n_items, config: someone(n_items))
        return experiment.run(replace(experiment.default, n_lists=50, n_resamples=50), Session())


def test_people_are_the_published_ones(tree):
    """Specification 2.1: first and last positions of each length, and the six group means."""
    for n, ends in {20: (0.461, 0.950), 30: (0.441, 0.952), 40: (0.307, 0.952)}.items():
        curve = tree[f"spc-{n}"]["mean"].values
        np.testing.assert_allclose(curve[[0, -1]], ends, atol=5e-4)
    words = [6.39, 8.25, 8.53, 6.87, 8.82, 8.24]
    np.testing.assert_array_equal(tree["words"]["mean"], words)
    np.testing.assert_allclose(tree["words"]["sem"][0], 0.76 / np.sqrt(18))


def test_each_length_is_fitted_better_by_itself(tree):
    nats = tree["fits"].to_dataset()["log_likelihood"]
    own = nats.sel(fit=["SIMPLE, 20", "SIMPLE, 30", "SIMPLE, 40"]).sum()
    assert own > nats.sel(fit="SIMPLE, all")


def test_the_joint_fit_is_where_the_defaults_are(tree):
    found = tree["fits"].to_dataset()["estimate"].sel(fit="SIMPLE, all")
    for name, value in parameters.get(SIMPLE()).items():
        np.testing.assert_allclose(found.sel(parameter=name), value, rtol=1e-3)


def test_negative_results_are_there(tree):
    """No model is within the noise; primacy is too small; 40 words are not recalled best."""
    for n in (20, 30, 40):
        node = tree[f"spc-{n}"].to_dataset()
        assert (node["ratio"].isel(model=[0, 1]) > 1).all()
        assert node["predicted"][0, 0] < node["low"][0]
    words = tree["words"].to_dataset().sel(condition=["30-1", "40-1"])
    assert words["mean"].diff("condition") < 0 < words["predicted"][0].diff("condition")


def test_what_a_model_cannot_say_is_blank(tree):
    words = tree["words"]["predicted"].sel(condition=["10-2", "15-2", "20-2"])
    assert words[0].notnull().all()
    assert words[1:].isnull().all()
    first = tree["pfr-20"]["predicted"]
    assert first[:2].isnull().all()
    assert first[2].notnull().all()


def test_the_figure_and_its_numbers(experiment, tree):
    figure = experiment.plot(tree)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 5
    table = experiment.numbers(tree)
    assert table["value"].notnull().all()
    people = table[(table["panel"] == "spc-40") & (table["source"] == "people")]
    assert len(people) == 40
    assert (people["low"] <= people["value"]).all()


@pytest.mark.slow
def test_cmr_is_fitted_to_all_lengths_at_once(experiment):
    """From a few lists: a finite likelihood, no estimate on its bounds, and recall of its own."""
    names = experiment.run.__globals__
    config = replace(experiment.default, every=40)
    people = {n: load("murdock1962").select(list_length=n) for n in (20, 30, 40)}
    cmr, row = names["fit_cmr"](people, config)
    recalled = names["simulate"](cmr, 20, config)
    assert np.isfinite(row["log_likelihood"])
    assert not row["at_bound"]
    assert 4 < recalled.n_out.mean() < 12
