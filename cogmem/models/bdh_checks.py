"""What a BDH refuses, and what it says of it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cogmem.errors import InvalidValue

__all__ = ["LEAST", "check_carried", "check_choices", "check_synapses", "check_weights"]

LEAST = 0.01
"""Damping of a neuron: its power of -16, the length of a chunk, is finite in float32."""


def check_choices(model: Any) -> None:
    """Numbers, frequencies and dampings of a `BDH`; traced values are not looked at.

    Raises:
        InvalidValue: naming what was given and what was expected.
    """
    if not 0 < model.theta < np.inf:
        raise InvalidValue(f"theta is {model.theta:g}, expected a finite number above 0.")
    if not isinstance(model.dropout, jax.core.Tracer) and not model.dropout < 1:
        raise InvalidValue(f"dropout is {model.dropout:g}, expected below 1: something is kept.")
    if model.frequencies is not None:
        _check_frequencies(model)
    _check_damping(model)


def _check_frequencies(model: Any) -> None:
    given = model.frequencies
    if not isinstance(given, jax.core.Tracer) and not np.isfinite(np.asarray(given)).all():
        raise InvalidValue("frequencies are not all finite, expected cycles per token.")
    shapes = [(model.n_per_head // 2,), (model.n_heads, model.n_per_head // 2)]
    if jnp.shape(given) not in shapes or not model.rotary:
        raise InvalidValue(
            f"frequencies of shape {jnp.shape(given)}, expected {shapes[0]} or {shapes[1]}, cycles "
            "per token of each pair, and rotary=True."
        )


def _check_damping(model: Any) -> None:
    shape, heads = jnp.shape(model.damping), model.n_heads
    if shape not in ((), (heads,), (heads, model.n_per_head)):
        raise InvalidValue(
            f"damping of shape {shape}, expected one number, {(heads,)} for heads or "
            f"{(heads, model.n_per_head)} for neurons, half-split."
        )
    if isinstance(model.damping, jax.core.Tracer):
        return
    gamma = np.asarray(model.damping)
    if not ((gamma > 0) & (gamma <= 1)).all():
        raise InvalidValue(
            f"damping from {gamma.min():g} to {gamma.max():g}, expected above 0 and up to 1: what "
            "a synapse keeps of itself in a token's time."
        )
    if gamma.ndim == 2:
        _check_pairs(gamma, model.rotary)


def _check_pairs(gamma: np.ndarray, rotary: bool) -> None:
    """What only holds if neurons have dampings of their own."""
    first, second = np.split(gamma, 2, axis=1) if rotary else (gamma, gamma)
    if not np.array_equal(first, second):
        raise InvalidValue(
            "the two neurons of a pair have different dampings; a pair that turns needs one: give "
            "k and k + N/2 the same, or rotary=False."
        )
    if gamma.min() < LEAST:
        raise InvalidValue(
            f"the least damping of a neuron is {gamma.min():g}, expected {LEAST} or more: its "
            "powers would overflow. What is left after two tokens is nothing already."
        )


def check_weights(weights: Any, shapes: Any) -> None:
    """Refuse weights of another model, of which heads might be left out in silence.

    Raises:
        InvalidValue: naming those of another shape.
    """
    wrong = [
        f"{name} {jnp.shape(each)}, not {shape}"
        for name, each, shape in zip(shapes._fields, weights, shapes, strict=True)
        if jnp.shape(each) != tuple(shape)
    ]
    if wrong:
        raise InvalidValue(f"weights of another model: {'; '.join(wrong)}.")


def check_synapses(state: Any, shape: tuple[int, ...], dtype: Any = None) -> None:
    """Refuse synapses of another shape or other floats.

    Raises:
        InvalidValue: if they are, or there are none, or they are carried.
    """
    if state is None or isinstance(state, tuple):
        raise InvalidValue(
            f"got {'None' if state is None else f'a {type(state).__name__}'}, expected synapses: "
            "`empty(weights)`, or what `read` gives; of carried ones what `settled` gives."
        )
    dtype = jnp.result_type(state) if dtype is None else dtype
    if jnp.shape(state) != shape or jnp.result_type(state) != dtype:
        raise InvalidValue(
            f"synapses {jnp.result_type(state)} of shape {jnp.shape(state)}, expected {dtype} of "
            f"shape {shape}: layers, heads, neurons of a head, channels. Are they another model's?"
        )


def check_carried(layers: tuple[Any, ...], shape: tuple[int, ...], dtype: Any) -> None:
    """Refuse carried synapses of another model.

    Raises:
        InvalidValue: if there are more or fewer layers, or others.
    """
    if len(layers) != shape[0]:
        raise InvalidValue(f"{len(layers)} carried layers, expected {shape[0]}.")
    for each in layers:
        check_synapses(each[None], (1, *shape[1:]), dtype)
