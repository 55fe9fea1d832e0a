"""BDH: what cannot be is refused with a reason."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import CogmemError, InvalidValue
from cogmem.models.bdh import BDH
from tests.models.bdh_small import (
    LAYERS,
    SIZES,
    TOKENS,
    D,
    H,
    N,
    V,
    close,
    logits_of,
    model_of,
    weights_of,
)

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "overflow": ({"damping": np.full((H, N), 0.009)}, "least damping of a neuron is 0.009"),
    "no tokens": ({"n_tokens": 0}, "n_tokens is 0, expected 1 or more"),
    "no channels": ({"width": 0}, "width is 0"),
    "no heads": ({"n_heads": 0}, "n_heads is 0"),
    "no neurons": ({"n_neurons": -4}, "n_neurons is -4"),
    "no layers": ({"n_layers": 0}, "n_layers is 0"),
    "no chunk": ({"chunk": 0}, "chunk is 0"),
    "heads that do not share": ({"n_neurons": 33}, "33 neurons cannot be shared by 2 heads"),
    "odd neurons of a head": ({"n_neurons": 2 * 15}, "an even number for each"),
    "variant": ({"variant": "oficial"}, "official"),
    "damping 0": ({"damping": 0.0}, "damping from 0 to 0, expected above 0"),
    "damping over 1": ({"damping": 1.2}, "damping is 1.2"),
    "damping NaN": ({"damping": np.nan}, "damping is nan"),
    "damping word": ({"damping": "much"}, "expected a number"),
    "a head's damping 0": ({"damping": np.array([0.0, 1])}, "damping from 0 to 1"),
    "a head's damping over 1": ({"damping": np.array([0.5, 1.5])}, "damping from 0.5 to 1.5"),
    "a head's damping NaN": ({"damping": np.array([0.5, np.nan])}, "damping from nan"),
    "damping of 3 heads": ({"damping": np.ones(3)}, r"damping of shape \(3,\)"),
    "damping of neurons, no heads": ({"damping": np.ones(N)}, r"damping of shape \(16,\)"),
    "pairs damped apart": (
        {"damping": np.linspace(0.5, 1, H * N).reshape(H, N)},
        "different dampings",
    ),
    "frequencies of 3 pairs": ({"frequencies": np.ones(3)}, r"frequencies of shape \(3,\)"),
    "frequencies NaN": ({"frequencies": np.full(N // 2, np.nan)}, "frequencies"),
    "frequencies, still": ({"frequencies": np.ones(N // 2), "rotary": False}, "rotary=True"),
    "theta 0": ({"theta": 0.0}, "theta is 0"),
    "theta NaN": ({"theta": np.nan}, "theta is nan"),
    "dropout below 0": ({"dropout": -0.1}, "dropout is -0.1"),
    "dropout of all": ({"dropout": 1.0}, "dropout is 1"),
    "dropout NaN": ({"dropout": np.nan}, "dropout is nan"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_a_reason(case: str) -> None:
    chosen, said = REFUSED[case]
    with pytest.raises(CogmemError, match=said):
        model_of(**chosen)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ([0, 7], "token 7 at place 1, expected 0 to 6"),
        ([-1], "token -1 at place 0"),
        ([], "one or more integers"),
        ([0.0, 1.0], "kind float32"),
        ([[0, 1]], r"shape \(1, 2\)"),
    ],
)
def test_wrong_tokens_are_named(tokens: Any, said: str) -> None:
    """Not read as if they were others: JAX itself takes the last token for one out of range."""
    model = model_of()
    weights = weights_of(model)
    for ask in (model.read, model.watch):
        with pytest.raises(InvalidValue, match=said):
            ask(weights, jnp.asarray(tokens))


def test_a_wrong_token_of_one_step_is_named() -> None:
    model = model_of()
    weights = weights_of(model)
    with pytest.raises(InvalidValue, match="token 9 at place 0"):
        model.step(weights, jnp.asarray(9), model.empty(weights))


def test_synapses_of_another_model_are_refused() -> None:
    model = model_of()
    weights = weights_of(model)
    with pytest.raises(InvalidValue, match=r"synapses float32 of shape \(2, 2, 16, 7\)"):
        model.read(weights, jnp.asarray(TOKENS), jnp.zeros((LAYERS, H, N, D - 1)))


@pytest.mark.parametrize("n_heads", [1, 4])
def test_weights_of_other_heads_are_refused(n_heads: int) -> None:
    """Whose neurons are as many for each head, so that nothing else would tell."""
    sizes = {"n_heads": n_heads, "n_neurons": n_heads * N}
    weights = weights_of(BDH(**SIZES | sizes))
    model = model_of()
    for use in (
        lambda: model.read(weights, jnp.asarray(TOKENS)),
        lambda: model.step(weights, jnp.asarray(1), model.empty(weights)),
    ):
        with pytest.raises(InvalidValue, match=rf"to_x \({n_heads}, 8, 16\), not \(2, 8, 16\)"):
            use()


def test_carried_synapses_are_for_steps_only() -> None:
    """And of as many layers as the model has."""
    model = model_of()
    weights = weights_of(model)
    carried = model.carried(model.empty(weights))
    for use in (
        lambda: model.read(weights, jnp.asarray(TOKENS), carried),
        lambda: model.rest(carried, 1.0),
        lambda: model.carried(carried),
        lambda: model.step(weights, 1, None),
    ):
        with pytest.raises(InvalidValue, match="expected synapses: `empty"):
            use()
    with pytest.raises(InvalidValue, match="expected what `carried` gives"):
        model.settled(model.empty(weights))
    with pytest.raises(InvalidValue, match="3 carried layers, expected 2"):
        model.step(weights, 1, carried._replace(layers=carried.layers + carried.layers[:1]))


def test_tokens_may_be_a_plain_list() -> None:
    model = model_of()
    weights = weights_of(model)
    found, state = model.read(weights, list(TOKENS[:2]))
    close(found, logits_of(model, weights, TOKENS[:2]), 1e-6)
    assert model.step(weights, 3, state)[0].shape == (V,)


@pytest.mark.parametrize("time", [-1.0, np.nan, np.inf])
def test_silence_is_a_time(time: float) -> None:
    state = model_of().empty(weights_of(model_of()))
    with pytest.raises(InvalidValue, match="expected a finite number of tokens, 0 or more"):
        model_of().rest(state, time)
