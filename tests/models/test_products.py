"""Products with gradients of their own: values and gradients are those of plain products."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.products import gathered, mapped, overlaps, swapped

X = jax.random.normal(jax.random.key(0), (3, 7, 4))
WIDER = jax.random.normal(jax.random.key(1), (4, 6))


def gradients(f: Callable[..., jax.Array], *given: jax.Array) -> list[jax.Array]:
    """Of a sum over three sequences, with respect to everything; only the first is mapped over."""
    axes = (0,) + (None,) * (len(given) - 1)
    total = lambda *them: jnp.sin(jax.vmap(f, axes)(*them)).sum()  # noqa: E731
    return jax.jit(jax.grad(total, tuple(range(len(given)))))(*given)


@pytest.mark.parametrize("weights", [WIDER, WIDER[:, :2]], ids=["wider", "narrower"])
def test_mapped_is_a_product_in_value_and_gradient(weights: jax.Array) -> None:
    np.testing.assert_array_equal(mapped(X[0], weights), X[0] @ weights)
    for ours, plain in zip(
        gradients(mapped, X, weights), gradients(jnp.matmul, X, weights), strict=True
    ):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-6)


def test_gathered_is_a_product_with_the_transpose() -> None:
    """Of two heads, from 4 numbers to 2."""
    stored = jax.random.normal(jax.random.key(2), (2, 4, 2))

    def ours(x: jax.Array, weights: jax.Array) -> jax.Array:
        return jnp.stack([gathered(x, each) for each in swapped(weights)])

    plain = lambda x, weights: x @ weights  # noqa: E731
    np.testing.assert_allclose(ours(X[0], stored), plain(X[0], stored), rtol=1e-6)
    for found, expected in zip(
        gradients(ours, X, stored), gradients(plain, X, stored), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_overlaps_are_a_product_in_value_and_gradient() -> None:
    np.testing.assert_allclose(overlaps(X[0]), X[0] @ X[0].T, rtol=1e-5, atol=1e-6)
    ours, plain = gradients(overlaps, X)[0], gradients(lambda x: x @ x.T, X)[0]
    np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-5)


def test_the_gradient_for_each_sequence_apart_is_its_own() -> None:
    each = jax.vmap(jax.grad(lambda w, x: mapped(x, w).sum()), (None, 0))(WIDER, X)
    np.testing.assert_allclose(each[1], jax.grad(lambda w: (X[1] @ w).sum())(WIDER), rtol=1e-5)
