"""A layer of spiking neurons as the memory of a network that watches frames.

A frame is a constant current for some steps. Neurons are `Leaky` ones, with its surrogate
derivative; their spikes open synapses that close slowly, and these traces, of which each neuron has
its own time constant, are what neurons tell each other and what is put out. Membranes forget within
a frame: what is remembered is in slow synapses, as is thought of NMDA receptors (Wang, 1999,
J. Neurosci. 19, 9587-9603), and in activity that keeps itself up.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.memory_cores import silenced
from cogmem.models.parameters import check_sizes
from cogmem.models.spiking import Leaky, spike

__all__ = ["SpikingCore", "SpikingState", "SpikingWeights"]


class SpikingWeights(NamedTuple):
    """Of one layer without biases: the task code is among its inputs.

    Attributes:
        from_input, from_units: [unit, ..].
    """

    from_input: Float[Array, "unit input"]
    from_units: Float[Array, "unit unit"]


class SpikingState(NamedTuple):
    """What is carried from step to step.

    Attributes:
        potentials: of membranes, after the reset.
        traces: open shares of synapses; a moving average of spikes.
    """

    potentials: Float[Array, " unit"]
    traces: Float[Array, " unit"]


class SpikingCore(eqx.Module):
    """A core, see `memory_cores`: v <- v / 2 + W x + U r; a spike where v reaches 1; v <- v - s.

    r <- (1 - 1 / tau) r + s / tau, with tau from `fastest` to `slowest` by equal ratios.

    Attributes:
        width: neurons.
        n_steps: of a frame.
        fastest, slowest: time constants of synapses, steps.
        gain: standard deviation of what many inputs of size 1 add up to, before learning.
        neuron: share of the potential that a step leaves, and threshold.
        kept: 0 for neurons that are silenced, 1 for others; None for none.
    """

    width: int = eqx.field(static=True, default=96)
    n_steps: int = eqx.field(static=True, default=4)
    fastest: float = eqx.field(static=True, default=2.0)
    slowest: float = eqx.field(static=True, default=80.0)
    gain: float = eqx.field(static=True, default=1.25)
    neuron: Leaky = Leaky()
    kept: Float[Array, " unit"] | None = None
    trainable: ClassVar[bool] = True

    def __check_init__(self) -> None:
        check_sizes(self, "width", "n_steps")
        if not 1 <= self.fastest <= self.slowest:
            raise InvalidValue(
                f"time constants from {self.fastest} to {self.slowest} steps, expected 1 or more, "
                "the smaller one first."
            )

    def begin(self, n_inputs: int, *, key: PRNGKeyArray) -> SpikingWeights:
        """Normal, of variance gain^2 / inputs or neurons, so that sums grow with neither."""
        sizes = zip(jax.random.split(key), (n_inputs, self.width), strict=True)
        drawn = (jax.random.normal(k, (self.width, n)) / n**0.5 for k, n in sizes)
        return SpikingWeights(*(self.gain * each for each in drawn))

    def empty(self, weights: SpikingWeights) -> SpikingState:
        """At rest, all synapses closed."""
        silent = jnp.zeros(self.width, weights.from_units.dtype)
        return SpikingState(silent, silent)

    def step(
        self, weights: SpikingWeights, state: SpikingState, x: Float[Array, " input"]
    ) -> tuple[SpikingState, Float[Array, " unit"]]:
        """One frame; see `Core`. The output are the traces after its last step."""
        state, traces = self._frame(weights, state, weights.from_input @ x)
        return state, traces[-1]

    def run(
        self, weights: SpikingWeights, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame unit"]:
        """A whole trial."""
        return self.traces(weights, xs)[:, -1]

    def traces(
        self, weights: SpikingWeights, xs: Float[Array, "frame input"]
    ) -> Float[Array, "frame step unit"]:
        """Traces after every step; those before it are what recurrent synapses transmit."""
        driven = xs @ weights.from_input.T

        def frame(state: SpikingState, drive: Array) -> tuple[SpikingState, Array]:
            return self._frame(weights, state, drive)

        return jax.lax.scan(frame, self.empty(weights), driven)[1]

    def _frame(
        self, weights: SpikingWeights, state: SpikingState, drive: Float[Array, " unit"]
    ) -> tuple[SpikingState, Float[Array, "step unit"]]:
        opening = 1 / jnp.geomspace(self.fastest, self.slowest, self.width, dtype=drive.dtype)
        threshold = self.neuron.threshold

        def step(state: SpikingState, _: None) -> tuple[SpikingState, Array]:
            current = drive + weights.from_units @ state.traces
            potentials = self.neuron.keep * state.potentials + current
            fired = silenced(self, spike(potentials - threshold))
            traces = state.traces + opening * (fired - state.traces)
            reset = potentials - threshold * jax.lax.stop_gradient(fired)
            return SpikingState(reset, traces), traces

        return jax.lax.scan(step, state, None, length=self.n_steps, unroll=True)

    @property
    def state_size(self) -> int:
        """Potentials and traces."""
        return 2 * self.width
