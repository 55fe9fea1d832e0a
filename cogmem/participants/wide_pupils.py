"""Narrow models that begin with wider weights than their papers have, as they are taught sooner so.

Weights of the official BDH and of GPT-2 begin with a standard deviation of .02, at a width of 256
and of 768. What a token adds to another falls with the width, and models of 16 or 24 channels are
at first all but deaf: lessons then take more than twice as long.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from cogmem.models.bdh import BDH, Weights
from cogmem.models.networks import sized
from cogmem.models.transformer import Transformer, TransformerWeights

__all__ = ["TIMES_BDH", "TIMES_TRANSFORMER", "WideBDH", "WideTransformer", "wide_transformer"]

TIMES_BDH, TIMES_TRANSFORMER = 3.0, 5.0
"""How much wider weights begin."""


class WideBDH(BDH):
    """A BDH whose weights begin `TIMES_BDH` times as wide."""

    def begin(self, *, key: PRNGKeyArray) -> Weights:
        """Weights before learning."""
        return _wider(super().begin(key=key), TIMES_BDH)


class WideTransformer(Transformer):
    """A Transformer whose weights begin `TIMES_TRANSFORMER` times as wide."""

    def begin(self, *, key: PRNGKeyArray) -> TransformerWeights:
        """Weights before learning; gains of norms, and biases, are not changed."""
        return _wider(super().begin(key=key), TIMES_TRANSFORMER)


def wide_transformer(n_tokens: int, n_weights: int, **about: Any) -> WideTransformer:
    """One with about so many weights, see `networks.sized`.

    Args:
        n_tokens: that it knows.
        n_weights: how many it may learn.
        about: of `sized`: `n_heads`, `n_layers`, `n_positions`, `tolerance`.

    Raises:
        InvalidValue: if there is none of that size.
    """
    plain = sized("Transformer", n_tokens, n_weights, **about)
    return WideTransformer(**{each.name: getattr(plain, each.name) for each in fields(plain)})


def _wider(weights: Any, times: float) -> Any:
    return jax.tree.map(lambda leaf: leaf * times if leaf.ndim > 1 else leaf, weights)
