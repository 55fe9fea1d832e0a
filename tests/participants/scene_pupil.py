"""A Tensor Brain of a small world of scenes that was taught nothing."""

from __future__ import annotations

import jax

from cogmem.participants.scene_viewer import scene_brain
from cogmem.participants.schooling import Schooled
from cogmem.tasks.scenes import SceneWorld, draw_scenes

N_KNOWN, N_NOVEL = 10, 4


def untaught_pupil() -> Schooled:
    """With random weights."""
    design = SceneWorld(n_known=N_KNOWN, n_novel=N_NOVEL, n_train=3, n_test=1)
    data = draw_scenes(design, key=jax.random.key(0))
    brain = scene_brain(data.world, 3, n_state=8, n_context=5)
    return Schooled(data, brain, brain.begin(key=jax.random.key(1)))
