"""CMR with source context: nested in CMR, a probability model, and what tasks and shifts do."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.cmr import CMR
from cogmem.models.retrieved_context import Memory
from cogmem.models.source_cmr import SourceCMR
from tests.models.cases import all_sequences, cast, raw_of, some_lists, with_raw

N = 6
TASKS = jnp.array([0, 0, 1, 1, 0, 0])


def model(dtype: str = "float32", **values: float) -> SourceCMR:
    return cast(SourceCMR(**{"temperature": 1.0, **values}), dtype)


def likelihoods(source: CMR, recalls: np.ndarray, n_items: int, **study: Any) -> np.ndarray:
    one = partial(source.log_likelihood, n_items=n_items, **study)
    return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(recalls)))


@jax.jit
def after_study(source: SourceCMR, tasks: Any) -> Memory:
    memory = source.begin(len(tasks), tasks=tasks)
    step = jax.lax.scan(
        lambda m, item: (source.study(m, item), None), memory, jnp.arange(len(tasks))
    )
    return step[0]


@jax.jit
def next_events(source: SourceCMR, tasks: Any, recalled: Any) -> Any:
    """Probability of each word, and of stopping, before and after each of some recalls."""
    state, available = source.study_list(len(tasks), tasks=tasks), jnp.ones(len(tasks), bool)
    found = [source.log_probs(state, available, jnp.array(0))]
    for count, item in enumerate(recalled):
        state, available = source.retrieve(state, item), available.at[item].set(False)
        found.append(source.log_probs(state, available, jnp.array(count + 1)))
    return jnp.exp(jnp.stack(found))


def test_without_source_ties_and_disruption_it_is_cmr() -> None:
    """Per list to 1e-12, shifts and all; and without tasks it is CMR whatever its parameters."""
    lists = some_lists(N)
    with jax.enable_x64(True):
        plain = likelihoods(cast(CMR(temperature=1.0), "float64"), lists, N)
        nested = model("float64", source_scale=0.0, shift_drift=0.0)
        np.testing.assert_allclose(
            likelihoods(nested, lists, N, tasks=TASKS), plain, rtol=0, atol=1e-12
        )
        np.testing.assert_array_equal(likelihoods(model("float64"), lists, N), plain)
        full = likelihoods(model("float64"), lists, N, tasks=TASKS)
    assert np.abs(full - plain).max() > 0.1


def test_probabilities_of_all_sequences_sum_to_one() -> None:
    with jax.enable_x64(True):
        found = likelihoods(model("float64"), all_sequences(3), 3, tasks=jnp.array([0, 1, 1]))
    np.testing.assert_allclose(np.exp(found).sum(), 1, rtol=0, atol=1e-12)


def test_words_left_and_stopping_sum_to_one_at_every_step() -> None:
    with jax.enable_x64(True):
        found = next_events(model("float64"), TASKS, jnp.array([2, 0, 1, 4, 3]))
    np.testing.assert_allclose(np.asarray(found).sum(axis=1), 1, rtol=0, atol=1e-12)


def test_gradients_are_finite_and_those_of_central_differences() -> None:
    """For lists of no words, of some, and of all, and near every bound."""
    step = 1e-5
    with jax.enable_x64(True):
        source, lists = model("float64", similarity_weight=0.5), jnp.asarray(some_lists(N, 4))
        alike = jnp.asarray(np.eye(N)[::-1])

        def total(raw: Any) -> Any:
            of_list = partial(with_raw(source, raw).log_likelihood, n_items=N, tasks=TASKS)
            return jax.vmap(lambda one: of_list(one, similarity=alike))(lists).sum()

        raw = raw_of(source)
        step_of_each = step * jnp.eye(len(raw))
        moves = jnp.concatenate([jnp.zeros((1, len(raw))), step_of_each, -step_of_each])
        bounds = jnp.where(jnp.eye(len(raw), dtype=bool), 9.0, raw[None])
        points = jnp.concatenate(
            [raw[None] + moves, bounds, jnp.where(bounds == 9.0, -9.0, bounds)]
        )
        found = jax.jit(jax.vmap(jax.value_and_grad(total)))(points)
        values, slopes = map(np.asarray, found)
    assert np.isfinite(values).all()
    assert np.isfinite(slopes).all()
    k = len(raw)
    expected = (values[1 : k + 1] - values[k + 1 : 2 * k + 1]) / (2 * step)
    np.testing.assert_allclose(slopes[0], expected, rtol=1e-4, atol=1e-7)


def test_each_region_of_context_has_unit_length() -> None:
    memory = after_study(model(), jnp.array([0, 1, 1, 0]))
    recalled = jax.jit(lambda m: model().retrieve(model().begin_recall(m), jnp.array(2)))(memory)
    for state in (memory, recalled):
        np.testing.assert_allclose(jnp.linalg.norm(state.context), 1, atol=1e-6)
        np.testing.assert_allclose(jnp.linalg.norm(state.source.context), 1, atol=1e-6)


def test_source_context_is_the_task_at_full_drift_and_the_first_task_without_any() -> None:
    np.testing.assert_allclose(
        after_study(model(source_drift=1.0), jnp.array([0, 0, 1])).source.context, [0, 1], atol=1e-6
    )
    slow = after_study(model(source_drift=1e-4), jnp.array([0, 0, 1])).source.context
    np.testing.assert_allclose(slow, [1, 0], atol=1e-3)


def test_a_shift_moves_temporal_context_by_d_towards_a_unit_of_its_own() -> None:
    """Units: four words, the start, and one for a shift before each word but the first."""
    disrupted = after_study(model(shift_drift=0.6, encoding_drift=0.5), jnp.array([0, 0, 1, 0]))
    calm = after_study(model(shift_drift=0.6, encoding_drift=0.5), jnp.array([0, 0, 0, 0]))
    np.testing.assert_array_equal(calm.context[5:], [0, 0, 0])
    kept = np.sqrt(1 - 0.5**2)
    expected = [0, 0.6 * kept * np.sqrt(1 - 0.6**2) * kept, 0.6 * kept]
    np.testing.assert_allclose(disrupted.context[5:], expected, atol=1e-6)
    assert disrupted.context[4] < calm.context[4]


def test_ties_from_source_carry_primacy_and_those_to_source_do_not() -> None:
    source = model(source_drift=1.0, primacy_scale=2.0, primacy_decay=0.7)
    learnt = after_study(source, jnp.array([0, 1])).source
    new = source.ties.context_item_new + 2 * np.exp(-0.7 * np.arange(2))
    np.testing.assert_allclose(learnt.context_item, np.diag(new), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(
        learnt.item_context, source.item_context_learning * np.eye(2), rtol=1e-5, atol=1e-9
    )


def test_recall_goes_on_with_words_of_the_same_task() -> None:
    """After the first word, the odds of the others of its task grow with the source's ties."""
    values = {"source_drift": 1.0, "shift_drift": 0.0, "primacy_scale": 0.0}
    without, with_source = (
        next_events(model(source_scale=scale, **values), TASKS, jnp.array([0]))[1, 1:-1]
        for scale in (0.0, 1.0)
    )
    gain = np.asarray(with_source / without)
    assert gain[[0, 3, 4]].min() > gain[[1, 2]].max()


def test_a_shift_parts_neighbours() -> None:
    """The same neighbours follow each other less where the task shifted between them."""
    source = model(source_scale=0.0, shift_drift=0.9)
    same, shifted = (
        next_events(source, jnp.array(tasks), jnp.array([2]))[1]
        for tasks in ([0] * 6, [0, 0, 0, 1, 1, 1])
    )
    assert shifted[3] / shifted[1] < same[3] / same[1]


def test_simulation_follows_the_probabilities_of_the_first_recall() -> None:
    source = model()
    keys = jax.random.split(jax.random.key(3), 20_000)
    one = partial(source.simulate, N, tasks=TASKS)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: one(key=key)))(keys))[:, 0]
    expected = next_events(source, TASKS, jnp.array([0]))[0, :-1]
    found = np.bincount(drawn, minlength=N + 1)[1:] / len(drawn)
    np.testing.assert_allclose(found, expected, atol=4 * np.sqrt(0.25 / len(drawn)))


def test_other_breaks_are_refused() -> None:
    with pytest.raises(InvalidValue, match="n_breaks=2"):
        model().begin(3, tasks=jnp.array([0, 1, 1]), n_breaks=2)


def test_every_presentation_needs_its_task() -> None:
    with pytest.raises(InvalidValue, match="2 tasks for 3 presentations"):
        model().study_list(3, tasks=jnp.array([0, 1]))
