"""A brain that has been to school."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from cogmem.participants.schooling import schooled
from cogmem.tasks.scenes import SceneWorld


def test_a_brain_learns_the_scenes_of_its_own_world() -> None:
    """Sizes are those of the design; two steps move A, and another seed gives another world."""
    design = SceneWorld(n_known=8, n_novel=4, n_train=5, n_test=1)
    sizes = {"n_state": 6, "n_context": 5}
    pupil = schooled(seed=3, design=design, brain_options=sizes, n_steps=2, batch_size=4)
    words = pupil.brain.vocabulary
    assert (len(words.ids("episode")), len(words.ids("entity"))) == (5, 8)
    assert pupil.weights.to_context.shape == (5, 6)
    untaught = pupil.brain.begin(key=jax.random.split(jax.random.key(3), 3)[1])
    assert float(jnp.abs(pupil.weights.embeddings - untaught.embeddings).max()) > 1e-3
