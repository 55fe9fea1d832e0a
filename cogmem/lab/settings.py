"""The settings of a configuration: every plain number, flag and word in it, by dotted path.

A Config is a frozen dataclass. It may hold other dataclasses, and models, whose parameters bring
their bounds, units and meanings along. `--set`, `--over`, hashes and the split into what is traced
and what is static all read the one flat view that `settings` gives.

Everything here is pure and knows nothing of JAX; `with_values` works inside `jit` and `vmap`.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from cogmem.errors import CogmemError, InvalidValue, UnknownName

__all__ = [
    "Setting",
    "Value",
    "canonical",
    "find",
    "override",
    "parse_assignments",
    "refuse",
    "setting",
    "settings",
    "static_part",
    "traced_part",
    "with_values",
]

Config = TypeVar("Config")
Value = float | int | bool | str
_KINDS = (bool, int, float, str)  # a bool is an int too, so it is asked for first
_IN_WORDS = {bool: "true or false", int: "a whole number", float: "a finite number", str: "a word"}


@dataclass(frozen=True)
class Setting:
    """One setting of a configuration.

    Attributes:
        value: what it is set to.
        kind: float, int, bool or str. Floats are traced: cells of a sweep that differ only in them
            share one compilation. The others are static.
        bounds: the closed interval the value may lie in, infinite ends allowed; None if any.
        unit: the unit of the value; "1" if it has none.
        meaning: one line for people.
        choices: the words that a str may be; empty if any.
    """

    value: Value
    kind: type
    bounds: tuple[float, float] | None = None
    unit: str = "1"
    meaning: str = ""
    choices: tuple[str, ...] = ()

    @property
    def traced(self) -> bool:
        """Whether the value may vary under `vmap`."""
        return self.kind is float

    def parse(self, name: str, text: str) -> Value:
        """The value that a text stands for.

        Args:
            name: of the setting, for messages.
            text: e.g. "0.3", "50", "true" or a word, according to the kind.

        Raises:
            InvalidValue: if the text is not of the kind, or the value is not allowed.
        """
        try:
            value = _PARSERS[self.kind](text.strip())
        except (KeyError, ValueError):
            wanted = f"{_IN_WORDS[self.kind]} ({self.kind.__name__})"
            raise InvalidValue(f"{name} is {text!r}, expected {wanted}{self._about}.") from None
        self.check(name, value)
        return value

    def check(self, name: str, value: Value) -> None:
        """Refuse a value outside the bounds, or a word that is not a choice.

        Raises:
            InvalidValue: naming the setting, the value, what is allowed, the unit and the meaning.
        """
        if self.choices and value not in self.choices:
            allowed = ", ".join(self.choices)
            raise InvalidValue(f"{name} is {value!r}, expected one of {allowed}{self._about}.")
        low, high = self.bounds or (-math.inf, math.inf)
        if self.kind in (int, float) and not low <= typing.cast(float, value) <= high:
            raise InvalidValue(f"{name} is {value}, expected {low} to {high}{self._about}.")

    @property
    def _about(self) -> str:
        said = [f"unit {self.unit}"] if self.kind in (int, float) else []
        said += [self.meaning] if self.meaning else []
        return f" ({': '.join(said)})" if said else ""


def setting(
    default: Value,
    bounds: tuple[float, float] | None = None,
    *,
    meaning: str = "",
    unit: str = "1",
) -> Any:
    """Declare a field of a Config together with its bounds; see `Setting` for the arguments.

    Raises:
        InvalidValue: if the default itself lies outside the bounds.
    """
    entry = Setting(default, _kind(default), bounds, unit, meaning)
    entry.check("the default", default)
    return dataclasses.field(default=default, metadata={"setting": entry})


def settings(config: Any) -> dict[str, Setting]:
    """The settings of a configuration and of all that it holds, by dotted path, in order.

    What is not a single number, flag or word is left out: None, tuples, arrays, functions. An
    array of no axes is a number. The values must be concrete: not inside `jit`.

    Args:
        config: a dataclass instance.
    """
    found = ((path, _setting(owner, field)) for path, owner, field in _leaves(config))
    return {path: entry for path, entry in found if entry is not None}


def override(config: Config, texts: Mapping[str, str]) -> Config:
    """The configuration with some settings replaced, as on the command line.

    Args:
        config: a dataclass instance; it is not changed.
        texts: new values by path, as text; each is read as the kind of the setting's value.

    Raises:
        UnknownName: if there is no such setting.
        InvalidValue: if a text is not of the kind, or a value lies outside its bounds; or, listing
            every problem, if there are several.
    """
    known, values, problems = settings(config), {}, []
    for name, text in texts.items():
        try:
            values[name] = find(known, name).parse(name, text)
        except CogmemError as error:
            problems.append(error)
    refuse(problems)
    return with_values(config, values)


def find(known: Mapping[str, Setting], name: str) -> Setting:
    """One of several settings.

    Raises:
        UnknownName: with the settings of the same meaning, or the nearest name.
    """
    if name not in known:
        raise UnknownName("setting", name, known, _same(known, name))
    return known[name]


SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"batch", "batch_size"}),
    frozenset({"epochs", "n_epochs"}),
    frozenset({"learning_rate", "lr", "rate"}),
    frozenset({"length", "list_length", "n_items"}),
    frozenset({"n_people", "n_subjects", "people", "subjects"}),
    frozenset({"n_learners", "n_macs", "n_models", "n_networks", "n_readers", "n_subjects"}),
    frozenset({"n_repeats", "n_seeds", "repeats", "seeds"}),
    frozenset({"n_steps", "steps"}),
    frozenset({"choice_sensitivity", "sensitivity", "temperature"}),
)
"""Last words of settings that one experiment or another has for about the same."""


def _same(known: Iterable[str], name: str) -> list[str]:
    """Settings of the same last word, then those of another word for the same."""
    word = name.rpartition(".")[2]
    others = frozenset().union(*(words for words in SYNONYMS if word in words)) - {word}
    last = {path: path.rpartition(".")[2] for path in known}
    return [
        *(path for path, each in last.items() if each == word),
        *(path for path, each in last.items() if each in others),
    ]


def refuse(problems: Sequence[CogmemError]) -> None:
    """Raise what was found wrong, if anything: one problem as it is, several as an InvalidValue."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise InvalidValue(f"there are {len(problems)} problems:\n{lines}")


def parse_assignments(texts: Iterable[str]) -> dict[str, str]:
    """Split each "name=value" at its first "=", in order.

    Raises:
        InvalidValue: if a text has no name or no "=", or a name comes twice; or, listing every
            problem, if there are several.
    """
    found: dict[str, str] = {}
    problems: list[CogmemError] = []
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals):
            example = "NAME=VALUE, e.g. model.encoding_drift=0.3"
            problems.append(InvalidValue(f"{text!r} is not an assignment, expected {example}."))
        elif name in found:
            given = f"{found[name]!r} and {value!r}"
            problems.append(InvalidValue(f"{name} is given twice ({given}), expected once."))
        found.setdefault(name, value)
    refuse(problems)
    return found


def with_values(config: Config, values: Mapping[str, Any]) -> Config:
    """The configuration with some fields replaced; usable under `jit`.

    Args:
        config: a dataclass instance, possibly holding traced values; it is not changed.
        values: new values by path. They are not checked, and may be traced.

    Raises:
        UnknownName: if there is no such field.
    """
    known = [path for path, _, _ in _leaves(config)]
    for name in values:
        if name not in known:
            raise UnknownName("setting", name, known, _same(known, name))
    return _rebuilt(config, values, "")


def static_part(config: Any) -> dict[str, int | bool | str]:
    """The settings that decide what is compiled: ints, flags and words, by path."""
    found = settings(config).items()
    return {path: typing.cast(Any, entry.value) for path, entry in found if not entry.traced}


def traced_part(config: Any) -> dict[str, float]:
    """The settings that may vary under `vmap`: floats, by path."""
    found = settings(config).items()
    return {path: float(entry.value) for path, entry in found if entry.traced}


def canonical(config: Any) -> str:
    """What a configuration says, as JSON with sorted keys: the basis of hashes.

    Equal settings give equal text, whether a float was given as 1 or as 1.0. Fields that are not
    settings and the class names of what is held are part of it too, under their paths: else two
    configurations that differ only in a tuple, or in which model they hold, would share a store.

    Raises:
        InvalidValue: if a field holds what has no lasting text, such as a lambda.
    """
    return json.dumps(dict(_identity(config)), sort_keys=True, separators=(",", ":"))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value + 0.0  # minus zero and zero are equal, and should hash alike


_PARSERS: dict[type, Any] = {
    float: _finite,
    int: int,
    bool: lambda text: {"true": True, "false": False}[text.lower()],
    str: str,
}


def _leaves(config: Any, prefix: str = "") -> Iterator[tuple[str, Any, dataclasses.Field[Any]]]:
    """Path, owner and field of everything that is not itself a dataclass."""
    for field in _fields(config):
        value = getattr(config, field.name, None)
        if _holds_fields(value):
            yield from _leaves(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, config, field


def _fields(config: Any) -> list[dataclasses.Field[Any]]:
    """Those that can be given; the others follow from them."""
    return [field for field in dataclasses.fields(config) if field.init]


def _holds_fields(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _rebuilt(config: Any, values: Mapping[str, Any], prefix: str) -> Any:
    changed = {}
    for field in _fields(config):
        path, value = prefix + field.name, getattr(config, field.name, None)
        if path in values:
            changed[field.name] = values[path]
        elif _holds_fields(value) and any(name.startswith(path + ".") for name in values):
            changed[field.name] = _rebuilt(value, values, path + ".")
    return dataclasses.replace(config, **changed)


def _setting(owner: Any, field: dataclasses.Field[Any]) -> Setting | None:
    value = _plain(getattr(owner, field.name, None))
    if value is None:
        return None
    if _declared_float(field) and type(value) is int:
        value = float(value)
    if isinstance(value, float):
        value += 0.0  # see `_finite`
    kind, words = type(value), _choices(owner.__class__).get(field.name, ())
    entry = field.metadata.get("parameter") or field.metadata.get("setting")
    if entry is None:
        return Setting(value, kind, choices=words)
    return Setting(value, kind, entry.bounds, entry.unit, entry.meaning, words)


def _kind(value: Any) -> type:
    return next(kind for kind in _KINDS if isinstance(value, kind))


def _plain(value: Any) -> Value | None:
    """A single number, flag or word as Python's own type; None for anything else."""
    if _is_array(value) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, _KINDS):
        return None
    kind: Any = _kind(value)
    return kind(value)


def _is_array(value: Any) -> bool:
    """Of numbers: JAX's random keys have a type of their own, and objects have no lasting bytes.

    A model may have a `dtype` too, but it has no axes.
    """
    dtype = getattr(value, "dtype", None) if hasattr(value, "ndim") else None
    return isinstance(dtype, np.dtype) and not dtype.hasobject


def _declared_float(field: dataclasses.Field[Any]) -> bool:
    """Annotations are text in most modules, and types in some."""
    return "parameter" in field.metadata or field.type in (float, "float")


@functools.cache
def _choices(owner: Any) -> dict[str, tuple[str, ...]]:
    """The words of fields annotated with `Literal`."""
    try:
        hints = typing.get_type_hints(owner)
    except (AttributeError, NameError, TypeError):  # a name that exists for type checkers only
        return {}
    literal = {name: hint for name, hint in hints.items() if typing.get_origin(hint) is Literal}
    words = {name: typing.get_args(hint) for name, hint in literal.items()}
    return {name: each for name, each in words.items() if all(isinstance(w, str) for w in each)}


def _identity(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in _fields(config):
        path, value = prefix + field.name, getattr(config, field.name, None)
        entry = _setting(config, field)
        if _holds_fields(value):
            yield path, type(value).__qualname__
            yield from _identity(value, f"{path}.")
        else:
            yield path, _written(path, value) if entry is None else entry.value


def _written(path: str, value: Any) -> Any:
    """What is not a setting, in terms that JSON has."""
    plain = _plain(value)
    if value is None or plain is not None:
        return plain
    if _holds_fields(value):
        return [type(value).__qualname__, dict(_identity(value, f"{path}."))]
    if isinstance(value, tuple | list):
        return [_written(path, part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _written(f"{path}.{key}", part) for key, part in value.items()}
    return _array_text(value) if _is_array(value) else _function_text(path, value)


def _array_text(value: Any) -> str:
    array = np.ascontiguousarray(value)
    return f"{array.dtype.str}{list(array.shape)} {hashlib.sha256(array.tobytes()).hexdigest()}"


def _function_text(path: str, value: Any) -> str:
    name = getattr(value, "__qualname__", "<unnamed>")
    if "<" in name:  # a lambda, or a function made by another: two may have one name
        raise InvalidValue(
            f"{path} is a {type(value).__name__} with no lasting name to tell results apart by; "
            "expected numbers, flags, words, tuples, arrays, dataclasses or functions of a module."
        )
    return f"{value.__module__}.{name}"
