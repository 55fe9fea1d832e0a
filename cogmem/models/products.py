"""Matrix products whose gradients the compiler would compute at several times their cost.

Values and gradients are those of plain products; both can be mapped over sequences by `jax.vmap`.
They have gradients in reverse only: no `jax.jvp`, and second derivatives by `jax.jacrev`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["gathered", "mapped", "overlaps", "swapped"]


@jax.custom_vjp
def mapped(
    x: Float[Array, "time from"], weights: Float[Array, "from to"]
) -> Float[Array, "time to"]:
    """x W of every token, to no fewer numbers than there are; else `gathered` is faster.

    Of many sequences at once, the gradient of W is one product for each, and then their sum. The
    usual rule sums over sequences and tokens in a single product, for which XLA first copies the
    wider of its two factors, transposed, and takes longer than for the product itself.
    """
    return x @ weights


def _mapped(x: Array, weights: Array) -> tuple[Array, tuple[Array, Array]]:
    return x @ weights, (x, weights)


def _mapped_back(kept: tuple[Array, Array], change: Array) -> tuple[Array, Array]:
    x, weights = kept
    return change @ weights.T, x.T @ change


mapped.defvjp(_mapped, _mapped_back)


@jax.custom_vjp
def gathered(
    x: Float[Array, "time from"], weights: Float[Array, "to from"]
) -> Float[Array, "time to"]:
    """x W' of every token: `mapped` to fewer numbers, with weights stored the other way.

    What is transposed for a gradient is then the narrow factor again, and gradients of several
    layers are added as they are stored.
    """
    return x @ weights.T


def _gathered(x: Array, weights: Array) -> tuple[Array, tuple[Array, Array]]:
    return x @ weights.T, (x, weights)


def _gathered_back(kept: tuple[Array, Array], change: Array) -> tuple[Array, Array]:
    x, weights = kept
    return change @ weights, change.T @ x


gathered.defvjp(_gathered, _gathered_back)


@jax.custom_vjp
def swapped(weights: Float[Array, "head from to"]) -> Float[Array, "head to from"]:
    """W' of each head, for `gathered`.

    Its gradient is transposed head by head in a loop, so that it is summed before: XLA would
    transpose all that is summed over layers.
    """
    return weights.swapaxes(1, 2)


swapped.defvjp(
    lambda weights: (swapped(weights), None),
    lambda _, change: (jax.lax.map(jnp.transpose, change),),
)


@jax.custom_vjp
def overlaps(x: Float[Array, "time neuron"]) -> Float[Array, "time time"]:
    """x x', of every token with every other.

    The gradient is one product, because x is both factors; the usual rule makes two.
    """
    return _with_own(x)


def _with_own(x: Array) -> Array:
    return jax.lax.dot_general(x, x, (((1,), (1,)), ((), ())))  # x @ x.T would copy a transpose


def _overlaps(x: Array) -> tuple[Array, Array]:
    return _with_own(x), x


def _overlaps_back(x: Array, change: Array) -> tuple[Array]:
    return ((change + change.T) @ x,)


overlaps.defvjp(_overlaps, _overlaps_back)
