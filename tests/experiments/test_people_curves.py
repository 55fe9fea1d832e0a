"""People's curves: the published numbers come out, and a set that is not here is named."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.data import catalogue, load
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment

CHECKED = ("peers", "morton2013", "murdock1962", "grenfell_essam_ward2012")


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("people_curves")


@pytest.fixture(scope="module")
def config(experiment):
    return type(experiment.default)(n_resamples=50)


@pytest.fixture(scope="module")
def tree(experiment, config):
    """Four of the sets: the others would only cost time."""
    few = [row for row in catalogue() if row["name"] in CHECKED]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(experiment.run.__globals__, "catalogue", lambda: few)
        return experiment.run(config, Session())


def test_peers_has_the_published_lag_crp(tree):
    """Specification 6.1: mean over 126 people, lags -1 and +1."""
    curve = tree["peers/16 words/lag_crp"]["mean"]
    np.testing.assert_allclose(curve.sel(lag=[-1, 1]), [0.2554, 0.4350], atol=5e-5)
    assert tree["peers/16 words/spc"]["n"].values.tolist() == [126] * 16


def test_morton_has_the_published_first_recalls(tree):
    last = tree["morton2013/24 words/pfr"]["mean"].values[-5:]
    np.testing.assert_allclose(last, [0.017, 0.031, 0.051, 0.139, 0.699], atol=5e-4)


def needs(name):
    try:
        load(name)
    except DataNotFound as error:
        pytest.skip(str(error).splitlines()[0])


def test_murdock_has_the_published_serial_positions(tree):
    needs("murdock1962")
    last = [tree[f"murdock1962/{n} words/spc"]["mean"].values[-1] for n in (20, 30, 40)]
    np.testing.assert_allclose(last, [0.950, 0.952, 0.952], atol=5e-4)
    first = tree["murdock1962/20 words/pfr"]["mean"].values
    np.testing.assert_allclose(first[[0, -1]], [0.079, 0.151], atol=5e-4)


def test_only_lists_without_repetition_are_shown(experiment):
    """Of 48 lists per person, 12 hold every word once; a repeated word has no one position."""
    needs("lohnas_kahana2014")
    (lists,) = experiment.run.__globals__["groups"](
        "lohnas_kahana2014", load("lohnas_kahana2014")
    ).values()
    assert all(len(set(items)) == 40 for items in lists.items)
    assert len(lists) == 35 * 12


def test_three_of_eleven_list_lengths_are_shown(tree):
    needs("grenfell_essam_ward2012")
    assert list(tree["grenfell_essam_ward2012"].children) == ["6 words", "10 words", "15 words"]


def test_a_set_that_is_not_here_is_named_in_figure_and_table(experiment, config, monkeypatch):
    def missing(name):
        if name == "morton2013":
            raise DataNotFound("Morton2013.csv is in none of the places\nmore")
        return load(name)

    two = [row for row in catalogue() if row["name"] in ("morton2013", "peers")]
    monkeypatch.setitem(experiment.run.__globals__, "catalogue", lambda: two)
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
