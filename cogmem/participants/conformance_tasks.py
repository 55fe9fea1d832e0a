"""Small tasks of the eight paradigms, for `conformance`: each with two variants of itself.

One variant differs in what is still to come, or in what the right answers are; the other gives its
candidates other numbers. Neither may make a difference to a participant that goes by what it has
studied.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from cogmem.tasks import ChangeDetection, FreeRecall, Recognition, SerialRecall
from cogmem.tasks.displays import colour_display
from cogmem.tasks.facts import fan_facts
from cogmem.tasks.paired_associates import ab_ac
from cogmem.tasks.retention import Retention
from cogmem.tasks.sparse_items import N_ACTIVE, N_FEATURES, random_items
from cogmem.tasks.updating import Updating, updating_trial

__all__ = ["EXAMS", "Exam", "exam"]


KEY = jax.random.key(90)
"""Of features, orders and new numbers."""

N_STUDIED = 3
"""Items studied before the exam asks; more are to come in the task."""


class Exam(NamedTuple):
    """A task in which a part is studied before it is asked.

    Attributes:
        task: what `begin` is given.
        events: [event] what is studied: the first ones of `task.studied`.
        cues: [step] asked for one after the other; None for no cue, in as many steps as `said`.
        said: [step] candidate reported after each.
        later: the same task with other things to come, or other right answers.
        compared: [candidate] those whose evidence `later` must leave alone.
        names: [candidate] new numbers; None if numbers have a meaning.
        renamed: the task in which candidate i has the number `names[i]`.
        renamed_events: [event] the same events there.
    """

    task: Any
    events: Int[Array, " event"]
    cues: Int[Array, " step"] | None
    said: Int[Array, " step"]
    later: Any
    compared: Bool[Array, " candidate"]
    names: Int[Array, " candidate"] | None = None
    renamed: Any = None
    renamed_events: Any = None


@cache
def exam(paradigm: str) -> Exam:
    """The exam of a paradigm of `PARADIGMS`."""
    return EXAMS[paradigm]()


def _names(n: int) -> Int[Array, " candidate"]:
    """A permutation that leaves no candidate in its place."""
    order = np.random.default_rng(n).permutation(n)
    names = np.empty(n, int)
    names[order] = np.roll(order, 1)
    return jnp.asarray(names)


def _moved(rows: Array, names: Int[Array, " candidate"]) -> Array:
    """Row i at its new number."""
    return jnp.zeros_like(rows).at[names].set(rows)


def _looks(n: int, seed: int = 0) -> Bool[Array, "item feature"]:
    key = jax.random.fold_in(KEY, seed)
    return jax.jit(lambda: random_items(n, N_FEATURES, N_ACTIVE, key=key))()


def _free_recall() -> Exam:
    task = FreeRecall.of_length(5)
    names, studied = _names(5), jnp.arange(N_STUDIED)
    later = task._replace(items=task.items.at[N_STUDIED:].add(10))
    renamed = task._replace(items=_moved(task.items, names))
    known = jnp.arange(5) < N_STUDIED
    said = jnp.array([1, 2])
    return Exam(task, studied, None, said, later, known, names, renamed, names[studied])


def _serial_recall() -> Exam:
    looks, names, studied = _looks(5), _names(5), jnp.arange(N_STUDIED)
    later = SerialRecall(looks.at[N_STUDIED:].set(_looks(2, seed=1)))
    renamed = SerialRecall(_moved(looks, names))
    known, asked = jnp.arange(5) < N_STUDIED, jnp.arange(2)
    task = SerialRecall(looks)
    return Exam(task, studied, asked, asked, later, known, names, renamed, names[studied])


def _recognition() -> Exam:
    names, order = _names(6), jnp.array([4, 1, 3, 0])
    task = Recognition(_looks(6), order)
    later = task._replace(studied=order.at[N_STUDIED:].set(5))
    renamed = Recognition(_moved(task.features, names), names[order])
    events, said = order[:N_STUDIED], jnp.array([1])
    everything = jnp.ones(6, bool)
    return Exam(task, events, None, said, later, everything, names, renamed, names[events])


def _paired_associates() -> Exam:
    """The first list is studied; pairs of both are asked for."""
    task = jax.jit(lambda: ab_ac(3, key=KEY))()
    names, events = _names(6), task.studied[:3]
    later = task._replace(responses=jnp.array([0, 1, 2, 4, 5, 3]))
    codes = _moved(task.response_codes, names)[:, names]
    renamed = task._replace(responses=names[task.responses], response_codes=codes)
    asked, everything = jnp.array([1, 4]), jnp.ones(6, bool)
    return Exam(task, events, asked, asked, later, everything, names, renamed, events)


def _fact_verification() -> Exam:
    task = fan_facts((4, 2), (4, 2), key=KEY)
    n_facts, names, events = len(task.facts), _names(task.n_candidates), task.studied[:N_STUDIED]
    to_come = jnp.setdiff1d(jnp.arange(n_facts), events)
    exchanged = task.facts.at[to_come, 1].set(jnp.roll(task.facts[to_come, 1], 1))
    later = task._replace(facts=exchanged, kinds=1 - task.kinds)
    renamed = task._replace(probes=_moved(task.probes, names), kinds=_moved(task.kinds, names))
    everything, said = jnp.ones(task.n_candidates, bool), jnp.array([0])
    return Exam(task, events, None, said, later, everything, names, renamed, events)


def _retention() -> Exam:
    """The last place that is asked for has no letter yet."""
    names, order = _names(6), jnp.array([4, 1, 3, 0])
    task = Retention(_looks(6), order, 3.0)
    later = task._replace(studied=order.at[N_STUDIED:].set(5))
    renamed = Retention(_moved(task.features, names), names[order], 3.0)
    events, asked, said = order[:N_STUDIED], jnp.array([0, 1, 3]), order[:3]
    everything = jnp.ones(6, bool)
    return Exam(task, events, asked, said, later, everything, names, renamed, names[events])


def _change_detection() -> Exam:
    """Three of four objects are shown; the tests are the changed one, and the object itself."""
    changed, same = (_display(change) for change in (True, False))
    task = ChangeDetection(same.features, jnp.concatenate([changed.tests, same.tests]))
    other = jnp.roll(same.features[N_STUDIED], 1)
    later = task._replace(features=same.features.at[N_STUDIED].set(other))
    names = jnp.array([1, 0])
    renamed = task._replace(tests=_moved(task.tests, names))
    events, everything = jnp.arange(N_STUDIED), jnp.ones(2, bool)
    return Exam(task, events, None, jnp.array([0]), later, everything, names, renamed, events)


@jax.jit
def _display(change: Bool[Array, ""] | bool) -> ChangeDetection:
    return colour_display(4, change, key=KEY)


def _updating() -> Exam:
    """Values have their order, and cannot be renamed."""
    task = jax.jit(lambda: updating_trial(2, 4, key=KEY))()
    later = Updating(
        task.starts, task.places.at[2:].set(1 - task.places[2:]), task.changes.at[2:].set(1)
    )
    asked, everything = jnp.arange(2), jnp.ones(task.n_candidates, bool)
    return Exam(task, task.studied[:4], asked, asked, later, everything)


EXAMS: dict[str, Callable[[], Exam]] = {
    "free recall": _free_recall,
    "serial recall": _serial_recall,
    "recognition": _recognition,
    "paired associates": _paired_associates,
    "fact verification": _fact_verification,
    "retention": _retention,
    "change detection": _change_detection,
    "updating": _updating,
}
"""What makes the exam of each paradigm."""
