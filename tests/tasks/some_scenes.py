"""Scenes that were drawn, and those of the fixed draw, `tensor_brain_scenes.npz`."""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.tasks.scenes import (
    SPLITS,
    SceneData,
    Scenes,
    SceneWorld,
    draw_scenes,
    load_scenes,
)
from tests.conformance.reference import folder

KEY = jax.random.key(1)
DATA = draw_scenes(key=KEY)
SMALL = SceneWorld(n_features=5, n_known=9, n_novel=6, n_train=7, n_test=3)


FIXED = "f1471e71782541b9f8f3cf06b519b48d089d79908d24752cbfc18f5de7c855ff"


def path_of_stored() -> Path:
    path = folder() / "tensor_brain_scenes.npz"
    if not path.exists():
        pytest.skip(f"no {path.name} in {path.parent}")
    return path


@cache
def stored() -> SceneData:
    return load_scenes(path_of_stored())


def only_of_the_fixed_draw() -> None:
    if hashlib.sha256(path_of_stored().read_bytes()).hexdigest() != FIXED:
        pytest.skip("published for another draw")


def splits(data: SceneData) -> dict[str, Scenes]:
    return {split: getattr(data, split) for split in SPLITS}


def sd_of(values: np.ndarray) -> tuple[float, float]:
    """Root mean square of normal numbers of mean 0, and its standard error."""
    rms = math.sqrt(np.mean(np.square(values, dtype=float)))
    return rms, rms / math.sqrt(2 * values.size)
