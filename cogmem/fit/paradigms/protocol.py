"""What a paradigm is to the table of minds: people's answers, and how a participant is asked.

A paradigm is one file of this folder with one `PARADIGM`. It loads people, splits their responses
into a training and a held-out half, gives the participant the same lists, and collects evidence
before each response that a person gave. What is made of the evidence is the shared readout's work
(`cogmem.fit.responses`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.responses import Choices, Evidence, YesCounts
from cogmem.participants.protocol import Participant, study_all

__all__ = [
    "Block",
    "Curves",
    "NoEvidence",
    "Paradigm",
    "Pool",
    "Study",
    "after_study",
    "check_some",
    "drawn",
    "lead",
]

Curves = dict[str, xr.Dataset]
"""`value` (subject, line, x) of each curve, by name."""


class NoEvidence(InvalidValue):
    """A participant without a finite number anywhere: it would pass for the null."""


def check_some(raw: np.ndarray) -> None:
    """Refuse evidence that is a finite number nowhere.

    Raises:
        NoEvidence: as the readout would take it for evidence that says nothing.
    """
    if raw.size and not np.isfinite(raw).any():
        raise NoEvidence(
            f"evidence is {raw.flat[0]:g}, and a finite number nowhere; expected finite numbers. "
            "Try the participant with cogmem.participants.conformance.check."
        )


class Pool(NamedTuple):
    """Responses with the whole pool of an experiment for candidates.

    A person says words of other lists, too, at a rate that is counted on the training lists, as
    (such words + 1/2) / (responses + 1): for all participants alike. The null of the pool chooses
    among all its words.

    Attributes:
        n_pool: words of all lists.
        n_items: words of one list.
        said: [half, subject] responses of the list.
        strangers: [half, subject] responses that are of the pool and not of the list.
        ended: [subject] ends of held-out lists.
    """

    n_pool: int
    n_items: int
    said: Float[np.ndarray, "half subject"]
    strangers: Float[np.ndarray, "half subject"]
    ended: Float[np.ndarray, " subject"]

    def gain(self, nats: Float[np.ndarray, " subject"]) -> Float[np.ndarray, " subject"]:
        """Bits per response over the null of the pool.

        Args:
            nats: log P of the held-out words of the list, given that one of it is said.
        """
        rate = (self.strangers[0] + 0.5) / (self.said[0] + self.strangers[0] + 1)
        said, strangers = self.said[1], self.strangers[1]
        strange = strangers * (np.log(rate) - np.log(self.n_pool - self.n_items))
        own = nats + said * np.log1p(-rate) + strange
        null = -(said + strangers) * np.log(self.n_pool)
        return (own - null) / np.log(2) / (said + strangers + self.ended)


@dataclass(frozen=True, eq=False)
class Study:
    """One data set, laid out for one paradigm.

    Attributes:
        data: its name in the registry.
        title, citation: of it.
        subjects: [subject] identities; one, "all", where only group counts were published.
        answers: what was said; None where only means were published.
        design: what the paradigm needs to ask the same of a participant.
        why_no_bits: why responses are not scored, if they are not.
        pool: for scores with the whole pool for candidates, where it is known.
    """

    data: str
    title: str
    citation: str
    subjects: np.ndarray
    answers: Choices | YesCounts | None
    design: Any = None
    why_no_bits: str = ""
    pool: Pool | None = None


class Paradigm(Protocol):
    """What the files of this folder offer.

    Attributes:
        name: as in `Participant.paradigms`.
        sets: names of data sets; the first is the one of the headline.
        curves: names of its curves, each with its title, and of its x axis and lines.
    """

    name: str
    sets: tuple[str, ...]
    curves: dict[str, CurveAbout]

    def study(self, data: str, n_people: int) -> Study:
        """People's answers, of the first so many people; 0 for all."""

    def begun(self, participant: Participant, study: Study, *, key: PRNGKeyArray) -> Any:
        """What a participant that cannot take the design raises an `InvalidValue` at."""

    def evidence(
        self, participant: Participant, study: Study, *, n_draws: int, key: PRNGKeyArray
    ) -> Evidence:
        """z before every response of every person."""

    def people(self, study: Study) -> Curves:
        """People's curves, of the held-out half."""

    def simulated(
        self,
        participant: Participant,
        study: Study,
        z: Evidence,
        sensitivity: float,
        *,
        key: PRNGKeyArray,
    ) -> Study:
        """The same study with the participant in people's place; not where none is scored."""

    def shuffled(self, study: Study, *, key: PRNGKeyArray) -> Study:
        """The same study with answers that say nothing of the design: a check of fairness."""

    def model(
        self,
        participant: Participant,
        study: Study,
        z: Evidence,
        sensitivity: float,
        *,
        n_copies: int,
        key: PRNGKeyArray,
    ) -> Curves:
        """The participant's curves, with the fitted readout, of as many subjects."""


@dataclass(frozen=True)
class CurveAbout:
    """What a curve shows.

    Attributes:
        title: of the y axis.
        x: of the x axis.
        lines: what its lines are; () for one line.
        unit: of y.
    """

    title: str
    x: str
    lines: tuple[str, ...] = ()
    unit: str = "proportion"


@dataclass(frozen=True, eq=False)
class Block:
    """Cells of a design that one task serves.

    Attributes:
        read: (participant, key, *given) -> evidence for yes, or for the right answer, in each of
            the cells. Blocks with the same function are one compiled program.
        n_cells: of them.
        given: numbers that tell the block from others, such as a delay in s.
    """

    read: Callable[..., Float[Array, " cell"]]
    n_cells: int = 1
    given: tuple[float, ...] = ()

    def __call__(self, participant: Participant, key: PRNGKeyArray) -> Float[Array, " cell"]:
        """Evidence in each cell, of one draw of items."""
        return self.read(participant, key, *self.given)


def after_study(participant: Participant, task: Any, *, key: PRNGKeyArray) -> Any:
    """The participant's state when the test begins: study in the order of `task.studied`, delay."""
    # Not the key itself: tasks are drawn from what is folded from it.
    begun = participant.begin(task, key=jax.random.fold_in(key, 0))
    state = study_all(participant, begun, task.studied)
    return participant.rest(state, getattr(task, "delay", 0.0))


def lead(evidence: Float[Array, " n"], right: Int[Array, ""]) -> Float[Array, ""]:
    """By how much the evidence for the right answer exceeds that for the best of the others."""
    others = jnp.where(jnp.arange(len(evidence)) == right, -jnp.inf, evidence)
    return evidence[right] - others.max()


def drawn(
    block: Block, participant: Participant, *, keys: PRNGKeyArray
) -> Float[Array, "cell draw"]:
    """Evidence in the cells of a block, for several draws of items."""
    return _drawn(block.read, tuple(map(jnp.asarray, block.given)), participant, keys)


@eqx.filter_jit
def _drawn(
    read: Callable[..., Float[Array, " cell"]],
    given: tuple[Array, ...],
    participant: Participant,
    keys: PRNGKeyArray,
) -> Float[Array, "cell draw"]:
    return jax.lax.map(lambda key: read(participant, key, *given), keys, batch_size=64).T
