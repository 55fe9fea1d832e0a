"""A network that watches trials frame by frame: encoder, task code, memory, heads.

Each frame is encoded by itself and joined by a learnt code of the task; a core (`memory_cores`)
remembers; each task has a linear head, which some tasks share (Sikarwar & Zhang, 2023). Everything
but the core is the same for all memories that are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped, UInt8

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.card import Card
from cogmem.models.memory_cores import Core

__all__ = [
    "CHANNELS",
    "FrameNetwork",
    "Heads",
    "NetworkWeights",
    "Pictures",
    "SmallPictures",
    "Symbols",
]

CARD = Card(
    name="worm_networks",
    title="Networks that watch trials frame by frame: encoder, task code, any memory core, heads",
    paper="Sikarwar & Zhang (2023)",
    equations=(
        "official encoder (four convolutions), learnt task code at every frame, one layer of Elman "
        "units, GRU, LSTM or a post-norm Transformer encoder, a linear head per task (one for five "
        "kinds of change detection); losses summed unweighted, but spatial free recall ten times; "
        "Adam. For processors: symbols with a linear map of each task and relu, or three small "
        "convolutions; trials that become harder; the rate falls in the last third. Further "
        "memories, ours as such: BDH, a Tensor Brain with an index for each frame, Sparsey with "
        "fitted heads, spiking neurons with slow synapses and Hebbian orthogonal projection, none"
    ),
    left_out=(
        "the published schedule (1.7 million steps), dropout of the Transformer, the plateau "
        "scheduler; symbols have neither the similarity nor the size of what is drawn"
    ),
    vectors=(
        "worm_reference.npz: every trial of all 14 identities drawn to the pixel; weights counted "
        "to the unit (12 networks); GRU and LSTM steps written out by hand (1e-5)"
    ),
    reproduced=(
        "primacy in serial recall and recognition, set size in updating and recall, load and "
        "domain in complex span (three GRU of 96 units, symbols; no numbers were at hand)",
    ),
    not_reproduced=(
        "recency at the end of learning, first recalls, loss over retention intervals, limits of "
        "change detection, clusters of units by domain or function",
        "no published accuracy was at hand, none was tried",
    ),
    bibtex="""@inproceedings{sikarwar2023decoding,
  author = {Sikarwar, Ankur and Zhang, Mengmi},
  title = {Decoding the Enigma: Benchmarking Humans and {AI}s on the Many Facets of Working Memory},
  booktitle = {NeurIPS Datasets and Benchmarks}, year = {2023}
}""",
)

CHANNELS = (64, 128, 256, 512)
"""Of the four convolutions of the official encoder."""

_POOLED = (False, True, True, False)


class Linear(NamedTuple):
    """A linear map.

    Attributes:
        weight: [to, from].
        bias: [to].
    """

    weight: Float[Array, "to from"]
    bias: Float[Array, " to"]

    def __call__(self, x: Float[Array, "*more from"]) -> Float[Array, "*more to"]:
        """W x + b of each row."""
        return x @ self.weight.T + self.bias.reshape((1,) * (x.ndim - 1) + (-1,))


def linear(n_inputs: int, n_outputs: int, *, key: PRNGKeyArray) -> Linear:
    """Xavier's normal distribution, no biases (official code)."""
    scale = math.sqrt(2 / (n_inputs + n_outputs))
    return Linear(scale * jax.random.normal(key, (n_outputs, n_inputs)), jnp.zeros(n_outputs))


class Convolution(NamedTuple):
    """A convolution of 3 x 3 pixels.

    Attributes:
        weight: [to, from, 3, 3].
        bias: [to].
    """

    weight: Float[Array, "to from 3 3"]
    bias: Float[Array, " to"]


class Pictures(eqx.Module):
    """Four convolutions, relu, the mean over the picture, and a linear map.

    Attributes:
        channels: of the convolutions; the second and third are followed by pooling.
    """

    channels: tuple[int, ...] = eqx.field(static=True, default=CHANNELS)

    def begin(self, names: Any, n_outputs: int, *, key: PRNGKeyArray) -> Any:
        """Convolutions and the linear map, the same for all tasks."""
        keys = jax.random.split(key, len(self.channels) + 1)
        sizes = zip((3, *self.channels[:-1]), self.channels, strict=True)
        layers = [_convolution(*each, key=k) for each, k in zip(sizes, keys[:-1], strict=True)]
        return tuple(layers), linear(self.channels[-1], n_outputs, key=keys[-1])

    def encode(
        self, weights: Any, name: str, frames: UInt8[Array, "frame row column 3"]
    ) -> Float[Array, "frame output"]:
        """Of each frame; levels are taken from 0 to 1."""
        layers, project = weights
        x = frames.astype(project.weight.dtype) / 255
        for layer, pooled in zip(layers, _POOLED, strict=True):
            x = jax.nn.relu(_convolved(x, layer))
            x = _pooled(x) if pooled else x
        return project(x.mean(axis=(1, 2)))


class SmallPictures(eqx.Module):
    """Convolutions that halve the picture, relu, and a linear map of all that is left.

    Ours, for machines without accelerators: a hundredth of the work of `Pictures`. Places are not
    averaged out, as the last pictures are small.

    Attributes:
        channels: of the convolutions.
        n_pixels: on a side of the pictures.
    """

    channels: tuple[int, ...] = eqx.field(static=True, default=(16, 32, 64))
    n_pixels: int = eqx.field(static=True, default=32)

    def __check_init__(self) -> None:
        if self.n_pixels % 2 ** len(self.channels):
            raise InvalidValue(
                f"pictures of {self.n_pixels} pixels on a side cannot be halved "
                f"{len(self.channels)} times, expected a multiple of {2 ** len(self.channels)}."
            )

    def begin(self, names: Any, n_outputs: int, *, key: PRNGKeyArray) -> Any:
        """Convolutions and the linear map, the same for all tasks; variances kept by relu."""
        keys = jax.random.split(key, len(self.channels) + 1)
        sizes = list(zip((3, *self.channels[:-1]), self.channels, strict=True))
        layers = [_kept(*each, key=k) for each, k in zip(sizes, keys[:-1], strict=True)]
        side = self.n_pixels // 2 ** len(self.channels)
        return tuple(layers), linear(self.channels[-1] * side**2, n_outputs, key=keys[-1])

    def encode(
        self, weights: Any, name: str, frames: UInt8[Array, "frame row column 3"]
    ) -> Float[Array, "frame output"]:
        """Of each frame; levels are taken from -.5 to .5."""
        layers, project = weights
        x = frames.astype(project.weight.dtype) / 255 - 0.5
        for layer in layers:
            x = jax.nn.relu(_convolved(x, layer, stride=2))
        return jax.nn.relu(project(x.reshape(len(x), -1)))


def _kept(n_inputs: int, n_outputs: int, *, key: PRNGKeyArray) -> Convolution:
    """Normal, of variance 2 / inputs (He et al., 2015)."""
    drawn = jax.random.normal(key, (n_outputs, n_inputs, 3, 3))
    return Convolution(math.sqrt(2 / (9 * n_inputs)) * drawn, jnp.zeros(n_outputs))


def _convolution(n_inputs: int, n_outputs: int, *, key: PRNGKeyArray) -> Convolution:
    scale = math.sqrt(2 / (9 * (n_inputs + n_outputs)))
    drawn = scale * jax.random.normal(key, (n_outputs, n_inputs, 3, 3))
    return Convolution(drawn, jnp.zeros(n_outputs))


def _convolved(
    x: Float[Array, "frame row column from"], layer: Convolution, stride: int = 1
) -> Array:
    how, by = ("NHWC", "OIHW", "NHWC"), (stride, stride)
    found = jax.lax.conv_general_dilated(x, layer.weight, by, "SAME", dimension_numbers=how)
    return found + layer.bias[None, None, None]


def _pooled(x: Float[Array, "frame row column channel"]) -> Array:
    shape = (x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2, x.shape[3])
    return x.reshape(shape).max(axis=(2, 4))


class Symbols(eqx.Module):
    """A linear map of each task's own features, and relu.

    Attributes:
        n_features: of each task, by name.
        gain: by how much first weights are larger than Xavier's, as few features are on at once.
    """

    n_features: tuple[tuple[str, int], ...] = eqx.field(static=True)
    gain: float = eqx.field(static=True, default=3.0)

    def begin(self, names: Any, n_outputs: int, *, key: PRNGKeyArray) -> dict[str, Linear]:
        """A map for each task."""
        keys = jax.random.split(key, len(self.n_features))
        each = zip(self.n_features, keys, strict=True)
        drawn = ((name, linear(n, n_outputs, key=k)) for (name, n), k in each)
        return {name: Linear(self.gain * own.weight, own.bias) for name, own in drawn}

    def encode(
        self, weights: dict[str, Linear], name: str, frames: Float[Array, "frame feature"]
    ) -> Float[Array, "frame output"]:
        """Of each frame."""
        return jax.nn.relu(weights[name](frames))


Heads = tuple[tuple[str, str, int], ...]
"""Task, the head it uses, and how many outputs that has."""


class NetworkWeights(NamedTuple):
    """What gradient descent learns.

    Attributes:
        encoder: of frames.
        codes: of tasks.
        core: of the memory.
        heads: by name.
    """

    encoder: Any
    codes: Float[Array, "task code"]
    core: Any
    heads: dict[str, Linear]


class FrameNetwork(eqx.Module):
    """What is chosen of a network; what it learns is in `NetworkWeights`.

    Attributes:
        core: what remembers.
        encoder: `Pictures`, `SmallPictures` or `Symbols`.
        tasks: which, with their heads.
        n_inputs: of the core, the task code among them; as many as the core is wide for a
            Transformer, 512 in the official recurrent networks.
    """

    core: Core
    encoder: Pictures | SmallPictures | Symbols
    tasks: Heads = eqx.field(static=True)
    n_inputs: int = eqx.field(static=True, default=512)

    def __check_init__(self) -> None:
        if self.n_inputs <= len(self.tasks):
            raise InvalidValue(
                f"{self.n_inputs} inputs, expected more than the {len(self.tasks)} of the task "
                "code, which is as long as there are tasks."
            )

    def begin(self, *, key: PRNGKeyArray) -> NetworkWeights:
        """Weights before learning."""
        n, keys = len(self.tasks), jax.random.split(key, 4)
        sizes: Mapping[str, int] = {head: size for _, head, size in self.tasks}
        heads = zip(sizes.items(), jax.random.split(keys[3], len(sizes)), strict=True)
        return NetworkWeights(
            self.encoder.begin(self._names, self.n_inputs - n, key=keys[0]),
            math.sqrt(1 / n) * jax.random.normal(keys[1], (n, n)),
            self.core.begin(self.n_inputs, key=keys[2]),
            {name: linear(self.core.width, size, key=k) for (name, size), k in heads},
        )

    def watch(
        self, weights: NetworkWeights, name: str, frames: Shaped[Array, frame * picture]
    ) -> tuple[Float[Array, "frame answer"], Float[Array, "frame unit"]]:
        """Answers at every frame of a trial of a task, and what the core puts out.

        Raises:
            UnknownName: for a task that the network does not have.
        """
        hidden = self.core.run(weights.core, self.inputs(weights, name, frames))
        return self.answers(weights, name, hidden), hidden

    def inputs(
        self, weights: NetworkWeights, name: str, frames: Shaped[Array, frame * picture]
    ) -> Float[Array, "frame input"]:
        """What the core reads: encoded frames, and the code of the task at each of them."""
        code = weights.codes[self._place(name)][None]
        seen = self.encoder.encode(weights.encoder, name, frames)
        return jnp.concatenate([seen, jnp.broadcast_to(code, (len(seen), code.shape[1]))], axis=1)

    def answers(
        self, weights: NetworkWeights, name: str, hidden: Float[Array, "frame unit"]
    ) -> Float[Array, "frame answer"]:
        """By the head of the task."""
        return weights.heads[self.tasks[self._place(name)][1]](hidden)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.tasks)

    def _place(self, name: str) -> int:
        if name not in self._names:
            raise UnknownName("task of this network", name, self._names)
        return self._names.index(name)
