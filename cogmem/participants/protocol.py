"""The participant: a model that sits the experiments that people sat.

A participant turns the events of an experiment into states of its model, and its state into
evidence for each possible response. It never learns which response is right, and it does not
choose: choosing is the work of a rule, the shared `Readout` or, where the model has one, its own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

__all__ = ["PARADIGMS", "Cue", "Participant", "Rule", "study_all"]

PARADIGMS = (
    "free recall",
    "serial recall",
    "recognition",
    "paired associates",
    "fact verification",
    "retention",
    "change detection",
    "updating",
)
"""What people sat; the columns of the table of minds."""

Cue = Int[Array, ""] | None
"""What recall is cued with: the index of a pair or a place, in serial recall the position that is
asked for (0-based); nothing, as in free recall."""

Rule = Callable[[Float[Array, " n"], Bool[Array, " n"], Int[Array, ""]], Float[Array, " n+1"]]
"""(evidence, available, count) -> log-probability of each candidate and, last, of stopping."""


class Participant(eqx.Module):
    """Five verbs, all pure functions over pytrees; one list per call, `jax.vmap` outside.

    The state is one pytree of the same structure from `begin` to the end, so that study and test
    may alternate. Candidates are the words of the list, by 0-based order of study.

    Attributes:
        paradigms: the paradigms it can honestly sit, each with how ("native", or the adapter's
            added mechanism in a phrase).
        declines: the others, each with why, in a phrase that stands in the blank of a table.
        own_rule_parameters: parameters that only its own rule reads; the shared readout replaces
            them.
        n_chosen: numbers fixed by hand or by search on other data.
        n_learnt: weights learnt before the experiment.
        decides: in fact verification, whether evidence is for the right answer, "no" to a foil, and
            not for the fact having been studied.
    """

    paradigms: ClassVar[dict[str, str]] = {}
    declines: ClassVar[dict[str, str]] = {}
    own_rule_parameters: ClassVar[frozenset[str]] = frozenset()
    n_chosen: ClassVar[int] = 0
    n_learnt: ClassVar[int] = 0
    decides: ClassVar[bool] = False

    @abstractmethod
    def begin(self, lists: Any, *, key: PRNGKeyArray) -> Any:
        """The state before the experiment; `lists` is what will be studied, e.g. `FreeRecall`."""

    @abstractmethod
    def study(self, state: Any, item: Int[Array, ""]) -> Any:
        """The state after a candidate was shown."""

    @abstractmethod
    def rest(self, state: Any, duration: Float[Array, ""] | float) -> Any:
        """The state after `duration` s without study, when the test begins (0 s: at once)."""

    @abstractmethod
    def evidence(self, state: Any, cue: Cue) -> Float[Array, " n"]:
        """How strongly each candidate comes to mind, on any scale; higher is stronger."""

    @abstractmethod
    def report(self, state: Any, item: Int[Array, ""]) -> Any:
        """The state after a candidate was produced, by itself or by the person it follows."""

    @property
    def own_rule(self) -> Rule | None:
        """The model's own rule of choice, over `evidence`; None if it has none."""
        return None


def study_all(participant: Participant, state: Any, order: Int[Array, " event"]) -> Any:
    """The state after one candidate after another was shown.

    Args:
        participant: who studies.
        state: before.
        order: candidates, one for each event.
    """
    after = jax.lax.scan(lambda now, item: (participant.study(now, item), None), state, order)
    return after[0]
