"""Models of BDH made one, without any learning: their neurons are put side by side.

All that a Dragon Hatchling has learnt has an axis of neurons, but for the embedding and the
readout. So models that agree in everything else can be merged by concatenating neurons within each
head, the speeds at which they turn included, and averaging the embedding and the readout (Kosowski
et al., 2025, arXiv 2509.26507, section on merging and Table 2).

A model merged with itself is then not quite itself: what it reads from synapses and what it sends
is twice as large, which layer norm undoes only as far as its epsilon is small (and without norms
not at all). With Dx and E divided by the root of the number of models it is, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights

__all__ = ["averaged", "merged"]

_ALIKE = ("n_tokens", "width", "n_heads", "n_layers", "variant", "rotary")


def merged(*models: tuple[BDH, Weights], rescaled: bool = False) -> tuple[BDH, Weights]:
    """One model with the neurons of all; numbers of neurons, speeds and dampings may differ.

    Args:
        models: each with its weights. Dropout, chunk and whether learning is detached are those of
            the first.
        rescaled: whether Dx and E are divided by the root of the number of models, which the paper
            does not do.

    Returns:
        The model, with `frequencies` of its own if neurons turn, and its weights.

    Raises:
        InvalidValue: if there is no model, if they differ in vocabulary, width, heads, layers,
            variant or whether they turn, or if weights are not those of their model.
    """
    _check(models)
    first = models[0][0]
    chosen, every = zip(*models, strict=True)
    scale = 1 / math.sqrt(len(models)) if rescaled else 1.0
    beside = _side_by_side if first.rotary else jnp.concatenate
    weights = Weights(
        embedding=_mean([each.embedding for each in every]),
        to_x=scale * beside([each.to_x for each in every], -1),
        to_y=beside([each.to_y for each in every], -1),
        from_y=scale * beside([each.from_y for each in every], -2),
        readout=_mean([each.readout for each in every]),
    )
    together: dict[str, Any] = {"n_neurons": sum(each.n_neurons for each in chosen)}
    together["damping"] = _dampings(chosen)
    if first.rotary:
        kind = weights.embedding.dtype
        together["frequencies"] = jnp.concatenate([m.turn(kind).frequencies for m in chosen], -1)
    return replace(first, **together), weights


def averaged(*models: tuple[BDH, Weights]) -> tuple[BDH, Weights]:
    """Weights averaged one by one, to compare with: sensible for models tuned from one model.

    Args:
        models: each with its weights. What is chosen is that of the first.

    Raises:
        InvalidValue: as `merged`, and if numbers of neurons differ.
    """
    _check(models, "n_neurons")
    every = zip(*(weights for _, weights in models), strict=True)
    return models[0][0], Weights(*(_mean(list(each)) for each in every))


def _mean(arrays: Sequence[Array]) -> Array:
    return jnp.mean(jnp.stack(arrays), axis=0)


def _side_by_side(arrays: Sequence[Array], axis: int) -> Array:
    """Half-split: first members of all pairs of all models, then the second ones."""
    halves = (jnp.split(each, 2, axis) for each in arrays)
    firsts, seconds = zip(*halves, strict=True)
    return jnp.concatenate([*firsts, *seconds], axis)


def _dampings(models: Sequence[BDH]) -> float | Float[Array, ...]:
    """Of the first if all have the same, of each neuron if not."""
    first = models[0].damping
    same = all(np.array_equal(first, each.damping) for each in models)
    if same and np.ndim(first) < 2:
        return first
    each = [_of_neurons(model) for model in models]
    return _side_by_side(each, -1) if models[0].rotary else jnp.concatenate(each, -1)


def _of_neurons(model: BDH) -> Float[Array, "head neuron"]:
    gamma = jnp.asarray(model.damping)
    gamma = gamma[:, None] if gamma.ndim == 1 else gamma
    return jnp.broadcast_to(gamma, (model.n_heads, model.n_per_head))


# ---- what is refused -----------------------------------------------------------------------------


def _check(models: Sequence[tuple[BDH, Weights]], *more: str) -> None:
    if not models:
        raise InvalidValue("there is no model; expected one or more, each with its weights.")
    for name in (*_ALIKE, *more):
        values = [getattr(model, name) for model, _ in models]
        if len(set(values)) > 1:
            raise InvalidValue(f"{name} is {values}, expected the same of all models.")
    for place, (model, weights) in enumerate(models):
        _check_weights(place, model, weights)


def _check_weights(place: int, model: BDH, weights: Weights) -> None:
    h, d, n = model.n_heads, model.width, model.n_per_head
    ends = (model.n_tokens, d), (d, model.n_tokens)
    expected = (ends[0], (h, d, n), (h, d, n), (h, n, d), ends[1])
    for name, found, shape in zip(Weights._fields, weights, expected, strict=True):
        if jnp.shape(found) != shape:
            raise InvalidValue(
                f"{name} of model {place} has shape {jnp.shape(found)}, expected {shape}; give "
                "each model with the weights that it has learnt."
            )
