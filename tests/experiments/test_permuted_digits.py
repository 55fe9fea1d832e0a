"""Permuted digits: what does not depend on chance, the bands of the specification, and controls.

The generated stream is for what must be exact. Bands are those of specs: hlop, section 7.3.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
import xarray as xr

import experiments.permuted_digits as digits
from cogmem.data import load_images
from cogmem.errors import DataNotFound, InvalidValue
from cogmem.lab.experiment import Session
from cogmem.measures import continual
from cogmem.models.continual_learner import learn_stream
from cogmem.participants.class_streams import digit_stream, examples
from experiments.permuted_digits import EXPERIMENT, PRESETS, Config

TINY = Config(
    source="generated",
    n_tasks=3,
    rows=((12, 8, 8), (6, 4, 4), (6, 4, 4)),
    n_hidden=24,
    n_features=48,
    n_train=320,
    n_test=100,
    batch_size=16,
    learning_rate=0.3,
    n_seeds=2,
    n_control_seeds=0,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Of the tiny configuration, and where its store is."""
    folder = tmp_path_factory.mktemp("results")
    return EXPERIMENT.run(TINY, Session(results=folder)), folder


# ---- what must be exact --------------------------------------------------------------------------


def test_all_tasks_so_far_are_tested_after_each(results) -> None:
    """R[t, j] is there for j <= t and for no other j, in every condition and for every network."""
    accuracy = results[0]["learning"]["accuracy"]
    assert accuracy.dims == ("condition", "seed", "after", "task")
    lower = np.tri(3, dtype=bool)
    assert (~np.isnan(accuracy.values) == lower).all()
    assert float(accuracy.min()) >= 0
    assert float(accuracy.sel(after=1, task=1).max()) > 20  # twice chance


def test_acc_and_bwt_are_those_of_the_matrix(results) -> None:
    """By hand, from the matrix."""
    learning = results[0]["learning"].to_dataset().isel(condition=0, seed=1)
    r = learning["accuracy"].values
    assert float(learning["average_accuracy"]) == pytest.approx(r[2].mean())
    by_hand = (r[2, 0] - r[0, 0] + r[2, 1] - r[1, 1]) / 2
    assert float(learning["backward_transfer"]) == pytest.approx(by_hand)


def test_the_first_task_is_learnt_alike_with_and_without_circuits() -> None:
    """H learning has no effect on W while there are no old rows: the same bits, layer by layer.

    In the second task it has: the weights differ.
    """
    train, test = examples(digit_stream(TINY))
    learnt = []
    for name in ("HLOP", "plain"):
        own = digits.learner(TINY, name, TINY.n_features)
        steps = learn_stream(own, train[:2], test, batch_size=16, key=jax.random.key(5))
        learnt.append([step.knowledge.weights for step in steps])
    for ours, other in zip(*(jax.tree.leaves(each[0]) for each in learnt), strict=True):
        assert ours.tobytes() == other.tobytes()
    assert (learnt[0][1].layers[0] != learnt[1][1].layers[0]).any()


def test_first_rows_are_the_same_with_and_without_circuits(results) -> None:
    first = results[0]["learning"]["accuracy"].sel(after=1, task=1)
    ours, other = (first.sel(condition=name).values for name in ("HLOP", "plain"))
    assert ours.tobytes() == other.tobytes()


def test_the_same_seed_leaves_the_same_bits(results, tmp_path) -> None:
    """Another run, of the first network alone: R bit for bit."""
    accuracy = results[0]["learning"]["accuracy"]
    parts = examples(digit_stream(TINY))
    again, _ = digits.learnt(replace(TINY, n_seeds=1), parts, Session(results=tmp_path))
    assert again.values.tobytes() == accuracy.isel(seed=[0]).values.tobytes()


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(results, tmp_path) -> None:
    """Stopped when the first network had learnt two of its three tasks."""
    left = 2

    def report(steps: int, doing: str) -> None:
        nonlocal left
        left -= steps
        if left <= 0:
            raise KeyboardInterrupt

    config, parts = replace(TINY, n_seeds=1), examples(digit_stream(TINY))
    with pytest.raises(KeyboardInterrupt):
        digits.learnt(config, parts, Session(lambda total: report, tmp_path))
    steps: list[int] = []
    watching = Session(lambda total: lambda n, doing: steps.append(n), tmp_path)
    found, _ = digits.learnt(config, parts, watching)
    # The second task was written, but not yet what was known after it: it was learnt once more.
    assert steps[:3] == [1, 1, 1]
    expected = results[0]["learning"]["accuracy"].isel(seed=[0])
    assert found.values.tobytes() == expected.values.tobytes()


def test_what_is_stored_is_not_learnt_again(results, monkeypatch) -> None:
    def never(*args: object, **named: object) -> None:
        raise AssertionError("learnt again")

    monkeypatch.setattr(digits, "learn_stream", never)
    again = EXPERIMENT.run(TINY, Session(results=results[1]))
    assert again["learning"].to_dataset().equals(results[0]["learning"].to_dataset())


def test_more_tasks_than_rows_are_refused() -> None:
    with pytest.raises(InvalidValue, match="4 tasks, and rows for 3"):
        digits.learner(replace(TINY, n_tasks=4), "HLOP", 48)


def test_without_data_it_says_what_to_fetch(monkeypatch, tmp_path) -> None:
    """The registry's own words reach the user."""
    monkeypatch.setenv("COGMEM_DATA", str(tmp_path))
    monkeypatch.setenv("COGMEM_CACHE", str(tmp_path))
    monkeypatch.setenv("COGMEM_OFFLINE", "1")
    with pytest.raises(DataNotFound, match=r"train-images-idx3-ubyte\.gz"):
        digit_stream(Config())


def test_every_number_of_the_figure_is_in_the_table(results) -> None:
    """Six values of R for each of four networks, and ACC and BWT of each; the figure is drawn."""
    table = EXPERIMENT.numbers(results[0])
    assert (table["panel"] == "R").sum() == 4 * 6
    assert (table["panel"] == "BWT").sum() == (table["panel"] == "ACC").sum() == 4
    assert not table["value"].isna().any()
    EXPERIMENT.plot(results[0]).savefig("/dev/null", format="png")


def test_published_numbers_go_with_their_own_settings_only() -> None:
    assert digits.reference(PRESETS["paper"]).attrs["said"].endswith("not checked")
    assert digits.reference(replace(PRESETS["quick"], n_seeds=7)).attrs["said"].startswith("offi")
    assert not digits.reference(TINY)


def test_laws_are_fitted_to_the_first_column(results) -> None:
    """At each number of interpolated tasks, the mean over networks of the law is near R[t, 1].

    Retention of an exact exponential, a = .9 and b = .1, is found within a test image of 10,000.
    """
    n = np.arange(5)
    r = np.where(np.tri(5) > 0, 90 * np.exp(-0.1 * n)[:, None], np.nan)
    accuracy = xr.DataArray(
        r[None], {"seed": [0], "after": n + 1, "task": n + 1}, ("seed", "after", "task")
    )
    found = digits._laws(accuracy, 10_000).sel(law="exponential", network="group")
    np.testing.assert_allclose(found["estimate"][:2], [0.9, 0.1], atol=1e-3)
    assert "retention" in results[0]


# ---- MNIST ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mnist():
    try:
        load_images("mnist")
    except DataNotFound:
        pytest.skip("MNIST is not here; COGMEM_DATA may name its folder")


def test_protection_in_short(mnist, tmp_path) -> None:
    """One network, 3 tasks of the small preset cut to 50 iterations, at three times its rate.

    Four networks had a BWT of -.25 to -.55 points with HLOP, and -3.9 to -12.9 without.
    """
    cut = {"n_tasks": 3, "n_train": 3200, "n_test": 1000, "learning_rate": 0.3, "seed": 2}
    config = replace(Config(), n_seeds=1, n_control_seeds=0, **cut)
    parts = examples(digit_stream(config))
    accuracy, _ = digits.learnt(config, parts, Session(results=tmp_path))
    bwt = continual.backward_transfer(accuracy).isel(seed=0)
    assert -1.5 <= float(bwt.sel(condition="HLOP")) <= 1.5
    assert float(bwt.sel(condition="plain")) < -2.5
    assert float(continual.plasticity(accuracy).sel(condition="HLOP").min()) > 70


@pytest.fixture(scope="module")
def small(mnist, tmp_path_factory):
    """The small preset, three networks in every condition, controls too."""
    config = replace(PRESETS["quick"], n_control_seeds=3)
    return EXPERIMENT.run(config, Session(results=tmp_path_factory.mktemp("small")))["learning"]


def demands(learning: xr.DataTree, name: str) -> dict[str, bool]:
    """What section 7.3 demands of HLOP, and whether a condition's networks meet it on average.

    Rounding differs with the number of threads, and unprotected networks part by it: one by one
    their ACC moves by up to 2 points.
    """
    own, plain = (learning.to_dataset().sel(condition=c) for c in (name, "plain"))
    bwt = own["backward_transfer"].mean().item()
    gain = (own["average_accuracy"] - plain["average_accuracy"]).mean().item()
    forward = own["plasticity"].min().item()
    return {"BWT": -4 <= bwt <= 0, "gain": gain >= 3, "forward": forward >= 85}


@pytest.mark.slow
def test_small_preset_within_the_bands(small) -> None:
    """HLOP's BWT in [-4, 0], plain in [-14, -4], ACC 3 points apart, forward columns 85 % or more.

    Means of three networks; of the forward columns every entry.
    """
    assert demands(small, "HLOP") == {"BWT": True, "gain": True, "forward": True}
    plain = small.to_dataset().sel(condition="plain")
    assert -14 <= plain["backward_transfer"].mean() <= -4
    assert plain["plasticity"].min() >= 85


@pytest.mark.slow
@pytest.mark.parametrize("name", digits.CONTROLS)
def test_controls_fall_out_of_the_bands(small, name: str) -> None:
    """None meets what HLOP meets: old tasks are lost, and nothing is gained over a plain net."""
    met = demands(small, name)
    assert not met["BWT"]
    assert not met["gain"]


@pytest.mark.slow
def test_without_rows_it_is_the_plain_network(small) -> None:
    """R bit for bit, over all five tasks."""
    found = (small["accuracy"].sel(condition=name).values for name in ("no rows", "plain"))
    np.testing.assert_array_equal(*found)
