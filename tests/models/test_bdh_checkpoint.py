"""Checkpoints of the official BDH code: there and back bit for bit, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_attention import frequencies
from cogmem.models.bdh_checkpoint import (
    NAMES,
    from_official,
    load_official,
    save_official,
    to_official,
)
from tests.models.bdh_weights import untrained

H, D, N, V = 2, 4, 6, 5
MODEL = BDH(n_tokens=V, width=D, n_heads=H, n_neurons=H * N, n_layers=2)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return untrained(MODEL)


@pytest.fixture
def arrays(weights: Weights) -> dict[str, np.ndarray]:
    return to_official(MODEL, weights)


def same(found: tuple[BDH, Weights], weights: Weights, model: BDH = MODEL) -> None:
    """Sizes, and weights bit for bit in the same floats."""
    assert found[0] == model
    for one, other in zip(found[1], weights, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


# ---- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_file_holds_every_bit(tmp_path: Path, weights: Weights, ending: str, kind: str) -> None:
    path = tmp_path / f"bdh.{ending}"
    with jax.enable_x64(kind == "float64"):
        written = jax.tree.map(lambda each: jnp.asarray(each, kind) / 3, weights)
        save_official(path, MODEL, written)
        same(load_official(path, n_layers=2), written)


def test_names_shapes_and_order_are_the_official_ones(weights: Weights) -> None:
    """Neuron 2k + 1 of a pair is kept at k + N/2; row h N + i of the decoder is neuron i of h."""
    found = to_official(MODEL, weights)
    assert {name: array.shape for name, array in found.items()} == {
        "embed.weight": (V, D),
        "encoder": (H, D, N),
        "encoder_v": (H, D, N),
        "decoder": (H * N, D),
        "lm_head": (D, V),
    }
    for k in range(N // 2):
        for member in (0, 1):
            here, there = k + member * N // 2, 2 * k + member
            np.testing.assert_array_equal(found["encoder"][..., there], weights.to_x[..., here])
            np.testing.assert_array_equal(found["encoder_v"][..., there], weights.to_y[..., here])
            for head in range(H):
                row = found["decoder"][head * N + there]
                np.testing.assert_array_equal(row, weights.from_y[head, here])


def test_a_file_has_the_buffer_that_the_official_code_asks_for(
    tmp_path: Path, weights: Weights
) -> None:
    """`load_state_dict` of the official model wants attn.freqs (1, 1, 1, N), pairs interleaved."""
    save_official(tmp_path / "bdh.npz", MODEL, weights)
    with np.load(tmp_path / "bdh.npz") as file:
        assert set(file) == {*NAMES, "attn.freqs"}
        found = file["attn.freqs"]
    assert found.shape == (1, 1, 1, N)
    assert found.dtype == np.float32
    expected = 65536 ** (-np.array([0, 0, 2, 2, 4, 4]) / N) / (2 * np.pi)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)


def test_what_compiling_puts_before_names_is_ignored(weights: Weights, arrays: Any) -> None:
    same(from_official({f"_orig_mod.{k}": a for k, a in arrays.items()}, n_layers=2), weights)


def test_what_a_file_cannot_say_is_said(arrays: Any) -> None:
    model, _ = from_official(arrays, n_layers=3, dropout=0.05, damping=0.9, chunk=7)
    assert (model.n_layers, model.dropout, model.damping, model.chunk) == (3, 0.05, 0.9, 7)
    with pytest.raises(TypeError, match="n_layers"):
        from_official(arrays)  # which no state dict says


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_is_widened(arrays: Any, kind: str, tmp_path: Path) -> None:
    """To float32, without any change of value; also from a file.

    `model.half()` and `model.bfloat16()` of PyTorch round the buffer of frequencies as well.
    """
    from safetensors.numpy import save_file

    arrays = arrays | {"attn.freqs": RATE}
    half = {name: np.asarray(jnp.asarray(a, kind)) for name, a in arrays.items()}
    save_file(half, tmp_path / "half.safetensors")
    for found in (
        from_official(half, n_layers=2),
        load_official(tmp_path / "half.safetensors", n_layers=2),
    ):
        assert {leaf.dtype for leaf in found[1]} == {jnp.dtype("float32")}
        np.testing.assert_array_equal(found[1].readout, half["lm_head"].astype(np.float32))


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_frequencies_are_compared_as_the_file_keeps_them(kind: str) -> None:
    """Of 8,192 neurons the slowest are subnormal in float16; 2 % faster is another model."""
    model = BDH(n_tokens=V, width=D, n_heads=1, n_neurons=8192, n_layers=1)
    arrays = to_official(model, untrained(model))
    rate = np.repeat(np.asarray(frequencies(4096)), 2)
    assert 0 < rate[-1] < np.finfo("float16").smallest_normal
    rates = rate, rate * 1.02, np.append(rate[:-1], 0.01)
    right, fast, one = (np.asarray(jnp.asarray(each, kind)) for each in rates)
    from_official(arrays | {"attn.freqs": right}, n_layers=1)
    for other in (fast, one):
        with pytest.raises(InvalidValue, match=r"attn\.freqs are other"):
            from_official(arrays | {"attn.freqs": other}, n_layers=1)


# ---- what is refused -----------------------------------------------------------------------------


def without(name: str) -> Any:
    return lambda arrays: arrays.pop(name)


def changed(name: str, change: Any) -> Any:
    return lambda arrays: arrays.update({name: change(arrays.get(name))})


def one_nan(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[3] = np.nan
    return array


RATE = np.repeat(np.asarray(frequencies(N // 2)), 2).reshape(1, 1, 1, N)
SPOILT: dict[str, tuple[Any, str]] = {
    "missing": (without("lm_head"), "missing: lm_head, unknown: none; expected .*'lm_head'"),
    "unknown": (changed("bias", lambda _: np.zeros(3)), "missing: none, unknown: bias;"),
    "NaN": (changed("decoder", one_nan), "decoder has values that are not finite"),
    "infinite": (changed("encoder", lambda a: a / 0), "encoder has values that are not finite"),
    "no floats": (changed("encoder", lambda a: (a * 99).astype(np.int32)), "encoder is int32"),
    "words": (changed("lm_head", lambda a: a.astype(str)), "lm_head is <U"),
    "flat encoder": (changed("encoder", np.ravel), r"encoder of shape \(48,\)"),
    "other encoder_v": (
        changed("encoder_v", lambda a: a[..., :4]),
        r"encoder_v has shape \(2, 4, 4\), expected \(2, 4, 6\)",
    ),
    "decoder of fewer rows": (
        changed("decoder", lambda a: a[1:]),
        r"decoder has shape \(11, 4\), expected \(12, 4\)",
    ),
    "readout transposed": (changed("lm_head", np.transpose), r"lm_head has shape \(5, 4\)"),
    "odd neurons": (
        lambda arrays: [changed(k, lambda a: a[..., :5])(arrays) for k in ("encoder", "encoder_v")],
        "an even number for each",
    ),
    "other frequencies": (changed("attn.freqs", lambda _: RATE * 2), "attn.freqs are other"),
    "frequencies NaN": (changed("attn.freqs", lambda _: RATE * np.nan), "attn.freqs are other"),
    "whole frequencies": (
        changed("attn.freqs", lambda _: np.zeros(N, int)),
        "attn.freqs are other",
    ),
    "few frequencies": (changed("attn.freqs", lambda _: RATE[..., :4]), "attn.freqs are other"),
}


@pytest.mark.parametrize("case", SPOILT)
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_checkpoint_is_named(arrays: Any, case: str) -> None:
    spoil, said = SPOILT[case]
    spoil(arrays)
    with pytest.raises(InvalidValue, match=said):
        from_official(arrays, n_layers=2)


def test_right_frequencies_are_no_weights(arrays: Any, weights: Weights) -> None:
    same(from_official(arrays | {"attn.freqs": RATE}, n_layers=2), weights)


@pytest.mark.parametrize(
    "chosen",
    [
        {"variant": "eq8"},
        {"variant": "normfree"},
        {"damping": 0.99},
        {"damping": np.array([1, 0.9])},
        {"rotary": False},
        {"theta": 1e4},
        {"frequencies": np.full(N // 2, 0.1)},
    ],
)
def test_what_the_official_code_cannot_run_is_not_written(
    tmp_path: Path, weights: Weights, chosen: Any
) -> None:
    sizes = {"n_tokens": V, "width": D, "n_heads": H, "n_neurons": H * N, "n_layers": 2}
    with pytest.raises(InvalidValue, match="the official code has no"):
        save_official(tmp_path / "bdh.npz", BDH(**sizes | chosen), weights)
    assert not list(tmp_path.iterdir())


def test_weights_of_another_model_are_not_written(tmp_path: Path) -> None:
    other = BDH(n_tokens=V, width=D + 1, n_heads=H, n_neurons=H * N)
    with pytest.raises(InvalidValue, match=r"embed.weight has shape \(5, 5\), expected \(5, 4\)"):
        save_official(tmp_path / "bdh.npz", MODEL, untrained(other))


def test_files_of_other_kinds_are_refused(tmp_path: Path, weights: Weights) -> None:
    with pytest.raises(InvalidValue, match="there is no file"):
        load_official(tmp_path / "none.npz", n_layers=2)
    for name in ("bdh.pt", "bdh"):
        with pytest.raises(InvalidValue, match="expected a name that ends in"):
            save_official(tmp_path / name, MODEL, weights)
        (tmp_path / name).write_bytes(b"weights")
        with pytest.raises(InvalidValue, match="save the state dict first"):
            load_official(tmp_path / name, n_layers=2)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04 cut short"])
def test_a_broken_file_is_named(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"bdh.{ending}"
    path.write_bytes(content)
    with pytest.raises(InvalidValue, match=f"bdh.{ending} cannot be read"):
        load_official(path, n_layers=2)


def test_a_single_array_is_named(tmp_path: Path) -> None:
    """numpy reads a .npy file by its content, whatever its name."""
    np.save(tmp_path / "encoder.npy", np.zeros(3))
    (tmp_path / "encoder.npy").rename(tmp_path / "encoder.npz")
    with pytest.raises(InvalidValue, match=r"encoder\.npz cannot be read.*one array without"):
        load_official(tmp_path / "encoder.npz", n_layers=2)


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    """A file of others must run nothing."""
    np.savez(tmp_path / "bdh.npz", encoder=np.array([{}], dtype=object))
    with pytest.raises(InvalidValue, match=r"bdh\.npz cannot be read"):
        load_official(tmp_path / "bdh.npz", n_layers=2)
