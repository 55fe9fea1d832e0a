"""Cores: what remembers in a network that watches trials frame by frame.

One interface for all, so that a memory can be exchanged while the rest of a network stays:

| method | what it does |
|---|---|
| `begin(n_inputs, key=)` | weights before learning |
| `empty(weights)` | the state before the first frame |
| `step(weights, state, x)` | the state and the output after a frame |
| `run(weights, xs)` | outputs of all frames of a trial, from an empty state |

Here are those of WorM (Sikarwar & Zhang, 2023), with weights as many as in the official networks,
which have two vectors of biases where one would do: Elman's network, gated units, long short-term
memory, and one layer of a Transformer. `Memoryless` sees nothing but the present frame.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_choice, check_sizes

__all__ = [
    "Core",
    "GatedWeights",
    "Memoryless",
    "RecurrentCore",
    "TransformerCore",
    "TransformerLayer",
    "lesioned",
    "silenced",
]


class Core(Protocol):
    """See the top of the file; an `equinox.Module` that holds what is chosen."""

    width: int
    trainable: ClassVar[bool]

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> Any:
        """Weights before learning."""
        ...

    def empty(self, weights: Any) -> Any:
        """The state before the first frame."""
        ...

    def step(
        self, weights: Any, state: Any, x: Float[Array, " input"]
    ) -> tuple[Any, Float[Array, " unit"]]:
        """One frame more."""
        ...

    def run(self, weights: Any, xs: Float[Array, "frame input"]) -> Float[Array, "frame unit"]:
        """A whole trial."""
        ...

    @property
    def state_size(self) -> int:
        """Numbers that are carried from frame to frame."""
        ...


def _xavier(key: PRNGKeyArray, shape: tuple[int, int]) -> Float[Array, "to from"]:
    """Normal, of variance 2 / (from + to) (Glorot & Bengio, 2010)."""
    return math.sqrt(2 / sum(shape)) * jax.random.normal(key, shape)


# ---- recurrent -----------------------------------------------------------------------------------


class GatedWeights(NamedTuple):
    """Of one layer; gates one after the other along the first axis.

    Attributes:
        from_input, from_units: [gate x unit, ..].
        bias_input, bias_units: two of them, as in the official networks.
    """

    from_input: Float[Array, "gate_unit input"]
    from_units: Float[Array, "gate_unit unit"]
    bias_input: Float[Array, " gate_unit"]
    bias_units: Float[Array, " gate_unit"]


_N_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


class RecurrentCore(eqx.Module):
    """Elman's network (tanh), gated recurrent units, or long short-term memory.

    Attributes:
        width: units.
        kind: which of the three.
        kept: 0 for units that are silenced, 1 for others; None for none. See `lesioned`.
    """

    width: int = eqx.field(static=True, default=96)
    kind: Literal["RNN", "GRU", "LSTM"] = eqx.field(static=True, default="GRU")
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width")
        check_choice("kind", self.kind, Literal["RNN", "GRU", "LSTM"])

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> GatedWeights:
        """Matrices of Xavier's normal distribution, whole; no biases (official code)."""
        rows, keys = _N_GATES[self.kind] * self.width, jax.random.split(key)
        none = jnp.zeros(rows)
        return GatedWeights(
            _xavier(keys[0], (rows, n_inputs)), _xavier(keys[1], (rows, self.width)), none, none
        )

    def empty(self, weights: GatedWeights) -> Any:
        """Silent units, and memory cells if there are any."""
        silent = jnp.zeros(self.width, weights.from_units.dtype)
        return (silent, silent) if self.kind == "LSTM" else silent

    def step(
        self, weights: GatedWeights, state: Any, x: Float[Array, " input"]
    ) -> tuple[Any, Float[Array, " unit"]]:
        """One frame; see `Core`."""
        return self._go_on(weights, state, weights.from_input @ x + weights.bias_input)

    def run(
        self, weights: GatedWeights, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial, whose inputs are mapped at once."""
        driven = xs @ weights.from_input.T + weights.bias_input[None]

        def step(state: Any, drive: Array) -> tuple[Any, Array]:
            return self._go_on(weights, state, drive)

        return jax.lax.scan(step, self.empty(weights), driven)[1]

    def _go_on(self, weights: GatedWeights, state: Any, drive: Array) -> tuple[Any, Array]:
        units = state[0] if self.kind == "LSTM" else state
        own = weights.from_units @ units + weights.bias_units
        if self.kind == "RNN":
            return (after := silenced(self, jnp.tanh(drive + own))), after
        if self.kind == "GRU":
            (reset, keep), new = _gates(drive + own, 3)[:2], _gates(drive, 3)[2]
            new = jnp.tanh(new + jax.nn.sigmoid(reset) * _gates(own, 3)[2])
            keep = jax.nn.sigmoid(keep)
            return (after := silenced(self, (1 - keep) * new + keep * units)), after
        enter, forget, new, out = _gates(drive + own, 4)
        cell = jax.nn.sigmoid(forget) * state[1] + jax.nn.sigmoid(enter) * jnp.tanh(new)
        after = silenced(self, jax.nn.sigmoid(out) * jnp.tanh(cell))
        return (after, cell), after

    @property
    def state_size(self) -> int:
        """Units, and memory cells."""
        return self.width * (2 if self.kind == "LSTM" else 1)


def _gates(rows: Float[Array, " gate_unit"], n: int) -> Float[Array, "gate unit"]:
    return rows.reshape(n, -1)


# ---- transformer ---------------------------------------------------------------------------------


class TransformerLayer(NamedTuple):
    """One layer, and the positions that are added to what it reads.

    Attributes:
        attend: [3, unit, unit] of queries, keys and values; `bias_attend`.
        out, wide, narrow: [to, from] after attention, and of the two of the feed-forward part.
        gains, shifts: of the two layer norms, which come after what they normalise is added.
        positions: learnt.
    """

    attend: Float[Array, "3 unit unit"]
    bias_attend: Float[Array, "3 unit"]
    out: Float[Array, "unit unit"]
    bias_out: Float[Array, " unit"]
    wide: Float[Array, "hidden unit"]
    bias_wide: Float[Array, " hidden"]
    narrow: Float[Array, "unit hidden"]
    bias_narrow: Float[Array, " unit"]
    gains: Float[Array, "2 unit"]
    shifts: Float[Array, "2 unit"]
    positions: Float[Array, "frame unit"]


class Seen(NamedTuple):
    """What a Transformer keeps.

    Attributes:
        inputs: all frames so far, with their positions; zeros for those to come.
        n: how many there were.
    """

    inputs: Float[Array, "frame unit"]
    n: Int[Array, ""]


class TransformerCore(eqx.Module):
    """One layer of a Transformer encoder that sees no later frame; norms after additions.

    It has no more positions than frames of a trial, so longer trials are not possible.

    Attributes:
        width: of inputs and outputs.
        n_heads: of attention.
        n_hidden: of the feed-forward part.
        n_frames: positions.
        kept: see `RecurrentCore`.
    """

    width: int = eqx.field(static=True, default=96)
    n_heads: int = eqx.field(static=True, default=8)
    n_hidden: int = eqx.field(static=True, default=2048)
    n_frames: int = eqx.field(static=True, default=20)
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width", "n_heads", "n_hidden", "n_frames")
        if self.width % self.n_heads:
            raise InvalidValue(
                f"width {self.width} cannot be shared by {self.n_heads} heads, expected a multiple."
            )

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> TransformerLayer:
        """Xavier's normal distribution; positions of standard deviation 1.

        Raises:
            InvalidValue: if inputs are not as wide as the layer.
        """
        d, hidden = self.width, self.n_hidden
        if n_inputs != d:
            raise InvalidValue(f"{n_inputs} inputs, expected {d}, as many as the layer has units.")
        keys = jax.random.split(key, 7)
        return TransformerLayer(
            attend=jnp.stack([_xavier(k, (d, d)) for k in keys[:3]]),
            bias_attend=jnp.zeros((3, d)),
            out=_xavier(keys[3], (d, d)),
            bias_out=jnp.zeros(d),
            wide=_xavier(keys[4], (hidden, d)),
            bias_wide=jnp.zeros(hidden),
            narrow=_xavier(keys[5], (d, hidden)),
            bias_narrow=jnp.zeros(d),
            gains=jnp.ones((2, d)),
            shifts=jnp.zeros((2, d)),
            positions=jax.random.normal(keys[6], (self.n_frames, d)),
        )

    def empty(self, weights: TransformerLayer) -> Seen:
        """Nothing was seen."""
        return Seen(jnp.zeros_like(weights.positions), jnp.asarray(0))

    def step(
        self, weights: TransformerLayer, state: Seen, x: Float[Array, " input"]
    ) -> tuple[Seen, Float[Array, " unit"]]:
        """One frame; see `Core`. All that were seen are looked at again."""
        inputs = state.inputs.at[state.n].set(x + weights.positions[state.n])
        return Seen(inputs, state.n + 1), self._layer(weights, inputs)[state.n]

    def run(
        self, weights: TransformerLayer, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial at once.

        Raises:
            InvalidValue: if there are more frames than positions.
        """
        if len(xs) > self.n_frames:
            raise InvalidValue(f"{len(xs)} frames, expected at most {self.n_frames} positions.")
        return self._layer(weights, xs + weights.positions[: len(xs)])

    def _layer(
        self, weights: TransformerLayer, x: Float[Array, "frame unit"]
    ) -> Float[Array, "frame unit"]:
        x = self._normed(weights, 0, x + self._attended(weights, x))
        hidden = jax.nn.relu(x @ weights.wide.T + weights.bias_wide[None])
        x = x + hidden @ weights.narrow.T + weights.bias_narrow[None]
        return silenced(self, self._normed(weights, 1, x))

    def _attended(self, weights: TransformerLayer, x: Array) -> Array:
        n, share = len(x), self.width // self.n_heads
        both = jnp.einsum("kio,to->kti", weights.attend, x) + weights.bias_attend[:, None]
        asks, keys, values = both.reshape(3, n, self.n_heads, share)
        match = jnp.einsum("ths,uhs->htu", asks, keys) / math.sqrt(share)
        match = jnp.where(jnp.tril(jnp.ones((n, n), bool))[None], match, -jnp.inf)
        found = jnp.einsum("htu,uhs->ths", jax.nn.softmax(match, axis=-1), values)
        return found.reshape(n, -1) @ weights.out.T + weights.bias_out[None]

    def _normed(self, weights: TransformerLayer, k: int, x: Array) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        size = jnp.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
        return weights.gains[k][None] * centred / size + weights.shifts[k][None]

    @property
    def state_size(self) -> int:
        """All frames of a trial."""
        return self.n_frames * self.width


# ---- controls ------------------------------------------------------------------------------------


class Memoryless(eqx.Module):
    """The present frame alone: what a task gives away without memory.

    Attributes:
        width: units, relu of a linear map.
        kept: see `RecurrentCore`.
    """

    width: int = eqx.field(static=True, default=96)
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width")

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> tuple[Array, Array]:
        """A matrix and biases."""
        return _xavier(key, (self.width, n_inputs)), jnp.zeros(self.width)

    def empty(self, weights: tuple[Array, Array]) -> tuple[()]:
        """Nothing."""
        return ()

    def step(
        self, weights: tuple[Array, Array], state: tuple[()], x: Float[Array, " input"]
    ) -> tuple[tuple[()], Float[Array, " unit"]]:
        """One frame; see `Core`."""
        return (), silenced(self, jax.nn.relu(weights[0] @ x + weights[1]))

    def run(
        self, weights: tuple[Array, Array], xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial, all frames at once."""
        return jax.vmap(lambda x: self.step(weights, (), x)[1])(xs)

    @property
    def state_size(self) -> int:
        """None."""
        return 0


def lesioned(core: Any, units: Int[Array, " some"]) -> Any:
    """A core in which some units are silent at every frame, for itself too.

    Raises:
        InvalidValue: for units that there are not.
    """
    kept = jnp.ones(core.width) if core.kept is None else core.kept
    units = jnp.asarray(units)
    if units.size and not (int(units.min()) >= 0 and int(units.max()) < core.width):
        raise InvalidValue(
            f"units {int(units.min())} to {int(units.max())}, expected 0 to {core.width - 1}."
        )
    return eqx.tree_at(
        lambda each: each.kept, core, kept.at[units].set(0), is_leaf=lambda leaf: leaf is None
    )


def silenced(core: Any, hidden: Float[Array, "*more unit"]) -> Float[Array, "*more unit"]:
    """Outputs, but those of units that a core does not keep."""
    return hidden if core.kept is None else hidden * core.kept.astype(hidden.dtype)
