"""A small BDH, what it computes compiled once, and weights large enough to hide nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from cogmem.models.bdh import BDH, Weights
from tests.models.bdh_weights import untrained

V, D, H, N, LAYERS, T = 7, 8, 2, 16, 2, 12
SIZES = {"n_tokens": V, "width": D, "n_heads": H, "n_neurons": H * N, "n_layers": LAYERS}
TOKENS = (3, 1, 4, 1, 5, 6, 3, 1, 4, 1, 5, 2)
VARIANTS = ("official", "eq8", "normfree")
PAIRS = np.linspace(0.8, 1, H * N // 2).reshape(H, N // 2)
DAMPINGS = {
    "none": np.asarray(1.0),
    "one": np.asarray(0.9),
    "of heads": np.array([0.95, 0.8]),
    "of neurons": np.concatenate([PAIRS, PAIRS], axis=1),
}


def model_of(**chosen: Any) -> BDH:
    usual = {"chunk": 6, "theta": 50.0, "damping": np.asarray(1.0)}
    return BDH(**SIZES | usual | chosen)


def weights_of(model: BDH, scale: float = 20.0) -> Weights:
    """Larger than at first, so that nothing hides in epsilon."""
    return untrained(model, scale)


class Seen(NamedTuple):
    logits: Any
    state: Any
    activity: Any


@eqx.filter_jit
def seen(model: BDH, weights: Weights, tokens: Any, state: Any = None) -> Seen:
    """Everything, compiled once for each shape; `read` says the same (see below)."""
    activity, state = model.watch(weights, tokens, state)
    return Seen(activity.v_out[-1] @ weights.readout, state, activity)


@eqx.filter_jit
def read(model: BDH, weights: Weights, tokens: Any, key: Any = None) -> Any:
    return model.read(weights, tokens, key=key)[0]


@eqx.filter_jit
def rest(model: BDH, state: Any, time: Any) -> Any:
    return model.rest(state, time)


def logits_of(model: BDH, weights: Weights, tokens: Any = TOKENS, state: Any = None) -> np.ndarray:
    return np.asarray(seen(model, weights, jnp.asarray(tokens), state).logits)


def close(found: Any, expected: Any, within: float) -> None:
    """Largest difference, relative to the largest number."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 1e-3
    assert np.abs(found - expected).max() <= within * np.abs(expected).max()


def rearranged(weights: Weights, heads: Any, neurons: Any) -> Weights:
    """Heads in another order, and then neurons [head, neuron] of each."""
    along = lambda array, axis: jnp.stack(  # noqa: E731
        [jnp.take(array[h], own, axis) for h, own in zip(heads, neurons, strict=True)]
    )
    return weights._replace(
        to_x=along(weights.to_x, 1), to_y=along(weights.to_y, 1), from_y=along(weights.from_y, 0)
    )
