"""The smallest models that predict the next token, for tests of what is done with any of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Weights(NamedTuple):
    """Of `Echo`."""

    embedding: Array
    readout: Array


class Echo(eqx.Module):
    """A running sum of embeddings that halves with each token, read out linearly.

    h_t = h_{t-1} / 2 + embedding[token], logits = h_t readout.
    """

    n_tokens: int = eqx.field(static=True, default=3)
    width: int = eqx.field(static=True, default=2)
    dropout: float = eqx.field(static=True, default=0.0)
    dtype: Any = eqx.field(static=True, default=jnp.float32)

    def begin(self, *, key: Any) -> Weights:
        first, second = jax.random.split(key)
        embedding = jax.random.normal(first, (self.n_tokens, self.width), self.dtype)
        return Weights(
            embedding, jax.random.normal(second, (self.width, self.n_tokens), self.dtype)
        )

    def empty(self, weights: Weights) -> Float[Array, " width"]:
        return jnp.zeros_like(weights.embedding[0])

    def step(self, weights: Weights, token: Int[Array, ""], state: Any) -> tuple[Array, Array]:
        state = state / 2 + weights.embedding[token]
        return state @ weights.readout, state

    def read(
        self, weights: Weights, tokens: Int[Array, " time"], state: Any = None, *, key: Any = None
    ) -> tuple[Array, Array]:
        start = self.empty(weights) if state is None else state
        weights = weights._replace(embedding=self._dropped(weights.embedding, key))

        def step(state: Array, token: Array) -> tuple[Array, Array]:
            logits, state = self.step(weights, token, state)
            return state, logits

        state, logits = jax.lax.scan(step, start, tokens)
        return logits, state

    def _dropped(self, values: Array, key: Any) -> Array:
        if key is None or not self.dropout:
            return values
        kept = jax.random.bernoulli(key, 1 - self.dropout, values.shape)
        return jnp.where(kept, values / (1 - self.dropout), 0)


class Bias(NamedTuple):
    """Of `Unigram`."""

    bias: Array


class Unigram(eqx.Module):
    """Logits that do not depend on what was read, and a state that counts it."""

    n_tokens: int = eqx.field(static=True, default=3)

    def begin(self, *, key: Any) -> Bias:
        return Bias(jnp.asarray([0.5, -1.0, 0.25]))

    def empty(self, weights: Bias) -> Int[Array, ""]:
        return jnp.asarray(0, jnp.int32)

    def read(
        self, weights: Bias, tokens: Int[Array, " time"], state: Any = None, *, key: Any = None
    ) -> tuple[Array, Array]:
        before = self.empty(weights) if state is None else state
        shape = (len(tokens), self.n_tokens)
        return jnp.broadcast_to(weights.bias[None], shape), before + len(tokens)

    def step(self, weights: Bias, token: Int[Array, ""], state: Any) -> tuple[Array, Array]:
        return weights.bias, state + 1
