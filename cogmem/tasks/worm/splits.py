"""Whether trials of a test were seen in training.

Streams of different splits have nothing in common but chance. Where there are very many trials that
can be drawn, none of a test ever comes in training; where there are few, trials must come again,
and a score on them says less of what was learnt than of what was remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import UInt64

from cogmem.tasks.worm.task import Layer, Trials, WormTask

__all__ = ["SMALL", "trial_hashes"]

_ONE_OR_TWO_BARS = MappingProxyType({"set_size": (1, 2)})

SMALL: Mapping[str, Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "STS": MappingProxyType({}),
        "CS": MappingProxyType({"variation": (0, 1)}),
        "SMU": MappingProxyType({"set_size": (1, 2, 3)}),
        "SFR": MappingProxyType({"list_length": (1, 2)}),
        **{
            f"CD_{name}": _ONE_OR_TWO_BARS
            for name in ("Color", "Orientation", "Size", "Gap", "Conj")
        },
    }
)
"""Levels of each task at which trials may come again by nature; all of them if none is named.

Sequences of cues and squares in STS; 16 x 16 pairs of paths in CS, though the distractors between
them seldom are the same; one or two things to remember in SFR and CD; up to three boxes in SMU, as
three that are updated once make some 400,000 trials.
"""


def trial_hashes(task: WormTask, trials: Trials) -> UInt64[np.ndarray, " trial"]:
    """A number for each trial that is the same if, and but by chance only if, its frames are.

    It is made of what is seen, as what was drawn by chance but not shown makes no other trial.
    """
    own = [hashlib.blake2b(phase.tobytes(), digest_size=8) for phase in trials.asked.time.phase]
    for layer in task.look(trials.symbols).values():
        frames = np.nonzero(layer.where)[0]
        for trial, features in zip(frames, _packed(layer), strict=True):
            own[trial].update(features.tobytes())
    return np.array([int.from_bytes(each.digest(), "little") for each in own], np.uint64)


def _packed(layer: Layer) -> np.ndarray:
    """Features of each picture, of which most are yes or no."""
    features = np.asarray(layer.features)
    return np.packbits(features, axis=1) if features.dtype == bool else features
