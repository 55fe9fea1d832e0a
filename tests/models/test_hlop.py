"""The lateral circuit: how it finds a subspace, leaves old rows alone, and protects (spec 9.4-9.8).

The course of learning is tested on the data of the reference file, because the stated angles are
those of that data; its vectors are in tests/conformance/test_hlop.py.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import subspace_angles

from cogmem.errors import InvalidValue
from cogmem.models.hlop import LateralCircuit, Quantiser, Subspace, orthonormal_rows

with np.load(Path(__file__).parents[1] / "reference" / "hlop_reference.npz") as arrays:
    FIRST, SECOND = arrays["hlop_X1"], arrays["hlop_X2"]
    ROWS = arrays["hlop_H1_init"]

CIRCUIT = LateralCircuit(rate=0.03)
RANK = 6


def begun(new: np.ndarray, old: np.ndarray | None = None) -> Subspace:
    """Rows that learn, beside old ones."""
    new = jnp.asarray(new)
    old = jnp.zeros((0, new.shape[1]), new.dtype) if old is None else jnp.asarray(old)
    return Subspace(old, new, jnp.zeros_like(new), jnp.asarray(len(old)))


def course(circuit: LateralCircuit, subspace: Subspace, data: np.ndarray, n: int) -> jax.Array:
    """The learning rows after each of n batches of the data, over and over: [batch, row, input]."""

    @jax.jit
    def run(subspace: Subspace, data: jax.Array) -> jax.Array:
        def step(subspace: Subspace, at: jax.Array) -> tuple[Subspace, jax.Array]:
            subspace = circuit.learn(subspace, data[at])
            return subspace, subspace.new

        return jax.lax.scan(step, subspace, jnp.arange(n) % len(data))[1]

    return run(subspace, jnp.asarray(data))


@pytest.fixture(scope="module")
def learnt() -> np.ndarray:
    """Six rows over 400 batches of the first data, which have six dimensions and some noise."""
    with jax.numpy_dtype_promotion("strict"):
        return np.asarray(course(CIRCUIT, begun(ROWS[:RANK]), FIRST, 400), float)


# ---- how the subspace is found -------------------------------------------------------------------


def principal(data: np.ndarray, k: int) -> tuple[np.ndarray, float]:
    """The k leading directions about the origin, and the share of energy outside them."""
    rows = data.reshape(-1, data.shape[-1]).astype(float)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    return vectors[:, ::-1][:, :k], values[:-k].sum() / values.sum()


def test_rows_turn_to_the_principal_subspace_little_by_little(learnt: np.ndarray) -> None:
    """Largest of six angles: above 70 degrees after 20 batches, below 1.5 after 400."""
    axes, _ = principal(FIRST, RANK)
    angle = {n: np.degrees(subspace_angles(learnt[n - 1].T, axes)).max() for n in (20, 400)}
    assert angle[20] > 70  # a singular value decomposition would be there at once
    assert angle[400] < 1.5


def test_rows_become_orthonormal(learnt: np.ndarray) -> None:
    """Without ever being made so: max |HH' - 1| < 1e-3 after 400 batches."""
    final = learnt[-1]
    assert np.abs(final @ final.T - np.eye(RANK)).max() < 1e-3


def test_residual_energy_is_that_of_the_best_six_dimensions(learnt: np.ndarray) -> None:
    """Within 5 % of the optimum, about .00446."""
    rows, final = FIRST.reshape(-1, FIRST.shape[-1]).astype(float), learnt[-1]
    left = rows - rows @ final.T @ final
    assert (left**2).sum() / (rows**2).sum() == pytest.approx(principal(FIRST, RANK)[1], rel=0.05)


def test_new_rows_leave_what_old_rows_hold() -> None:
    """Largest product of new with old rows: about .2 after 20 batches, < 1e-3 after 400."""
    old = course(CIRCUIT, begun(ROWS), FIRST, 400)[-1]
    new = orthonormal_rows(RANK, ROWS.shape[1], key=jax.random.key(4))
    products = jnp.abs(course(CIRCUIT, begun(new, old), SECOND, 400) @ old.T).max(axis=(1, 2))
    assert 0.1 < products[19] < 0.5
    assert products[-1] < 1e-3


@pytest.mark.parametrize(("clip", "finite"), [(10.0, True), (1e6, False)])
def test_too_high_a_rate_for_single_inputs_does_not_settle(clip: float, finite: bool) -> None:
    """eta .05, largest eigenvalue 142: never orthonormal; the clip keeps the rows from bursting.

    Without it |HH' - 1| passes 1e6. Batches of 32 settle even so, for the moving average of changes
    is slow; it is single inputs that throw the rows about.
    """
    single = FIRST.reshape(-1, 1, FIRST.shape[-1]) * np.sqrt(142 / 8.52).astype("float32")
    circuit = LateralCircuit(rate=0.05, clip=clip, n_iterations=1)
    rows = course(circuit, begun(ROWS[:RANK]), single, 200)
    defects = np.abs(rows @ rows.mT - np.eye(RANK)[None]).max(axis=(1, 2))
    assert (defects[-100:] > 1).all()
    assert (defects.max() < 1e4) == finite
    assert (defects.max() > 1e6) != finite


# ---- rows of tasks -------------------------------------------------------------------------------


def test_rows_are_added_and_frozen() -> None:
    """3 of 4 places used, then 2; frozen rows lie one after the other, the rest is free."""
    circuit = LateralCircuit(rate=0.01)
    subspace = circuit.begin(40, n_old=6, n_new=4)
    for n_rows, seed in ((3, 0), (2, 1)):
        subspace = circuit.add_rows(circuit.freeze(subspace), n_rows, key=jax.random.key(seed))
        assert int((subspace.new != 0).any(axis=1).sum()) == n_rows
        np.testing.assert_allclose(
            subspace.new[:n_rows] @ subspace.new[:n_rows].T, np.eye(n_rows), atol=1e-6
        )
        before = subspace
        subspace = circuit.learn(subspace, jnp.asarray(FIRST[seed]))
        assert subspace.old.tobytes() == before.old.tobytes()
        assert not subspace.new[n_rows:].any()
    kept = circuit.freeze(subspace)
    assert int(kept.n_old) == 5
    assert not kept.old[5:].any()
    assert not kept.new.any()
    np.testing.assert_array_equal(kept.old[3:5], subspace.new[:2])


def test_rows_without_room_are_refused() -> None:
    circuit = LateralCircuit()
    with pytest.raises(InvalidValue, match="50 rows"):
        circuit.begin(40, n_old=0, n_new=50)
    full = circuit.add_rows(circuit.begin(40, n_old=2, n_new=4), 4, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="room for 2"):
        circuit.freeze(full)


def test_rows_in_use() -> None:
    """Three frozen and two that learn, of room for six and four."""
    circuit = LateralCircuit()
    first = circuit.add_rows(circuit.begin(40, n_old=6, n_new=4), 3, key=jax.random.key(0))
    second = circuit.add_rows(circuit.freeze(first), 2, key=jax.random.key(1))
    np.testing.assert_array_equal(second.used[:3], first.new[:3])
    np.testing.assert_array_equal(second.used[3:], second.new[:2])
    with pytest.raises(InvalidValue, match="5 rows"):
        circuit.add_rows(second, 5, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="no activity"):
        circuit.learn(second, jnp.zeros((0, 40)))


def test_free_rows_change_nothing() -> None:
    """More room than rows: the same learning and the same traces, to float32."""
    circuit, x = LateralCircuit(rate=0.01), jnp.asarray(FIRST[0])
    tight, old = begun(ROWS[:3], ROWS[3:]), np.zeros((9, 40), "float32")
    old[: len(ROWS) - 3] = ROWS[3:]
    wide = begun(np.concatenate([ROWS[:3], np.zeros((2, 40), "float32")]), old)
    found = circuit.learn(wide, x)
    np.testing.assert_allclose(found.new[:3], circuit.learn(tight, x).new, rtol=1e-5, atol=1e-7)
    assert not found.new[3:].any()
    np.testing.assert_allclose(
        circuit.perpendicular(wide, x), circuit.perpendicular(tight, x), atol=1e-5
    )


# ---- what is protected ---------------------------------------------------------------------------


def test_updates_hardly_touch_old_inputs(learnt: np.ndarray) -> None:
    """|dW x_old| / |dW_plain x_old| <= 1.5 sqrt(residual energy), whatever the errors."""
    old = FIRST.reshape(-1, FIRST.shape[-1])
    rows = learnt[-1].astype("float32")
    subspace = begun(np.zeros((1, 40), "float32"), rows)
    residual = ((old - old @ rows.T @ rows) ** 2).sum() / (old**2).sum()
    errors = jax.random.normal(jax.random.key(0), (len(SECOND[0]), 10))
    traces = jnp.asarray(SECOND[0])
    change = CIRCUIT.gradient(subspace, errors, traces) @ old.T
    plain = errors.T @ traces @ old.T
    assert np.linalg.norm(change) <= 1.5 * np.sqrt(residual) * np.linalg.norm(plain)


def test_contained_inputs_are_not_touched_at_all() -> None:
    """Old inputs within orthonormal rows, float64: relative change <= 1e-12."""
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0), 4)
        rows = orthonormal_rows(8, 30, key=keys[0])
        old = jax.random.normal(keys[1], (20, 8)) @ rows
        traces = jax.random.normal(keys[2], (64, 30))
        errors = jax.random.normal(keys[3], (64, 5))
        subspace = begun(np.zeros((1, 30)), np.asarray(rows))
        change = LateralCircuit().gradient(subspace, errors, traces) @ old.T
        plain = errors.T @ traces @ old.T
    assert np.linalg.norm(change) <= 1e-12 * np.linalg.norm(plain)


@pytest.mark.parametrize("g", [0.0, 0.5, 1.0])
def test_graded_protection(g: float) -> None:
    """Of an input within the rows, 1 - g is left."""
    rows = orthonormal_rows(4, 10, key=jax.random.key(0))
    subspace = begun(np.zeros((1, 10), "float32"), np.asarray(rows))
    x = jnp.asarray([1.0, -2.0, 0.5, 3.0]) @ rows
    found = LateralCircuit(protection=g).perpendicular(subspace, x)
    np.testing.assert_allclose(found, (1 - g) * x, atol=1e-6)


def both_modes(quantiser: Quantiser | None) -> tuple[np.ndarray, np.ndarray]:
    """Gradients with projected traces, and projected gradients of plain traces."""
    circuit = LateralCircuit(quantiser=quantiser)
    subspace = begun(ROWS[:1], ROWS[1:])
    errors = jax.random.normal(jax.random.key(0), (len(FIRST[0]), 5))
    traces = jnp.asarray(FIRST[0])
    modified = errors.T @ circuit.perpendicular(subspace, traces)
    return np.asarray(modified), np.asarray(circuit.perpendicular(subspace, errors.T @ traces))


def test_linear_lateral_neurons_may_project_the_gradient_instead() -> None:
    """Equal to 1e-5 of the norm; with four levels they are not, and traces are projected."""
    traces, weights = both_modes(None)
    assert np.linalg.norm(traces - weights) <= 1e-5 * np.linalg.norm(traces)
    traces, weights = both_modes(Quantiser(20.0, 4))
    assert np.linalg.norm(traces - weights) > 0.01 * np.linalg.norm(traces)


def test_few_outputs_and_many_rows_take_the_cheaper_way() -> None:
    """Same gradient from 100 rows of 5 outputs as from the traces themselves."""
    subspace = begun(ROWS[:1], ROWS[1:])
    errors = jax.random.normal(jax.random.key(0), (64, 5))
    traces = jnp.asarray(FIRST[:2].reshape(64, -1))
    found = LateralCircuit().gradient(subspace, errors, traces)
    expected = errors.T @ LateralCircuit().perpendicular(subspace, traces)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


# ---- lateral neurons that spike ------------------------------------------------------------------


def test_quantiser_by_hand() -> None:
    """Scale 2, four steps: levels of .5; halves to even; saturates at 2."""
    found = Quantiser(2.0, 4)(jnp.asarray([0.2, 0.25, 0.3, 0.75, -0.74, 5.0]))
    assert found.tolist() == [0.0, 0.0, 0.5, 1.0, -0.5, 2.0]


def test_many_steps_are_nearly_linear() -> None:
    y = jnp.linspace(-20, 20, 1001)
    np.testing.assert_allclose(Quantiser()(y), y, atol=0.5 * 20 / 1000 + 1e-5)


@pytest.mark.parametrize("values", [{"scale": 0.0}, {"n_steps": 0}])
def test_strange_quantisers_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="scale"):
        Quantiser(**values)


@pytest.mark.parametrize(
    ("values", "named"),
    [({"rate": -1.0}, "rate"), ({"protection": 2.0}, "protection"), ({"n_iterations": 0}, "n_it")],
)
def test_strange_circuits_are_refused(values: dict[str, float], named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        LateralCircuit(**values)


def test_initial_rows_are_orthonormal_and_the_first_of_more() -> None:
    rows = partial(orthonormal_rows, n_inputs=12, key=jax.random.key(0))
    np.testing.assert_allclose(rows(5) @ rows(5).T, np.eye(5), atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 7), (7,)])
def test_activity_of_other_neurons_is_refused(shape: tuple[int, ...]) -> None:
    subspace = CIRCUIT.begin(5, n_old=3, n_new=2)
    given = re.escape(f"activity is of shape {list(shape)}, expected")
    with pytest.raises(InvalidValue, match=f"{given} 5 inputs at the end"):
        jax.eval_shape(lambda x: CIRCUIT.inhibition(subspace, x), jnp.zeros(shape))
    with pytest.raises(InvalidValue, match=given):
        CIRCUIT.learn(subspace, jnp.zeros(shape))
