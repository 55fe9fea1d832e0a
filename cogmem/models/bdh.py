"""BDH, the Dragon Hatchling: a language model whose working memory is Hebbian synapses.

Three related but different dynamical systems go by this name (Kosowski et al., 2025):

- `official`: the published code, and all published results. The residual stream is the d-wide v;
  neurons x are computed from it anew in each layer.
- `eq8`: equation 8 of the paper. The residual stream is the n-wide x.
- `normfree`: equation 7, `eq8` without layer norm: the only one that is exactly a graph of neurons
  that excite, inhibit and rewire each other (`bdh_graph`).

All layers share the same three matrices. Each layer has synapses of its own, which are not
learnt: every token reads them, and adds its trace (`bdh_attention`). There is no softmax and no
cache; the state does not grow. This is a dense tensor program; for spikes see `brian.bdh_graph`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.bdh_attention import (
    THETA,
    Turn,
    attend,
    attend_absolutely,
    frequencies,
    relative,
    wait,
)
from cogmem.models.bdh_checks import check_carried, check_choices, check_synapses, check_weights
from cogmem.models.card import Card
from cogmem.models.parameters import check_choice, check_sizes, check_values, parameter
from cogmem.models.products import gathered, mapped, swapped
from cogmem.models.sequence_model import check_no_text, check_tokens, embedded

__all__ = ["BDH", "CARD", "Activity", "Carried", "Variant", "Weights", "normalised"]

Variant = Literal["official", "eq8", "normfree"]
"""Which of the three systems; see above."""

Synapses = Float[Array, "layer head neuron channel"]

_SOURCE = "Kosowski et al. (2025), official code"
_EPSILON = 1e-5  # not a safeguard: at first E y has a variance of about 4e-6
_INITIAL = 0.02
_SHORT = 16  # tokens of a chunk for which powers of the least damping are finite, see `LEAST`
_UNROLLED = 32  # layers x heads that are compiled one by one

CARD = Card(
    name="bdh",
    title="BDH, the Dragon Hatchling: Hebbian synapses as the state of a language model",
    paper="Kosowski, Uznanski, Chorowski, Stamirowska & Bartoszkiewicz (2025)",
    equations="official: x = relu(Dx v), a = x' R, R <- U (R + x v'), y = relu(Dy LN(a)) * x, "
    "v <- LN(v + LN(E y)); eq8 (Eq. 8) and normfree (Eq. 7) under their names; graph: Def. 4, four "
    "rounds; Claim 3; Eq. 16; x of a token begins at 0, which the paper leaves open",
    left_out="BDH-GPU' (gates of state and logits: not published); sparse synapses by hubs (Claim "
    "4); translation, 25 M parameters and more; damping constants are ours, none are published",
    vectors="all of bdh_reference.npz: activities 1e-5, gradients 1e-5 of the largest, AdamW, "
    "greedy output; all forms alike to 1e-5 (float32), 1e-12 (float64); graph = normfree, 1e-12",
    reproduced=(
        "fewer neurons fire as learning goes on (y .25 to .08 while reading text)",
        "more neurons help BDH more than they help a Transformer of as many weights",
        "synapses that tell a concept, tested on words they were not chosen by: U of .99 of all",
        "entries of Dx E have a heavy tail on the positive side, in all heads",
        "capacity of linear attention: n / log n for weakly correlated keys, sqrt(n) otherwise",
        "counts of coincidences approach the rate model as K^-1/2",
    ),
    not_reproduced=(
        "5 % of neurons active: 8-18 % of y here, in models of 768 neurons",
        "surprise as what drives activity: it falls just the same if nothing repeats",
        "slow neurons as those that tell new words most: here the fast ones",
        "communities: few edges are less modular than null models, many only a little more",
        "power-law degrees: preferred in none of 80 tails",
        "merged models as good at reading as specialists: little better than averaged weights",
        "the scaling on translation (Fig. 7), which needs far larger models; a GRU reads best here",
        "people: nearly as many words in free recall, but no contiguity, no primacy, no recency",
        "people: no recency of pairs, none backward; z-ROC of slope 1, not .63",
        "people: prior-list intrusions hardly more than guesses",
    ),
    bibtex="""@article{kosowski2025dragon,
  author = {Kosowski, Adrian and Uznanski, Przemyslaw and Chorowski, Jan and Stamirowska, Zuzanna
    and Bartoszkiewicz, Michal},
  title = {The Dragon Hatchling: The Missing Link between the Transformer and Models of the Brain},
  journal = {arXiv}, volume = {2509.26507}, year = {2025}
}""",
)


class Weights(NamedTuple):
    """What gradient descent learns. Neurons are half-split within each head (`bdh_attention`).

    Attributes:
        embedding: [token, channel] v of each token, before its norm.
        to_x: [head, channel, neuron] Dx; the official code's `encoder`.
        to_y: [head, channel, neuron] Dy; `encoder_v`.
        from_y: [head, neuron, channel] E; `decoder`.
        readout: [channel, token], not tied to the embedding, without bias; `lm_head`.
    """

    embedding: Float[Array, "token channel"]
    to_x: Float[Array, "head channel neuron"]
    to_y: Float[Array, "head channel neuron"]
    from_y: Float[Array, "head neuron channel"]
    readout: Float[Array, "channel token"]


class Activity(NamedTuple):
    """What happens in a layer, token by token; all layers, or one.

    Attributes:
        v_in: [time, channel] v before the layer, which is the value that its synapses store.
        x: [head, time, neuron] x >= 0.
        read: [head, time, channel] a, what x reads from the synapses.
        attended: [head, time, channel] its norm (a itself in `normfree`).
        gate: [head, time, neuron] relu of Dy's drive.
        y: [head, time, neuron] gate * x, the paper's y.
        message: [time, channel] E y.
        v_out: [time, channel] v after the layer.
    """

    v_in: Float[Array, "*layer time channel"]
    x: Float[Array, "*layer head time neuron"]
    read: Float[Array, "*layer head time channel"]
    attended: Float[Array, "*layer head time channel"]
    gate: Float[Array, "*layer head time neuron"]
    y: Float[Array, "*layer head time neuron"]
    message: Float[Array, "*layer time channel"]
    v_out: Float[Array, "*layer time channel"]


class Carried(NamedTuple):
    """Synapses while a model speaks, in the form that is written in place: the absolute one.

    Activities turn to the time of their token; synapses only fade.

    Attributes:
        layers: [head, neuron, channel] of each layer by itself.
        n_read: tokens since they were taken up, from which phases are counted.
    """

    layers: tuple[Float[Array, "head neuron channel"], ...]
    n_read: Int[Array, ""]


class BDH(eqx.Module):
    """What is chosen of a Dragon Hatchling; what it learns is in `Weights`.

    A state is its synapses [layer, head, neuron, channel], R of the relative form: what `read` or
    `step` finds in them is already turned and damped to the time of the next token.

    Attributes:
        n_tokens: size of the vocabulary (V).
        width: channels of v (d).
        n_heads: groups of neurons whose synapses are apart (h).
        n_neurons: in all heads (n).
        n_layers: passes through the same matrices (L).
        variant: which of the three systems.
        rotary: whether pairs of neurons turn, as in the official code.
        theta: ratio of the fastest and the slowest turning.
        damping: gamma per token, in (0, 1]: one, [head], or [head, neuron], neurons half-split.
            1 is the official code, whose synapses are never forgotten.
        dropout: share of y left out while learning.
        chunk: see `attend`; no result depends on it but by rounding. Up to a length of about 3 d
            one chunk is fastest. It is 16 at most if neurons have dampings of
            their own, whose powers would overflow.
        detached: whether to learn without propagation back in time.
        frequencies: [pair] or [head, pair] cycles per token; computed from theta if None.
    """

    n_tokens: int = eqx.field(static=True, default=256)
    width: int = eqx.field(static=True, default=256)
    n_heads: int = eqx.field(static=True, default=4)
    n_neurons: int = eqx.field(static=True, default=32768)
    n_layers: int = eqx.field(static=True, default=6)
    variant: Variant = eqx.field(static=True, default="official")
    rotary: bool = eqx.field(static=True, default=True)
    theta: float = eqx.field(static=True, default=THETA)
    damping: float | Float[Array, ...] = parameter(
        1.0, (0, 1), start=(0.9, 1), meaning="damping of synapses by a token", source=_SOURCE
    )
    dropout: float | Float[Array, ""] = parameter(
        0.1, (0, 1), meaning="share of y left out while learning", source=_SOURCE
    )
    chunk: int | None = eqx.field(static=True, default=256)
    detached: bool = eqx.field(static=True, default=False)
    frequencies: Float[Array, "*head pair"] | None = None

    def __check_init__(self) -> None:
        check_values(self)
        check_sizes(self, "n_tokens", "width", "n_heads", "n_neurons", "n_layers")
        check_choice("variant", self.variant, Variant)
        if self.chunk is not None:
            check_sizes(self, "chunk")
        if self.n_neurons % self.n_heads or (self.rotary and self.n_per_head % 2):
            raise InvalidValue(
                f"{self.n_neurons} neurons cannot be shared by {self.n_heads} heads; expected a "
                "multiple, an even number for each if pairs of neurons turn (rotary)."
            )
        check_choices(self)

    @property
    def _safe_chunk(self) -> int | None:
        """So short that damping^-chunk stays finite, which matters if neurons have their own."""
        return self.chunk if jnp.ndim(self.damping) < 2 else min(self.chunk or _SHORT, _SHORT)

    @property
    def n_per_head(self) -> int:
        """Neurons of a head (N)."""
        return self.n_neurons // self.n_heads

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of synapses."""
        return self.n_layers, self.n_heads, self.n_per_head, self.width

    @property
    def _shapes(self) -> Any:
        """Of weights."""
        h, d, n, v = self.n_heads, self.width, self.n_per_head, self.n_tokens
        return Weights((v, d), (h, d, n), (h, d, n), (h, n, d), (d, v))  # type: ignore[arg-type]

    def begin(self, *, key: PRNGKeyArray) -> Weights:
        """Normal weights of standard deviation .02, all five (official code)."""
        keys = jax.random.split(key, len(self._shapes))
        each = zip(keys, self._shapes, strict=True)
        return Weights(*(_INITIAL * jax.random.normal(k, shape) for k, shape in each))

    def empty(self, weights: Weights) -> Synapses:
        """Synapses before the first token."""
        return jnp.zeros(self._shape, weights.embedding.dtype)

    def read(
        self,
        weights: Weights,
        tokens: Int[Array, " time"],
        state: Synapses | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Float[Array, "time token"], Synapses]:
        """All tokens at once; see `SequenceModel`.

        Gradients are taken in reverse only, as those of some products are written by hand
        (`products`); of second derivatives, too: `jax.jacrev(jax.grad(..))`.

        Raises:
            InvalidValue: for tokens that the vocabulary does not have, or weights or synapses of
                other shapes.
        """
        v, (synapses, _) = self._through(weights, tokens, state, key)
        return v @ weights.readout, synapses

    def blend(
        self, weights: Weights, shares: Float[Array, "time token"], state: Synapses | None = None
    ) -> tuple[Float[Array, "time channel"], Synapses]:
        """What becomes of inputs that are no tokens, but so much of each: v after the last layer.

        A row with a single 1 is that token. For networks that see something else than words.

        Raises:
            InvalidValue: for rows of another width, or weights or synapses of other shapes.
        """
        if jnp.ndim(shares) != 2 or jnp.shape(shares)[1] != self.n_tokens:
            raise InvalidValue(
                f"inputs of shape {jnp.shape(shares)}, expected [time, {self.n_tokens}]."
            )
        v, (synapses, _) = self._read(weights, shares, state, None)
        return v, synapses

    def step(
        self, weights: Weights, token: Int[Array, ""], state: Synapses | Carried
    ) -> tuple[Float[Array, " token"], Any]:
        """One token; see `SequenceModel`. Its cost does not depend on what was read before.

        A loop over tokens takes half the time if large synapses are `carried` through it.
        """
        token = jnp.asarray(token)[None]
        check_tokens(token, self.n_tokens)
        check_weights(weights, self._shapes)
        if isinstance(state, Carried):
            check_carried(state.layers, self._shape, weights.embedding.dtype)
            return self._step_carried(weights, token, state)
        check_synapses(state, self._shape, weights.embedding.dtype)
        return self._step(weights, token, state)

    def carried(self, state: Synapses) -> Carried:
        """Synapses as `step` changes them fastest; see `settled`."""
        check_synapses(state, self._shape)
        return Carried(tuple(state), jnp.asarray(0))

    def settled(self, state: Carried) -> Synapses:
        """Carried synapses as `read` knows them, turned to the time of the next token.

        Raises:
            InvalidValue: if they are not carried.
        """
        if not isinstance(state, Carried):
            raise InvalidValue(f"got a {type(state).__name__}, expected what `carried` gives.")
        layers = jnp.stack(state.layers)
        each = jax.vmap(jax.vmap(relative, (0, 0, None)), (0, None, None))
        return each(layers, self.turn(layers.dtype), state.n_read)

    def watch(
        self, weights: Weights, tokens: Int[Array, " time"], state: Synapses | None = None
    ) -> tuple[Activity, Synapses]:
        """All activities [layer, ...] while reading, and the synapses after it."""
        _, (synapses, activity) = self._through(weights, tokens, state, None)
        return activity, synapses

    def rest(self, state: Synapses, time: Float[Array, ""] | float) -> Synapses:
        """Synapses after so many tokens' time of silence: turned and damped, nothing written.

        Raises:
            InvalidValue: if the time is negative, infinite or no number.
        """
        check_synapses(state, self._shape)
        if not isinstance(time, jax.core.Tracer) and not 0 <= time < np.inf:
            raise InvalidValue(f"time is {time}, expected a finite number of tokens, 0 or more.")
        each = jax.vmap(jax.vmap(wait, (0, 0, None)), (0, None, None))
        return each(state, self.turn(state.dtype), time)

    def turn(self, dtype: Any) -> Turn:
        """What a token's time does to the synapses, every leaf with a first axis of heads."""
        damping = jnp.asarray(self.damping, dtype)
        damping = jnp.broadcast_to(damping, (self.n_heads,)) if damping.ndim == 0 else damping
        if not self.rotary:
            return Turn(None, damping)
        rate = self.frequencies
        if rate is None:
            rate = frequencies(self.n_per_head // 2, self.theta, dtype)
        shape = (self.n_heads, rate.shape[-1])
        return Turn(jnp.broadcast_to(rate.astype(dtype), shape), damping)

    def _through(
        self, weights: Weights, tokens: Array, state: Array | None, key: PRNGKeyArray | None
    ) -> tuple[Array, tuple[Array, Activity]]:
        """v after the last layer; synapses and activity of every layer."""
        check_no_text(tokens)
        tokens = jnp.asarray(tokens)
        check_tokens(tokens, self.n_tokens)
        return self._read(weights, tokens, state, key)

    def _read(
        self, weights: Weights, tokens: Array, state: Array | None, key: PRNGKeyArray | None
    ) -> tuple[Array, tuple[Array, Activity]]:
        check_weights(weights, self._shapes)
        if state is not None:
            check_synapses(state, self._shape, weights.embedding.dtype)
        return self._layers(weights, tokens, state, key)

    @eqx.filter_jit  # or a plain loop over `step` would compile anew for every token
    def _layers(
        self, weights: Weights, tokens: Array, state: Array | None, key: PRNGKeyArray | None
    ) -> tuple[Array, tuple[Array, Activity]]:
        """Head by head: what one does fits into caches, and no axes need be exchanged."""
        before, maps = self._begun(weights, tokens)
        apart = [_of_head(maps, k) for k in range(self.n_heads)]
        keys = None if key is None else jax.random.split(key, (self.n_layers, self.n_heads))
        reading = partial(attend, chunk=self._safe_chunk, detached=self.detached)

        def heads(v: Array, *own: Any) -> Any:
            each = [
                self._head(reading, v, *maps, *_of_head(own, k)) for k, maps in enumerate(apart)
            ]
            return jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)

        def layer(before: Any, own: Any) -> Any:
            before, synapses, activity = self._layer(heads, before, *own)
            return before, (synapses, activity)

        # A loop would copy all that learning must keep of a layer, twice; but it compiles faster.
        unroll = self.n_layers * self.n_heads <= _UNROLLED
        (v, _), watched = jax.lax.scan(layer, before, (state, keys), self.n_layers, unroll=unroll)
        return v, watched

    @eqx.filter_jit
    def _step(self, weights: Weights, token: Array, state: Array) -> tuple[Array, Array]:
        """One token by the relative form."""
        before, maps = self._begun(weights, token)
        heads = self._together(attend, maps)

        def layer(before: Any, own: Array) -> Any:
            return self._layer(heads, before, own, None)[:2]

        (v, _), state = jax.lax.scan(layer, before, state)
        return v[0] @ weights.readout, state

    @eqx.filter_jit
    def _step_carried(
        self, weights: Weights, token: Array, state: Carried
    ) -> tuple[Array, Carried]:
        """Layer after layer without a scan, which would copy the synapses of each."""
        before, maps = self._begun(weights, token)
        heads = self._together(partial(attend_absolutely, n_read=state.n_read), maps)
        layers = []
        for own in state.layers:
            before, synapses, _ = self._layer(heads, before, own, None)
            layers.append(synapses)
        return before[0][0] @ weights.readout, Carried(tuple(layers), state.n_read + 1)

    def _together(self, reading: Any, maps: Any) -> Any:
        """All heads at once: to take weights apart costs as much as to use them for one token."""

        def heads(v: Array, *own: Any) -> Any:
            values = jnp.broadcast_to(v[None], (self.n_heads, *v.shape))
            return jax.vmap(partial(self._head, reading))(values, *maps, *own)

        return heads

    def _begun(self, weights: Weights, tokens: Array) -> tuple[tuple[Array, Any], tuple[Any, ...]]:
        """v and x before the first layer, and what all layers share, by head; see `blend`."""
        known = weights.embedding
        v = embedded(known, tokens) if tokens.ndim == 1 else tokens @ known
        v = v if self.variant == "normfree" else normalised(v)
        shape = (self.n_heads, len(tokens), self.n_per_head)
        x = None if self.variant == "official" else jnp.zeros(shape, v.dtype)
        from_y = swapped(weights.from_y)
        return (v, x), (weights.to_x, weights.to_y, from_y, self.turn(v.dtype))

    def _layer(
        self, heads: Any, before: tuple[Array, Any], synapses: Array | None, keys: Any
    ) -> tuple[tuple[Array, Any], Array, Activity]:
        v, x = before
        messages, synapses, (x, read, attended, gate, y) = heads(v, x, synapses, keys)
        message = messages.sum(axis=0)
        after = self._next(v, message)
        activity = Activity(v, x, read, attended, gate, y, message, after)
        return (after, None if self.variant == "official" else x), synapses, activity

    def _head(
        self,
        reading: Any,
        v: Array,
        to_x: Array,
        to_y: Array,
        from_y: Array,
        turn: Turn,
        x: Array | None,
        synapses: Array | None,
        key: PRNGKeyArray | None,
    ) -> tuple[Array, Array, tuple[Array, ...]]:
        """Its part of the message, its synapses after it, and its x, read, attended, gate, y."""
        drive = jax.nn.relu(mapped(v, to_x))
        x = drive if x is None else x + drive
        read, synapses = reading(synapses, x, v, turn)
        attended = read if self.variant == "normfree" else normalised(read)
        gate = jax.nn.relu(mapped(attended, to_y))
        y = gate * x
        message = gathered(self._dropped(y, key), from_y)
        return message, synapses, (x, read, attended, gate, y)

    def _dropped(self, y: Array, key: PRNGKeyArray | None) -> Array:
        if key is None:
            return y
        kept = jax.random.bernoulli(key, 1 - self.dropout, y.shape)
        return jnp.where(kept, y / (1 - self.dropout), 0).astype(y.dtype)

    def _next(self, v: Array, message: Array) -> Array:
        """v after a layer."""
        if self.variant == "official":
            return normalised(v + normalised(message))
        return message if self.variant == "normfree" else normalised(message)


def _of_head(leaves: Any, k: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[k], leaves)


def normalised(z: Float[Array, "*more channel"]) -> Float[Array, "*more channel"]:
    """Layer norm with nothing learnt: (z - mean) / sqrt(variance + 1e-5), variance over d."""
    centred = z - z.mean(axis=-1, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
