"""Findings beyond free recall: the key numbers come out of the panels, and gaps are named."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("human_memory")


@pytest.fixture(scope="module")
def config(experiment):
    return type(experiment.default)(n_resamples=20)


@pytest.fixture(scope="module")
def tree(experiment, config):
    return experiment.run(config, Session())


def means(tree: xr.DataTree, line: str) -> xr.DataArray:
    """The plotted means of a line; skips where the file of its finding is not here."""
    if reason := tree[line.split("/")[0]].attrs["missing"]:
        pytest.skip(reason)
    return tree[line]["mean"]


# Specification 2.1, first and last point of each line.
KEY = {
    "serial position/quiet": (0.890, 0.756),
    "serial position/suppression": (0.660, 0.511),
    "span/word span": (0.990, 0.456),
    "span/letter span": (0.999, 0.430),
    "span/operation span": (0.937, 0.358),
    "hebb/repeated list": (0.524, 0.747),
    "brown-peterson/young": (0.981, 0.648),
    "brown-peterson/old": (0.948, 0.281),
    "change detection/people": (1.83, 2.62),
    "roc/hits": (0.491, 0.867),
    "roc/false alarms": (0.077, 0.634),
}


@pytest.mark.parametrize("line", KEY)
def test_lines_end_at_the_key_values(tree, line):
    ends = means(tree, line).values[[0, -1]]
    np.testing.assert_allclose(ends, KEY[line], atol=6e-3 if "change" in line else 6e-4)


def test_where_recall_begins(tree):
    """Specification 2.1: with the first word at 4, 8, 15 words; with the last four at 6 and 12."""
    first = means(tree, "initiation/first word").sel(list_length=[4, 8, 15])
    np.testing.assert_allclose(first, [0.903, 0.225, 0.097], atol=6e-4)
    last = means(tree, "initiation/one of the last four")
    np.testing.assert_allclose(last.sel(list_length=[6, 12]), [0.428, 0.738], atol=6e-4)
    assert last["list_length"].min() == 5, "in shorter lists every word is one of the last four"


def test_slopes_of_search(tree):
    """Specification 2.1: 27.7, 31.3, 33.7, 32.2 ms per item."""
    slopes = {
        line: 1000 * float(means(tree, f"sternberg/{line}").polyfit("set_size", 1).to_array()[0, 0])
        for line in ("fast, old probe", "fast, new probe", "slow, old probe", "slow, new probe")
    }
    np.testing.assert_allclose(list(slopes.values()), [27.7, 31.3, 33.7, 32.2], atol=0.55)


def test_items_stray_to_near_places_rather_than_far(tree):
    value = means(tree, "transposition/quiet")
    assert np.isnan(value.sel(distance=0))
    assert value.sel(distance=[-1, 1]).min() > value.sel(distance=[-5, -4, 4, 5]).max()


def test_every_number_carries_its_citation(experiment, tree):
    table = experiment.numbers(tree)
    assert table["citation"].str.contains(r"\(\d{4}\)").all()
    here = table.dropna(subset="mean")
    assert (here["low"] <= here["mean"] + 1e-12).all()
    assert (here["mean"] <= here["high"] + 1e-12).all()


def test_a_set_that_is_not_here_is_named_in_figure_and_table(experiment, config, monkeypatch):
    def missing(name):
        raise DataNotFound(f"the file of {name} was not found.\nmore")

    for reader in ("load", "load_trials"):
        monkeypatch.setitem(experiment.run.__globals__, reader, missing)
    tree = experiment.run(config, Session())
    table = experiment.numbers(tree)
    assert table["line"].tolist() == ["not here"] * len(tree.children)
    texts = [text.get_text() for ax in experiment.plot(tree).axes for text in ax.texts]
    assert "the file of adam2015 was not found." in texts


def test_people_are_named_in_the_experiment(experiment, tree):
    assert set(experiment.people) == {
        "farrell_lewandowsky2004",
        "grenfell_essam_ward2012",
        "unsworth_engle2006",
        "page2006",
        "floden2000",
        "donkin_nosofsky2012",
        "adam2015",
        "schwartz2005",
    }
    assert all(node.attrs["citation"] for node in tree.children.values())
