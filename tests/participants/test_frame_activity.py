"""What cores put out, and what is lost without some units."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.frame_network import NetworkWeights
from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_activity import activity, lesions, without
from cogmem.participants.frame_course import Course, examined, network_of
from cogmem.tasks.worm import make_batch

NAMES = ("STS", "CD_Gap", "CD_Size")
N = 24


@pytest.fixture(scope="module")
def taught() -> tuple[Course, NetworkWeights]:
    """Not taught in fact: a network with random weights, and biases of heads."""
    course = Course(network_of(RecurrentCore(8), NAMES, "symbolic", 16))
    weights = course.network.begin(key=jax.random.key(0))
    heads = dict(weights.heads)
    heads["STS"] = heads["STS"]._replace(bias=jnp.array([0.1, 0.2, 0.0]))
    heads["CD"] = heads["CD"]._replace(bias=jnp.array([0.3]))
    return course, weights._replace(heads=heads)


def test_outputs_are_those_of_the_network(taught: tuple[Course, NetworkWeights]) -> None:
    """Of the third trial, as the network itself tells; 1 frame of it is before a response."""
    course, weights = taught
    found = activity(course, weights, N)
    assert tuple(found) == NAMES
    batch = make_batch("STS", N, seed=0, split="test", look="symbolic")
    own = course.network.watch(weights, "STS", jnp.asarray(batch.frames[2]))[1]
    np.testing.assert_allclose(found["STS"].outputs[2], own, atol=1e-6)
    assert found["STS"].outputs.shape == (N, 20, 8)
    assert found["STS"].scored.argmax(axis=1).tolist() == [1] * N
    change = found["CD_Gap"]
    assert (change.scored.argmax(axis=1) == change.length - 1).all()


def test_silent_units_are_silent(taught: tuple[Course, NetworkWeights]) -> None:
    course, weights = taught
    outputs = activity(without(course, [1, 5]), weights, N)["STS"].outputs
    assert (outputs[..., [1, 5]] == 0).all()
    assert (outputs[..., [0, 2, 3, 4, 6, 7]] != 0).any(axis=(0, 1)).all()


def test_lesions_of_none_and_of_all(taught: tuple[Course, NetworkWeights]) -> None:
    """None: nothing is lost. All: heads say what their biases say, 1 in switching and "changed"."""
    course, weights = taught
    found = lesions(course, weights, {"none": [], "all": range(8)}, N)
    assert found["task"].values.tolist() == ["STS", "CD"]
    assert found["size"].values.tolist() == [0, 8]
    assert (found["value"].sel(cluster="none") == 0).all()
    table = examined(course, weights, N)
    assert float(found["intact"].sel(task="STS")) == pytest.approx(
        table[table["task"] == "STS"]["right"].mean()
    )
    said = {"STS": 1, "CD": 1}
    for task, names in (("STS", ["STS"]), ("CD", ["CD_Gap", "CD_Size"])):
        each = [make_batch(k, N, seed=0, split="test", look="symbolic") for k in names]
        labels = np.concatenate([batch.labels[batch.scored] for batch in each])
        right = float(found["right"].sel(cluster="all", task=task))
        assert right == pytest.approx((labels == said[task]).mean())
    assert (found["value"] == found["right"] - found["intact"]).all()


def test_what_cannot_be_cut_is_refused(taught: tuple[Course, NetworkWeights]) -> None:
    with pytest.raises(InvalidValue, match="units 8 to 8, expected 0 to 7"):
        lesions(*taught, {0: [8]}, N)
    with pytest.raises(InvalidValue, match="there is no cluster"):
        lesions(*taught, {}, N)
