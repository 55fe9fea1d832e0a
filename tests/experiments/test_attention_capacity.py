"""What linear attention holds: by hand, in theory, and where errors must come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.bdh_attention import Turn

KEYS = jax.random.split(jax.random.key(3), 4)


@pytest.fixture(scope="module")
def names():
    return find_experiment("attention_capacity").run.__globals__


def test_pairs_with_orthogonal_keys_come_back_as_they_were(names) -> None:
    """Of three pairs stored, the second and the third; nothing of the first, stored before."""
    x, v = jnp.eye(4)[:3], jnp.arange(6.0).reshape(3, 2)
    found = names["shown"](jnp.zeros((4, 2)), x, v, Turn(None, jnp.asarray(1.0)), 1, 3)
    np.testing.assert_array_equal(x @ found, [[0, 0], [2, 3], [4, 5]])


def test_damping_by_hand(names) -> None:
    """The newest pair is damped once, the one before twice."""
    x, v = jnp.eye(2), jnp.ones((2, 1))
    found = names["shown"](jnp.zeros((2, 1)), x, v, Turn(None, jnp.asarray(0.5)), 0, 2)
    np.testing.assert_allclose(x @ found, [[0.25], [0.5]])


def test_nearest_value_is_among_those_stored(names) -> None:
    """The third value would be nearest to the answer, but is stored from the third pair on."""
    v, answers = jnp.array([[1.0, 0], [0, 1], [0.6, 0.8]]), jnp.array([[0.7, 0.71], [0.1, 0.9]])
    probes = jnp.array([1, 1])
    assert names["wrongly"](answers, v, probes, 2).tolist() == [False, False]
    assert names["wrongly"](answers, v, probes, 3).tolist() == [True, False]


@pytest.mark.parametrize("sparse", [False, True])
def test_keys_have_length_1_and_their_share_on(names, sparse: bool) -> None:
    x = names["draw_keys"](sparse, 20, 100, key=KEYS[0])
    np.testing.assert_allclose(jnp.linalg.norm(x, axis=1), 1, rtol=1e-5)
    assert ((x != 0).sum(axis=1) == (5 if sparse else 100)).all()
    assert bool((x >= 0).all()) == sparse


def test_theory_by_simulation_of_its_own(names) -> None:
    """Answers v + e, drawn directly with 128 neurons' noise and 32 numbers, t = 4 n."""
    rng, n, width = np.random.default_rng(0), 128, 32
    stored = 4 * n
    v = rng.standard_normal((stored, width))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    answers = v + np.sqrt(stored / (n * width)) * rng.standard_normal(v.shape)
    wrong = np.mean((answers @ v.T).argmax(axis=1) != np.arange(stored))
    at = names["LOADS"].index(4.0)
    assert names["expected"](n, width)[at] == pytest.approx(wrong, abs=0.06)


@pytest.fixture(scope="module")
def found(names):
    """Share wrong [kind, load] with 128 neurons; four memories, 200 probes at each look."""
    return {
        kind: np.asarray(names["filled"](how, 128, 32, 200, KEYS)).mean(axis=0)
        for kind, how in names["KINDS"].items()
        if kind != "sparse, positive"
    }


def test_memories_follow_the_theory(names, found) -> None:
    """800 answers at each look, of few memories: .06."""
    np.testing.assert_allclose(found["normal"], names["expected"](128, 32), atol=0.06)


def test_turning_costs_what_is_asked_later_and_not_what_is_asked_in_place(names, found) -> None:
    at = names["LOADS"].index(0.5)
    assert found["turned, asked in place"][at] < 0.05
    assert found["turned, asked later"][at] > 0.15


def test_an_exception_is_lost_to_the_rule_at_the_root_of_n(names) -> None:
    """Keys that share a direction: safe at sqrt(n)/4, lost at 4 sqrt(n), where others are kept."""
    loads = names["RULE_LOADS"]
    shared, apart = (
        np.asarray(names["exceptions"](each, 256, 200, KEYS)).mean(axis=0) for each in (1.0, 0.0)
    )
    assert shared[loads.index(0.25)] == 0
    assert shared[loads.index(4.0)] > 0.98
    assert apart[loads.index(4.0)] < 0.1


def test_damping_keeps_the_new_at_the_cost_of_the_old(names) -> None:
    normal = names["KINDS"]["normal"]
    plain, damped = (
        np.asarray(names["by_age"](normal, 64, 32, window, KEYS)).mean(axis=0)
        for window in (np.inf, 1.0)
    )
    assert damped[0] < 0.1 < 0.7 < plain[0]
    assert damped[-1] > 0.95
    assert np.ptp(plain) < 0.25  # age is nothing to a memory that is not damped


def test_capacity_is_told_between_looks(names) -> None:
    """Right 1, then .9 at 8 pairs and .7 at 11 (1/8 and 2^-2.5 of 64): .8 at 9.5."""
    config = names["Config"](sizes=(64,))
    wrong = np.ones((1, 1, 1, len(names["LOADS"])))
    wrong[..., :4] = 0, 0, 0.1, 0.3
    assert names["_held"](config, wrong, names["LOADS"], 1.0).item() == pytest.approx(9.5)


@pytest.mark.slow
def test_quick_run_has_a_number_for_every_point(tmp_path: Path) -> None:
    experiment = find_experiment("attention_capacity")
    tree = experiment.run(
        replace(experiment.default, sizes=(32, 64), n_memories=2), Session(results=tmp_path)
    )
    table = experiment.numbers(tree)
    assert (table["node"] == "filling").sum() == 4 * 2 * 15
    assert table.loc[table["node"] != "theory", ["mean", "low", "high"]].notna().all().all()
    assert len(experiment.plot(tree).axes) == 6
