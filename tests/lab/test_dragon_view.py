"""Looking inside BDH: traces are the model's own synapses, and sliders change what they say."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from cogmem.errors import InvalidValue
from cogmem.lab import dragon_view
from cogmem.lab.dragon_view import Reader, SpanView, strengthening, wiring
from cogmem.models.bdh import BDH
from cogmem.models.bdh_synapses import synapse_matrix
from cogmem.plots.memory_span import memory_span
from cogmem.plots.neuron_graph import neuron_graph
from cogmem.plots.synapse_strip import synapse_strip
from cogmem.tasks.grammar import Grammar, language_of
from tests.models.bdh_weights import untrained


@pytest.fixture(scope="module")
def reader() -> Reader:
    language = language_of(Grammar())
    model = BDH(language.n_tokens, width=8, n_heads=2, n_neurons=32, n_layers=2, chunk=None)
    return Reader(language, model, untrained(model, 10), np.zeros(1))


@pytest.fixture(scope="module")
def traces(reader) -> xr.Dataset:
    return strengthening(reader, reader.text(9), 3)


def test_a_trace_ends_at_an_entry_of_the_matrix_of_synapses(reader, traces) -> None:
    """Of either head, after the last word, to 1e-5."""
    tokens = reader.text(9)
    activity = reader.model.watch(reader.weights, jnp.asarray(tokens))[0]
    rates = reader.model.turn(jnp.float32).frequencies
    ends = [
        synapse_matrix(activity.y[0, head], activity.x[1, head], rates[head], at=len(tokens))
        for head in range(2)
    ]
    distance = np.abs(np.stack(ends).ravel()[None] - traces["value"].values[:, -1:]).min(axis=1)
    assert (distance < 1e-5).all()


def test_no_synapse_is_shown_twice(reader) -> None:
    traces = strengthening(reader, reader.text(30, seed=1), 6)
    assert len(np.unique(traces["value"].values, axis=0)) == 6


def test_a_synapse_grows_most_at_the_word_that_it_was_chosen_for(reader) -> None:
    """Where nothing turns, what a word adds is what it writes."""
    still = reader._replace(model=replace(reader.model, rotary=False))
    traces = strengthening(still, reader.text(9), 3)
    words = [str(reader.language.words[token]) for token in reader.text(9)]
    assert len(set(traces["synapse"].values)) == 3
    for at, name in enumerate(traces["synapse"].values):
        written = np.diff(np.r_[0, traces["value"].values[at]])
        assert written.min() >= -1e-6
        assert written[np.array(words) == name].max() > written.mean()
    assert synapse_strip(traces).axes[0].get_xlim() == (-0.5, 8.5)


def test_the_first_layer_has_no_synapses_of_that_kind(reader) -> None:
    with pytest.raises(InvalidValue, match="layer before it"):
        strengthening(reader, reader.text(5), layer=0)


def test_the_graph_has_the_strongest_connections(reader) -> None:
    pytest.importorskip("networkx")
    graph = wiring(reader, n_edges=20)
    dx, e = np.asarray(reader.weights.to_x[0]), np.asarray(reader.weights.from_y[0])
    g = (e @ dx).T
    np.fill_diagonal(g, -np.inf)
    np.testing.assert_allclose(graph["weight"], np.sort(g.ravel())[::-1][:20], rtol=1e-5)
    assert int(graph["degree"].sum()) == 2 * 20
    assert len(neuron_graph(graph).axes[0].collections) == 2


def test_damping_moves_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one length, because each is a program of its own."""
    pytest.importorskip("ipywidgets")
    monkeypatch.setattr(dragon_view, "_LENGTHS", (4,))
    model = BDH(20, width=32, n_heads=2, n_neurons=8, n_layers=2)
    view = SpanView({8: untrained(model, 10)})
    found = view.dataset(view.values)
    assert (found["right"] <= found["length"]).all()
    assert memory_span(found).axes[0].get_ylabel().endswith("(words)")
    before = view.picture(view.values)
    view.update(damping=0.4)
    assert view.picture(view.values) != before
