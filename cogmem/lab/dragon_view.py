"""Look inside a Dragon Hatchling: synapses while it reads, its graph, and its memory span.

reader = small_reader()                       # learns a small language, half a minute
synapse_strip(strengthening(reader, reader.text(seed=1)))
neuron_graph(wiring(reader))
SpanView(small_spans())                       # in a notebook: sliders of neurons and damping
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue, MissingExtra
from cogmem.lab.sliders import Sliders, widgets
from cogmem.measures.interaction_graph import (
    best_partition,
    degrees,
    interaction,
    strongest_edges,
)
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_synapses import synapse
from cogmem.models.parameters import Parameter
from cogmem.models.sequence_learning import Training, learn
from cogmem.models.sequence_model import Passage
from cogmem.participants.sequence_school import prefixes, sit, speakable, taught
from cogmem.plots.memory_span import memory_span
from cogmem.plots.style import house_style
from cogmem.tasks.grammar import Grammar, Language, draw, language_of
from cogmem.tasks.word_recall import serial_recall
from cogmem.tasks.word_tokens import WordTokens

__all__ = ["Reader", "SpanView", "small_reader", "small_spans", "strengthening", "wiring"]

_LENGTHS = (2, 4, 6)
_HERE = "this picture"


# ---- reading -------------------------------------------------------------------------------------


class Reader(NamedTuple):
    """A model that has learnt a small language.

    Attributes:
        language: what it has learnt.
        model: who.
        weights: what it knows.
        losses: [step] nats per token.
    """

    language: Language
    model: BDH
    weights: Weights
    losses: Float[np.ndarray, " step"]

    def text(self, length: int = 30, *, seed: int = 0) -> Int[np.ndarray, " time"]:
        """So many tokens of the language."""
        return np.asarray(draw(self.language, 1, length, key=jax.random.key(seed)).tokens[0])


def small_reader(n_steps: int = 300, *, seed: int = 0) -> Reader:
    """BDH of 128 neurons and three layers, after so many steps of 16 texts of 64 tokens.

    Args:
        n_steps: of AdamW at a rate of .003 that falls to a tenth.
        seed: of the weights and the texts.
    """
    language = language_of(Grammar())
    model = BDH(language.n_tokens, width=32, n_heads=2, n_neurons=128, n_layers=3, chunk=None)
    first, lessons = jax.random.split(jax.random.key(seed))
    text = draw(language, n_steps * 16, 64, key=lessons)
    passages = Passage(*(part.reshape(n_steps, 16, -1) for part in text[:3]))
    training = Training(learning_rate=3e-3, n_steps=n_steps)
    done = learn(model, training, training.begin(model.begin(key=first)), passages)
    return Reader(language, model, done.learning.weights, np.asarray(done.losses))


def strengthening(
    reader: Reader, tokens: Int[np.ndarray, " time"], n_synapses: int = 4, *, layer: int = -1
) -> xr.Dataset:
    """Synapses that these tokens strengthen, each by one word more than by the others.

    Of every synapse (i, j) of a layer, a token writes y_i of the layer before times x_j (Eq. 16 of
    Kosowski et al., 2025). For each place, the synapse that gains most there and least elsewhere is
    looked up; shown are those of the largest gains, of different words, and no synapse twice.

    Args:
        reader: who reads.
        tokens: what is read, from empty synapses.
        n_synapses: how many are shown, at most.
        layer: the second one or a later one; the first has no layer before it.

    Returns:
        `value` (synapse, place) after each token, with the words of all places (`word`) and the
        word that each synapse was chosen for (`synapse`).

    Raises:
        InvalidValue: if there is no layer before that one.
    """
    if not layer % reader.model.n_layers >= 1:
        raise InvalidValue(f"layer is {layer}, expected one with a layer before it.")
    layer %= reader.model.n_layers
    activity = reader.model.watch(reader.weights, jnp.asarray(tokens))[0]
    y, x = np.asarray(activity.y[layer - 1]), np.asarray(activity.x[layer])
    words = [str(reader.language.words[token]) for token in tokens]
    turn = reader.model.turn(jnp.float32)
    shown, values = [], []
    chosen: list[tuple[int, int, int]] = []
    for place in _places(y, x, words)[:n_synapses]:
        head, i, j = _written(y, x, place, chosen)
        chosen.append((head, i, j))
        rate = None if turn.frequencies is None else turn.frequencies[head]
        ends = activity.y[layer - 1, head], activity.x[layer, head]
        trace = synapse(*ends, i, j, rate, turn.damping[head])
        values.append(np.asarray(trace[1:, 0]))
        shown.append(words[place])
    coords = {"synapse": shown, "place": np.arange(len(words)), "word": ("place", words)}
    attrs = {"long_name": "Synapse", "layer": layer + 1}
    return xr.Dataset({"value": (("synapse", "place"), np.stack(values), attrs)}, coords)


def _gains(y: np.ndarray, x: np.ndarray, place: int) -> np.ndarray:
    """[head, i, j] what a place writes, beyond what all places write on average."""
    mean = np.einsum("hti,htj->hij", y, x) / y.shape[1]
    return y[:, place, :, None] * x[:, place, None, :] - mean


def _written(
    y: np.ndarray, x: np.ndarray, place: int, but: list[tuple[int, int, int]]
) -> tuple[int, int, int]:
    """Head, i and j of the synapse that gains most at a place, but for those already chosen."""
    gains = _gains(y, x, place)
    for synapse_chosen in but:
        gains[synapse_chosen] = -np.inf
    head, i, j = np.unravel_index(np.argmax(gains), gains.shape)
    return int(head), int(i), int(j)


def _places(y: np.ndarray, x: np.ndarray, words: list[str]) -> list[int]:
    """Places of the largest gains, one for each different word."""
    gains = [float(_gains(y, x, place).max()) for place in range(len(words))]
    first: dict[str, int] = {}
    for place in np.argsort(gains)[::-1]:
        first.setdefault(words[place], int(place))
    return sorted(first.values(), key=lambda place: -gains[place])


def wiring(reader: Reader, head: int = 0, n_edges: int = 150, *, seed: int = 0) -> xr.Dataset:
    """The strongest connections of G = Dx E in one head, laid out, with communities.

    Args:
        reader: whose graph.
        head: which.
        n_edges: the strongest so many; neurons without any are left out.
        seed: of the layout and of the search for communities.

    Returns:
        `x`, `y`, `degree` and `community` (neuron); `source`, `target` and `weight` (edge).

    Raises:
        MissingExtra: if networkx is not installed.
    """
    weights = reader.weights
    g = interaction(weights.to_x[head], weights.from_y[head])
    edges = strongest_edges(g, n_edges)
    q, community = best_partition(edges, len(g), seed=seed)
    there = np.unique(edges)
    place = _layout(edges, there, seed)
    count = degrees(edges, len(g))
    local = np.searchsorted(there, edges)
    return xr.Dataset(
        {
            "x": ("neuron", place[:, 0]),
            "y": ("neuron", place[:, 1]),
            "degree": ("neuron", (count.incoming + count.outgoing)[there]),
            "community": ("neuron", community[there]),
            "source": ("edge", local[:, 0]),
            "target": ("edge", local[:, 1]),
            "weight": ("edge", g[edges[:, 1], edges[:, 0]]),
        },
        {"neuron": there},
        {"modularity": q, "head": head},
    )


def _layout(
    edges: Int[np.ndarray, "edge 2"], there: Int[np.ndarray, " neuron"], seed: int
) -> Float[np.ndarray, "neuron 2"]:
    """Connections as springs."""
    try:
        import networkx
    except ImportError as error:
        raise MissingExtra("networkx", "graphs") from error
    graph = networkx.Graph(edges.tolist())
    places = networkx.spring_layout(graph, seed=seed, k=1.6 / len(there) ** 0.5, iterations=200)
    return np.array([places[neuron] for neuron in there])


# ---- span ----------------------------------------------------------------------------------------

_VOCABULARY = WordTokens(12)


@cache
def _drawn() -> Any:
    return partial(serial_recall, _VOCABULARY, lengths=(1, _LENGTHS[-1]), fillers=(0, 4))


def _of(n_neurons: int, damping: float = 1.0) -> BDH:
    return BDH(
        _VOCABULARY.n_tokens,
        width=32,
        n_heads=2,
        n_neurons=n_neurons,
        n_layers=2,
        damping=jnp.asarray(damping, jnp.float32),
        chunk=None,
    )


def small_spans(
    sizes: tuple[int, ...] = (32, 128), n_steps: int = 600, *, seed: int = 0
) -> dict[int, Weights]:
    """Models of several numbers of neurons, each taught serial recall of lists of 1 to 6 words.

    Up to four fillers come between study and recall. Undamped; damping is for tests.

    Args:
        sizes: neurons of each model.
        n_steps: of 32 lists.
        seed: of weights and lists.

    Returns:
        Weights by number of neurons.
    """
    training = Training(learning_rate=3e-3, n_steps=n_steps)
    key = jax.random.key(seed)
    lessons = partial(taught, training=training, n_steps=n_steps, batch=32, key=key, block=100)
    return {n: lessons(_of(n), _drawn()).weights for n in sizes}


class SpanView(Sliders):
    """Words recalled in their places by list length; sliders for neurons, damping and fillers."""

    def __init__(self, spans: Mapping[int, Weights] | None = None, *, seed: int = 0) -> None:
        """Take models, or teach them now.

        Args:
            spans: weights by number of neurons, as of `small_spans`.
            seed: of the 100 lists of each length.

        Raises:
            MissingExtra: if ipywidgets is not installed.
        """
        widgets()  # before the minute that teaching takes
        self._spans = dict(small_spans() if spans is None else spans)
        self._key = jax.random.key(seed)
        few, many = min(self._spans), max(self._spans)
        meaning = f"neurons; the nearest of {', '.join(map(str, sorted(self._spans)))}"
        entries = {
            "neurons": Parameter(many, (few, many), (few, many), "1", _HERE, meaning),
            "damping": Parameter(1, (0.3, 1), (0.3, 1), "1", _HERE, "gamma, by a token"),
            "fillers": Parameter(0, (0, 4), (0, 4), "1", _HERE, "between study and recall"),
        }
        super().__init__(entries, {"neurons": many, "damping": 1.0, "fillers": 0})

    def dataset(self, values: Mapping[str, float]) -> xr.Dataset:
        """Words in their places (length) of 100 lists of each length.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        self._check(values)
        n = min(self._spans, key=lambda size: abs(size - values["neurons"]))
        model, fillers = _of(n, values["damping"]), round(values["fillers"])
        right = [_right(model, self._spans[n], k, fillers, self._key) for k in _LENGTHS]
        about = {"neurons": n, "damping": float(values["damping"]), "fillers": fillers}
        return xr.Dataset({"right": ("length", right)}, {"length": np.array(_LENGTHS)}, about)

    def picture(self, values: Mapping[str, float]) -> bytes:
        """The curve as PNG."""
        figure, png = memory_span(self.dataset(values)), io.BytesIO()
        with house_style():
            figure.savefig(png, format="png", dpi=120)
        return png.getvalue()


def _right(model: BDH, weights: Weights, length: int, fillers: int, key: PRNGKeyArray) -> float:
    """Words of a list in their places, mean of 100 lists, recalled freely running."""
    draw, say = jax.random.split(key)
    shuffled = jax.random.permutation(draw, jnp.tile(jnp.arange(12), (100, 1)), 1, independent=True)
    words = shuffled[:, :length]
    read, words_only = prefixes(_VOCABULARY, words, fillers), speakable(_VOCABULARY)
    how: dict[str, Any] = {"allowed": words_only, "stop": _VOCABULARY.stop, "key": say}
    sat = sit(model, weights, read, length, temperature=0.0, **how)
    return float((np.asarray(sat.tokens) == np.asarray(words)).sum(1).mean())
