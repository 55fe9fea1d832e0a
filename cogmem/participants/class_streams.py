"""Class streams as a continual learner is shown them: normalised currents, task after task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from cogmem.data import load_images
from cogmem.models.continual_learner import Examples
from cogmem.tasks.continual import ClassStream, Task, generated_stream, normalised, permuted

__all__ = ["DigitSettings", "digit_stream", "examples", "in_jax", "in_numpy"]

N_DIGITS = 10


class DigitSettings(Protocol):
    """What of a configuration says which digits are learnt."""

    @property
    def source(self) -> str:
        """Either "mnist" or "generated"."""

    @property
    def n_tasks(self) -> int:
        """Permutations of the pixels."""

    @property
    def n_features(self) -> int:
        """Pixels of a generated image."""

    @property
    def n_train(self) -> int:
        """Images to learn, the first so many as stored."""

    @property
    def n_test(self) -> int:
        """Images to test, likewise."""

    @property
    def seed(self) -> int:
        """Of generated images."""


def digit_stream(settings: DigitSettings) -> ClassStream:
    """Digits, or generated images, their pixels permuted anew in each task.

    Raises:
        DataNotFound: if MNIST is not here; it says what to fetch.
    """
    if settings.source == "generated":
        sizes = (N_DIGITS, settings.n_features, settings.n_train, settings.n_test)
        return generated_stream(settings.n_tasks, *sizes, seed=settings.seed)
    images = load_images("mnist")
    split = images["split"].values
    parts = (("train", settings.n_train), ("test", settings.n_test))
    kept = np.concatenate([np.flatnonzero(split == part)[:n] for part, n in parts])
    return permuted(images.isel(item=kept), settings.n_tasks)


def in_jax(images: np.ndarray) -> Array:
    """Bytes as normalised currents, in float32 by JAX."""
    return normalised(jnp.asarray(images, jnp.float32))


def in_numpy(images: np.ndarray) -> Array:
    """Likewise by NumPy, which rounds the last bit of some otherwise."""
    return jnp.asarray(normalised(images.astype("float32")))


def examples(
    stream: Iterable[Task], *, currents: Callable[[np.ndarray], Array] = in_jax
) -> tuple[list[Examples], list[Examples]]:
    """Training and test examples of each task; arrays that tasks share are made once.

    Args:
        stream: tasks, all of which are kept while this runs.
        currents: what makes inputs of images as bytes, `in_jax` or `in_numpy`.
    """
    tasks, made = list(stream), dict[int, Array]()

    def once(make: Callable[[Any], Array], array: np.ndarray) -> Array:
        if id(array) not in made:
            made[id(array)] = make(array)
        return made[id(array)]

    def part(images: np.ndarray, label: np.ndarray, pixels: np.ndarray) -> Examples:
        return Examples(once(currents, images), once(jnp.asarray, label), jnp.asarray(pixels))

    train = [part(task.train, task.train_label, task.pixels) for task in tasks]
    return train, [part(task.test, task.test_label, task.pixels) for task in tasks]
