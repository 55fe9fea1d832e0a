"""A participant at an experiment, with a rule for choosing: what is fitted, scored and simulated.

Two drivers: *teacher-forced*, the participant is walked through a person's own responses and says
how likely each was; *free-running*, it gives responses of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.parameters import Parameter, check_key, table
from cogmem.models.parameters import replace as replace_values
from cogmem.models.recall_process import event_log_probs, simulate
from cogmem.participants.protocol import Participant, Rule, study_all
from cogmem.participants.readout import Readout, StoppingCurve
from cogmem.tasks import FreeRecall

__all__ = ["Sitting"]


class Sitting(eqx.Module):
    """A participant and its rule of choice.

    Attributes:
        participant: who sits.
        readout: the shared readout; None for the participant's own rule.
        fixed: parameters that are held at their values when the others are fitted.

    Raises:
        InvalidValue: if there is no readout and the participant has no rule of its own.
    """

    participant: Participant
    readout: Readout | None = None
    fixed: frozenset[str] = eqx.field(static=True, default=frozenset())

    def __check_init__(self) -> None:
        if self.readout is None and self.participant.own_rule is None:
            name = type(self.participant).__name__
            raise InvalidValue(f"{name} has no rule of choice of its own: give it a Readout().")

    @property
    def rule(self) -> Rule:
        """Evidence to log-probabilities."""
        rule = self.participant.own_rule if self.readout is None else self.readout
        assert rule is not None  # see __check_init__
        return rule

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What is fitted: the shared readout stands in for the parameters of an own rule."""
        entries = table(self.participant)
        if self.readout is not None:
            unused = self.participant.own_rule_parameters
            entries = {name: entry for name, entry in entries.items() if name not in unused}
            entries |= table(self.readout)
        return {name: entry for name, entry in entries.items() if name not in self.fixed}

    def with_values(self, **values: float) -> Sitting:
        """With some parameters changed, e.g. `sitting("CMR").with_values(encoding_drift=0.3)`.

        Raises:
            UnknownName: if a name is not in `parameters`.
            InvalidValue: if a value lies outside its bounds.
        """
        for name in values:
            if name not in self.parameters:
                raise UnknownName("parameter", name, self.parameters)
        return replace_values(self, values)

    def teacher_forced(
        self, task: FreeRecall, recalls: Int[Array, " output"], *, key: PRNGKeyArray
    ) -> Float[Array, " output+1"]:
        """Log-probability of each response of a person to one list, and of ending there.

        Args:
            task: the list that the person studied.
            recalls: 1-based positions without repeats and intrusions, 0 = padding.
            key: randomness of the participant itself, if it has any.

        Raises:
            InvalidValue: if the key is none, or what was recalled is no item of the list.
        """
        check_key(key)
        return event_log_probs(self, self.after_study(task, key=key), recalls, task.n_items)

    def free_running(self, task: FreeRecall, *, key: PRNGKeyArray) -> Int[Array, " n"]:
        """The participant's own recall of one list: 1-based positions, 0 = padding.

        Raises:
            InvalidValue: if the key is none.
        """
        check_key(key)
        mind, choices = jax.random.split(key)
        return simulate(self, self.after_study(task, key=mind), task.n_items, key=choices)

    def after_study(self, task: FreeRecall, *, key: PRNGKeyArray) -> Any:
        """The participant's state when recall begins."""
        begun = self.participant.begin(task, key=key)
        state = study_all(self.participant, begun, task.studied)
        return self.participant.rest(state, task.delay)

    def calibrated(
        self, recalls: Int[Array, "list output"], weight: Float[Array, " list"], n_items: int
    ) -> Sitting:
        """With a person's own stopping curve, counted from these lists, if the readout uses one."""
        if self.readout is None or not isinstance(self.readout.stop, StoppingCurve):
            return self
        stop = self.readout.stop.counted(recalls, weight, n_items)
        return replace(self, readout=replace(self.readout, stop=stop))

    @property
    def counts_stopping(self) -> bool:
        """Whether the stopping curve is counted from the person's lists, not optimised."""
        return self.readout is not None and isinstance(self.readout.stop, StoppingCurve)

    def log_probs(
        self, state: Any, available: Bool[Array, " n"], count: Int[Array, ""]
    ) -> Float[Array, " n+1"]:
        """The next event, see `RecallProcess`."""
        return self.rule(self.participant.evidence(state, None), available, count)

    def retrieve(self, state: Any, item: Int[Array, ""]) -> Any:
        """The state after an item, see `RecallProcess`."""
        return self.participant.report(state, item)
