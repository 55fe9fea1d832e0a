"""CMA-ES: a known bowl, the published model first, and searches that are gone on with."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

from cogmem.fit.simulators import (
    WORST,
    Budget,
    Generation,
    Objective,
    best,
    generations,
    state_size,
)
from cogmem.models.parameters import Parameter
from tests.fit.small_arena import any_rank  # noqa: F401

KEY = jax.random.key(7)


def entry(default: float, bounds: tuple, start: tuple) -> Parameter:
    return Parameter(default, bounds, start, "1", "a toy", "a toy")


ENTRIES = {
    "share": entry(0.5, (0, 1), (0.2, 0.9)),
    "rate": entry(2.0, (0, math.inf), (0.5, 8.0)),
    "level": entry(-1.0, (-math.inf, math.inf), (-4.0, 4.0)),
}
OPTIMUM = {"share": 0.8, "rate": 3.5, "level": 1.5}


def bowl(values: dict[str, float]) -> float:
    far = values["share"] - 0.8, math.log(values["rate"] / 3.5), values["level"] - 1.5
    return sum(each**2 for each in far)


def searched(objective: Objective = bowl, n: int = 3, **more: object) -> list[Generation]:
    return list(generations(objective, ENTRIES, Budget(n, 6), key=KEY, **more))


def test_the_first_that_is_tried_is_the_model_as_published() -> None:
    tried: list[dict[str, float]] = []
    searched(lambda values: tried.append(values) or 1.0, n=1)
    assert tried[0] == pytest.approx({"share": 0.5, "rate": 2.0, "level": -1.0}, rel=1e-5)
    assert all(each != tried[0] for each in tried[1:])


def test_a_published_value_on_a_bound_is_tried_all_the_same() -> None:
    """Within the rounding of the unconstrained scale; others are drawn around the nearer start."""
    bound = {"share": entry(0.0, (0, 1), (0.0, 0.5)), "rate": entry(1.0, (0, 1), (0.5, 0.9))}
    entries = ENTRIES | bound
    (only,) = generations(lambda values: 0.0, entries, Budget(1, 6), key=KEY)
    first = best([only], entries)
    assert (first["share"], first["rate"]) == pytest.approx((0.0, 1.0), abs=1e-5)


def test_a_bowl_is_descended() -> None:
    found = searched(n=40)
    assert best(found, ENTRIES) == pytest.approx(OPTIMUM, abs=0.1)
    assert found[-1].loss.min() < 0.02 * found[0].loss.min()


def test_one_parameter_is_enough() -> None:
    entries = {"share": ENTRIES["share"]}
    found = generations(lambda v: (v["share"] - 0.3) ** 2, entries, Budget(15, 6), key=KEY)
    assert best(list(found), entries)["share"] == pytest.approx(0.3, abs=0.01)


def test_a_search_that_is_gone_on_with_ends_the_same_bit_for_bit() -> None:
    whole = searched(n=5)
    for done in (1, 3):
        rest = searched(n=5, before=whole[:done])
        assert len(rest) == 5 - done
        for ours, theirs in zip(rest, whole[done:], strict=True):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_search_that_is_done_tries_nothing() -> None:
    whole = searched()
    assert searched(lambda values: pytest.fail("tried again"), before=whole) == []


def test_the_budget_is_spent_to_the_last_evaluation() -> None:
    tried: list[dict[str, float]] = []
    searched(lambda values: tried.append(values) or 0.0, n=4)
    assert len(tried) == Budget(4, 6).n_evaluations == 24


def test_nan_and_infinity_are_the_worst() -> None:
    found = searched(lambda v: math.nan if v["share"] > 0.5 else -math.inf if v["rate"] < 2 else 1)
    loss = np.concatenate([each.loss for each in found])
    assert set(loss.tolist()) == {1.0, WORST}
    assert best(found, ENTRIES)["share"] <= 0.5 + 1e-6
    assert all(np.isfinite(each.state).all() for each in found)


def test_the_best_of_all_generations_is_kept() -> None:
    raw = np.zeros((2, 3))
    first = Generation(np.array([[0.0] * 3, [1.0] * 3]), np.array([3.0, 1.0]), np.zeros(0))
    second = Generation(raw - 1, np.array([2.0, 4.0]), np.zeros(0))
    assert best([first, second], ENTRIES)["level"] == 1.0


def test_the_state_is_as_large_as_it_is_said_to_be() -> None:
    assert searched(n=1)[0].state.shape == (state_size(3, Budget(1, 6)),)
