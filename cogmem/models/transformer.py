"""A Transformer: GPT-2 (Radford et al., 2019), to compare other sequence models with.

Blocks begin with their norm; causal softmax attention, then a GELU network four times as wide. What
it keeps of a sequence is a cache of keys and values, as long as `n_positions`. The card is in
`networks`.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from equinox import nn
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.knowledge_graph_learning import MOST_DROPOUT, dropped_out
from cogmem.models.parameters import check_choice, check_sizes, check_values, parameter
from cogmem.models.sequence_model import check_tokens, embedded

__all__ = ["Block", "Cache", "Position", "Transformer", "TransformerWeights"]

Position = Literal["learned", "ALiBi", "none"]
"""How a Transformer knows where a token stands: a vector learnt for each place (GPT-2), a penalty
on attention that grows with distance (Press, Smith & Lewis, 2022), or only by its causal mask."""

_EXPANSION = 4  # width of the network in a block, in widths of the stream
_INITIAL = 0.02
_GPT2 = "Radford et al. (2019)"


class Block(NamedTuple):
    """What a layer of a Transformer learns.

    Attributes:
        before_attention, before_network: norms, with gain and shift.
        attend: [3 width, width] queries, keys and values.
        gather: [width, width] what attention found, back to the stream.
        expand: [4 width, width] into the GELU network.
        contract: [width, 4 width] out of it.
    """

    before_attention: nn.LayerNorm
    attend: nn.Linear
    gather: nn.Linear
    before_network: nn.LayerNorm
    expand: nn.Linear
    contract: nn.Linear


class TransformerWeights(NamedTuple):
    """What a Transformer learns.

    Attributes:
        embedding: [token, channel].
        positions: [position, channel]; None if they are not learned.
        blocks: of all layers; every array has a first axis of layers.
        norm: before the readout.
        readout: [channel, token], no bias; None if tied to the embedding.
    """

    embedding: Float[Array, "token channel"]
    positions: Float[Array, "position channel"] | None
    blocks: Block
    norm: nn.LayerNorm
    readout: Float[Array, "channel token"] | None


class Cache(NamedTuple):
    """What a Transformer keeps of a sequence.

    Attributes:
        keys, values: [layer, position, head, channel]; zeros where nothing was read yet.
        n_read: tokens.
    """

    keys: Float[Array, "layer position head channel"]
    values: Float[Array, "layer position head channel"]
    n_read: Int[Array, ""]


class Transformer(eqx.Module):
    """What is chosen of a Transformer.

    Attributes:
        n_tokens: size of the vocabulary.
        width: channels of the stream, a multiple of `n_heads`.
        n_heads: of attention.
        n_layers: blocks, each with weights of its own.
        n_positions: most tokens of a sequence, whatever tells positions.
        position: what tells them.
        tied: whether the readout is the embedding, transposed.
        dropout: share left out while learning: of the embedded tokens, of attention, and of what
            each half of a block adds to the stream.
    """

    n_tokens: int = eqx.field(static=True, default=256)
    width: int = eqx.field(static=True, default=128)
    n_heads: int = eqx.field(static=True, default=4)
    n_layers: int = eqx.field(static=True, default=4)
    n_positions: int = eqx.field(static=True, default=512)
    position: Position = eqx.field(static=True, default="learned")
    tied: bool = eqx.field(static=True, default=False)
    dropout: float | Float[Array, ""] = parameter(
        0.1, (0, MOST_DROPOUT), meaning="share left out while learning", source=_GPT2
    )

    def __check_init__(self) -> None:
        check_values(self)
        check_sizes(self, "n_tokens", "width", "n_heads", "n_layers", "n_positions")
        check_choice("position", self.position, Position)
        if self.width % self.n_heads:
            raise InvalidValue(
                f"a width of {self.width} cannot be shared by {self.n_heads} heads; expected a "
                "multiple."
            )

    @eqx.filter_jit
    def begin(self, *, key: PRNGKeyArray) -> TransformerWeights:
        """Normal weights of standard deviation .02, positions too; gains 1, biases 0 (GPT-2).

        Those that add to the stream are smaller, by the root of how often something is added.
        """
        first, second, third, rest = jax.random.split(key, 4)
        keys = jax.random.split(rest, self.n_layers)
        learned = self.position == "learned"
        return TransformerWeights(
            _normal(first, (self.n_tokens, self.width)),
            _normal(second, (self.n_positions, self.width)) if learned else None,
            eqx.filter_vmap(self._block)(keys),
            nn.LayerNorm(self.width),
            None if self.tied else _normal(third, (self.width, self.n_tokens)),
        )

    def _block(self, key: PRNGKeyArray) -> Block:
        keys, d = jax.random.split(key, 4), self.width
        less = 1 / math.sqrt(2 * self.n_layers)
        return Block(
            nn.LayerNorm(d),
            _linear(keys[0], d, 3 * d),
            _linear(keys[1], d, d, less),
            nn.LayerNorm(d),
            _linear(keys[2], d, _EXPANSION * d),
            _linear(keys[3], _EXPANSION * d, d, less),
        )

    def empty(self, weights: TransformerWeights) -> Cache:
        """An empty cache."""
        shape = (self.n_layers, self.n_positions, self.n_heads, self.width // self.n_heads)
        dtype = weights.embedding.dtype
        return Cache(jnp.zeros(shape, dtype), jnp.zeros(shape, dtype), jnp.asarray(0, jnp.int32))

    def read(
        self,
        weights: TransformerWeights,
        tokens: Int[Array, " time"],
        state: Cache | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Float[Array, "time token"], Cache]:
        """All tokens at once; see `SequenceModel`.

        Raises:
            InvalidValue: for tokens that the vocabulary does not have, for another model's cache,
                and for more tokens than the cache has room for. How full a traced cache is is not
                known: the logits are then no numbers.
        """
        check_tokens(tokens, self.n_tokens)
        self._check_cache(weights, state)
        self._check_room(len(tokens), state)
        return self._through(weights, tokens, state, key)

    def step(
        self, weights: TransformerWeights, token: Int[Array, ""], state: Cache
    ) -> tuple[Float[Array, " token"], Cache]:
        """One token; see `SequenceModel`. Its logits are no numbers if the cache was full."""
        self._check_cache(weights, state)
        logits, state = self._through(weights, token[None], state, None)
        return logits[0], state

    def _check_cache(self, weights: TransformerWeights, state: Cache | None) -> None:
        expected = jax.eval_shape(self.empty, weights).keys
        if state is None:
            return
        for each in (state.keys, state.values):
            if each.shape != expected.shape or each.dtype != expected.dtype:
                raise InvalidValue(
                    f"a cache of {each.dtype} of shape {each.shape}, expected {expected.dtype} of "
                    f"shape {expected.shape}; begin with `empty` of this very model."
                )

    def _check_room(self, n: int, state: Cache | None) -> None:
        before = 0 if state is None else state.n_read
        before = 0 if isinstance(before, jax.core.Tracer) else int(before)
        if before + n > self.n_positions:
            raise InvalidValue(
                f"{n} tokens after {before}, expected {self.n_positions} at most in all; choose a "
                "larger n_positions, or begin with an empty state."
            )

    @eqx.filter_jit  # or a plain loop over `step` would compile anew for every token
    def _through(
        self,
        weights: TransformerWeights,
        tokens: Array,
        state: Cache | None,
        key: PRNGKeyArray | None,
    ) -> tuple[Array, Cache]:
        start = jnp.asarray(0, jnp.int32) if state is None else state.n_read
        places = start + jnp.arange(len(tokens), dtype=start.dtype)
        x = embedded(weights.embedding, tokens)
        x = x if weights.positions is None else x + weights.positions[places]
        keys = None if key is None else jax.random.split(key, self.n_layers + 1)
        x = self._dropped(x, None if keys is None else keys[-1])

        def layer(x: Array, own: Any) -> tuple[Array, Any]:
            return self._layer(x, places, *own)

        cached = None if state is None else (state.keys, state.values)
        own = (weights.blocks, cached, None if keys is None else keys[:-1])
        x, (keys_read, values_read) = jax.lax.scan(layer, x, own)
        readout = weights.embedding.T if weights.readout is None else weights.readout
        logits = jax.vmap(weights.norm)(x) @ readout
        logits = jnp.where(places[-1] < self.n_positions, logits, jnp.nan)
        return logits, Cache(self._padded(keys_read), self._padded(values_read), places[-1] + 1)

    def _layer(
        self, x: Array, places: Array, block: Block, cached: Any, key: PRNGKeyArray | None
    ) -> tuple[Array, Any]:
        keys = (None,) * 3 if key is None else jax.random.split(key, 3)
        asked = jax.vmap(block.attend)(jax.vmap(block.before_attention)(x))
        found, cached = self._attend(asked, places, cached, keys[0])
        x = x + self._dropped(jax.vmap(block.gather)(found), keys[1])
        drive = jax.vmap(block.expand)(jax.vmap(block.before_network)(x))
        x = x + self._dropped(jax.vmap(block.contract)(jax.nn.gelu(drive)), keys[2])
        return x, cached

    def _attend(
        self, asked: Array, places: Array, cached: Any, key: PRNGKeyArray | None
    ) -> tuple[Array, Any]:
        """What every head finds, side by side, and the keys and values with the new ones."""
        parts = jnp.split(asked, 3, axis=1)
        query, *new = (part.reshape(len(asked), self.n_heads, -1) for part in parts)
        if cached is not None:
            insert = jax.lax.dynamic_update_slice_in_dim
            pairs = zip(cached, new, strict=True)
            new = [insert(old, each, places[0], axis=0) for old, each in pairs]
        keys, values = new
        score = jnp.einsum("qhc,khc->hqk", query, keys) / math.sqrt(query.shape[-1])
        share = jax.nn.softmax(score + self._mask(places, len(keys), score.dtype))
        found = jnp.einsum("hqk,khc->qhc", self._dropped(share, key), values)
        return found.reshape(len(asked), -1), (keys, values)

    def _mask(self, places: Array, n_keys: int, dtype: Any) -> Float[Array, "head query key"]:
        """Added to scores: -infinity for what comes later; the penalty on distance of ALiBi."""
        back = places[:, None] - jnp.arange(n_keys, dtype=places.dtype)[None]
        slopes = np.zeros(self.n_heads)
        if self.position == "ALiBi":
            slopes = 2.0 ** (-8 * np.arange(1, self.n_heads + 1) / self.n_heads)
        penalty = -jnp.asarray(slopes, dtype)[:, None, None] * back[None].astype(dtype)
        return jnp.where(back[None] >= 0, penalty, -jnp.inf)

    def _padded(self, cached: Float[Array, "layer time head channel"]) -> Array:
        """To the length of the cache."""
        missing = self.n_positions - cached.shape[1]
        return jnp.pad(cached, ((0, 0), (0, missing), (0, 0), (0, 0)))

    def _dropped(self, values: Array, key: PRNGKeyArray | None) -> Array:
        if key is None:
            return values
        return dropped_out(values, jnp.asarray(self.dropout, values.dtype), key=key)


def _normal(key: PRNGKeyArray, shape: tuple[int, ...], share: float = 1.0) -> Array:
    return _INITIAL * share * jax.random.normal(key, shape)


def _linear(key: PRNGKeyArray, n_inputs: int, n_outputs: int, share: float = 1.0) -> nn.Linear:
    """Normal weights, no bias at first."""
    made = nn.Linear(n_inputs, n_outputs, key=key)
    drawn = (_normal(key, made.weight.shape, share), jnp.zeros(n_outputs))
    return eqx.tree_at(lambda each: (each.weight, each.bias), made, drawn)
