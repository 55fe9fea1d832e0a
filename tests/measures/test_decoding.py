"""What is read off outputs, scores and probabilities, by hand and where it was planted."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.decoding import (
    PREDICTION,
    divergence,
    linear_decoding,
    prediction,
    principal_components,
    set_recall,
)


def test_set_recall_by_hand() -> None:
    """Of entities 0 and 3, only 3 is among the two best: a half; of 3 alone, all."""
    scores = jnp.array([0.1, 0.5, 0.2, 0.9])
    assert float(set_recall(scores, jnp.array([0, 3]))) == 0.5
    assert float(set_recall(scores, jnp.array([3]))) == 1


def test_divergence_by_hand() -> None:
    """(1/2, 1/2, 0) from (1/4, 1/2, 1/4): ln 2 / 2. From itself 0, whatever has no chance."""
    truth = np.array([0.5, 0.5, 0.0])
    found = divergence(truth, np.log([0.25, 0.5, 0.25]))
    assert float(found) == pytest.approx(np.log(2) / 2)
    with np.errstate(divide="ignore"):
        assert float(divergence(truth, np.log(truth))) == pytest.approx(0)
        assert divergence([[0.5, 0.5]], np.log([[1.0, 0.0]])).tolist() == [np.inf]


def test_prediction_by_hand() -> None:
    """Two cases, P of what was the case .5 and .25, the first one the likeliest."""
    p = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    found = dict(zip(PREDICTION, prediction(p, np.log(p), np.array([0, 1])), strict=True))
    assert found["KL"] == pytest.approx(0)
    assert found["@1"] == 0.5
    assert found["surprise"] == pytest.approx(1.5 * np.log(2))


def test_outcomes_must_be_as_many_as_cases() -> None:
    p = np.full((2, 3), 1 / 3)
    with pytest.raises(InvalidValue, match="2 cases"):
        prediction(p, np.log(p), np.array([0]))


def test_a_planted_linear_code_is_read() -> None:
    """Three labels along directions of their own, in noise: all right, though one unit is dead."""
    rng = np.random.default_rng(0)
    trial, labels = np.repeat(np.arange(30), 6), rng.integers(0, 3, 180)
    code = rng.normal(size=(3, 12)) * 3
    x = code[labels] + rng.normal(size=(180, 12)) / 2
    x[:, 4] = 0.1
    found = linear_decoding(x, labels, trial)
    assert found["value"].values.tolist() == [1] * 5
    assert found["n"].values.tolist() == [36] * 5
    assert float(found["chance"]) == np.bincount(labels).max() / 180


def test_what_is_no_code_is_read_at_chance() -> None:
    """Outputs drawn without regard to two labels: .5 within 3 standard errors."""
    rng = np.random.default_rng(1)
    trial, labels = np.repeat(np.arange(100), 6), np.tile([0, 1], 300)
    found = linear_decoding(rng.normal(size=(600, 20)), labels, trial)
    assert abs(float(found["value"].mean()) - 0.5) < 3 * 0.5 / np.sqrt(600)


def test_frames_of_a_trial_stay_together() -> None:
    """Each trial has a unit and a label of its own: nothing of it is known from other trials."""
    trial = np.repeat(np.arange(40), 10)
    labels = np.random.default_rng(2).integers(0, 2, 40)[trial]
    found = linear_decoding(np.eye(40)[trial], labels, trial, folds=40)
    apart = linear_decoding(np.eye(40)[trial], labels, np.arange(400), folds=5)
    assert float(apart["value"].mean()) == 1
    assert float(found["value"].mean()) < 0.75
    with pytest.raises(InvalidValue, match="1 labels"):
        linear_decoding(np.eye(40)[trial], np.zeros(400), trial)


def test_principal_components_by_hand() -> None:
    """Along (3, 4) / 5 with steps of 5, across it with steps of 1: shares 25/26 and 1/26."""
    along, across = np.array([3, 4]) / 5, np.array([4, -3]) / 5
    x = np.array([10, 20]) + np.array([5 * along, -5 * along, across, -across])
    found = principal_components(x)
    np.testing.assert_allclose(found["direction"], [along, across], atol=1e-12)
    np.testing.assert_allclose(found["value"], [[5, 0], [-5, 0], [0, 1], [0, -1]], atol=1e-12)
    np.testing.assert_allclose(found["share"], [25 / 26, 1 / 26])
    with pytest.raises(InvalidValue, match="3 directions"):
        principal_components(x, 3)
