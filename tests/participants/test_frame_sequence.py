"""Tasks one after the other: what projection keeps exactly, what it costs, and what is refused."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import CogmemError
from cogmem.measures.subspaces import principal_rows
from cogmem.models.memory_cores import Memoryless, RecurrentCore
from cogmem.models.spiking_core import SpikingCore
from cogmem.participants import frame_lessons
from cogmem.participants.frame_course import network_of
from cogmem.participants.frame_lessons import Lesson
from cogmem.participants.frame_sequence import (
    Protection,
    Sequence,
    activity,
    begin,
    energy_left,
    share_right,
    teach,
)
from cogmem.tasks.worm import make_batch
from cogmem.tasks.worm.curriculum import STAGES

NAMES = ("CD_Color", "CD_Gap")
LEVELS = {name: STAGES[name][0] for name in NAMES}
SMALL = Protection(inputs=8, units=6, heads=4, n_batches=3, n_rows=64, n_iterations=20)


def sequence(core: Any, protection: Protection | None = SMALL, n_steps: int = 3) -> Sequence:
    network = network_of(core, NAMES, "symbolic", 32)
    return Sequence(network, n_steps, LEVELS, batch=8, rate=1e-2, protection=protection)


GATED, SPIKING = RecurrentCore(12), SpikingCore(12, n_steps=2)


@pytest.mark.parametrize("core", [GATED, pytest.param(SPIKING, marks=pytest.mark.slow)])
def test_what_is_within_old_rows_stays_as_it_was(core: Any) -> None:
    """Rows that span all that the first task sends: its activity in a second task's learning is
    the same to 1e-4, though both matrices change; without protection it is not.
    """
    found = {}
    for protection in (SMALL, None):
        own = sequence(core, protection)
        first = teach(own, begin(own), "CD_Color")
        before = activity(own, first.weights, "CD_Color", 0, "test")
        whole = {k: rows_of(before[k], len(each.old)) for k, each in first.circuits.items()}
        circuits = {k: each._replace(old=whole[k]) for k, each in first.circuits.items()}
        first = first._replace(circuits=circuits) if protection else first
        then = teach(own, first, "CD_Gap").weights
        assert np.abs(then.core.from_input - first.weights.core.from_input).max() > 1e-3
        after = activity(own, then, "CD_Color", 0, "test")
        found[protection is None] = max(np.abs(after[k] - before[k]).max() for k in before)
    assert found[False] < 1e-4
    assert found[True] > 1e-3


def rows_of(seen: np.ndarray, room: int) -> Any:
    """Orthonormal rows that span activity, below them free ones."""
    n = np.linalg.matrix_rank(seen, tol=1e-5)
    assert n <= room
    rows = np.zeros((room, seen.shape[1]), np.float32)
    rows[:n] = principal_rows(seen, n)
    return jnp.asarray(rows)


def test_circuits_learn_what_a_finished_task_sends() -> None:
    """Less than a fifth of the energy is outside rows, all of it before; rows add up."""
    own = sequence(RecurrentCore(12))
    fresh = begin(own)
    assert set(fresh.circuits) == {"inputs", "units", "CD"}
    assert energy_left(own, fresh, "CD_Color") == dict.fromkeys(fresh.circuits, 1.0)
    taught = teach(own, fresh, "CD_Color")
    assert max(energy_left(own, taught, "CD_Color").values()) < 0.2
    taught = teach(own, taught, "CD_Gap")
    assert taught.finished == NAMES
    assert [int(taught.circuits[k].n_old) for k in ("inputs", "units", "CD")] == [16, 12, 8]


def test_activity_is_what_weights_are_given() -> None:
    """Eight trials of two frames: inputs, traces before each step but the first, asked frames."""
    own = sequence(SPIKING)
    weights = begin(own).weights
    seen = activity(own, weights, "CD_Color", 0)
    assert {k: each.shape for k, each in seen.items()} == {
        "inputs": (16, 32),
        "units": (8 * 3, 12),
        "CD": (8, 12),
    }
    trial = SPIKING.traces(weights.core, seen["inputs"][:2])
    np.testing.assert_allclose(seen["units"][:3], trial.reshape(4, 12)[:3], atol=1e-6)
    np.testing.assert_allclose(seen["CD"][0], trial[1, -1], atol=1e-6)


def test_biases_and_others_maps_do_not_learn_twice() -> None:
    """Biases of units and of the shared head after the first task; the map of the other task."""
    own = sequence(RecurrentCore(12))
    fresh = begin(own)
    first = teach(own, fresh, "CD_Color")
    then = teach(own, first, "CD_Gap")
    weights = [each.weights for each in (fresh, first, then)]
    biases = [np.concatenate([w.core.bias_input, w.heads["CD"].bias]) for w in weights]
    assert (biases[1] != biases[0]).any()
    np.testing.assert_array_equal(biases[2], biases[1])
    maps = [w.encoder["CD_Gap"].weight for w in weights]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert (maps[2] != maps[1]).any()


def test_the_same_is_learnt_again() -> None:
    """Twice from the same seed: the same weights, to the bit; of a network without memory too."""
    own = sequence(Memoryless(12), None)
    once, again = (teach(own, begin(own), "CD_Gap").weights for _ in range(2))
    np.testing.assert_array_equal(once.core[0], again.core[0])
    assert 0 <= share_right(own, once, "CD_Gap", 16) <= 1


def test_what_is_refused() -> None:
    own = sequence(RecurrentCore(12))
    with pytest.raises(CogmemError, match="VIR cannot be taught after nothing"):
        teach(own, begin(own), "VIR")
    with pytest.raises(CogmemError, match="a Memoryless cannot be protected"):
        sequence(Memoryless(12))
    with pytest.raises(CogmemError, match="expected 1 or more for each task"):
        sequence(RecurrentCore(12), n_steps=0)
    with pytest.raises(CogmemError, match="n_rows"):
        Protection(n_rows=0)


@pytest.mark.slow
def test_spiking_neurons_learn_switching_among_three_tasks() -> None:
    """All levels, 64 trials of each in a step, 300 steps: .99 of marker frames, as a GRU does."""
    names = ("STS", "SMU", "SFR")
    network = network_of(SpikingCore(96), names, "symbolic", 131)
    learning = frame_lessons.begin(network, rate=3e-3, clip=1.0, key=jax.random.key(0))
    for step in range(300):
        each = {k: make_batch(k, 64, seed=0, block=step, look="symbolic") for k in names}
        lessons = {k: Lesson(b.frames, b.labels, b.targets) for k, b in each.items()}
        learning, _ = frame_lessons.learn(network, learning, lessons, rate=3e-3)
    own = Sequence(network, 1)
    assert share_right(own, learning.weights, "STS", 200) >= 0.99
