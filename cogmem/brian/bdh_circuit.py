"""Populations and edges of `cogmem.brian.bdh_graph`: who fires, what crosses, what meets.

In every sub-step each neuron fires with its probability, and each edge that is open in this round
lets through with its own. A spike that meets an edge that lets it through has crossed, and is
counted: two independent events again.

Slots of a sub-step: `start`, a new round; `groups`, who fires and what lets through; `thresholds`;
`synapses`, crossings and coincidences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

__all__ = ["SIGNALS", "Circuit", "Edges", "LayerGraphs", "Scales", "seeded"]

SIGNALS = ("y", "x", "a", "gate")
"""What fires."""

NEURON = """
chance : 1
fires : integer
excited : integer
inhibited : integer
read : integer
met : integer
"""

EDGE = """
release : 1
open : integer (shared)
lets : integer
"""

FIRES = "fires = int(rand() < chance)"
LETS = "lets = open * int(rand() < release)"
CROSSES = "{variable}_post += lets"
COINCIDES = "count += lets * fires_post"
MEETS = "met_post += open * fires_post"


class Edges(NamedTuple):
    """A graph as a list: edge e leads from source[e] to target[e].

    Attributes:
        source, target: neurons.
        weight: >= 0.
    """

    source: Int[np.ndarray, " edge"]
    target: Int[np.ndarray, " edge"]
    weight: Float[np.ndarray, " edge"]


class LayerGraphs(NamedTuple):
    """The five graphs: from Y to X, from A to Y, and the synapses from X to A.

    Attributes:
        x_excited, x_inhibited: Gx_e and Gx_i.
        y_excited, y_inhibited: Gy_e and Gy_i.
        synapses: Gs; the weights say how strongly each is written.
    """

    x_excited: Edges
    x_inhibited: Edges
    y_excited: Edges
    y_inhibited: Edges
    synapses: Edges


class Scales(NamedTuple):
    """The rate, weight or synapse of which the probability is 1.

    Attributes:
        y, x, a, gate: of rates.
        to_x, to_y: of weights, excitatory and inhibitory.
        sigma: of synapses while they are read.
        writing: of the weights Gs.
    """

    y: float
    x: float
    a: float
    gate: float
    to_x: float
    to_y: float
    sigma: float
    writing: float


class Circuit:
    """Four populations, the edges between them, and which of these are open in a round."""

    def __init__(
        self, brian: Any, graphs: LayerGraphs, scales: Scales, sigma: np.ndarray, n: int
    ) -> None:
        self.brian, self.scales, self.n = brian, scales, n
        self.n_cut, self.n_drawing = 0, 0
        self.clock = brian.Clock(dt=brian.ms, name="bdh_clock*")
        self.groups = {name: self._population(name) for name in SIGNALS}
        to_x, to_y, synapses = scales.to_x, scales.to_y, graphs.synapses
        self.edges = {
            "Y drives X": [
                *self._crossing(graphs.x_excited, "y", "x", "excited", to_x),
                *self._crossing(graphs.x_inhibited, "y", "x", "inhibited", to_x),
            ],
            "read": self._crossing(synapses._replace(weight=sigma), "x", "a", "read", scales.sigma),
            "write": self._meeting(synapses, scales.writing),
            "A drives Y": [
                *self._crossing(graphs.y_excited, "a", "gate", "excited", to_y),
                *self._crossing(graphs.y_inhibited, "a", "gate", "inhibited", to_y),
            ],
            "gate": self._product(),
        }

    def begin(self, name: str, **rates: Float[np.ndarray, " neuron"]) -> None:
        """A round: who fires at which rates, and which edges are open; all others are not."""
        for signal, group in self.groups.items():
            chance = rates.get(signal, np.zeros(self.n)) / getattr(self.scales, signal)
            self.n_cut += int((chance > 1).sum())
            group.chance = np.minimum(chance, 1)
        for other, edges in self.edges.items():
            for each in edges:
                each.open = int(other == name)

    def counted(self, signal: str, variable: str) -> Int[np.ndarray, " neuron"]:
        """What neurons of a population have counted so far."""
        return np.array(getattr(self.groups[signal], variable)[:])

    def coincidences(self) -> Int[np.ndarray, " edge"]:
        """What synapses have counted, in the order of their edges."""
        return np.array(self.edges["write"][0].count[:])

    def run(
        self, rounds: Sequence[Callable[[], None]], n_substeps: int, *, record: bool
    ) -> dict[str, Int[np.ndarray, "round substep neuron"]]:
        """Call each of the rounds when it begins, and let sub-steps follow.

        Returns:
            Events by signal, 0 or 1, if they are recorded.
        """
        step = self.clock.variables["timestep"]

        def start() -> None:
            number, within = divmod(int(step.get_value()[0]), n_substeps)
            if within == 0:
                rounds[number]()

        operation = self.brian.NetworkOperation(start, clock=self.clock, when="start")
        watched = self.groups.items() if record else ()
        seen = {name: self.brian.SpikeMonitor(group) for name, group in watched}
        edges = [each for parts in self.edges.values() for each in parts]
        network = self.brian.Network(*self.groups.values(), *edges, operation, *seen.values())
        n_steps = len(rounds) * n_substeps
        network.run(n_steps * self.brian.ms, namespace={})
        raster = {name: self._raster(monitor, n_steps) for name, monitor in seen.items()}
        return {name: each.reshape(-1, n_substeps, self.n) for name, each in raster.items()}

    # ---- what there is

    def _population(self, name: str) -> Any:
        how = {"threshold": "fires > 0", "reset": "", "clock": self.clock}
        group = self.brian.NeuronGroup(self.n, NEURON, name=f"bdh_{name}*", **how)
        self._each_substep(group, FIRES)
        return group

    def _crossing(
        self, edges: Edges, source: str, to: str, variable: str, scale: float
    ) -> list[Any]:
        """Spikes that cross add to a count of the neuron they reach."""
        return self._connected(edges, (source, to), EDGE, CROSSES.format(variable=variable), scale)

    def _meeting(self, edges: Edges, scale: float) -> list[Any]:
        """Each synapse counts the sub-steps in which X and Y at its ends fire."""
        return self._connected(edges, ("x", "y"), EDGE + "count : integer\n", COINCIDES, scale)

    def _product(self) -> list[Any]:
        """Each neuron's gate meets its own X."""
        each = np.arange(self.n)
        return self._connected(Edges(each, each, np.ones(self.n)), ("gate", "x"), EDGE, MEETS, 1.0)

    def _connected(
        self, edges: Edges, ends: tuple[str, str], model: str, on_pre: str, scale: float
    ) -> list[Any]:
        """One object of Brian2, or none for no edges."""
        if len(edges.weight) == 0:
            return []
        groups = [self.groups[name] for name in ends]
        how = {"on_pre": on_pre, "clock": self.clock, "name": "bdh_edges*"}
        found = self.brian.Synapses(*groups, model, **how)
        found.connect(i=np.asarray(edges.source, int), j=np.asarray(edges.target, int))
        found.release = np.asarray(edges.weight) / scale
        self._each_substep(found, LETS)
        return [found]

    def _each_substep(self, group: Any, code: str) -> None:
        """In the order of construction, else that of names, which differ from run to run."""
        self.n_drawing += 1
        group.run_regularly(code, clock=self.clock, when="groups", order=self.n_drawing)

    def _raster(self, monitor: Any, n_steps: int) -> Int[np.ndarray, "substep neuron"]:
        events = np.zeros((n_steps, self.n), np.int8)
        np.add.at(events, (np.rint(monitor.t / self.brian.ms).astype(int), monitor.i[:]), 1)
        return events


@contextmanager
def seeded(brian: Any, seed: int) -> Iterator[None]:
    """Brian2 draws from NumPy's global generator, which is given back as it was."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        brian.seed(seed)
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
