"""The measures on arrays of responses, people's or simulated, under `jit` and `vmap`.

A measure is a function that counts in one list, its axes, and a rule for the ratio
(`cogmem.measures.definitions`). Everything else (batching, sums over lists) is the same for all of
them and is written once, here.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from cogmem.errors import InvalidValue, UnknownName
from cogmem.measures.counts import Counts, Integers
from cogmem.measures.definitions import AXES, CURVES, Axis, Curve, divide, each_by_itself

__all__ = ["AXES", "CURVES", "Axis", "Curve", "count_lists", "curve", "ratio"]

LISTS_AT_ONCE = 2048  # bounds memory: the tables of one list take up to 8 length^2 bytes
Sizes = tuple[tuple[str, Any], ...]
Arrays = Mapping[str, Array]


def curve(name: str, positions: Integers, list_length: int, **options: Any) -> Counts:
    """Counts of a measure, added over lists; usable under `jax.jit` and `jax.vmap`.

    Args:
        name: a measure in `CURVES`.
        positions: integers [*batch, list, output], 1-based serial positions, 0 = padding, -1 =
            intrusion, -2 = intrusion from a prior list. Leading axes (models, parameter sets,
            seeds, subjects) are kept.
        list_length: words studied, a static integer, the same for all lists.
        **options: what else the measure's function in `cogmem.measures.counts` takes, by name.
            Arrays that it takes of one list are given with leading [*batch, list], or the last of
            these axes if the others share them: `same=[list, position, position]` serves all
            seeds. Numbers (`skip=2`) are static.

    Returns:
        Integer counts [*batch, *axes of the measure]; `ratio` turns them into the curve. Of times,
        `actual` is a sum of seconds; of a score per list, a sum of scores.

    Raises:
        UnknownName: if there is no such measure, or it takes no such option.
        InvalidValue: if `positions` has no list and output axis or is not of integers, or an
            option is missing or has another shape.
    """
    checked = _checked(name, positions, ("list", "output"))
    sizes, arrays = _options(name, options, checked.shape[:-1])
    return _total(name, list_length, sizes, checked, arrays)


def count_lists(name: str, positions: Integers, list_length: int, **options: Any) -> Counts:
    """Counts of a measure in each list by itself: [*batch, *axes]. See `curve`."""
    checked = _checked(name, positions, ("output",))
    sizes, arrays = _options(name, options, checked.shape[:-1])
    return _each(name, list_length, sizes, checked, arrays)


def ratio(name: str, total: Counts) -> Any:
    """The curve from its counts: actual / possible, NaN where nothing was possible.

    Args:
        name: a measure in `CURVES`.
        total: counts [..., *axes], of NumPy (then in float64) or JAX (then in JAX's default).

    Returns:
        [..., *axes]; for `lag_rank` and `distance_rank` [...], the mean percentile over all
        transitions.
    """
    collapse = _curve(name).collapse
    return collapse(total) if collapse else divide(*total)


def _curve(name: str) -> Curve:
    if name not in CURVES:
        raise UnknownName("measure", name, CURVES)
    return CURVES[name]


def _checked(name: str, positions: Integers, axes: tuple[str, ...]) -> Array:
    _curve(name)
    checked = jnp.asarray(positions)
    if checked.ndim < len(axes) or not jnp.issubdtype(checked.dtype, jnp.integer):
        raise InvalidValue(
            f"positions is {checked.dtype}{list(checked.shape)}, expected integers with the axes "
            f"[..., {', '.join(axes)}]."
        )
    return checked


def _options(
    name: str, options: Mapping[str, Any], batch: tuple[int, ...]
) -> tuple[Sizes, dict[str, Array]]:
    """The static numbers, and the arrays with all the leading axes of the responses."""
    taken = dict(list(inspect.signature(CURVES[name].count).parameters.items())[2:])
    for given in options.keys() - taken.keys():
        raise UnknownName(f"option of the measure {name!r},", given, taken)
    needed = {key for key, option in taken.items() if option.default is option.empty}
    if missing := sorted(needed - options.keys()):
        raise InvalidValue(f"the measure {name!r} needs {', '.join(missing)}.")
    arrays = {key: options[key] for key in CURVES[name].covariates if options.get(key) is not None}
    sizes = {key: value for key, value in options.items() if key not in CURVES[name].covariates}
    whole = {key: _whole(name, key, values, batch) for key, values in arrays.items()}
    return tuple(sorted(sizes.items())), whole


def _whole(name: str, key: str, values: Any, batch: tuple[int, ...]) -> Array:
    """An array with its leading axes filled in: [*batch, *axes of one list]."""
    axes, array = CURVES[name].covariates[key], jnp.asarray(values)
    own = array.ndim - len(axes)
    if own < 0 or array.shape[:own] != batch[max(len(batch) - own, 0) :]:
        expected = ", ".join([*map(str, batch), *axes])
        raise InvalidValue(f"{key} has shape {array.shape}, expected [{expected}].")
    filled = array.reshape((1,) * (len(batch) - own) + array.shape)
    return jnp.broadcast_to(filled, (*batch, *array.shape[own:]))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _each(
    name: str,
    list_length: int,
    sizes: Sizes,
    positions: Int[Array, "*batch output"],
    arrays: Arrays,
) -> Counts:
    def count(recalls: Int[Array, " output"], of_list: Arrays) -> Counts:
        return CURVES[name].count(recalls, list_length, **dict(sizes), **of_list)

    for _ in positions.shape[:-1]:
        count = jax.vmap(count)
    return count(positions, arrays)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _total(
    name: str,
    list_length: int,
    sizes: Sizes,
    positions: Int[Array, "*batch list output"],
    arrays: Arrays,
) -> Counts:
    *batch, n_lists, _ = positions.shape
    by_list = jax.tree.map(partial(_lists_first, len(batch)), (positions, arrays))
    at_once = max(1, LISTS_AT_ONCE // max(by_list[0].shape[1], 1))
    n_whole = n_lists // at_once

    def add(total: Counts, chunk: tuple[Array, Arrays]) -> tuple[Counts, None]:
        return jax.tree.map(jnp.add, total, over_lists(chunk)), None

    def over_lists(chunk: tuple[Array, Arrays]) -> Counts:
        each = _each(name, list_length, sizes, *chunk)
        each = each_by_itself(each) if CURVES[name].per_list else each
        return jax.tree.map(_add_lists, each)

    rest = jax.tree.map(lambda x: x[n_whole * at_once :], by_list)
    chunks = jax.tree.map(
        lambda x: x[: n_whole * at_once].reshape(n_whole, at_once, *x.shape[1:]), by_list
    )
    total, _ = jax.lax.scan(add, over_lists(rest), chunks)
    return jax.tree.map(lambda t: t.reshape(*batch, *t.shape[1:]), total)


def _lists_first(n_batch: int, array: Array) -> Array:
    """[*batch, list, ...] -> [list, all of batch, ...]."""
    moved = jnp.moveaxis(array, n_batch, 0)
    n_all = math.prod(array.shape[:n_batch])
    return moved.reshape(moved.shape[0], n_all, *array.shape[n_batch + 1 :])


def _add_lists(counted: Array) -> Array:
    whole = jnp.issubdtype(counted.dtype, jnp.integer) or counted.dtype == bool
    return counted.sum(axis=0, dtype=jnp.int32 if whole else None)
