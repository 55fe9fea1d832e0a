"""The axes of a sweep: which settings vary, and over which values.

On the command line, `--over NAME=...` takes

    size=64,128                 these values
    tau=0.1:0.9:9               from 0.1 to 0.9, both included, 9 values evenly spaced
    rate=0.01:10:5:log          likewise, evenly spaced in the logarithm
    drift=0.2:0.9:sobol         sampled between 0.2 and 0.9, quasi-random (scrambled Sobol)
    gain=0.1:10:random:log      sampled, uniform in the logarithm

Axes of the first three forms span a grid, in the order given. All sampled axes together are one
further dimension, "sample": point i takes the i-th value of each.

The same in a file, read by `Axes.from_toml`:

    repeats = 20
    [set]
    n_lists = 200
    [over]
    tau = {from = 0.1, to = 0.9, n = 9, scale = "linear"}
    size = [64, 128]
    [sample]
    n = 256
    seed = 0
    method = "sobol"
    drift = [0.2, 0.9]
    gain = {from = 0.1, to = 10, scale = "log"}

Samples depend on the seed and on the names of the sampled axes only: more samples keep the first
ones, and the order of the axes does not matter. A "random" axis has its own stream, made from its
name. Sobol axes share one sequence, whose dimensions they take in alphabetical order of their
names: one more Sobol axis makes other points. A number of samples that is no power of two is
allowed, but loses the balance of the sequence.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from scipy.stats import qmc

from cogmem.errors import CogmemError, InvalidValue, UnknownName
from cogmem.lab.settings import (
    Setting,
    Value,
    find,
    override,
    parse_assignments,
    refuse,
    settings,
)

__all__ = ["SAMPLE", "Axes", "Axis", "SweepFile", "dims", "parse_over", "points"]

SAMPLE = "sample"
"""Name of the dimension that all sampled axes share."""

N_SAMPLES = 64

_METHODS = ("random", "sobol")
_SCALES = ("linear", "log")
_FORMS = "V1,V2,... or LOW:HIGH:N[:log] or LOW:HIGH:sobol[:log] or LOW:HIGH:random[:log]"

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Axis:
    """One axis of the grid.

    Attributes:
        name: path of the setting that varies.
        values: what it takes, all different, in the unit of the setting.
        scale: "list", "linear" or "log": how the values were asked for, for plots.
    """

    name: str
    values: tuple[Value, ...]
    scale: Literal["list", "linear", "log"] = "list"


@dataclass(frozen=True)
class Axes:
    """All axes of a sweep.

    Attributes:
        grid: axes of which every combination is run, in the order given.
        sampled: values by path, all of one length: the i-th of each make one point.
    """

    grid: tuple[Axis, ...] = ()
    sampled: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @staticmethod
    def from_toml(path: Path | str, config: Any) -> SweepFile:
        """What a file asks for; the module's docstring shows one.

        Args:
            path: a TOML file.
            config: the configuration to be swept, which says what each setting may be.

        Raises:
            UnknownName: if the file has a key or names a setting that does not exist.
            InvalidValue: if the file cannot be read or a value is refused; the key is named.
        """
        return _sweep_file(_toml(Path(path)), config)


@dataclass(frozen=True)
class SweepFile:
    """What a sweep file asks for.

    Attributes:
        axes: what varies.
        overrides: what is set for all cells, as text by path, as `override` takes it.
        repeats: cells of the same settings and different seeds; None if the file does not say.
    """

    axes: Axes
    overrides: Mapping[str, str] = field(default_factory=dict)
    repeats: int | None = None


def parse_over(
    texts: Iterable[str], config: Any, *, n_samples: int = N_SAMPLES, seed: int = 0
) -> Axes:
    """The axes of a sweep, as on the command line.

    Args:
        texts: one for each axis, in the forms that the module's docstring lists.
        config: the configuration to be swept, which says what each setting may be.
        n_samples: points of the sampled dimension, if there is one.
        seed: of the samples; not negative.

    Raises:
        UnknownName: if there is no such setting.
        InvalidValue: if an axis is malformed, empty, given twice, or has a value that the setting
            may not take; or, listing every problem, if there are several.
    """
    known = settings(config)
    asked = _each(lambda item: _request(*item, known), parse_assignments(texts).items())
    return _axes(asked, known, n_samples, seed)


def points(axes: Axes) -> list[dict[str, Value]]:
    """The settings of every cell, in C order of `dims`: the last dimension varies fastest."""
    names = [axis.name for axis in axes.grid]
    grid = itertools.product(*(axis.values for axis in axes.grid))
    sampled = list(zip(*axes.sampled.values(), strict=True)) or [()]
    return [
        dict(zip([*names, *axes.sampled], [*cell, *sample], strict=True))
        for cell, sample in itertools.product(grid, sampled)
    ]


def dims(axes: Axes) -> dict[str, int]:
    """Length of each dimension: the grid's axes in the order given, then "sample" if there is."""
    lengths = {axis.name: len(axis.values) for axis in axes.grid}
    if axes.sampled:
        lengths[SAMPLE] = len(next(iter(axes.sampled.values())))
    return lengths


@dataclass(frozen=True)
class _Request:
    """One axis as asked for: numbers are still text, so that one reader checks them all.

    Either `values`, or `ends` together with `count`: a number of values, or a way of sampling.
    """

    name: str
    values: tuple[str, ...] = ()
    ends: tuple[str, str] | None = None
    count: str = ""
    scale: str = "linear"


@dataclass(frozen=True)
class _Span:
    """An interval to draw samples from."""

    name: str
    low: float
    high: float
    log: bool
    method: str

    def at(self, share: float) -> float:
        """The value at a share, 0 to 1, of the way.

        In plain floats: the last bit of numpy's powers may depend on the place in the array, and a
        point must not change when points are added.
        """
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = math.exp(low + (high - low) * share)
        else:
            value = self.low + (self.high - self.low) * share
        return min(max(value, self.low), self.high)  # rounding may step outside


def _each(make: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """Make all, and refuse all that cannot be made at once."""
    made, problems = [], []
    for one in given:
        try:
            made.append(make(one))
        except CogmemError as error:
            problems.append(error)
    refuse(problems)
    return made


def _request(name: str, text: str, known: Mapping[str, Setting]) -> _Request:
    if find(known, name).kind in (bool, str) or ":" not in text:
        return _Request(name, values=tuple(text.split(",")) if text else ())
    parts = text.split(":")
    if len(parts) not in (3, 4) or "" in parts or "," in text:
        raise InvalidValue(f"{name}={text} is not an axis, expected {name}={_FORMS}.")
    low, high, count, scale = (part.strip() for part in [*parts, "linear"][:4])
    return _Request(name, ends=(low, high), count=count, scale=scale)


def _axes(
    asked: Sequence[_Request], known: Mapping[str, Setting], n_samples: int, seed: int
) -> Axes:
    found = _each(lambda request: _checked(request, find(known, request.name)), asked)
    grid = tuple(axis for axis in found if isinstance(axis, Axis))
    spans = sorted((s for s in found if isinstance(s, _Span)), key=lambda span: span.name)
    _refuse_clashes([axis.name for axis in found] + [SAMPLE] * bool(spans))
    return Axes(grid, _drawn(spans, n_samples, seed) if spans else {})


def _refuse_clashes(names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InvalidValue(f"{twice[0]} names two dimensions of the sweep, expected one.")


def _checked(request: _Request, entry: Setting) -> Axis | _Span:
    if request.ends is None:
        return _listed(request, entry)
    low, high = _interval(request, entry)
    if request.count in _METHODS:
        return _span(request, entry, low, high)
    return _spaced(request, entry, low, high)


def _listed(request: _Request, entry: Setting) -> Axis:
    name = request.name
    if not request.values or any(not text.strip() for text in request.values):
        given = ",".join(request.values)
        raise InvalidValue(f"{name}={given} has an empty place, expected values: {name}=V1,V2.")
    values = tuple(_each(lambda text: entry.parse(name, text), request.values))
    _refuse_repeated(name, values)
    return Axis(name, values)


def _interval(request: _Request, entry: Setting) -> tuple[float, float]:
    """Both ends, checked against the setting and against each other."""
    name = request.name
    assert request.ends is not None
    if request.scale not in _SCALES:
        raise InvalidValue(f"{name} has scale {request.scale!r}, expected linear or log.")
    if entry.kind not in (int, float):
        raise InvalidValue(f"{name} is no number, expected a list of values: {name}=V1,V2.")
    low, high = (float(end) for end in _each(lambda t: entry.parse(name, t), request.ends))
    if not low < high:
        raise InvalidValue(f"{name} runs from {low:g} to {high:g}, expected the lower end first.")
    if request.scale == "log" and low <= 0:
        raise InvalidValue(f"{name} runs from {low:g} on a log scale, expected more than 0.")
    return low, high


def _span(request: _Request, entry: Setting, low: float, high: float) -> _Span:
    if entry.kind is not float:  # every size is compiled for, and samples are all different
        name = request.name
        raise InvalidValue(
            f"{name} is a whole number, which cannot be sampled; expected a list or an evenly "
            f"spaced range: {name}={low:g},{high:g} or {name}={low:g}:{high:g}:N."
        )
    return _Span(request.name, low, high, request.scale == "log", request.count)


def _spaced(request: _Request, entry: Setting, low: float, high: float) -> Axis:
    name, log = request.name, request.scale == "log"
    steps = (np.geomspace if log else np.linspace)(low, high, _count(request)).tolist()
    values = [_whole(name, step) for step in steps] if entry.kind is int else steps
    _refuse_repeated(name, values)
    return Axis(name, tuple(values), "log" if log else "linear")


def _count(request: _Request) -> int:
    wanted = f"a whole number of values from 2 up, or {' or '.join(_METHODS)}"
    try:
        count = int(request.count)
    except ValueError:
        count = 0
    if count < 2:
        raise InvalidValue(f"{request.name} has {request.count!r} values, expected {wanted}.")
    return count


def _whole(name: str, step: float) -> int:
    """Logarithmic steps miss whole numbers by rounding; anything more is refused, not rounded."""
    if abs(step - round(step)) > 1e-9 * abs(step):
        raise InvalidValue(
            f"{name} would be {step:g}, expected whole numbers only: choose another number of "
            f"values, or list them: {name}=V1,V2."
        )
    return round(step)


def _refuse_repeated(name: str, values: Iterable[Value]) -> None:
    twice = [value for value, times in Counter(values).items() if times > 1]
    if twice:
        raise InvalidValue(f"{name} has the value {twice[0]} twice, expected different values.")


def _drawn(spans: Sequence[_Span], n: int, seed: int) -> dict[str, tuple[float, ...]]:
    """Values of each sampled axis, `spans` being in order of their names."""
    if n < 1 or seed < 0:
        raise InvalidValue(
            f"{n} samples with seed {seed} are asked for, expected at least 1 sample and a seed "
            "of 0 or more."
        )
    sobol = [span.name for span in spans if span.method == "sobol"]
    shares = dict(zip(sobol, _sobol(len(sobol), n, seed).tolist(), strict=True))
    shares |= {s.name: _random(s.name, n, seed) for s in spans if s.name not in sobol}
    return {span.name: tuple(map(span.at, shares[span.name])) for span in spans}


def _random(name: str, n: int, seed: int) -> list[float]:
    """n shares from 0 to 1, the axis' own stream."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, "<u4").tolist()]).random(n).tolist()


def _sobol(n_axes: int, n: int, seed: int) -> np.ndarray:
    """float[axis, n] in [0, 1)."""
    if not n_axes:
        return np.empty((0, n))
    sampler = qmc.Sobol(n_axes, scramble=True, rng=np.random.default_rng(seed))
    # scipy warns of any n that is no power of two; the points are the first n of the next power.
    return sampler.random_base2((n - 1).bit_length())[:n].T


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidValue(f"{path} cannot be read as a TOML file: {error}.") from error


def _sweep_file(found: Mapping[str, Any], config: Any) -> SweepFile:
    known = settings(config)
    _refuse_unknown("", found, ("over", "sample", "set", "repeats"))
    asked = _requests(found, known)
    sample = _table("sample", found)
    n, seed = (_natural("sample.", sample, key, least) for key, least in (("n", 1), ("seed", 0)))
    axes = _axes(asked, known, n or N_SAMPLES, seed or 0)
    fixed = _fixed(found, known)
    override(config, fixed)
    for name in {request.name for request in asked} & set(fixed):
        raise InvalidValue(f"{name} is both in [set] and an axis, expected one of them.")
    return SweepFile(axes, fixed, _natural("", found, "repeats", 1))


def _fixed(found: Mapping[str, Any], known: Mapping[str, Setting]) -> dict[str, str]:
    return {name: _text(f"set.{name}", v) for name, v in _flat(_table("set", found), known)}


def _requests(found: Mapping[str, Any], known: Mapping[str, Setting]) -> list[_Request]:
    over = _flat(_table("over", found), known)
    asked = _each(lambda item: _over_request(*item), over)
    return asked + _sample_requests(_table("sample", found), known)


def _over_request(name: str, given: Any) -> _Request:
    if not isinstance(given, dict):
        return _Request(name, values=_texts(f"over.{name}", given))
    found = _entries(f"over.{name}", given, {"from", "to", "n"})
    _natural(f"over.{name}.", given, "n", 2)
    return _Request(name, (), (found["from"], found["to"]), found["n"], found["scale"])


def _sample_requests(sample: Mapping[str, Any], known: Mapping[str, Setting]) -> list[_Request]:
    method = sample.get("method", "sobol")
    if method not in _METHODS:
        raise InvalidValue(f"sample.method is {method!r}, expected {' or '.join(_METHODS)}.")
    own = ("n", "seed", "method")
    axes = list(_flat({key: v for key, v in sample.items() if key not in own}, known))
    if sample and not axes:
        raise InvalidValue("sample names no axis, expected e.g. drift = [0.2, 0.9] in it.")
    return _each(lambda item: _sample_request(*item, method), axes)


def _sample_request(name: str, given: Any, method: str) -> _Request:
    key = f"sample.{name}"
    if isinstance(given, dict):
        found = _entries(key, given, {"from", "to"})
        return _Request(name, (), (found["from"], found["to"]), method, found["scale"])
    ends = _texts(key, given)
    if len(ends) != 2:
        raise InvalidValue(f"{key} is {given!r}, expected two numbers: [low, high].")
    return _Request(name, (), (ends[0], ends[1]), method)


def _entries(key: str, given: Mapping[str, Any], needed: set[str]) -> dict[str, str]:
    """The entries of one axis, as text."""
    _refuse_unknown(f"{key}.", given, (*needed, "scale"))
    missing = sorted(needed - set(given))
    if missing:
        raise InvalidValue(f"{key} has no {missing[0]!r}, expected {', '.join(sorted(needed))}.")
    return {"scale": "linear"} | {name: _text(f"{key}.{name}", v) for name, v in given.items()}


def _refuse_unknown(prefix: str, given: Iterable[str], known: Iterable[str]) -> None:
    allowed = [prefix + key for key in known]
    for key in given:
        if prefix + key not in allowed:
            raise UnknownName("key", prefix + key, allowed)


def _table(key: str, found: Mapping[str, Any]) -> dict[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise InvalidValue(f"{key} is {table!r}, expected a table: [{key}].")
    return table


def _flat(
    table: Mapping[str, Any], known: Mapping[str, Setting], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """TOML reads the dots of `model.drift = 1` as tables within tables; this undoes it."""
    for key, value in table.items():
        name = prefix + key
        if isinstance(value, dict) and value and name not in known and "from" not in value:
            yield from _flat(value, known, f"{name}.")
        else:
            yield name, value


def _texts(key: str, given: Any) -> tuple[str, ...]:
    return tuple(_text(key, one) for one in (given if isinstance(given, list) else [given]))


def _text(key: str, value: Any) -> str:
    """A value of a file as it would be typed on the command line."""
    if not isinstance(value, bool | int | float | str):
        raise InvalidValue(f"{key} is {value!r}, expected a number, true, false or a word.")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _natural(prefix: str, table: Mapping[str, Any], key: str, least: int) -> int | None:
    """A whole number of a file, if it is there."""
    value = table.get(key)
    if value is not None and (type(value) is not int or value < least):
        expected = f"a whole number from {least} up"
        raise InvalidValue(f"{prefix}{key} is {value!r}, expected {expected}.")
    return value
