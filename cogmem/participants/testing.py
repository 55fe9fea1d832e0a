"""Drivers for recognition, change detection, serial and cued recall: they ask, others answer.

As in free recall, the participant only gives evidence; what is made of it is a rule's work. One
list per call; `jax.vmap` for many.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.parameters import check_key, check_values, parameter
from cogmem.participants.protocol import Participant, study_all
from cogmem.participants.readout import standardised
from cogmem.tasks import ChangeDetection, Recognition, SerialRecall
from cogmem.tasks.paired_associates import PairedAssociates

__all__ = [
    "CuedRecall",
    "YesNo",
    "after_study",
    "cued_recall",
    "recall_in_order",
    "strengths",
    "traced",
]

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
    task: Recognition | SerialRecall | ChangeDetection | PairedAssociates,
    *,
    key: PRNGKeyArray,
) -> Any:
    """The state when the test begins.

    Raises:
        InvalidValue: if the participant does not sit that paradigm, or cannot take the items.
    """
    _sits(participant, task)
    check_key(key)
    # What is wrong with the items is said while they are no tracers, and without computing.
    jax.eval_shape(lambda key: participant.begin(task, key=key), key)
    return _after_study(traced(participant), task, key)


def strengths(
    participant: Participant, task: Recognition | ChangeDetection, *, key: PRNGKeyArray
) -> Float[Array, " candidate"]:
    """How familiar each item is after study, or how much each display looks like the one studied.

    Raises:
        InvalidValue: as `after_study`.
    """
    state = after_study(participant, task, key=key)
    return _evidence(traced(participant), state)


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
    check_key(key)
    _check_temperature(temperature)
    if task.n_items < 2:
        raise InvalidValue(f"the list has {task.n_items} items; the first is given, so 2 or more.")
    mind, choices = jax.random.split(key)
    state = after_study(participant, task, key=mind) if state is None else state
    noise = jnp.asarray(temperature, float)
    return _recall_in_order(traced(participant), task.n_items, state, noise, choices)


class CuedRecall(NamedTuple):
    """What the cues of pairs bring to mind.

    Attributes:
        evidence: [cue, response], in the participant's own unit.
        p_correct: [cue] probability of the correct response.
        chosen: [cue] the response that was given.
    """

    evidence: Float[Array, "cue response"]
    p_correct: Float[Array, " cue"]
    chosen: Int[Array, " cue"]


def cued_recall(
    participant: Participant,
    task: PairedAssociates,
    cues: Int[Array, " cue"] | None = None,
    *,
    state: Any = None,
    temperature: float | Float[Array, ""] = 0.05,
    key: PRNGKeyArray,
) -> CuedRecall:
    """The participant's answers to cues, one after the other; each is reported to it.

    The choice is the shared one: softmax of standardised evidence over all responses, whichever
    were given before.

    Args:
        participant: who.
        task: two lists of pairs.
        cues: indices of pairs, in order of testing; None for all pairs in their own order.
        state: after study, if there was more to it than `task.studied`; otherwise the participant
            studies that first.
        temperature: noise of choice, SD of evidence; see `Readout`.
        key: of the participant and of the choices.

    Raises:
        InvalidValue: as `after_study`, if a cue is no pair of the task, or the temperature is not
            above 0.
    """
    _sits(participant, task)
    check_key(key)
    _check_temperature(temperature)
    asked = _checked_cues(cues, task.responses.shape[-1])
    mind, choices = jax.random.split(key)
    state = after_study(participant, task, key=mind) if state is None else state
    noise = jnp.asarray(temperature, float)
    return _cued_recall(traced(participant), task.responses, asked, state, noise, choices)


def _checked_cues(cues: Any, n_pairs: int) -> Int[Array, " cue"]:
    if cues is None:
        return jnp.arange(n_pairs)
    if isinstance(cues, jax.core.Tracer):
        return cues
    given = np.asarray(cues)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise InvalidValue(f"cues are {cues!r}, expected a row of indices of pairs.")
    outside = given[(given < 0) | (given >= n_pairs)]
    if len(outside):
        raise InvalidValue(
            f"cue {outside[0]} is no pair of the task: pairs are 0 to {n_pairs - 1}. Recall "
            "without a cue is free recall, which is another driver's."
        )
    return jnp.asarray(given)


def _check_temperature(temperature: float | Float[Array, ""]) -> None:
    if isinstance(temperature, float | int) and not temperature > 0:
        raise InvalidValue(f"temperature is {temperature}, expected a number above 0.")


def traced(participant: Participant) -> Participant:
    """With its numbers as arrays, so that another value does not compile anew."""
    return jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, participant)


@eqx.filter_jit
def _after_study(participant: Participant, task: Any, key: PRNGKeyArray) -> Any:
    state = study_all(participant, participant.begin(task, key=key), task.studied)
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
    def step(carry: tuple[Any, Bool[Array, " n"]], key: PRNGKeyArray) -> tuple[Any, Int[Array, ""]]:
        state, left = carry
        logits = standardised(participant.evidence(state, None), left) / temperature
        chosen = jax.random.categorical(key, jnp.where(left, logits, -jnp.inf))
        left = left & (jnp.arange(n_items) != chosen)
        return (participant.report(state, chosen), left), chosen + 1

    start = (participant.report(state, jnp.asarray(0)), jnp.arange(n_items) > 0)
    rest = jax.lax.scan(step, start, jax.random.split(key, n_items - 1))[1]
    return jnp.concatenate([jnp.ones(1, rest.dtype), rest])


@eqx.filter_jit
def _cued_recall(
    participant: Participant,
    responses: Int[Array, " pair"],
    cues: Int[Array, " cue"],
    state: Any,
    temperature: Float[Array, ""],
    key: PRNGKeyArray,
) -> CuedRecall:
    def ask(state: Any, now: tuple[Int[Array, ""], PRNGKeyArray]) -> tuple[Any, CuedRecall]:
        cue, key = now
        evidence = participant.evidence(state, cue)
        log_p = jax.nn.log_softmax(
            standardised(evidence, jnp.ones(evidence.shape, bool)) / temperature
        )
        chosen = jax.random.categorical(key, log_p)
        answer = CuedRecall(evidence, jnp.exp(log_p[responses[cue]]), chosen)
        return participant.report(state, chosen), answer

    return jax.lax.scan(ask, state, (cues, jax.random.split(key, len(cues))))[1]


_PARADIGMS = {
    Recognition: "recognition",
    SerialRecall: "serial recall",
    ChangeDetection: "change detection",
    PairedAssociates: "paired associates",
}


def _sits(participant: Participant, task: Any) -> None:
    paradigm = _PARADIGMS.get(type(task))
    if paradigm is None:
        known = ", ".join(kind.__name__ for kind in _PARADIGMS)
        raise InvalidValue(f"the task is of type {type(task).__name__}, expected one of {known}.")
    if paradigm not in participant.paradigms:
        name, known = type(participant).__name__, ", ".join(participant.paradigms) or "nothing"
        raise InvalidValue(f"{name} does not sit {paradigm}; it sits: {known}.")
