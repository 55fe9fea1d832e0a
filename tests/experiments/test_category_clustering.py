"""Clustering by category: people's published scores, and models that know which words are alike."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem import measures
from cogmem.fit import Fit, People, split_lists
from cogmem.lab.experiment import find_experiment
from cogmem.models import parameters


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("category_clustering")


@pytest.fixture(scope="module")
def names(experiment):
    return experiment.run.__globals__


def given(names, weight: float, people: People) -> Fit:
    """As if these people had been fitted with this weight of similarity."""
    sitting = names["ENTRANTS"]["CMR, told the categories"]
    entries = sitting.parameters
    values = {name: getattr(sitting.participant.model, name) for name in entries}
    raw = parameters.unconstrain(entries, values | {"similarity_weight": weight})
    rows = np.tile(np.asarray(raw, np.float32), (len(people), 1))
    return Fit(sitting, people, rows, np.zeros(len(people)))


def test_people_have_the_published_scores(names) -> None:
    """Specification 6.1: category CRP .650, LBC 3.86, ARC .609 in mixed lists of 40 people."""
    people = names["mixed_lists"](0)
    found = names["scores"]({"people": people})["mean"].sel(source="people")
    assert found.sel(score="category_crp").item() == pytest.approx(0.650, abs=5e-4)
    assert found.sel(score="lbc").item() == pytest.approx(3.86, abs=5e-3)
    assert found.sel(score="arc").item() == pytest.approx(0.609, abs=5e-4)


def test_models_recall_by_the_categories_of_their_own_lists(names) -> None:
    """With an overwhelming weight, recall leaves a category only when it is exhausted."""
    train, test = split_lists(names["mixed_lists"](3))
    assert set(zip(train.subject, train.list_id, strict=True)).isdisjoint(
        zip(test.subject, test.list_id, strict=True)
    )
    people = names["told"](train)
    found = {w: given(names, w, people) for w in (0.001, 9.0)}
    recalled = {w: names["sit"](one, test, 2, key=jax.random.key(0)) for w, one in found.items()}
    assert len(recalled[9.0]) == 2 * len(test)
    scores = {w: measures.category_crp(lists).value.values for w, lists in recalled.items()}
    assert (scores[9.0] > 0.99).all()
    assert (scores[0.001] < 0.6).all()
    bits = names["gain"](
        {"CMR, told the categories": found[9.0], "CMR, s = 0": found[0.001]},
        test,
        jax.random.key(0),
    )
    assert bits.sizes["subject"] == 3
    np.testing.assert_allclose(bits["similarity_weight"], 9, rtol=1e-4)


def test_only_the_control_holds_the_weight_at_zero(names) -> None:
    told, control = names["ENTRANTS"].values()
    assert set(told.parameters) - set(control.parameters) == {"similarity_weight"}
    assert control.participant.model.similarity_weight == 0


def test_figure_and_table_have_people_and_models(experiment, names) -> None:
    people = names["mixed_lists"](3)
    sources = {"people": people, "CMR": replace(people, attrs={}), "control": people}
    gain = xr.Dataset({"gain": ("subject", [0.1, 0.2])}, {"subject": [1, 2]})
    nodes = {"scores": names["scores"](sources), "lags": names["lags"](sources), "gain": gain}
    tree = xr.DataTree.from_dict(nodes)
    figure = experiment.plot(tree)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 5
    table = experiment.numbers(tree)
    assert set(table["source"].dropna()) == set(sources)
    assert (table["low"].dropna() <= table["mean"].dropna()).all()
