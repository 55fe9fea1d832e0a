"""Context drift, and what the family of models does at the limits of its parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Array

from cogmem.errors import InvalidValue
from cogmem.models import parameters
from cogmem.models.cmr import CMR
from cogmem.models.cmr2 import CMR2
from cogmem.models.retrieved_context import Patterns, RetrievedContext, drift, unit_length
from cogmem.models.source_cmr import SourceCMR
from cogmem.models.support_cmr import SupportCMR
from tests.models.cases import MODELS, all_sequences, cast, similarity_for, some_lists

each_model = pytest.mark.parametrize("name", MODELS)
N_UNITS = 6

weights = st.lists(st.floats(0, 1), min_size=N_UNITS, max_size=N_UNITS).filter(any)
rates = st.floats(0, 1)


def unit(values: list[float]) -> Array:
    """A context: no negative entries, length 1."""
    scaled = np.array(values) / max(values)
    return jnp.asarray(scaled / np.linalg.norm(scaled))


@pytest.mark.parametrize("rho", ["dot", "elementwise"])
@settings(max_examples=100, deadline=None)
@given(weights, weights, rates)
def test_drift_keeps_unit_length(
    rho: str, context: list[float], incoming: list[float], rate: float
) -> None:
    with jax.enable_x64(True):
        new = drift(unit(context), unit(incoming), jnp.asarray(rate), rho=rho)
        np.testing.assert_allclose(np.linalg.norm(new), 1, rtol=0, atol=1e-10)


@settings(max_examples=50, deadline=None)
@given(weights, weights, rates)
def test_dot_rho_needs_no_normalising(
    context: list[float], incoming: list[float], rate: float
) -> None:
    """rho is the root at which rho c + rate c_in has length 1 (Howard & Kahana 2002, Eq. 3)."""
    c, new = np.array(unit(context), float), np.array(unit(incoming), float)
    c, new = c / np.linalg.norm(c), new / np.linalg.norm(new)
    rho = np.sqrt(1 + rate**2 * ((c @ new) ** 2 - 1)) - rate * (c @ new)
    with jax.enable_x64(True):
        found = drift(jnp.asarray(c), jnp.asarray(new), jnp.asarray(rate))
    np.testing.assert_allclose(found, rho * c + rate * new, rtol=0, atol=1e-7)


@settings(max_examples=50, deadline=None)
@given(weights, weights)
def test_context_is_frozen_at_rate_0_and_the_input_at_rate_1(
    context: list[float], incoming: list[float]
) -> None:
    with jax.enable_x64(True):
        old, new = unit(context), unit(incoming)
        np.testing.assert_allclose(drift(old, new, jnp.array(0.0)), old, rtol=0, atol=1e-12)
        np.testing.assert_allclose(drift(old, new, jnp.array(1.0)), new, rtol=0, atol=1e-7)


def test_zero_vector_stays_zero_and_has_a_gradient() -> None:
    value, slope = jax.value_and_grad(lambda v: unit_length(v).sum())(jnp.zeros(3))
    assert value == 0
    assert np.isfinite(slope).all()


@each_model
def test_context_has_unit_length_from_study_to_the_last_recall(name: str) -> None:
    with jax.enable_x64(True):
        model, n = cast(MODELS[name], "float64"), 6
        lists = jnp.asarray(some_lists(n)[1:2]) - 1
        memory = model.begin(n, similarity_for(name, n, "float64"))
        contexts = [memory.context]
        for item in range(n):
            memory = model.study(memory, jnp.array(item))
            contexts.append(memory.context)
        memory = model.begin_recall(memory)
        for item in lists[0]:
            memory = model.retrieve(memory, item)
            contexts.append(memory.context)
    np.testing.assert_allclose(np.linalg.norm(contexts, axis=1), 1, rtol=0, atol=2e-7)


@each_model
def test_dtype_follows_the_parameters(name: str) -> None:
    """Also where float64 is switched on: strict types would refuse a mixture."""
    recalls = jnp.asarray(some_lists(5)[2])
    for x64, dtype in ((False, "float32"), (True, "float32"), (True, "float64")):
        with jax.enable_x64(x64):
            model, alike = cast(MODELS[name], dtype), similarity_for(name, 5, dtype)
            found = jax.eval_shape(
                partial(model.log_likelihood, n_items=5, similarity=alike), recalls
            )
            assert found.dtype == dtype
            assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(model.begin(5, alike))), (
                f"{x64=} {dtype}"
            )


@each_model
def test_one_compiled_model_serves_all_parameter_values(name: str) -> None:
    """Parameters are leaves, traced; only names and list length are static."""
    leaves = jax.tree.leaves(cast(MODELS[name], "float32"))
    assert len(leaves) == len(parameters.table(MODELS[name]))


def test_rho_matters_only_where_the_input_overlaps_with_context() -> None:
    """Equal while items are new; the start of the list coming back parts them."""
    n = 6
    contexts = {}
    for rho in ("dot", "elementwise"):
        model = cast(SupportCMR(rho=rho, encoding_drift=0.5, start_drift=0.6), "float32")
        memory = model.begin(n)
        for item in range(n):
            memory = model.study(memory, jnp.array(item))
        contexts[rho] = memory.context, model.begin_recall(memory).context
    np.testing.assert_allclose(contexts["dot"][0], contexts["elementwise"][0], atol=1e-6)
    assert np.abs(contexts["dot"][1] - contexts["elementwise"][1]).max() > 0.01


def test_rho_is_never_changed_silently() -> None:
    assert SupportCMR().rho == "dot"
    assert "elementwise" in repr(SupportCMR(rho="elementwise"))


def likelihoods(model: RetrievedContext, recalls: np.ndarray, n_items: int, **study: Any) -> Any:
    one = partial(model.log_likelihood, n_items=n_items, **study)
    return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(recalls)))


@pytest.mark.parametrize("name", ["CMR", "SupportCMR"])
def test_one_hot_patterns_and_the_order_of_positions_change_nothing(name: str) -> None:
    n = 5
    with jax.enable_x64(True):
        model, lists = cast(MODELS[name], "float64"), some_lists(n)
        told = {"patterns": Patterns.one_hot(n, "float64"), "order": jnp.arange(n)}
        np.testing.assert_array_equal(
            likelihoods(model, lists, n, **told), likelihoods(model, lists, n)
        )


def category_patterns(n_items: int, dtype: str) -> Patterns:
    """Each item has a feature of its own and shares one with every second item."""
    category = np.eye(2)[np.arange(n_items) % 2]
    rows = jnp.asarray(np.c_[0.8 * np.eye(n_items), 0.6 * category], dtype)
    return Patterns(rows, rows)


def test_distributed_patterns_give_probabilities_that_sum_to_one() -> None:
    with jax.enable_x64(True):
        model = cast(MODELS["CMR"], "float64")
        study = {"patterns": category_patterns(3, "float64")}
        total = np.exp(likelihoods(model, all_sequences(3), 3, **study)).sum()
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", ["features both ways", "similarity from context to items"])
def test_an_item_calls_up_items_like_it(way: str) -> None:
    """Of two items not studied, the one like the item recalled gains support."""
    n = 4
    model = cast(MODELS["CMR"], "float32")
    patterns = category_patterns(n, "float32")
    if way != "features both ways":
        alike = similarity_for("similarity", n, "float32")
        patterns = Patterns(Patterns.one_hot(n, "float32").item_context, alike)

    @jax.jit
    def support(patterns: Patterns | None) -> Any:
        memory = model.begin(n, patterns=patterns)
        for item in range(2):
            memory = model.study(memory, jnp.array(item))
        return model.support(model.retrieve(memory, jnp.array(1)))

    gain = np.asarray(support(patterns) - support(None))
    assert gain[3] > gain[2] + 0.01


def test_item_studied_again_brings_back_its_first_context_and_is_bound_again() -> None:
    """Three presentations, A B A, by the equations written out (Howard & Kahana 2002, Eq. 1-3)."""
    with jax.enable_x64(True):
        model = cast(SupportCMR(), "float64")
        model = parameters.replace(model, {"primacy_scale": jnp.array(0.5)})
        found = model.study_all(model.begin(2), jnp.array([0, 1, 0]))
        beta, gamma = 0.841, 0.718
        context, ties = np.array([0, 0, 1.0]), (1 - gamma) * np.eye(2, 3)
        back = 0.0705 * np.eye(2, 3) + 0.363 * np.eye(2)[::-1] @ np.eye(2, 3)
        for i, item in enumerate([0, 1, 0]):
            incoming = ties[item] / np.linalg.norm(ties[item])
            overlap = context @ incoming
            rho = np.sqrt(1 + beta**2 * (overlap**2 - 1)) - beta * overlap
            context = rho * context + beta * incoming
            ties[item] += gamma * context
            back[item] += (1 + 0.5 * np.exp(-1.24 * i)) * context
    np.testing.assert_allclose(found.item_context, ties, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.context_item, back, rtol=0, atol=1e-6)
    assert overlap > 0.1, "the second presentation should have met its first context"


def test_repeated_item_is_recalled_once_and_probabilities_sum_to_one() -> None:
    with jax.enable_x64(True):
        model, order = cast(MODELS["CMR"], "float64"), jnp.array([0, 1, 0, 2])
        total = np.exp(likelihoods(model, all_sequences(3), 3, order=order)).sum()
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)


# ---- what is no item -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recalls", "told"),
    [
        ([9, 1, 0], r"recalls\[0\] is 9, expected 0 \(padding\) or 1 to 5"),
        ([1, -1, 0], r"recalls\[1\] is -1, expected 0 \(padding\) or 1 to 5"),
    ],
)
def test_recalls_that_are_no_items_have_no_likelihood(recalls, told) -> None:
    with pytest.raises(InvalidValue, match=told):
        CMR().log_likelihood(jnp.array(recalls), 5)


def test_items_that_are_none_of_the_list_are_not_studied() -> None:
    with pytest.raises(InvalidValue, match="item is 99, expected 0 to 4"):
        CMR().study(CMR().begin(5), jnp.array(99))
    with pytest.raises(InvalidValue, match=r"order\[1\] is 5, expected 0 to 4"):
        CMR().study_list(5, order=jnp.array([0, 5]))
    order = jnp.array([[0, 1], [-1, 2]])
    with pytest.raises(InvalidValue, match=r"order\[1, 0\] is -1, expected 0 to 7"):
        CMR2().simulate_session(order, 8, key=jax.random.key(0))
    with pytest.raises(InvalidValue, match=r"tasks\[2\] is 2, expected 0 to 1"):
        SourceCMR().begin(3, tasks=jnp.array([0, 1, 2]))


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"n_items": 0}, "n_items is 0, expected a whole number, 1 or more"),
        ({"n_items": 2.5}, r"n_items is 2\.5, expected a whole number"),
        (
            {"n_items": 5, "similarity": jnp.eye(3)},
            r"of shape \[3, 3\], expected \[5, 5\]",
        ),
        ({"n_items": 3, "patterns": Patterns.one_hot(4, float)}, "is \\[4, 4\\], expected 3 rows"),
    ],
)
def test_memory_does_not_begin_with_what_does_not_fit(about, told) -> None:
    with pytest.raises(InvalidValue, match=told):
        CMR().begin(**about)


def test_what_is_traced_is_not_looked_at() -> None:
    recalls = jnp.array([[1, 2, 0], [9, 1, 0]])
    found = jax.jit(jax.vmap(lambda said: CMR().log_likelihood(said, 5)))(recalls)
    assert found[0] == CMR().log_likelihood(recalls[0], 5)
