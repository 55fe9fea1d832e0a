"""Reading text: when it is looked at, which rate is chosen, sizes alike; a run; what is learnt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Experiment, Session, find_experiment
from cogmem.models.sequence_model import count_weights


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("language_modelling")


@pytest.fixture(scope="module")
def names(experiment: Experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def test_looks_are_often_at_first(experiment, names) -> None:
    """Blocks of 25 steps: after 0 to 4, then 6, 8, ..., and in any case in the end."""
    assert names["looks"](experiment.default) == [0, 25, 50, 75, 100, 150]
    longer = replace(experiment.default, n_steps=225)
    assert names["looks"](longer) == [0, 25, 50, 75, 100, 150, 200, 225]
    with pytest.raises(InvalidValue, match="n_steps is 30"):
        replace(experiment.default, n_steps=30)


def test_the_rate_of_the_lowest_loss_is_chosen(experiment, names) -> None:
    """Of each kind and size by itself; learning that came apart, NaN, is not the best. The network
    at that rate is the first of those that are drawn.
    """
    config = replace(experiment.default, sizes=(64,), n_seeds=3)
    losses = np.array([[3, 2, 1], [3, 2, np.nan], [1, 2, 3], [2, 1, 3]], float)
    tried = {"recent": losses.ravel()}
    assert names["best"](config, tried).tolist() == [2, 1, 0, 1]
    nets = {"recent": -np.arange(8.0)}
    found = names["_together"](config, tried, nets, "recent")
    assert found[:, 0].tolist() == [[1, -0.0, -1], [2, -2, -3], [1, -4, -5], [1, -6, -7]]
    others = names["_others"](config, names["best"](config, tried))
    assert [net[2:] for net in others[:4]] == [(1e-2, 1), (1e-2, 2), (3e-3, 1), (3e-3, 2)]


def test_networks_are_about_as_large(experiment, names) -> None:
    """Within 20 % of the weights of BDH, 3 n d + 2 V d; only one kind is damped."""
    config, make = experiment.preset("paper"), names["network"]
    for n in config.sizes:
        nets = {kind: make(config, kind, n, 65) for kind in names["MODELS"]}
        expected = 3 * n * config.width + 2 * 65 * config.width
        counts = {kind: count_weights(net) for kind, net in nets.items()}
        assert counts["BDH"] == counts["BDH, damped"] == expected
        assert all(abs(each / expected - 1) <= 0.2 for each in counts.values())
        assert (nets["BDH"].damping, nets["BDH, damped"].damping) == (1, config.damping)


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tmp_path) -> None:
    """All losses are numbers, only BDH has activity, the best of three rates is used; a second
    run is alike.
    """
    sizes = {"sizes": (32, 64), "width": 8, "n_heads": 2, "n_blocks": 1, "length": 16, "batch": 2}
    lengths = {"n_train": 3000, "n_held_out": 600, "n_steps": 8, "block": 4}
    tiny, session = replace(experiment.default, **sizes, **lengths), Session(results=tmp_path)
    tree = experiment.run(tiny, session)
    scaling, active = (tree[name].to_dataset()["mean"] for name in ("scaling", "active"))
    assert scaling.dims == ("model", "n")
    assert np.isfinite(scaling).all()
    assert active["model"].values.tolist() == ["BDH", "BDH, damped"]
    assert ((active >= 0) & (active <= 1)).all()
    choice = tree["choice"].to_dataset()["recent"]
    best = choice["rate"].values[choice.values.argmin(axis=2)]
    assert tree["sizes"].to_dataset()["rate"].values.tolist() == best.tolist()
    again = experiment.run(tiny, session)
    assert again["course"].to_dataset().equals(tree["course"].to_dataset())
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")


@pytest.mark.slow
def test_words_before_the_last_one_are_used(experiment, tmp_path) -> None:
    """The quick preset: the largest network of each kind is better than a bigram table, and none
    is better than a perfect reader.
    """
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    losses = tree["scaling"].to_dataset()["mean"].isel(n=-1)
    guides = tree["guides"].to_dataset()["loss"]
    assert (losses < float(guides.sel(guide="bigram"))).all()
    assert (losses > float(guides.sel(guide="entropy rate"))).all()
