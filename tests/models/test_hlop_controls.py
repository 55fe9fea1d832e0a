"""Broken lateral circuits: each does what its name says, and none protects what the real one does.

Data of two tasks: 64 inputs of 20 neurons each, within 4 directions of their own.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.hlop import LateralCircuit, Subspace, orthonormal_rows
from cogmem.models.hlop_controls import CONTROLS, NeverFrozen, NewRowsProject, NoRows, unlearnt

N_INPUTS, N_ROWS, RATE = 20, 4, 0.05
CIRCUITS = {"real": LateralCircuit, **CONTROLS}


def inputs(task: int) -> jax.Array:
    key, within = jax.random.split(jax.random.key(task))
    directions = orthonormal_rows(N_ROWS, N_INPUTS, key=key)
    return jax.random.normal(within, (64, N_ROWS)) @ directions


def taught(circuit: LateralCircuit, subspace: Subspace, task: int) -> Subspace:
    """Rows added for a task, and 60 batches of it."""
    subspace = circuit.add_rows(subspace, N_ROWS, key=jax.random.key(10 + task))
    x = inputs(task)
    return jax.lax.fori_loop(0, 60, lambda _, s: circuit.learn(s, x), subspace)


@pytest.fixture(scope="module", params=CIRCUITS)
def both(request):
    """A circuit's name, itself, and its state when the second task has been learnt."""
    circuit = CIRCUITS[request.param](jnp.asarray(RATE))
    first = circuit.freeze(taught(circuit, circuit.begin(N_INPUTS, n_old=N_ROWS, n_new=N_ROWS), 0))
    return request.param, circuit, first, taught(circuit, first, 1)


def test_only_the_real_circuit_protects_and_lets_learn(both) -> None:
    """Share of the trace of old inputs that weights still learn from, and of new ones.

    The real circuit leaves under 1 % of the old and over half of the new, of which about 4 / 20 lie
    in the old subspace. A control leaves over a tenth of the old, or under half of the new.
    """
    name, circuit, _, second = both
    left = [
        float(jnp.sum(circuit.perpendicular(second, x) ** 2) / jnp.sum(x**2))
        for x in (inputs(0), inputs(1))
    ]
    assert (left[0] < 0.01 and left[1] > 0.5) == (name == "real"), left
    assert name == "real" or left[0] > 0.1 or left[1] < 0.5


def test_no_rows_are_ever_in_use() -> None:
    circuit = NoRows(RATE)
    first = circuit.freeze(taught(circuit, circuit.begin(N_INPUTS, n_old=N_ROWS, n_new=N_ROWS), 0))
    assert not first.old.any()
    assert int(first.n_old) == 0
    x = inputs(0)
    assert circuit.perpendicular(first, x).tobytes() == x.tobytes()


def test_unlearnt_rows_stay_as_they_were_drawn() -> None:
    circuit = unlearnt(RATE)
    drawn = circuit.add_rows(
        circuit.begin(N_INPUTS, n_old=0, n_new=N_ROWS), N_ROWS, key=jax.random.key(10)
    )
    found = taught(circuit, circuit.begin(N_INPUTS, n_old=0, n_new=N_ROWS), 0)
    assert found.new.tobytes() == drawn.new.tobytes()
    assert float(jnp.abs(found.momentum).max()) > 0  # it was shown something


def test_new_rows_project_and_old_ones_do_not() -> None:
    """With orthonormal rows: what lies within the new ones vanishes, within the old ones stays."""
    rows = orthonormal_rows(2 * N_ROWS, N_INPUTS, key=jax.random.key(3))
    old, new = rows[:N_ROWS], rows[N_ROWS:]
    subspace = Subspace(old, new, jnp.zeros_like(new), jnp.asarray(N_ROWS))
    circuit = NewRowsProject(RATE)
    np.testing.assert_allclose(circuit.perpendicular(subspace, new), 0, atol=1e-6)
    np.testing.assert_allclose(circuit.perpendicular(subspace, old), old, atol=1e-6)
    half = NewRowsProject(RATE, protection=0.5)
    np.testing.assert_allclose(half.perpendicular(subspace, new), new / 2, atol=1e-6)


def test_rows_that_are_never_frozen_drift_from_what_they_held() -> None:
    """The real circuit's old rows are the very same bits after another task; these are not."""
    for circuit, kept in ((LateralCircuit(RATE), True), (NeverFrozen(RATE), False)):
        first = circuit.freeze(
            taught(circuit, circuit.begin(N_INPUTS, n_old=N_ROWS, n_new=N_ROWS), 0)
        )
        second = taught(circuit, first, 1)
        assert (second.old.tobytes() == first.old.tobytes()) == kept


def test_rows_that_are_never_frozen_learn_a_first_task_as_the_real_ones() -> None:
    """There is nothing to freeze yet: equal to 1e-5."""
    found = [
        taught(circuit, circuit.begin(N_INPUTS, n_old=N_ROWS, n_new=N_ROWS), 0)
        for circuit in (LateralCircuit(RATE), NeverFrozen(RATE))
    ]
    np.testing.assert_allclose(found[1].new, found[0].new, atol=1e-5)
    assert not found[1].old.any()
