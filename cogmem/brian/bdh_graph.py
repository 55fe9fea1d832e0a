"""A layer of BDH with spikes, in Brian2: the spiking reading of `cogmem.models.bdh_graph`.

Kosowski et al. (2025, arXiv 2509.26507) derive BDH from signals that meet: if i and j are
independent events with probabilities p_i and p_j, both happen with p_i p_j, so that counting
coincidences is an estimate of the product without bias. Here all signals are events. Each round
takes K sub-steps of 1 ms. In a sub-step a neuron fires or does not, with a probability in
proportion to its rate; a spike crosses an edge or does not, with a probability in proportion to the
weight; and what arrives is counted. Nodes hold counts, that is, integers:

    Y drives X    Y fires, Xe and Xi count what crosses; X = max(Xe - Xi, 0)
    read          X fires, A counts what crosses the synapses (probability sigma)
    write         X and Y fire, each synapse counts (with probability Gs) when both do at once
    A drives Y    A fires, Ye and Yi count; the gate is max(Ye - Yi, 0)
    gate          gate and X fire, Y counts coincidences: the product of the local step

Counts become rates only by their units (`Scales`). A rate is a probability once it is divided by
its scale; where noise carries it above 1 it is cut, which is counted. Nothing is shared with the
JAX model but the equations. It is the first layer of one token, X = 0 at first, with edges from
neuron to neuron. Synapses that turn (rotary positions) can be negative and are no probabilities, so
that U is damping here, and the layer norms of the published model have no place in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from cogmem.brian.bdh_circuit import SIGNALS, Circuit, Edges, LayerGraphs, Scales, seeded
from cogmem.brian.runtime import require, runtime
from cogmem.errors import InvalidValue

__all__ = [
    "SIGNALS",
    "Edges",
    "LayerGraphs",
    "LayerRun",
    "Scales",
    "SynapseRun",
    "bounds",
    "spiking_layer",
    "spiking_synapses",
]


class SynapseRun(NamedTuple):
    """What synapses did while X and Y fired at given rates.

    Attributes:
        a_count: [neuron] spikes that crossed, counted at their target.
        coincidences: [edge] sub-steps in which both ends fired and the write was let through.
        a: [neuron] a_count as a rate.
        increment: [edge] coincidences in the unit of sigma.
        n_cut: how many times a neuron's probability was above 1 and cut: 0 with scales that are
            large enough.
        events: [round, substep, neuron] 0 or 1 of each of `SIGNALS`, if asked for.
    """

    a_count: Int[np.ndarray, " neuron"]
    coincidences: Int[np.ndarray, " edge"]
    a: Float[np.ndarray, " neuron"]
    increment: Float[np.ndarray, " edge"]
    n_cut: int
    events: dict[str, Int[np.ndarray, "round substep neuron"]]


class LayerRun(NamedTuple):
    """What a layer did.

    Attributes:
        counts: by name, integers: `x_excited`, `x_inhibited`, `x`, `a`, `y_excited`, `y_inhibited`,
            `gate`, `y` [neuron], and `coincidences` [edge].
        x, a, gate, y: [neuron] counts as rates.
        sigma: [edge] after the write and damping.
        n_cut: how many times a neuron's probability was above 1 and cut.
        events: [round, substep, neuron] 0 or 1 of each of `SIGNALS`, if asked for.
    """

    counts: dict[str, Int[np.ndarray, " place"]]
    x: Float[np.ndarray, " neuron"]
    a: Float[np.ndarray, " neuron"]
    gate: Float[np.ndarray, " neuron"]
    y: Float[np.ndarray, " neuron"]
    sigma: Float[np.ndarray, " edge"]
    n_cut: int
    events: dict[str, Int[np.ndarray, "round substep neuron"]]


# ---- what may be asked ---------------------------------------------------------------------------


def spiking_synapses(
    x: Float[np.ndarray, " neuron"],
    y: Float[np.ndarray, " neuron"],
    sigma: Float[np.ndarray, " edge"],
    synapses: Edges,
    *,
    n_substeps: int,
    seed: int,
    scales: Scales | None = None,
    record: bool = False,
    target: str = "numpy",
) -> SynapseRun:
    """Two rounds, read and write, with given rates.

    Expectations are those of the rate model if no probability is cut (`n_cut`).

    Args:
        x, y: rates >= 0.
        sigma: synapses >= 0 that are read.
        synapses: the graph.
        n_substeps: K, of each round.
        seed: of all events; NumPy's own global state is as before in the end.
        scales: largest rates; those of `x`, `y`, `sigma` themselves if None.
        record: also give all events.
        target: Brian2's code generation, "numpy" or "cython".

    Raises:
        InvalidValue: for wrong shapes or values, or if Brian2 is set to another device than its
            runtime.
        MissingExtra: if brian2 is not installed.
        UnknownName: for another target.
    """
    none = Edges(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    graphs = LayerGraphs(none, none, none, none, synapses)
    x, y, sigma = (np.asarray(each, float) for each in (x, y, sigma))
    _check(graphs, {"x": x, "y": y}, sigma, n_substeps)
    scales = scales or bounds(graphs, y, sigma)._replace(x=_largest(x) or 1.0)
    _check_scales(scales, graphs, sigma)
    with runtime(target) as brian, seeded(brian, seed):
        circuit = Circuit(brian, graphs, scales, sigma, len(x))
        rounds = [lambda: circuit.begin("read", x=x), lambda: circuit.begin("write", x=x, y=y)]
        events = circuit.run(rounds, n_substeps, record=record)
        a, met = circuit.counted("a", "read"), circuit.coincidences()
    units = _Units(scales, n_substeps)
    return SynapseRun(a, met, a * units.a, met * units.sigma, circuit.n_cut, events)


def spiking_layer(
    y: Float[np.ndarray, " neuron"],
    sigma: Float[np.ndarray, " edge"],
    graphs: LayerGraphs,
    *,
    n_substeps: int,
    seed: int,
    damping: float = 1.0,
    scales: Scales | None = None,
    record: bool = False,
    target: str = "numpy",
) -> LayerRun:
    """The first layer of a token, with noise carried from round to round.

    Expectations are those of the rate model but for two things, both of which fade as 1 / K.
    Thresholds: max(Xe - Xi, 0) of noisy counts is too large on average. And signals that go back to
    the same count are not independent: the gate is moved by the very X that it is multiplied with.

    Args:
        y: rates that the token begins with, >= 0.
        sigma: synapses that earlier tokens left, >= 0.
        graphs: the five graphs.
        n_substeps: K, of each of five rounds.
        seed: of all events; NumPy's own global state is as before in the end.
        damping: gamma of all synapses, above 0 and up to 1.
        scales: see `Scales`; `bounds` if None.
        record: also give all events.
        target: Brian2's code generation, "numpy" or "cython".

    Raises:
        InvalidValue: for wrong shapes or values, or if Brian2 is set to another device than its
            runtime.
        MissingExtra: if brian2 is not installed.
        UnknownName: for another target.
    """
    y, sigma = (np.asarray(each, float) for each in (y, sigma))
    _check(graphs, {"y": y}, sigma, n_substeps)
    require("damping", damping, 0 < damping <= 1, "above 0 and up to 1")
    scales = scales or bounds(graphs, y, sigma)
    _check_scales(scales, graphs, sigma)
    with runtime(target) as brian, seeded(brian, seed):
        circuit = Circuit(brian, graphs, scales, sigma, len(y))
        layer = _Layer(circuit, _Units(scales, n_substeps), y)
        events = circuit.run(layer.rounds, n_substeps, record=record)
        return layer.result(sigma, damping, events)


def bounds(
    graphs: LayerGraphs, y: Float[np.ndarray, " neuron"], sigma: Float[np.ndarray, " edge"]
) -> Scales:
    """Scales above which no rate of the rate model can be: what excitation alone would give.

    Args:
        graphs: the five graphs.
        y: rates that the token begins with.
        sigma: synapses that are read.
    """
    x = _carried(graphs.x_excited, y)
    a = _carried(graphs.synapses._replace(weight=sigma), x)
    gate = _carried(graphs.y_excited, a)
    largest = dict(zip(SIGNALS, map(_largest, (y, x, a, gate)), strict=True))
    largest |= _largest_weights(graphs, sigma)
    # Where all are 0 no probability is above 0, whatever the scale.
    return Scales(**{name: value or 1.0 for name, value in largest.items()})


def _largest_weights(graphs: LayerGraphs, sigma: np.ndarray) -> dict[str, float]:
    to_x, to_y = (np.concatenate([e.weight, i.weight]) for e, i in (graphs[:2], graphs[2:4]))
    each = {"to_x": to_x, "to_y": to_y, "sigma": sigma, "writing": graphs.synapses.weight}
    return {name: _largest(weights) for name, weights in each.items()}


def _carried(edges: Edges, values: np.ndarray) -> np.ndarray:
    sent = edges.weight * values[edges.source]
    return np.bincount(edges.target, sent, minlength=len(values))


def _largest(values: np.ndarray) -> float:
    return float(np.max(values, initial=0))


class _Units:
    """What one count is worth, as a rate or in the unit of sigma."""

    def __init__(self, scales: Scales, n_substeps: int) -> None:
        self.x = scales.y * scales.to_x / n_substeps
        self.a = scales.x * scales.sigma / n_substeps
        self.gate = scales.a * scales.to_y / n_substeps
        self.y = scales.gate * scales.x / n_substeps
        self.sigma = scales.x * scales.y * scales.writing / n_substeps


# ---- from round to round -------------------------------------------------------------------------


class _Layer:
    """The five rounds of a layer, and what nodes do between them."""

    def __init__(self, circuit: Circuit, units: _Units, y: np.ndarray) -> None:
        self.circuit, self.units, self.y = circuit, units, y
        self.counts: dict[str, np.ndarray] = {}
        self.rounds = [
            lambda: circuit.begin("Y drives X", y=y),
            self._read,
            lambda: circuit.begin("write", x=self._rate("x"), y=y),
            self._drive_y,
            self._meet,
        ]

    def _rate(self, name: str) -> np.ndarray:
        return self.counts[name] * getattr(self.units, name)

    def _threshold(self, node: str, signal: str, name: str) -> None:
        """More of excitation than of inhibition, in counts."""
        for variable in ("excited", "inhibited"):
            self.counts[f"{node}_{variable}"] = self.circuit.counted(signal, variable)
        more = self.counts[f"{node}_excited"] - self.counts[f"{node}_inhibited"]
        self.counts[name] = np.maximum(more, 0)

    def _read(self) -> None:
        self._threshold("x", "x", "x")
        self.circuit.begin("read", x=self._rate("x"))

    def _drive_y(self) -> None:
        self.counts["a"] = self.circuit.counted("a", "read")
        self.circuit.begin("A drives Y", a=self._rate("a"))

    def _meet(self) -> None:
        self._threshold("y", "gate", "gate")
        self.circuit.begin("gate", gate=self._rate("gate"), x=self._rate("x"))

    def result(self, sigma: np.ndarray, damping: float, events: dict[str, np.ndarray]) -> LayerRun:
        """After the last round."""
        self.counts["y"] = self.circuit.counted("x", "met")
        self.counts["coincidences"] = self.circuit.coincidences()
        rates = {name: self._rate(name) for name in ("x", "a", "gate", "y")}
        grown = damping * (sigma + self.counts["coincidences"] * self.units.sigma)
        cut = self.circuit.n_cut
        return LayerRun(counts=self.counts, **rates, sigma=grown, n_cut=cut, events=events)


# ---- checks --------------------------------------------------------------------------------------


def _check(
    graphs: LayerGraphs, rates: dict[str, np.ndarray], sigma: np.ndarray, n_substeps: int
) -> None:
    n = len(next(iter(rates.values())))
    for name, values in rates.items():
        if values.shape != (n,) or n == 0:
            raise InvalidValue(f"{name} has shape {values.shape}, expected ({n},), not empty.")
        _check_positive(name, values)
    for name, edges in graphs._asdict().items():
        _check_edges(name, Edges(*edges), n)
    if sigma.shape != np.shape(graphs.synapses.weight) or sigma.size == 0:
        shape = np.shape(graphs.synapses.weight)
        raise InvalidValue(
            f"sigma has shape {sigma.shape}, expected {shape}, one for each synapse."
        )
    _check_positive("sigma", sigma)
    whole = isinstance(n_substeps, int | np.integer) and n_substeps >= 1
    require("n_substeps", n_substeps, whole, "a whole number from 1 on")


def _check_scales(scales: Scales, graphs: LayerGraphs, sigma: np.ndarray) -> None:
    """Rates may be cut, weights may not: an edge above its scale would never be what it is."""
    for name, scale in scales._asdict().items():
        require(f"scale of {name}", scale, 0 < scale < np.inf, "a finite number above 0")
    for name, largest in _largest_weights(graphs, sigma).items():
        scale = getattr(scales, name)
        require(
            f"scale of {name}", scale, scale >= largest, f"{largest:g} or more, the largest weight"
        )


def _check_edges(name: str, edges: Edges, n: int) -> None:
    shapes = {np.shape(each) for each in edges}
    if len(shapes) > 1 or len(shapes.pop()) != 1:
        raise InvalidValue(f"{name}: source, target and weight differ in length.")
    for end in ("source", "target"):
        nodes = np.asarray(getattr(edges, end))
        if nodes.size and not (nodes.min() >= 0 and nodes.max() < n):
            raise InvalidValue(f"{name}: {end} goes beyond neurons 0 to {n - 1}.")
    _check_positive(name, np.asarray(edges.weight))


def _check_positive(name: str, values: np.ndarray) -> None:
    wrong = values[~((values >= 0) & np.isfinite(values))]
    if wrong.size:
        raise InvalidValue(
            f"{name} holds {wrong[0]:g}, expected finite numbers of 0 or more: what inhibits has "
            "edges of its own."
        )
