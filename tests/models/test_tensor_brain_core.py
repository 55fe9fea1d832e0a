"""The Tensor Brain as a core: frame by frame as at once, written indices, no look ahead."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.memory_cores import lesioned
from cogmem.models.tensor_brain_core import TensorBrainCore

CORE = TensorBrainCore(5, n_frames=4)


@pytest.fixture(scope="module")
def weights() -> object:
    return CORE.begin(3, key=jax.random.key(0))


XS = jax.random.normal(jax.random.key(1), (4, 3))


def test_frame_by_frame_is_the_whole_trial(weights: object) -> None:
    """Outputs of four steps are those of `run`, to 1e-6."""
    state, outputs = CORE.empty(weights), []
    for x in XS:
        state, h = CORE.step(weights, state, x)
        outputs.append(h)
    np.testing.assert_allclose(jnp.stack(outputs), CORE.run(weights, XS), atol=1e-6)
    assert int(state.n) == 4


def test_two_frames_by_hand(weights: object) -> None:
    """The first has no feedback; the second all of the first index's embedding, as it is alone."""
    w = weights
    first = w.sensory @ XS[0] + w.moments[0]
    index = w.moments[0] + w.to_index @ jax.nn.sigmoid(first)
    second = w.sensory @ XS[1] + w.moments[1] + index
    np.testing.assert_allclose(CORE.run(w, XS)[:2], jnp.stack([first, second]), atol=1e-6)


def test_nothing_is_known_of_later_frames(weights: object) -> None:
    """Another third frame leaves the first two outputs; it changes the fourth."""
    one, other = CORE.run(weights, XS), CORE.run(weights, XS.at[2].add(1.0))
    np.testing.assert_array_equal(one[:2], other[:2])
    assert float(jnp.abs(one[3] - other[3]).max()) > 1e-4


def test_silenced_units_and_sizes(weights: object) -> None:
    """Units 1 and 3 are 0 at every frame; 4 frames of 5 units are kept; gradients reach all."""
    hidden = lesioned(CORE, jnp.array([1, 3])).run(weights, XS)
    assert (np.asarray(hidden)[:, [1, 3]] == 0).all()
    assert CORE.state_size == 20
    slopes = jax.grad(lambda w: CORE.run(w, XS)[-1].sum())(weights)
    assert all(float(jnp.abs(slope).max()) > 0 for slope in slopes)
