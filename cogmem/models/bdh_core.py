"""BDH as the memory of a network that watches frames: synapses instead of units.

What the network puts in is mapped to v as a blend of tokens would be, layers read and write their
synapses, and v after the last layer is what is put out. Its state is far larger than that of a
recurrent network with as many weights: compare `state_size`.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.models.bdh import BDH, Weights
from cogmem.models.memory_cores import silenced
from cogmem.models.parameters import check_sizes

__all__ = ["BDHCore", "CoreWeights"]


class CoreWeights(NamedTuple):
    """`bdh.Weights` without the readout, in place of which a network has its heads."""

    embedding: Float[Array, "input channel"]
    to_x: Float[Array, "head channel neuron"]
    to_y: Float[Array, "head channel neuron"]
    from_y: Float[Array, "head neuron channel"]


class BDHCore(eqx.Module):
    """A core, see `memory_cores`.

    Attributes:
        width: channels of v, which are its outputs.
        n_heads, n_neurons, n_layers: see `BDH`.
        damping: of synapses by a frame.
        kept: 0 for outputs that are silenced, 1 for others; None for none.
    """

    width: int = eqx.field(static=True, default=96)
    n_heads: int = eqx.field(static=True, default=4)
    n_neurons: int = eqx.field(static=True, default=512)
    n_layers: int = eqx.field(static=True, default=2)
    damping: float = eqx.field(static=True, default=1.0)
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width", "n_heads", "n_neurons", "n_layers")
        self._bdh(1)

    def _bdh(self, n_inputs: int) -> BDH:
        sizes = (self.width, self.n_heads, self.n_neurons, self.n_layers)
        return BDH(n_inputs, *sizes, damping=self.damping, dropout=0.0)

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> CoreWeights:
        """As those of `BDH`."""
        return CoreWeights(*self._bdh(n_inputs).begin(key=key)[:4])

    def empty(self, weights: CoreWeights) -> Float[Array, "layer head neuron channel"]:
        """Synapses before the first frame."""
        return self._bdh(len(weights.embedding)).empty(_whole(weights))

    def step(
        self,
        weights: CoreWeights,
        state: Float[Array, "layer head neuron channel"],
        x: Float[Array, " input"],
    ) -> tuple[Float[Array, "layer head neuron channel"], Float[Array, " unit"]]:
        """One frame; see `Core`."""
        v, state = self._bdh(len(x)).blend(_whole(weights), x[None], state)
        return state, silenced(self, v[0])

    def run(
        self, weights: CoreWeights, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial at once."""
        v, _ = self._bdh(xs.shape[1]).blend(_whole(weights), xs)
        return silenced(self, v)

    @property
    def state_size(self) -> int:
        """Synapses of all layers."""
        return self.n_layers * self.n_neurons * self.width


def _whole(weights: CoreWeights) -> Weights:
    n_inputs, width = weights.embedding.shape
    return Weights(*weights, readout=jnp.zeros((width, n_inputs), weights.embedding.dtype))
