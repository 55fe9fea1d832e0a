"""Spiking methods: conditions, numbers of rows, what leaks, and a run that was stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.figure import Figure

from cogmem.data import load_images
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.continual_learner import Examples


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("spiking_methods")


@pytest.fixture(scope="module")
def names(experiment):
    return experiment.run.__globals__


@pytest.fixture(scope="module")
def config(experiment):
    """Two tasks of 20 generated pixels, and a network of 10 neurons a layer."""
    sizes = {"n_tasks": 2, "n_train": 128, "n_test": 40, "n_hidden": 10, "n_features": 20}
    return replace(experiment.default, source="generated", **sizes)


def test_every_condition_once(names, experiment) -> None:
    """Nine of panels A and B, eight more of C and D, five more K_s, three more numbers of rows."""
    found, condition = names["conditions"](experiment.preset("paper")), names["Condition"]
    assert len(found) == len(set(found)) == 9 + 8 + 5 + 3
    assert condition("OTTT", lateral_steps=40) in found
    assert condition("BPTT", "sign symmetric", budget=0.0) in found
    assert {own.budget for own in found} == {0, 0.25, 0.5, 1, 1.5}
    assert {own.lateral_steps for own in found} == {0, 1000, 100, 40, 20, 10, 4}
    assert set(names["conditions"](experiment.default)) < set(found)


def test_rows_of_the_published_size_and_others(names) -> None:
    rows, sizes = names["rows"], (784, 200, 200, 10)
    assert rows(sizes, 5, 1.0) == names["ROWS"]
    most = np.sum(rows(sizes, 5, 1.5), axis=0)
    assert (most <= sizes[:3]).all()
    assert rows((784, 100, 10, 10), 2, 0.5) == ((40, 15, 2), (35, 5, 1))


def known(names, config, **condition: Any):
    """A learner in its second task, and examples."""
    own = names["learner"](config, names["Condition"](**condition), 20)
    begin = jax.jit(lambda key: own.begin_task(own.begin(key=key), key=key))
    x = jax.random.normal(jax.random.key(1), (6, 20))
    return own, begin(jax.random.key(0)), Examples(x, jnp.arange(6), jnp.arange(20))


def test_leaks_by_hand(names, config) -> None:
    """All without rows; nothing past rows that are all of space; half past half of a row's."""
    own, state, examples = known(names, config, budget=0.0)
    assert names["leak"](own, state, examples, examples) == pytest.approx(1)
    assert np.isnan(names["defects"](state)).all()
    own, state, examples = known(names, config)

    def spanning(length: float) -> Any:
        rows = (length * jnp.eye(n) for n in own.sizes[:-1])
        pairs = zip(state.subspaces, rows, strict=True)
        full = (s._replace(old=r, n_old=jnp.asarray(len(r))) for s, r in pairs)
        return state._replace(subspaces=tuple(full))

    assert names["leak"](own, spanning(1.0), examples, examples) == pytest.approx(0, abs=1e-5)
    assert names["leak"](own, spanning(0.5**0.5), examples, examples) == pytest.approx(0.5)


def test_a_stopped_run_goes_on(
    names, experiment, config, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two conditions; the second raises at first, and then only that one is learnt."""
    plain, hlop = names["Condition"]("BPTT", budget=0.0), names["Condition"]("BPTT")
    monkeypatch.setitem(names, "conditions", lambda config: [plain, hlop])
    learnt, usual = [], names["one_run"]

    def stopped(config: Any, condition: Any, *rest: Any) -> Any:
        learnt.append(condition)
        if learnt == [plain, hlop]:
            raise KeyboardInterrupt
        return usual(config, condition, *rest)

    monkeypatch.setitem(names, "one_run", stopped)
    session = Session(results=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        experiment.run(config, session)
    results = experiment.run(config, session)
    assert learnt == [plain, hlop, hlop]
    assert results["budget"].values.tolist() == [0, 1]
    accuracy = results["accuracy"].isel(seed=0)
    assert np.isnan(accuracy.sel(after=1, task=2)).all()
    assert (accuracy.sel(after=2) >= 0).all()
    # In the first task nothing is projected: up to rounding, both learn the same.
    first = accuracy.sel(after=1, task=1)
    assert abs(float(first[0] - first[1])) <= 5
    assert results["BWT"].values == pytest.approx(
        (accuracy.sel(after=2, task=1) - first).values[:, None]
    )
    # Deeper layers of so small a network may be silent: nothing can leak there.
    leaks = results["leak"].isel(seed=0, layer=0)
    assert leaks[0] == pytest.approx(1)
    assert leaks[1] < 0.95


@pytest.mark.parametrize("preset", ["quick", "paper"])
def test_numbers_and_figure_of_any_accuracies(names, experiment, preset: str) -> None:
    """Accuracies that are made up: ACC and BWT of one of them by hand."""
    config = experiment.preset(preset)
    found, n = names["conditions"](config), config.n_tasks
    random, shape = np.random.default_rng(0), (len(names["conditions"](config)), config.n_seeds)
    accuracy = np.where(np.tri(n), random.uniform(0.5, 1, (*shape, n, n)), np.nan)
    each = {name: random.uniform(size=(*shape, 3)) for name in ("leak", "defect")}
    values = {"accuracy": accuracy, **each}
    results = names["labelled"](values, found, list(range(config.n_seeds)), "mnist")
    table = experiment.numbers(results)
    assert len(table) == np.prod(shape)
    own = 100 * accuracy[0, 0]
    assert table["ACC"][0] == pytest.approx(own[-1].mean())
    assert table["BWT"][0] == pytest.approx((own[-1] - own.diagonal())[:-1].mean())
    assert table["forward_2"][0] == pytest.approx(own[1, 1])
    assert table["leak_3"][0] == pytest.approx(each["leak"][0, 0, 2])
    figure = experiment.plot(results)
    assert isinstance(figure, Figure)
    assert figure.axes[0].get_xlabel() == "Training method"
    for short in ("HLOP", *(label.get_text() for label in figure.axes[0].get_xticklabels())):
        assert f"{short}: " in figure.get_suptitle()


@pytest.mark.slow
def test_bands_of_the_small_preset(names, experiment) -> None:
    """Section 7.3, DSR, one network: BWT -4 to 0, without HLOP -14 to -4; ACC 3 points apart."""
    try:
        load_images("mnist")
    except DataNotFound:
        pytest.skip("MNIST is not here; COGMEM_DATA may name its folder")
    config = experiment.preset("paper")
    data = names["examples"](names["stream"](config), currents=names["in_numpy"])
    condition = names["Condition"]
    runs = [condition(budget=0.0), condition(), condition(lateral_steps=1000)]
    values = [names["one_run"](config, own, 0, data) for own in runs]
    stacked = {name: np.stack([v[name][None] for v in values]) for name in values[0]}
    results = names["labelled"](stacked, runs, [0], "mnist").isel(seed=0)
    plain, linear, spiking = (results.isel(condition=i) for i in range(3))
    assert -14 <= float(plain["BWT"]) <= -4
    assert -4 <= float(linear["BWT"]) <= 0
    assert float(linear["ACC"] - plain["ACC"]) >= 3
    assert (results["forward"] >= 85).all()
    assert abs(float(spiking["ACC"] - linear["ACC"])) <= 0.3
