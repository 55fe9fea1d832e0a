"""Recurrent networks, to compare other models with: Elman's, gated units, long short-term memory.

Elman (1990), Cho et al. (2014), Hochreiter & Schmidhuber (1997). `RecurrentNetwork` reads tokens;
`recur` reads vectors of anything. The card is in `networks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from equinox import nn
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.knowledge_graph_learning import MOST_DROPOUT, dropped_out
from cogmem.models.parameters import check_choice, check_sizes, check_values, parameter
from cogmem.models.sequence_model import check_tokens, embedded

__all__ = [
    "ElmanCell",
    "Kind",
    "RecurrentNetwork",
    "RecurrentWeights",
    "random_cells",
    "recur",
]

Kind = Literal["RNN", "GRU", "LSTM"]
"""Elman's network of tanh units, gated recurrent units, or long short-term memory."""

Cells = tuple[Any, ...]


class ElmanCell(eqx.Module):
    """h <- tanh(W x + U h + b) (Elman, 1990, with tanh units).

    Attributes:
        weight_ih: [width, input] W.
        weight_hh: [width, width] U.
        bias: [width] b.
    """

    weight_ih: Float[Array, "width input"]
    weight_hh: Float[Array, "width width"]
    bias: Float[Array, " width"]

    def __init__(self, n_inputs: int, width: int, *, key: PRNGKeyArray) -> None:
        """Uniform in +-1 / sqrt(width), as equinox's other cells."""
        shapes = ((width, n_inputs), (width, width), (width,))
        limit = 1 / math.sqrt(width)
        drawn = (
            jax.random.uniform(each, shape, minval=-limit, maxval=limit)
            for each, shape in zip(jax.random.split(key, 3), shapes, strict=True)
        )
        self.weight_ih, self.weight_hh, self.bias = drawn

    def __call__(self, x: Float[Array, " input"], h: Float[Array, " width"]) -> Array:
        """The hidden units after an input."""
        return jnp.tanh(self.weight_ih @ x + self.weight_hh @ h + self.bias)


_CELLS: dict[str, Callable[..., Any]] = {"RNN": ElmanCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}


def random_cells(kind: Kind, n_inputs: int, width: int, n_layers: int, *, key: PRNGKeyArray) -> Any:
    """Cells of some layers, one above the other; all numbers uniform in +-1 / sqrt(width).

    Args:
        kind: of cells.
        n_inputs: to the first layer.
        width: hidden units of each layer.
        n_layers: one or more.
        key: of the numbers.

    Raises:
        InvalidValue: if a size is below 1.
        UnknownName: for a kind that is none.
    """
    check_choice("kind", kind, Kind)
    if min(n_inputs, width, n_layers) < 1:
        raise InvalidValue(f"sizes are {(n_inputs, width, n_layers)}, expected 1 or more of each.")
    sizes = [n_inputs] + [width] * (n_layers - 1)
    keys = jax.random.split(key, n_layers)
    return tuple(_CELLS[kind](n, width, key=k) for n, k in zip(sizes, keys, strict=True))


def recur(
    cells: Cells,
    inputs: Float[Array, "time input"],
    state: Any = None,
    *,
    dropout: float | Float[Array, ""] = 0.0,
    key: PRNGKeyArray | None = None,
) -> tuple[Float[Array, "time width"], Any]:
    """Read vectors one after the other, whatever they stand for.

    Args:
        cells: of the layers, from `random_cells`.
        inputs: to the first layer.
        state: of the layers before the first input, a tuple of [width], of pairs of them for LSTM
            (hidden units and memory cells); None for zeros.
        dropout: share left out of what goes up from a layer, the last one too, and none of what
            goes on in time (Zaremba, Sutskever & Vinyals, 2014).
        key: of what is left out; None for nothing.

    Returns:
        Hidden units of the last layer after each input, and the state after the last one.

    Raises:
        InvalidValue: if inputs are no rows of numbers as wide as the first layer expects.
    """
    width = cells[0].weight_ih.shape[1]
    if inputs.ndim != 2 or inputs.shape[1] != width:
        raise InvalidValue(f"inputs of shape {inputs.shape}, expected [time, {width}].")
    before = _silent(cells) if state is None else state
    after, keys = [], [None] * len(cells) if key is None else jax.random.split(key, len(cells))
    for cell, own, here in zip(cells, before, keys, strict=True):
        inputs, own = _run(cell, inputs, own)
        inputs = _dropped(inputs, dropout, here)
        after.append(own)
    return inputs, tuple(after)


@eqx.filter_jit  # or a plain loop over steps would compile anew for every one
def _run(cell: Any, inputs: Array, state: Any) -> tuple[Array, Any]:
    """One layer."""

    def step(state: Any, x: Array) -> tuple[Any, Array]:
        state = cell(x, state)
        return state, state[0] if isinstance(state, tuple) else state

    state, hidden = jax.lax.scan(step, state, inputs)
    return hidden, state


def _silent(cells: Cells) -> Any:
    """The state before the first input: zeros, every one an array of its own."""

    def zeros(cell: Any) -> Array:
        return jnp.zeros(cell.weight_hh.shape[1], cell.weight_hh.dtype)

    return tuple(
        (zeros(cell), zeros(cell)) if isinstance(cell, nn.LSTMCell) else zeros(cell)
        for cell in cells
    )


class RecurrentWeights(NamedTuple):
    """What a recurrent network learns.

    Attributes:
        embedding: [token, channel].
        cells: of each layer.
        readout: [token, width] and a bias.
    """

    embedding: Float[Array, "token channel"]
    cells: Cells
    readout: nn.Linear


class RecurrentNetwork(eqx.Module):
    """What is chosen of a recurrent network that reads tokens; `recur` reads anything.

    Attributes:
        n_tokens: size of the vocabulary.
        width: hidden units of each layer.
        n_layers: one above the other.
        kind: of cells.
        n_channels: of an embedded token; `width` if None.
        dropout: share left out of what goes up from a layer while learning, see `recur`.
    """

    n_tokens: int = eqx.field(static=True, default=256)
    width: int = eqx.field(static=True, default=128)
    n_layers: int = eqx.field(static=True, default=1)
    kind: Kind = eqx.field(static=True, default="GRU")
    n_channels: int | None = eqx.field(static=True, default=None)
    dropout: float | Float[Array, ""] = parameter(
        0.0, (0, MOST_DROPOUT), meaning="share left out while learning", source="cogmem"
    )

    def __check_init__(self) -> None:
        check_values(self)
        check_sizes(self, "n_tokens", "width", "n_layers")
        check_choice("kind", self.kind, Kind)
        if self.n_channels is not None:
            check_sizes(self, "n_channels")

    def begin(self, *, key: PRNGKeyArray) -> RecurrentWeights:
        """Equinox's own: embeddings normal, all else uniform in +-1 / sqrt(width)."""
        first, second, third = jax.random.split(key, 3)
        n = self.n_channels or self.width
        return RecurrentWeights(
            jax.random.normal(first, (self.n_tokens, n)),
            random_cells(self.kind, n, self.width, self.n_layers, key=second),
            nn.Linear(self.width, self.n_tokens, key=third),
        )

    def empty(self, weights: RecurrentWeights) -> Any:
        """Zeros."""
        return _silent(weights.cells)

    def read(
        self,
        weights: RecurrentWeights,
        tokens: Int[Array, " time"],
        state: Any = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Float[Array, "time token"], Any]:
        """All tokens at once; see `SequenceModel`.

        Raises:
            InvalidValue: for tokens that the vocabulary does not have.
        """
        check_tokens(tokens, self.n_tokens)
        inputs = embedded(weights.embedding, tokens)
        hidden, state = recur(weights.cells, inputs, state, dropout=self.dropout, key=key)
        return jax.vmap(weights.readout)(hidden), state

    def step(
        self, weights: RecurrentWeights, token: Int[Array, ""], state: Any
    ) -> tuple[Float[Array, " token"], Any]:
        """One token; see `SequenceModel`."""
        logits, state = self.read(weights, token[None], state)
        return logits[0], state


def _dropped(values: Array, share: Any, key: PRNGKeyArray | None) -> Array:
    if key is None:
        return values
    return dropped_out(values, jnp.asarray(share, values.dtype), key=key)
