"""Class streams as a continual learner is shown them: normalised currents, task after task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from cogmem.models.continual_learner import Examples
from cogmem.tasks.continual import Task, normalised

__all__ = ["examples", "in_jax", "in_numpy"]


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
