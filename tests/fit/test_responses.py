"""Scores of responses, by hand, and what has no part in them: silence, and the other half."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.fit.responses import (
    Choices,
    YesCounts,
    best_sensitivity,
    choice_log_probs,
    criteria,
    in_sd,
    over_sensitivities,
    p_yes,
    scores,
)
from tests.fit.small_arena import any_rank  # noqa: F401

N = 3
END = N


def said_in(events: list[int], *, train: float = 1.0) -> Choices:
    """One list of three items, of one person."""
    said = np.array(events)
    left = np.ones((len(said), N), bool)
    for event, item in enumerate(said):
        if 0 <= item < N:
            left[event + 1 :, item] = False
    half = np.full((1, 1), train, np.float32)
    return Choices(said[None, None], left[None, None], half, 1 - half, np.arange(len(said))[None])


def shaped(z: object) -> jnp.ndarray:
    return jnp.asarray(z, jnp.float32)[None, None]


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


# ---- choices -------------------------------------------------------------------------------------


def test_evidence_in_sd_over_what_is_left_by_hand() -> None:
    """1, 2, 3: mean 2, SD sqrt(2/3); of 1 and 3 alone mean 2, SD 1."""
    left = jnp.array([[True, True, True], [True, False, True], [False, True, False]])
    z = np.where(left, in_sd(jnp.tile(jnp.array([1.0, 2.0, 3.0]), (3, 1)), left), 0)
    half = np.sqrt(1.5)
    np.testing.assert_allclose(z, [[-half, 0, half], [-1, 0, 1], [0, 0, 0]], atol=1e-6)


def test_log_probability_of_a_list_by_hand() -> None:
    """The second of three, the third of two; the end and the last of one add nothing."""
    people = said_in([1, 2, 0, END])
    evidence = jnp.tile(jnp.array([1.0, 2.0, 3.0]), (4, 1))
    z = in_sd(evidence, jnp.asarray(people.left[0, 0]))
    nats, held_out = scores(people, z[None, None], 0.7)
    first = softmax(0.7 * np.array([-np.sqrt(1.5), 0, np.sqrt(1.5)]))[1]
    second = softmax(0.7 * np.array([-1.0, 1.0]))[1]
    np.testing.assert_allclose(nats, [[np.log(first) + np.log(second)]], rtol=1e-5)
    np.testing.assert_array_equal(held_out, [[0.0]])


def test_probabilities_are_of_what_is_left() -> None:
    left = jnp.array([True, False, True])
    p = np.exp(choice_log_probs(jnp.array([1.0, 9.0, -1.0]), left, 0.5))
    np.testing.assert_allclose(p, [*softmax(np.array([0.5, -0.5]))[:1], 0, 1 - p[0]], rtol=1e-6)


def test_without_sensitivity_a_choice_is_uniform_and_evidence_is_nothing() -> None:
    people = said_in([2, 0, 1, END])
    random = np.random.default_rng(0)
    z = shaped(random.normal(size=(4, N)))
    nats, _ = scores(people, z, 0.0)
    null, _ = scores(people, jnp.zeros_like(z), 0.0)
    np.testing.assert_array_equal(nats, null)
    np.testing.assert_allclose(nats, -np.log(6), rtol=1e-6)


def test_nothing_said_is_a_response_without_part_in_the_score() -> None:
    """Two outputs are left empty: as many responses more, and the same log-probability."""
    z = shaped([[2, 0, -2], [0, 1, -1], [1, -1, 0], [0, 0, 0]])
    silent, spoken = said_in([END, END, 2]), said_in([END, 2])
    np.testing.assert_allclose(
        scores(silent, z[:, :, [3, 3, 0]], 1.0)[0], scores(spoken, z[:, :, [3, 0]], 1.0)[0]
    )
    assert silent.n_events(silent.train).tolist() == [3]
    assert spoken.n_events(spoken.train).tolist() == [2]
    only = said_in([END, END])
    for sensitivity in (0.0, 3.0):
        np.testing.assert_array_equal(scores(only, z[:, :, :2], sensitivity)[0], [[0.0]])


def test_what_is_not_scored_is_no_response() -> None:
    people = said_in([0, -1, 2])
    assert people.n_events(people.train).tolist() == [2]
    z = shaped([[1, 0, -1], [5, 5, -10], [0, 1, -1]])
    other = z.at[:, :, 1].set(0)
    np.testing.assert_array_equal(scores(people, z, 2.0)[0], scores(people, other, 2.0)[0])


def test_lists_count_in_their_own_half() -> None:
    z = shaped([[1, 0, -1], [0, 1, -1]])
    trained, held_out = (scores(said_in([0, END], train=t), z, 1.0) for t in (1.0, 0.0))
    np.testing.assert_array_equal(trained[0], held_out[1])
    np.testing.assert_array_equal(trained[1], [[0.0]])
    np.testing.assert_array_equal(held_out[0], [[0.0]])


def test_sensitivity_of_simulated_choices_is_found() -> None:
    """Within three standard errors: the information is the sum of the variances of z."""
    random, true, n = np.random.default_rng(1), 1.3, 3000
    z = np.asarray(in_sd(jnp.asarray(random.normal(size=(n, N))), jnp.ones((n, N), bool)))
    p = np.exp(true * z) / np.exp(true * z).sum(axis=1, keepdims=True)
    said = (random.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(max=N - 1)
    ones = np.ones((1, n), np.float32)
    people = Choices(said[None, :, None], np.ones((1, n, 1, N), bool), ones, 0 * ones, said[None])
    found = best_sensitivity(lambda grid: over_sensitivities(people, z[None, :, None], grid))
    variance = (p * z**2).sum(axis=1) - (p * z).sum(axis=1) ** 2
    assert abs(found - true) < 3 / np.sqrt(variance.sum())


# ---- counts --------------------------------------------------------------------------------------

Z = jnp.array([[[-1.0, -0.5], [0.2, 0.4], [1.0, 1.5]]])
YES = np.array([[[2, 5, 9], [0, 0, 10]], [[3, 3, 3], [1, 1, 1]]], np.float32)
ASKED = np.full((2, 2, 3), 10, np.float32)


@pytest.mark.parametrize("sensitivity", [0.0, 0.8, 20.0])
def test_the_criterion_makes_as_many_yes_as_were_counted(sensitivity: float) -> None:
    """(yes + 1/2) / (n + 1) over all training answers, whatever the sensitivity."""
    criterion = criteria(Z, YES[0], ASKED[0], sensitivity)
    share = np.asarray(p_yes(Z, sensitivity, criterion)).mean(axis=1)
    np.testing.assert_allclose(share, np.array([16.5, 10.5]) / 31, rtol=1e-4)


def test_cells_weigh_by_their_answers_in_the_criterion() -> None:
    """Nobody was asked in the second and third cell: only the first says how often yes comes."""
    asked = ASKED[0] * np.array([1, 0, 0], np.float32)
    criterion = criteria(Z, YES[0] * (asked > 0), asked, 1.0)
    share = np.asarray(p_yes(Z, 1.0, criterion))[:, 0]
    np.testing.assert_allclose(share, np.array([2.5, 0.5]) / 11, rtol=1e-4)


def test_log_probability_of_counts_by_hand() -> None:
    people = YesCounts(YES, ASKED)
    p = np.asarray(p_yes(Z, 0.8, criteria(Z, YES[0], ASKED[0], 0.8)), float)
    expected = YES * np.log(p) + (ASKED - YES) * np.log1p(-p)
    np.testing.assert_allclose(np.stack(scores(people, Z, 0.8)), expected, rtol=1e-4)


def test_without_sensitivity_counts_are_foretold_by_the_share_of_yes() -> None:
    people = YesCounts(YES, ASKED)
    nats = np.stack(scores(people, Z, 0.0))
    np.testing.assert_array_equal(nats, np.stack(scores(people, jnp.zeros_like(Z), 0.0)))
    share = np.array([16.5, 10.5])[None, :, None] / 31
    expected = YES * np.log(share) + (ASKED - YES) * np.log1p(-share)
    np.testing.assert_allclose(nats, expected, rtol=1e-4)


def test_held_out_answers_have_no_part_in_the_criterion() -> None:
    other = YesCounts(np.stack([YES[0], ASKED[1] - YES[1]]), ASKED)
    ours, theirs = scores(YesCounts(YES, ASKED), Z, 0.8), scores(other, Z, 0.8)
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert (np.asarray(ours[1]) != np.asarray(theirs[1])).any()


def test_sensitivity_of_simulated_answers_is_found() -> None:
    """By hand, the information of logistic regression with one intercept for each person."""
    random, true, shape = np.random.default_rng(2), 0.9, (40, 5)
    z = np.linspace(-1.5, 1.5, 5)[None, :, None]
    criterion = random.normal(size=40)
    p = 1 / (1 + np.exp(criterion[:, None] - true * z[:, :, 0]))
    n = np.full(shape, 50)
    yes = random.binomial(n, p)
    people = YesCounts(*(np.stack([each, each]).astype(np.float32) for each in (yes, n)))
    found = best_sensitivity(lambda grid: over_sensitivities(people, z, grid))
    weight = n * p * (1 - p)
    mean = (weight * z[:, :, 0]).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    information = (weight * (z[:, :, 0] - mean) ** 2).sum()
    assert abs(found - true) < 3 / np.sqrt(information)


def test_certainty_is_held_back() -> None:
    """Answers against evidence without noise cost the logarithm of 1e-6, not infinity."""
    z = jnp.array([[[-1.0], [1.0]]])
    yes = np.array([[[0, 10]], [[1, 10]]], np.float32)
    nats = scores(YesCounts(yes, np.full((2, 1, 2), 10, np.float32)), z, 50.0)[1]
    assert float(nats[0, 0]) == pytest.approx(np.log(1e-6), rel=1e-3)


# ---- search --------------------------------------------------------------------------------------


@pytest.mark.parametrize("peak", [0.0, 0.013, 0.9, 7.7, 50.0])
def test_the_best_sensitivity_is_found_anywhere_in_its_range(peak: float) -> None:
    found = best_sensitivity(lambda grid: -((grid - peak) ** 2))
    assert found == pytest.approx(peak, rel=1e-3, abs=1e-4)
