"""Graphs of neurons: that what is planted is found, and that nulls keep what they should."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.bdh import BDH
from tests.models.bdh_weights import untrained


@pytest.fixture(scope="module")
def names():
    return find_experiment("interaction_graph").run.__globals__


@pytest.fixture(scope="module")
def tiny(names):
    sizes = {"width": 4, "n_heads": 1, "n_neurons": 24, "n_layers": 1}
    return names["Config"](**sizes, n_steps=2, batch=2, n_models=2, n_partitions=1)


def test_blocks_are_target_by_source(names) -> None:
    """One entry by hand: neuron 1 of head 0, driven by neuron 2 of head 1, over all channels."""
    weights = untrained(BDH(5, 3, 2, 8, 1))
    g = names["blocks"](weights)
    by_hand = sum(float(weights.to_x[0, c, 1] * weights.from_y[1, 2, c]) for c in range(3))
    assert g.shape == (2, 2, 4, 4)
    assert g[0, 1, 1, 2] == pytest.approx(by_hand, rel=1e-5)


def test_loads_end_at_a_third_of_all_edges(names) -> None:
    assert names["Config"](n_neurons=192, n_heads=2).loads == (1, 2, 4, 8, 16, 32)


def test_planted_communities_are_found_and_nulls_lose_them(names, tiny) -> None:
    """24 neurons in three blocks: with 4 edges per neuron Q is 2/3; no null comes near."""
    rng = np.random.default_rng(0)
    block = np.arange(24) // 8
    planted = 3.0 * (block[:, None] == block[None]) + rng.random((24, 24))
    q = names["communities"](tiny, rng.standard_normal((24, 24)), planted, 0)
    at = tiny.loads.index(4)
    found = dict(zip(names["GRAPHS"], q[:, at], strict=True))
    assert found.pop("trained") == pytest.approx(2 / 3, abs=0.02)
    assert max(found.values()) < 0.5


def test_survival_over_heads_by_hand(names) -> None:
    """Two heads of three neurons with 0, 1, 2 and 0, 0, 2 edges: 1, 1/2 and 1/3 have so many."""
    degrees = np.array([[0, 1, 2], [0, 0, 2.0]]).reshape(1, 1, 2, 1, 3)
    np.testing.assert_allclose(names["survivals"](degrees).ravel(), [1, 1 / 2, 1 / 3])


def test_densities_have_an_area_of_one(names) -> None:
    density, mirrored = names["histogram"](np.random.default_rng(0).standard_normal((30, 30)))
    width = 2 * names["MOST"] / names["BINS"]
    assert density.sum() * width == pytest.approx(1)
    np.testing.assert_allclose(mirrored, density[::-1])


def test_rows_of_a_step_begin_with_the_warm_up(names) -> None:
    rows = names["drawn"](names["WORDS"], 3, 2, 0, jax.random.key(0))
    assert rows.tokens.shape == (3, 2, 77)
    assert (np.asarray(rows.tokens)[..., :13] == np.arange(13)).all()


def test_a_run_goes_on_where_it_stopped(names, tiny, tmp_path: Path) -> None:
    """Two models are stored, and are not taught again; every panel is drawn."""
    experiment = find_experiment("interaction_graph")
    tree = experiment.run(tiny, Session(results=tmp_path))
    steps: list[str] = []
    session = Session(lambda total: lambda n, doing: steps.append(doing), tmp_path)
    again = experiment.run(tiny, session)
    assert steps == []
    assert experiment.numbers(tree).equals(experiment.numbers(again))
    q = tree[f"{names['WORDS']}/modularity"].to_dataset()
    assert q["mean"].shape == (len(names["GRAPHS"]), len(tiny.loads))
    assert q["mean"].notnull().all()
    assert len(experiment.plot(tree).axes) == 4


@pytest.mark.slow
def test_learning_skews_entries_and_hubs_come_about(tmp_path: Path) -> None:
    """The quick preset: heavier on the positive side than before learning, in every model."""
    experiment = find_experiment("interaction_graph")
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    skewness = tree["repeated words/skewness"].to_dataset()
    own = skewness["low"].sel(state="trained").values.diagonal()
    assert (own > 0.1).all()
    assert (np.abs(skewness["mean"].sel(state="not trained")) < 0.1).all()
    largest = tree["repeated words/tails"]["largest"].sel(direction="incoming")
    assert largest.sel(state="trained").min() > largest.sel(state="not trained").max()
