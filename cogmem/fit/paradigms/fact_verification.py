"""The fan effect: how long it takes to tell that a fact was studied, by the fans of its parts.

Only mean times of nine cells each of targets and foils were published (Anderson, 1974), so that no
response can be scored. Times are a straight line in the evidence: the more there is for a target,
and the less for a foil, the sooner the answer,

    targets: RT = a_1 - b z,    foils: RT = a_0 + b z,    b >= 0,

with b the one number that the null lacks; least squares, each cell predicted by the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.data import published
from cogmem.fit.paradigms.cells import Design, cell_evidence
from cogmem.fit.paradigms.protocol import Block, CurveAbout, Curves, Study, after_study
from cogmem.fit.responses import Evidence
from cogmem.participants.protocol import Participant
from cogmem.tasks.facts import Facts, fan_facts

__all__ = ["PARADIGM", "FactParadigm", "line_through"]

FANS = (1, 2, 3)
N_TRIALS = 10
"""Times that all facts are studied; people learnt them to a criterion."""

N_SETS = 2
"""Study sets that are drawn; the search for one is no part of a compiled program."""


def _facts(seed: int) -> Facts:
    return fan_facts(n_trials=N_TRIALS, key=jax.random.key(seed))


def _cells(facts: Facts, participant: Participant, key: PRNGKeyArray) -> Float[Array, " cell"]:
    """Mean evidence by kind, location's fan and person's fan."""
    evidence = participant.evidence(after_study(participant, facts, key=key), None)
    person, place = jnp.asarray(facts.fans).T
    cell = 9 * jnp.asarray(facts.kinds) + 3 * (place - 1) + person - 1
    member = cell[:, None] == jnp.arange(18)[None]
    return (evidence[:, None] * member).sum(axis=0) / member.sum(axis=0)


def _block(seed: int) -> Block:
    facts = _facts(seed)
    return Block(lambda participant, key: _cells(facts, participant, key), 18)


@dataclass(frozen=True, eq=False)
class FactParadigm:
    """See `Paradigm`; there are means to be met, and no responses."""

    name: str
    sets: tuple[str, ...]
    curves: dict[str, CurveAbout]

    def study(self, data: str, n_people: int) -> Study:
        """Mean times; the number of people makes no difference to them."""
        table = published(data)
        kinds = ("target", "foil")
        values = {
            (row["probe"], int(row["location_fan"]), int(row["person_fan"])): row["value"]
            for _, row in table.iterrows()
        }
        cells = [(kind, place, person) for kind in kinds for place in FANS for person in FANS]
        times = np.array([values[cell] for cell in cells], float)
        line = np.array([f"{kind}s" for kind, _, _ in cells])
        x = np.array([place * person for _, place, person in cells])
        design = Design((_block(1974),), line, x), times
        why = "only mean times were published: no responses to score"
        title = "The fan effect (Anderson 1974), mean times"
        citation = str(table["source"].iloc[0])
        return Study(data, title, citation, np.array(["all"]), None, design, why)

    def begun(self, participant: Participant, study: Study, *, key: PRNGKeyArray) -> Any:
        """See `Paradigm`."""
        return study.design[0].blocks[-1](participant, key)

    def evidence(
        self, participant: Participant, study: Study, *, n_draws: int, key: PRNGKeyArray
    ) -> Evidence:
        """z of each cell, the mean over at most `N_SETS` participants."""
        design, _ = study.design
        z = cell_evidence(participant, design, n_draws=min(n_draws, N_SETS), key=key)
        z = z.mean(axis=-1, keepdims=True)[None]
        # Who has a stage of decision says how soon the answer is, of foils too.
        foils = jnp.asarray(design.line == "foils")[None, :, None]
        return jnp.where(foils & participant.decides, -z, z)

    def people(self, study: Study) -> Curves:
        """See `Paradigm`."""
        return self._curve(study, study.design[1])

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
        """Times of each cell, from a line through the others; the sensitivity plays no part."""
        return self._curve(study, line_through(np.asarray(z)[0, :, 0], study.design[1]))

    def _curve(self, study: Study, times: np.ndarray) -> Curves:
        design, _ = study.design
        (name,) = self.curves
        table = xr.Dataset(
            {"value": (("subject", "cell"), times[None])},
            {"subject": study.subjects, "line": ("cell", design.line), "x": ("cell", design.x)},
        )
        mean = table.to_dataframe().reset_index().groupby(["subject", "line", "x"], sort=False)
        return {name: mean["value"].mean().to_xarray().to_dataset()}


def line_through(z: Float[np.ndarray, " cell"], times: Float[np.ndarray, " cell"]) -> np.ndarray:
    """Times (s) of 9 targets and 9 foils, each predicted from the other 17 cells.

    Args:
        z: evidence that the cell's facts were studied.
        times: s.
    """
    target = np.arange(len(z)) < len(z) // 2
    towards = np.where(target, -z, z)
    told = np.empty(len(z))
    for cell in range(len(z)):
        others = np.arange(len(z)) != cell
        told[cell] = _predicted(towards, times, target, others)[cell]
    return told


def _predicted(
    towards: np.ndarray, times: np.ndarray, target: np.ndarray, seen: np.ndarray
) -> np.ndarray:
    """A slope of 0 or more and a level of each kind, by least squares over what is seen."""
    x, y, level = towards.copy(), times.copy(), np.empty(len(times))
    for kind in (target, ~target):
        here = kind & seen
        x[kind] -= towards[here].mean()
        y[kind] -= times[here].mean()
        level[kind] = times[here].mean()
    squared = (x[seen] ** 2).sum()
    slope = max((x[seen] * y[seen]).sum() / squared, 0.0) if squared > 0 else 0.0
    return level + slope * x


PARADIGM = FactParadigm(
    name="fact verification",
    sets=("anderson1974",),
    curves={"fan effect": CurveAbout("Time", "Product of fans", ("targets", "foils"), unit="s")},
)
