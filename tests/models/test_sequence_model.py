"""The protocol of models that predict the next token: passages, counts, and what is refused."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH
from cogmem.models.generation import speak
from cogmem.models.sequence_model import Passage, check_tokens, count_weights
from tests.models.tellers import Echo


def test_passage_asks_for_every_token_but_the_first() -> None:
    passage = Passage.of(np.arange(10).reshape(2, 5))
    np.testing.assert_array_equal(passage.tokens, [[0, 1, 2, 3], [5, 6, 7, 8]])
    np.testing.assert_array_equal(passage.targets, [[1, 2, 3, 4], [6, 7, 8, 9]])
    np.testing.assert_array_equal(passage.counted, np.ones((2, 4)))


def test_weights_are_counted_without_being_made() -> None:
    """5 x 4 of the embedding and as many of the readout; 2e12 would fill any memory."""
    assert count_weights(Echo(5, 4)) == 40
    assert count_weights(Echo(1_000_000, 1_000_000)) == 2 * 10**12


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([0, 1, 3], "token 3 at place 2, expected 0 to 2"),
        ([0, -1], "token -1 at place 1, expected 0 to 2"),
        ([], "expected one or more integers"),
        ([[0, 1]], r"shape \(1, 2\)"),
        ([0.0, 1.0], "kind float"),
    ],
)
def test_what_is_no_sequence_of_ids_is_refused(tokens: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        check_tokens(np.asarray(tokens, int if tokens == [] else None), 3)


def test_of_traced_ids_shape_and_kind_are_looked_at() -> None:
    jax.jit(lambda tokens: check_tokens(tokens, 3))(jnp.asarray([0, 99]))
    with pytest.raises(InvalidValue, match="expected one or more integers"):
        jax.jit(lambda tokens: check_tokens(tokens, 3))(jnp.zeros(2))


@pytest.mark.parametrize("text", ["hello", b"hello"])
def test_a_text_is_no_sequence_of_ids(text: str | bytes) -> None:
    told = rf"got the text {text!r}, expected token ids"
    model = BDH(n_tokens=256, n_layers=1, n_heads=1, n_neurons=4, width=4)
    weights = model.begin(key=jax.random.key(0))
    with pytest.raises(InvalidValue, match=told):
        check_tokens(text, 256)
    with pytest.raises(InvalidValue, match=told):
        model.read(weights, text)
    with pytest.raises(InvalidValue, match=told):
        speak(model, weights, text, 3, key=jax.random.key(0))
