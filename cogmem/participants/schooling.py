"""A Tensor Brain that has been to school: a generated world, and a brain that learnt its scenes."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import learn
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.tasks.scenes import SceneData, SceneWorld, draw_scenes

__all__ = ["Schooled", "schooled"]


class Schooled(NamedTuple):
    """Who was taught what.

    Attributes:
        data: the world and its scenes; training scenes are the episodes, in their order.
        brain: with an index for each known entity, label, predicate and episode.
        weights: what it learnt.
    """

    data: SceneData
    brain: TensorBrain
    weights: Weights


def schooled(
    *,
    seed: int,
    design: SceneWorld = SceneWorld(),  # noqa: B008
    brain_options: dict[str, Any] | None = None,
    **how: Any,
) -> Schooled:
    """Draw a world, and teach a new brain its training scenes.

    Args:
        seed: of the world, of the first weights and of what is learnt when.
        design: constants of the world.
        brain_options: as in `TensorBrain`.
        how: as in `learn`, e.g. `n_steps`.
    """
    of_world, of_weights, of_learning = jax.random.split(jax.random.key(seed), 3)
    data = draw_scenes(design, key=of_world)
    brain = scene_brain(data.world, design.n_train, **(brain_options or {}))
    rows = annotated(brain, data.world, data.train, first_episode=0)
    weights = learn(brain, brain.begin(key=of_weights), rows, key=of_learning, **how)
    return Schooled(data, brain, weights)
