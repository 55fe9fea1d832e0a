"""What is read off decoded scores and probabilities, by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.decoding import PREDICTION, divergence, prediction, set_recall


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
