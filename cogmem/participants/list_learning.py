"""Drivers for lists of paired associates: trials to a criterion, and tests after every trial.

A trial shows every pair of a list once, in a random order, and is followed by a test of each pair
with its own cue. The test's answers are not reported to the participant: whether tests teach is
another question, and these drivers are for participants whom tests leave unchanged. A pair is
recalled if its response has the most evidence of all.

Pure functions of one participant and one task; `jax.vmap` for many.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.models.parameters import check_key
from cogmem.participants.protocol import Participant, study_all
from cogmem.tasks.interpolated_lists import orders_of_lists
from cogmem.tasks.paired_associates import PairedAssociates, RetroactiveInterference

__all__ = [
    "Interfered",
    "Learnt",
    "learn_lists",
    "learn_trials",
    "recalled",
    "sit_two_lists",
    "to_criterion",
]


class Learnt(NamedTuple):
    """A list learnt to a criterion.

    Attributes:
        state: of the participant after the trial at which it was reached, or after the last.
        n_trials: until then; one more than there were if it was not reached.
        reached: whether it was.
    """

    state: Any
    n_trials: Int[Array, ""]
    reached: Bool[Array, ""]


class Interfered(NamedTuple):
    """What one participant did with two lists.

    Attributes:
        learnt: the first list.
        recalled: [overlearning, trial, list] proportions of pairs, before the second list (trial 0)
            and after each trial of it.
    """

    learnt: Learnt
    recalled: Float[Array, "overlearning trial list"]


def sit_two_lists(
    participant: Participant,
    task: PairedAssociates,
    design: RetroactiveInterference,
    *,
    overlearning: tuple[int, ...] = (0,),
    key: PRNGKeyArray,
) -> Interfered:
    """The first list to a criterion, then the second for the most trials of the design.

    One participant goes on from n to the next n of `design.n_interpolated`, as for one whom tests
    leave unchanged it may; `design.tested` makes no difference to it.

    Args:
        participant: who.
        task: two lists.
        design: criterion, trials and delay.
        overlearning: trials of the first list after the criterion, from each of which the second is
            begun anew; rising, from 0 on.
        key: of the participant and of the orders of study.

    Raises:
        InvalidValue: if the key is none.
    """
    check_key(key)
    mind, order = jax.random.split(key)
    n, most = task.n_per_list, (design.max_trials, overlearning[-1], design.n_interpolated[-1])
    orders = orders_of_lists(1, n, sum(most), key=order)[0]
    first, more, second = jnp.split(orders, np.cumsum(most)[:-1])
    start = participant.begin(task, key=mind)
    learnt = to_criterion(participant, start, task, first, design.criterion)
    states = _on_the_way(participant, learnt.state, more, overlearning)

    def go_on(state: Any) -> Float[Array, "trial list"]:
        at_once = recalled(participant, state, task, jnp.arange(2 * n))
        course = learn_trials(
            participant, state, task, n + second, jnp.arange(2 * n), delay=design.delay
        )[1]
        course = jnp.concatenate([at_once[None], course])
        return course.reshape(len(course), 2, n).mean(axis=-1)

    return Interfered(learnt, jax.vmap(go_on)(states))


def _on_the_way(
    participant: Participant, state: Any, orders: Int[Array, "trial n"], at: tuple[int, ...]
) -> Any:
    """The states after these numbers of trials, along a first axis."""

    def trial(state: Any, order: Int[Array, " n"]) -> tuple[Any, Any]:
        state = study_all(participant, state, order)
        return state, state

    later = jax.lax.scan(trial, state, orders)[1]
    every = jax.tree.map(
        lambda one, more: jnp.concatenate([jnp.asarray(one)[None], more]), state, later
    )
    return jax.tree.map(lambda each: each[jnp.asarray(at)], every)


def recalled(
    participant: Participant, state: Any, task: PairedAssociates, pairs: Int[Array, " n"]
) -> Bool[Array, " n"]:
    """Whether the response of each pair has the most evidence of all responses to its cue."""

    def one(pair: Int[Array, ""]) -> Bool[Array, ""]:
        return jnp.argmax(participant.evidence(state, pair)) == task.responses[pair]

    return jax.vmap(one)(pairs)


def learn_trials(
    participant: Participant,
    state: Any,
    task: PairedAssociates,
    orders: Int[Array, "trial n"],
    tested: Int[Array, " pair"],
    *,
    delay: float = 0.0,
) -> tuple[Any, Bool[Array, "trial pair"]]:
    """A fixed number of trials.

    Args:
        participant: who.
        state: before.
        task: of which the pairs are.
        orders: of study, one for each trial.
        tested: pairs, of any list, that are tested after each trial.
        delay: s of rest before each test, which does not end the learning.

    Returns:
        The state after, and what was recalled after each trial.
    """

    def trial(state: Any, order: Int[Array, " n"]) -> tuple[Any, Bool[Array, " pair"]]:
        state = study_all(participant, state, order)
        return state, recalled(participant, participant.rest(state, delay), task, tested)

    return jax.lax.scan(trial, state, orders)


def to_criterion(
    participant: Participant,
    state: Any,
    task: PairedAssociates,
    orders: Int[Array, "trial n"],
    criterion: float | Float[Array, ""] = 1.0,
) -> Learnt:
    """Trials until a test on which so many pairs of the list are recalled.

    Args:
        participant: who.
        state: before.
        task: of which the pairs are.
        orders: of study, one for each trial, as many as are granted.
        criterion: proportion of the pairs.
    """

    def goes_on(now: Learnt) -> Bool[Array, ""]:
        return ~now.reached & (now.n_trials < len(orders))

    def trial(now: Learnt) -> Learnt:
        order = orders[now.n_trials]
        state = study_all(participant, now.state, order)
        share = recalled(participant, state, task, order).mean()
        return Learnt(state, now.n_trials + 1, share >= criterion)

    end = jax.lax.while_loop(goes_on, trial, Learnt(state, jnp.asarray(0), jnp.asarray(False)))
    return end._replace(n_trials=end.n_trials + ~end.reached)


def learn_lists(
    participant: Participant,
    state: Any,
    task: PairedAssociates,
    orders: Int[Array, "list trial n"],
) -> tuple[Any, Bool[Array, "list first"], Bool[Array, "list last"]]:
    """List after list, each for a fixed number of trials.

    Args:
        participant: who.
        state: before.
        task: of which the pairs are.
        orders: of study, one for each trial of each list.

    Returns:
        The state after; which pairs of the first list, and which of the list just learnt, were
        recalled after each list.
    """
    first = orders[0, 0]

    def one(state: Any, trials: Array) -> tuple[Any, tuple[Array, Array]]:
        state = study_all(participant, state, trials.ravel())
        kept = recalled(participant, state, task, first)
        return state, (kept, recalled(participant, state, task, trials[0]))

    state, (kept, last) = jax.lax.scan(one, state, orders)
    return state, kept, last
