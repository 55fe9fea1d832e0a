"""Sizes and rates of the networks that recipes teach: a BDH, gated recurrent units, a Transformer.

Each is mixed into a recipe, which says what is taught (`taught_words`, `updating_networks`): named
first, so that its own rates are those of the recipe. Of words, GRU and Transformer have about as
many weights as BDH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import numpy as np

from cogmem.models.bdh import BDH
from cogmem.models.recurrent_network import RecurrentNetwork
from cogmem.models.transformer import Position, Transformer

__all__ = ["DECLINES", "BDHPupil", "GRUPupil", "TransformerPupil"]

_FACTS = {"fact verification": "taught no facts"}
_DISPLAYS = {
    "change detection": "objects of a display have no order; it reads one thing after another"
}

DECLINES: dict[str, dict[str, str]] = {
    "BDH": _FACTS | _DISPLAYS,
    "GRU": _FACTS,
    "Transformer": _FACTS,
}
"""What none of a family sits, and why; see `Participant`."""


@dataclass(frozen=True)
class BDHPupil:
    """A BDH.

    Attributes:
        width, n_heads, n_neurons, n_layers: of it.
        damping: of each head: one for what was just read, the others keep all.
    """

    width: int = 64
    n_heads: int = 4
    n_neurons: int = 256
    n_layers: int = 2
    damping: tuple[float, ...] = (0.6, 1.0, 1.0, 1.0)

    name: ClassVar[str] = "BDH"

    def network(self, n_tokens: int) -> BDH:
        """Of so many tokens."""
        damping: Any = np.asarray(self.damping, np.float32)
        sizes = (self.width, self.n_heads, self.n_neurons, self.n_layers)
        return BDH(n_tokens, *sizes, damping=damping)


@dataclass(frozen=True)
class GRUPupil:
    """Gated recurrent units.

    Attributes:
        width: units of each layer.
        n_layers: one above the other.
        n_channels: of an embedded token; as many as units if None.
        weight_decay, clip, warm_up: of `Training`.
    """

    width: int = 88
    n_layers: int = 1
    n_channels: int | None = None
    learning_rate: float = 1e-2
    weight_decay: float = 0.01
    clip: float = 1.0
    warm_up: float = 100.0

    name: ClassVar[str] = "GRU"

    def network(self, n_tokens: int) -> RecurrentNetwork:
        """Of so many tokens."""
        return RecurrentNetwork(n_tokens, self.width, self.n_layers, n_channels=self.n_channels)


@dataclass(frozen=True)
class TransformerPupil:
    """A Transformer, with nothing left out while it learns.

    GPT-2's first weights have a standard deviation of .02 at a width of 768; so narrow a network
    barely learns from them in this time, so they are larger here (a root of its width, about).

    Attributes:
        width: of the stream.
        n_heads, n_layers: of attention.
        n_positions: most tokens of a sequence.
        position: what tells them.
        first: by how much first weights are larger than GPT-2's.
        weight_decay, clip, warm_up: of `Training`.
    """

    width: int = 44
    n_heads: int = 4
    n_layers: int = 2
    n_positions: int = 256
    position: Position = "ALiBi"
    first: float = 5.0
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    warm_up: float = 100.0

    name: ClassVar[str] = "Transformer"

    def network(self, n_tokens: int) -> Transformer:
        """Of so many tokens."""
        sizes = (self.width, self.n_heads, self.n_layers, self.n_positions)
        return Transformer(n_tokens, *sizes, self.position, dropout=0.0)

    def prepared(self, weights: Any) -> Any:
        """GPT-2's first weights, but larger; norms as they are."""
        return jax.tree_util.tree_map_with_path(self._larger, weights)

    def _larger(self, path: tuple[Any, ...], leaf: Any) -> Any:
        where = jax.tree_util.keystr(path)
        return leaf if "norm" in where or "before" in where else self.first * leaf
