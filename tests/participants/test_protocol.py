"""What every registered participant must keep to: a newcomer to the roster is tested by itself.

The walk below calls the five verbs by hand, and so checks the drivers as well as the participants.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import product
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array
from scipy import stats

from cogmem.errors import InvalidValue
from cogmem.fit.objective import objective
from cogmem.models import parameters
from cogmem.participants.conformance_tasks import exam
from cogmem.participants.fact_verification import verified
from cogmem.participants.list_learning import sit_two_lists
from cogmem.participants.null import NullParticipant
from cogmem.participants.readout import Readout
from cogmem.participants.roster import roster
from cogmem.participants.sitting import Sitting
from cogmem.participants.testing import cued_recall, recall_in_order, strengths
from cogmem.tasks import FreeRecall

ROSTER = {name: one for name, one in roster().items() if "free recall" in one.participant.paradigms}
each_participant = pytest.mark.parametrize("name", ROSTER)
N = 5
TASK = FreeRecall.of_length(N)
KEY = jax.random.key(3)
LISTS = np.array(
    [
        [3, 1, 4, 0, 0],
        [3, 1, 5, 2, 4],  # as the first, then otherwise; all words
        [3, 1, 2, 0, 0],
        [0, 0, 0, 0, 0],
        [5, 4, 3, 2, 1],
        [5, 0, 0, 0, 0],
    ]
)
MORE = 3  # columns of padding


def n_simulated(name: str) -> int:
    """Lists; fewer of who reads with thousands of weights, to whom each costs a hundred times."""
    return 2_000 if ROSTER[name].participant.n_learnt else 50_000


@cache
def entrant(name: str) -> Sitting:
    """The participant with arrays as parameters, and its stopping curve counted on LISTS."""
    as_arrays = parameters.replace(
        ROSTER[name], {k: jnp.asarray(v) for k, v in parameters.get(ROSTER[name]).items()}
    )
    return as_arrays.calibrated(jnp.asarray(LISTS), jnp.ones(len(LISTS)), N)


def walk(sitting: Sitting, recalls: Array) -> tuple[Array, Array]:
    """Evidence [output+1, n] and log-probabilities [output+1, n+1] before each response."""
    who = sitting.participant
    state = who.begin(TASK, key=KEY)
    for item in range(N):
        state = who.study(state, jnp.array(item))
    state = who.rest(state, TASK.delay)

    def step(now: tuple[Any, Array, Array], response: Array) -> tuple[Any, tuple[Array, Array]]:
        state, available, count = now
        evidence = who.evidence(state, None)
        log_p = sitting.rule(evidence, available, count)
        item = jnp.maximum(response - 1, 0)
        available = available & ((jnp.arange(N) != item) | (response == 0))
        return (who.report(state, item), available, count + 1), (evidence, log_p)

    start = (state, jnp.ones(N, bool), jnp.array(0))
    return jax.lax.scan(step, start, jnp.append(recalls, 0))[1]


@cache
def walked(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The walk through all LISTS at once."""
    evidence, log_p = eqx.filter_jit(jax.vmap(partial(walk, entrant(name))))(jnp.asarray(LISTS))
    return np.asarray(evidence), np.asarray(log_p)


@cache
def events(name: str) -> np.ndarray:
    """The teacher-forced driver on all LISTS with more padding: [list, output+1+more]."""
    one = partial(entrant(name).teacher_forced, TASK, key=KEY)
    padded = jnp.asarray(np.pad(LISTS, ((0, 0), (0, MORE))))
    return np.asarray(jax.jit(jax.vmap(lambda recalls: one(recalls)))(padded))


@cache
def first_recalls(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of many lists: responses, the same again, and the exact distribution of the first."""
    sitting = entrant(name)

    @jax.jit
    def run(keys: Array) -> tuple[Array, Array]:
        def one(key: Array) -> tuple[Array, Array]:
            mind, _ = jax.random.split(key)
            state = sitting.after_study(TASK, key=mind)
            exact = sitting.log_probs(state, jnp.ones(N, bool), jnp.array(0))
            return sitting.free_running(TASK, key=key), jnp.exp(exact)

        # Some at a time: the fast state of one list may be a hundred kilobytes.
        return jax.lax.map(one, keys, batch_size=1000)

    keys = jax.random.split(KEY, n_simulated(name))
    responses, exact = run(keys)
    return np.asarray(responses), np.asarray(run(keys)[0]), np.asarray(exact)


@each_participant
def test_probabilities_sum_to_one_before_every_response(name: str) -> None:
    total = np.exp(walked(name)[1]).sum(axis=-1)
    for lists, length in zip(total, (LISTS > 0).sum(axis=1), strict=True):
        # CMR's own event floor of 1e-5 may add that much for each word.
        np.testing.assert_allclose(lists[: length + 1], 1, rtol=0, atol=1e-5 * N + 1e-6)


@each_participant
def test_what_was_reported_is_not_reported_again(name: str) -> None:
    log_p = walked(name)[1]
    for row, recalls in enumerate(LISTS):
        for output, item in enumerate(recalls[recalls > 0] - 1):
            length = (recalls > 0).sum()
            assert np.isneginf(log_p[row, output + 1 : length + 1, item]).all()
            assert np.isfinite(log_p[row, output, item])


@each_participant
def test_driver_gives_the_probabilities_of_the_walk(name: str) -> None:
    """The item's at each response, that of stopping at the end, and nothing in the padding."""
    log_p, found = walked(name)[1], events(name)
    expected = np.zeros(found.shape)
    for row, recalls in enumerate(LISTS):
        length = (recalls > 0).sum()
        for output in range(length):
            expected[row, output] = log_p[row, output, recalls[output] - 1]
        expected[row, length] = log_p[row, length, -1]
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_array_equal(found[expected == 0], 0)


@each_participant
def test_batch_of_lists_is_list_by_list(name: str) -> None:
    sitting = entrant(name)
    one = eqx.filter_jit(lambda recalls: sitting.teacher_forced(TASK, recalls, key=KEY))
    looped = np.array([one(jnp.asarray(recalls)) for recalls in LISTS])
    np.testing.assert_allclose(events(name)[:, : N + 1], looped, rtol=2e-5, atol=1e-6)


@each_participant
def test_evidence_does_not_know_what_comes_next(name: str) -> None:
    """Lists that begin alike are alike up to where they part."""
    for found in walked(name):
        np.testing.assert_array_equal(found[0, :3], found[1, :3])
        np.testing.assert_array_equal(found[0, :3], found[2, :3])
        np.testing.assert_array_equal(found[0, 0], found[4, 0])


@each_participant
def test_state_keeps_its_structure_through_every_verb(name: str) -> None:
    """So that study and test may alternate, and a scan may carry it."""
    who, item = entrant(name).participant, jnp.array(1)

    def shape(verb: Any, *args: Any) -> Any:
        return eqx.filter_eval_shape(verb, *args)

    def form(state: Any) -> tuple[Any, list[tuple[Any, Any]]]:
        return jax.tree.structure(state), [(a.shape, a.dtype) for a in jax.tree.leaves(state)]

    state = shape(lambda: who.begin(TASK, key=KEY))
    begun = form(state)
    for verb in (who.study, who.rest, who.report, who.study):
        state = shape(verb, state, 0.0 if verb == who.rest else item)
        assert form(state) == begun, verb.__name__
    assert shape(lambda s: who.evidence(s, None), state).shape == (N,)


@each_participant
def test_same_key_same_responses(name: str) -> None:
    responses, again, _ = first_recalls(name)
    np.testing.assert_array_equal(responses, again)


@each_participant
def test_free_running_leaves_each_word_at_most_once_and_ends_once(name: str) -> None:
    responses = first_recalls(name)[0]
    ended = np.cumsum(responses == 0, axis=1) > 0
    assert (responses[ended] == 0).all()
    assert responses.max() == N
    assert responses.min() == 0
    for item in range(1, N + 1):
        assert (responses == item).sum(axis=1).max() == 1


@each_participant
def test_free_running_begins_as_the_exact_distribution_says(name: str) -> None:
    responses, _, exact = first_recalls(name)
    first = responses[:, 0]
    observed = np.bincount(np.where(first > 0, first - 1, N), minlength=N + 1)
    expected = exact.mean(axis=0, dtype=float)
    expected *= n_simulated(name) / expected.sum()
    assert expected.min() > 5, "too rare for chi-square: lower the sensitivity of this entrant"
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize("name", [name for name, one in ROSTER.items() if one.parameters])
def test_gradient_is_finite_at_its_defaults_and_near_bounds(name: str) -> None:
    """Raw 9 is 1e-4 of the interval from a bound, raw 50 on it."""
    sitting = ROSTER[name]
    loss = objective(sitting, N, key=KEY)
    values = parameters.get(sitting)
    raw = parameters.unconstrain(sitting.parameters, values)
    k = len(raw)
    points = np.tile(np.asarray(raw), (4 * k + 1, 1))
    for row, (bound, column) in enumerate(product((9, -9, 50, -50), range(k)), start=1):
        points[row, column] = bound
    slope = jax.jit(jax.vmap(jax.grad(loss), (0, None, None)))
    found = np.asarray(slope(jnp.asarray(points), jnp.asarray(LISTS), jnp.ones(len(LISTS))))
    assert np.isfinite(found).all(), np.argwhere(~np.isfinite(found))[:5].tolist()
    unread = [
        key for key, column in zip(sitting.parameters, found.T, strict=True) if not column.any()
    ]
    assert unread == [], f"fitted, but without any effect: {unread}"


OWN_RULE = [name for name, one in ROSTER.items() if one.readout is None]


@pytest.mark.parametrize("name", OWN_RULE)
def test_own_rule_is_the_models_own_likelihood(name: str) -> None:
    model = getattr(entrant(name).participant, "model", None)
    if not hasattr(model, "log_likelihood"):
        pytest.skip("the model has no likelihood of its own")
    recalls = jnp.asarray(LISTS)
    native = jax.jit(jax.vmap(lambda one: model.log_likelihood(one, N)))(recalls)
    np.testing.assert_allclose(events(name).sum(axis=1), native, rtol=1e-6)


@each_participant
def test_paradigms_say_how(name: str) -> None:
    for paradigm, how in ROSTER[name].participant.paradigms.items():
        assert paradigm
        assert how


@each_participant
def test_all_but_the_null_share_one_readout(name: str) -> None:
    """No entrant brings a readout of its own; the null stops when the person would."""
    readout = ROSTER[name].readout
    assert readout is None or name == "null" or repr(readout) == repr(Readout())


# ---- a seed is no key ----------------------------------------------------------------------------

NULL = NullParticipant()


@pytest.mark.parametrize(
    "drive",
    [
        lambda key: ROSTER["CMR"].free_running(TASK, key=key),
        lambda key: ROSTER["CMR"].teacher_forced(TASK, jnp.asarray(LISTS[0]), key=key),
        lambda key: strengths(NULL, exam("recognition").task, key=key),
        lambda key: recall_in_order(NULL, exam("serial recall").task, key=key),
        lambda key: cued_recall(NULL, exam("paired associates").task, key=key),
        lambda key: verified(NULL, exam("fact verification").task, key=key),
        lambda key: sit_two_lists(NULL, None, None, key=key),
    ],
)
def test_drivers_refuse_a_seed_for_a_key(drive: Any) -> None:
    with pytest.raises(InvalidValue, match=r"key is 5, expected a key: jax\.random\.key\(5\)"):
        drive(5)
