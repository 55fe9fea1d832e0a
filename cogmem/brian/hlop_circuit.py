"""The lateral circuit of HLOP as neurons and synapses, in Brian2: a check on `cogmem.models.hlop`.

Nothing is shared with the JAX model but the equations (Xiao et al., 2024, ICLR). A trial is one
constant current into a population of leaky integrate-and-fire neurons for T ticks. Each neuron
keeps a trace, x, which ends as its weighted rate. Subspace neurons, one per row of H, receive y = H
x and inhibit the population by H' y; at the end of the trial every synapse changes by the product
of what its row sends, y, and what inhibition leaves of its neuron's trace, x - H' y. Rows of
finished tasks do not change.

The circuit updates once per 1 ms tick, which stands for one step dt of the neuron. Slots of a tick:

    start           the current of a new trial
    before_groups   y, if subspace neurons spike
    groups          membranes
    thresholds      spikes
    synapses        each spike of a subspace neuron inhibits the population, if they spike
    resets          soft reset; the trace takes up the spike
    after_resets    y, then H' y, if subspace neurons are linear
    end             plasticity, on the last tick of an iteration
    after_end       the returning synapses take over the new weights

Further iterations of learning are further ticks without current or spikes of the population: one
each for linear subspace neurons, K each for spiking ones. A spiking subspace neuron is a pair of
opponent integrate-and-fire neurons, for y > 0 and y < 0; its output is read off their counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from cogmem.brian import hlop_equations as equations
from cogmem.brian.runtime import require, runtime
from cogmem.errors import InvalidValue

__all__ = ["DSR_NEURON", "CircuitRun", "Neuron", "Opponents", "hebbian_circuit"]


class Neuron(NamedTuple):
    """Leaky integrate-and-fire neuron with soft reset (Meng et al., 2022, CVPR).

    v <- beta v + (1 - beta) I with beta = exp(-dt / tau); a spike where v >= alpha Vth; then v <- v
    - Vth. A spike at step t adds w_t Vth / dt to the trace, w_t proportional to exp(-(dt / tau) (T
    - t)) and adding up to 1.

    Attributes:
        n_steps: T, steps of a trial.
        threshold: Vth.
        time_constant: tau, in the unit of `dt`.
        dt: duration of a step.
        trigger: alpha.
    """

    n_steps: int = 20
    threshold: float = 0.3
    time_constant: float = 1.0
    dt: float = 0.05
    trigger: float = 0.3

    @property
    def keep(self) -> float:
        """Beta, the share of the potential that is left after a step."""
        return math.exp(-self.dt / self.time_constant)

    @property
    def total_weight(self) -> float:
        """Sum of exp(-(dt / tau) (T - t)) over the steps."""
        return sum(self.keep**age for age in range(self.n_steps))


DSR_NEURON = Neuron()


class Opponents(NamedTuple):
    """Two integrate-and-fire neurons for each row of H, for y > 0 and y < 0.

    Potentials start at 0.5; each tick adds max(y, 0) / s to one and max(-y, 0) / s to the other; a
    spike where a potential reaches 1, which is then taken off. The output is s (n+ - n-) / K, where
    n+ and n- count the spikes of K ticks: y in 2 K + 1 levels, saturating at s.

    Attributes:
        scale: s, the value at which one of them fires at every tick.
        n_ticks: K.
    """

    scale: float = 20.0
    n_ticks: int = 1000


class CircuitRun(NamedTuple):
    """What the circuit did.

    Attributes:
        spikes: [trial, tick, input] of the population, ticks with current only.
        rates: [trial, input] trace at the end, the weighted rate r(o).
        perpendicular: [trial, input] trace less what the old rows return.
        rows: [trial, row, input] H after the trial, old rows first.
        counts: [trial, iteration, row] spikes for y > 0 less spikes for y < 0; None if subspace
            neurons are linear.
    """

    spikes: Bool[np.ndarray, "trial tick input"]
    rates: Float[np.ndarray, "trial input"]
    perpendicular: Float[np.ndarray, "trial input"]
    rows: Float[np.ndarray, "trial row input"]
    counts: Int[np.ndarray, "trial iteration row"] | None


def hebbian_circuit(
    current: Float[np.ndarray, "trial input"],
    rows: Float[np.ndarray, "row input"],
    *,
    rate: float,
    momentum: float = 0.9,
    clip: float = 10.0,
    n_iterations: int = 1,
    n_old: int = 0,
    spiking: Opponents | tuple[float, int] | None = None,
    neuron: Neuron = DSR_NEURON,
    target: str = "numpy",
    progress: Callable[[int], None] = lambda trials: None,
) -> CircuitRun:
    """Let the circuit learn from one trial after the other, in float64.

    Brian2's preferences, default clock and magic network stay as they are.

    Args:
        current: constant current into each neuron, one row per trial.
        rows: H at first; momenta start at 0.
        rate: eta of lateral learning.
        momentum: share of the past in the moving average of changes.
        clip: largest change of a weight, before the rate.
        n_iterations: steps of learning per trial.
        n_old: how many of the first rows are of finished tasks, and do not change.
        spiking: opponent neurons, or their scale and number of ticks; None for linear subspace
            neurons.
        neuron: of the population.
        target: Brian2's code generation, "numpy" or "cython". The latter compiles for a minute when
            first used, and keeps the code on disk.
        progress: called after every trial with the number of trials done since the last call.

    Raises:
        InvalidValue: for wrong shapes, values out of range or not finite, or if Brian2 is set to
            another device than its runtime.
        MissingExtra: if brian2 is not installed.
        UnknownName: for another target.
    """
    current, rows = np.asarray(current, float), np.asarray(rows, float)
    opponents = None if spiking is None else Opponents(*spiking)
    rule = _Rule(rate, momentum, clip, n_iterations, n_old)
    _check_arrays(current, rows)
    _check_values(rule, neuron, opponents, n_rows=len(rows))
    with runtime(target) as brian:
        return _Circuit(brian, rows, rule, neuron, opponents).run(current, progress)


# ---- what happens when ---------------------------------------------------------------------------


class _Rule(NamedTuple):
    """How synapses learn; see `hebbian_circuit`."""

    rate: float
    momentum: float
    clip: float
    n_iterations: int
    n_old: int


class _Timing(NamedTuple):
    """The ticks of one trial.

    Attributes:
        n_steps: ticks with current, in which the population may spike.
        first: first tick of the iterations of learning.
        window: ticks of each iteration; the last one learns.
        n_ticks: of the trial.
    """

    n_steps: int
    first: int
    window: int
    n_ticks: int

    def learns(self, tick: int) -> bool:
        """Whether synapses change at the end of a tick of the trial."""
        return tick >= self.first and (tick - self.first + 1) % self.window == 0


def _timing(neuron: Neuron, opponents: Opponents | None, n_iterations: int) -> _Timing:
    """A single iteration of linear subspace neurons needs no tick of its own."""
    spare = opponents is not None or n_iterations > 1
    first = neuron.n_steps if spare else neuron.n_steps - 1
    window = 1 if opponents is None else opponents.n_ticks
    return _Timing(neuron.n_steps, first, window, first + n_iterations * window)


# ---- neurons and synapses ------------------------------------------------------------------------


@dataclass
class _Record:
    """What is read off the circuit while it runs; one entry per trial, or per iteration."""

    rates: list[np.ndarray] = field(default_factory=list)
    perpendicular: list[np.ndarray] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    counts: list[np.ndarray] = field(default_factory=list)


class _Circuit:
    """Population, subspace neurons, synapses up to them and back, and their network."""

    def __init__(
        self,
        brian: Any,
        rows: Float[np.ndarray, "row input"],
        rule: _Rule,
        neuron: Neuron,
        opponents: Opponents | None,
    ) -> None:
        self.brian, self.rule, self.opponents = brian, rule, opponents
        self.timing = _timing(neuron, opponents, rule.n_iterations)
        self.clock = brian.Clock(dt=brian.ms, name="hlop_clock*")
        self.constants = _constants(rule, neuron, opponents, self.timing)
        self.inputs = self._population(rows.shape[1])
        self.rows = self._subspace_neurons(len(rows))
        self.up, self.back = self._synapses(rows)

    def run(
        self, current: Float[np.ndarray, "trial input"], progress: Callable[[int], None]
    ) -> CircuitRun:
        """One trial after the other."""
        record, n_ticks = _Record(), len(current) * self.timing.n_ticks
        spikes = self.brian.SpikeMonitor(self.inputs, name="hlop_spikes*")
        around = (
            self._each_tick(lambda tick: self._before(tick, current), "start"),
            self._each_tick(lambda tick: self._after(tick, record, progress), "after_end"),
        )
        parts = (self.inputs, self.rows, self.up, self.back, spikes, *around)
        self.brian.Network(*parts).run(n_ticks * self.brian.ms, namespace={})
        return CircuitRun(
            spikes=self._raster(spikes, n_ticks),
            rates=np.stack(record.rates),
            perpendicular=np.stack(record.perpendicular),
            rows=np.stack(record.rows),
            counts=None if self.opponents is None else self._counts(record),
        )

    # ---- what is connected to what

    def _group(self, size: int, model: str, name: str, **given: Any) -> Any:
        given |= {"clock": self.clock, "namespace": self.constants, "name": f"hlop_{name}*"}
        return self.brian.NeuronGroup(size, model, **given)

    def _population(self, n_inputs: int) -> Any:
        group = self._group(
            n_inputs,
            equations.POPULATION,
            "population",
            threshold="listens > 0 and v >= trigger",
            reset="v -= size; x += weight * amplitude",
        )
        code = (
            equations.MEMBRANE
            if self.opponents is None
            else equations.MEMBRANE + equations.FORGET_INHIBITION
        )
        group.run_regularly(code, clock=self.clock, when="groups")
        return group

    def _subspace_neurons(self, n_rows: int) -> Any:
        if self.opponents is None:
            group = self._group(n_rows, equations.LINEAR_ROW, "rows")
        else:
            events = {name: f"lateral > 0 and u_{name} >= 1" for name in ("on", "off")}
            group = self._group(n_rows, equations.SPIKING_ROW, "rows", events=events)
            group.run_regularly(equations.SPIKING_MEMBRANE, clock=self.clock, when="groups")
            for name in events:
                group.run_on_event(name, f"u_{name} -= 1; n_{name} += 1", when="resets")
        group.plastic = np.arange(n_rows) >= self.rule.n_old
        return group

    def _synapses(self, rows: Float[np.ndarray, "row input"]) -> tuple[Any, Any]:
        """All-to-all in both directions, with the same weights."""
        given = {"clock": self.clock, "namespace": self.constants}
        connect = partial(self.brian.Synapses, **given)
        up = connect(self.inputs, self.rows, equations.UP, name="hlop_up*")
        back = connect(self.rows, self.inputs, **self._inhibition(), name="hlop_back*")
        for synapses in (up, back):
            synapses.connect()
        up.h = rows[up.j[:], up.i[:]]
        back.hb = rows[back.i[:], back.j[:]]
        up.run_regularly(equations.PLASTICITY, clock=self.clock, when="end")
        when = "after_resets" if self.opponents is None else "before_groups"
        for order, synapses in enumerate((up, back)):
            for summed in synapses.summed_updaters.values():
                summed.when, summed.order = when, order
        return up, back

    def _inhibition(self) -> dict[str, Any]:
        """Model of the synapses back: graded, or one jump per spike."""
        if self.opponents is None:
            return {"model": equations.LINEAR_RETURN}
        signs = {"on": "+", "off": "-"}
        on_pre = {
            name: equations.SPIKING_INHIBITION.format(sign=sign) for name, sign in signs.items()
        }
        return {"model": "hb : 1", "on_pre": on_pre, "on_event": {name: name for name in signs}}

    # ---- what is done from outside

    def _each_tick(self, action: Callable[[int], None], when: str) -> Any:
        """Call a function with the number of the tick since the start."""
        timestep = self.clock.variables["timestep"]
        return self.brian.NetworkOperation(
            lambda: action(int(timestep.get_value()[0])), clock=self.clock, when=when
        )

    def _before(self, tick: int, current: Float[np.ndarray, "trial input"]) -> None:
        """The current of a new trial."""
        trial, tick = divmod(tick, self.timing.n_ticks)
        if tick == 0:
            self.inputs.current = current[trial]

    def _after(self, tick: int, record: _Record, progress: Callable[[int], None]) -> None:
        """Symmetric weights after learning; at the end of a trial, what is kept of it."""
        tick = tick % self.timing.n_ticks
        if not self.timing.learns(tick):
            return
        learnt = self._weights()
        self.back.hb = learnt[self.back.i[:], self.back.j[:]]
        if self.opponents is not None:
            record.counts.append(self.rows.n_on[:] - self.rows.n_off[:])
        if tick == self.timing.n_ticks - 1:
            record.rows.append(learnt)
            record.rates.append(self.inputs.x[:].copy())
            record.perpendicular.append(self.inputs.x[:] - self.inputs.protection[:])
            progress(1)

    def _weights(self) -> Float[np.ndarray, "row input"]:
        weights = np.empty((len(self.rows), len(self.inputs)))
        weights[self.up.j[:], self.up.i[:]] = self.up.h[:]
        return weights

    def _raster(self, monitor: Any, n_ticks: int) -> Bool[np.ndarray, "trial tick input"]:
        raster = np.zeros((n_ticks, len(self.inputs)), bool)
        raster[np.rint(monitor.t / self.brian.ms).astype(int), monitor.i[:]] = True
        by_trial = raster.reshape(-1, self.timing.n_ticks, len(self.inputs))
        return by_trial[:, : self.timing.n_steps]

    def _counts(self, record: _Record) -> Int[np.ndarray, "trial iteration row"]:
        return np.stack(record.counts).reshape(-1, self.rule.n_iterations, len(self.rows))


def _constants(
    rule: _Rule, neuron: Neuron, opponents: Opponents | None, timing: _Timing
) -> dict[str, float]:
    """What the equations refer to."""
    constants = timing._asdict() | {
        "keep": neuron.keep,
        "size": neuron.threshold,
        "amplitude": neuron.threshold / neuron.dt,
        "trigger": neuron.trigger * neuron.threshold,
        "step": neuron.dt,
        "time_constant": neuron.time_constant,
        "total_weight": neuron.total_weight,
        "rate": rule.rate,
        "momentum": rule.momentum,
        "largest": rule.clip,
    }
    if opponents is not None:
        constants |= {"scale": opponents.scale, "quantum": opponents.scale / opponents.n_ticks}
    return constants


# ---- checks --------------------------------------------------------------------------------------


def _check_arrays(current: np.ndarray, rows: np.ndarray) -> None:
    for name, array, axes in (("current", current, "trial, input"), ("rows", rows, "row, input")):
        if array.ndim != 2 or array.size == 0:
            raise InvalidValue(f"{name} has shape {array.shape}, expected [{axes}], not empty.")
        if not np.isfinite(array).all():
            bad = int(np.size(array) - np.isfinite(array).sum())
            raise InvalidValue(f"{name} has {bad} values that are not finite; leave them out.")
    if rows.shape[1] != current.shape[1]:
        raise InvalidValue(
            f"rows have {rows.shape[1]} weights each, for {current.shape[1]} neurons of `current`; "
            "expected one weight per neuron."
        )


def _check_values(rule: _Rule, neuron: Neuron, opponents: Opponents | None, *, n_rows: int) -> None:
    positive = {"clip": rule.clip} | dict(zip(neuron._fields[1:], neuron[1:], strict=True))
    counts = {"n_iterations": rule.n_iterations, "n_steps": neuron.n_steps}
    if opponents is not None:
        positive["scale"], counts["n_ticks"] = opponents
    for name, value in positive.items():
        require(name, value, 0 < value < math.inf, "a finite number above 0")
    for name, value in counts.items():
        require(name, value, _is_whole(value) and value >= 1, "a whole number from 1 on")
    require("rate", rule.rate, 0 <= rule.rate < math.inf, "a finite number from 0 on")
    require("momentum", rule.momentum, 0 <= rule.momentum < 1, "a share from 0 to below 1")
    require("n_old", rule.n_old, rule.n_old in range(n_rows + 1), f"from 0 to {n_rows}, all rows")


def _is_whole(value: float) -> bool:
    return isinstance(value, int | np.integer)
