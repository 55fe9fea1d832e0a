"""Split digits: what is stored and labelled, what circuits are measured on, and MNIST's bands."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import experiments.split_digits as digits
from cogmem.data import load_images
from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Session
from cogmem.measures import continual
from cogmem.models.continual_learner import learn_stream
from cogmem.participants.class_streams import examples
from experiments.split_digits import EXPERIMENT, N_TASKS, Config, Run

TINY = Config(source="generated", n_train=16, n_test=8, n_steps=3, n_dense_steps=3, n_hidden=40)


@pytest.fixture(scope="module")
def stream():
    return examples(digits.class_stream(TINY, 1))


# ---- the stream and the networks -----------------------------------------------------------------


def test_generated_pairs(stream) -> None:
    """Five tasks of as many images as were asked for, of two classes; other images in each."""
    train, test = stream
    assert [len(part) for part in (train, test)] == [N_TASKS, N_TASKS]
    for part, n in ((train, 16), (test, 8)):
        for task in part:
            assert task.inputs.shape == (n, 28 * 28)
            assert set(np.asarray(task.labels)) == {0, 1}
    assert not np.array_equal(train[0].inputs, train[1].inputs)


def test_read_outs_of_single_tasks_have_no_circuit() -> None:
    for network in digits.ROWS:
        own = digits.learner(TINY, Run("task", network, 5, 0), (28, 28))
        shared = digits.learner(TINY, Run("domain", network, 5, 0), (28, 28))
        plain = digits.learner(TINY, Run("domain", network, 0, 0), (28, 28))
        assert own.heads == "per task"
        assert shared.heads == "shared"
        assert [c is None for c in own.circuits] == [False, False, True]
        assert not any(c is None for c in shared.circuits)
        assert plain.circuits == (None, None, None)


def test_rows_are_fewer_than_inputs() -> None:
    """All that five tasks add, at the input of each block or layer and of the read-out."""
    wide = {"convolutional": (9, 9 * 8, 7 * 7 * 16), "dense": (28 * 28, 200, 200)}
    for network, rows in digits.ROWS.items():
        assert (np.sum(rows, axis=0) < wide[network]).all()


@pytest.mark.slow
def test_a_convolutional_network_learns_and_is_measured(stream) -> None:
    """Two tasks; what rows leave is at least the least that so many can, and not everything."""
    own = digits.learner(TINY, Run("domain", "convolutional", 5, 0), (28, 28))
    train, test = (part[:2] for part in stream)
    key = jax.random.key(0)
    steps = list(learn_stream(own, train, test, batch_size=8, n_epochs=2, key=key))
    assert [len(step.accuracies) for step in steps] == [1, 2]
    found = np.array(list(digits.energies(own, steps[0].knowledge, train[0])))
    residual, least = found.T
    assert found.shape == (3, 2)
    assert (residual >= least - 1e-6).all()
    assert (residual < 1).all()


# ---- what is stored and shown --------------------------------------------------------------------


@pytest.fixture
def made_up(monkeypatch) -> list[str]:
    """Networks whose accuracies say which they are, instead of ones that learn; who was asked."""
    asked = []

    def learn(own, train, test, *, key, **how):
        asked.append(f"{type(own).__name__}, {own.heads}")
        right = 0.9 if own.circuits[0] is not None else 0.6
        for after in range(N_TASKS):
            yield SimpleNamespace(knowledge=None, accuracies=[right] * after + [0.95])

    def energies(own, known, shown):
        shares = [(0.2, 0.1), (0.3, 0.1), (0.4, 0.1)]
        return (pair for pair, circuit in zip(shares, own.circuits, strict=True) if circuit)

    monkeypatch.setattr(digits, "learn_stream", learn)
    monkeypatch.setattr(digits, "energies", energies)
    return asked


def test_results_are_labelled_stored_and_drawn(made_up, tmp_path) -> None:
    """BWT by hand: -5 points with HLOP, -35 without; a second run asks no one; table and figure."""
    config = replace(TINY, n_seeds=2, published_steps=True)
    tree = EXPERIMENT.run(config, Session(results=tmp_path))
    assert len(made_up) == 2 * 2 * 2 * 3  # seeds, scenarios, networks, conditions
    bwt = continual.backward_transfer(tree["learning"]["accuracy"])
    np.testing.assert_allclose(bwt.sel(condition="HLOP"), -5, atol=1e-9)
    np.testing.assert_allclose(bwt.sel(condition="plain"), -35, atol=1e-9)
    energy = tree["energy"].to_dataset()
    assert list(energy["condition"].values) == ["HLOP", "HLOP, 5 steps"]
    np.testing.assert_allclose(energy["residual"].isel(seed=1, condition=0), [20, 30, 40])
    again = EXPERIMENT.run(config, Session(results=tmp_path))
    assert len(made_up) == 24
    assert again["learning"].to_dataset().equals(tree["learning"].to_dataset())
    table = EXPERIMENT.numbers(tree)
    assert (table["panel"] == "R").sum() == 24 * 15
    assert (table["panel"] == "energy outside rows").sum() == 2 * 2 * 3
    assert not table["value"].isna().any()
    EXPERIMENT.plot(tree).savefig("/dev/null", format="png")


def test_a_run_that_was_stopped_goes_on(made_up, tmp_path) -> None:
    """Stopped after three of eight networks, it lets the other five learn."""

    def report(steps: int, doing: str) -> None:
        if len(made_up) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EXPERIMENT.run(TINY, Session(lambda total: report, tmp_path))
    EXPERIMENT.run(TINY, Session(results=tmp_path))
    assert len(made_up) == 8
    assert sorted(made_up) == sorted(
        2 * [f"{who}, {heads}" for who in LEARNERS for heads in ("per task", "shared")]
    )


LEARNERS = ("ConvolutionalLearner", "ContinualLearner")


# ---- MNIST ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_shared_read_out_is_what_needs_protection(tmp_path) -> None:
    """The quick preset. One read-out per task: no network loses more than 8 points. A shared one:
    plain networks lose more than 35 points, HLOP less than half of that; and it costs accuracy on
    tasks when they are learnt, but not more than 12 points.
    """
    try:
        load_images("mnist")
    except DataNotFound:
        pytest.skip("MNIST is not here; COGMEM_DATA may name its folder")
    tree = EXPERIMENT.run(EXPERIMENT.default, Session(results=tmp_path))
    learning = tree["learning"].to_dataset().isel(seed=0)
    bwt, forward = learning["backward_transfer"], learning["mean_plasticity"]
    assert (bwt.sel(scenario="task") > -8).all()
    assert (bwt.sel(scenario="domain", condition="plain") < -35).all()
    assert (bwt.sel(scenario="domain", condition="HLOP") > -18).all()
    cost = forward.sel(condition="plain") - forward.sel(condition="HLOP")
    assert (cost < 12).all()
    assert (cost.sel(scenario="domain") > 0).all()
