"""The arena: all minds, the same people, the same lists, the same budget, the same readout.

A *mind* (`cogmem.participants.roster.Mind`) has one set of parameters for all paradigms that it
sits. An *aim* is what its parameters are fitted to: all of them together (the headline), one alone
(a refit), or all but one (how it does on what it never saw). Every paradigm has the same weight in
an aim: what counts is the mean over paradigms of the gain over the null on training responses, in
bits per response; of mean times, half the binary logarithm of the ratio of squared errors.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.fit.paradigms import Paradigm, Study, find_paradigm
from cogmem.fit.paradigms.fact_verification import line_through
from cogmem.fit.paradigms.protocol import NoEvidence
from cogmem.fit.responses import (
    SENSITIVITIES,
    Choices,
    Evidence,
    YesCounts,
    best_sensitivity,
    over_sensitivities,
    scores,
)
from cogmem.participants.roster import Mind
from cogmem.participants.testing import traced

__all__ = ["ALL", "Arena", "Reading", "aims", "all_but", "units"]

ALL = "all"
"""The aim of the headline."""

_BUT = "all but "
_SEARCH, _FINAL = 0, 1


class Reading(NamedTuple):
    """What one mind says of the held-out responses of one paradigm.

    Attributes:
        nats: [unit] log P, summed over the responses of each person (or of each cell, where people
            are one group). NaN where no response is scored.
        sensitivity: of the readout.
        z: evidence.
    """

    nats: Float[np.ndarray, " unit"]
    sensitivity: float
    z: Evidence


@dataclass(frozen=True, eq=False)
class Arena:
    """The people, and the terms that hold for all.

    Attributes:
        studies: by paradigm.
        n_draws: of items, for every cell of counted answers.
        seed: of everything random. Which items are drawn depends on it and on nothing else.
    """

    studies: Mapping[str, Study]
    n_draws: int = 32
    seed: int = 0
    _refusals: dict[tuple[str, str, str], str] = field(default_factory=dict, repr=False)

    @property
    def paradigms(self) -> dict[str, Paradigm]:
        """Those with people, by name."""
        return {name: find_paradigm(name) for name in self.studies}

    def sits(self, mind: Mind) -> list[str]:
        """The paradigms that a mind sits, of those here."""
        here = (name for name in self.studies if mind.sitting(name) is not None)
        return [name for name in here if not self._refusal(mind, name)]

    def aims(self, mind: Mind) -> dict[str, list[str]]:
        """See `aims`."""
        sits = self.sits(mind)
        return aims(sits, [name for name in sits if self.studies[name].answers is not None])

    def how(self, mind: Mind, name: str) -> str:
        """How a mind sits a paradigm, or why it does not."""
        refused = mind.sitting(name) is not None and self._refusal(mind, name)
        return refused or mind.how(name)

    def _refusal(self, mind: Mind, name: str) -> str:
        """Why a participant cannot sit this design, longer lists than it knows, say; "" if it can.

        What it raises at the sight of the task is the reason, and stands in the blank.
        """
        participant, study = mind.sitting(name), self.studies[name]
        assert participant is not None
        if (mind.name, name, study.data) not in self._refusals:
            reason = ""
            try:
                begin = partial(find_paradigm(name).begun, participant, study)
                jax.eval_shape(lambda key: begin(key=key), jax.random.key(0))
            except InvalidValue as error:
                reason = str(error).partition(":")[0]  # what to do is after it
            self._refusals[mind.name, name, study.data] = reason
        return self._refusals[mind.name, name, study.data]

    def evidence(self, mind: Mind, name: str, *, final: bool = False) -> Evidence:
        """z before every response of a paradigm.

        Args:
            mind: with its parameters set.
            name: of the paradigm.
            final: with other random numbers than those of the search.

        Raises:
            NoEvidence: if it is a finite number nowhere.
        """
        participant = mind.sitting(name)
        assert participant is not None
        key = self.key(name, _FINAL if final else _SEARCH)
        return find_paradigm(name).evidence(
            traced(participant), self.studies[name], n_draws=self.n_draws, key=key
        )

    def key(self, name: str, use: int) -> PRNGKeyArray:
        """The root of a paradigm's random numbers: alike for all minds."""
        root = jax.random.fold_in(jax.random.key(self.seed), zlib.crc32(name.encode()))
        return jax.random.fold_in(root, use)

    def training_gain(
        self, name: str, z: Evidence, sensitivities: Float[np.ndarray, " b"]
    ) -> Float[np.ndarray, " b"]:
        """Gain over the null on training responses, bits per response, at each sensitivity."""
        study = self.studies[name]
        if study.answers is None:
            return np.full(len(sensitivities), _times_gain(study, z))
        # At a sensitivity of 0 evidence says nothing, which is the null.
        nats = over_sensitivities(study.answers, z, np.append(0.0, sensitivities))
        return (nats[1:] - nats[0]) / np.log(2) / n_events(study, 0).sum()

    def loss(self, mind: Mind, names: list[str], values: dict[str, float]) -> float:
        """Minus the mean gain over some paradigms, each with its own best sensitivity of a grid."""
        changed = mind.with_values(dict(values)) if values else mind
        return -float(np.mean([self._best_gain(changed, name) for name in names]))

    def _best_gain(self, mind: Mind, name: str) -> float:
        try:
            z = self.evidence(mind, name)
        except NoEvidence:  # of these parameters only; who has no others is refused at the end
            return 0.0
        return float(self.training_gain(name, z, SENSITIVITIES).max())

    def sensitivity(self, name: str, z: Evidence) -> float:
        """What serves a paradigm best, on training responses; 0 where no response is scored."""
        if self.studies[name].answers is None:
            return 0.0
        return best_sensitivity(lambda grid: self.training_gain(name, z, grid))

    def read(self, name: str, z: Evidence, sensitivity: float) -> Reading:
        """What evidence says of held-out responses."""
        study = self.studies[name]
        if study.answers is None:
            return Reading(np.full(1, np.nan), sensitivity, z)
        _, held_out = scores(study.answers, z, sensitivity)
        nats = np.asarray(held_out, np.float64)
        return Reading(nats[0] if _of_a_group(study) else nats.sum(axis=1), sensitivity, z)

    def null(self, name: str) -> Reading:
        """What the null says: no evidence at all."""
        study = self.studies[name]
        return self.read(name, jnp.asarray(_null_evidence(study)), 0.0)


def aims(sits: list[str], scored: list[str]) -> dict[str, list[str]]:
    """Names of all aims of a mind, and the paradigms of each.

    Mean times have no held-out half: they are fitted to alone, and take part in no other aim unless
    there is nothing else. For one that sits a single paradigm the headline is the refit.

    Args:
        sits: the paradigms that it sits.
        scored: those of them whose responses are scored.
    """
    every = {ALL: scored or sits}
    if len(sits) < 2:
        return every
    but = {all_but(name): [other for other in scored if other != name] for name in scored}
    return every | {name: [name] for name in sits} | {aim: to for aim, to in but.items() if to}


def all_but(name: str) -> str:
    """The aim that leaves a paradigm out."""
    return _BUT + name


def n_events(study: Study, half: int) -> Float[np.ndarray, " unit"]:
    """Responses scored in the training (0) or held-out (1) half, by person or by cell."""
    answers = study.answers
    if answers is None:
        return np.zeros(1)
    if isinstance(answers, Choices):
        return answers.n_events(answers.test if half else answers.train)
    n = answers.n[half]
    return n[0] if _of_a_group(study) else n.sum(axis=1)


def _of_a_group(study: Study) -> bool:
    """Whether people are known by their counts as a group only: cells are then the units."""
    return isinstance(study.answers, YesCounts) and len(study.subjects) == 1


def units(study: Study) -> np.ndarray:
    """What is resampled: people with held-out responses, or cells with some."""
    return np.flatnonzero(n_events(study, 1) > 0)


def gain_by_unit(study: Study, reading: Reading, null: Reading) -> Float[np.ndarray, " unit"]:
    """Bits per response over the null, of every unit with held-out responses."""
    kept = units(study)
    return (reading.nats - null.nats)[kept] / np.log(2) / n_events(study, 1)[kept]


def _null_evidence(study: Study) -> np.ndarray:
    answers = study.answers
    if answers is None:
        return np.zeros((1, len(study.design[1]), 1), np.float32)
    if isinstance(answers, Choices):
        return np.zeros(answers.left.shape, np.float32)
    return np.zeros((1, answers.n.shape[2], 1), np.float32)


def _times_gain(study: Study, z: Evidence) -> float:
    """Half the binary logarithm of the null's squared error over the participant's."""
    times = study.design[1]
    null, own = (
        ((line_through(each, times) - times) ** 2).mean()
        for each in (np.zeros(len(times)), np.asarray(z, float)[0, :, 0])
    )
    return 0.5 * float(np.log2(null / own))
