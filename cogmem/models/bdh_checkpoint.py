"""Checkpoints of the official PyTorch code, read and written without PyTorch.

A checkpoint is its state dict as plain arrays, saved as `.npz` (numpy) or `.safetensors`. The
official code calls E the decoder, Dx the encoder and Dy encoder_v, and interleaves the neurons of a
pair; here they are half-split. How many layers there are is not in a state dict and must be said;
so must the dropout, if it is not that of the official code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jax.numpy as jnp
import numpy as np

from cogmem.errors import InvalidValue
from cogmem.models.bdh import BDH, Weights
from cogmem.models.bdh_attention import THETA, frequencies, half_split, interleaved

__all__ = ["NAMES", "from_official", "load_official", "save_official", "to_official"]

NAMES = {
    "embed.weight": "embedding",
    "encoder": "to_x",
    "encoder_v": "to_y",
    "decoder": "from_y",
    "lm_head": "readout",
}
"""The official names of the weights."""

_FREQUENCIES = "freqs"  # of a buffer: attn.freqs


def load_official(path: str | Path, *, n_layers: int, **chosen: Any) -> tuple[BDH, Weights]:
    """Read a checkpoint.

    Args:
        path: `.npz` or `.safetensors`.
        n_layers: of the model; the official default is 6.
        chosen: what else of `BDH` the file cannot say, e.g. `dropout=0.0`.

    Raises:
        InvalidValue: if the file is missing, is of another kind, or holds something else.
    """
    return from_official(_arrays(Path(path)), n_layers=n_layers, **chosen)


def save_official(path: str | Path, model: BDH, weights: Weights) -> None:
    """Write a checkpoint that the official code can load, its buffer of frequencies included.

    Raises:
        InvalidValue: for another ending than `.npz` or `.safetensors`, for models that the
            official code cannot run, and for weights of other shapes or that are not finite.
    """
    path, arrays = Path(path), to_official(model, weights)
    _check_shapes(model, arrays)
    rates = np.repeat(frequencies(model.n_per_head // 2, dtype=jnp.float32), 2)
    arrays[f"attn.{_FREQUENCIES}"] = np.asarray(rates).reshape(1, 1, 1, -1)
    if path.suffix == ".npz":
        np.savez(path, **arrays)  # type: ignore[arg-type]
    elif path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(arrays, path)
    else:
        raise InvalidValue(f"{path.name}: expected a name that ends in .npz or .safetensors.")


def from_official(
    arrays: Mapping[str, Any], *, n_layers: int, **chosen: Any
) -> tuple[BDH, Weights]:
    """The model and its weights from a state dict of plain arrays.

    Floats stay as they are, but half precision becomes float32, and so does float64 unless JAX is
    told to use it (jax_enable_x64).

    Args:
        arrays: by official name; what `torch.compile` puts before names is ignored. Frequencies, if
            there are any, must be those of the model, to the precision that they are kept in.
        n_layers: of the model; the official default is 6.
        chosen: what else of `BDH` the state dict cannot say.

    Raises:
        InvalidValue: naming arrays that are missing, unknown, of the wrong shape, no floats or not
            finite.
    """
    arrays = {name.removeprefix("_orig_mod."): np.asarray(a) for name, a in arrays.items()}
    rates = {name: a for name, a in arrays.items() if name.split(".")[-1] == _FREQUENCIES}
    found = {name: _wide(a) for name, a in arrays.items() if name not in rates}
    _check_names(set(found))
    model = BDH(**(_sizes(found) | {"n_layers": n_layers} | chosen))
    _check_shapes(model, found)
    _check_rates(model, rates)
    x, y = (half_split(jnp.asarray(found[name])) for name in ("encoder", "encoder_v"))
    e = jnp.asarray(found["decoder"]).reshape(model.n_heads, model.n_per_head, model.width)
    ends = jnp.asarray(found["embed.weight"]), jnp.asarray(found["lm_head"])
    return model, Weights(ends[0], x, y, _rows(half_split, e), ends[1])


def to_official(model: BDH, weights: Weights) -> dict[str, np.ndarray]:
    """The state dict of the official code, as plain arrays; the inverse of `from_official`.

    Raises:
        InvalidValue: if the official code cannot run the model: another variant, damping, neurons
            that do not turn, or frequencies of its own.
    """
    usual = model.frequencies is None and model.rotary and model.theta == THETA
    if model.variant != "official" or not (usual and np.all(model.damping == 1)):
        raise InvalidValue(
            f"the official code has no {model.variant!r} variant, damping, still neurons or other "
            "frequencies; expected variant='official', damping=1, rotary=True, frequencies=None "
            f"and theta={THETA:g}."
        )
    decoder = _rows(interleaved, weights.from_y).reshape(-1, model.width)
    found = {
        "embed.weight": weights.embedding,
        "encoder": interleaved(weights.to_x),
        "encoder_v": interleaved(weights.to_y),
        "decoder": decoder,
        "lm_head": weights.readout,
    }
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def _wide(array: np.ndarray) -> np.ndarray:
    """Half precision becomes float32."""
    narrow = jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.itemsize < 4
    return array.astype(np.float32) if narrow else array


def _rows(order: Any, e: Any) -> Any:
    """Neurons are the rows of E."""
    return jnp.swapaxes(order(jnp.swapaxes(e, 1, 2)), 1, 2)


def _sizes(found: Mapping[str, np.ndarray]) -> dict[str, int]:
    """What the shapes say."""
    shape = found["encoder"].shape
    if len(shape) != 3 or found["embed.weight"].ndim != 2:
        raise InvalidValue(
            f"encoder of shape {shape} and embed.weight of shape {found['embed.weight'].shape}; "
            "expected (heads, d, neurons of a head) and (tokens, d)."
        )
    heads, width, neurons = shape
    n_tokens = len(found["embed.weight"])
    return {
        "n_tokens": n_tokens,
        "width": width,
        "n_heads": heads,
        "n_neurons": heads * neurons,
    }


def _check_names(found: set[str]) -> None:
    if found != set(NAMES):
        missing, unknown = sorted(set(NAMES) - found), sorted(found - set(NAMES))
        raise InvalidValue(
            f"not the state dict of a BDH, missing: {', '.join(missing) or 'none'}, unknown: "
            f"{', '.join(unknown) or 'none'}; expected {sorted(NAMES)}, a checkpoint of the "
            "official BDH code."
        )


def _check_shapes(model: BDH, found: Mapping[str, np.ndarray]) -> None:
    d, wide = model.width, (model.n_heads, model.width, model.n_per_head)
    expected = {
        "embed.weight": (model.n_tokens, d),
        "encoder": wide,
        "encoder_v": wide,
        "decoder": (model.n_neurons, d),
        "lm_head": (d, model.n_tokens),
    }
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise InvalidValue(f"{name} has shape {found[name].shape}, expected {shape}.")
        if not jnp.issubdtype(found[name].dtype, jnp.floating):
            raise InvalidValue(f"{name} is {found[name].dtype}, expected floats.")
        if not np.isfinite(found[name]).all():
            raise InvalidValue(f"{name} has values that are not finite.")


def _check_rates(model: BDH, rates: Mapping[str, np.ndarray]) -> None:
    """A buffer of frequencies is no weight, but must be what the model computes."""
    turn = model.turn(jnp.float32).frequencies
    for name, rate in rates.items():
        if turn is None or not _same_rates(rate.ravel(), np.repeat(turn[0], 2)):
            raise InvalidValue(f"{name} are other frequencies than theta={model.theta:g} gives.")


def _same_rates(kept: np.ndarray, expected: np.ndarray) -> bool:
    """Whether they are the same as far as the floats of the file can tell.

    A model in half precision has its buffer rounded too; the slowest of float16 are subnormal.
    """
    if kept.shape != expected.shape or not jnp.issubdtype(kept.dtype, jnp.floating):
        return False
    floats = jnp.finfo(kept.dtype)
    rtol, atol = max(1e-5, float(floats.eps)), float(floats.smallest_subnormal)
    return np.allclose(_wide(kept), expected, rtol=rtol, atol=atol)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise InvalidValue(f"there is no file {path}; give a .npz or .safetensors checkpoint.")
    if path.suffix not in (".npz", ".safetensors"):
        raise InvalidValue(
            f"{path.name}: expected .npz or .safetensors. Of a .pt file, save the state dict "
            "first: safetensors.torch.save_file(model.state_dict(), 'bdh.safetensors')."
        )
    from safetensors import SafetensorError

    read = _read_npz if path.suffix == ".npz" else _read_safetensors
    try:
        return read(path)
    except (OSError, ValueError, EOFError, BadZipFile, SafetensorError) as error:
        raise InvalidValue(
            f"{path.name} cannot be read as a {path.suffix} file of plain arrays ({error}). Is it "
            "cut short, of another kind, or a file of pickled objects?"
        ) from error


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    arrays = np.load(path, allow_pickle=False)
    if isinstance(arrays, np.ndarray):
        raise ValueError("one array without a name, as in a .npy file")
    with arrays:
        return dict(arrays)


def _read_safetensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)
