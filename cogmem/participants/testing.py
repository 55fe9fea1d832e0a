"""Drivers for recognition, change detection and serial recall: they ask, a participant answers.

As in free recall, the participant only gives evidence; what is made of it is a rule's work. One
list per call; `jax.vmap` for many.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_values, parameter
from cogmem.participants.protocol import Participant
from cogmem.participants.readout import standardised
from cogmem.tasks import ChangeDetection, Recognition, SerialRecall

__all__ = ["YesNo", "after_study", "recall_in_order", "strengths"]

_SOURCE = "cogmem's common protocol"


class YesNo(eqx.Module):
    """ "Old", or "same", if evidence plus Gaussian noise passes a criterion: signal detection."""

    criterion: float | Float[Array, ""] = parameter(
        0.5,
        (-10, 10),
        start=(0, 1),
        meaning="evidence above which the answer is yes",
        source=_SOURCE,
    )
    noise: float | Float[Array, ""] = parameter(
        0.05, (1e-6, 10), start=(0.01, 0.5), meaning="SD of the noise of decision", source=_SOURCE
    )

    def __check_init__(self) -> None:
        check_values(self)

    def __call__(self, evidence: Float[Array, ...]) -> Float[Array, ...]:
        """P(yes) for each candidate; evidence of NaN (no answer) is at the criterion."""
        distance = jnp.nan_to_num((evidence - self.criterion) / self.noise, nan=0.0)
        return jax.scipy.stats.norm.cdf(distance)


def after_study(
    participant: Participant,
    task: Recognition | SerialRecall | ChangeDetection,
    *,
    key: PRNGKeyArray,
) -> Any:
    """The state when the test begins.

    Raises:
        InvalidValue: if the participant does not sit that paradigm, or cannot take the items.
    """
    _sits(participant, task)
    participant.begin(task, key=key)  # says what is wrong with the items before anything is traced
    return _after_study(_traced(participant), task, key)


def strengths(
    participant: Participant, task: Recognition | ChangeDetection, *, key: PRNGKeyArray
) -> Float[Array, " candidate"]:
    """How familiar each item is after study, or how much each display looks like the one studied.

    Raises:
        InvalidValue: as `after_study`.
    """
    state = after_study(participant, task, key=key)
    return _evidence(_traced(participant), state)


def recall_in_order(
    participant: Participant,
    task: SerialRecall,
    *,
    state: Any = None,
    temperature: float | Float[Array, ""] = 0.05,
    key: PRNGKeyArray,
) -> Int[Array, " output"]:
    """The participant's own recall of a list whose first item is given.

    Args:
        participant: who.
        task: the list.
        state: after study, if the list was studied by a participant with a past; otherwise the
            participant studies it first.
        temperature: noise of choice, SD of evidence; see `Readout`.
        key: of the participant and of the choices.

    Returns:
        1-based positions of the items in order of output, each once; the first is 1, as given.

    Raises:
        InvalidValue: as `after_study`, if there is nothing to recall, or the temperature is not
            above 0.
    """
    _sits(participant, task)
    if isinstance(temperature, float | int) and not temperature > 0:
        raise InvalidValue(f"temperature is {temperature}, expected a number above 0.")
    if task.n_items < 2:
        raise InvalidValue(f"the list has {task.n_items} items; the first is given, so 2 or more.")
    mind, choices = jax.random.split(key)
    state = after_study(participant, task, key=mind) if state is None else state
    noise = jnp.asarray(temperature, float)
    return _recall_in_order(_traced(participant), task.n_items, state, noise, choices)


def _traced(participant: Participant) -> Participant:
    """With its numbers as arrays, so that another value does not compile anew."""
    return jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, participant)


@eqx.filter_jit
def _after_study(participant: Participant, task: Any, key: PRNGKeyArray) -> Any:
    state, _ = jax.lax.scan(
        lambda state, item: (participant.study(state, item), None),
        participant.begin(task, key=key),
        task.studied,
    )
    return participant.rest(state, task.delay)


@eqx.filter_jit
def _evidence(participant: Participant, state: Any) -> Float[Array, " candidate"]:
    return participant.evidence(state, None)


@eqx.filter_jit
def _recall_in_order(
    participant: Participant,
    n_items: int,
    state: Any,
    temperature: Float[Array, ""],
    key: PRNGKeyArray,
) -> Int[Array, " output"]:
    def step(carry: tuple[Any, Bool[Array, " n"]], key: Array) -> tuple[Any, Int[Array, ""]]:
        state, left = carry
        logits = standardised(participant.evidence(state, None), left) / temperature
        chosen = jax.random.categorical(key, jnp.where(left, logits, -jnp.inf))
        left = left & (jnp.arange(n_items) != chosen)
        return (participant.report(state, chosen), left), chosen + 1

    start = (participant.report(state, jnp.asarray(0)), jnp.arange(n_items) > 0)
    rest = jax.lax.scan(step, start, jax.random.split(key, n_items - 1))[1]
    return jnp.concatenate([jnp.ones(1, rest.dtype), rest])


_PARADIGMS = {
    Recognition: "recognition",
    SerialRecall: "serial recall",
    ChangeDetection: "change detection",
}


def _sits(participant: Participant, task: Any) -> None:
    paradigm = _PARADIGMS.get(type(task))
    if paradigm is None:
        known = ", ".join(kind.__name__ for kind in _PARADIGMS)
        raise InvalidValue(f"the task is of type {type(task).__name__}, expected one of {known}.")
    if paradigm not in participant.paradigms:
        name, known = type(participant).__name__, ", ".join(participant.paradigms) or "nothing"
        raise InvalidValue(f"{name} does not sit {paradigm}; it sits: {known}.")
