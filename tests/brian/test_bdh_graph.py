"""Spikes of a layer of BDH, in Brian2: integers, products without bias, errors as K^(-1/2).

Conformance 12. The rate model is `cogmem.models.bdh_graph`, from the same graphs.
"""

from __future__ import annotations

import sys
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.brian.bdh_graph import (
    SIGNALS,
    Edges,
    LayerGraphs,
    LayerRun,
    Scales,
    bounds,
    spiking_layer,
    spiking_synapses,
)
from cogmem.errors import InvalidValue, MissingExtra, UnknownName
from cogmem.models.bdh_graph import ROUNDS, GraphBDH, GraphRun, graph_bdh

brian2 = pytest.importorskip("brian2")
# Brian2 uses older names of pyparsing's.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

N, COPIES, GAMMA = 6, 40, 0.9
RNG = np.random.default_rng(0)
MAPS = [RNG.normal(size=size) for size in ((4, N), (4, N), (N, 4))]
X, Y = RNG.random((2, N))
Y_IN = np.maximum(RNG.normal(size=(3, N)), 0)


def copied(edges: Edges, n_copies: int, n: int = N) -> Edges:
    """Copies of a graph side by side, which share nothing."""
    shift = n * np.repeat(np.arange(n_copies), len(edges.weight))
    source, target, weight = (np.tile(each, n_copies) for each in edges)
    return Edges(source + shift, target + shift, weight)


def dense(weight: np.ndarray) -> Edges:
    """All edges of a matrix [target, source]."""
    target, source = np.indices(weight.shape).reshape(2, -1)
    return Edges(source, target, weight.ravel())


SIGMA, WRITE = RNG.random((2, N, N))
SYNAPSES = dense(WRITE)


def given_rates(n_substeps: int, n_copies: int = COPIES, seed: int = 1, **how: Any) -> Any:
    """Copies of one small net at the rates X and Y."""
    sigma = np.tile(SIGMA.ravel(), n_copies)
    rates = np.tile(X, n_copies), np.tile(Y, n_copies)
    edges = copied(SYNAPSES, n_copies)
    return spiking_synapses(*rates, sigma, edges, n_substeps=n_substeps, seed=seed, **how)


@pytest.fixture(scope="module")
def graph() -> GraphBDH:
    return graph_bdh(*MAPS, n_layers=1, hidden=False, damping=GAMMA)


@pytest.fixture(scope="module")
def graphs(graph: GraphBDH) -> LayerGraphs:
    def plain(edges: Any) -> Edges:
        return Edges(*(np.asarray(getattr(edges, name)) for name in Edges._fields))

    wires = graph.to_x.excitatory, graph.to_x.inhibitory, graph.to_y.excitatory
    return LayerGraphs(*map(plain, (*wires, graph.to_y.inhibitory, graph.synapses.edges)))


@pytest.fixture(scope="module")
def before(graph: GraphBDH) -> np.ndarray:
    """What two tokens left in the synapses."""
    return np.asarray(graph.run(jnp.asarray(Y_IN[:2])).sigma[0], float)


@pytest.fixture(scope="module")
def rates(graph: GraphBDH, before: np.ndarray) -> GraphRun:
    """The third token in the rate model."""
    sigma = jnp.asarray(before, jnp.float32)[None]
    return graph.run(jnp.asarray(Y_IN[2:], jnp.float32), sigma, record=True)


def layer(graphs: LayerGraphs, before: np.ndarray, n_substeps: int, n_copies: int) -> LayerRun:
    many = LayerGraphs(*(copied(each, n_copies) for each in graphs))
    y, sigma = np.tile(Y_IN[2], n_copies), np.tile(before, n_copies)
    return spiking_layer(y, sigma, many, n_substeps=n_substeps, seed=2, damping=GAMMA)


# ---- integers ------------------------------------------------------------------------------------


def test_signals_are_0_or_1_and_counts_are_integers(
    graphs: LayerGraphs, before: np.ndarray
) -> None:
    """Every event of every signal in every sub-step; all that nodes and synapses count."""
    run = spiking_layer(Y_IN[2], before, graphs, n_substeps=40, seed=3, record=True)
    assert set(run.events) == set(SIGNALS)
    for events in run.events.values():
        assert events.shape == (5, 40, N)
        assert events.dtype == np.int8
        assert set(np.unique(events)) == {0, 1}
    for name, count in run.counts.items():
        assert np.issubdtype(count.dtype, np.integer), name
        assert count.min() >= 0, name
        assert count.max() > 0, name
    silent = {"y": (1, 3, 4), "x": (0, 3), "a": (0, 1, 2, 4), "gate": (0, 1, 2, 3)}
    for name, rounds in silent.items():
        assert not run.events[name][list(rounds)].any(), name


def test_counts_are_sums_of_events(graphs: LayerGraphs, before: np.ndarray) -> None:
    """Where every spike crosses (all weights at their scale), counts follow exactly from events."""
    ones = LayerGraphs(*(each._replace(weight=np.ones(len(each.weight))) for each in graphs))
    run = spiking_layer(Y_IN[2], np.ones(N * N), ones, n_substeps=30, seed=4, record=True)
    y, x, a, gate = (run.events[name].astype(int) for name in ("y", "x", "a", "gate"))
    for edges, sent, name in (
        (ones.x_excited, y[0], "x_excited"),
        (ones.x_inhibited, y[0], "x_inhibited"),
        (ones.synapses, x[1], "a"),
        (ones.y_excited, a[3], "y_excited"),
        (ones.y_inhibited, a[3], "y_inhibited"),
    ):
        arrived = np.bincount(edges.target, sent.sum(axis=0)[edges.source], minlength=N)
        np.testing.assert_array_equal(run.counts[name], arrived)
    both = (x[2][:, ones.synapses.source] * y[2][:, ones.synapses.target]).sum(axis=0)
    np.testing.assert_array_equal(run.counts["coincidences"], both)
    np.testing.assert_array_equal(run.counts["y"], (x[4] * gate[4]).sum(axis=0))
    more = run.counts["x_excited"] - run.counts["x_inhibited"]
    np.testing.assert_array_equal(run.counts["x"], np.maximum(more, 0))


# ---- products ------------------------------------------------------------------------------------


def test_mean_increment_is_the_product() -> None:
    """36 synapses, 200 copies, K = 20: each mean within 4 standard errors of Gs Y X."""
    n_copies, n_substeps = 200, 20
    run = given_rates(n_substeps, n_copies)
    found = run.increment.reshape(n_copies, N, N)
    expected = WRITE * Y[:, None] * X[None]
    chance = expected / (WRITE.max() * Y.max() * X.max())
    unit = WRITE.max() * Y.max() * X.max()
    variance = unit**2 * chance * (1 - chance) / n_substeps
    off = (found.mean(axis=0) - expected) / np.sqrt(variance / n_copies)
    assert np.abs(off).max() < 4
    # The standard errors themselves are right: the variance over copies is that of binomial counts.
    assert np.mean(found.var(axis=0) / variance) == pytest.approx(1, abs=0.1)


def test_error_of_the_read_falls_as_the_root_of_sub_steps() -> None:
    """Slope of log RMS error over log K is -0.5 +- 0.1; 40 copies of 6 neurons, K = 1 to 256.

    The same for the coincidences of synapses. Errors are those of binomial counts, to 15 %.
    """
    ks = 4 ** np.arange(5)
    runs = [given_rates(int(k), seed=int(k)) for k in ks]
    a = np.array([run.a.reshape(COPIES, N) - SIGMA @ X for run in runs])
    product = (WRITE * Y[:, None] * X[None]).ravel()
    grown = np.array([run.increment.reshape(COPIES, -1) - product for run in runs])
    for errors in (a, grown):
        rms = np.sqrt((errors**2).mean(axis=(1, 2)))
        assert np.polyfit(np.log(ks), np.log(rms), 1)[0] == pytest.approx(-0.5, abs=0.1)
    unit = X.max() * SIGMA.max()
    crosses = SIGMA * X[None] / unit
    variance = unit**2 * (crosses * (1 - crosses)).sum(axis=1).mean() / ks
    np.testing.assert_allclose((a**2).mean(axis=(1, 2)), variance, rtol=0.3)


def test_a_layer_approaches_the_rate_model(
    graphs: LayerGraphs, before: np.ndarray, rates: GraphRun
) -> None:
    """From K = 64 to 1024, all of X, A, Y and sigma err by a third or less of what they did."""
    at = ROUNDS.index("read")
    expected = {
        "x": rates.nodes.x[0, 0, at, 0],
        "a": rates.nodes.a[0, 0, at, 0],
        "y": rates.y[0, 0],
        "sigma": rates.sigma[0],
    }
    few, many = (layer(graphs, before, k, 20) for k in (64, 1024))
    for name, value in expected.items():
        value = np.asarray(value)
        errors = [
            np.sqrt(((getattr(run, name).reshape(20, -1) - value) ** 2).mean() / (value**2).mean())
            for run in (few, many)
        ]
        assert errors[1] < errors[0] / 3, name


def test_thresholds_of_noisy_counts_are_too_high(
    graphs: LayerGraphs, before: np.ndarray, rates: GraphRun
) -> None:
    """X of neurons that the rate model keeps silent is above 0 with few sub-steps: a bias."""
    silent = np.asarray(rates.nodes.x[0, 0, 1, 0]) == 0
    assert silent.any()
    found = layer(graphs, before, 8, 200).x.reshape(200, N)[:, silent]
    assert found.mean() > 4 * found.std() / np.sqrt(found.size)


# ---- scales and seeds ----------------------------------------------------------------------------


def test_no_rate_of_the_rate_model_is_beyond_its_scale(
    graphs: LayerGraphs, before: np.ndarray, rates: GraphRun
) -> None:
    scales = bounds(graphs, Y_IN[2], before)
    at = ROUNDS.index("read")
    for name in ("x", "a"):
        largest = float(getattr(rates.nodes, name)[0, 0, at, 0].max())
        assert getattr(scales, name) >= largest * (1 - 1e-6), name  # the rate model is in float32
    assert scales.sigma == before.max()


def test_cut_rates_are_counted(graphs: LayerGraphs, before: np.ndarray) -> None:
    """With a scale of Y at half of the largest rate, at least that neuron is cut, twice."""
    scales = bounds(graphs, Y_IN[2], before)
    half = scales._replace(y=scales.y / 2)
    assert isinstance(half, Scales)
    run = spiking_layer(Y_IN[2], before, graphs, n_substeps=5, seed=0, scales=half)
    assert run.n_cut >= 2


def test_cut_rates_that_were_given_are_counted() -> None:
    """Both neurons that fire, in all 10 sub-steps of two rounds, X twice and Y once."""
    one = Edges(np.zeros(1, int), np.zeros(1, int), np.ones(1))
    half = bounds(LayerGraphs(*(one,) * 5), np.ones(1), np.ones(1))._replace(x=0.5, y=0.5)
    how = {"n_substeps": 10, "seed": 0}
    assert spiking_synapses(np.ones(1), np.ones(1), np.ones(1), one, scales=half, **how).n_cut > 0
    assert spiking_synapses(np.ones(1), np.ones(1), np.ones(1), one, **how).n_cut == 0


def test_a_gate_and_the_x_it_meets_are_not_independent() -> None:
    """One neuron, Gx = .5, all else 1: y is .25 + .25 / K on average, within 4 standard errors."""
    n_copies, n_substeps = 1600, 4
    one = Edges(np.zeros(1, int), np.zeros(1, int), np.ones(1))
    none = Edges(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    half = one._replace(weight=np.full(1, 0.5))
    graphs = LayerGraphs(*(copied(g, n_copies, 1) for g in (half, none, one, none, one)))
    ones = np.ones(n_copies)
    scales = Scales(**dict.fromkeys(Scales._fields, 1.0))
    run = spiking_layer(ones, ones, graphs, n_substeps=n_substeps, seed=0, scales=scales)
    assert run.n_cut == 0
    error = run.y.std(ddof=1) / n_copies**0.5
    assert abs(run.y.mean() - (0.25 + 0.25 / n_substeps)) < 4 * error
    assert run.y.mean() - 0.25 > 2 * error


def test_seeds_and_numpys_own_state() -> None:
    """One seed, one course; the global generator and Brian2's preferences stay as they were."""
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    target = brian2.prefs["codegen.target"]
    one, same, other = (given_rates(10, 2, seed=seed) for seed in (1, 1, 2))
    assert np.random.random() == expected  # noqa: NPY002
    assert brian2.prefs["codegen.target"] == target
    np.testing.assert_array_equal(one.coincidences, same.coincidences)
    assert (one.coincidences != other.coincidences).any()


# ---- slips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": -X}, "x holds -"),
        ({"x": X[1:]}, r"y has shape \(6,\), expected \(5,\)"),
        ({"y": Y * np.nan}, "y holds nan"),
        ({"sigma": SIGMA}, r"sigma has shape \(6, 6\), expected \(36,\)"),
        ({"sigma": -SIGMA.ravel()}, "sigma holds -"),
        ({"synapses": SYNAPSES._replace(source=SYNAPSES.source + 1)}, "source goes beyond"),
        ({"synapses": SYNAPSES._replace(weight=np.ones(3))}, "differ in length"),
        ({"n_substeps": 0}, "n_substeps is 0, expected a whole number from 1 on"),
        ({"n_substeps": 1.5}, "n_substeps is 1.5"),
    ],
)
def test_wrong_values_are_named(change: dict, message: str) -> None:
    given = {"x": X, "y": Y, "sigma": SIGMA.ravel(), "synapses": SYNAPSES} | change
    with pytest.raises(InvalidValue, match=message):
        spiking_synapses(**{"n_substeps": 3, "seed": 0} | given)


def test_wrong_layers_are_named(graphs: LayerGraphs, before: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match=r"damping is 1\.5, expected above 0 and up to 1"):
        spiking_layer(Y_IN[2], before, graphs, n_substeps=3, seed=0, damping=1.5)
    with pytest.raises(UnknownName, match=r"'fortran'.*Known: cython, numpy"):
        spiking_layer(Y_IN[2], before, graphs, n_substeps=3, seed=0, target="fortran")


def test_weights_are_not_cut(graphs: LayerGraphs, before: np.ndarray) -> None:
    scales = bounds(graphs, Y_IN[2], before)
    for name in ("to_x", "sigma"):
        low = scales._replace(**{name: getattr(scales, name) / 2})
        with pytest.raises(InvalidValue, match=f"scale of {name} is .* the largest weight"):
            spiking_layer(Y_IN[2], before, graphs, n_substeps=3, seed=0, scales=low)
    with pytest.raises(InvalidValue, match=r"scale of gate is 0\.0, expected a finite number"):
        spiking_layer(
            Y_IN[2], before, graphs, n_substeps=3, seed=0, scales=scales._replace(gate=0.0)
        )


def test_without_brian2_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brian2", None)
    with pytest.raises(MissingExtra, match=r"cogmem\[spiking\]"):
        given_rates(3, 1)
