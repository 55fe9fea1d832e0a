"""Networks of WorM: sizes of the official ones, and cores that are the same in both their forms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import CogmemError
from cogmem.models.bdh import BDH
from cogmem.models.bdh_core import BDHCore
from cogmem.models.frame_network import FrameNetwork, Pictures, SmallPictures, Symbols
from cogmem.models.memory_cores import Memoryless, RecurrentCore, TransformerCore, lesioned

SIZES = {"SC": 1, "SFR": 100, "SI": 1, "SMU": 9, "STS": 3, "VIR": 1, "VSR": 9, "VSRec": 1}
CHANGES = tuple((f"CD_{k}", "CD", 1) for k in range(5))
TASKS = (*((name, name, n) for name, n in SIZES.items()), *CHANGES, ("CS", "CS", 21))
FEW = (("a", "a", 2), ("b", "b", 3))
CORES = [RecurrentCore(6, "RNN"), RecurrentCore(6, "GRU"), RecurrentCore(6, "LSTM")]
CORES += [TransformerCore(6, 2, 5, 4), Memoryless(6), BDHCore(6, 2, 8, 2, damping=0.9)]


def n_numbers(weights: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(weights))


@pytest.mark.parametrize(
    ("kind", "width", "total", "core"),
    [
        ("RNN", 96, 1_879_465, 58_560),
        ("RNN", 256, 2_041_545, 197_120),
        ("RNN", 1024, 3_532_233, 1_574_912),
        ("GRU", 96, 1_996_585, 175_680),
        ("GRU", 256, 2_435_785, 591_360),
        ("GRU", 1024, 6_682_057, 4_724_736),
        ("LSTM", 96, 2_055_145, 234_240),
        ("LSTM", 256, 2_632_905, 788_480),
        ("LSTM", 1024, 8_256_969, 6_299_648),
    ],
)
def test_recurrent_networks_are_as_large_as_the_official_ones(
    kind: Any, width: int, total: int, core: int
) -> None:
    """To the unit (Sikarwar & Zhang, 2023, official code)."""
    network = FrameNetwork(RecurrentCore(width, kind), Pictures(), TASKS)
    weights = jax.eval_shape(lambda key: network.begin(key=key), jax.random.key(0))
    assert (n_numbers(weights), n_numbers(weights.core)) == (total, core)


@pytest.mark.parametrize(
    ("width", "total"), [(96, 2_042_409), (256, 3_033_289), (1024, 10_640_329)]
)
def test_transformers_are_as_large_as_the_official_ones(width: int, total: int) -> None:
    network = FrameNetwork(TransformerCore(width), Pictures(), TASKS, n_inputs=width)
    assert n_numbers(jax.eval_shape(lambda k: network.begin(key=k), jax.random.key(0))) == total


@pytest.mark.parametrize(
    "core", CORES, ids=lambda core: type(core).__name__ + getattr(core, "kind", "")
)
def test_steps_are_the_whole_trial(core: Any) -> None:
    """Outputs of four frames, one by one and at once, to 1e-6; none depends on later frames."""
    weights = core.begin(6, key=jax.random.key(0))
    xs = jax.random.normal(jax.random.key(1), (4, 6))
    whole, state = core.run(weights, xs), core.empty(weights)
    for x, expected in zip(xs, whole, strict=True):
        state, found = core.step(weights, state, x)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(core.run(weights, xs.at[3].set(9))[:3], whole[:3], atol=1e-6)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def gru(w: Any, x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Reset, update and new gates, as PyTorch orders and writes them."""
    own, ours = np.split(w[0] @ x + w[2], 3), np.split(w[1] @ h + w[3], 3)
    reset, keep = sigmoid(own[0] + ours[0]), sigmoid(own[1] + ours[1])
    return (1 - keep) * np.tanh(own[2] + reset * ours[2]) + keep * h


def lstm(w: Any, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Input, forget, cell and output gates, likewise."""
    i, f, g, o = np.split(w[0] @ x + w[2] + w[1] @ h + w[3], 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def test_gates_are_those_of_the_official_networks() -> None:
    """Three frames, with biases, to 1e-5."""
    xs = np.asarray(jax.random.normal(jax.random.key(1), (3, 5)))
    for kind in ("GRU", "LSTM"):
        core = RecurrentCore(4, kind)
        weights = core.begin(5, key=jax.random.key(0))
        drawn = jax.random.normal(jax.random.key(2), (2, *weights.bias_input.shape))
        weights = weights._replace(bias_input=drawn[0], bias_units=drawn[1])
        w, h, c = [np.asarray(each) for each in weights], np.zeros(4), np.zeros(4)
        for x, found in zip(xs, core.run(weights, jnp.asarray(xs)), strict=True):
            h, c = (gru(w, x, h), c) if kind == "GRU" else lstm(w, x, h, c)
            np.testing.assert_allclose(found, h, atol=1e-5)


def test_a_lesion_silences_units_for_themselves_too() -> None:
    """Units 0 and 2 of six put out 0, and others go other ways from the second frame on."""
    core, xs = CORES[1], jax.random.normal(jax.random.key(1), (4, 6))
    weights = core.begin(6, key=jax.random.key(0))
    whole, hurt = core.run(weights, xs), lesioned(core, jnp.array([0, 2])).run(weights, xs)
    assert not np.asarray(hurt[:, [0, 2]]).any()
    np.testing.assert_allclose(hurt[0, [1, 3]], whole[0, [1, 3]], atol=1e-6)
    assert (np.abs(hurt[1:, [1, 3]] - whole[1:, [1, 3]]) > 1e-4).all()
    with pytest.raises(CogmemError, match="units 6 to 6, expected 0 to 5"):
        lesioned(core, jnp.array([6]))


def test_a_blend_of_one_token_is_the_token() -> None:
    """Logits of three tokens as ids, and of rows with a 1, to 1e-6; other widths are refused."""
    model = BDH(5, width=6, n_heads=2, n_neurons=8, n_layers=2)
    weights = model.begin(key=jax.random.key(0))
    tokens = jnp.array([3, 0, 3])
    v, state = model.blend(weights, jnp.eye(5)[tokens])
    logits, expected = model.read(weights, tokens)
    np.testing.assert_allclose(v @ weights.readout, logits, atol=1e-6)
    np.testing.assert_allclose(state, expected, atol=1e-6)
    with pytest.raises(CogmemError, match=r"inputs of shape \(3, 4\), expected \[time, 5\]"):
        model.blend(weights, jnp.ones((3, 4)))


ENCODERS = {
    "pictures": Pictures((2, 3, 4, 5)),
    "small pictures": SmallPictures((2, 3, 4), n_pixels=8),
    "symbols": Symbols((("a", 4), ("b", 4))),
}


@pytest.mark.parametrize("looks", ENCODERS)
def test_tasks_have_their_own_codes_and_heads(looks: str) -> None:
    """Outputs as many as the head has; the code alone tells tasks apart."""
    pictures = looks != "symbols"
    network = FrameNetwork(RecurrentCore(6), ENCODERS[looks], FEW, n_inputs=8)
    weights = network.begin(key=jax.random.key(0))
    frames = jnp.ones((3, 8, 8, 3), jnp.uint8) if pictures else jnp.ones((3, 4))
    (first, hidden), (second, other) = (network.watch(weights, k, frames) for k in "ab")
    assert (first.shape, second.shape, hidden.shape) == ((3, 2), (3, 3), (3, 6))
    assert not np.allclose(hidden, other, atol=1e-4)


def test_small_pictures_keep_places() -> None:
    """23,584 weights of convolutions; a mark elsewhere is another code; 20 pixels are refused."""
    encoder = SmallPictures()
    layers, project = encoder.begin((), 7, key=jax.random.key(0))
    assert sum(each.weight.size + each.bias.size for each in layers) == 448 + 4640 + 18496
    assert project.weight.shape == (7, 64 * 4 * 4)
    marks = np.zeros((2, 32, 32, 3), np.uint8)
    marks[0, 4:8, 4:8], marks[1, 24:28, 24:28] = 255, 255
    one, other = encoder.encode((layers, project), "a", jnp.asarray(marks))
    assert np.abs(one - other).max() > 1e-2
    with pytest.raises(CogmemError, match="20 pixels on a side cannot be halved 3 times"):
        SmallPictures(n_pixels=20)


def test_what_is_refused() -> None:
    network = FrameNetwork(RecurrentCore(6), Symbols((("a", 4), ("b", 4))), FEW, n_inputs=8)
    with pytest.raises(CogmemError, match="unknown task of this network 'c'"):
        network.watch(network.begin(key=jax.random.key(0)), "c", jnp.ones((3, 4)))
    with pytest.raises(CogmemError, match="2 inputs, expected more than the 2"):
        FrameNetwork(RecurrentCore(6), Symbols(()), FEW, n_inputs=2)
    with pytest.raises(CogmemError, match="shared by 4 heads"):
        TransformerCore(6, 4)
    weights = CORES[3].begin(6, key=jax.random.key(0))
    with pytest.raises(CogmemError, match="5 frames, expected at most 4"):
        CORES[3].run(weights, jnp.ones((5, 6)))
