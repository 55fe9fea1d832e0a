"""What Sparsey refuses: macrocolumns that cannot be, input that they cannot take, strange memories.

Traced arrays are only checked for what is known of them: their type and shape.
"""

from __future__ import annotations

import operator
from typing import Any

import jax
import numpy as np

from cogmem.errors import InvalidValue
from cogmem.models.binary import binary
from cogmem.models.code_selection import CodeSelection
from cogmem.models.parameters import check_values
from cogmem.models.permanence import Lasting, Permanence
from cogmem.models.sparsey_state import Memory

__all__ = ["belonging", "check_mac", "checked", "made_for"]

_LEAST = {"n_features": 1, "n_modules": 1, "n_cells": 1, "n_per_source": 1}
_LEAST |= {"n_lateral": 0, "n_above": 0, "max_hypotheses": 0, "fewest_hypotheses": 0}
_WORDS = {"normaliser": ("active", "pi"), "competing": ("off", "boost", "discount")}
_PARTS = {"selection": CodeSelection, "permanence": Permanence}


def check_mac(mac: Any) -> None:
    """Refuse a macrocolumn that cannot be.

    Raises:
        InvalidValue: naming the field, the value and what was expected.
    """
    for name, kind in _PARTS.items():
        if not isinstance(getattr(mac, name), kind):
            given = getattr(mac, name)
            raise InvalidValue(
                f"{name} is {given!r}, expected a {kind.__name__}, e.g. {_HINTS[name]}"
            )
    for name, least in _LEAST.items():
        _whole(name, getattr(mac, name), least)
    for name in ("fewest_lateral", "fewest_above"):
        if getattr(mac, name) is not None:
            _whole(name, getattr(mac, name), 1)
    for name, known in _WORDS.items():
        if getattr(mac, name) not in known:
            raise InvalidValue(f"{name} is {getattr(mac, name)!r}, expected one of {known}.")
    _check_band(mac.band)
    if isinstance(mac.freeze_at, (int, float)) and not 0 <= mac.freeze_at <= 1:
        raise InvalidValue(f"freeze_at is {mac.freeze_at}, expected a fraction, 0 to 1.")
    check_values(mac)


_HINTS = {"selection": 'preset("default").', "permanence": "Lasting()."}


def _whole(name: str, value: Any, least: int) -> None:
    try:
        enough = operator.index(value) >= least
    except TypeError:
        enough = False
    if not enough:
        raise InvalidValue(f"{name} is {value!r}, expected a whole number, {least} or more.")


def _check_band(band: Any) -> None:
    if band is None:
        return
    try:
        low, high = map(operator.index, band)
        fine = 0 <= low <= high
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise InvalidValue(
            f"band is {band!r}, expected (fewest, most), two whole numbers, fewest <= most."
        )


def checked(n_features: int, items: Any, *axes: str) -> Any:
    """Items as an array of bool; whatever a macrocolumn cannot take is refused.

    Args:
        n_features: that an item must have.
        items: [*axes, feature].
        axes: what the leading axes are called.

    Raises:
        InvalidValue: for another shape, values other than 0 and 1, or an item without features.
    """
    shape = _shape(items)
    if len(shape) != len(axes) + 1 or shape[-1] != n_features:
        expected = ", ".join([*axes, f"{n_features} features"])
        raise InvalidValue(f"the input has shape {shape}, expected ({expected}).")
    values = binary(items)
    if isinstance(values, jax.core.Tracer):
        return values
    empty = np.argwhere(~values.any(axis=-1))
    if len(empty):
        where = ", ".join(f"{axis} {index}" for axis, index in zip(axes, empty[0], strict=True))
        raise InvalidValue(
            f"{len(empty)} of the inputs have no active feature (the first: {where}, from 0); "
            "a macrocolumn cannot give them a code. Leave them out."
        )
    return values


def belonging(model: Any, memory: Any) -> Any:
    """The memory itself, or the memories of a network, if they belong to that model.

    Args:
        model: a macrocolumn, or a network with `levels`.
        memory: what shall be used with it.

    Raises:
        InvalidValue: if it is no memory, or one of a model of another size or kind.
    """
    parts, macs = (memory if isinstance(memory, tuple) else (memory,)), _macs(model)
    parts = (memory,) if isinstance(memory, Memory) else parts
    if len(parts) != len(macs) or not all(isinstance(part, Memory) for part in parts):
        raise InvalidValue(
            f"the memory is {_kind(memory)}, expected {len(macs)} Memory. Functions that store "
            "give back two things: `memory, moments = store(...)`."
        )
    given = [_synapses(part) for part in parts]
    expected = [_expected(mac, *n_macs) for mac, *n_macs in macs]
    if given != expected or not made_for(memory, model):
        raise InvalidValue(
            f"the memory is of another model: its synapses are {_told(given)}, expected "
            f"{_told(expected)}, or it has other modules, cells or largest weights. Recall with "
            "the model that stored."
        )
    return memory


def made_for(memory: Any, model: Any) -> bool:
    """Whether Q, K and the largest weight of a memory are the model's, as far as they are known."""
    parts = (memory,) if isinstance(memory, Memory) else tuple(memory)
    if any(isinstance(part.made_for, jax.core.Tracer) for part in parts):
        return True
    return all(
        np.allclose(part.made_for, [mac.n_modules, mac.n_cells, float(mac.permanence.w_max)])
        for part, (mac, *_) in zip(parts, _macs(model), strict=True)
    )


def _macs(model: Any) -> list[tuple[Any, ...]]:
    """The macrocolumn, or for each level of a network its macrocolumn and their number."""
    levels = getattr(model, "levels", None)
    return [(model,)] if levels is None else [(level.mac, level.n_macs) for level in levels]


Synapses = dict[str, tuple[str, tuple[int, ...]]]
"""By kind of input: whether they last, and the shape of their table."""


def _synapses(memory: Memory) -> Synapses:
    found = {}
    for kind, bundle in memory.bundles.items():
        table: Any = bundle.last if bundle.weight is None else bundle.weight
        found[kind] = ("decaying" if bundle.weight is None else "lasting", table.shape)
    return found


def _expected(mac: Any, *n_macs: int) -> Synapses:
    how = "lasting" if isinstance(mac.permanence, Lasting) else "decaying"
    return {kind: (how, (*n_macs, n, mac.n_units)) for kind, n in mac.n_sources.items()}


def _told(levels: list[Synapses]) -> str:
    each = ["; ".join(f"{k} {how} {shape}" for k, (how, shape) in one.items()) for one in levels]
    return " | ".join(each)


def _kind(memory: Any) -> str:
    if isinstance(memory, tuple) and not isinstance(memory, Memory):
        return f"a tuple of {len(memory)}: {', '.join(type(part).__name__ for part in memory)}"
    return f"of type {type(memory).__name__}"


def _shape(values: Any) -> tuple[int, ...]:
    try:
        return np.shape(values)
    except ValueError:
        raise InvalidValue("the input is ragged: its rows have different lengths.") from None
