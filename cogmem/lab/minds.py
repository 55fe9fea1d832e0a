"""One mind in the arena: searched, read and simulated, generation by generation into a store.

Whatever is done is never done again: a killed run goes on at the next generation. Minds are
independent of each other, so that each may be another process's work; a mind whose participants'
files have changed begins anew.
"""

from __future__ import annotations

import inspect
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import jax
import numpy as np
import zarr

from cogmem.fit.arena import ALL, Arena, all_but
from cogmem.fit.paradigms import Study
from cogmem.fit.simulators import Budget, Generation, best, generations, state_size
from cogmem.lab.store import Column, Store, Table
from cogmem.participants.reporting import Report
from cogmem.participants.roster import Mind

__all__ = ["Found", "Terms", "find", "n_steps", "stamp"]

HEADLINE, REFIT, UNSEEN = "headline", "refit", "unseen"
_SIMULATION = 2
_MINDS_ARE_IN = ("cogmem.models.", "cogmem.participants.")


@dataclass(frozen=True)
class Terms:
    """What holds for every mind.

    Attributes:
        budget: of each search.
        n_copies: lists that a mind recalls itself, per held-out list of people.
        unseen: whether parameters are also fitted to each paradigm alone and to all but it.
    """

    budget: Budget
    n_copies: int
    unseen: bool


class Found(NamedTuple):
    """What is known of a mind.

    Attributes:
        values: by aim, its parameters by name.
        loss: by aim, on training responses.
        arrays: by "paradigm: what", see `_results`.
        n_evaluations: of the search for the headline; 1 where there is nothing to search.
        seconds: all of it took.
    """

    values: dict[str, dict[str, float]]
    loss: dict[str, float]
    arrays: dict[str, np.ndarray]
    n_evaluations: int
    seconds: float

    def nats(self, paradigm: str, kind: str) -> np.ndarray | None:
        """log P of the held-out responses under one kind of fit; None if there is none.

        Who has nothing to fit, or sits one paradigm only, has one fit for headline and refit.
        """
        own = self.arrays.get(f"{paradigm}: {kind} nats")
        sat = {name.partition(": ")[0] for name in self.arrays if ": " in name}
        if own is None and kind == REFIT and (not self.values or len(sat) == 1):
            own = self.arrays.get(f"{paradigm}: {HEADLINE} nats")
        return None if own is None else np.asarray(own, float)


def stamp(mind: Mind, arena: Arena) -> str:
    """The mind's name, and a number that changes with what its results rest on.

    That is: its participants and their weights, the files that they and their models are written
    in, and the answers of the people whose paradigms it sits. How paradigms are asked and scored is
    not part of it: those who change that begin a new store.
    """
    code = zlib.crc32("".join(sorted(repr(one) for one in mind.participants)).encode())
    files: dict[str, str] = {}
    for one in mind.participants:
        _gather(sys.modules[type(one).__module__], files)
        for leaf in jax.tree.leaves(one):
            code = zlib.crc32(np.asarray(leaf).tobytes(), code)
    for _, text in sorted(files.items()):
        code = zlib.crc32(text.encode(), code)
    for name in arena.sits(mind):
        code = _answers_code(arena.studies[name], zlib.crc32(name.encode(), code))
    return f"{mind.name} {code:08x}"


def _gather(module: ModuleType, files: dict[str, str]) -> None:
    """The texts of a module and of the models and participants that it uses, by name."""
    files[module.__name__] = inspect.getsource(module)
    used = (getattr(value, "__module__", None) for value in vars(module).values())
    for name in {name for name in used if name and name.startswith(_MINDS_ARE_IN)}:
        if name not in files and name in sys.modules:
            _gather(sys.modules[name], files)


def _answers_code(study: Study, code: int) -> int:
    tables = (study.design[1],) if study.answers is None else study.answers
    for table in tables:
        code = zlib.crc32(np.ascontiguousarray(table).tobytes(), code)
    return code


def n_steps(arena: Arena, mind: Mind, terms: Terms) -> int:
    """Reports of `find`: one for each generation, and one for what is read in the end."""
    return 1 + len(_searched(arena, mind, terms)) * terms.budget.n_generations


def find(arena: Arena, mind: Mind, terms: Terms, store: Store, report: Report) -> Found:
    """All of one mind, going on from what the store holds.

    Args:
        arena: people and their responses.
        mind: who.
        terms: of all.
        store: within whose `writing()` this is.
        report: told of each step.
    """
    name = stamp(mind, arena)
    began, before = time.perf_counter(), _seconds(store, name)
    values, loss = {}, {}
    for aim, paradigms in _searched(arena, mind, terms).items():
        found = _search(arena, mind, terms, aim, paradigms, store, report)
        values[aim], loss[aim] = best(found, mind.parameters), float(_least(found))
    arrays = _read_results(store, name)
    if arrays is None:
        arrays = _results(arena, mind, terms, values)
        arrays["seconds"] = np.asarray(before + time.perf_counter() - began)
        _write_results(store, name, arrays)
    report(1, mind.name)
    n = terms.budget.n_evaluations if mind.parameters else 1
    return Found(values, loss, arrays, n, float(arrays["seconds"]))


# ---- search --------------------------------------------------------------------------------------


def _searched(arena: Arena, mind: Mind, terms: Terms) -> dict[str, list[str]]:
    """The aims of a mind that has something to search for."""
    if not mind.parameters:
        return {}
    every = arena.aims(mind)
    return {aim: to for aim, to in every.items() if terms.unseen or aim == ALL}


def _search(
    arena: Arena,
    mind: Mind,
    terms: Terms,
    aim: str,
    paradigms: list[str],
    store: Store,
    report: Report,
) -> list[Generation]:
    """All generations of one aim."""
    entries, budget = mind.parameters, terms.budget
    table = _search_table(store, f"{stamp(mind, arena)} to {aim}", len(entries), budget)
    found = list(_stored(table))
    report(len(found), f"{mind.name}, {aim}")
    key = jax.random.fold_in(arena.key(aim, 3), zlib.crc32(mind.name.encode()))

    def loss(values: dict[str, float]) -> float:
        return arena.loss(mind, paradigms, values)

    began = time.perf_counter()
    for each in generations(loss, entries, budget, key=key, before=found):
        now = time.perf_counter()
        row = {"raw": each.raw, "loss": each.loss, "state": each.state, "seconds": now - began}
        table.write(
            slice(len(found), len(found) + 1), {k: np.asarray(v)[None] for k, v in row.items()}
        )
        began = now
        found.append(each)
        report(1, f"{mind.name}, {aim}")
    return found


def _search_table(store: Store, name: str, n_parameters: int, budget: Budget) -> Table:
    columns = {
        "raw": Column((budget.population, n_parameters), np.float64, ("individual", "parameter")),
        "loss": Column((budget.population,), np.float64, ("individual",)),
        "state": Column((state_size(n_parameters, budget),), np.float64),
        "seconds": Column((), np.float64),
    }
    return store.table(name, columns, budget.n_generations, 1)


def _stored(table: Table) -> Iterator[Generation]:
    """The generations before the first that is missing."""
    values = table.read()
    for row, done in enumerate(table.done):
        if not done:
            return
        yield Generation(*(values[name][row] for name in Generation._fields))


def _least(found: list[Generation]) -> np.floating:
    return np.min([each.loss.min() for each in found])


def _seconds(store: Store, name: str) -> float:
    """That earlier runs spent on searches of this mind."""
    tables = (Table(g, store.path) for n, g in store.root.groups() if n.startswith(f"{name} to "))
    return float(sum(np.nansum(table.read()["seconds"]) for table in tables))


# ---- results -------------------------------------------------------------------------------------


def _results(
    arena: Arena, mind: Mind, terms: Terms, values: dict[str, dict[str, float]]
) -> dict[str, np.ndarray]:
    """By paradigm and kind of fit the log-probabilities and the sensitivity; the curves.

    `P: headline nats` [unit], `P: headline sensitivity`, likewise `refit` and `unseen`;
    `P: curve C` [subject, line, x] for every curve C.
    """
    arrays: dict[str, np.ndarray] = {}
    for name in arena.sits(mind):
        for kind, aim in _kinds(name).items():
            if kind != HEADLINE and aim not in values:
                continue  # nothing was fitted to that, see `Found.nats`
            who = mind.with_values(dict(values.get(aim, {})))
            z = arena.evidence(who, name, final=True)
            reading = arena.read(name, z, arena.sensitivity(name, z))
            arrays[f"{name}: {kind} nats"] = reading.nats
            arrays[f"{name}: {kind} sensitivity"] = np.asarray(reading.sensitivity)
            if kind == HEADLINE:
                arrays |= _curves(arena, who, name, reading, terms)
    return arrays


def _kinds(name: str) -> dict[str, str]:
    return {HEADLINE: ALL, REFIT: name, UNSEEN: all_but(name)}


def _curves(
    arena: Arena, mind: Mind, name: str, reading: Any, terms: Terms
) -> dict[str, np.ndarray]:
    study, participant = arena.studies[name], mind.sitting(name)
    assert participant is not None
    curves = arena.paradigms[name].model(
        participant,
        study,
        reading.z,
        reading.sensitivity,
        n_copies=terms.n_copies,
        key=arena.key(name, _SIMULATION),
    )
    return {f"{name}: curve {curve}": each["value"].values for curve, each in curves.items()}


def _write_results(store: Store, name: str, arrays: dict[str, np.ndarray]) -> None:
    columns = {what: Column(a.shape, a.dtype) for what, a in arrays.items()}
    table = store.table(f"{name} results", columns, 1, 1)
    table.write(slice(0, 1), {what: np.asarray(a)[None] for what, a in arrays.items()})


def _read_results(store: Store, name: str) -> dict[str, np.ndarray] | None:
    group = store.root.get(f"{name} results")
    if not isinstance(group, zarr.Group):
        return None
    table = Table(group, store.path / f"{name} results")
    if not table.done.all():
        return None
    return {what: values[0] for what, values in table.read().items()}
