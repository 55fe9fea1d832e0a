"""A learner over several tasks: what is exact, what is refused, and how often it compiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.continual_learner import (
    ContinualLearner,
    Examples,
    Knowledge,
    accuracy,
    learn_stream,
    learn_task,
)
from cogmem.models.hlop import LateralCircuit, Quantiser
from cogmem.models.spiking_training import BPTT, DSR, OTTT

SIZES, ROWS = (20, 12, 12, 3), ((6, 4, 4), (4, 3, 3), (4, 3, 3))
CIRCUITS = tuple(LateralCircuit(rate=0.01) for _ in SIZES[1:])
LEARNER = ContinualLearner(SIZES, ROWS, CIRCUITS, DSR(n_steps=8))
PLAIN = replace(LEARNER, circuits=(None,) * 3)


def task(seed: int, n: int = 50) -> Examples:
    """Three noisy prototypes; every task has pixels in an order of its own."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, n)
    inputs = random.normal(size=(3, 20))[labels] + 0.3 * random.normal(size=(n, 20))
    order = np.random.default_rng(seed).permutation(20)
    return Examples(jnp.asarray(inputs, jnp.float32), jnp.asarray(labels), jnp.asarray(order))


TASKS = [task(seed) for seed in range(3)]


def streamed(learner: ContinualLearner, **how):
    how = {"batch_size": 16, "key": jax.random.key(0)} | how
    return list(learn_stream(learner, TASKS, TASKS, **how))


@pytest.fixture(scope="module")
def protected():
    with jax.numpy_dtype_promotion("strict"):
        return streamed(LEARNER, n_probe=20, probe_at=(0, 2))


def test_same_seed_same_accuracies_and_bits(protected) -> None:
    again = streamed(LEARNER, n_probe=20, probe_at=(0, 2))
    assert [f.accuracies for f in again] == [f.accuracies for f in protected]
    leaves = (jax.tree.leaves(run[-1].knowledge) for run in (again, protected))
    for found, expected in zip(*leaves, strict=True):
        assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()


def test_lateral_learning_leaves_the_first_task_as_it_is(protected) -> None:
    """Its weights are those of a network without lateral circuits, bit for bit."""
    plain = streamed(PLAIN, n_probe=20, probe_at=(0, 2))
    layers = (run[0].knowledge.weights.layers for run in (protected, plain))
    for found, expected in zip(*layers, strict=True):
        assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()
    assert protected[0].accuracies == plain[0].accuracies
    assert protected[1].knowledge.weights.layers[0].tobytes() != (
        plain[1].knowledge.weights.layers[0].tobytes()
    )


def test_old_rows_stay_and_thresholds_learn_in_the_first_task_only(protected) -> None:
    first, second, third = (f.knowledge for f in protected)
    for depth in range(3):
        n_old = int(second.subspaces[depth].n_old)
        assert n_old == ROWS[0][depth]
        old = np.asarray(second.subspaces[depth].old)[:n_old]
        np.testing.assert_array_equal(old, first.subspaces[depth].new[:n_old])
        np.testing.assert_array_equal(third.subspaces[depth].old[:n_old], old)
    np.testing.assert_array_equal(first.weights.thresholds, third.weights.thresholds)


def test_going_on_after_a_task_changes_nothing(protected) -> None:
    rest = streamed(LEARNER, knowledge=protected[0].knowledge, n_probe=20, probe_at=(0, 2))
    assert [f.accuracies for f in rest] == [f.accuracies for f in protected[1:]]


def test_course_and_probes(protected) -> None:
    """Fifty examples in batches of 16 are 4 iterations; probes before the first and third."""
    course = protected[1].course
    assert course.loss.shape == (4,)
    assert np.isnan(course.probed).tolist() == [[False] * 3, [True] * 3, [False] * 3, [True] * 3]
    # Before the second task begins, the first is known as it was at its end.
    few = task(0)._replace(inputs=TASKS[0].inputs[:20], labels=TASKS[0].labels[:20])
    known = float(accuracy(LEARNER, protected[0].knowledge, 0, few))
    assert float(course.probed[0, 0]) == pytest.approx(known)


def test_one_program_serves_all_tasks_and_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batch sizes (16, and the 2 examples left) are two programs; tasks and values are none."""
    traced = []
    signals = DSR.signals

    def counting(*args, **how):
        traced.append(1)
        return signals(*args, **how)

    monkeypatch.setattr(DSR, "signals", counting)
    slow, fast = (tuple(LateralCircuit(rate=jnp.asarray(r)) for _ in ROWS) for r in (0.01, 0.02))
    learner = replace(LEARNER, method=DSR(n_steps=7), circuits=slow)
    streamed(learner)
    assert len(traced) == 2
    streamed(replace(learner, circuits=fast))
    assert len(traced) == 2


def test_knowledge_is_saved_and_read_again(protected, tmp_path: Path) -> None:
    """Bit for bit; a learner of other rows refuses the file and names them."""
    known = protected[0].knowledge
    save_state(tmp_path / "known", LEARNER, known)
    again = load_state(tmp_path / "known", LEARNER)
    for found, expected in zip(jax.tree.leaves(again), jax.tree.leaves(known), strict=True):
        assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()
    other = replace(LEARNER, learning_rate=0.2)
    with pytest.raises(InvalidValue, match=r"learning_rate: 0\.1 in the file, 0\.2 here"):
        load_state(tmp_path / "known", other)


# ---- exact protection (spec 3.10, 9.7) -----------------------------------------------------------


def exact(weights, circuit: LateralCircuit, old: jax.Array, method: DSR):
    """Old rows of each layer: an orthonormal basis of all that old inputs do there, at any step."""
    outputs = jax.vmap(method.outputs, (None, 0))(weights, old)
    spaces = []
    for activity in (old, *outputs):
        rows = np.asarray(activity, float).reshape(-1, activity.shape[-1])
        values, basis = np.linalg.svd(rows, full_matrices=False)[1:]
        basis = basis[values > 1e-6 * values[0]].astype(activity.dtype)
        spaces.append(
            circuit.begin(rows.shape[1], n_old=len(basis), n_new=1)._replace(old=jnp.asarray(basis))
        )
    return tuple(s._replace(n_old=jnp.asarray(len(s.old))) for s in spaces)


def test_whole_network_answers_old_inputs_as_before() -> None:
    """200 batches later: every old spike the same, logits within 1e-5; new ones were learnt."""
    method, circuit = DSR(n_steps=8), LateralCircuit()
    learner = replace(LEARNER, sizes=(60, 120, 120, 3), rows=((1, 1, 1),) * 2, method=method)
    known = learner.begin(key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 3)
    old = jax.random.normal(keys[0], (4, 60))
    spaces = exact(known.weights, circuit, old, method)
    known = known._replace(subspaces=spaces, n_tasks=jnp.asarray(2))
    inputs, labels = jax.random.normal(keys[1], (160, 60)), jnp.arange(160) % 3
    new = Examples(inputs, labels, jnp.arange(60))
    after, course = learn_task(learner, known, new, batch_size=16, n_epochs=20, key=keys[2])
    outputs = jax.vmap(method.outputs, (None, 0))
    for found, before in zip(*(outputs(k.weights, old) for k in (after, known)), strict=True):
        np.testing.assert_array_equal(found, before)
    logits = jax.vmap(method.logits, (None, 0))
    np.testing.assert_allclose(
        logits(after.weights, old), logits(known.weights, old), rtol=1e-5, atol=1e-5
    )
    assert course.loss[-10:].mean() < 0.5 * course.loss[:10].mean()


# ---- heads, methods, errors ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    [DSR(n_steps=6), BPTT(n_steps=4), OTTT(n_steps=4), DSR(n_steps=6, weighted=False)],
    ids=["DSR", "BPTT", "OTTT", "DSR of every step"],
)
def test_every_method_learns_with_lateral_neurons_that_spike(method) -> None:
    """Loss falls below .8 of chance (ln 3) in a task; lateral weights move and stay finite."""
    circuits = (LateralCircuit(rate=0.001, quantiser=Quantiser(20.0, 40)),) * 3
    learner = replace(LEARNER, method=method, circuits=circuits)
    known = learner.begin_task(learner.begin(key=jax.random.key(0)), key=jax.random.key(1))
    after, course = learn_task(
        learner, known, TASKS[0], batch_size=10, n_epochs=20, key=jax.random.key(2)
    )
    assert course.loss[-5:].mean() < 0.8 * np.log(3)
    for old, new in zip(known.subspaces, after.subspaces, strict=True):
        assert np.isfinite(new.new).all()
        assert np.abs(new.new - old.new).max() > 1e-4


def test_each_task_keeps_its_own_head() -> None:
    """A head is that of its task's end; only the first one has a bias that learnt."""
    learner = replace(LEARNER, heads="per task", circuits=(*CIRCUITS[:2], None))
    first, second, third = (f.knowledge for f in streamed(learner))
    for task_, then in enumerate((first, second, third)):
        np.testing.assert_array_equal(third.heads[task_], then.weights.layers[-1])
    np.testing.assert_array_equal(learner.with_head(third, 0).layers[-1], first.weights.layers[-1])
    assert first.weights.bias.any()
    np.testing.assert_array_equal(third.biases[1:], 0)
    assert third.heads[1].tobytes() != third.heads[0].tobytes()


def test_more_tasks_than_planned_are_refused(protected) -> None:
    with pytest.raises(InvalidValue, match="3 tasks were begun"):
        LEARNER.begin_task(protected[-1].knowledge, key=jax.random.key(0))


def test_rows_and_circuits_must_fit_the_layers() -> None:
    with pytest.raises(InvalidValue, match="2 circuits"):
        replace(LEARNER, circuits=CIRCUITS[:2])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"labels": jnp.full(50, 3)}, "0 to 2"),
        ({"labels": jnp.zeros(49, int)}, "49 labels"),
        ({"pixels": jnp.arange(19)}, "19 pixels"),
        ({"pixels": jnp.arange(1, 21)}, "0 to 19"),
        ({"inputs": jnp.zeros((50, 20), jnp.uint8)}, "uint8"),
    ],
)
def test_strange_examples_are_refused(changed: dict, named: str) -> None:
    known: Knowledge = LEARNER.begin(key=jax.random.key(0))
    known = LEARNER.begin_task(known, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match=named):
        learn_task(LEARNER, known, TASKS[0]._replace(**changed), key=jax.random.key(0))
    tests = [TASKS[0]._replace(**changed)]
    with pytest.raises(InvalidValue, match=named):
        next(learn_stream(LEARNER, TASKS[:1], tests, key=jax.random.key(0)))


def test_what_cannot_be_learnt_is_refused() -> None:
    """No task begun; no epoch; tests that are missing."""
    known = LEARNER.begin(key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="begin_task"):
        learn_task(LEARNER, known, TASKS[0], key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="0 epochs"):
        learn_task(LEARNER, known, TASKS[0], n_epochs=0, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match="3 tasks have 1 tests"):
        next(learn_stream(LEARNER, TASKS, TASKS[:1], key=jax.random.key(0)))


def test_misspelt_options_are_refused() -> None:
    with pytest.raises(UnknownName, match="per task"):
        replace(LEARNER, heads="per-task")
    with pytest.raises(UnknownName, match="feedback alignment"):
        DSR(propagation="feedback_alignment")
    with pytest.raises(InvalidValue, match="need no lateral circuit"):
        replace(LEARNER, heads="per task")


def test_a_method_is_no_word() -> None:
    with pytest.raises(InvalidValue, match=r"method is 'hlpo', expected a method.*such as DSR\(\)"):
        replace(LEARNER, method="hlpo")
