"""Drivers for the fan experiment, and ACT-R at it: "the person is in the place", was it studied?

As elsewhere, a participant gives evidence, here one number for each probe, and does not decide.
Pure functions of one participant and one task; `jax.vmap` for many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.actr import ACTR
from cogmem.models.parameters import check_key
from cogmem.participants.protocol import Cue, Participant, study_all
from cogmem.participants.roster import register
from cogmem.tasks.facts import Facts

__all__ = ["FAN", "FactFans", "Known", "verified", "verified_by_trial"]

FAN = "fact verification"
"""The paradigm's name."""


def verified(participant: Participant, task: Facts, *, key: PRNGKeyArray) -> Float[Array, " probe"]:
    """Evidence for each probe after all study and the delay.

    Args:
        participant: who.
        task: facts and probes.
        key: of the participant.

    Raises:
        InvalidValue: if the participant does not sit this paradigm.
    """
    state = _begun(participant, task, key)
    state = study_all(participant, state, task.studied)
    return participant.evidence(participant.rest(state, task.delay), None)


def verified_by_trial(
    participant: Participant,
    task: Facts,
    *,
    watch: Callable[[Any], Any] = lambda state: None,
    key: PRNGKeyArray,
) -> tuple[Float[Array, "trial probe"], Any]:
    """Evidence for each probe after every trial, which shows all facts once; tests change nothing.

    Args:
        participant: who, one whom tests leave unchanged.
        task: facts and probes.
        watch: what else to read off the state after every trial.
        key: of the participant.

    Raises:
        InvalidValue: if the participant does not sit this paradigm.
    """

    def trial(state: Any, facts: Int[Array, " fact"]) -> tuple[Any, tuple[Array, Any]]:
        state = study_all(participant, state, facts)
        return state, (participant.evidence(state, None), watch(state))

    begun = _begun(participant, task, key)
    return jax.lax.scan(trial, begun, task.studied.reshape(-1, len(task.facts)))[1]


def _begun(participant: Participant, task: Facts, key: PRNGKeyArray) -> Any:
    if FAN not in participant.paradigms:
        sits = ", ".join(participant.paradigms) or "nothing"
        raise InvalidValue(f"{type(participant).__name__} does not sit {FAN}; it sits: {sits}.")
    check_key(key)
    return participant.begin(task, key=key)


class Known(NamedTuple):
    """What ACT-R has studied.

    Attributes:
        times: [person, place] how often.
        facts: [fact] person and place; part of the task, not of memory, like the next one.
        probes: [probe] likewise.
    """

    times: Int[Array, "person place"]
    facts: Int[Array, "fact 2"]
    probes: Int[Array, "probe 2"]


class FactFans(Participant):
    """ACT-R at the fan experiment: what is attended spreads activation, the less the more it has.

    Fans are counted from the facts that were studied, however often. Unlike others, ACT-R has a
    stage of decision and a unit of time: its evidence is minus the time that retrieval takes, s,
    and a probe that was not studied is rejected when a fact about its person or, as often, about
    its place was retrieved.

    Attributes:
        model: of activation; its base level and threshold are not used.
    """

    model: ACTR = ACTR()

    paradigms: ClassVar[dict[str, str]] = {FAN: "native: spreading activation and latency"}
    declines: ClassVar[dict[str, str]] = dict.fromkeys(
        (
            "free recall",
            "serial recall",
            "recognition",
            "paired associates",
            "retention",
            "change detection",
            "updating",
        ),
        "activation of facts alone; the rest of the architecture is not here",
    )
    decides: ClassVar[bool] = True
    # F, S, W and T0, of which the last was fitted to people's means.
    n_chosen: ClassVar[int] = 4

    def begin(self, lists: Facts, *, key: PRNGKeyArray) -> Known:
        """Nothing is known.

        Raises:
            InvalidValue: for another task.
        """
        if not isinstance(lists, Facts):
            raise InvalidValue(f"got a {type(lists).__name__}, expected Facts.")
        nothing = jnp.zeros((len(lists.person_fans), len(lists.place_fans)), int)
        return Known(nothing, lists.facts, lists.probes)

    def study(self, state: Known, item: Int[Array, ""]) -> Known:
        """The fact was studied once more."""
        person, place = state.facts[item]
        return state._replace(times=state.times.at[person, place].add(1))

    def rest(self, state: Known, duration: Float[Array, ""] | float) -> Known:
        """The same: all facts have the same base level here."""
        return state

    def report(self, state: Known, item: Any) -> Known:
        """The same."""
        return state

    def evidence(self, state: Known, cue: Cue) -> Float[Array, " probe"]:
        """Minus the time of retrieval, s."""
        known = state.times > 0
        person, place = state.probes.T
        fans = known.sum(axis=1)[person], known.sum(axis=0)[place]
        times = jax.vmap(self.model.fact_times)(*(each.astype(float) for each in fans))
        time = jnp.where(known[person, place], times.target, times.foil)
        return self.model.intercept - time


# The others play no part in these times.
register("ACT-R", FactFans(), fixed=("decay", "decay_scale", "threshold", "noise", "intercept"))
