"""People's curves: the published numbers come out, and a set that is not here is named."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.data import load
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("people_curves")


@pytest.fixture(scope="module")
def config(experiment):
    return type(experiment.default)(n_resamples=50)


@pytest.fixture(scope="module")
def tree(experiment, config):
    return experiment.run(config, Session())


def test_peers_has_the_published_lag_crp(tree):
    """Specification 6.1: mean over 126 people, lags -1 and +1."""
    curve = tree["peers-16/lag_crp"]["mean"]
    np.testing.assert_allclose(curve.sel(lag=[-1, 1]), [0.2554, 0.4350], atol=5e-5)
    assert tree["peers-16/spc"]["n"].values.tolist() == [126] * 16


def test_morton_has_the_published_first_recalls(tree):
    last = tree["morton2013-24/pfr"]["mean"].values[-5:]
    np.testing.assert_allclose(last, [0.017, 0.031, 0.051, 0.139, 0.699], atol=5e-4)


def test_murdock_has_the_published_serial_positions(tree):
    try:
        load("murdock1962")
    except DataNotFound as error:
        pytest.skip(str(error).splitlines()[0])
    last = [tree[f"murdock1962-{n}/spc"]["mean"].values[-1] for n in (20, 30, 40)]
    np.testing.assert_allclose(last, [0.950, 0.952, 0.952], atol=5e-4)
    first = tree["murdock1962-20/pfr"]["mean"].values
    np.testing.assert_allclose(first[[0, -1]], [0.079, 0.151], atol=5e-4)


def test_a_set_that_is_not_here_is_named_in_figure_and_table(experiment, config, monkeypatch):
    def missing(name):
        if name == "morton2013":
            raise DataNotFound("Morton2013.csv is in none of the places\nmore")
        return load(name)

    monkeypatch.setitem(experiment.run.__globals__, "load", missing)
    tree = experiment.run(config, Session())
    table = experiment.numbers(tree)
    assert table.loc[table["set"] == "morton2013", "measure"].tolist() == ["not here"]
    figure = experiment.plot(tree)
    assert isinstance(figure, Figure)
    assert "Cerebral Cortex" in tree["morton2013"].attrs["citation"]
    assert "Morton2013.csv is in none of the places" in [
        t.get_text() for ax in figure.axes for t in ax.texts
    ]


def test_sets_share_the_y_axis_of_each_measure(experiment, tree):
    panels = experiment.plot(tree).axes
    for column in range(3):
        assert len({ax.get_ylim() for ax in panels[column::3]}) == 1


def test_the_band_is_around_the_mean(experiment, tree):
    table = experiment.numbers(tree).dropna()
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
