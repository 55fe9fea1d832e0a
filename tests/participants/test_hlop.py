"""HLOP as a participant: its verbs against the learner itself, the boundary, and cued recall."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.measures.subspaces import captured_energy
from cogmem.models import parameters
from cogmem.models.hlop import LateralCircuit
from cogmem.models.sparsey import Mac
from cogmem.participants.hlop import HLOP, HLOPState
from cogmem.participants.list_learning import Learnt, learn_trials, recalled, to_criterion
from cogmem.participants.roster import roster
from cogmem.participants.sparsey import SparseyRecognition
from cogmem.participants.testing import after_study, cued_recall
from cogmem.tasks.paired_associates import ab_ac, study_orders

N, KEY = 3, jax.random.key(0)
SMALL = partial(HLOP, hidden=(12,), rows=(3, 4), learning_rate=0.1)
TASK = ab_ac(N, n_trials=(8, 2), key=jax.random.key(1))


@pytest.fixture(scope="module")
def mind() -> HLOPState:
    """After both lists."""
    return after_study(SMALL(), TASK, key=KEY)


def test_study_is_one_iteration_of_the_learner_and_a_boundary_begins_a_task(
    mind: HLOPState,
) -> None:
    """Walked by hand with `ContinualLearner`: the same weights and rows, to float32."""
    sits = SMALL()
    learner = sits._learner((8, 12, 6))
    weights, rows = jax.random.split(KEY)

    @jax.jit
    def trial(known, order):
        def one(known, pair):
            x, label = TASK.cues[pair][None] * 8**0.5, TASK.responses[pair][None]
            return learner.learn(known, x, label)[0], None

        return jax.lax.scan(one, known, order)[0]

    known = learner.begin(key=weights)
    for number, order in enumerate((TASK.studied[: 8 * N], TASK.studied[8 * N :])):
        known = trial(learner.begin_task(known, key=jax.random.fold_in(rows, number)), order)
    for ours, theirs in zip(jax.tree.leaves(mind.knowledge), jax.tree.leaves(known), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert int(mind.knowledge.n_tasks) == 2


def test_rest_and_report_change_nothing(mind: HLOPState) -> None:
    """No decay, and no learning by tests: the very same state."""
    assert SMALL().rest(mind, 1e6) is mind
    assert SMALL().report(mind, jnp.asarray(0)) is mind


def test_protection_is_a_parameter_of_the_participant_with_bounds() -> None:
    entry = parameters.table(HLOP())["protection"]
    assert entry.bounds == (0, 1)
    assert parameters.replace(HLOP(), {"protection": 0.3}).circuit.protection == 0.3
    assert "HLOP" in roster("paired associates")
    assert "HLOP" not in roster("free recall")


Life = tuple[jax.Array, jax.Array, jax.Array]


@pytest.fixture(scope="module")
def without_context() -> Life:
    """Four learners with g = 1, then the same with g = 0; the lists have no context.

    Read-out weights after A-B [g, learner, ...]; shares recalled of A-B and A-C after 30 trials of
    A-B, and after 20 of A-C [g, learner, list].
    """

    def one(g: jax.Array, key: jax.Array) -> Life:
        sits = SMALL(LateralCircuit(protection=g))
        bare = TASK._replace(cues=TASK.items)
        orders = [study_orders(pairs, 30, key=key) for pairs in (TASK.first, TASK.second)]
        both = jnp.arange(2 * N)
        state = sits.begin(bare, key=key)
        state, course = learn_trials(sits, state, bare, orders[0], both)
        _, later = learn_trials(sits, state, bare, orders[1][:20], both)
        shares = [each[-1].reshape(2, N).mean(axis=1) for each in (course, later)]
        return state.knowledge.weights.layers[-1], *shares

    learners = jax.vmap(one, (None, 0))
    return jax.jit(jax.vmap(learners, (0, None)))(jnp.array([1.0, 0.0]), jax.random.split(KEY, 4))


def test_the_first_list_is_learnt_the_same_with_and_without_protection(without_context) -> None:
    """Lateral learning has no effect on weights before a boundary: bit for bit."""
    with_, without = np.asarray(without_context[0])
    np.testing.assert_array_equal(with_, without)


def test_without_context_what_is_protected_cannot_be_relearnt(without_context) -> None:
    """The cues of A-C are those of A-B, in the span of the old rows: x_perp is 0.

    HLOP keeps all of A-B and learns nothing of A-C; without protection it is the other way round.
    """
    first, second = map(np.asarray, without_context[1:])
    assert (first == [1.0, 0.0]).all()
    assert (second[0] == [1.0, 0.0]).all()
    assert (second[1] == [0.0, 1.0]).all()


def test_trials_to_criterion_end_at_the_first_perfect_test() -> None:
    sits, orders = SMALL(), study_orders(TASK.first, 12, key=KEY)
    state = sits.begin(TASK, key=KEY)  # not compiled: users begin so

    @jax.jit
    def learn(state: HLOPState, share: float) -> tuple[Learnt, jax.Array]:
        learnt = to_criterion(sits, state, TASK, orders, share)
        return learnt, recalled(sits, learnt.state, TASK, TASK.first)

    learnt, known = learn(state, 1.0)
    course = jax.jit(lambda state: learn_trials(sits, state, TASK, orders, TASK.first)[1])(state)
    assert bool(learnt.reached)
    assert int(learnt.n_trials) == 1 + np.asarray(course).all(axis=1).argmax()
    assert known.all()
    never, _ = learn(state, 1.1)
    assert (int(never.n_trials), bool(never.reached)) == (13, False)


def test_cued_recall_of_some_pairs(mind: HLOPState) -> None:
    """Evidence is the logits; at a low temperature the largest is chosen, at a high one any."""
    sits, cues = SMALL(), np.array([4, 0])
    found = cued_recall(sits, TASK, cues, state=mind, temperature=0.01, key=KEY)
    for row, cue in zip(found.evidence, cues, strict=True):
        np.testing.assert_allclose(row, sits.evidence(mind, jnp.asarray(cue)), atol=1e-5)
    assert found.chosen.tolist() == found.evidence.argmax(axis=1).tolist()
    assert ((found.p_correct > 0.5) == (found.chosen == TASK.responses[cues])).all()
    noisy = cued_recall(sits, TASK, cues, state=mind, temperature=1e6, key=KEY)
    np.testing.assert_allclose(noisy.p_correct, 1 / 6, atol=1e-4)


def test_impossible_participants_tasks_and_cues_are_refused(mind: HLOPState) -> None:
    ask = partial(cued_recall, SMALL(), TASK, state=mind, key=KEY)
    for cues, told in (
        (jnp.asarray([-1]), "cue -1 is no pair of the task: pairs are 0 to 5"),
        (jnp.asarray([0, 6]), "cue 6 is no pair"),
        ([None], "expected a row of indices"),
        (jnp.asarray(1), "expected a row of indices"),
        (jnp.asarray([0.0]), "expected a row of indices"),
    ):
        with pytest.raises(InvalidValue, match=told):
            ask(cues)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="temperature is 0"):
        ask(temperature=0)
    with pytest.raises(InvalidValue, match="there is none: give the index of a pair"):
        SMALL().evidence(mind, None)
    with pytest.raises(InvalidValue, match="expected PairedAssociates"):
        SMALL().begin("a list", key=KEY)  # type: ignore[arg-type]
    back = TASK._replace(studied=jnp.asarray([0, N, 0]))
    with pytest.raises(InvalidValue, match=r"3 are begun, and there is room for 2.*n_lists=3"):
        cued_recall(SMALL(), back, key=KEY)
    with pytest.raises(InvalidValue, match=r"1 hidden layers, rows .3,."):
        HLOP(hidden=(12,), rows=(3,))
    with pytest.raises(InvalidValue, match="does not sit paired associates"):
        cued_recall(SparseyRecognition(Mac(8, 2, 2)), TASK, key=KEY)


def test_captured_energy_is_that_of_the_cues_in_the_rows(mind: HLOPState) -> None:
    """Of the first layer by `measures.subspaces`; of both between none and all."""
    found = np.asarray(SMALL().captured(mind, TASK.first))
    rows = np.asarray(mind.knowledge.subspaces[0].rows)
    expected = captured_energy(np.asarray(mind.currents[:N]), rows)
    assert found[0] == pytest.approx(float(expected), abs=1e-5)
    assert ((found > 0.3) & (found < 1)).all()


def test_works_under_vmap_and_jit(mind: HLOPState) -> None:
    """Learners side by side answer as each does alone."""
    keys = jnp.stack([KEY, jax.random.key(5)])
    minds = jax.jit(jax.vmap(lambda key: after_study(SMALL(), TASK, key=key)))(keys)
    for ours, alone in zip(
        minds.knowledge.weights.layers, mind.knowledge.weights.layers, strict=True
    ):
        np.testing.assert_allclose(ours[0], alone, atol=2e-5)
        assert not np.allclose(ours[0], ours[1], atol=1e-2)
