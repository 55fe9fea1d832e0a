"""Sparsey as the memory of a network that watches frames: one macrocolumn, empty before each trial.

The largest inputs become features that are on; the macrocolumn chooses its code by the code
selection algorithm from these and from its code of the frame before, and ties them in a single
trial (Rinkus, 2014). A frame of which no feature is on leaves everything as it was.

As weights are empty before each trial, a code that is drawn at random would tell a reader outside
nothing but which earlier frame of the trial is met again. Here the numbers that codes are drawn
with are a fixed random function of the features and of the code before, so that a novel frame has
the same code in every trial in the same context, and similar frames have similar ones; this is
ours. How a familiar frame takes its old code is as published.

What is put out, for linear readers: the features, the code, what the best supported code stood
for before this frame was learnt, all features that were ever learnt in the trial, and the
familiarity G. Nothing is learnt by gradients.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.code_selection import hardest
from cogmem.models.memory_cores import silenced
from cogmem.models.parameters import check_sizes
from cogmem.models.sparsey import Mac, Memory

__all__ = ["Draws", "SparseyCore", "Trace"]


class Draws(NamedTuple):
    """Random numbers that are never changed.

    Attributes:
        by_feature, by_cell: what drives the draw of each module.
    """

    by_feature: Float[Array, "module feature"]
    by_cell: Float[Array, "module cell_of_any"]


class Trace(NamedTuple):
    """What is kept of a trial.

    Attributes:
        memory: weights of the macrocolumn.
        code: of the last frame that had one; -1 before it.
    """

    memory: Memory
    code: Int[Array, " module"]


class SparseyCore(eqx.Module):
    """A core, see `memory_cores`, that is not differentiable.

    Attributes:
        n_features: inputs of the macrocolumn, as many as the core has.
        n_on: most of them that are on at once: the largest ones, if they are above 0.
        n_modules, n_cells: Q and K.
        context: share of the code before in the draw of a novel code.
        kept: 0 for outputs that are silenced, 1 for others; None for none.
    """

    n_features: int = eqx.field(static=True, default=96)
    n_on: int = eqx.field(static=True, default=16)
    n_modules: int = eqx.field(static=True, default=16)
    n_cells: int = eqx.field(static=True, default=8)
    context: float = eqx.field(static=True, default=0.5)
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = False

    def __check_init__(self) -> None:
        check_sizes(self, "n_features", "n_on", "n_modules", "n_cells")
        if self.n_on > self.n_features:
            raise InvalidValue(
                f"{self.n_on} features on at once, expected at most all of {self.n_features}."
            )
        if not 0 <= self.context <= 1:
            raise InvalidValue(f"context is {self.context}, expected a share from 0 to 1.")

    @property
    def mac(self) -> Mac:
        """The macrocolumn."""
        band = (1, self.n_on)
        return Mac(self.n_features, self.n_modules, self.n_cells, n_lateral=1, band=band)

    @property
    def width(self) -> int:
        """Features three times, cells, and G."""
        return 3 * self.n_features + self.n_modules * self.n_cells + 1

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> Draws:
        """Draws; they are no weights of the macrocolumn, which are empty.

        Raises:
            InvalidValue: for another number of inputs.
        """
        if n_inputs != self.n_features:
            raise InvalidValue(f"{n_inputs} inputs, expected {self.n_features}, see n_features.")
        keys = jax.random.split(key)
        shape = (self.n_modules, self.n_modules * self.n_cells)
        by_feature = jax.random.normal(keys[0], (self.n_modules, n_inputs))
        return Draws(by_feature, jax.random.normal(keys[1], shape))

    def empty(self, weights: Draws) -> Trace:
        """Weights of 0, and no code."""
        return Trace(self.mac.begin(), jnp.full(self.n_modules, -1, jnp.int32))

    def step(
        self, weights: Draws, state: Trace, x: Float[Array, " input"]
    ) -> tuple[Trace, Float[Array, " unit"]]:
        """One frame; see `Core`."""
        on, mac = self.features(x), self.mac
        there = {"U": mac.bottom_up(on, self.n_on), "H": mac.lateral(state.code)}
        moment, support = mac.choose(state.memory, there, self._uniform(weights, on, state.code))
        met = jnp.where(moment.code >= 0, hardest(support), -1)
        retrieved = mac.read_back(state.memory, met)
        memory = mac.learn(state.memory, there, moment.code, support)
        parts = self._outputs(on, moment, retrieved, memory)
        code = jnp.where(moment.code >= 0, moment.code, state.code)
        return Trace(memory, code), silenced(self, jnp.concatenate(parts).astype(x.dtype))

    def run(self, weights: Draws, xs: Float[Array, "frame input"]) -> Float[Array, "frame unit"]:
        """A whole trial, from an empty memory."""

        def step(state: Trace, x: Array) -> tuple[Trace, Array]:
            return self.step(weights, state, x)

        return jax.lax.scan(step, self.empty(weights), xs)[1]

    def features(self, x: Float[Array, " input"]) -> Bool[Array, " feature"]:
        """The largest inputs, if they are above 0."""
        largest = jax.lax.top_k(x, self.n_on)[1]
        return jnp.zeros(len(x), bool).at[largest].set(True) & (x > 0)

    def _uniform(
        self, weights: Draws, on: Bool[Array, " feature"], code: Int[Array, " module"]
    ) -> Float[Array, " module"]:
        """Normal drives of variance 1, and how many normal numbers are below each."""
        by_input = weights.by_feature @ on.astype(weights.by_feature.dtype)
        by_input = by_input / jnp.sqrt(jnp.maximum(on.sum(), 1).astype(by_input.dtype))
        cells = jnp.arange(self.n_modules) * self.n_cells + code
        by_code = weights.by_cell[:, cells].sum(axis=1) / jnp.sqrt(float(self.n_modules))
        share = jnp.where(code[0] >= 0, self.context, 0.0).astype(by_input.dtype)
        drive = jnp.sqrt(1 - share) * by_input + jnp.sqrt(share) * by_code.astype(by_input.dtype)
        return jax.scipy.stats.norm.cdf(drive)

    def _outputs(
        self, on: Array, moment: Any, retrieved: Array, memory: Memory
    ) -> tuple[Array, Array, Array, Array, Array]:
        wins = jax.nn.one_hot(moment.code, self.n_cells, dtype=retrieved.dtype).ravel()
        weights = self.mac.permanence.weights(memory.bundles["U"], memory.step)
        ever = weights.max(axis=1).astype(retrieved.dtype) / self.mac.permanence.w_max
        familiar = jnp.nan_to_num(moment.familiarity)[None]
        return on.astype(retrieved.dtype), wins, retrieved, ever, familiar

    @property
    def state_size(self) -> int:
        """Weights, and the code."""
        return sum(self.mac.n_synapses.values()) + self.n_modules
