"""Baselines: by hand, at once as one by one, blind to what comes later, and how much they learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.bdh import BDH
from cogmem.models.networks import (
    Cache,
    Kind,
    RecurrentNetwork,
    Transformer,
    random_cells,
    recur,
    sized,
)
from cogmem.models.parameters import replace
from cogmem.models.sequence_learning import Training, learn, windows
from cogmem.models.sequence_model import count_weights

KEY = jax.random.key(0)
TOKENS = np.random.default_rng(0).integers(0, 7, 11).astype(np.int32)
MODELS: dict[str, Any] = {
    "Transformer": Transformer(7, 8, n_heads=2, n_layers=2, n_positions=12),
    "ALiBi": Transformer(7, 8, n_heads=2, n_layers=2, n_positions=12, position="ALiBi", tied=True),
    "RNN": RecurrentNetwork(7, 8, n_layers=2, kind="RNN"),
    "GRU": RecurrentNetwork(7, 8, n_layers=2, kind="GRU", n_channels=5),
    "LSTM": RecurrentNetwork(7, 8, n_layers=2, kind="LSTM"),
}
NOWHERE = Transformer(7, 8, n_heads=2, n_layers=2, n_positions=12, position="none")


def tossed(model: Any, dtype: str = "float32") -> Any:
    """Weights that are no small numbers, so that everything makes a difference."""
    rng = np.random.default_rng(1)
    shapes = jax.eval_shape(lambda key: model.begin(key=key), KEY)
    return jax.tree.map(lambda leaf: jnp.asarray(0.5 * rng.normal(size=leaf.shape), dtype), shapes)


class Read(NamedTuple):
    """The same tokens read in three ways; logits and state of each."""

    at_once: Any
    one_by_one: Any
    in_pieces: Any


@cache
def reader(name: str, dtype: str) -> Callable[[np.ndarray], Read]:
    """Compiled once for several tests."""
    model, weights = MODELS[name], tossed(MODELS[name], dtype)

    def step(state: Any, token: Any) -> tuple[Any, Any]:
        logits, state = model.step(weights, token, state)
        return state, logits

    def read(tokens: Any) -> Read:
        last, steps = jax.lax.scan(step, model.empty(weights), tokens)
        first, state = model.read(weights, tokens[:4])
        second, state = model.read(weights, tokens[4:], state)
        pieces = (jnp.concatenate([first, second]), state)
        return Read(model.read(weights, tokens), (steps, last), pieces)

    return jax.jit(read)


# ---- one protocol --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("dtype", "within"), [("float32", 1e-5), ("float64", 1e-12)])
def test_at_once_is_one_by_one_and_in_pieces(name: str, dtype: str, within: float) -> None:
    """Logits and states, to 1e-5 in float32 and 1e-12 in float64."""
    with jax.enable_x64(dtype == "float64"):
        found = reader(name, dtype)(TOKENS)
    assert found.at_once[0].dtype == dtype
    assert found.at_once[0].shape == (11, 7)
    for other in (found.one_by_one, found.in_pieces):
        for a, b in zip(jax.tree.leaves(found.at_once), jax.tree.leaves(other), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, atol=within)


@pytest.mark.parametrize("name", MODELS)
def test_what_comes_later_changes_nothing_before(name: str) -> None:
    """Bit for bit before the token that changed; every logit after it, and it, is another."""
    read = reader(name, "float32")
    one = read(TOKENS).at_once[0]
    other = read(np.where(np.arange(11) == 5, (TOKENS + 1) % 7, TOKENS)).at_once[0]
    np.testing.assert_array_equal(one[:5], other[:5])
    assert (one[5:] != other[5:]).any(axis=1).all()


@pytest.mark.parametrize("name", ["Transformer", "GRU"])
def test_dropout_is_of_learning_only(name: str) -> None:
    model, weights = MODELS[name], tossed(MODELS[name])
    plain = reader(name, "float32")(TOKENS).at_once[0]

    @jax.jit
    def learning(dropout: Any) -> Any:
        return replace(model, {"dropout": dropout}).read(weights, TOKENS, key=KEY)[0]

    np.testing.assert_allclose(learning(0.0), plain, atol=1e-5)
    half = learning(0.5)
    assert (half != plain).any(axis=1).all()
    np.testing.assert_array_equal(half, learning(0.5))


ALL = MODELS | {"BDH": BDH(7, width=8, n_heads=2, n_neurons=16, n_layers=2, chunk=4)}


@contextmanager
def count_compilations() -> Iterator[list[str]]:
    """What XLA compiles, or finds compiled on disk."""
    found: list[str] = []

    def listen(name: str, seconds: float, **more: Any) -> None:
        if name.endswith("backend_compile_duration"):
            found.append(name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield found
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


@pytest.mark.parametrize("name", ["Transformer", "GRU", "BDH"])
def test_a_plain_loop_over_steps_compiles_once(name: str) -> None:
    """Nothing is compiled at the third and fourth token that was not at the second."""
    model, counts = ALL[name], []
    weights = tossed(model)
    state = model.empty(weights)
    for token in range(4):
        with count_compilations() as found:
            _, state = model.step(weights, jnp.asarray(token), state)
        counts.append(len(found))
    assert counts[0] > 0
    assert counts[2:] == [0, 0]


@pytest.mark.parametrize("name", ["Transformer", "GRU", "BDH"])
@pytest.mark.parametrize("wrong", [-1, 7])
def test_traced_ids_that_are_no_tokens_give_no_numbers(name: str, wrong: int) -> None:
    """From there on; before it there may be none either, as 0 times no number is none."""
    model, tokens = ALL[name], jnp.asarray([1, wrong, 2])
    logits = jax.jit(lambda w, tokens: model.read(w, tokens)[0])(tossed(model), tokens)
    assert np.isnan(logits[1:]).all()


@pytest.mark.parametrize("name", MODELS)
def test_tokens_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="token 7 at place 1"):
        MODELS[name].read(tossed(MODELS[name]), np.asarray([0, 7]))


# ---- Transformer ---------------------------------------------------------------------------------


def norm_by_hand(x: np.ndarray, norm: Any) -> np.ndarray:
    spread = np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return (x - x.mean(-1, keepdims=True)) / spread * np.asarray(norm.weight) + norm.bias


def gelu_by_hand(x: np.ndarray) -> np.ndarray:
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def transformer_by_hand(weights: Any, tokens: np.ndarray, slopes: tuple[float, float]) -> Any:
    """Two layers of two heads four wide, token by token and head by head."""
    weights = jax.tree.map(np.asarray, weights)
    x = weights.embedding[tokens]
    x = x if weights.positions is None else x + weights.positions[: len(tokens)]
    for layer in range(2):
        block = jax.tree.map(lambda leaf, layer=layer: leaf[layer], weights.blocks)
        asked = norm_by_hand(x, block.before_attention) @ block.attend.weight.T + block.attend.bias
        query, keys, values = asked[:, :8], asked[:, 8:16], asked[:, 16:]
        found = np.zeros_like(x)
        for t in range(len(tokens)):
            for head, slope in enumerate(slopes):
                own = slice(4 * head, 4 * head + 4)
                score = keys[: t + 1, own] @ query[t, own] / 2 - slope * np.arange(t, -1, -1)
                share = np.exp(score) / np.exp(score).sum()
                found[t, own] = share @ values[: t + 1, own]
        x = x + found @ block.gather.weight.T + block.gather.bias
        drive = norm_by_hand(x, block.before_network) @ block.expand.weight.T + block.expand.bias
        x = x + gelu_by_hand(drive) @ block.contract.weight.T + block.contract.bias
    readout = weights.embedding.T if weights.readout is None else weights.readout
    return norm_by_hand(x, weights.norm) @ readout


@pytest.mark.parametrize(
    ("model", "slopes"),
    [
        (MODELS["Transformer"], (0, 0)),
        (MODELS["ALiBi"], (2**-4, 2**-8)),
        (NOWHERE, (0, 0)),
    ],
)
def test_transformer_is_the_one_written_out_by_hand(model: Transformer, slopes: Any) -> None:
    """To 1e-12 in float64."""
    with jax.enable_x64(True):
        weights = tossed(model, "float64")
        found = jax.jit(lambda tokens: model.read(weights, tokens)[0])(TOKENS)
    np.testing.assert_allclose(found, transformer_by_hand(weights, TOKENS, slopes), atol=1e-12)


def test_numbers_of_weights_of_transformers_are_those_by_hand() -> None:
    """V d + P d + L (12 d^2 + 13 d) + 2 d + d V; the smallest GPT-2 as released has 124,439,808."""
    vocabulary, d, n_layers, places = 7, 8, 2, 12
    blocks = n_layers * (12 * d**2 + 13 * d) + 2 * d
    found = [count_weights(model) for model in (MODELS["Transformer"], MODELS["ALiBi"], NOWHERE)]
    both = 2 * vocabulary * d
    assert found == [both + places * d + blocks, vocabulary * d + blocks, both + blocks]
    assert count_weights(Transformer(50257, 768, 12, 12, 1024, tied=True)) == 124_439_808


def test_first_weights_are_gpt2s() -> None:
    """Standard deviation .02, .02 / sqrt(2 L) to the stream, within 5 %; gains 1, biases 0."""
    weights = Transformer(256, 64, n_layers=2, n_positions=64).begin(key=KEY)
    for each in (weights.embedding, weights.positions, weights.readout):
        assert float(each.std()) == pytest.approx(0.02, rel=0.05)
    blocks = weights.blocks
    for each, expected in [(blocks.attend, 0.02), (blocks.expand, 0.02), (blocks.gather, 0.01),
                           (blocks.contract, 0.01)]:  # fmt: skip
        assert float(each.weight.std()) == pytest.approx(expected, rel=0.05)
        assert (each.bias == 0).all()
    assert (blocks.before_network.weight == 1).all()
    assert (blocks.attend.weight[0] != blocks.attend.weight[1]).all()


def test_a_full_cache_is_refused_by_reading_and_no_number_by_steps() -> None:
    """12 places: a thirteenth token."""
    model, weights = MODELS["Transformer"], tossed(MODELS["Transformer"])
    with pytest.raises(InvalidValue, match="13 tokens after 0, expected 12 at most"):
        model.read(weights, np.zeros(13, np.int32))
    state = reader("Transformer", "float32")(TOKENS).at_once[1]
    with pytest.raises(InvalidValue, match="2 tokens after 11, expected 12 at most"):
        model.read(weights, TOKENS[:2], state)
    step = jax.jit(lambda state: model.step(weights, TOKENS[0], state))
    twelfth, state = step(state)
    assert np.isfinite(twelfth).all()
    assert np.isnan(step(state)[0]).all()
    assert np.isnan(jax.jit(lambda state: model.read(weights, TOKENS[:2], state)[0])(state)).all()


def test_the_cache_of_another_model_is_refused() -> None:
    model = MODELS["Transformer"]
    weights, other = tossed(model), Transformer(7, 8, n_heads=2, n_layers=2, n_positions=4)
    for ask in (lambda c: model.read(weights, TOKENS[:2], c), lambda c: model.step(weights, 1, c)):
        with pytest.raises(InvalidValue, match="expected float32 of shape"):
            ask(other.empty(tossed(other)))


def test_cache_is_of_a_fixed_size() -> None:
    """Zeros where nothing was read yet."""
    model, weights = MODELS["ALiBi"], tossed(MODELS["ALiBi"])
    state = reader("ALiBi", "float32")(TOKENS).at_once[1]
    assert isinstance(state, Cache)
    assert state.keys.shape == model.empty(weights).keys.shape == (2, 12, 2, 4)
    assert state.n_read == 11
    assert (state.values[:, :11] != 0).all()
    assert (state.values[:, 11:] == 0).all()


# ---- recurrent networks --------------------------------------------------------------------------


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def step_by_hand(kind: str, cell: Any, x: np.ndarray, h: Any) -> Any:
    """One cell, one input; Elman (1990), Cho et al. (2014), Hochreiter & Schmidhuber (1997)."""
    w, u = np.asarray(cell.weight_ih), np.asarray(cell.weight_hh)
    if kind == "RNN":
        return np.tanh(w @ x + u @ h + cell.bias)
    if kind == "GRU":
        (r, z, n), (ur, uz, un) = np.split(w @ x + cell.bias, 3), np.split(u @ h, 3)
        z, new = sigmoid(z + uz), np.tanh(n + sigmoid(r + ur) * (un + cell.bias_n))
        return (1 - z) * new + z * h
    h, c = h
    i, f, g, o = np.split(w @ x + u @ h + cell.bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_cells_are_those_written_out_by_hand(kind: Kind) -> None:
    """Two layers, vectors of 3 numbers, 4 inputs: to 1e-12 in float64."""
    with jax.enable_x64(True):
        cells = random_cells(kind, 3, 5, 2, key=KEY)
        inputs = np.random.default_rng(1).normal(size=(4, 3))
        hidden, state = jax.jit(recur)(cells, jnp.asarray(inputs))
        silent = (np.zeros(5), np.zeros(5)) if kind == "LSTM" else np.zeros(5)
        low = high = silent
        for place, x in enumerate(inputs):
            low = step_by_hand(kind, cells[0], x, low)
            high = step_by_hand(kind, cells[1], low[0] if kind == "LSTM" else low, high)
            top = high[0] if kind == "LSTM" else high
            np.testing.assert_allclose(hidden[place], top, atol=1e-12)
        for found, expected in zip(
            jax.tree.leaves(state), jax.tree.leaves((low, high)), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-12)


def test_numbers_of_weights_of_recurrent_networks_are_those_by_hand() -> None:
    """g w (in + w) of a layer with g = 1, 3 or 4 gates, and w, 4 w or 4 w of biases."""
    vocabulary, w, e = 7, 8, 5
    ends = vocabulary * w + vocabulary
    rnn = vocabulary * w + 2 * (w * 2 * w + w)
    gru = vocabulary * e + 3 * w * (e + w) + 3 * w * 2 * w + 2 * 4 * w
    lstm = vocabulary * w + 2 * (4 * w * 2 * w + 4 * w)
    found = [count_weights(MODELS[name]) for name in ("RNN", "GRU", "LSTM")]
    assert found == [rnn + ends, gru + ends, lstm + ends]


def test_first_cells_are_uniform_within_their_bounds() -> None:
    for kind in ("RNN", "GRU", "LSTM"):
        cells = random_cells(kind, 3, 64, 2, key=KEY)
        found = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(cells)])
        assert abs(found).max() <= 1 / 8
        assert found.std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.05)


def test_an_empty_state_may_be_given_away() -> None:
    """`learn` takes the memory of states: no two of its arrays may share it."""
    weights = MODELS["LSTM"].begin(key=KEY)
    leaves = jax.tree.leaves(MODELS["LSTM"].empty(weights))
    assert len({leaf.unsafe_buffer_pointer() for leaf in leaves}) == 4
    jax.jit(lambda state: jax.tree.map(lambda leaf: leaf + 1, state), donate_argnums=0)(leaves)


# ---- equal numbers of weights, and learning ------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "within"), [("Transformer", 0.1), ("RNN", 0.01), ("GRU", 0.01), ("LSTM", 0.01)]
)
def test_networks_are_sized_by_numbers_of_weights(kind: Any, within: float) -> None:
    """No width next to the one found comes nearer to 100,000."""
    options = {"n_layers": 2, "n_positions": 64} if kind == "Transformer" else {"n_layers": 2}
    model = sized(kind, 64, 100_000, tolerance=within, **options)
    unit = 4 if kind == "Transformer" else 1
    options = options if kind == "Transformer" else options | {"kind": kind}
    near = [
        abs(count_weights(type(model)(64, model.width + change, **options)) - 100_000)
        for change in (-unit, 0, unit)
    ]
    assert near[1] == min(near) <= within * 100_000


def test_what_cannot_be_sized_is_refused() -> None:
    with pytest.raises(InvalidValue, match="10 weights were asked of a GRU; the nearest has"):
        sized("GRU", 64, 10)
    with pytest.raises(UnknownName, match="GRU"):
        sized("GRUU", 64, 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Transformer", "GRU"])
def test_networks_learn_what_needs_memory(name: str) -> None:
    """In 0 0 1 1 0 0 1 1 ... the last two tell what follows: from log 2 = .69 nats to below .1."""
    build = {"Transformer": lambda: Transformer(2, 16, 2, 1, 8), "GRU": lambda: RecurrentNetwork(2)}
    model: Any = build[name]()
    given = windows(np.tile([0, 0, 1, 1], 10), (100, 8), 8, key=KEY)
    given = given._replace(counted=given.counted.at[..., 0].set(0.0))
    training = Training(0.01)
    losses = learn(model, training, training.begin(model.begin(key=KEY)), given).losses
    assert losses[0] > 0.6
    assert losses[-1] < 0.1


@pytest.mark.parametrize(
    "build",
    [
        lambda: Transformer(7, 10, n_heads=4),
        lambda: Transformer(0, 8),
        lambda: Transformer(7, 8, n_positions=0),
        lambda: Transformer(7, 8, dropout=1.0),
        lambda: RecurrentNetwork(7, 0),
        lambda: RecurrentNetwork(7, 8, n_channels=0),
        lambda: RecurrentNetwork(7, 8, dropout=float("nan")),
        lambda: random_cells("GRU", 0, 3, 1, key=KEY),
        lambda: recur(random_cells("GRU", 2, 3, 1, key=KEY), jnp.zeros((4, 3))),
        lambda: recur(random_cells("GRU", 2, 3, 1, key=KEY), jnp.zeros(2)),
    ],
)
def test_wrong_sizes_are_refused(build: Any) -> None:
    with pytest.raises(InvalidValue):
        build()


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(UnknownName, match="LSTM"):
        RecurrentNetwork(7, 8, kind="LSTMs")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="ALiBi"):
        Transformer(7, 8, position="alibi")  # type: ignore[arg-type]
