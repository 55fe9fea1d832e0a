"""A Tensor Brain as the memory of a network that watches frames: one episodic index per frame.

What a frame puts into the representation layer, and the index of the moment, are scored against the
indices of the frames before; these compete by softmax, and what they stand for is fed back, by the
rule of `TensorBrain.measure`, in which embeddings score and feed back alike (Tresp et al., 2023).
Then the index of this frame is written: its embedding becomes its own fixed part, by which frames
know their time, plus a linear map of the active layer. The pre-activation of the layer after
feedback is what is put out. That a map, learnt by gradients, writes embeddings in one shot is ours;
in the papers embeddings are themselves learnt by gradients. There is no context layer: nothing but
indices is carried from frame to frame.
"""

from __future__ import annotations

import functools
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.models.index_layer import Candidates, normal_weights
from cogmem.models.memory_cores import silenced
from cogmem.models.parameters import check_sizes
from cogmem.models.tensor_brain import TensorBrain
from cogmem.models.vocabulary import Vocabulary

__all__ = ["Episodes", "IndexWeights", "TensorBrainCore"]

_UNWRITTEN = -1e9
"""Offset of indices that stand for nothing yet."""


class IndexWeights(NamedTuple):
    """What is learnt; the first two as in `tensor_brain.Weights`.

    Attributes:
        sensory, sensory_bias: what a frame puts into the representation layer.
        moments: the part of an index's embedding that is there before it is written.
        to_index: from the active layer to the embedding that is written.
    """

    sensory: Float[Array, "state feature"]
    sensory_bias: Float[Array, " state"]
    moments: Float[Array, "frame state"]
    to_index: Float[Array, "state state"]


class Episodes(NamedTuple):
    """What is kept of a trial.

    Attributes:
        embeddings: of the episodic indices; zeros for frames to come.
        n: how many are written.
    """

    embeddings: Float[Array, "frame state"]
    n: Int[Array, ""]


class TensorBrainCore(eqx.Module):
    """A core, see `memory_cores`. Trials have no more frames than there are indices.

    Attributes:
        width: units of the representation layer.
        n_frames: episodic indices.
        feedback: strength of what is fed back (beta).
        sharpness: inverse temperature of the competition.
        kept: 0 for outputs that are silenced, 1 for others; None for none.
    """

    width: int = eqx.field(static=True, default=96)
    n_frames: int = eqx.field(static=True, default=20)
    feedback: float = eqx.field(static=True, default=1.0)
    sharpness: float = eqx.field(static=True, default=1.0)
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width", "n_frames")
        self._brain(1)

    def _brain(self, n_inputs: int) -> TensorBrain:
        return TensorBrain(
            _vocabulary(self.n_frames),
            n_state=self.width,
            n_context=1,
            n_features=n_inputs,
            evolution="none",
            feedback=self.feedback,
            sharpness=self.sharpness,
        )

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> IndexWeights:
        """Normal numbers of variance 1 / inputs, as in `TensorBrain.begin`."""
        d, (sensory, moments, write) = self.width, jax.random.split(key, 3)
        return IndexWeights(
            normal_weights(sensory, d, n_inputs),
            jnp.zeros(d),
            normal_weights(moments, self.n_frames, d),
            normal_weights(write, d, d),
        )

    def empty(self, weights: IndexWeights) -> Episodes:
        """No index stands for anything."""
        return Episodes(jnp.zeros_like(weights.moments), jnp.asarray(0))

    def step(
        self, weights: IndexWeights, state: Episodes, x: Float[Array, " input"]
    ) -> tuple[Episodes, Float[Array, " unit"]]:
        """One frame; see `Core`."""
        return self._go_on(weights, state, self._brain(len(x)).sense(_shared(weights), x))

    def run(
        self, weights: IndexWeights, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial, whose frames are sensed at once."""
        driven = xs @ weights.sensory.T + weights.sensory_bias[None]

        def step(state: Episodes, drive: Array) -> tuple[Episodes, Array]:
            return self._go_on(weights, state, drive)

        return jax.lax.scan(step, self.empty(weights), driven)[1]

    def _go_on(
        self, weights: IndexWeights, state: Episodes, drive: Float[Array, " state"]
    ) -> tuple[Episodes, Float[Array, " unit"]]:
        moment, brain = weights.moments[state.n], self._brain(weights.sensory.shape[1])
        candidates = self._written(state)
        found = brain.measure(_shared(weights), drive + moment, candidates, "attention")
        after = silenced(self, found.state)
        embedding = moment + weights.to_index @ jax.nn.sigmoid(after)
        return Episodes(state.embeddings.at[state.n].set(embedding), state.n + 1), after

    def _written(self, state: Episodes) -> Candidates:
        """Indices that compete: those of frames before. Before the first frame all are zeros."""
        ids = jnp.arange(self.n_frames)
        offsets = jnp.where(ids < state.n, 0.0, _UNWRITTEN).astype(state.embeddings.dtype)
        return Candidates(ids, state.embeddings, state.embeddings, offsets)

    @property
    def state_size(self) -> int:
        """Embeddings of all episodic indices."""
        return self.n_frames * self.width


def _shared(weights: IndexWeights) -> Any:
    """The same, where `tensor_brain.Weights` are read: only what both have is used."""
    return weights


@functools.cache
def _vocabulary(n_frames: int) -> Vocabulary:
    """Episodes, and one entity and predicate, which no frame asks for."""
    frames = tuple(f"frame {k}" for k in range(n_frames))
    return Vocabulary.of({"episode": frames, "entity": ("entity",), "predicate": ("predicate",)})
