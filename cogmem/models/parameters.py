"""Parameters: a tree of values, and a table that says what each value means.

A model is an `equinox.Module`; each number that may be fitted or swept is declared once, by
`parameter(...)`, with its bounds, unit and source. Fitting, sweeps, sliders, documentation and
error messages read that one declaration.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeVar, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from cogmem.errors import InvalidValue, UnknownName

__all__ = [
    "Parameter",
    "check_choice",
    "check_indices",
    "check_key",
    "check_last_axis",
    "check_sizes",
    "check_values",
    "constrain",
    "get",
    "parameter",
    "replace",
    "table",
    "unconstrain",
]

Module = TypeVar("Module", bound=eqx.Module)

ROUNDING = 2.0**-23
"""Of a float32, as a share of its value."""


@dataclass(frozen=True)
class Parameter:
    """What one number means.

    Attributes:
        default: a typical published value.
        bounds: the open interval in which it is searched; infinite ends allowed.
        start: the interval from which fits draw their starting values.
        unit: the unit of the value; "1" if it has none.
        source: paper and equation, or the place the bounds were read.
        meaning: one line for people.
        valid: the closed interval in which the model means something, where that is more than the
            bounds: published values may lie outside of what is worth searching.
    """

    default: float
    bounds: tuple[float, float]
    start: tuple[float, float]
    unit: str
    source: str
    meaning: str
    valid: tuple[float, float] | None = None

    @property
    def transform(self) -> str:
        """How the value is laid on the whole real line: logit, log or identity."""
        low, high = self.bounds
        if math.isfinite(low) and math.isfinite(high):
            return "logit"
        return "log" if math.isfinite(low) else "identity"

    @property
    def starts(self) -> tuple[float, float]:
        """`start`, an end that lies on a bound moved in by 2 % of the interval."""
        low, high = self.start
        margin = 0.02 * (high - low)
        return low + margin * (low == self.bounds[0]), high - margin * (high == self.bounds[1])

    def constrain(self, raw: Float[Array, ...]) -> Float[Array, ...]:
        """From the real line into the bounds."""
        low, high = self.bounds
        if self.transform == "logit":
            return low + (high - low) * jax.nn.sigmoid(raw)
        return low + jnp.exp(raw) if self.transform == "log" else raw

    def unconstrain(self, value: Float[Array, ...]) -> Float[Array, ...]:
        """From the bounds onto the real line; a value on a bound is moved just inside."""
        low, high = self.bounds
        value = jnp.asarray(value)
        inside = 4 * jnp.finfo(value.dtype).eps
        if self.transform == "logit":
            share = jnp.clip((value - low) / (high - low), inside, 1 - inside)
            return jnp.log(share) - jnp.log1p(-share)
        return jnp.log(jnp.maximum(value - low, inside)) if self.transform == "log" else value

    def near_bound(self, value: Any) -> np.ndarray:
        """Whether values lie on a finite bound, or within 1e-4 of the way to the other (or of 1).

        Such an estimate says only that the data want more.
        """
        low, high = self.bounds
        width = high - low if math.isfinite(high - low) else 1.0
        value = np.asarray(value, float)
        return (value < low + 1e-4 * width) | (value > high - 1e-4 * width)

    def check(self, name: str, value: float) -> None:
        """Refuse a value outside the closed bounds.

        Raises:
            InvalidValue: naming the parameter, the value, the bounds and the unit.
        """
        self._refuse_outside(self.bounds, name, value)

    def check_valid(self, name: str, value: float) -> None:
        """Refuse a value that means nothing in the model, see `valid`.

        Raises:
            InvalidValue: as `check`.
        """
        self._refuse_outside(self.valid or self.bounds, name, value)

    def _refuse_outside(self, ends: tuple[float, float], name: str, value: float) -> None:
        low, high = ends
        # A float32 on a bound may be its neighbour.
        if not low - ROUNDING * abs(low) <= float(value) <= high + ROUNDING * abs(high):
            raise InvalidValue(
                f"{name} is {value:g}, expected {low:g} to {high:g} "
                f"(unit {self.unit}: {self.meaning})."
            )


def parameter(
    default: float,
    bounds: tuple[float, float],
    *,
    meaning: str,
    source: str,
    start: tuple[float, float] | None = None,
    unit: str = "1",
    valid: tuple[float, float] | None = None,
) -> Any:
    """Declare a field of a module as a parameter; see `Parameter` for the arguments."""
    entry = Parameter(default, bounds, start or bounds, unit, source, meaning, valid)
    return eqx.field(default=default, metadata={"parameter": entry})


def table(module: eqx.Module | type[eqx.Module]) -> dict[str, Parameter]:
    """The parameters of a module and of the modules inside it, by name, in order."""
    return {name: entry for name, entry, _ in _walk(module)}


def get(module: eqx.Module) -> dict[str, Any]:
    """The current values of `table(module)`."""
    return {name: getattr(owner, name) for name, _, owner in _walk(module)}


def replace(module: Module, values: Mapping[str, Any]) -> Module:
    """The module with some parameters changed.

    Args:
        values: new values by name; numbers are checked against the bounds, traced arrays are not.

    Raises:
        UnknownName: if a name is not in the table.
        InvalidValue: if a number lies outside its bounds.
    """
    entries = table(module)
    for name, value in values.items():
        if name not in entries:
            raise UnknownName("parameter", name, entries)
        if isinstance(value, float | int):
            entries[name].check(name, value)
    return _replace(module, values)


def check_values(module: eqx.Module) -> None:
    """Refuse a module's own parameters that are no numbers, or mean nothing in the model.

    For `__check_init__`; traced arrays and arrays of several values are not looked at.

    Raises:
        InvalidValue: naming the parameter, the value, the bounds and the unit.
    """
    for field in dataclasses.fields(module):
        value = getattr(module, field.name)
        if "parameter" not in field.metadata or isinstance(value, jax.core.Tracer):
            continue
        if not isinstance(value, float | int | np.generic | np.ndarray | jax.Array):
            raise InvalidValue(f"{field.name} is {value!r}, expected a number.")
        if np.ndim(value) == 0:
            field.metadata["parameter"].check_valid(field.name, float(value))


def check_sizes(model: Any, *names: str) -> None:
    """Refuse sizes below 1, and what is no whole number.

    Args:
        model: or anything else that has them.
        names: of its attributes.

    Raises:
        InvalidValue: naming the first.
    """
    for name in names:
        size = getattr(model, name)
        if not isinstance(size, Integral) or isinstance(size, bool):
            raise InvalidValue(f"{name} is {size!r}, expected a whole number, 1 or more.")
        if size < 1:
            raise InvalidValue(f"{name} is {size}, expected 1 or more.")


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Refuse a word that is not one of a `Literal` type's.

    Raises:
        UnknownName: with the nearest one.
    """
    known = get_args(choices)
    if value not in known:
        raise UnknownName(name, str(value), known)


def check_indices(name: str, values: Any, low: int, high: int, *, also: str = "") -> None:
    """Refuse an index out of its range, which JAX would ignore or clamp.

    Where it is traced, under `jit` or `vmap`, nothing is looked at.

    Args:
        name: what the values are called.
        values: one or more whole numbers.
        low: the least.
        high: the greatest.
        also: what the least stands for, if it is no index, such as "padding".

    Raises:
        InvalidValue: naming the first that is out of range.
    """
    if isinstance(values, jax.core.Tracer):
        return
    found = np.asarray(values)
    wrong = np.argwhere(~((found >= low) & (found <= high) & (found == np.floor(found))))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        where = f"{name}[{', '.join(map(str, place))}]" if place else name
        allowed = f"{low} ({also}) or {low + 1} to {high}" if also else f"{low} to {high}"
        raise InvalidValue(f"{where} is {found[place]}, expected {allowed}.")


def check_last_axis(name: str, values: Any, size: int, what: str) -> None:
    """Refuse an array whose last axis has another length; shapes are known under `jit`, too.

    Args:
        name: of the array.
        values: it.
        size: the length.
        what: of what the last axis is, such as "numbers of a region".

    Raises:
        InvalidValue: saying both lengths.
    """
    shape = jnp.shape(values)
    if not shape or shape[-1] != size:
        raise InvalidValue(f"{name} is of shape {list(shape)}, expected {size} {what} at the end.")


def check_key(key: Any) -> None:
    """Refuse what is no key of random numbers, a seed for example.

    Raises:
        InvalidValue: saying how to make one.
    """
    if not isinstance(key, jax.Array):
        seed = key if isinstance(key, Integral) else 0
        raise InvalidValue(f"key is {key!r}, expected a key: jax.random.key({seed}).")


def constrain(entries: Mapping[str, Parameter], raw: Float[Array, " k"]) -> dict[str, Array]:
    """A vector on the real line as a tree of values within bounds."""
    return {name: entry.constrain(raw[i]) for i, (name, entry) in enumerate(entries.items())}


def unconstrain(
    entries: Mapping[str, Parameter], values: Mapping[str, Any]
) -> Float[Array, " k ..."]:
    """Inverse of `constrain`; values may carry further axes."""
    return jnp.stack([entry.unconstrain(values[name]) for name, entry in entries.items()])


def _walk(module: Any) -> Iterator[tuple[str, Parameter, Any]]:
    for field in dataclasses.fields(module):
        value = getattr(module, field.name, None)
        if "parameter" in field.metadata:
            yield field.name, field.metadata["parameter"], module
        elif isinstance(value, eqx.Module):
            yield from _walk(value)


def _replace(module: Module, values: Mapping[str, Any]) -> Module:
    changed = {}
    for field in dataclasses.fields(module):
        value = getattr(module, field.name)
        if "parameter" in field.metadata and field.name in values:
            changed[field.name] = values[field.name]
        elif isinstance(value, eqx.Module):
            changed[field.name] = _replace(value, values)
    return dataclasses.replace(module, **changed) if changed else module
